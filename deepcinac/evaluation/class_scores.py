"""Which of several classes a recording is of: right and wrong, over independent units and beside chance.

Accuracy alone flatters whoever always says the most frequent class, so balanced accuracy (the mean over
classes of the share that is right) stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.intervals import CONFIDENCE, N_RESAMPLES, Interval
from deepcinac.evaluation.units import wilson


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Decisions of one method, each about one class of a unit that was held out.

    ``truth`` and ``said`` (n,) int: numbers of ``classes``; ``units`` (n,): whose decision it is.
    ``balanced``: balanced accuracy with its ``interval`` over units that are drawn again. ``null`` (m,): the
    balanced accuracy with classes that were exchanged, (0,) where there was no null.
    """

    classes: tuple[str, ...]
    units: tuple[str, ...]
    truth: np.ndarray
    said: np.ndarray
    balanced: float
    interval: Interval | None
    null: np.ndarray

    @property
    def n_right(self) -> int:
        """Decisions that are right."""
        return int((self.truth == self.said).sum())

    @property
    def accuracy(self) -> float:
        """Share of the decisions that are right."""
        return self.n_right / max(len(self.truth), 1)

    @property
    def wilson(self) -> Interval | None:
        """95 % interval of that share; None where units have several decisions, which go together."""
        if len(set(self.units)) < len(self.units):
            return None
        return wilson(self.n_right, len(self.truth))

    @property
    def null_mean(self) -> float | None:
        """What chance gives on average."""
        return float(self.null.mean()) if len(self.null) else None

    @property
    def null_95(self) -> float | None:
        """What chance exceeds in one case of twenty."""
        return float(np.percentile(self.null, 95)) if len(self.null) else None

    @property
    def exceeds_null(self) -> bool | None:
        """Whether balanced accuracy is higher than that; None without a null."""
        return None if self.null_95 is None else self.balanced > self.null_95

    @property
    def confusion(self) -> np.ndarray:
        """Decisions of each class (row) by what was said (column), (n_classes, n_classes)."""
        return confusion(self.truth, self.said, len(self.classes))


def class_scores(
    classes: Sequence[str],
    units: Sequence[str],
    truth: np.ndarray,
    said: np.ndarray,
    null_truth: np.ndarray,
    null_right: np.ndarray,
    generator: np.random.Generator,
) -> ClassScores:
    """Scores of decisions (n,); ``null_truth`` and ``null_right`` (m, n): the same with exchanged classes."""
    right = truth == said
    null = [balanced(t, r) for t, r in zip(null_truth, np.asarray(null_right, bool), strict=True)]
    return ClassScores(
        tuple(classes),
        tuple(units),
        np.asarray(truth, int),
        np.asarray(said, int),
        balanced(truth, right),
        balanced_interval(units, truth, right, generator),
        np.array(null, float),
    )


def balanced(truth: np.ndarray, right: np.ndarray) -> float:
    """Mean over the classes that occur of the share that is right.

    >>> balanced(np.array([0, 0, 0, 1]), np.array([True, True, True, False]))
    0.5
    """
    return float(np.mean([right[truth == number].mean() for number in np.unique(truth)]))


def balanced_interval(
    units: Sequence[str],
    truth: np.ndarray,
    right: np.ndarray,
    generator: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Interval | None:
    """95 % interval of balanced accuracy with units drawn again, within classes where each unit has one.

    None with fewer than two units of any class, and where units never differ within a class: what is drawn
    again is then always the same, which says nothing of other units.
    """
    names, owner = np.unique(np.asarray(list(units)), return_inverse=True)
    numbers = np.unique(truth)
    several = any(len(set(truth[owner == place].tolist())) > 1 for place in range(len(names)))
    if min(len(set(owner[truth == number].tolist())) for number in numbers) < 2:
        return None
    drawn_together = _counts(np.arange(len(names)), len(names), n_resamples, generator)
    shares = []
    for number in numbers:
        own = truth == number
        counts = (
            drawn_together
            if several
            else _counts(np.unique(owner[own]), len(names), n_resamples, generator)
        )
        weights = counts[:, owner[own]]
        with np.errstate(invalid="ignore"):
            shares.append((weights @ right[own]) / weights.sum(1))
    means = np.nanmean(np.stack(shares), 0)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(means, [tail, 100 - tail])
    return None if np.ptp(means) < 1e-9 else (float(low), float(high))


def _counts(
    among: np.ndarray, n_units: int, n_resamples: int, generator: np.random.Generator
) -> np.ndarray:
    """How often each unit is drawn, (n_resamples, n_units), of those ``among`` which it is drawn."""
    counts = np.zeros((n_resamples, n_units))
    n = len(among)
    counts[:, among] = generator.multinomial(n, np.full(n, 1 / n), size=n_resamples)
    return counts


def confusion(truth: np.ndarray, said: np.ndarray, n_classes: int) -> np.ndarray:
    """How often each class (row) was taken for each (column).

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    counts = np.zeros((n_classes, n_classes), int)
    np.add.at(counts, (truth, said), 1)
    return counts
