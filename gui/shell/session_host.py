"""Sessions in the window: opened, their traces and movie fetched, closed, remembered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import require_file
from deepcinac.gui.forms.create_dialog import CreateDialog
from deepcinac.gui.forms.create_form import CreateForm
from deepcinac.gui.forms.question_dialog import QuestionDialog
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import DONE, FAILED, Job
from deepcinac.gui.jobs.requests import PrepareSession
from deepcinac.gui.jobs.review import kept_queue, read_queue, write_queue
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.panels.cells_rows import COLUMNS
from deepcinac.gui.panels.main_window import NARROW
from deepcinac.gui.presenters.session_view import SessionView
from deepcinac.gui.session import recent
from deepcinac.gui.session.dropped import STARTS, Opened, sorted_out
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.topics import OUTLINES
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.shell.root_window import RootWindow
from deepcinac.gui.shell.start import StartScreen
from deepcinac.gui.widgets.report import sentence_of
from deepcinac.gui.widgets.talk import Talk
from deepcinac.labelling.session import Session
from deepcinac.opening import trace_key
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.movie_address import MovieAddress
from deepcinac.recording.trace_cache import open_traces

REMEMBERED_SESSIONS = 60
FIND_MOVIE = "Find the movie again..."
ORDER = "table_order"
PANES = "pane_shares"
"""The setting of the sizes of the panes."""


class SessionHost:
    """Owns the open session and what shows it; ``start`` is there while nothing is open.

    ``make_start()`` and ``make_view()`` make the two screens in the window's holder. The views are
    made when the first session opens, and serve all that follow.
    """

    def __init__(
        self,
        window: RootWindow,
        talk: Talk,
        work: Workspace,
        queue: ReviewQueue,
        jobs: JobBoard,
        options: ViewOptions,
        settings: SettingsStore,
        make_start: Callable[[], StartScreen],
        make_view: Callable[[], SessionView],
        find_movie: Callable[[], object] = lambda: None,
    ) -> None:
        self._window, self._talk = window, talk
        self._work, self._queue, self._jobs = work, queue, jobs
        self._options, self._settings = options, settings
        self._make_start, self._make_view = make_start, make_view
        self._find_movie = find_movie
        self._dialog: CreateDialog | None = None
        self._view: SessionView | None = None
        self.question: QuestionDialog | None = None
        self.start = make_start()
        self.start.pack(fill="both", expand=True)
        work.observe(self._work_changed)

    def _work_changed(self, topics: frozenset[str]) -> None:
        if OUTLINES in topics:
            self._window.root.after_idle(self._talk.watch, self._make_traces_anew)

    def _make_traces_anew(self) -> None:
        """The session has other cells: what was made of the movie belongs to those before."""
        if self._work.is_open and self._work.data is None:
            self.view.presenter.close()
            self.load_data()

    @property
    def view(self) -> SessionView:
        """What shows the open session; an InputError before the first one."""
        if self._view is None:
            raise InputError("an open session", "none", hint="open or create a session first")
        return self._view

    @property
    def view_if_made(self) -> SessionView | None:
        """The views, or None before the first session was opened."""
        return self._view

    # Opening

    def open_path(self, path: str | Path) -> bool:
        """Open a session file in this window; other files lead to the form for a new one."""
        return self.open_paths([Path(path)])

    def open_paths(self, paths: Sequence[Path]) -> bool:
        """Open what was chosen or dropped: a session, or the form with the movie and cells filled in."""
        found = sorted_out(paths)
        if found.start:
            path = Path(found.start)
            starts = path.suffix.lower() in STARTS
            return self._talk.attempt(self.begin_from if starts else self.open_session, path)
        return self._talk.attempt(self._begin_with, found)

    def _begin_with(self, found: Opened) -> None:
        known = {"movie": found.movie, "cells": found.cells}
        self._show_form().fill(**{name: text for name, text in known.items() if text})

    def begin_new(self) -> None:
        """Show the form for a new session; the one that is open stays until the new one is there."""
        self._show_form()

    def begin_from(self, path: Path) -> None:
        """Show the form for a new session, filled from another program's file."""
        require_file(path, f"a {path.suffix} file")
        self._show_form().fill_from(path)

    def toggle_first_steps(self) -> bool:
        """Show the first steps on the start screen, or hide them; False while a session is open."""
        if self._work.session is not None:
            return False
        self.start.toggle_first_steps()
        return True

    def _show_form(self) -> CreateForm:
        """In the start screen, or in a window of its own over the open session."""
        if self._work.session is None:
            return self.start.show_form()
        if self._dialog is None or not self._dialog.winfo_exists():
            self._dialog = CreateDialog(
                self._window.root, self._window.theme, self._jobs, self._talk, self.open_path
            )
        self._dialog.lift()
        return self._dialog.form

    @property
    def form(self) -> CreateForm | None:
        """The form for a new session, where one is shown."""
        if self._dialog is not None and self._dialog.winfo_exists():
            return self._dialog.form
        return self.start.form

    def open_session(self, path: Path, take_over: bool = False) -> None:
        """Open a session file; ``take_over`` takes it from whoever has it."""
        session = Session.open(path, take_over=take_over)
        self.close_session()
        if self._dialog is not None:
            self._dialog.destroy()
            self._dialog = None
        view = self._view_for_the_first_time() if self._view is None else self._view
        self.start.pack_forget()
        view.window.pack(fill="both", expand=True)
        self._window.root.update_idletasks()
        known = self._settings.get("sessions", {})
        remembered = known.get(session.meta().get("session_id", ""), {})
        self._work.open(session, remembered if isinstance(remembered, dict) else {})
        session.on_unsaved = view.presenter.show_unsaved
        self._take_queue()
        view.presenter.apply_options()
        self._settings.add_recent(path)
        self._window.set_title(path.stem)
        view.window.release_focus()
        for notice in session.notices:
            self._talk.say(notice)
        if session.read_only:
            self._talk.say(f"Open for reading only: {session.read_only_reason}")
        self.load_data()

    def _take_queue(self) -> None:
        """The review queue as it was left; one that cannot be read is made anew by the user."""
        session_id = self._session_id()
        with contextlib.suppress(OSError, InputError):
            path = kept_queue(session_id)
            if session_id and path.is_file():
                self._queue.load(read_queue(path))

    def _keep_queue(self) -> None:
        session_id = self._session_id()
        with contextlib.suppress(OSError, InputError):
            if session_id and self._queue.items:
                path = kept_queue(session_id)
                path.parent.mkdir(parents=True, exist_ok=True)
                write_queue(path, self._queue.ranked)

    def _session_id(self) -> str:
        session = self._work.session
        return "" if session is None else str(session.meta().get("session_id", ""))

    def _view_for_the_first_time(self) -> SessionView:
        self._view = view = self._make_view()
        order = self._settings.get(ORDER, [])
        if len(order) == 2 and order[0] in {column.key for column in COLUMNS}:
            view.window.cells.set_order((order[0], bool(order[1])))
        logical = self._window.root.winfo_width() / self._window.theme.scale
        if 1 < logical < NARROW and "view" not in self._settings.recall():
            self._options.set("review", False)
        return view

    # Traces, images, movie

    def load_data(self) -> None:
        """Fetch traces, images and movie: at once when they were made before, else by a job."""
        session = self._work.session
        if session is None:
            return
        if self._take_data(session):
            try:
                self._open_movie_if_quick()
            except NeedsAnswer as asked:
                self._ask_about_movie(Question.of_error(asked))
                return
            except InputError as error:
                self._tell_of_movie(sentence_of(error))
                return
            if self.view.presenter.movie is not None:
                return
        self._jobs.start_request(
            "Reading the movie",
            PrepareSession(str(session.path)),
            lambda job: self._prepared(job, session),
        )

    def _tell_of_movie(self, text: str) -> None:
        """What is wrong with the movie; where it is not found, with the button that finds it."""
        action = None
        try:
            self._work.require_session().movie_path()
        except InputError:
            action = (FIND_MOVIE, self._find_movie) if self._work.can_edit else None
        self._talk.warn(text, action)

    def _ask_about_movie(self, question: Question) -> None:
        """What is asked about the movie of the open session; the session keeps the answer."""
        session = self._work.session
        if session is None or not self._work.can_edit:
            self._tell_of_movie(
                f"{question.found}: a session that can be written to keeps the answer"
            )
            return

        def answered(choice: str) -> None:
            if choice == "yes" and self._work.session is session:
                self._talk.attempt(self._accept, question.accept)

        self.question = QuestionDialog(self._window.root, self._window.theme, question, answered)

    def _accept(self, name: str) -> None:
        session = self._work.require_session()
        address = MovieAddress.parse(session.movie_address())
        with session.group(f"accept {name}"):
            session.relink(str(replace(address, accepted=address.accepted | {name})))
            session.note_accepted([name])
        self._work.edited()
        self.load_data()

    def _take_data(self, session: Session) -> bool:
        data = open_traces(trace_key(session), session.n_cells)
        if data is not None:
            self._work.set_data(data)
            self._note_session()
        return data is not None

    def _open_movie_if_quick(self) -> None:
        from deepcinac.recording.movie_readers import open_movie
        from deepcinac.recording.working_copy import working_copy_path

        session = self._work.session
        if session is None:
            return
        address = session.movie_address()
        movie = open_movie(address, working_copy=False, axes_known=True)
        if not movie.random_access:
            has_copy = working_copy_path(movie).exists()
            movie.close()
            if not has_copy:
                return
            movie = open_movie(address, axes_known=True)
        self.view.presenter.open_movie(movie)

    def _prepared(self, job: Job, session: Session) -> None:
        if job.state != FAILED or self._work.session is not session:
            tell_of_failure(self._talk, job)
        if self._work.session is not session:
            return
        question = Question.of_job(job)
        if question is not None:
            self._ask_about_movie(question)
        elif job.state == FAILED:
            self._tell_of_movie(f"{job.name}: {job.message}")
        if job.state != DONE:
            note = "The movie could not be read; see the line below"
            self.view.window.traces.set_note(note)
            self.view.window.movie.clear(note)
            return
        self._take_data(session)
        self._talk.attempt(self._open_movie_if_quick)

    # Closing

    def close_session(self) -> None:
        """Back to the start screen; there is nothing to save."""
        if self._work.session is None:
            return
        self.remember()
        view = self.view
        self.let_go()
        self._queue.clear()
        self._talk.prompt.hide()
        view.window.pack_forget()
        self.start.destroy()
        self.start = self._make_start()
        self.start.pack(fill="both", expand=True)
        self._window.set_title()

    def let_go(self) -> None:
        """Close the session's file and its movie; the screen stays as it is."""
        session = self._work.session
        if session is not None:
            self.view.presenter.close()
            self._work.close()
            session.close()

    def remember(self) -> None:
        """Note options, sizes, and where the session was left."""
        values: dict[str, object] = {"view": self._options.all(), "window": self._window.size}
        session = self._work.session
        if session is not None:
            known = dict(self._settings.get("sessions", {}))
            session_id = session.meta().get("session_id", "")
            known.pop(session_id, None)
            known[session_id] = self._work.remembered()
            values["sessions"] = dict(list(known.items())[-REMEMBERED_SESSIONS:])
            self._note_session()
            self._keep_queue()
        if self._view is not None:
            values[PANES] = self._view.window.shares()
            values[ORDER] = list(self._view.window.cells.order)
        self._settings.update(values)

    def _note_session(self) -> None:
        """What the start screen will say of it; a cache that cannot be written is no failure."""
        session = self._work.session
        if session is None:
            return
        recent.note(self._settings, session.path, recent.facts_of(self._work))
        if self._work.data is not None:
            with contextlib.suppress(OSError, InputError):
                recent.write_thumbnail(session.path, self._work.data.images["mean"])
