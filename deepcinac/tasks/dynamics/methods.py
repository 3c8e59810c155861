"""The methods of one table: layers over a frozen backbone, statistics with plain classifiers, a majority."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.learning.backbones import Describer
from deepcinac.learning.cross_validation import Answer
from deepcinac.learning.folds import Fold, Piece
from deepcinac.learning.run_folder import open_run
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import Run
from deepcinac.progress import Progress, silent
from deepcinac.tasks.dynamics.model import TASK, Head, adam
from deepcinac.tasks.dynamics.score import log_likelihood
from deepcinac.tasks.dynamics.settings import COMMON, HISTOGRAM, DynamicsSettings
from deepcinac.tasks.dynamics.task import DynamicsTask, FeatureMaterial, material_of
from deepcinac.tasks.dynamics.windows import common_scale, draw, highest

MAJORITY, LOGISTIC, FOREST = (
    "most frequent class", "logistic regression on statistics", "random forest on statistics",
)  # fmt: skip
PENALTIES = (1e-2, 1e-1, 1.0)
"""The values of C that the recordings which validate choose from."""
MOST_SETS = 32
"""Sets of targets that are learnt side by side."""
Windows = Sequence[Sequence[np.ndarray]]
"""For each recording its windows, counts (n_channels, n_bins)."""


class Majority:
    """Says of everything the class that most of all recordings have: what knowing nothing gets."""

    name = MAJORITY

    def __init__(self, n_classes: int) -> None:
        self._n_classes = n_classes

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Answer:
        """Count the classes, also of what is judged: without it the count would be against it."""
        counts = np.bincount([int(own[0]) for own in targets], minlength=self._n_classes)
        said = np.zeros(self._n_classes)
        said[counts.argmax()] = 1.0
        return lambda piece, stride: np.tile(said, (len(range(0, len(piece), stride)), 1))


class OnStatistics:
    """A classifier of scikit-learn on the statistics of windows; ``build`` makes it from a penalty.

    Of several ``penalties`` the recordings that validate choose.
    """

    def __init__(
        self,
        name: str,
        statistics: Sequence[np.ndarray],
        n_classes: int,
        build: Callable[[float, int], Any],
        penalties: Sequence[float] = (1.0,),
    ) -> None:
        self.name = name
        self._statistics, self._n_classes = statistics, n_classes
        self._build, self._penalties = build, penalties

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Answer:
        """Fit with each penalty, and keep the one that the validation prefers."""
        inputs, truth = self._table(fold.train, targets)
        held, held_truth = self._table(fold.validation, targets)
        best, kept = -np.inf, None
        for penalty in self._penalties:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # a regression that has not converged is scored as it is
                fitted = self._built(penalty, seed, truth).fit(inputs, truth.astype(int))
            score = log_likelihood(held_truth, self._shares(fitted, held))
            if kept is None or score > best:
                best, kept = score, fitted

        def answer(piece: Piece, stride: int) -> np.ndarray:
            own = self._statistics[piece.recording][piece.start : piece.stop : stride]
            return self._shares(kept, own)

        return answer

    def _built(self, penalty: float, seed: int, truth: np.ndarray) -> Any:
        """The method; of a few recordings with exchanged classes one class may be left: it is the answer."""
        from sklearn.dummy import DummyClassifier

        one_class = len(np.unique(truth)) == 1
        return DummyClassifier() if one_class else self._build(penalty, seed)

    def _table(
        self, pieces: Sequence[Piece], targets: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        parts = [(p.recording, slice(p.start, p.stop)) for p in pieces]
        inputs = np.concatenate([self._statistics[n][own] for n, own in parts])
        return inputs, np.concatenate([targets[n][own] for n, own in parts])

    def _shares(self, fitted: Any, inputs: np.ndarray) -> np.ndarray:
        found = np.zeros((len(inputs), self._n_classes))
        found[:, fitted.classes_.astype(int)] = fitted.predict_proba(inputs)
        return found


def plain_methods(
    statistics: Sequence[np.ndarray], n_classes: int, settings: DynamicsSettings
) -> list[OnStatistics]:
    """Logistic regression and a random forest."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def logistic(penalty: float, seed: int) -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=300))

    def forest(penalty: float, seed: int) -> Any:
        return RandomForestClassifier(settings.trees, min_samples_leaf=3, random_state=seed)

    return [
        OnStatistics(LOGISTIC, statistics, n_classes, logistic, PENALTIES),
        OnStatistics(FOREST, statistics, n_classes, forest),
    ]


