"""Predict, beside the window: processes of our own command line and their results; and the list of jobs.

Predictions and trainings may outlive the window: their jobs carry a ``task`` that says what is to be done
with the result, and the next window does it.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from collections.abc import Sequence
from pathlib import Path
from tkinter import filedialog
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import require_file
from deepcinac.gui.forms.classifier_dialogs import PredictionDialog, PredictionOrder
from deepcinac.gui.forms.dialog import DialogPlace, FormDialog
from deepcinac.gui.forms.question_dialog import QuestionDialog
from deepcinac.gui.handlers.job_actions import JobHandlers
from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.handlers.training import TRAINING, TrainingHandlers
from deepcinac.gui.jobs import folders as job_folders
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import JobRecord
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.panels.jobs_window import JobsWindow
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.known_classifiers import KnownClassifiers
from deepcinac.gui.session.live_prediction import LivePrediction
from deepcinac.gui.session.plans import PREDICTING, PlanLine, Speeds, lines_of, prediction_plan
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.learning.zoo import DEFAULT_CLASSIFIER
from deepcinac.recording.selection import ALL, VALID, parse_selection
from deepcinac.results.files import read_results

PREDICTION, OTHERS = "prediction", "predictions of other sessions"
SELECTED, IN_VIEW, LISTED = "selected", "in view", "listed"
SCOPES = (ALL, VALID, SELECTED, IN_VIEW, LISTED)
"""What stands in the dialog for cells: the current one, those in the field as it is zoomed, the table's."""


