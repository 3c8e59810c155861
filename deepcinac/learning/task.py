"""A task: what has to be said about something that can be learnt.

Nothing here is subclassed. A task is any object with these attributes and methods; ``learning`` trains it,
scores it, stops and resumes it, and writes its card. Two kinds differ in what learns: a Keras network
(:mod:`deepcinac.learning.trainer`) or a scikit-learn estimator (:mod:`deepcinac.learning.estimator`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import Card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import Split
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress
from deepcinac.results import Results

Batch = tuple[Any, Any]
"""Inputs and targets of some windows, as Keras takes them: arrays or lists of arrays."""


@dataclass(frozen=True)
class Judgement:
    """What a task says of a model after looking at what was held out.

    ``score`` decides which epoch is kept, higher is better; None where nothing could be judged.
    ``values``: named scores for people. ``details``: all of it, for the card. ``interval``: within which
    the score would lie with other units. ``resolution``: by how much two scores of what is held out differ by
    chance. ``mistakes``: where the model is wrong, for people to look at.
    """

    score: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    calibration: Calibration | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    interval: tuple[float, float] | None = None
    resolution: float = 0.0
    mistakes: Sequence[Mapping[str, Any]] = ()


class Task(Protocol):
    """What every task says of itself."""

    @property
    def name(self) -> str:
        """The task's word in cards and results, such as "activity"."""

    @property
    def score_name(self) -> str:
        """What the score is, for people, such as "F1 of transients"."""

    def card(self, name: str) -> Card:
        """A card with the parts that belong to the task filled in, and its settings under ``training``."""

    def predict(self, classifier: ClassifierFolder, recording: Any, progress: Progress) -> Results:
        """What a classifier of this task says of a recording, in the form that the task takes."""


class Material(Protocol):
    """What a network learns from, ready to draw windows."""

    @property
    def split(self) -> Split:
        """What is held out of it."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the card should say of the data (how many recordings, cells, …)."""

    @property
    def input_ranges(self) -> Mapping[str, Any]:
        """What was learnt about the inputs that belongs in the card's input form; often nothing."""

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """A batch of ``count`` windows; the same for the same generator."""


class NetworkTask(Task, Protocol):
    """A task whose model is a Keras network."""

    @property
    def is_learnt_before(self) -> bool:
        """Whether ``build`` gives the weights of a classifier, which may be better than all that follows."""

    def data_fingerprint(self) -> str:
        """A hash of what is learnt from and judged on; another one is another run."""

    def prepare(self, work: Path, settings: TrainingSettings, progress: Progress) -> Any:
        """The :class:`Material`; large arrays go into the folder ``work``, which is removed afterwards."""

    def build(self, seed: int) -> Any:
        """The Keras model (functional), with fresh weights or those of a classifier to start from."""

    def loss(self, targets: Any, outputs: Any) -> Any:
        """What training makes small, in ``keras.ops``."""

    def judge(
        self,
        model: Any,
        material: Any,
        final: bool,
        progress: Progress,
        is_start: bool = False,
    ) -> Judgement:
        """Predict what is held out and score it.

        ``final``: take the time to do it finely, for the card. ``is_start``: the weights are still those of
        the classifier to start from, and what else its card says of it holds.
        """


@dataclass(frozen=True, eq=False)
class Examples:
    """What an estimator learns from: ``inputs`` (n, k), ``targets`` (n,), and the group of each (n,).

    With two groups or more each is held out whole in turn. ``unit``: what a group is ("recording").
    """

    inputs: np.ndarray
    targets: Sequence[Any]
    groups: Sequence[Any]
    unit: str = "recording"


class EstimatorTask(Task, Protocol):
    """A task whose model has the interface of a scikit-learn classifier."""

    def examples(self) -> Examples:
        """What is learnt from; an InputError where that is too little."""

    def build(self) -> Any:
        """An estimator with ``fit``, ``predict_proba`` and ``classes_``."""

    def arrays(self, estimator: Any) -> Mapping[str, Any]:
        """What a fitted estimator has learnt, in the types of JSON."""

    def restore(self, card: Card) -> Any:
        """The fitted estimator of a card; an InputError where its numbers do not fit."""

    def judge(
        self, targets: Sequence[Any], classes: Sequence[Any], shares: np.ndarray
    ) -> Judgement:
        """Score the answers (n, n_classes) that examples got while they were held out."""
