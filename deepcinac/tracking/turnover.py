"""Turnover of active cells between days, against chance, the matching error, and what was not found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.intervals import N_RESAMPLES, Interval

OUTSIDE, SILENT, ACTIVE = 0, 1, 2
"""What a cell of the field does on a day; outside: the field of that day does not hold its place."""


@dataclass(frozen=True)
class Turnover:
    """Two days. ``n``: cells that lie in the field of both, ``n_active`` of which on the first is active.

    ``kept``: share of these that are active on the second day as well, with its interval over cells.
    ``chance``: the share of all ``n`` that are active on the second day, which a cell would have without
    memory. ``found_alone``: the same share where a cell that was not found counts as silent. ``error``: share
    of wrong matches as their probabilities say. ``corrected``: ``kept`` without these, which follow chance.
    """

    n: int
    n_active: int
    kept: float | None
    interval: Interval | None
    chance: float | None
    found_alone: float | None
    error: float
    corrected: float | None


def turnover(
    first: np.ndarray,
    second: np.ndarray,
    found: np.ndarray,
    probability: np.ndarray,
    generator: np.random.Generator,
) -> Turnover:
    """Turnover from what each cell (n,) does on two days (``OUTSIDE``, ``SILENT``, ``ACTIVE``).

    ``found`` (n,) bool: whether it was found on the second day; ``probability`` (n,): of its match, NaN for
    none.

    >>> one = turnover(np.array([2, 2, 1, 2]), np.array([2, 1, 1, 0]), np.array([1, 0, 1, 0], bool),
    ...                np.array([1.0, np.nan, 1.0, np.nan]), np.random.default_rng(0))
    >>> one.n, one.n_active, one.kept, round(one.chance, 2)
    (3, 2, 0.5, 0.33)
    """
    both = (first != OUTSIDE) & (second != OUTSIDE)
    a, b = first[both] == ACTIVE, second[both] == ACTIVE
    matches = probability[both & ~np.isnan(probability)]
    error = float((1 - matches).mean()) if len(matches) else 0.0
    kept, chance = _share(b[a]), _share(b)
    alone = _share((b & found[both])[a])
    corrected = None
    if kept is not None and chance is not None and error < 1:
        corrected = float(np.clip((kept - error * chance) / (1 - error), 0, 1))
    return Turnover(
        int(both.sum()),
        int(a.sum()),
        kept,
        _interval(b[a], generator),
        chance,
        alone,
        error,
        corrected,
    )


def _share(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _interval(values: np.ndarray, generator: np.random.Generator) -> Interval | None:
    """95 % interval of a share, cells drawn again."""
    n = len(values)
    if n < 2:
        return None
    drawn = generator.binomial(n, float(values.mean()), N_RESAMPLES) / n
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
