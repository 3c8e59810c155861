"""How good it is: the report, the agreement of experts, and two sessions into one."""

from __future__ import annotations

import tkinter as tk
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.evaluation.agreement_text import agreement_text
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.evaluation_dialogs import AgreementDialog, EvaluationDialog, MergeDialog
from deepcinac.gui.forms.free_path import free_path
from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.text_window import TextWindow
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session

PAGE = "report.html"


class EvaluationHandlers:
    """Handlers of the menu Evaluate."""

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
        self.dialog: FormDialog | None = None
        work.observe(self._work_changed)

    def _work_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics and self.dialog is not None:
            self.dialog.destroy()  # it was asked about another session

    def _open(self, dialog: FormDialog) -> None:
        if self.dialog is not None:
            self.dialog.destroy()
        self.dialog = dialog
        dialog.open()

    def _layers(self) -> list[str]:
        """Layers that people wrote, a consensus first: it is the likely truth."""
        found = self._work.label_layers()
        return [x.name for x in sorted(found, key=lambda layer: layer.kind != "consensus")]

    def evaluate(self) -> None:
        path = self._work.require_session().path
        out = free_path(path.with_name(f"{path.stem}-report"))
        self._open(EvaluationDialog(self._root, self._theme, self._layers(), out, self.start))

    def start(
        self, layer: str, out: Path, find_crosstalk: bool = True, others: Sequence[Path] = ()
    ) -> Job:
        """Make the report in a process of its own; it opens in the browser when it is there.

        Several sessions of which each has a layer of this name are scored together.
        """
        path = self._work.require_session().path
        for other in others:
            with Session.open(other, read_only=True) as session:
                read_labels(session, layer)
        if (out / PAGE).exists():
            raise InputError("a folder without a report", "one with a report", out)

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE:
                job.result = f"The report is in {out / PAGE}"
                self._talk.say(job.result)
                webbrowser.open((out / PAGE).absolute().as_uri())

        truths = list(dict.fromkeys([str(path), *map(str, others)]))
        arguments = ["evaluate", "--truth", *truths, "--layer", layer, "--out", str(out)]
        arguments += [] if find_crosstalk else ["--no-crosstalk"]
        return self._jobs.start("Evaluation", [*arguments, "--progress", "jsonl"], end)

    def agreement(self) -> None:
        self._open(AgreementDialog(self._root, self._theme, self._layers(), self.show_agreement))

    def show_agreement(self, names: Sequence[str]) -> TextWindow:
        """F1 and kappa of every two layers, in a window to read and copy."""
        session = self._work.require_session()
        layers = [read_labels(session, name) for name in names]
        text = agreement_text(layers, session.recording.frame_rate_hz)
        return TextWindow(self._root, self._theme, "Agreement", text)

    def merge(self) -> None:
        path = self._work.require_session().path
        out = free_path(path.with_name(f"{path.stem}-merged.deepcinac"))
        self._open(MergeDialog(self._root, self._theme, out, self.start_merge))

    def start_merge(self, other: Path, out: Path) -> Job:
        """Join this session and another one into a new file, which can be opened from the notice."""
        path = self._work.require_session().path

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE:
                job.result = f"Both sessions are in {out}"
                self._talk.warn(job.result, ("Open it", lambda: self._sessions.open_path(out)))

        arguments = ["merge", str(path), str(other), "--out", str(out)]
        return self._jobs.start("Merge", arguments, end)
