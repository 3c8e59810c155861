"""Windows of a recording, and how they are drawn: events of all channels together, or of each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.spikes import Spikes, counts_in_bins
from deepcinac.tasks.dynamics.settings import HISTOGRAM, DynamicsSettings

STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""A common scale is rounded up to these: it seldom changes with who is left out, so images can be kept."""
SCALE_PERCENTILE = 75.0
"""Of the highest bin of each recording: the common scale. Higher bins touch the upper edge."""


def bin_of(spikes: Spikes, settings: DynamicsSettings) -> float:
    """The bins of a recording in s: a frame of a movie, ``bin_ms`` of spikes."""
    return spikes.bin_s or settings.bin_ms / 1000


def windows_of(
    spikes: Spikes, settings: DynamicsSettings, where: str | Path = "recording"
) -> list[np.ndarray]:
    """Counts (n_channels, n_bins) of each window; a recording that is too short is an InputError."""
    step = bin_of(spikes, settings)
    length = round(settings.window_s / step)
    counts = counts_in_bins(spikes, step)
    if length < 2 or counts.shape[1] < length:
        raise InputError(
            f"a recording of at least {settings.window_s:g} s",
            f"one of {spikes.duration_s:.4g} s",
            where,
            "take shorter windows (--window-s)",
        )
    starts = window_starts(counts.shape[1], length, settings.stride_s / step)
    return [counts[:, first : first + length] for first in starts.tolist()]


def window_starts(n_bins: int, length: int, stride: float) -> np.ndarray:
    """Where windows of ``length`` bins begin, (n,), ``stride`` bins from each other.

    >>> window_starts(10, 4, 2.5).tolist()
    [0, 2, 5]
    """
    n = int((n_bins - length) / max(stride, 1e-9) + 1e-6) + 1
    return (np.arange(n) * stride + 1e-6).astype(int)


def highest(windows: Sequence[np.ndarray]) -> float:
    """The most events in one bin of any window."""
    return float(max(int(one.sum(0, dtype=np.int64).max(initial=0)) for one in windows))


def common_scale(tops: Sequence[float]) -> float:
    """The scale of histograms from the highest bins of training recordings, rounded up.

    >>> common_scale([10, 20, 30, 41, 300])
    50.0
    """
    value = max(float(np.percentile(np.asarray(tops, float), SCALE_PERCENTILE)), 1.0)
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step for step in STEPS if step * power >= value - 1e-9) * power)


def draw(
    windows: Sequence[np.ndarray], settings: DynamicsSettings, scale: float | None
) -> np.ndarray:
    """Images (n, side, side) uint8, white on black; ``scale``: of histograms, None for each its own."""
    side = settings.side_px
    if settings.image == HISTOGRAM:
        return np.stack(
            [histogram_image(one.sum(0, dtype=np.int64), side, scale) for one in windows]
        )
    return np.stack([raster_image(one, side) for one in windows])


def histogram_image(counts: np.ndarray, side: int, scale: float | None) -> np.ndarray:
    """A bar for each column, as high as the highest of its bins: (side, side) of 0 and 255.

    >>> histogram_image(np.array([0, 1, 2, 9]), 2, 2.0).tolist()
    [[0, 255], [255, 255]]
    """
    columns = _gathered(counts[None], side, 1)[0]
    top = max(float(columns.max(initial=0)), 1.0) if scale is None else scale
    heights = np.clip(np.ceil(columns / top * side - 1e-9), 0, side)
    return (np.arange(side, 0, -1)[:, None] <= heights).astype(np.uint8) * 255


def raster_image(counts: np.ndarray, side: int) -> np.ndarray:
    """A band for each channel, white where it has an event: (side, side) of 0 and 255.

    >>> raster_image(np.array([[1, 0, 0, 0], [0, 0, 0, 2]]), 2).tolist()
    [[255, 0], [0, 255]]
    """
    return (_gathered(_gathered(counts, side, 1), side, 0) > 0).astype(np.uint8) * 255


def _gathered(values: np.ndarray, n: int, axis: int) -> np.ndarray:
    """``n`` parts of an axis, each the largest of its values; of fewer values each fills several parts."""
    starts = np.floor(np.arange(n) * values.shape[axis] / n + 1e-9).astype(int)
    return np.maximum.reduceat(values, starts, axis)
