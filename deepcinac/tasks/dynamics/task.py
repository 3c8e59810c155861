"""The dynamics task: the layers over a frozen backbone, in the trainer of the program."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.card import Card
from deepcinac.learning.folds import Fold, Piece
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import GROUPS, Split
from deepcinac.learning.task import Batch, Judgement
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, silent
from deepcinac.results import Results
from deepcinac.tasks.dynamics.model import TASK, build_head, class_loss
from deepcinac.tasks.dynamics.score import log_likelihood
from deepcinac.tasks.dynamics.settings import DynamicsSettings


@dataclass(frozen=True, eq=False)
class FeatureMaterial:
    """Features of windows that train, and of windows that choose (``learning.task.Material``).

    ``train`` and ``held``: features (n, k) and classes (n,) of each recording.
    """

    train: Sequence[tuple[np.ndarray, np.ndarray]]
    held: Sequence[tuple[np.ndarray, np.ndarray]]
    split: Split
    facts: Mapping[str, Any] = field(default_factory=dict)
    input_ranges: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """Windows (count, k) and their classes (count, 1); every recording is drawn from as often."""
        inputs, targets, starts, sizes = self._joined
        chosen = generator.integers(len(sizes), size=count)
        places = starts[chosen] + (generator.random(count) * sizes[chosen]).astype(int)
        return inputs[places], targets[places]

    @functools.cached_property
    def _joined(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Training windows (n, k), classes (n, 1), and where each recording starts and how many it has."""
        sizes = np.array([len(targets) for _, targets in self.train])
        inputs = np.concatenate([x for x, _ in self.train])
        targets = np.concatenate([y for _, y in self.train]).astype(np.float32)
        return inputs, targets[:, None], np.cumsum(sizes) - sizes, sizes

    def judged(self) -> tuple[np.ndarray, np.ndarray]:
        """All windows that choose, and their classes (n,)."""
        return np.concatenate([x for x, _ in self.held]), np.concatenate([y for _, y in self.held])


@dataclass(frozen=True, eq=False)
class DynamicsTask:
    """Classes told from the features of images (``learning.task.NetworkTask``)."""

    n_features: int
    classes: tuple[str, ...]
    settings: DynamicsSettings
    material: FeatureMaterial | None = None
    name: str = TASK

    @property
    def score_name(self) -> str:
        """What chooses the number of passes."""
        return "mean log likelihood of windows"

    @property
    def is_learnt_before(self) -> bool:
        """The layers begin with fresh weights."""
        return False

    def card(self, name: str) -> Card:
        """The card of what is to be learnt."""
        sizes = {"n_features": self.n_features, "hidden": self.settings.hidden}
        return Card(name, TASK, architecture=sizes, prediction={"classes": list(self.classes)})

    def data_fingerprint(self) -> str:
        """A hash of features and classes."""
        digest = hashlib.sha256()
        for inputs, targets in () if self.material is None else self.material.train:
            digest.update(np.ascontiguousarray(inputs).tobytes())
            digest.update(np.ascontiguousarray(targets).tobytes())
        return digest.hexdigest()

    def prepare(
        self, work: Path, settings: TrainingSettings, progress: Progress = silent
    ) -> FeatureMaterial:
        """What trains and what chooses."""
        assert self.material is not None
        return self.material

    def build(self, seed: int) -> Any:
        """Layers with fresh weights."""
        return build_head(self.n_features, len(self.classes), self.settings.hidden, seed)

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Cross-entropy."""
        return class_loss(targets, outputs)

    def judge(
        self,
        model: Any,
        material: FeatureMaterial,
        final: bool,
        progress: Progress = silent,
        is_start: bool = False,
    ) -> Judgement:
        """How likely the layers hold the classes of the windows that choose."""
        inputs, truth = material.judged()
        return Judgement(log_likelihood(truth, shares_of(model, inputs)))

    def predict(
        self, classifier: ClassifierFolder, recording: Any, progress: Progress = silent
    ) -> Results:
        """No classifier of this task is kept."""
        raise InputError("a task whose classifiers are kept", TASK)


def shares_of(model: Any, inputs: np.ndarray) -> np.ndarray:
    """Shares (n, n_classes) of the classes by the layers."""
    from scipy.special import softmax

    outputs = np.asarray(model(inputs, training=False))
    return np.asarray(softmax(outputs.astype(float), axis=1))


def material_of(
    features: Sequence[np.ndarray], targets: Sequence[np.ndarray], fold: Fold
) -> tuple[FeatureMaterial, np.ndarray, np.ndarray]:
    """What a fold learns from, each feature with mean 0 and SD 1 over its training windows; mean and SD."""

    def of(pieces: Sequence[Piece]) -> list[tuple[np.ndarray, np.ndarray]]:
        return [
            (features[p.recording][p.start : p.stop], targets[p.recording][p.start : p.stop])
            for p in pieces
        ]

    train = np.concatenate([inputs for inputs, _ in of(fold.train)])
    mean, sd = train.mean(0), train.std(0)
    sd = np.where(sd > 0, sd, 1.0)
    scaled = [
        [((inputs - mean) / sd, own) for inputs, own in of(pieces)]
        for pieces in (fold.train, fold.validation)
    ]
    split = Split(GROUPS, len(fold.validation), f"{len(fold.validation)} recordings chose")
    return FeatureMaterial(scaled[0], scaled[1], split), mean, sd
