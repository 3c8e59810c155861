"""Signals that were recorded beside a movie, from ``.csv``, ``.npy``, ``.npz`` and ``.mat`` files.

A file holds columns: series, and a clock that says when (``time_s``, ``time_ms``, ``t`` …) or in which frame
(``frame``) each sample was taken. Where both are there, the frames are the truth and the times tell how far
the other clock drifts. NWB has a reader of its own, :mod:`deepcinac.formats.nwb_signals`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import require_file
from deepcinac.formats.choices import split_variable
from deepcinac.formats.columns import SECONDS, Column, is_time, read_columns
from deepcinac.recording.signals import Signal, Way

ENDINGS = (".csv", ".tsv", ".txt", ".npy", ".npz", ".mat", ".nwb")
_FRAME = re.compile(r"(frame|frames|frame[ _]?(number|index|nr|no|id))")


@dataclass(frozen=True)
class SignalOptions:
    """What the user says of a file of signals.

    ``variable``: the only column to take; ``time`` and ``frame``: the columns of the clock; ``time_unit``:
    a key of ``columns.SECONDS``; ``rate_hz``: of samples without a clock; ``offset_s``: where the start of
    frame 0 lies on the signal's clock; ``units`` and ``way``: of all signals in the file.
    """

    variable: str | None = None
    time: str | None = None
    frame: str | None = None
    time_unit: str | None = None
    rate_hz: float | None = None
    offset_s: float = 0.0
    units: str | None = None
    way: Way | None = None


def read_signals(
    path: str | Path, n_frames: int, frame_rate_hz: float, options: SignalOptions | None = None
) -> list[Signal]:
    """All signals of a file, on a clock whose time 0 is the start of frame 0.

    Raises
    ------
    InputError
        No series, no clock and not one sample a frame either, or times that do not ascend.
    """
    options = options or SignalOptions()
    path, variable = split_variable(path)
    wanted = options.variable or variable
    ending = require_file(path, "a file of signals").suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"signals in a file ending in {', '.join(ENDINGS)}", path.name, path)
    if ending == ".nwb":
        from deepcinac.formats.nwb_signals import read_nwb_signals

        return read_nwb_signals(path, wanted, options.offset_s)
    columns = read_columns(path, ending)
    named = {column.name: column for column in columns}
    time, frame = _clock_names(named, options, path)
    series = [column for column in columns if column.name not in (time, frame)]
    if wanted is not None:
        series = [column for column in series if column.name == wanted]
    only_times = not series and time is not None and wanted is None
    if only_times:  # a list of licks
        ones = np.ones(len(named[str(time)].values))
        series = [Column(path.stem, ones, "1")]
    if not series:
        held = ", ".join(named) or "no column"
        raise InputError(f"a signal{f' called {wanted}' if wanted else ''}", held, path)
    n = len(named[time].values) if time else len(named[frame].values) if frame else None
    if n is not None:
        series = [column for column in series if len(column.values) == n] or series
    clock = _Clock(path, n_frames, frame_rate_hz, options)
    when = clock.times(named.get(time or ""), named.get(frame or ""), len(series[0].values))
    return [_signal(one, when, clock, only_times) for one in series]


class _Clock:
    """Times of samples in s of the movie, and what was found out about the clock."""

    def __init__(
        self, path: Path, n_frames: int, frame_rate_hz: float, options: SignalOptions
    ) -> None:
        self.path, self.n_frames, self.rate, self.options = path, n_frames, frame_rate_hz, options
        self.info: dict[str, Any] = {"imported_from": path.name}

    def times(self, time: Column | None, frame: Column | None, n: int) -> np.ndarray:
        """When each of n samples was taken, (n,) in s of the movie; NaN where nobody knows."""
        if frame is not None:
            return self._by_frames(_flat(frame, self.path), time)
        if time is not None:
            return self._seconds(time) - self.options.offset_s
        if self.options.rate_hz is not None:
            return np.arange(n) / self.options.rate_hz - self.options.offset_s
        if n == self.n_frames:
            self.info["clock"] = "one sample a frame"
            return (np.arange(n) + 0.5) / self.rate
        raise InputError(
            f"times, frames, or {self.n_frames} samples, one a frame",
            f"{n} samples without a clock",
            self.path,
            "name the column of times (--time-column) or frames (--frame-column), or the rate "
            "(--signal-rate HZ)",
        )

    def _seconds(self, time: Column) -> np.ndarray:
        unit = self.options.time_unit or time.units or "s"
        return _flat(time, self.path) * SECONDS["s" if unit == "sec" else unit]

    def _by_frames(self, frames: np.ndarray, time: Column | None) -> np.ndarray:
        known = frames[np.isfinite(frames)]
        if not len(known) or (known != np.round(known)).any() or (np.diff(known) < 0).any():
            raise InputError("whole frame numbers that ascend", "others", self.path)
        first = 0
        if known.max() == self.n_frames and known.min() >= 1:
            first = 1
            self.info["frames_counted_from"] = 1
        frames = frames - first
        starts = np.flatnonzero(np.diff(frames, prepend=-1.0) > 0)  # NaN is greater than nothing
        if time is None or len(starts) < 2:
            return _spread_within_frames(frames, self.rate)
        seconds = self._seconds(time)
        step, begin = np.polyfit(frames[starts], seconds[starts], 1)
        self.info["drift_ppm"] = round((step * self.rate - 1) * 1e6, 3)
        self.info["offset_s"] = round(float(begin), 6)
        if len(starts) == len(known):
            return (frames + 0.5) / self.rate
        # Several samples a frame: the first of each marks where it starts, the last frame has no end.
        since = seconds - seconds[starts[-1]]
        within = np.interp(seconds, seconds[starts], frames[starts] / self.rate)
        return np.where(
            since > 0, frames[starts[-1]] / self.rate + since / (step * self.rate), within
        )


def _spread_within_frames(frames: np.ndarray, rate: float) -> np.ndarray:
    """Times of samples of which only the frame is known: evenly spread over it."""
    values, start, counts = np.unique(frames, return_index=True, return_counts=True)
    times = np.full(len(frames), math.nan)
    for frame, first, count in zip(values, start, counts, strict=True):
        if np.isfinite(frame):
            times[first : first + count] = (frame + (np.arange(count) + 0.5) / count) / rate
    return times


def _signal(column: Column, when: np.ndarray, clock: _Clock, only_times: bool) -> Signal:
    if len(column.values) != len(when):
        found = f"{len(column.values)} of {column.name}"
        raise InputError(f"{len(when)} samples, one for each time", found, clock.path)
    table = column.values.reshape(len(when), -1).astype(float)
    known = np.isfinite(when) & np.isfinite(table).all(1)
    where = f"{clock.path}#{column.name}"
    if np.isinf(table).any():
        raise InputError("numbers, or nothing for what is missing", "infinity", where)
    if not known.any():
        raise InputError("samples that are numbers", "NaN alone", where)
    info = dict(clock.info)
    if left_out := int((~known).sum()):
        info["left_out"] = left_out
    times = when[known]
    if (np.diff(times) <= 0).any():
        place = int(np.flatnonzero(np.diff(times) <= 0)[0]) + 1
        found = f"{times[place]:.6g} s after {times[place - 1]:.6g} s in sample {place}"
        raise InputError("ascending times", found, where)
    options = clock.options
    way: Way = options.way or ("count" if only_times else "previous" if column.classes else "mean")
    units = options.units if options.units is not None else column.units
    return Signal(column.name, column.values[known], units or "1", times, way, column.classes, info)


def _clock_names(
    named: Mapping[str, Column], options: SignalOptions, path: Path
) -> tuple[str | None, str | None]:
    """The names of the columns of times and of frames, None where there is none."""
    for name in (options.time, options.frame):
        if name is not None and name not in named:
            raise InputError(f"a column called {name}", ", ".join(named) or "none", path)
    if options.rate_hz is not None:
        return None, None
    time = options.time or next((n for n in named if is_time(n)), None)
    frame = options.frame or next((n for n in named if _FRAME.fullmatch(n.lower())), None)
    if options.time and not options.frame:
        frame = None
    return time, frame


def _flat(column: Column, path: Path) -> np.ndarray:
    values = np.asarray(column.values, float)
    if values.ndim != 1:
        raise InputError("a column of numbers as clock", f"shape {values.shape}", path)
    return values
