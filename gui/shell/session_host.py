"""Sessions in the window: opened, their traces and movie fetched, closed, remembered."""

from __future__ import annotations

import contextlib
import tkinter as tk
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import require_file
from deepcinac.gui.jobs.board import DONE, Job, JobBoard
from deepcinac.gui.panels.main_window import NARROW, MainWindow
from deepcinac.gui.presenters.presenter import Presenter
from deepcinac.gui.session import recent
from deepcinac.gui.session.data import open_data
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.shell.start import StartScreen
from deepcinac.labelling.session import Session

TITLE = "DeepCINAC"
REMEMBERED_SESSIONS = 60


class SessionHost:
    """The life of a session in the window; a part of :class:`deepcinac.gui.shell.app.App`."""

    root: tk.Tk
    work: Workspace
    jobs: JobBoard
    main: MainWindow
    presenter: Presenter
    start: StartScreen
    settings: Any
    options: Any
    theme: Any
    queue: Any
    notice: Any
    prompt: Any
    status: Any
    attempt: Any
    say: Any
    release_focus: Any
    tell_of_failure: Any
    _show_disk: Any
    _holder: Any

    def open_path(self, path: str | Path) -> bool:
        """Open a session file in this window; a .cinac or .nwb leads to the form for a new one."""
        if Path(path).suffix.lower() in (".cinac", ".nwb"):
            return self.attempt(self.begin_from, Path(path))
        return self.attempt(self.open_session, Path(path))

    def begin_from(self, path: Path) -> None:
        """The form for a new session, filled from another program's file."""
        require_file(path, f"a {path.suffix} file")
        self.close_session()
        self.start.show_form().fill_from(path)

    def open_session(self, path: Path, take_over: bool = False) -> None:
        """Open a session file; ``take_over`` takes it from whoever has it."""
        session = Session.open(path, take_over=take_over)
        self.close_session()
        if not hasattr(self, "main"):
            self.main = MainWindow(self._holder, self)
            self.presenter = Presenter(self)
            logical = self.root.winfo_width() / self.theme.scale
            if 1 < logical < NARROW and "view" not in self.settings.recall():
                self.options.set("review", False)
        self.start.pack_forget()
        self.main.pack(fill="both", expand=True)
        self.root.update_idletasks()
        known = self.settings.get("sessions", {})
        session_id = session.meta().get("session_id", "")
        remembered = known.get(session_id, {})
        self.work.open(session, remembered if isinstance(remembered, dict) else {})
        self.presenter.apply_options()
        self.settings.add_recent(path)
        self.root.title(f"{path.stem} - {TITLE}")
        self.release_focus()
        self._show_disk()
        for notice in session.notices:
            self.say(notice)
        if session.read_only:
            self.say(f"Open for reading only: {session.read_only_reason}")
        self.load_data()

    def load_data(self) -> None:
        """Traces, images and movie: at once when they were made before, else by a job."""
        session = self.work.session
        if session is None:
            return
        data = open_data(session)
        if data is not None:
            self.work.set_data(data)
            self._note_session()
        if data is not None and self.attempt(self._open_movie_if_quick):
            if self.presenter.movie is not None:
                return
        elif data is not None:
            return  # the movie is missing: told already
        self.jobs.start(
            "Reading the movie",
            ["gui", str(session.path), "--prepare", "--progress", "jsonl"],
            lambda job: self._prepared(job, session),
        )

    def _open_movie_if_quick(self) -> None:
        from deepcinac.recording.movie import open_movie
        from deepcinac.recording.working_copy import working_copy_path

        session = self.work.session
        if session is None:
            return
        address = session.movie_address()
        movie = open_movie(address, working_copy=False)
        if not movie.random_access:
            has_copy = working_copy_path(movie).exists()
            movie.close()
            if not has_copy:
                return
            movie = open_movie(address)
        self.presenter.open_movie(movie)

    def _prepared(self, job: Job, session: Session) -> None:
        self.tell_of_failure(job)
        if job.state != DONE or self.work.session is not session:
            if self.work.session is session:
                self.main.traces.set_note("The movie could not be read; see the line below")
            return
        data = open_data(session)
        if data is not None:
            self.work.set_data(data)
            self._note_session()
        self.attempt(self._open_movie_if_quick)

    def _note_session(self) -> None:
        """What the start screen will say of it; a cache that cannot be written is no failure."""
        session = self.work.session
        if session is None:
            return
        recent.note(self.settings, session.path, recent.facts_of(self.work))
        if self.work.data is not None:
            with contextlib.suppress(OSError, InputError):
                recent.write_thumbnail(session.path, self.work.data.images["mean"])

    def close_session(self) -> None:
        """Back to the start screen; there is nothing to save."""
        session = self.work.session
        if session is None:
            return
        self._remember()
        self.presenter.close()
        self.queue.clear()
        self.work.close()
        session.close()
        self.prompt.hide()
        self.main.pack_forget()
        self.start.destroy()
        self.start = StartScreen(self._holder, self)
        self.start.pack(fill="both", expand=True)
        self.root.title(TITLE)
        self.status.show_disk("")
        self.status.show_layer("")
        self.status.show_place("")

    def _remember(self) -> None:
        values: dict[str, Any] = {"view": self.options.all()}
        values["window"] = f"{self.root.winfo_width()}x{self.root.winfo_height()}"
        session = self.work.session
        if session is not None:
            known = dict(self.settings.get("sessions", {}))
            session_id = session.meta().get("session_id", "")
            known.pop(session_id, None)
            known[session_id] = self.work.remembered()
            values["sessions"] = dict(list(known.items())[-REMEMBERED_SESSIONS:])
            self._note_session()
        if hasattr(self, "main"):
            values["panes"] = self.main.shares()
        self.settings.update(values)

    def _heartbeat(self) -> None:
        session = self.work.session
        if session is not None and not session.read_only and not session.heartbeat():
            self.notice.warn(f"This session is read only now: {session.read_only_reason}.")
            self._show_disk()
