"""What a worker does with a job: a process of its own, watched."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from deepcinac.batch import job as job_module
from deepcinac.batch.ending import ENDS_WITH_STDIN
from deepcinac.batch.job import Job, recorded, run_job

SHOW_THREADS = (
    "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['TF_NUM_INTRAOP_THREADS'])"
)
TELL = """
import json
print(json.dumps({"stage": "predicting", "done": 1, "total": 4}))
print("{no json}")
print("p.npz: 3 cells")
"""


def job_of(folder: Path, *arguments: str, **settings: Any) -> Job:
    log, record = str(folder / "logs" / "row.log"), str(folder / "record.json")
    return Job("row-2", arguments, False, str(folder), log, record, **settings)


@pytest.fixture
def python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are ``python -c TEXT`` instead of ``deepcinac COMMAND``."""
    monkeypatch.setattr(job_module, "command_line", lambda words: [sys.executable, *words])


def test_the_users_mistake_is_the_sentence_of_the_command_line(tmp_path: Path) -> None:
    job = dataclasses.replace(
        job_of(tmp_path, "detect", "gone.tif", "--out=x.deepcinac"), jsonl=True
    )
    outcome = run_job(job)
    assert (outcome.how, outcome.status) == ("error", 2)
    assert outcome.message.startswith("Expected ")
    assert "gone.tif" in outcome.message
    assert recorded(job) is None


@pytest.mark.usefixtures("python_runs")
def test_progress_is_told_and_the_rest_is_logged(tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []
    outcome = run_job(job_of(tmp_path, "-c", TELL), told.append)
    assert [news["what"] for news in told] == ["started", "progress"]
    assert (told[1]["stage"], told[1]["done"], told[1]["total"]) == ("predicting", 1, 4)
    assert outcome.message == "p.npz: 3 cells"
    assert "{no json}\np.npz: 3 cells\n" in (tmp_path / "logs" / "row.log").read_text()


@pytest.mark.usefixtures("python_runs")
def test_a_job_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    job = job_of(tmp_path, "-c", "open('runs', 'a').write('x')")
    first = run_job(job)
    assert run_job(job) == first
    assert (tmp_path / "runs").read_text() == "x"


@pytest.mark.usefixtures("python_runs")
def test_the_process_takes_the_threads_that_it_is_given(tmp_path: Path) -> None:
    job = job_of(tmp_path, "-c", SHOW_THREADS, threads=3)
    outcome = run_job(job)
    assert (outcome.how, outcome.status, outcome.message) == ("ok", 0, "3 3")
    assert recorded(job) == outcome


@pytest.mark.usefixtures("python_runs")
@pytest.mark.parametrize(
    ("text", "settings", "how", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", {}, "killed", "killed (SIGKILL)"),
        ("import os; os._exit(3)", {}, "error", "exit status 3"),
        ("x = b'x' * 400_000_000; import time; time.sleep(60)", {"memory_bytes": 200_000_000},
         "too large", "0.2 GB"),
    ],
)  # fmt: skip
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_processes_that_end_badly(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    settings: Any,
    how: str,
    message: str,
) -> None:
    monkeypatch.setattr(job_module, "LOOK_EVERY_S", 0.02)
    job = job_of(tmp_path, "-c", text, **settings)
    outcome = run_job(job)
    assert outcome.how == how
    assert message in outcome.message
    assert recorded(job) is None


@pytest.mark.usefixtures("python_runs")
def test_a_job_that_nobody_wants_any_more_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(job_module, "PATIENCE_S", 0)
    text = "import time; time.sleep(600)"
    assert run_job(job_of(tmp_path, "-c", text), wanted=lambda: False).how == "stopped"


LOOKS_AT_STDIN = """
import time
from deepcinac.batch.ending import end_with_stdin
end_with_stdin()
try:
    print("ready", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("cleaned up", flush=True)
"""


def test_a_process_ends_when_the_other_end_of_its_input_is_gone() -> None:
    environment = {**os.environ, ENDS_WITH_STDIN: "1"}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment}
    with subprocess.Popen([sys.executable, "-c", LOOKS_AT_STDIN], **pipes) as process:
        assert process.stdout.readline() == b"ready\n"
        process.stdin.close()
        assert process.stdout.readline() == b"cleaned up\n"
    assert not psutil.pid_exists(process.pid)


def test_outcomes_of_another_program_are_not_believed(tmp_path: Path) -> None:
    job = job_of(tmp_path, "info")
    for text in ("", "[]", '{"what": 1}'):
        Path(job.record).write_text(text)
        assert recorded(job) is None
