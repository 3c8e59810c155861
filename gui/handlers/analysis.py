"""What the activity says of the animal: signals beside the movie, and decoding them."""

from __future__ import annotations

import tkinter as tk
import webbrowser
from pathlib import Path
from tkinter import filedialog

from deepcinac.errors import InputError
from deepcinac.gui.forms.analysis_dialogs import (
    AROUND,
    DAYS,
    DECODE,
    DEMIX,
    DYNAMICS,
    ENSEMBLES,
    LATENTS,
    SIGNAL,
    SOURCE,
    Analysis,
    AnalysisDialog,
    Order,
)
from deepcinac.gui.forms.free_path import free_path
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.panels.classes_window import ClassesWindow
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.session import Session
from deepcinac.recording.trace_cache import TRACE_CHOICE

SIGNALS = "*.csv *.npy *.npz *.mat *.nwb"
PAGE = "report.html"


class AnalysisHandlers:
    """Handlers of the menu Analyse."""

    def __init__(
        self, root: tk.Misc, theme: Theme, work: Workspace, jobs: JobBoard, talk: Talk
    ) -> None:
        self._root, self._theme = root, theme
        self._work, self._jobs, self._talk = work, jobs, talk
        self.dialog: AnalysisDialog | None = None
        self.classes: ClassesWindow | None = None
        self._last_map = ""
        work.observe(self._work_changed)

    def _work_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics and self.dialog is not None:
            self.dialog.destroy()  # it was asked about another session

    def import_signal(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._root,
            title="Signals: speed, licks, stimuli",
            filetypes=[("Signals", SIGNALS), ("All files", "*")],
        )
        if path:
            self.read_signals(Path(path))

    def read_signals(self, path: Path) -> None:
        """Every signal of a file becomes a curve below the traces; one step of undo."""
        from deepcinac.formats.signal_files import read_signals
        from deepcinac.recording.signals import alignment

        session = self._work.require_session()
        frames = (session.recording.n_frames, session.recording.frame_rate_hz)
        signals = read_signals(path, *frames)
        said = [f"{one.name}: {alignment(one, *frames).in_words()}" for one in signals]
        with session.group(f"import {path.name}"):
            for one in signals:
                session.write_signal(one)
        self._work.edited()
        self._talk.say("; ".join(said))

    def toggle_importance(self) -> None:
        """Lay the map that was seen last, or the first, over the field; or take it off."""
        work = self._work
        if work.field_map is not None:
            self._last_map = work.map_name
            work.choose_map("")
            return
        names = [one.name for one in work.field_maps()]
        work.choose_map(self._last_map if self._last_map in names else names[0])

    def show_classes(self) -> None:
        """What was said of the class of this recording."""
        if self.classes is None or not self.classes.winfo_exists():
            self.classes = ClassesWindow(self._root, self._theme, self._work)
        self.classes.lift()

    def decode(self) -> None:
        self._ask(DECODE)

    def dynamics(self) -> None:
        self._ask(DYNAMICS)

    def around(self) -> None:
        self._ask(AROUND)

    def ensembles(self) -> None:
        self._ask(ENSEMBLES)

    def latents(self) -> None:
        self._ask(LATENTS)

    def demix(self) -> None:
        self._ask(DEMIX)

    def days(self) -> None:
        self._ask(DAYS)

    def _ask(self, analysis: Analysis) -> None:
        """Open the dialog of an analysis; one that needs a signal says so first."""
        session = self._work.require_session()
        signals = session.signal_names()
        needed = any(one.name == SIGNAL and not one.may_be_empty for one in analysis.questions)
        if needed and not signals:
            raise InputError(
                "a session with a signal, such as running speed", "none",
                hint="bring one in with Analyse, Import a signal...",
            )  # fmt: skip
        sources = [*(layer.name for layer in self._work.result_layers()), *TRACE_CHOICE]
        out = free_path(session.path.with_name(f"{session.path.stem}-{analysis.folder}"))
        if self.dialog is not None:
            self.dialog.destroy()
        known = {SIGNAL: signals, SOURCE: sources}
        self.dialog = AnalysisDialog(self._root, self._theme, analysis, known, out, self.start)
        self.dialog.open()

    def start(self, order: Order) -> Job:
        """Work it out in a process of its own; the report and what else comes of it appear at the end."""
        session, analysis = self._work.require_session(), order.analysis
        if (order.out / PAGE).exists():
            raise InputError("a folder without a report", "one with a report", order.out)
        paths = list(dict.fromkeys([str(session.path), *map(str, order.others)]))
        before = [analysis.after] if analysis.after else []
        arguments = [*analysis.command, *before, *paths, *order.options, "--out", str(order.out)]

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE:
                made = [f"the session {path}" for path in sorted(order.out.glob("*.deepcinac"))]
                job.result = " and ".join([f"The report is in {order.out / PAGE}", *made])
                self._talk.attempt(self._take_answers, session, order.out)
                self._talk.say(job.result)
                webbrowser.open((order.out / PAGE).absolute().as_uri())

        return self._jobs.start(analysis.title, [*arguments, "--progress", "jsonl"], end)

    def _take_answers(self, session: Session, out: Path) -> None:
        """What was said of this session becomes a layer, drawn as a curve."""
        from deepcinac.results.files import read_results

        if self._work.session is not session or not self._work.can_edit:
            return
        for answers in (out / "answers" / f"{session.path.stem}.npz", out / "latents.npz"):
            if answers.exists():
                session.write_results(read_results(answers))
                self._work.edited()
