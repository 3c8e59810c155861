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
from deepcinac.tasks.dynamics.model import TASK, Head, build_heads, class_loss, heads_of
from deepcinac.tasks.dynamics.score import log_likelihood
from deepcinac.tasks.dynamics.settings import DynamicsSettings


@dataclass(frozen=True, eq=False)
class FeatureMaterial:
    """Features of windows that train, and of windows that choose (``learning.task.Material``).

    ``train`` and ``held``: features (n, k) and numbers of classes (n, n_sets) of each recording.
    """

    train: Sequence[tuple[np.ndarray, np.ndarray]]
    held: Sequence[tuple[np.ndarray, np.ndarray]]
    split: Split
    facts: Mapping[str, Any] = field(default_factory=dict)
    input_ranges: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """Windows (count, k) and their classes (count, n_sets); all recordings are drawn from as often."""
        inputs, targets, starts, sizes = self._joined
        chosen = generator.integers(len(sizes), size=count)
        places = starts[chosen] + (generator.random(count) * sizes[chosen]).astype(int)
        return inputs[places], targets[places]

    @functools.cached_property
    def _joined(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Training windows, their classes, and where each recording starts and how many it has."""
        sizes = np.array([len(targets) for _, targets in self.train])
        inputs = np.concatenate([x for x, _ in self.train])
        targets = np.concatenate([y for _, y in self.train]).astype(np.float32)
        return inputs, targets, np.cumsum(sizes) - sizes, sizes

    def judged(self) -> tuple[np.ndarray, np.ndarray]:
        """All windows that choose, and their classes (n, n_sets)."""
        return np.concatenate([x for x, _ in self.held]), np.concatenate([y for _, y in self.held])


@dataclass(frozen=True, eq=False)
class DynamicsTask:
    """Classes told from the features of images (``learning.task.NetworkTask``), for several sets of targets.

    Each set keeps the layers that its windows which choose liked best: ``best`` (n_sets,).
    """

    n_features: int
    classes: tuple[str, ...]
    settings: DynamicsSettings
    n_sets: int = 1
    material: FeatureMaterial | None = None
    name: str = TASK
    best: list[tuple[float, Head]] = field(default_factory=list)

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
        sizes = (self.n_features, len(self.classes), self.settings.hidden)
        return build_heads(*sizes, self.n_sets, seed)

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
        """How likely they hold the classes of the windows that choose; the best of each set are kept."""
        inputs, truth = material.judged()
        heads = heads_of(model, self.n_sets)
        scores = [log_likelihood(truth[:, n], one.shares(inputs)) for n, one in enumerate(heads)]
        found = list(zip(scores, heads, strict=True))
        kept = self.best or found
        self.best[:] = [
            new if new[0] > old[0] else old for new, old in zip(found, kept, strict=True)
        ]
        return Judgement(float(np.mean(scores)))

    def predict(
        self, classifier: ClassifierFolder, recording: Any, progress: Progress = silent
    ) -> Results:
        """No classifier of this task is kept."""
        raise InputError("a task whose classifiers are kept", TASK)


def material_of(
    features: Sequence[np.ndarray], sets: Sequence[Sequence[np.ndarray]], fold: Fold
) -> tuple[FeatureMaterial, np.ndarray, np.ndarray]:
    """What a fold learns from, each feature with mean 0 and SD 1 over its training windows; mean and SD.

    ``sets``: of targets, each of them (n_windows,) for every recording.
    """

    def of(pieces: Sequence[Piece]) -> list[tuple[np.ndarray, np.ndarray]]:
        return [
            (
                features[p.recording][p.start : p.stop],
                np.stack([own[p.recording][p.start : p.stop] for own in sets], 1),
            )
            for p in pieces
        ]

    train = np.concatenate([inputs for inputs, _ in of(fold.train)])
    mean, sd = train.mean(0), train.std(0)
    sd = np.where(sd > 1e-5 * np.abs(mean), sd, 1.0)  # nothing is made of rounding
    scaled = [
        [((inputs - mean) / sd, own) for inputs, own in of(pieces)]
        for pieces in (fold.train, fold.validation)
    ]
    split = Split(GROUPS, len(fold.validation), f"{len(fold.validation)} recordings chose")
    return FeatureMaterial(scaled[0], scaled[1], split), mean, sd
