"""Recall, precision and F1 from counts of transients, their spread over cells, their uncertainty.

A ratio with nothing under it is None, never 1 and never 0: a cell without a real transient has no
recall and no F1, a cell without a prediction has no precision. A cell that has real transients of
which none was found has F1 = 0, with or without predictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

N_RESAMPLES = 2000
CONFIDENCE = 0.95


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
    table = _table(list(counts))
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


def bootstrap_f1(
    counts: Sequence[Counts],
    generator: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> tuple[float, float] | None:
    """Interval of the pooled F1 when the cells are drawn again with replacement.

    Cells and not transients are drawn, because the transients of one cell succeed or fail together.
    None with fewer than two cells, or where no draw holds a real transient.
    """
    n_cells = len(counts)
    if n_cells < 2:
        return None
    drawn = generator.multinomial(n_cells, np.full(n_cells, 1 / n_cells), size=n_resamples)
    real, detected, predicted, true = (drawn @ _table(counts)).T.astype(float)
    drawn_f1 = _f1(real, detected, predicted, true)
    drawn_f1 = drawn_f1[np.isfinite(drawn_f1)]
    if not len(drawn_f1):
        return None
    tail = 50 * (1 - confidence)
    low, high = np.percentile(drawn_f1, [tail, 100 - tail])
    return float(low), float(high)


def _f1(
    real: np.ndarray, detected: np.ndarray, predicted: np.ndarray, true: np.ndarray
) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = detected / real
        precision = np.where(predicted > 0, true / predicted, 0.0)
        both = recall + precision
        return np.where(both == 0, 0.0, 2 * recall * precision / both)


def _table(counts: Sequence[Counts]) -> np.ndarray:
    rows = [(c.n_real, c.n_detected, c.n_predicted, c.n_true) for c in counts]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)
