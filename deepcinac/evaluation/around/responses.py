"""What traces do around events: during and after them, over their own baseline right before.

Baselines are those of each event, not a low percentile of the whole trace: a depression lies below the
baseline, where dF/F over a low percentile and every measure of activity see nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.around.events import Event
from deepcinac.evaluation.around.settings import AroundSettings
from deepcinac.recording.traces import noise_sd

N_NULL = 200
FEWEST_QUIET = 5
GAP_S = 0.5
"""Least length of what is averaged, so that a pulse of a millisecond has something."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Frames around an onset, from ``first`` (negative) on; masks of (n,) bool for each part."""

    first: int
    before: np.ndarray
    during: np.ndarray
    after: np.ndarray

    @property
    def n(self) -> int:
        """Number of frames."""
        return len(self.before)

    def seconds(self, frame_rate_hz: float) -> np.ndarray:
        """When each frame begins, in s from the onset, (n,)."""
        return (self.first + np.arange(self.n)) / frame_rate_hz


def windows_of(length_s: float, settings: AroundSettings, frame_rate_hz: float) -> Windows:
    """The frames before, during and after events of this length; masked ones are in none.

    >>> found = windows_of(1.0, AroundSettings(before_s=1, after_s=2, settle_s=0), 2.0)
    >>> found.first, [int(part.sum()) for part in (found.before, found.during, found.after)]
    (-2, [2, 2, 4])
    """
    rate = frame_rate_hz
    n_before = max(1, round(settings.before_s * rate))
    n_during = max(1, round((max(length_s, GAP_S) + settings.settle_s) * rate))
    n_after = max(1, round(settings.after_s * rate))
    frames = np.arange(-n_before, n_during + n_after)
    masked = (frames >= 0) & (frames < round(settings.artefact_s * rate))
    during = (frames >= 0) & (frames < n_during) & ~masked
    return Windows(-n_before, frames < 0, during, (frames >= n_during) & ~masked)


def onset_frames(events: Sequence[Event], frame_rate_hz: float) -> np.ndarray:
    """The frame in which each event begins, (n,).

    >>> onset_frames([Event(0.29, 0.4)], 100.0).tolist()  # a computer makes 28.999999999999996 of it
    [29]
    """
    return np.array([int(np.floor(one.onset_s * frame_rate_hz + 1e-6)) for one in events], int)


def within_movie(onsets: np.ndarray, windows: Windows, n_frames: int) -> np.ndarray:
    """The onsets whose windows lie within the movie."""
    first = onsets + windows.first
    return onsets[(first >= 0) & (first + windows.n <= n_frames)]


def around(traces: np.ndarray, onsets: np.ndarray, windows: Windows) -> np.ndarray:
    """dF/F around each onset, (n_events, n_cells, n), over the mean of the frames before it.

    Where that mean is not above the noise of the trace, as in movies whose offset was taken off, the rise
    is divided by the noise.
    """
    places = onsets[:, None] + windows.first + np.arange(windows.n)
    pieces = np.moveaxis(np.asarray(traces, float)[:, places], 1, 0)
    level = pieces[..., windows.before].mean(-1, keepdims=True)
    noise = np.asarray(noise_sd(traces))[None, :, None]
    divisor = np.maximum(level, noise)
    return (pieces - level) / np.where(divisor > 0, divisor, 1.0)


def quiet_onsets(onsets: np.ndarray, windows: Windows, n_frames: int) -> np.ndarray:
    """Frames at which an event could have begun whose windows touch no window of a real one."""
    candidates = np.arange(-windows.first, n_frames - windows.first - windows.n + 1)
    if not len(onsets):
        return candidates
    free = np.ones(len(candidates), bool)
    for onset in onsets.tolist():
        begin, end = onset, onset + windows.first + windows.n
        free &= (candidates + windows.first + windows.n <= begin) | (
            candidates + windows.first >= end
        )
    return candidates[free]


@dataclass(frozen=True, eq=False)
class Responses:
    """Means over the events of one condition of one recording.

    ``mean`` (n_cells, n) dF/F; ``during``, ``after`` (n_cells,) means over these frames; ``during_sd``,
    ``after_sd``: the same in SDs of what the cell gives for as many moments without an event. ``quiet``: how
    many such moments there were; 0 where the SD had to come from the frames before the events.
    """

    condition: str
    n_events: int
    mean: np.ndarray
    during: np.ndarray
    after: np.ndarray
    during_sd: np.ndarray
    after_sd: np.ndarray
    quiet: int

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.mean)


