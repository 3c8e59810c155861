"""How far a score would move with other cells, and with other recordings: bootstrap intervals.

Cells are drawn and not transients, because the transients of one cell succeed or fail together. Over
recordings, the recordings are drawn and then the cells within each one drawn (a hierarchical
bootstrap), because the cells of one recording share its quality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.metrics import Counts, count_table, f1_of

N_RESAMPLES, CONFIDENCE = 2000, 0.95
MEASURES = ("recall", "precision", "f1")
Interval = tuple[float, float]


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of pooled recall, precision and F1; None where there is nothing to draw from."""

    recall: Interval | None
    precision: Interval | None
    f1: Interval | None


NOTHING = Intervals(None, None, None)


def over_cells(
    recordings: Sequence[Sequence[Counts]],
    generator: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Intervals:
    """Intervals over the cells of these very recordings: in each one its cells are drawn again."""
    if sum(len(cells) for cells in recordings) < 2:
        return NOTHING
    drawn = sum(
        _draw_cells(count_table(cells), n_resamples, generator)
        for cells in recordings
        if len(cells)
    )
    return _intervals(np.asarray(drawn))


def over_recordings(
    recordings: Sequence[Sequence[Counts]],
    generator: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Intervals:
    """Intervals over recordings and the cells in them; nothing with fewer than two recordings."""
    tables = [count_table(cells) for cells in recordings if len(cells)]
    n = len(tables)
    if n < 2:
        return NOTHING
    chosen = generator.integers(0, n, size=(n_resamples, n))
    drawn = np.zeros((n_resamples, 4))
    for place in range(n):
        for number, table in enumerate(tables):
            here = chosen[:, place] == number
            drawn[here] += _draw_cells(table, int(here.sum()), generator)
    return _intervals(drawn)


def _draw_cells(table: np.ndarray, n_resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Sums (n_resamples, 4) over cells drawn again, of counts (n_cells, 4)."""
    n_cells = len(table)
    times = generator.multinomial(n_cells, np.full(n_cells, 1 / n_cells), size=n_resamples)
    return times @ table


def _intervals(drawn: np.ndarray) -> Intervals:
    real, detected, predicted, true = drawn.T.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, precision = detected / real, true / predicted
    f1 = f1_of(real, detected, predicted, true)
    return Intervals(*(_spread(values) for values in (recall, precision, f1)))


def _spread(values: np.ndarray) -> Interval | None:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)
