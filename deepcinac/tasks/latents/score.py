"""How well samples that were hidden are told, and how near the truth the answers are."""

from __future__ import annotations

import numpy as np

from deepcinac.tasks.latents.settings import ACTIVITY, COUNTS


def deviance(kind: str, values: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How unlikely each sample is, 0 for a perfect answer; squared error of fluorescence and events.

    >>> deviance("counts", np.array([0.0, 2.0]), np.array([1.0, 2.0])).tolist()
    [2.0, 0.0]
    """
    from scipy.special import xlogy

    if kind == COUNTS:
        expected = np.maximum(expected, 1e-9)
        return 2 * (xlogy(values, values / expected) - values + expected)
    if kind == ACTIVITY:
        p = np.clip(expected, 1e-7, 1 - 1e-7)
        return 2 * (xlogy(values, values / p) + xlogy(1 - values, (1 - values) / (1 - p)))
    return np.square(values - expected)


def explained_by_cell(
    kind: str, values: np.ndarray, expected: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """Share of the deviance from the cell's mean (n_cells,) that answers explain, (n_cells,).

    Values and answers are (..., n_cells); NaN where there is no sample. Cells without any are NaN.
    """
    known = np.isfinite(values)
    kept = np.where(known, values, 0.0)
    total = np.where(known, deviance(kind, kept, np.broadcast_to(mean, kept.shape)), 0.0)
    left = np.where(known, deviance(kind, kept, np.where(known, expected, 1.0)), 0.0)
    axes = tuple(range(values.ndim - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - left.sum(axes) / total.sum(axes)


def r2_by_cell(truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """R2 of answers (..., n_cells) to the truth over all trials and bins, (n_cells,).

    >>> r2_by_cell(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [2.0]])).tolist()
    [0.5]
    """
    axes = tuple(range(truth.ndim - 1))
    known = np.isfinite(said) & np.isfinite(truth)
    n = np.maximum(known.sum(axes), 1)
    kept = np.where(known, truth, 0.0)
    centred = np.where(known, kept - kept.sum(axes) / n, 0.0)
    error = np.where(known, kept - np.where(known, said, 0.0), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - np.square(error).sum(axes) / np.square(centred).sum(axes)
