"""Named series that were recorded beside the movie: running speed, licking, a stimulus.

A signal keeps its own clock, which starts with the movie: time 0 is the start of frame 0.
:func:`per_frame` brings it to the frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from deepcinac.errors import InputError

Way = Literal["mean", "linear", "previous", "count"]


@dataclass(frozen=True, eq=False)
class Signal:
    """Samples ``values`` (n,) or (n, k) at ``times_s`` (n,) float64, ascending, in ``units``."""

    name: str
    values: np.ndarray
    units: str
    times_s: np.ndarray

    def __post_init__(self) -> None:
        values, times = np.asarray(self.values), np.asarray(self.times_s, float)
        where = f"signal {self.name}"
        if values.ndim not in (1, 2) or values.dtype.kind not in "biuf":
            raise InputError("numbers, one sample a row", f"shape {values.shape}", where)
        if times.shape != (len(values),):
            raise InputError(f"{len(values)} times", f"shape {times.shape}", where)
        if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            raise InputError("ascending times", "others", where)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "times_s", times)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.values)


def regular_signal(
    name: str, values: np.ndarray, units: str, rate_hz: float, start_s: float = 0.0
) -> Signal:
    """A signal sampled at a fixed rate."""
    if not 0 < rate_hz < float("inf"):
        raise InputError("a rate above 0 Hz", f"{rate_hz!r}", f"signal {name}")
    return Signal(name, values, units, start_s + np.arange(len(values)) / rate_hz)


def frame_edges(n_frames: int, frame_rate_hz: float) -> np.ndarray:
    """When each frame begins and the last one ends, (n_frames + 1,) in seconds.

    >>> frame_edges(2, 10.0).tolist()
    [0.0, 0.1, 0.2]
    """
    return np.arange(n_frames + 1) / frame_rate_hz


def per_frame(signal: Signal, edges_s: np.ndarray, way: Way = "mean") -> np.ndarray:
    """A value for each frame, (n_frames,) or (n_frames, k) float64.

    Parameters
    ----------
    signal
        What was recorded.
    edges_s
        Where frames begin and end, (n_frames + 1,), see :func:`frame_edges`.
    way
        ``mean`` of the samples within a frame; a frame without any takes the value in between, so
        that slow signals are no problem. ``linear``: the value at the middle of the frame.
        ``previous``: the last sample up to the middle of the frame, for states such as a stimulus.
        ``count``: the sum within a frame, for events such as licks.

    Returns
    -------
    Frames before the first or after the last sample are NaN (0 for ``count``): nothing is made up.
    """
    middles = (edges_s[:-1] + edges_s[1:]) / 2
    columns = np.atleast_2d(signal.values.T).astype(float)
    rows = np.stack([_one(signal.times_s, row, edges_s, middles, way) for row in columns])
    return rows[0] if signal.values.ndim == 1 else rows.T


def _one(
    times: np.ndarray, values: np.ndarray, edges: np.ndarray, middles: np.ndarray, way: Way
) -> np.ndarray:
    if way == "previous":
        last = np.searchsorted(times, middles, side="right") - 1
        held = np.where((last >= 0) & (middles <= times[-1]), values[last], np.nan)
        return held
    between = np.interp(middles, times, values, left=np.nan, right=np.nan)
    if way == "linear":
        return between
    frame = np.searchsorted(edges, times, side="right") - 1
    inside = (frame >= 0) & (frame < len(middles))
    sums = np.bincount(frame[inside], values[inside], len(middles))
    if way == "count":
        return sums
    counts = np.bincount(frame[inside], minlength=len(middles))
    return np.where(counts > 0, sums / np.maximum(counts, 1), between)
