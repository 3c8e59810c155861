"""Train beside the window: fine-tune, from scratch, on corrections; stop and keep the best, go on again.

A training is a process of our own command line and may outlive the window: its ``task`` says what is to be
done when it has ended, and the next window does it.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.gui.forms.classifier_dialogs import SCRATCH, TrainingDialog, TrainingPlan
from deepcinac.gui.forms.dialog import DialogPlace
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import CANCELLED, DONE, FAILED, ROUND_ENDED, RUNNING, Job
from deepcinac.gui.jobs.training_folder import (
    can_go_on,
    finished_epochs,
    free_folder,
    is_new,
    tidy_training,
)
from deepcinac.gui.session.known_classifiers import KnownClassifiers
from deepcinac.gui.session.plans import (
    TRAINING as TRAINING_SPEED,
)
from deepcinac.gui.session.plans import (
    Speeds,
    lines_of,
    speed_of_training,
    training_plan,
)
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.corrections import corrections
from deepcinac.learning.card import read_card
from deepcinac.learning.run_folder import ask_to_stop
from deepcinac.learning.zoo import DEFAULT_CLASSIFIER, list_classifiers

TRAINING = "training"
START_KEPT = " (no epoch was better than the start on what is held out, so the start was kept)"
TOO_FEW = (
    " (too little is labelled to hold some out and judge by it, so the start was kept: label more)"
)


class TrainingHandlers:
    """Handlers of the trainings in the menu Classifier; ``ended(job)`` hears of the end of each."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        work: Workspace,
        settings: SettingsStore,
        jobs: JobBoard,
        talk: Talk,
        place: DialogPlace,
        on_end: Callable[[Job], None],
    ) -> None:
        self._root, self._theme = root, theme
        self._work, self._jobs, self._talk = work, jobs, talk
        self._classifiers, self._speeds = KnownClassifiers(settings), Speeds(settings)
        self._place, self._on_end = place, on_end

    # What is asked

    def train(self) -> None:
        """From a classifier that is there, with the judged frames of this session."""
        self._ask("Fine-tune on this session", "classifier", None)

    def train_from_scratch(self) -> None:
        """With new weights."""
        self._ask("Train from scratch", "classifier", SCRATCH)

    def train_on_corrections(self) -> None:
        """From the classifier that was corrected, with the answers of the review."""
        self._ask("Train on my corrections", "corrected", self._corrected_classifier())

    def _ask(self, title: str, suffix: str, start: str | None) -> None:
        session = self._work.require_session()
        out = free_folder(session.path.with_name(f"{session.path.stem}-{suffix}"))
        known = self._classifiers.names(session.path) if list_classifiers() else []
        first = [DEFAULT_CLASSIFIER] if DEFAULT_CLASSIFIER in known else []
        known = [*first, *(name for name in known if name not in first)]
        self._place.show(
            TrainingDialog(
                self._root,
                self._theme,
                str(session.path),
                out,
                known,
                self.start_training,
                lambda source, start, settings: lines_of(
                    training_plan(self._work, self._speeds, source, start, settings)
                ),
                title,
                start,
            )
        )

    def _corrected_classifier(self) -> str:
        """The classifier whose proposals were answered last; an InputError where nothing was."""
        session = self._work.require_session()
        layer = self._work.layer_id
        found = [] if layer is None else corrections(session, layer)
        proposals = [x.proposal for x in sorted(found, key=lambda x: x.created) if x.proposal]
        if not proposals:
            raise InputError(
                "answers to a classifier's proposals",
                "none in this layer",
                hint="make the review queue, and answer with y or e",
            )
        wanted = proposals[-1]
        for known in self._classifiers.listed(session.path):
            if known.card.weights_sha256 == wanted.get("weights_sha256"):
                return str(known.path)
        raise InputError(
            f"the classifier that was corrected, {wanted.get('name')}",
            "none with its weights",
            hint="import it (Classifier, Manage classifiers...)",
        )

    # What is done

    def start_training(self, plan: TrainingPlan) -> Job:
        """Start a training, or go on with the one in its folder that was stopped."""
        arguments = ["train", plan.source, "--out", str(plan.out), "--name", plan.out.name]
        if plan.start_from:
            arguments += ["--start-from", plan.start_from]
        if can_go_on(plan.out):
            arguments += ["--resume"]
        arguments += [*plan.arguments, *self._layer_arguments(plan.source), "--progress", "jsonl"]
        session = self._work.session
        task = {
            "kind": TRAINING,
            "out": str(plan.out.absolute()),
            "new": is_new(plan.out),
            "rounds": plan.epochs,
            "session": "" if session is None else str(session.path.absolute()),
        }
        return self._start(arguments, task)

    def _start(self, arguments: list[str], task: dict[str, object]) -> Job:
        job = self._jobs.start("Training", arguments, self._on_end, task=task)
        job.rounds = int(str(task["rounds"]))
        return job

    def _layer_arguments(self, source: str) -> list[str]:
        """Our own session teaches what the current layer says."""
        session, layer = self._work.session, self._work.layer_id
        if session is None or layer is None or Path(source) != session.path:
            return []
        return ["--layer", session.layer(layer).name]

    def stop_and_keep(self, job: Job) -> None:
        """End a training after at least one epoch, with the best of its epochs as the classifier."""
        ask_to_stop(Path(job.task["out"]))
        self._talk.say(
            "The training stops after its first epoch at the soonest, and keeps the best"
        )

    def can_resume(self, job: Job) -> bool:
        """Whether a training that has ended can go on where it was."""
        if job.task.get("kind") != TRAINING or job.state == RUNNING:
            return False
        return 0 < finished_epochs(Path(str(job.task["out"]))) < int(job.task["rounds"])

    def resume(self, job: Job) -> Job:
        """Go on with a training that was stopped: the same command again."""
        arguments = [part for part in job.arguments if part != "--resume"]
        return self._start([*arguments, "--resume"], {**job.task, "new": False})

    def ended(self, job: Job) -> None:
        """A training has ended; it may have been started by a window before."""
        out = Path(job.task["out"])
        if job.state == DONE:
            self._speeds.note(TRAINING_SPEED, speed_of_training(job.history))
            self._classifiers.used(str(out))
            held = _why_start_was_kept(out) or score_in_words(job)
            job.result = f"The classifier is in {out}{held}; Predict uses it from now on"
            self._talk.say(job.result)
            return
        if job.state in (FAILED, CANCELLED):
            n_epochs = tidy_training(out, bool(job.task.get("new")))
            if n_epochs and job.state == CANCELLED:
                job.message = (
                    f"after epoch {n_epochs}: train into the same folder to go on from there"
                )


def _why_start_was_kept(out: Path) -> str:
    """Why the classifier is the one that was started from; "" where it is another."""
    try:
        training = read_card(out).training
    except (InputError, OSError):
        return ""
    if training.get("best_epoch") != 0:
        return ""
    return START_KEPT if training.get("epochs_run") else TOO_FEW


def score_in_words(job: Job) -> str:
    """The score of the last epoch; no number where nothing was held out to be judged by."""
    ended = [record for record in job.history if record.get("stage") == ROUND_ENDED]
    if not ended:
        return ""
    score = ended[-1].get("score", ended[-1].get("f1"))
    if score is None:
        return " (nothing was held out, so there is no score)"
    return f" (F1 {score:.2f} in the last epoch)"