class ClassifierHandlers:
    """Handlers of the menu Classifier; ``training`` are those of its trainings."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        sessions: Sessions,
        work: Workspace,
        settings: SettingsStore,
        jobs: JobBoard,
        talk: Talk,
    ) -> None:
        self._root, self._theme, self._sessions = root, theme, sessions
        self._work, self._jobs, self._talk = work, jobs, talk
        self.question: QuestionDialog | None = None
        self._classifiers, self._speeds = KnownClassifiers(settings), Speeds(settings)
        self._place = DialogPlace()
        self.training = TrainingHandlers(
            root, theme, work, settings, jobs, talk, self._place, self.ended
        )
        self._arrived = (0, 0)
        self._waiting: list[Job] = []
        self.jobs_window: JobsWindow | None = None
        work.observe(self._session_changed)

    @property
    def dialog(self) -> FormDialog | None:
        """What was asked last: of a prediction or of a training."""
        return self._place.current

    # Prediction

    def predict_cell(self) -> None:
        self.predict(str(self._work.cell), self._classifiers.last)

    def predict_all(self) -> None:
        """Ask for cells, a classifier and other sessions."""
        self.predict_with(self._classifiers.last)

    def predict_with(self, classifier: str) -> None:
        """The same with a classifier that was chosen already."""
        session = self._work.require_session()
        known = self._classifiers.names(session.path)
        self._place.show(
            PredictionDialog(
                self._root,
                self._theme,
                SCOPES,
                list(dict.fromkeys([classifier, *known])),
                self.start,
                lambda order: lines_of(self._plan(order)),
            )
        )

    def _plan(self, order: PredictionOrder) -> list[PlanLine]:
        name = order.classifier or DEFAULT_CLASSIFIER
        return prediction_plan(
            self._work, self._speeds, self._numbers(order.cells), name, order.others
        )

    def _numbers(self, cells: str) -> str:
        """What stands for cells that are looked at here, as numbers."""
        if cells not in (SELECTED, IN_VIEW, LISTED):
            return cells
        if cells == SELECTED:
            return str(self._work.cell)
        window = self._sessions.view.window
        seen = window.cells.shown_cells() if cells == LISTED else window.field.cells_in_view()
        if not seen:
            raise InputError("cells to predict", f"none {cells}", "the field Cells")
        return ",".join(str(cell) for cell in seen)

    def start(self, order: PredictionOrder) -> Job:
        """Predict cells of the open session, then those of others, one session after the other."""
        for path in order.others:
            require_file(path, "a session")
        cells = order.cells if order.cells == VALID else ALL
        then = {"sessions": [str(path.absolute()) for path in order.others], "cells": cells}
        select = self._numbers(order.cells)
        return self.predict(select, order.classifier, then if order.others else None)

    def predict(
        self,
        select: str,
        classifier: str,
        then: dict[str, Any] | None = None,
        accepted: tuple[str, ...] = (),
    ) -> Job:
        """Start a prediction; its result becomes a layer as soon as it is there."""
        session = self._work.require_session()
        classifier = classifier or DEFAULT_CLASSIFIER
        cells = parse_selection(select, session.n_cells, session.cells().valid).tolist()
        self._classifiers.used(classifier)
        folder = job_folders.new_folder()
        arguments = ["predict", str(session.path), "--select", select]
        arguments += ["--classifier", classifier, "--out", str(_result(folder))]
        arguments += ["--live", str(_live(folder)), "--progress", "jsonl"]
        arguments += [part for name in accepted for part in ("--accept", name)]
        task = {
            "kind": PREDICTION,
            "session": str(session.path.absolute()),
            "cells": cells,
            "select": select,
            "classifier": Path(classifier).name,
            "named": classifier,
            "accepted": accepted,
            "then": {**then, "classifier": classifier} if then else {},
        }
        job = self._jobs.start("Prediction", arguments, self.ended, task=task, folder=folder)
        self.show_arriving()
        return job

    def _predict_others(self, job: Job) -> None:
        """The other sessions that were asked for: one process, one session after the other."""
        then = job.task.get("then") or {}
        if not then:
            return
        job.task["then"] = {}  # the next window takes up a result that waits, and not this
        with contextlib.suppress(OSError, InputError):
            record = JobRecord(job.name, job.arguments, job.task, job.identity)
            job_folders.write_record(job.folder, record)
        arguments = ["predict", *then["sessions"], "--select", then["cells"]]
        arguments += ["--classifier", then["classifier"], "--progress", "jsonl"]
        arguments += [part for name in job.task.get("accepted", ()) for part in ("--accept", name)]
        task = {"kind": OTHERS, "sessions": then["sessions"]}
        self._jobs.start("Prediction", arguments, self.ended, task=task)

    def show_arriving(self) -> None:
        """Draw what a running prediction of this session has so far; called when a job has moved on."""
        session = self._work.session
        here = str(session.path.absolute()) if session is not None else ""
        running = [
            job
            for job in self._jobs.running
            if job.task.get("kind") == PREDICTION and job.task.get("session") == here
        ]
        if not running:
            self._work.follow(None)
            return
        job = running[-1]
        if self._work.live is None or self._work.live.path != _live(job.folder):
            name = str(job.task.get("classifier", "prediction"))
            self._work.follow(LivePrediction(_live(job.folder), job.task.get("cells", []), name))
        if job.stage == "predicting" and (id(job), job.done) != self._arrived:
            self._arrived = (id(job), job.done)
            self._work.changed(topic.PREDICTION)

    def ended(self, job: Job) -> None:
        """A prediction or a training has ended; it may have been started by a window before."""
        if job.task.get("kind") == TRAINING:
            self.training.ended(job)
        elif job.state == DONE and job.task.get("kind") == OTHERS:
            paths = [Path(path).name for path in job.task["sessions"]]
            job.result = f"Predicted, each into a layer of its own: {', '.join(paths)}"
            self._talk.say(job.result)
        elif job.state == DONE:
            self._note_speed(job)
            self._waiting.append(job)
            job.keep = True
            self._take_over_waiting()
            self._predict_others(job)
        self.show_arriving()
        if (question := Question.of_job(job)) is not None and job.task.get("kind") == PREDICTION:
            self._ask(question, job)
            return
        tell_of_failure(self._talk, job)

    def _ask(self, question: Question, job: Job) -> None:
        """What a prediction asked about before it began; with yes it is started again."""
        session = self._work.session
        if session is None or str(session.path.absolute()) != job.task["session"]:
            return
        task = job.task
        again = (*task.get("accepted", ()), question.accept)

        def answered(choice: str) -> None:
            if choice == "yes" and self._work.session is session:
                asked = (task["select"], task["named"], task["then"] or None, again)
                self._talk.attempt(self.predict, *asked)

        self.question = QuestionDialog(self._root, self._theme, question, answered)

    def _note_speed(self, job: Job) -> None:
        """How fast the network went, for the next plan."""
        if job.stage_seconds.get("predicting"):
            done = len(job.task.get("cells", [])) * job.stage_total.get("predicting", 0)
            self._speeds.note(PREDICTING, done / job.stage_seconds["predicting"])

    def _session_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics:
            self._place.close()  # it was asked about another session
        elif topics & {topic.LABELS, topic.LAYER, topic.CELLS}:
            self._place.renew_plan()
        if topic.SESSION in topics and self._work.is_open:
            self._root.after_idle(self._talk.attempt, self.show_arriving)
        if topic.SESSION in topics and self._waiting:
            self._root.after_idle(self._talk.attempt, self._take_over_waiting)

    def _take_over_waiting(self) -> None:
        """Predictions of the session that is open become layers; others wait for theirs."""
        session = self._work.session
        here = session.path.absolute() if session is not None else None
        for job in list(self._waiting):
            path = Path(job.task["session"])
            if path == here and self._work.can_edit:
                self._done_with(job, take_over=True)
            elif path != here and path.exists():
                self._talk.say(f"A prediction of {path.name} is ready: it waits for that session")
            elif not path.exists():
                self._done_with(job)

    def _done_with(self, job: Job, take_over: bool = False) -> None:
        self._waiting.remove(job)
        job.keep = False
        try:
            if take_over:
                job.result = self.take_over(_result(job.folder), job.task.get("accepted", ()))
        finally:
            job_folders.forget(job.folder)

    def import_file(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._root, title="Prediction", filetypes=[("Predictions", "*.npz")]
        )
        if path:
            self.take_over(Path(path))

    def take_over(self, path: Path, accepted: Sequence[str] = ()) -> str:
        """Put a prediction file into a layer and draw it; returns what was done, in words."""
        session = self._work.session
        if session is None:
            return ""
        results = read_results(path, (session.n_cells, session.recording.n_frames))
        with session.group("predict"):
            layer = session.write_results(results)
            session.note_accepted(accepted)
        with self._work.changing():
            self._work.choose_prediction(layer.id)
            self._work.edited(topic.LAYER, topic.LABELS)
        n_cells = len(results.items[0].require_cells())
        said = [f"{counted(n_cells, 'cell')} predicted into the layer {layer.name}"]
        known = layer.maker.name if layer.maker is not None else results.maker.name
        if known != results.maker.name:
            said.append(f"{results.maker.name} has the same weights as {known}, so it has no other")
        text = ". ".join([*said, *results.warnings])
        self._talk.say(text)
        return text

    # Jobs

    def take_up(self) -> None:
        """Follow what a window before has left running, and take its results over."""
        for job in self._jobs.take_up(self.ended):
            job.rounds = int(job.task.get("rounds", 0))

    def show_jobs(self) -> None:
        """The list of jobs, in a window beside the labelling."""
        if self.jobs_window is not None and self.jobs_window.winfo_exists():
            self.jobs_window.destroy()
        actions = JobHandlers(self._work, self._jobs, self.training, self._talk)
        self.jobs_window = JobsWindow(self._root, self._theme, self._jobs, actions)

    def cancel(self) -> None:
        for job in self._jobs.running:
            self._jobs.cancel(job)


def _result(folder: Path) -> Path:
    return folder / "prediction.npz"


def _live(folder: Path) -> Path:
    return folder / "live.npy"
