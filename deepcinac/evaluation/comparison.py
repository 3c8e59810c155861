"""Is one method better than another on the same cells?

Cells are compared pairwise by their F1 as in the paper (by predicted run where there is no trace):
the Wilcoxon signed-rank test for every pair of methods, with Holm's correction for their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from deepcinac.evaluation.metrics import quartiles
from deepcinac.evaluation.score import Scores


@dataclass(frozen=True)
class Difference:
    """F1 of ``first`` minus F1 of ``second`` over the ``n_cells`` in which both are defined.

    ``p``: corrected for the number of pairs; None where no cell differs.
    """

    first: str
    second: str
    n_cells: int
    median: float | None
    p: float | None


def compare(names: Sequence[str], scores: Sequence[Scores]) -> list[Difference]:
    """All pairs of methods, in the order given."""
    pairs = list(combinations(range(len(scores)), 2))
    gaps = [paired_gaps(f1_by_cell(scores[i]), f1_by_cell(scores[j])) for i, j in pairs]
    corrected = holm([signed_rank_p(gap) for gap in gaps])
    found = []
    for (i, j), gap, p in zip(pairs, gaps, corrected, strict=True):
        spread = quartiles(gap.tolist())
        median = spread.median if spread else None
        found.append(Difference(names[i], names[j], len(gap), median, p))
    return found


def f1_by_cell(scores: Scores) -> dict[int, float]:
    """F1 of each cell in which it is defined."""
    counts = [match.paper or match.runs for match in scores.per_cell]
    cells = zip(scores.cells.tolist(), counts, strict=True)
    return {cell: count.f1 for cell, count in cells if count.f1 is not None}


def paired_gaps(first: dict[int, float], second: dict[int, float]) -> np.ndarray:
    """First minus second for every cell that both know."""
    return np.array([first[cell] - second[cell] for cell in sorted(first.keys() & second.keys())])


def signed_rank_p(gaps: np.ndarray) -> float | None:
    """Two-sided p of the Wilcoxon signed-rank test; cells without a difference are ignored."""
    from scipy.stats import wilcoxon

    if not np.any(gaps):
        return None
    return float(wilcoxon(gaps).pvalue)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction; None stays None and is not counted.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        corrected[place] = highest
    return corrected
