"""Recall, precision and F1 from counts of transients, and their spread over cells.

A ratio with nothing under it is None, never 1 and never 0: a cell without a real transient has no
recall and no F1, a cell without a prediction has no precision. A cell that has real transients of
which none was found has F1 = 0, with or without predictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


def ratio(part: float, whole: float) -> float | None:
    """``part`` / ``whole``; None where ``whole`` is 0."""
    return float(part / whole) if whole else None


@dataclass(frozen=True)
class Share:
    """``n_part`` of ``n``."""

    n_part: int
    n: int

    @property
    def value(self) -> float | None:
        """The ratio; None where ``n`` is 0."""
        return ratio(self.n_part, self.n)


@dataclass(frozen=True)
class Counts:
    """Counts of transients.

    How many are real, how many of those were detected, how many were predicted, and how many of
    the predicted are real.
    """

    n_real: int
    n_detected: int
    n_predicted: int
    n_true: int

    @property
    def recall(self) -> float | None:
        """Real transients that were detected / real transients."""
        return ratio(self.n_detected, self.n_real)

    @property
    def precision(self) -> float | None:
        """Predicted transients that are real / predicted transients."""
        return ratio(self.n_true, self.n_predicted)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision."""
        recall, precision = self.recall, self.precision
        if recall is None:
            return None
        if not recall or not precision:
            return 0.0
        return 2 * recall * precision / (recall + precision)


def total(counts: Iterable[Counts]) -> Counts:
    """The counts of all cells together."""
    table = count_table(list(counts))
    return Counts(*(int(column) for column in table.sum(axis=0)))


@dataclass(frozen=True)
class Quartiles:
    """Median and quartiles of the ``n`` values that are defined."""

    median: float
    q1: float
    q3: float
    n: int


def quartiles(values: Iterable[float | None]) -> Quartiles | None:
    """Median and quartiles of what is defined; None when nothing is."""
    defined = [value for value in values if value is not None and np.isfinite(value)]
    if not defined:
        return None
    q1, median, q3 = (float(value) for value in np.percentile(defined, [25, 50, 75]))
    return Quartiles(median, q1, q3, len(defined))


def f1_of(
    real: np.ndarray, detected: np.ndarray, predicted: np.ndarray, true: np.ndarray
) -> np.ndarray:
    """F1 of many counts at once, each (n,); NaN where nothing is real."""
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = detected / real
        precision = np.where(predicted > 0, true / predicted, 0.0)
        both = recall + precision
        return np.where(both == 0, 0.0, 2 * recall * precision / both)


def count_table(counts: Sequence[Counts]) -> np.ndarray:
    """Counts as rows (n, 4) of how many are real, detected, predicted and true."""
    rows = [(c.n_real, c.n_detected, c.n_predicted, c.n_true) for c in counts]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)
