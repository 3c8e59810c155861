"""Cells without a mask: found in a process of its own, shown dashed, accepted one by one."""

from __future__ import annotations

import tkinter as tk

import numpy as np

from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.requests import FindMissing
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.panels.missing_window import MissingWindow
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.inputs.missing_cells import ProposedCell, read_proposals
from deepcinac.recording.cells import make_cells

NOTE = "proposed: light without a mask"


class MissingHandlers:
    """Handlers of *Cells without a mask?*; nothing becomes a cell by itself."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        sessions: Sessions,
        work: Workspace,
        jobs: JobBoard,
        talk: Talk,
    ) -> None:
        self._root, self._theme, self._sessions = root, theme, sessions
        self._work, self._jobs, self._talk = work, jobs, talk
        self._found: list[ProposedCell] = []
        self._outlines: list[list[np.ndarray]] = []
        self.window: MissingWindow | None = None
        work.observe(self._work_changed)

    def _work_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics and self.window is not None:
            self.window.destroy()  # the places are of another movie

    def find(self) -> Job:
        """Look for them; the window opens when they are found."""
        session = self._work.require_session()
        folder = new_folder()
        out = folder / "proposals.npz"

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE and self._work.session is session:
                self.show(read_proposals(out))

        request = FindMissing(str(session.path), str(out))
        return self._jobs.start_request("Cells without a mask", request, end, folder)

    def show(self, found: list[ProposedCell]) -> None:
        """The places in a list, and dashed in the field."""
        if self.window is not None:
            self.window.destroy()
        if not found:
            self._talk.say("Nothing is lit that has no mask")
            return
        recording = self._work.require_session().recording
        made = make_cells(
            [(one.ypix, one.xpix, one.weight) for one in found], recording.height, recording.width
        )
        self._found, self._outlines = found, [made.contour(k) for k in range(len(found))]
        self.window = MissingWindow(
            self._root, self._theme, found, self._show_place, self._go_to_frame, self._accept_told
        )
        self._talk.say(f"{counted(len(found), 'place')} to look at")

    def _show_place(self, place: int | None) -> None:
        """Dash what waits for an answer; nothing once the window has gone."""
        if not self._work.is_open:
            return
        field = self._sessions.view.window.field
        window = self.window
        if place is None or window is None or not window.winfo_exists():
            waiting = [] if place is None else [place]
        else:
            waiting = window.open_places
        chosen = waiting.index(place) if place in waiting else None
        field.set_proposals([self._outlines[number] for number in waiting], chosen)

    def _go_to_frame(self, frame: int) -> None:
        self._work.go_to_frame(frame)

    def _accept_told(self, place: int) -> None:
        self._talk.attempt(self.accept, place)

    def accept(self, place: int) -> None:
        """Make a place a cell of the session; one step of undo. Its traces come as soon as they are made."""
        one = self._found[place]
        cell = self._work.require_session().add_cell(one.ypix, one.xpix, one.weight, NOTE)
        self._work.edited()
        if self.window is not None and self.window.winfo_exists():
            self.window.answered(place)
        self._talk.say(f"It is cell {cell} now; its traces are being made")
