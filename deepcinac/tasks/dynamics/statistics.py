"""Twenty statistics of a window, such as analyses of spikes and bursts print: the plain way to the class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SCALES = (1, 2, 5, 10, 20, 50, 100)
"""Bins that are put together for the statistics of the summed activity."""
BURST_BINS, BURST_SD, BURST_LEAST = 10, 3.0, 10
"""A network burst: so many bins whose events exceed the mean by so many SD, and this number."""
NAMES = (
    "rate",
    *(f"{what} of {n} bins" for n in SCALES for what in ("Fano factor", "largest count")),
    "network bursts",
    "irregularity of bursts",
    "mean correlation",
    "SD of channel counts",
    "median of channel counts",
)


def statistics_of(windows: Sequence[np.ndarray]) -> np.ndarray:
    """Statistics (n, 20) of windows with counts (n_channels, n_bins), most of them logarithms."""
    return np.stack([_of_window(one) for one in windows])


def _of_window(counts: np.ndarray) -> np.ndarray:
    total = counts.sum(0, dtype=np.int64).astype(float)
    found = [np.log1p(total.mean())]
    for scale in SCALES:
        sums = _summed(total[None], scale)[0]
        found += [np.log(sums.var() / max(sums.mean(), 1e-6) + 1e-3), np.log1p(sums.max())]
    sums = _summed(total[None], BURST_BINS)[0]
    over = sums >= max(sums.mean() + BURST_SD * sums.std(), BURST_LEAST)
    onsets = np.flatnonzero(over[1:] & ~over[:-1])
    gaps = np.diff(onsets)
    irregular = gaps.std() / gaps.mean() if len(gaps) > 1 else 0.0
    of_channel = counts.sum(1, dtype=np.int64).astype(float)
    found += [np.log1p(len(onsets)), irregular, mean_correlation(_summed(counts, BURST_BINS))]
    found += [np.log1p(of_channel.std()), np.log1p(np.median(of_channel))]
    return np.array(found, float)


def _summed(counts: np.ndarray, n: int) -> np.ndarray:
    """Sums (k, n_bins // n) over ``n`` bins; all in one where there are fewer."""
    n = min(n, counts.shape[1])
    kept = counts[:, : counts.shape[1] // n * n].astype(float)
    return kept.reshape(len(counts), -1, n).sum(2)


def mean_correlation(counts: np.ndarray) -> float:
    """Mean over pairs of channels of their correlation; channels that never change are left out.

    >>> round(mean_correlation(np.array([[0, 1, 0, 1], [0, 2, 0, 2], [5, 5, 5, 5]])), 3)
    1.0
    """
    centred = counts - counts.mean(1, keepdims=True)
    spread = np.sqrt((centred**2).sum(1))
    kept = centred[spread > 0] / spread[spread > 0, None]
    n = len(kept)
    # The sum over all pairs is that of the square of the summed channels, less each with itself.
    return float(((kept.sum(0) ** 2).sum() - n) / (n * (n - 1))) if n > 1 else 0.0