class OnImages:
    """Layers over a frozen backbone, trained for each fold; what is compiled is used again."""

    def __init__(
        self,
        describer: Describer,
        windows: Windows,
        classes: tuple[str, ...],
        settings: DynamicsSettings,
        training: TrainingSettings,
        work: Path,
    ) -> None:
        self.describer, self._windows, self._classes = describer, windows, classes
        self._settings, self._training, self._work = settings, training, work
        self._tops = [highest(one) for one in windows]
        self._features: dict[tuple[int, float | None], np.ndarray] = {}
        self._runs: dict[int, tuple[DynamicsTask, Run]] = {}

    @property
    def name(self) -> str:
        """The backbone and its weights."""
        return self.describer.backbone.name

    def scale_of(self, fold: Fold) -> float | None:
        """The height of histograms: from recordings that are not judged, None for each window's own."""
        if self._settings.image != HISTOGRAM or self._settings.scale != COMMON:
            return None
        known = {p.recording for p in (*fold.train, *fold.validation)}
        return common_scale([self._tops[number] for number in sorted(known)])

    def describe(self, folds: Sequence[Fold], progress: Progress = silent) -> None:
        """Describe all images that some folds need, beforehand."""
        scales = {self.scale_of(fold): None for fold in folds}
        for scale in scales:
            for number in range(len(self._windows)):
                self.features(number, scale, progress)

    def features(self, number: int, scale: float | None, progress: Progress = silent) -> np.ndarray:
        """Features (n_windows, k) of a recording."""
        if (number, scale) not in self._features:
            images = draw(self._windows[number], self._settings, scale)
            self._features[number, scale] = self.describer.features(images, progress)
        return self._features[number, scale]

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Answer:
        """Train from fresh weights."""
        return self.fit_many(fold, [targets], seed)[0]

    def fit_many(
        self, fold: Fold, targets: Sequence[Sequence[np.ndarray]], seed: int
    ) -> list[Answer]:
        """Train from fresh weights, several sets of targets side by side."""
        scale = self.scale_of(fold)
        features = [self.features(number, scale) for number in range(len(self._windows))]
        found: list[Answer] = []
        for begin in range(0, len(targets), MOST_SETS):
            sets = list(targets[begin : begin + MOST_SETS])
            material, mean, sd = material_of(features, sets, fold)
            heads = self._trained(material, len(sets), fold, seed)
            found += [_answer(head, features, mean, sd) for head in heads]
        return found

    def _trained(self, material: FeatureMaterial, n_sets: int, fold: Fold, seed: int) -> list[Head]:
        folder = open_run(self._work, {"task": TASK, "settings": {}, "data": fold.name}, True)
        if n_sets not in self._runs:
            n_features = material.train[0][0].shape[1]
            own = DynamicsTask(n_features, self._classes, self._settings, n_sets)
            training = dataclasses.replace(self._training, seed=seed)
            made = Run(own, training, material, folder, optimizer=adam, resumable=False)
            self._runs[n_sets] = own, made
        task, run = self._runs[n_sets]
        task.best.clear()
        run.restart(material, folder)
        run.fit()
        return [head for _, head in task.best]


def _answer(head: Head, features: Sequence[np.ndarray], mean: np.ndarray, sd: np.ndarray) -> Answer:
    def answer(piece: Piece, stride: int) -> np.ndarray:
        own = features[piece.recording][piece.start : piece.stop : stride]
        return head.shares((own - mean) / sd)

    return answer


def class_targets(
    labels: Sequence[str], classes: Sequence[str], windows: Windows
) -> list[np.ndarray]:
    """The number of its class for each window of each recording, (n_windows,) float64."""
    number: Mapping[str, int] = {name: place for place, name in enumerate(classes)}
    return [
        np.full(len(own), float(number[label])) for label, own in zip(labels, windows, strict=True)
    ]
