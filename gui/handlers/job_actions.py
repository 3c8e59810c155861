"""What can be done with a job in the list: cancel, end early, go on, and see what a network gets wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.gui.handlers.training import TRAINING, TrainingHandlers
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import Job
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk

AROUND = 100
"""Frames shown on both sides of a mistake, where the view is not wide already."""


class JobHandlers:
    """The buttons of the window of jobs; a failure becomes a sentence."""

    def __init__(
        self, work: Workspace, jobs: JobBoard, training: TrainingHandlers, talk: Talk
    ) -> None:
        self._work, self._jobs, self._training, self._talk = work, jobs, training, talk

    def cancel(self, job: Job) -> None:
        """Ask it to clean up and stop."""
        self._jobs.cancel(job)

    def can_keep(self, job: Job) -> bool:
        """Whether it is a training, which can end early with the best of its epochs."""
        return job.task.get("kind") == TRAINING

    def keep_best(self, job: Job) -> None:
        """Let it end so."""
        self._talk.attempt(self._training.stop_and_keep, job)

    def can_resume(self, job: Job) -> bool:
        """Whether it is a training that has ended and can go on."""
        return self._training.can_resume(job)

    def resume(self, job: Job) -> None:
        """Let it go on."""
        self._talk.attempt(self._training.resume, job)

    def go_to(self, mistake: dict[str, Any]) -> None:
        """Show the place of a mistake, where it is in the session that is open."""
        self._talk.attempt(self._go_to, mistake)

    def _go_to(self, mistake: dict[str, Any]) -> None:
        work, path = self._work, Path(str(mistake.get("path", "")))
        session = work.session
        if session is None or session.path.absolute() != path.absolute():
            raise InputError(f"the session {path.name}", "another one", hint="open it first")
        cell, first, last = (int(mistake[name]) for name in ("cell", "first", "last"))
        with work.changing():
            work.go_to_cell(cell)
            if not (work.is_visible(first) and work.is_visible(last)):
                work.show_range(first - AROUND, last + AROUND)
            work.go_to_frame(first)
