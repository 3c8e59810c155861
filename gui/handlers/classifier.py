"""Predict and train, beside the window: processes of our own command line and their results.

Both may outlive the window: their jobs carry a ``task`` that says what is to be done with the result,
and the next window does it.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from pathlib import Path
from tkinter import filedialog

from deepcinac.errors import InputError
from deepcinac.gui.forms.classifier_dialogs import PredictionDialog, TrainingDialog, TrainingPlan
from deepcinac.gui.forms.question_dialog import QuestionDialog
from deepcinac.gui.jobs import folders as job_folders
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import CANCELLED, DONE, FAILED, ROUND_ENDED, Job
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.jobs.training_folder import can_go_on, free_folder, is_new, tidy_training
from deepcinac.gui.panels.jobs_window import JobsWindow
from deepcinac.gui.session import workspace as topic
from deepcinac.gui.session.known_classifiers import KnownClassifiers
from deepcinac.gui.session.live_prediction import LivePrediction
from deepcinac.gui.session.plans import (
    PREDICTING,
    PlanLine,
    Speeds,
    prediction_plan,
    speed_of_training,
    training_plan,
)
from deepcinac.gui.session.plans import TRAINING as TRAINING_SPEED
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.learning.zoo import DEFAULT_CLASSIFIER, list_classifiers
from deepcinac.recording.selection import parse_selection
from deepcinac.results.files import read_results

PREDICTION, TRAINING = "prediction", "training"


class ClassifierHandlers:
    """Handlers of the menu Classifier."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        work: Workspace,
        settings: SettingsStore,
        jobs: JobBoard,
        talk: Talk,
    ) -> None:
        self._root, self._theme = root, theme
        self._work, self._jobs, self._talk = work, jobs, talk
        self.dialog: PredictionDialog | TrainingDialog | None = None
        self.question: QuestionDialog | None = None
        self._classifiers, self._speeds = KnownClassifiers(settings), Speeds(settings)
        self._arrived = (0, 0)
        self._waiting: list[Job] = []
        self.jobs_window: JobsWindow | None = None
        work.observe(self._session_changed)

    # Prediction

    def predict_cell(self) -> None:
        self.predict(str(self._work.cell), self._classifiers.last)

    def predict_all(self) -> None:
        self._open(
            PredictionDialog(
                self._root,
                self._theme,
                self._work.n_cells,
                self._known(),
                self.predict,
                lambda cells, name: _lines(
                    prediction_plan(self._work, self._speeds, cells, name or DEFAULT_CLASSIFIER)
                ),
            )
        )

    def _open(self, dialog: PredictionDialog | TrainingDialog) -> None:
        """Show a dialog in the place of the one before."""
        if self.dialog is not None:
            self.dialog.destroy()
        self.dialog = dialog
        dialog.open()

    def _known(self) -> list[str]:
        """Names to choose from, the one used last at the head."""
        session = self._work.session
        return self._classifiers.names(session.path if session is not None else None)

    def predict(self, select: str, classifier: str, accepted: tuple[str, ...] = ()) -> Job:
        """Start a prediction; its result becomes a layer as soon as it is there."""
        session = self._work.session
        if session is None:
            raise InputError("an open session", "none")
        classifier = classifier or DEFAULT_CLASSIFIER
        cells = parse_selection(select, session.n_cells).tolist()
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
        }
        job = self._jobs.start("Prediction", arguments, self.ended, task=task, folder=folder)
        self.show_arriving()
        return job

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
            self._training_ended(job)
        elif job.state == DONE:
            self._note_speed(job)
            self._waiting.append(job)
            job.keep = True
            self._take_over_waiting()
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
                self._talk.attempt(self.predict, task["select"], task["named"], again)

        self.question = QuestionDialog(self._root, self._theme, question, answered)

    def _note_speed(self, job: Job) -> None:
        """How fast the network went, for the next plan."""
        if job.stage_seconds.get("predicting"):
            done = len(job.task.get("cells", [])) * job.stage_total.get("predicting", 0)
            self._speeds.note(PREDICTING, done / job.stage_seconds["predicting"])

    def _session_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics and self.dialog is not None:
            self.dialog.destroy()  # it was asked about another session
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
        text = f"{counted(n_cells, 'cell')} predicted into the layer {layer.name}"
        said = ". ".join([text, *results.warnings])
        self._talk.say(said)
        return said

    # Training

    def train(self) -> None:
        session = self._work.session
        if session is None:
            return
        out = free_folder(session.path.with_name(f"{session.path.stem}-classifier"))
        known = self._known() if list_classifiers() else []
        first = [DEFAULT_CLASSIFIER] if DEFAULT_CLASSIFIER in known else []
        known = [*first, *(name for name in known if name not in first)]
        self._open(
            TrainingDialog(
                self._root,
                self._theme,
                str(session.path),
                out,
                known,
                self.start_training,
                lambda source, start, settings: _lines(
                    training_plan(self._work, self._speeds, source, start, settings)
                ),
            )
        )

    def start_training(self, plan: TrainingPlan) -> Job:
        """Start a training, or go on with the one in its folder that was stopped."""
        arguments = ["train", plan.source, "--out", str(plan.out), "--name", plan.out.name]
        if plan.start_from:
            arguments += ["--start-from", plan.start_from]
        if can_go_on(plan.out):
            arguments += ["--resume"]
        arguments += [*plan.arguments, *self._layer_arguments(plan.source), "--progress", "jsonl"]
        n_epochs = plan.epochs
        task = {
            "kind": TRAINING,
            "out": str(plan.out.absolute()),
            "new": is_new(plan.out),
            "rounds": n_epochs,
        }
        job = self._jobs.start("Training", arguments, self.ended, task=task)
        job.rounds = n_epochs
        return job

    def _training_ended(self, job: Job) -> None:
        out = Path(job.task["out"])
        if job.state == DONE:
            self._speeds.note(TRAINING_SPEED, speed_of_training(job.history))
            self._classifiers.used(str(out))
            held = _score_in_words(job)
            job.result = f"The classifier is in {out}{held}; Predict uses it from now on"
            self._talk.say(job.result)
            return
        if job.state in (FAILED, CANCELLED):
            n_epochs = tidy_training(out, bool(job.task.get("new")))
            if n_epochs and job.state == CANCELLED:
                job.message = (
                    f"after epoch {n_epochs}: train into the same folder to go on from there"
                )

    def _layer_arguments(self, source: str) -> list[str]:
        """Our own session teaches what the current layer says."""
        session, layer = self._work.session, self._work.layer_id
        if session is None or layer is None or Path(source) != session.path:
            return []
        return ["--layer", session.layer(layer).name]

    # Jobs

    def take_up(self) -> None:
        """Follow what a window before has left running, and take its results over."""
        for job in self._jobs.take_up(self.ended):
            job.rounds = int(job.task.get("rounds", 0))

    def show_jobs(self) -> None:
        """The list of jobs, in a window beside the labelling."""
        if self.jobs_window is not None and self.jobs_window.winfo_exists():
            self.jobs_window.destroy()
        self.jobs_window = JobsWindow(self._root, self._theme, self._jobs, self._jobs.cancel)

    def cancel(self) -> None:
        for job in self._jobs.running:
            self._jobs.cancel(job)


def _lines(plan: list[PlanLine]) -> list[tuple[str, str, bool]]:
    return [(line.name, line.text, line.is_warning) for line in plan]


def _result(folder: Path) -> Path:
    return folder / "prediction.npz"


def _live(folder: Path) -> Path:
    return folder / "live.npy"


def _score_in_words(job: Job) -> str:
    """The score of the last epoch; no number where nothing was held out to be judged by."""
    ended = [record for record in job.history if record.get("stage") == ROUND_ENDED]
    if not ended:
        return ""
    score = ended[-1].get("score", ended[-1].get("f1"))
    if score is None:
        return " (nothing was held out, so there is no score)"
    return f" (F1 {score:.2f} in the last epoch)"
