"""When the cells or electrodes of a recording were active: times of spikes, or of onsets of transients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepcinac.errors import InputError


@dataclass(frozen=True, eq=False)
class Spikes:
    """Events at ``times_s`` (n,) float64, ascending, of ``channels`` (n,) int, of ``n_channels`` in all.

    Time 0 is the start of the recording, ``duration_s`` its length. ``bin_s``: within which nothing is told
    apart (a frame of a movie), 0 where times are exact. ``names`` (n_channels,) of the channels, or nothing.
    """

    times_s: np.ndarray
    channels: np.ndarray
    n_channels: int
    duration_s: float
    bin_s: float = 0.0

    @property
    def n_spikes(self) -> int:
        """Number of events."""
        return len(self.times_s)

    @property
    def rate_hz(self) -> float:
        """Mean rate of a channel."""
        return self.n_spikes / max(self.n_channels * self.duration_s, 1e-12)


def make_spikes(
    times_s: npt.ArrayLike,
    channels: npt.ArrayLike,
    n_channels: int | None = None,
    duration_s: float | None = None,
    bin_s: float = 0.0,
    where: str = "",
) -> Spikes:
    """Spikes in order of time, checked.

    Without ``duration_s`` the recording ends with the second of its last spike; without ``n_channels``
    the highest channel is the last one.

    Raises
    ------
    InputError
        Times that are no numbers, lie before 0 or after the end, or channels that are no whole numbers.
    """
    times, numbers = np.asarray(times_s, float).ravel(), np.asarray(channels).ravel()
    if times.shape != numbers.shape:
        raise InputError(f"a channel for each of {len(times)} times", f"{len(numbers)}", where)
    if not np.isfinite(times).all():
        raise InputError("times that are numbers", "NaN or infinity", where)
    if len(numbers) and (not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any()):
        raise InputError("whole numbers of channels", "others", where)
    numbers = numbers.astype(np.int64)
    held = int(numbers.max(initial=-1)) + 1
    n_channels = held if n_channels is None else n_channels
    if numbers.min(initial=0) < 0 or held > n_channels:
        found = f"{numbers.min(initial=0)} to {held - 1}"
        raise InputError(f"channels from 0 to {n_channels - 1}", found, where)
    if duration_s is None:
        duration_s = float(np.floor(times.max(initial=0.0)) + 1)
    outside = (times < 0) | (times > duration_s)
    if outside.any():
        found = f"one at {times[outside][0]:.6g} s"
        hint = "say in which unit they are, or how long the recording is"
        raise InputError(f"spikes from 0 to {duration_s:.6g} s", found, where, hint)
    order = np.lexsort((numbers, times))
    return Spikes(times[order], numbers[order], n_channels, duration_s, bin_s)


def counts_in_bins(spikes: Spikes, bin_s: float) -> np.ndarray:
    """How many events of each channel lie in each bin of ``bin_s``, (n_channels, n_bins) uint16.

    The last bin is left out where the recording ends within it.

    >>> counts_in_bins(make_spikes([0.01, 0.02, 0.15], [0, 0, 1], 2, 0.2), 0.1).tolist()
    [[2, 0], [0, 1]]
    """
    n_bins = int(spikes.duration_s / bin_s + 1e-6)
    bins = np.floor(spikes.times_s / bin_s + 1e-9).astype(np.int64)
    kept = bins < n_bins
    flat = np.bincount(
        spikes.channels[kept] * n_bins + bins[kept], minlength=spikes.n_channels * n_bins
    )
    return np.minimum(flat, 65535).astype(np.uint16).reshape(spikes.n_channels, n_bins)
