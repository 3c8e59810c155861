"""Is one method better than another on the same cells, or on the same recordings?

The units are compared pairwise by their F1 as in the paper (by predicted run where there is no
trace): the Wilcoxon signed-rank test for every pair of methods, with Holm's correction for their
number. With fewer than six units that differ no p can fall below 0.05 before any correction, so none
is computed: the differences themselves are all there is.

Cells of one recording say how sure a difference is on that recording; only recordings as units say
anything about recordings that have not been looked at.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from deepcinac.evaluation.metrics import quartiles
from deepcinac.evaluation.score import Scores

FEWEST_UNITS = 6
"""Two-sided p of the signed-rank test: 2 / 2**5 = 0.062 with five units at best, 0.031 with six."""
SIGNIFICANT = 0.05
CELL, RECORDING = "cell", "recording"


@dataclass(frozen=True)
class Difference:
    """Score of ``first`` minus that of ``second`` over the ``n_units`` in which both are defined.

    ``unit``: "cell", "recording", or what else is independent; ``measure``: the score, "F1" by default.
    ``n_higher`` and ``n_lower``: in how many units the first has the
    higher and the lower F1. ``p``: corrected for the number of pairs; None where fewer than six units
    differ.
    """

    first: str
    second: str
    n_units: int
    median: float | None
    p: float | None
    n_higher: int = 0
    n_lower: int = 0
    unit: str = CELL
    mean: float | None = None
    measure: str = "F1"

    @property
    def n_differing(self) -> int:
        """Units with a difference, which is what the test works on."""
        return self.n_higher + self.n_lower


def compare(names: Sequence[str], scores: Sequence[Scores]) -> list[Difference]:
    """All pairs of methods on one recording, in the order given, cell by cell."""
    return compare_units(names, [f1_by_cell(one) for one in scores], CELL)


def compare_units(
    names: Sequence[str],
    scores: Sequence[Mapping[Any, float]],
    unit: str,
    measure: str = "F1",
) -> list[Difference]:
    """All pairs of methods; ``scores`` gives for each of them the ``measure`` of each unit."""
    pairs = list(combinations(range(len(names)), 2))
    gaps = [paired_gaps(scores[i], scores[j]) for i, j in pairs]
    corrected = holm([signed_rank_p(gap) for gap in gaps])
    found = []
    for (i, j), gap, p in zip(pairs, gaps, corrected, strict=True):
        spread = quartiles(gap.tolist())
        median = spread.median if spread else None
        higher, lower = int((gap > 0).sum()), int((gap < 0).sum())
        mean = float(gap.mean()) if len(gap) else None
        counts = (higher, lower, unit, mean, measure)
        found.append(Difference(names[i], names[j], len(gap), median, p, *counts))
    return found


def f1_by_cell(scores: Scores) -> dict[Hashable, float]:
    """F1 of each cell in which it is defined."""
    counts = [match.paper or match.runs for match in scores.per_cell]
    cells = zip(scores.cells.tolist(), counts, strict=True)
    return {cell: count.f1 for cell, count in cells if count.f1 is not None}


def paired_gaps(first: Mapping[Hashable, float], second: Mapping[Hashable, float]) -> np.ndarray:
    """First minus second for every unit that both know, in the order of the first."""
    return np.array([first[unit] - second[unit] for unit in first if unit in second], dtype=float)


def signed_rank_p(gaps: np.ndarray) -> float | None:
    """Two-sided p of the Wilcoxon signed-rank test on the units that differ; None below six."""
    from scipy.stats import wilcoxon

    if np.count_nonzero(gaps) < FEWEST_UNITS:
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


def in_words(gap: Difference) -> str:
    """What a difference means, in two or three sentences."""
    plural = f"{gap.unit}s"
    if gap.median is None:
        return (
            f"{gap.first} and {gap.second} have no {gap.unit} in common in which {gap.measure} is defined: "
            "they cannot be compared."
        )
    counted = (
        f"{gap.measure} of {gap.first} is higher than that of {gap.second} in {gap.n_higher} of "
        f"{gap.n_units} {plural} and lower in {gap.n_lower}; median difference {gap.median:+.3f}, "
        f"mean {gap.mean:+.3f}."
    )
    if gap.p is None:
        return (
            f"{counted} This cannot be tested: {gap.n_differing} of the {plural} differ, and with "
            f"fewer than {FEWEST_UNITS} no outcome would be significant."
        )
    if gap.p >= SIGNIFICANT:
        return (
            f"{counted} Chance alone would often make a difference as large (p = {gap.p:.2g}); that does "
            "not show that the two are equally good."
        )
    scope = (
        "Cells are the units, so this holds for these recordings and says nothing about others."
        if gap.unit == CELL
        else f"{plural.capitalize()} are the units, so it should hold for other {plural} of this kind."
    )
    return (
        f"{counted} The difference is larger than chance would make it (p = {gap.p:.2g}). {scope}"
    )
