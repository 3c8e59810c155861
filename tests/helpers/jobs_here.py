"""Jobs of the window in the test's own process: our command line, without the start of Python."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


def run_jobs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every job that a window starts is done at once; its end is heard at the next poll, as usual."""
    from deepcinac.cli.main import main
    from deepcinac.gui.jobs import folders
    from deepcinac.gui.jobs.board import JobBoard
    from deepcinac.gui.jobs.job import Job

    def start(
        board: Any,
        name: str,
        arguments: Any,
        on_end: Any = None,
        command: Any = None,
        task: Any = None,
        folder: Path | None = None,
    ) -> Job:
        job = Job(name, list(arguments), task=dict(task or {}), on_end=on_end)
        job.folder = folder or folders.new_folder()
        board._add(job)
        said, log = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(log):
            status = main(job.arguments)
        (job.folder / folders.LOG).write_text(log.getvalue(), encoding="utf-8")
        job.process = SimpleNamespace(returncode=status, poll=lambda: status)  # type: ignore[assignment]
        for line in said.getvalue().encode().splitlines():
            board._take_line(job, line)
        board._queue.put((job, None))
        return job

    monkeypatch.setattr(JobBoard, "start", start)
