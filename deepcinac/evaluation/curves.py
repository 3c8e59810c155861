"""Scoring a curve of another method, which has no probability and no threshold of its own.

Two scores stand side by side: a transient is detected when anything above 0 lies in it, the paper's
rule for deconvolved spikes; and the threshold that gives the best F1 on this very truth, which no user
could know before and which is reported as such.
"""

from __future__ import annotations

import numpy as np

from deepcinac.evaluation.metrics import total
from deepcinac.evaluation.score import score
from deepcinac.evaluation.truth import Truth

ANY_SPIKE = float(np.finfo(np.float32).tiny)
"""The threshold at which whatever lies above 0 counts."""
N_THRESHOLDS = 40


def of_largest(values: np.ndarray) -> np.ndarray:
    """A curve (n_frames,) divided by its largest value, with 0 for what lies below 0; NaN stays NaN.

    >>> of_largest(np.array([-1.0, np.nan, 2.0, 4.0])).tolist()
    [0.0, nan, 0.5, 1.0]
    """
    positive = np.maximum(np.asarray(values, dtype=float), 0)
    known = positive[np.isfinite(positive)]
    largest = known.max(initial=0)
    return positive / largest if largest > 0 else positive


def best_threshold(truth: Truth, share_of_largest: np.ndarray, cells: np.ndarray) -> float:
    """The part of each cell's largest value at which F1 is best on ``truth``; the lowest of equals.

    ``share_of_largest`` (n, n_frames) in 0 to 1, of the cells numbered ``cells`` (n,). F1 is as in the
    paper where there are traces, by predicted run otherwise.
    """
    positive = share_of_largest[share_of_largest > 0]
    if not len(positive):
        return ANY_SPIKE
    levels = np.unique(np.quantile(positive, np.linspace(0, 1, N_THRESHOLDS)))
    scored = [
        (_f1(truth, share_of_largest, cells, float(level)), -float(level)) for level in levels
    ]
    return -max(scored)[1]


def _f1(truth: Truth, values: np.ndarray, cells: np.ndarray, threshold: float) -> float:
    matches = score(truth, values, cells, threshold).per_cell
    counts = [match.paper or match.runs for match in matches]
    return total(counts).f1 or 0.0
