"""Jobs: real processes that speak JSON lines, that fail, that hang and are cancelled."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import CANCELLED, DONE, FAILED, Job, in_words

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
CLEANS_UP = """
import pathlib, time
half = pathlib.Path({!r})
try:
    half.touch()
    print('{{"stage": "writing"}}', flush=True)
    time.sleep(60)
finally:
    half.unlink()
"""
DEAF = """
import signal, time
for what in (signal.SIGINT, signal.SIGTERM):
    signal.signal(what, signal.SIG_IGN)
print('{"stage": "deaf"}', flush=True)
time.sleep(60)
"""
WAITS = """
import json, pathlib, time
print(json.dumps(dict(stage="epoch", done=1, total=4, loss=0.5)), flush=True)
while not pathlib.Path({!r}).exists():
    time.sleep(0.01)
print(json.dumps(dict(stage="epoch", done=2, total=4, loss=0.25)), flush=True)
print(json.dumps(dict(stage="done")), flush=True)
"""


def wait(board: JobBoard, condition: Callable[[], object], seconds: float = 300) -> None:
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
    until = time.monotonic() + 300
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
        assert time.monotonic() < until


def test_the_window_closes_without_waiting_for_a_job() -> None:
    board, ended = JobBoard(), list[Job]()
    job = start(board, HANGS, ended)
    wait(board, lambda: job.values)
    board.cancel_all()
    assert board.running == []
    assert job.process.wait(300) != 0  # stopped: its own end would be 0


def test_remaining_time() -> None:
    job = Job("work", [])
    job.take({"stage": "frames", "done": 0, "total": 100}, now=10.0)
    job.take({"stage": "frames", "done": 25, "total": 100}, now=20.0)
    assert job.remaining_s(now=20.0) == pytest.approx(30.0)
    job.take({"stage": "windows", "done": 0, "total": 10}, now=20.0)
    assert job.remaining_s(now=30.0) is None


class Clock:
    """A millisecond passes whenever somebody looks."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 0.001
        return self.now


def test_a_flood_of_messages_does_not_hold_up_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepcinac.gui.jobs.board.time", Clock())
    board = JobBoard()
    job = Job("work", [])
    for number in range(200):
        board._queue.put((job, {"stage": "x", "done": number, "total": 1}))
    board.poll()
    assert 0 < job.done < 20  # after its ten milliseconds the window goes on


def test_words() -> None:
    assert in_words(4) == "a few seconds"
    assert in_words(47) == "45 s"
    assert in_words(3720) == "1 h 2 min"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path))
    return tmp_path


def test_an_ended_job_leaves_no_folder(cache: Path) -> None:
    board, ended = JobBoard(), list[Job]()
    start(board, LINES, ended)
    assert len(list((cache / "jobs").iterdir())) == 1
    wait(board, lambda: ended)
    assert list((cache / "jobs").glob("job-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be asked there, only ended")
@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.default_int_handler])
def test_a_cancelled_job_may_clean_up(
    cache: Path, handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the window was started in the background, with Ctrl-C ignored."""
    monkeypatch.setattr(
        "deepcinac.gui.jobs.board.GRACE_S", (300.0, 300.0)
    )  # a busy machine is slow
    before = signal.signal(signal.SIGINT, handler)
    try:
        _cancel_and_look(cache)
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)


def _cancel_and_look(cache: Path) -> None:
    board, ended = JobBoard(), list[Job]()
    marks = cache / "half-written"
    job = start(board, CLEANS_UP.format(str(marks)), ended)
    wait(board, lambda: job.stage == "writing")
    assert marks.exists()
    board.cancel(job)
    wait(board, lambda: ended)
    assert job.state == CANCELLED
    assert not marks.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be asked there, only ended")
def test_a_job_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepcinac.gui.jobs.board.GRACE_S", (0.1, 0.2))
    board, ended = JobBoard(), list[Job]()
    job = start(board, DEAF, ended)
    wait(board, lambda: job.stage == "deaf")
    board.cancel(job)
    wait(board, lambda: ended)
    assert job.state == CANCELLED
    assert job.process.returncode == -signal.SIGKILL


def test_a_job_goes_on_without_its_window_and_is_found_again(cache: Path) -> None:
    first, second = JobBoard(), JobBoard()
    ended_there, ended_here = list[Job](), list[Job]()
    go = cache / "go"
    task = {"kind": "training", "out": "somewhere"}
    left = first.start(
        "Training", ["train"], ended_there.append,
        command=[sys.executable, "-c", WAITS.format(str(go))], task=task,
    )  # fmt: skip
    wait(first, lambda: left.done == 1)
    assert second.take_up(ended_here.append) == []  # it has a window
    first.leave()
    first.cancel_all()
    (job,) = second.take_up(ended_here.append)
    assert (job.name, job.arguments, job.task) == ("Training", ["train"], task)
    wait(second, lambda: job.done == 1)
    assert job.state == "running"
    go.touch()
    wait(second, lambda: ended_here)
    assert (job.state, job.history[-1]["loss"]) == (DONE, 0.25)
    assert ended_there == []
    assert list((cache / "jobs").glob("job-*")) == []


def test_a_job_that_ended_while_there_was_no_window(cache: Path) -> None:
    first, second, ended = JobBoard(), JobBoard(), list[Job]()
    for script in (WAITS.format(str(cache)), FAILS):
        job = first.start(
            "work", [], command=[sys.executable, "-c", script], task={"kind": "prediction"}
        )
        first.leave()
        job.process.wait(300)
    second.take_up(ended.append)
    wait(second, lambda: len(ended) == 2)
    assert [job.state for job in sorted(ended, key=lambda job: job.state)] == [DONE, FAILED]
    assert {job.message for job in ended} == {"", "deepcinac: Expected a movie, found nothing."}


def test_a_damaged_record_is_no_harm(cache: Path) -> None:
    folder = cache / "jobs" / "job-1"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text('{"name": 3, "task": []')
    assert JobBoard().take_up(lambda job: None) == []


def test_the_remaining_time_of_a_training_is_that_of_all_epochs() -> None:
    job = Job("Training", [], rounds=4)
    job.take({"stage": "preparing recordings", "done": 0, "total": 1}, now=0.0)
    job.take({"stage": "training epoch 1", "done": 5, "total": 10, "epoch": 1}, now=20.0)
    assert job.said == "epoch 1 of 4"
    assert job.remaining_s(now=20.0) is None
    job.take({"stage": "training epoch 1", "done": 10, "total": 10, "epoch": 1}, now=25.0)
    assert job.share == pytest.approx(1 / 4)
    assert job.remaining_s(now=25.0) == pytest.approx(30.0)
    job.take({"stage": "validating", "done": 1, "total": 1}, now=26.0)
    assert job.share == pytest.approx(1 / 4)
    job.take({"stage": "validated", "done": 1, "total": 4, "epoch": 1, "f1": 0.5}, now=26.0)
    assert (job.share, job.said) == (pytest.approx(1 / 4), "epoch 1 of 4")
    job.take({"stage": "validated", "done": 4, "total": 4, "epoch": 4, "f1": 0.5}, now=90.0)
    assert job.share == 1.0
