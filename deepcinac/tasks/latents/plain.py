"""What the autoencoder must beat: smoothing each cell in time, and interpolation with factor analysis.

Both are told which samples are missing, and both choose their settings on what chooses the network's epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from deepcinac.tasks.latents.score import deviance
from deepcinac.tasks.latents.settings import ACTIVITY, FLUORESCENCE

WIDTHS_BINS = (1.0, 2.0, 4.0, 8.0, 16.0)
N_FACTORS = (1, 2, 4, 8)
SMOOTHING, FACTOR_ANALYSIS = "Gaussian smoothing", "interpolated factor analysis"
PRIOR = 0.05
"""Weight of a cell's mean, as a share of that of samples all around: far from any it is all there is."""
MOST_FITTED = 20000
"""Bins that factor analysis is fitted to."""


class Plain(Protocol):
    """A method without a network: it tells values (n_trials, n_bins, n_cells) from observed ones."""

    def tell(self, values: np.ndarray) -> np.ndarray:
        """What it expects of each sample; ``values`` hold NaN where nothing was observed."""


@dataclass(frozen=True, eq=False)
class Smoothing:
    """A Gaussian of ``width`` bins over what was observed of each cell, and its ``mean`` (n_cells,) else."""

    width: float
    mean: np.ndarray
    kind: str

    def tell(self, values: np.ndarray) -> np.ndarray:
        """Weighted means of the samples around each bin."""
        from scipy.ndimage import gaussian_filter1d

        known = np.isfinite(values)
        weight = gaussian_filter1d(known.astype(float), self.width, axis=1, mode="constant") + PRIOR
        filled = np.where(known, values - self.mean, 0.0)
        sums = gaussian_filter1d(filled, self.width, axis=1, mode="constant")
        return bounded(sums / weight + self.mean, self.kind)


@dataclass(frozen=True, eq=False)
class Factors:
    """Factor analysis of smoothed values; a cell without samples is told from the factors of the others.

    ``loadings`` (n_factors, n_cells), ``noise`` variances (n_cells,).
    """

    smoothing: Smoothing
    loadings: np.ndarray
    noise: np.ndarray

    def tell(self, values: np.ndarray) -> np.ndarray:
        """The posterior mean of the factors, brought back to the cells."""
        mean, kind = self.smoothing.mean, self.smoothing.kind
        smooth = self.smoothing.tell(interpolated(values, mean)) - mean
        seen = np.isfinite(values).any((0, 1))
        own = self.loadings[:, seen]
        weighted = own / self.noise[seen]
        precision = np.eye(len(own)) + weighted @ own.T
        factors = np.linalg.solve(precision, weighted @ smooth[..., seen].reshape(-1, seen.sum()).T)
        told = (factors.T @ self.loadings).reshape(values.shape) + mean
        return bounded(told, kind)


def interpolated(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Values with straight lines between the samples of each cell; the mean (n_cells,) of one without any.

    >>> interpolated(np.array([[[0.0], [np.nan], [2.0]]]), np.zeros(1)).ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    n_trials, n_bins, n_cells = values.shape
    found, bins = values.astype(float), np.arange(n_bins)
    for trial in range(n_trials):
        for cell in range(n_cells):
            own = found[trial, :, cell]
            known = np.isfinite(own)
            if known.all():
                continue
            own[:] = np.interp(bins, bins[known], own[known]) if known.any() else mean[cell]
    return found


def bounded(told: np.ndarray, kind: str) -> np.ndarray:
    """Answers within the range of the values."""
    if kind == FLUORESCENCE:
        return told
    return np.clip(told, 1e-4, 1 - 1e-4 if kind == ACTIVITY else None)


def fit_plain(
    train: Sequence[np.ndarray],
    shown: np.ndarray,
    hidden: np.ndarray,
    kind: str,
    seed: int,
) -> dict[str, Plain]:
    """Both methods, with the settings that tell best what was hidden.

    ``train``: stretches (n_bins, n_cells) to fit to; ``shown`` and ``hidden`` (k, n_bins, n_cells): of what
    chooses, the samples that may be used, and those to be told.
    """
    mean = np.nanmean(np.concatenate(train), axis=0)
    smoothings = [Smoothing(width, mean, kind) for width in WIDTHS_BINS]
    smoothing = _best(smoothings, shown, hidden, kind)
    candidates: list[Plain] = []
    for one in smoothings:
        smooth = [one.tell(interpolated(part[None], mean))[0] for part in train]
        table = np.concatenate(smooth) - mean
        table = table[:: max(1, -(-len(table) // MOST_FITTED))]
        for n in N_FACTORS:
            if n < table.shape[1]:
                candidates.append(_fitted(one, table, n, seed))
    return {SMOOTHING: smoothing, FACTOR_ANALYSIS: _best(candidates, shown, hidden, kind)}


def _fitted(smoothing: Smoothing, table: np.ndarray, n_factors: int, seed: int) -> Factors:
    import warnings

    from sklearn.decomposition import FactorAnalysis
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found: Any = FactorAnalysis(n_factors, max_iter=200, random_state=seed).fit(table)
    return Factors(smoothing, found.components_, np.maximum(found.noise_variance_, 1e-9))


def _best(methods: Sequence[Plain], shown: np.ndarray, hidden: np.ndarray, kind: str) -> Plain:
    """The method that tells best what was hidden, over all cells together."""
    known = np.isfinite(hidden)

    def unlikely(one: Plain) -> float:
        return float(deviance(kind, hidden[known], one.tell(shown)[known]).sum())

    return min(methods, key=unlikely)
