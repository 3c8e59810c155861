"""Scores over independent units: their mean, how far it would move with others, and what chance gives.

Several scores of one unit (an animal that was judged under several choices of validation, the blocks of
one recording) are averaged before anything else: they are not independent of each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.intervals import CONFIDENCE, N_RESAMPLES, Interval

ROUGH = 6
"""With fewer units an interval is a rough guess: it tends to be too narrow."""


@dataclass(frozen=True, eq=False)
class UnitScores:
    """The score of each unit that could be judged, and what the null gives for their mean.

    ``null`` (n,): the mean over units for each shift of the targets, (0,) where there was none.
    """

    by_unit: Mapping[str, float]
    interval: Interval | None
    null: np.ndarray

    @property
    def mean(self) -> float | None:
        """The mean over units."""
        return float(np.mean(list(self.by_unit.values()))) if self.by_unit else None

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
        """Whether the mean is higher than that; None without a null."""
        if self.mean is None or self.null_95 is None:
            return None
        return self.mean > self.null_95


def over_units(
    units: Sequence[str],
    values: Sequence[float | None],
    null: np.ndarray,
    generator: np.random.Generator,
) -> UnitScores:
    """Scores by unit from scores by fold; ``null`` (n_shifts, n_folds), NaN where nothing was judged."""
    known = np.array([np.nan if value is None else value for value in values], float)
    by_unit = _means(units, known)
    shifts = [list(_means(units, row).values()) for row in np.asarray(null, float)]
    chance = np.array([np.mean(row) for row in shifts if row])
    interval = bootstrap_mean(np.array(list(by_unit.values())), generator)
    return UnitScores(by_unit, interval, chance)


def _means(units: Sequence[str], values: np.ndarray) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for unit, value in zip(units, values.tolist(), strict=True):
        if not np.isnan(value):
            found.setdefault(unit, []).append(value)
    return {unit: float(np.mean(own)) for unit, own in found.items()}


def bootstrap_mean(
    values: np.ndarray, generator: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> Interval | None:
    """95 % interval of the mean with units drawn again; None with fewer than two."""
    n = len(values)
    if n < 2:
        return None
    means = np.asarray(values, float)[generator.integers(0, n, (n_resamples, n))].mean(1)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def wilson(n_right: int, n: int) -> Interval | None:
    """95 % Wilson interval of a share; None of nothing.

    >>> [round(edge, 2) for edge in wilson(26, 32)]
    [0.65, 0.91]
    """
    if n < 1:
        return None
    from scipy.stats import binomtest

    found = binomtest(n_right, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)
