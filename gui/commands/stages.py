"""How far the work is: label, predict, review, train, each in words and with what to do next. No Tk."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import DONE, Job, in_words
from deepcinac.gui.session.judged import judged_cells, n_transients
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.learning.card import CARD_FILE

PREDICTING, TRAINING, LOOKING = "Prediction", "Training", "Review queue"
"""Names of the jobs on the board."""
HIDDEN = "hidden in blind mode"


@dataclass(frozen=True)
class Stage:
    """One part of the work: its state in words, and the command that goes on with it.

    ``action`` is the text of the button; ``detail`` is what a tooltip has room for.
    """

    name: str
    state: str
    action: str
    command: str
    detail: str = ""


class Stages:
    """Says the stages of the open session; :meth:`look` when a training may have ended."""

    def __init__(self, work: Workspace, queue: ReviewQueue, jobs: JobBoard) -> None:
        self._work, self._queue, self._jobs = work, queue, jobs
        self.trained: tuple[str, datetime.datetime] | None = None

    def look(self) -> None:
        """Find the classifier that was trained on this session last: its name, and when."""
        session = self._work.session
        self.trained = None
        if session is None:
            return
        path = session.path.absolute()
        cards = list(path.parent.glob(f"{path.stem}-classifier*/{CARD_FILE}"))
        for job in self._jobs.jobs:
            if job.name == TRAINING and job.state == DONE and job.task.get("out"):
                cards.append(Path(job.task["out"]) / CARD_FILE)
        there = [card for card in cards if card.is_file()]
        if there:
            newest = max(there, key=lambda card: card.stat().st_mtime)
            when = datetime.datetime.fromtimestamp(newest.stat().st_mtime, datetime.timezone.utc)
            self.trained = newest.parent.name, when

    def all(self, now: datetime.datetime | None = None) -> tuple[Stage, ...]:
        """The four stages at this moment."""
        now = now or datetime.datetime.now(datetime.timezone.utc)
        return self._label(), self._predict(now), self._review(), self._train(now)

    def _label(self) -> Stage:
        work = self._work
        states = work.session.cell_states() if work.session is not None else []
        valid = {cell for cell, state in enumerate(states) if state.valid}
        n_judged = len(judged_cells(work) & valid)
        state = f"{n_judged} of {counted(len(valid), 'cell')} judged"
        n_reviewed = sum(state.reviewed for state in states)
        detail = (
            f"{counted(n_transients(work), 'transient')} in this layer; "
            f"{counted(n_reviewed, 'cell')} marked as reviewed"
        )
        return Stage("Label", state, "Next cell", "next_unjudged", detail)

    def _predict(self, now: datetime.datetime) -> Stage:
        work, running = self._work, self._running(PREDICTING)
        if running is not None:
            return Stage("Predict", progress_of(running), "Jobs", "jobs")
        layer = work.prediction_layer
        if work.blind:
            state = HIDDEN
        elif layer is None:
            state = "nothing predicted yet"
        else:
            state = f"{layer.name}, {ago(datetime.datetime.fromisoformat(layer.created), now)}"
        return Stage("Predict", state, "Predict...", "predict_all")

    def _review(self) -> Stage:
        queue, running = self._queue, self._running(LOOKING)
        left = len(queue.items) - len(queue.decided)
        if running is not None:
            return Stage("Review", progress_of(running), "Jobs", "jobs")
        if self._work.blind:
            return Stage("Review", HIDDEN, "Make queue", "make_queue")
        if left > 0:
            return Stage("Review", f"{left:,} to review", "Next", "next_review")
        done = f"all {len(queue.items):,} answered" if queue.items else "no queue yet"
        return Stage("Review", done, "Make queue", "make_queue")

    def _train(self, now: datetime.datetime) -> Stage:
        running = self._running(TRAINING)
        if running is not None:
            return Stage("Train", progress_of(running), "Jobs", "jobs")
        if self.trained is None:
            return Stage("Train", "no training yet", "Train...", "train")
        name, when = self.trained
        return Stage("Train", f"{name}, {ago(when, now)}", "Train...", "train")

    def _running(self, name: str) -> Job | None:
        return next((job for job in reversed(self._jobs.running) if job.name == name), None)


def progress_of(job: Job) -> str:
    """How far a job is, in a few words: "epoch 3 of 12, 4 min left"."""
    remaining = job.remaining_s()
    return job.said if remaining is None else f"{job.said}, {in_words(remaining)} left"


def ago(then: datetime.datetime, now: datetime.datetime) -> str:
    """How long ago, as people say it.

    >>> noon = datetime.datetime(2026, 11, 23, 12)
    >>> [ago(noon - datetime.timedelta(minutes=m), noon) for m in (0, 3, 150, 1500, 8000)]
    ['just now', '3 min ago', '2 h ago', 'yesterday', '5 days ago']
    """
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return "yesterday" if days == 1 else f"{days:,} days ago"
