"""Named series that were recorded beside the movie: running speed, licking, a stimulus.

A signal keeps its own clock, which starts with the movie: time 0 is the start of frame 0.
:func:`per_frame` brings it to the frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from deepcinac.errors import InputError

Way = Literal["mean", "linear", "previous", "count"]
_ROUNDED_S = 1e-6
"""A sample that lies this much before a frame belongs to it: times are rounded when they are written."""
WAYS: tuple[Way, ...] = ("mean", "linear", "previous", "count")


@dataclass(frozen=True, eq=False)
class Signal:
    """Samples ``values`` (n,) or (n, k) at ``times_s`` (n,) float64, ascending, in ``units``.

    ``way``: how it is brought to frames where nobody says otherwise, see :func:`per_frame`.
    ``classes``: what the values 0, 1, ... stand for, where they are names. ``info``: where it comes from,
    for people (JSON).
    """

    name: str
    values: np.ndarray
    units: str
    times_s: np.ndarray
    way: Way = "mean"
    classes: tuple[str, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values, times = np.asarray(self.values), np.asarray(self.times_s, float)
        where = f"signal {self.name}"
        if values.ndim not in (1, 2) or values.dtype.kind not in "biuf":
            raise InputError("numbers, one sample a row", f"shape {values.shape}", where)
        if times.shape != (len(values),):
            raise InputError(f"{len(values)} times", f"shape {times.shape}", where)
        if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            raise InputError("ascending times", "others", where)
        if self.way not in WAYS:
            raise InputError(f"one of {', '.join(WAYS)}", repr(self.way), where)
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


def per_frame(signal: Signal, edges_s: np.ndarray, way: Way | None = None) -> np.ndarray:
    """A value for each frame, (n_frames,) or (n_frames, k) float64.

    Parameters
    ----------
    signal
        What was recorded.
    edges_s
        Where frames begin and end, (n_frames + 1,), see :func:`frame_edges`.
    way
        By default the signal's own. ``mean`` of the samples within a frame; a frame without any takes
        the value in between, so that slow signals are no problem. ``linear``: the value at the middle of
        the frame.
        ``previous``: the last sample up to the middle of the frame, for states such as a stimulus.
        ``count``: the sum within a frame, for events such as licks.

    Returns
    -------
    Frames before the first or after the last sample are NaN (0 for ``count``): nothing is made up.
    """
    way = way or signal.way
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
    begins = np.append(edges[:-1] - _ROUNDED_S, edges[-1])
    frame = np.searchsorted(begins, times, side="right") - 1
    inside = (frame >= 0) & (frame < len(middles))
    sums = np.bincount(frame[inside], values[inside], len(middles))
    if way == "count":
        return sums
    counts = np.bincount(frame[inside], minlength=len(middles))
    return np.where(counts > 0, sums / np.maximum(counts, 1), between)


@dataclass(frozen=True)
class Alignment:
    """How the clock of a signal and the frames of a movie meet.

    ``first_frame`` and ``last_frame``: the frames that the signal covers, ``share`` of all of them.
    ``samples_per_frame``: how many there are in a frame. ``drift_ppm``: by how many parts in a million the
    signal's clock is longer than that of the frames; None where it says nothing about frames.
    """

    first_frame: int
    last_frame: int
    share: float
    samples_per_frame: float
    drift_ppm: float | None = None

    def in_words(self) -> str:
        """The same as a phrase: "frames 0 to 99 (100%), 2 samples a frame"."""
        covered = f"frames {self.first_frame} to {self.last_frame} ({self.share:.0%})"
        per_frame = f"{self.samples_per_frame:.3g}"
        text = f"{covered}, {per_frame} {'sample' if per_frame == '1' else 'samples'} a frame"
        if self.drift_ppm is None:
            return text
        # Over ten minutes, the length of a common recording, people can judge it.
        apart = abs(self.drift_ppm) * 600 / 1000
        longer = "longer" if self.drift_ppm >= 0 else "shorter"
        return (
            f"{text}; its clock is {apart:.3g} ms {longer} in ten minutes than the frame rate says"
        )


def alignment(signal: Signal, n_frames: int, frame_rate_hz: float) -> Alignment:
    """How a signal meets the frames; an InputError where it meets none of them.

    With exactly one sample for each frame its times tell how the two clocks drift.
    """
    duration = n_frames / frame_rate_hz
    first, last = float(signal.times_s[0]), float(signal.times_s[-1])
    if last < 0 or first >= duration:
        hint = "say where frame 0 lies on its clock with --offset, or --time-unit ms where that is its unit"
        raise InputError(
            f"a signal within the {duration:.6g} s of the movie",
            f"one from {first:.6g} to {last:.6g} s",
            f"signal {signal.name}",
            hint,
        )
    begin = max(0, int(np.ceil(first * frame_rate_hz - 0.5 - 1e-6)))
    end = min(n_frames - 1, int(np.floor(last * frame_rate_hz + 1e-6)))
    step = (last - first) / max(signal.n_samples - 1, 1)
    drift = signal.info.get("drift_ppm")
    if drift is None and signal.n_samples == n_frames > 1:
        drift = (step * frame_rate_hz - 1) * 1e6
    per = 1 / (step * frame_rate_hz) if step > 0 else 1.0
    share = max(end - begin + 1, 0) / n_frames
    known = None if drift is None or abs(drift) < 1e-3 else float(drift)
    return Alignment(begin, max(end, begin), share, per, known)
