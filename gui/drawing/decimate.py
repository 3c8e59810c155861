"""Two numbers per column of the screen say all that a trace can show there: its lowest and highest.

A trace is the line through its samples, sample f at frame f. A column shows the part of that line
between its two edges, so it joins its neighbours without gaps at every zoom, and no extreme is lost.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

FACTOR = 16
"""Samples of one level of a pyramid that make one of the next."""

PYRAMID_FROM = 1_000_000
"""Frames from which on the extremes of blocks are kept beside the trace."""

_BLOCKS_PER_COLUMN = 4
"""A coarser level is read only while it has this many blocks for each column."""


class Trace:
    """A trace (n_frames,) with the extremes of its blocks where it is long enough to need them."""

    def __init__(self, values: np.ndarray, pyramid_from: int = PYRAMID_FROM) -> None:
        self.values = np.ascontiguousarray(values)
        self.levels: list[tuple[np.ndarray, np.ndarray]] = []
        lows = highs = self.values
        while len(self.values) >= pyramid_from and len(lows) >= FACTOR:
            starts = np.arange(0, len(lows), FACTOR)
            lows, highs = np.fmin.reduceat(lows, starts), np.fmax.reduceat(highs, starts)
            self.levels.append((lows, highs))

    def __len__(self) -> int:
        return len(self.values)

    def extremes(self) -> tuple[float, float]:
        """Lowest and highest finite value; (0, 1) without any."""
        return self._extremes

    @cached_property
    def _extremes(self) -> tuple[float, float]:
        lows, highs = self.levels[-1] if self.levels else (self.values, self.values)
        finite = np.isfinite(lows) & np.isfinite(highs)
        if not finite.any():
            return 0.0, 1.0
        return float(lows[finite].min()), float(highs[finite].max())

    def columns(self, start: float, stop: float, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest (n,) of the line in each of ``n`` columns from ``start`` to ``stop``.

        ``start`` and ``stop`` count in frames; columns beyond the trace are NaN.
        """
        return self._columns(np.linspace(start, stop, n + 1))

    def _columns(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = self.values
        if not len(values):
            nothing = np.full(len(edges) - 1, np.nan)
            return nothing, nothing.copy()
        at_edge = values_between(values, edges)
        lows = np.fmin(at_edge[:-1], at_edge[1:])
        highs = np.fmax(at_edge[:-1], at_edge[1:])
        first = np.clip(np.ceil(edges), 0, len(values)).astype(np.int64)
        block_lows, block_highs, size = self._level((first[-1] - first[0]) / max(1, len(lows)))
        bounds = first // size if size > 1 else first
        bounds[-1] = -(-first[-1] // size)
        filled = np.flatnonzero(np.diff(bounds) > 0)
        if filled.size:
            # Bounds of filled columns follow each other, so each runs to the start of the next.
            begin, end = bounds[filled[0]], bounds[filled[-1] + 1]
            starts = bounds[filled] - begin
            inner_low = np.fmin.reduceat(block_lows[begin:end], starts)
            inner_high = np.fmax.reduceat(block_highs[begin:end], starts)
            lows[filled] = np.fmin(lows[filled], inner_low)
            highs[filled] = np.fmax(highs[filled], inner_high)
        return lows, highs

    def _level(self, frames_per_column: float) -> tuple[np.ndarray, np.ndarray, int]:
        """The coarsest lows and highs that are fine enough, and how many frames a block has."""
        lows, highs, size = self.values, self.values, 1
        for level in self.levels:
            if frames_per_column < size * FACTOR * _BLOCKS_PER_COLUMN:
                break
            lows, highs = level
            size *= FACTOR
        return lows, highs, size


def values_between(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The line through ``values`` (n,) at the frames ``at``, as float64; NaN beyond its ends.

    >>> values_between(np.array([0.0, 10.0, 0.0]), np.array([-0.5, 0.0, 0.5, 1.75])).tolist()
    [nan, 0.0, 5.0, 2.5]
    """
    last = len(values) - 1
    inside = (at >= 0) & (at <= last)
    below = np.clip(np.floor(at), 0, max(0, last - 1)).astype(np.int64)
    above = np.minimum(below + 1, last)
    share = at - below
    low = values[below].astype(np.float64)
    line = low + (values[above].astype(np.float64) - low) * share
    return np.where(inside, line, np.nan)


def strongest_per_column(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The highest of ``values`` (n_frames, n_rows) in each column of the screen, (n_columns, n_rows).

    ``edges`` (n_columns + 1,) are the frame borders of the columns, frame f lying between f - 0.5
    and f + 0.5. A column that holds the middle of no frame shows the frame it lies in. The cost grows
    with the frames of one column: they should be few.
    """
    n_frames = len(values)
    begin = np.clip(np.ceil(edges[:-1]), 0, n_frames - 1).astype(np.int64)
    end = np.clip(np.ceil(edges[1:]), 0, n_frames).astype(np.int64)
    middle = np.clip(np.rint((edges[:-1] + edges[1:]) / 2), 0, n_frames - 1).astype(np.int64)
    empty = end <= begin
    begin, end = np.where(empty, middle, begin), np.where(empty, middle + 1, end)
    strongest = values[begin]
    for offset in range(1, int((end - begin).max())):
        np.maximum(strongest, values[np.minimum(begin + offset, end - 1)], out=strongest)
    return strongest
