"""Jobs: real processes that speak JSON lines, that fail, that hang and are cancelled."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from deepcinac.gui.jobs import CANCELLED, DONE, FAILED, Job, JobBoard, command_line, in_words

LINES = """
import json, time
for done in range(1, 4):
    print(json.dumps({"stage": "epoch", "done": done, "total": 4, "loss": 1 / done}), flush=True)
print("this line is no JSON")
"""
FAILS = (
    "import sys; print('deepcinac: Expected a movie, found nothing.', file=sys.stderr); sys.exit(2)"
)
HANGS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print('{"stage": "started", "child": %d}' % child.pid, flush=True)
time.sleep(60)
"""


def wait(board: JobBoard, condition: Callable[[], object], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not condition():
        board.poll()
        time.sleep(0.005)
        assert time.monotonic() < until


def start(board: JobBoard, script: str, ended: list[Job]) -> Job:
    return board.start("work", [], ended.append, command=[sys.executable, "-c", script])


def test_progress_arrives_and_the_end_is_told_once() -> None:
    board, ended = JobBoard(), list[Job]()
    job = start(board, LINES, ended)
    wait(board, lambda: ended)
    assert (job.state, job.stage, job.done, job.total) == (DONE, "epoch", 3, 4)
    assert job.share == 0.75
    assert [record["loss"] for record in job.history] == [1, 1 / 2, 1 / 3]
    board.poll()
    assert ended == [job]
    assert board.running == []


def test_a_failure_is_its_last_sentence() -> None:
    board, ended = JobBoard(), list[Job]()
    job = start(board, FAILS, ended)
    wait(board, lambda: ended)
    assert job.state == FAILED
    assert job.message == "deepcinac: Expected a movie, found nothing."


def test_a_command_that_is_not_there() -> None:
    board, ended = JobBoard(), list[Job]()
    job = board.start("work", [], ended.append, command=["/no/such/program"])
    assert ended == [job]
    assert job.state == FAILED


@pytest.mark.skipif(sys.platform == "win32", reason="looks at the process table of Linux")
def test_cancel_stops_the_workers_too() -> None:
    import psutil

    board, ended = JobBoard(), list[Job]()
    job = start(board, HANGS, ended)
    wait(board, lambda: job.values)
    worker = psutil.Process(job.values["child"])
    board.cancel(job)
    wait(board, lambda: ended)
    assert job.state == CANCELLED
    until = time.monotonic() + 5
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
        assert time.monotonic() < until


def test_the_window_closes_without_waiting_for_a_job() -> None:
    board, ended = JobBoard(), list[Job]()
    job = start(board, HANGS, ended)
    wait(board, lambda: job.values)
    began = time.monotonic()
    board.cancel_all()
    assert time.monotonic() - began < 3
    assert board.running == []


def test_remaining_time() -> None:
    job = Job("work", [])
    job.take({"stage": "frames", "done": 0, "total": 100}, now=10.0)
    job.take({"stage": "frames", "done": 25, "total": 100}, now=20.0)
    assert job.remaining_s(now=20.0) == pytest.approx(30.0)
    job.take({"stage": "windows", "done": 0, "total": 10}, now=20.0)
    assert job.remaining_s(now=30.0) is None


def test_a_flood_of_messages_does_not_hold_up_the_window() -> None:
    board = JobBoard()
    job = Job("work", [])
    for number in range(200_000):
        board._queue.put((job, {"stage": "x", "done": number, "total": 1}))
    began = time.perf_counter()
    board.poll()
    assert time.perf_counter() - began < 0.1


def test_words() -> None:
    assert in_words(4) == "a few seconds"
    assert in_words(47) == "45 s"
    assert in_words(3720) == "1 h 2 min"


def test_our_own_program_is_started() -> None:
    assert command_line(["doctor"]) == [sys.executable, "-m", "deepcinac", "doctor"]
