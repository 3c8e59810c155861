"""Transients by the highest value that a method gives them: outcomes, precision-recall curve, onsets.

A transient is predicted when one of its frames reaches the threshold, so its highest value is the
threshold up to which it is predicted. The rules are those of :mod:`~deepcinac.evaluation.matching`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.matching import touches
from deepcinac.labelling.agreement import match_transients
from deepcinac.labelling.transients import raster, runs

TP, FN, FP, TN = "TP", "FN", "FP", "TN"
OUTCOMES = (TP, FP, FN, TN)


@dataclass(frozen=True, eq=False)
class GradedTransients:
    """The highest value in each transient of one cell.

    ``real`` (n,): of the real transients, in their order. ``true`` (m,): of what counts as a true
    detection once the threshold is at or below it (putative transients with a real one in them, and
    real ones without a putative one). ``quiet`` (k, 2): putative transients with nothing real in them,
    and ``false`` (k,) their highest values. The last three are None where there is no trace.
    """

    real: np.ndarray
    true: np.ndarray | None
    quiet: np.ndarray | None
    false: np.ndarray | None


def highest_in(intervals: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The largest of ``values`` (n_frames,) in each of the ``intervals`` (n, 2), (n,) float.

    >>> highest_in(np.array([[0, 1], [2, 2]]), np.array([0.1, 0.7, 0.3, 0.9])).tolist()
    [0.7, 0.3]
    """
    if not len(intervals):
        return np.empty(0)
    ends = np.column_stack([intervals[:, 0], intervals[:, 1] + 1]).ravel()
    padded = np.append(
        np.asarray(values, dtype=float), -np.inf
    )  # an interval may end at the last frame
    return np.maximum.reduceat(padded, ends)[::2]


def grade_cell(
    real: np.ndarray, putative: np.ndarray | None, values: np.ndarray, doubtful: np.ndarray
) -> GradedTransients:
    """The highest value in each transient of a cell.

    ``real`` and ``putative`` are intervals (n, 2); ``values`` and ``doubtful`` (n_frames,).
    """
    highest = highest_in(real, values)
    if putative is None:
        return GradedTransients(highest, None, None, None)
    active = raster(real, len(values))
    is_real = touches(putative, active)
    without_rise = ~touches(real, raster(putative, len(values)))
    excluded = ~is_real & touches(putative, np.asarray(doubtful, bool) & ~active)
    quiet = putative[~is_real & ~excluded]
    true = np.concatenate([highest_in(putative[is_real], values), highest[without_rise]])
    return GradedTransients(highest, true, quiet, highest_in(quiet, values))


@dataclass(frozen=True, eq=False)
class TransientCurve:
    """Recall and precision of transients, as in the paper, at every threshold that changes them.

    ``threshold`` (k,) falling; ``recall`` and ``precision`` (k,).
    """

    threshold: np.ndarray
    recall: np.ndarray
    precision: np.ndarray


def transient_curve(cells: Iterable[GradedTransients]) -> TransientCurve | None:
    """Precision against recall of the transients of all ``cells``; None where it is not defined."""
    graded = list(cells)
    if not graded or any(cell.true is None or cell.false is None for cell in graded):
        return None
    real = np.concatenate([cell.real for cell in graded])
    true = np.concatenate([cell.true for cell in graded if cell.true is not None])
    false = np.concatenate([cell.false for cell in graded if cell.false is not None])
    if not len(real):
        return None
    levels = np.unique(np.concatenate([real, true, false]))[::-1]
    levels = levels[levels > 0]
    n_true, n_false = _at_least(true, levels), _at_least(false, levels)
    n_predicted = n_true + n_false
    kept = n_predicted > 0
    precision = n_true[kept] / n_predicted[kept]
    return TransientCurve(levels[kept], _at_least(real, levels[kept]) / len(real), precision)


def _at_least(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """How many of ``values`` are at or above each of ``levels`` (k,)."""
    return len(values) - np.searchsorted(np.sort(values), levels, side="left")


def onset_errors(real: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Rows (n, 2) of real onset, predicted minus real onset, in frames, of matched transients.

    ``real`` (k, 2) is matched one to one with the runs of ``predicted`` (n_frames,) bool.
    """
    found = runs(predicted)
    pairs = match_transients(real, found)
    onset = real[pairs[:, 0], 0]
    return np.column_stack([onset, found[pairs[:, 1], 0] - onset]).reshape(-1, 2)