def respond(
    traces: np.ndarray,
    onsets: np.ndarray,
    quiet: np.ndarray,
    windows: Windows,
    condition: str,
    generator: np.random.Generator,
) -> Responses:
    """The responses of traces (n_cells, n_frames) to events at these frames.

    ``quiet``: frames that could have been onsets and were not, see :func:`quiet_onsets`.
    """
    mean = around(traces, onsets, windows).mean(0)
    during, after = (mean[:, part].mean(-1) for part in (windows.during, windows.after))
    if len(quiet) >= FEWEST_QUIET:
        spread = _null_spread(traces, quiet, len(onsets), windows, generator)
    else:
        spread = _noise_spread(traces, len(onsets), windows)
    with np.errstate(divide="ignore", invalid="ignore"):
        during_sd, after_sd = (
            np.where(sd > 0, value / np.where(sd > 0, sd, 1.0), 0.0)
            for value, sd in zip((during, after), spread, strict=True)
        )
    n_quiet = len(quiet) if len(quiet) >= FEWEST_QUIET else 0
    return Responses(condition, len(onsets), mean, during, after, during_sd, after_sd, n_quiet)


def _null_spread(
    traces: np.ndarray, quiet: np.ndarray, n: int, windows: Windows, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """SD of the mean over ``n`` moments without an event, during and after, (n_cells,) both.

    Moments overlap each other; the spread is that of single ones divided by the root of ``n``.
    """
    chosen = quiet if len(quiet) <= N_NULL else generator.choice(quiet, N_NULL, replace=False)
    pieces = around(traces, np.sort(chosen), windows)
    single = [pieces[..., part].mean(-1).std(0) for part in (windows.during, windows.after)]
    during, after = (sd / np.sqrt(n) for sd in single)
    return during, after


def _noise_spread(traces: np.ndarray, n: int, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """The same from the noise of single frames, for a recording without a quiet moment."""
    level = np.maximum(np.abs(np.asarray(traces, float).mean(1)), 1e-9)
    noise = noise_sd(traces) / level
    n_before = windows.before.sum()
    during, after = (
        noise * np.sqrt((1 / part.sum() + 1 / n_before) / n)
        for part in (windows.during, windows.after)
    )
    return during, after


def duration_s(
    mean: np.ndarray, windows: Windows, frame_rate_hz: float, sign: int = 1
) -> np.ndarray:
    """How long each mean trace (n_cells, n) stays beyond half of its extreme after the onset, (n_cells,).

    ``sign`` 1 for rises, -1 for falls. From the extreme, both ways, to where it first comes back.
    """
    part = windows.during | windows.after
    values = sign * mean[:, part]
    found = np.zeros(len(values))
    for row, trace in enumerate(values):
        top = int(np.argmax(trace))
        beyond = trace > trace[top] / 2
        if not beyond[top]:
            continue
        left = top - int(np.argmin(beyond[: top + 1][::-1])) if not beyond[: top + 1].all() else -1
        right = top + int(np.argmin(beyond[top:])) if not beyond[top:].all() else len(trace)
        found[row] = (right - left - 1) / frame_rate_hz
    return found


def latency_s(mean: np.ndarray, windows: Windows, frame_rate_hz: float) -> np.ndarray:
    """When each mean trace (n, frames) passes half of its height, in s from the onset; NaN: never.

    The height is that of the first peak during the event, smoothed over three frames; the passage is
    interpolated between frames, whose light is taken as that of their middle.
    """
    from scipy.ndimage import uniform_filter1d

    masked = ~(windows.before | windows.during | windows.after)
    frames = np.arange(windows.n)
    whole = mean.copy()
    for own in whole:  # an artefact must not leak into the frames beside it
        own[masked] = np.interp(frames[masked], frames[~masked], own[~masked])
    smoothed = uniform_filter1d(whole, 3, axis=1, mode="nearest")
    seconds = windows.seconds(frame_rate_hz) + 0.5 / frame_rate_hz
    usable = ~windows.before & ~masked
    found = np.full(len(mean), np.nan)
    noise = mean[:, windows.before].std(1)
    for row, trace in enumerate(smoothed):
        values, times = trace[usable], seconds[usable]
        top = int(np.argmax(values))
        if values[top] <= 3 * noise[row] or top == 0:
            continue
        half = values[top] / 2
        below = np.flatnonzero(values[:top] < half)
        if not len(below):
            continue
        k = int(below[-1])
        share = (half - values[k]) / (values[k + 1] - values[k])
        found[row] = times[k] + share * (times[k + 1] - times[k])
    return found
