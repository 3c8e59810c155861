"""The raster of all cells: activity over time as one picture, whatever the number of cells."""

from __future__ import annotations

import functools

import numpy as np

from deepcinac.gui.drawing.decimate import strongest_per_column
from deepcinac.gui.drawing.look import rgb
from deepcinac.gui.drawing.viewport import TimeAxis

FACTOR = 4
"""Frames of one level of :class:`ScreenRows` that make one of the next."""

_BLOCKS_PER_COLUMN = 2
"""A coarser level is read only while it has this many blocks for each column."""


class Activity:
    """Activity (n_cells, n_frames) as bytes, ``full`` where a cell is surely active.

    ``values`` is bool (kept, not copied) or a probability from 0 to 1; ``threshold`` says from where
    on a cell is active for the population sum. Probabilities are kept as bytes: a quarter of the
    memory, more shades than the eye can tell apart.
    """

    def __init__(self, values: np.ndarray, threshold: float = 0.5) -> None:
        values = np.asarray(values)
        self.full = 1 if values.dtype == bool else 255
        if values.dtype == bool:
            self.bytes = values.view(np.uint8)
        else:
            self.bytes = np.empty(values.shape, dtype=np.uint8)
            for row, source in zip(self.bytes, values, strict=True):
                row[...] = np.rint(np.clip(np.nan_to_num(source), 0, 1) * 255)
        self.threshold = threshold
        self.sum = self._sum()

    @property
    def n_cells(self) -> int:
        """Rows of the raster."""
        return int(self.bytes.shape[0])

    @property
    def n_frames(self) -> int:
        """Frames of the raster."""
        return int(self.bytes.shape[1])

    def _sum(self) -> np.ndarray:
        """How many cells are active in each frame (n_frames,)."""
        level = max(1, min(self.full, round(self.threshold * self.full)))
        total = np.zeros(self.n_frames, dtype=np.int32)
        for start in range(0, self.n_cells, 255):  # as many as one byte can count
            some = self.bytes[start : start + 255]
            active = some if self.full == 1 else (some >= level).view(np.uint8)
            total += np.add.reduce(active, axis=0, dtype=np.uint8)
        return total


class ScreenRows:
    """Activity of the cells of ``order`` on rows of the screen, for drawing at any zoom.

    With more cells than ``height``, a row shows the strongest of its cells, so that none is lost;
    that is worked out once, so that a pan reads as many rows as the screen has.
    """

    def __init__(self, activity: Activity, order: np.ndarray, height: int) -> None:
        n_cells = len(order)
        self.n_rows = max(1, min(n_cells, height))
        borders = np.arange(self.n_rows + 1) * n_cells // self.n_rows
        frames = np.zeros((activity.n_frames, self.n_rows), dtype=np.uint8)
        for row in range(self.n_rows if n_cells else 0):
            cells = activity.bytes[order[borders[row] : borders[row + 1]]]
            frames[:, row] = cells.max(axis=0)
        self._levels = [frames]
        while len(self._levels[-1]) >= FACTOR * _BLOCKS_PER_COLUMN:
            self._levels.append(_strongest_of_blocks(self._levels[-1]))
        self._full = activity.full

    def columns(self, axis: TimeAxis, n: int) -> np.ndarray:
        """The strongest of each row in each of ``n`` columns of the screen, (n_rows, n) 0 to 255."""
        size, level = 1, 0
        while (
            level + 1 < len(self._levels)
            and axis.frames_per_px >= size * FACTOR * _BLOCKS_PER_COLUMN
        ):
            size, level = size * FACTOR, level + 1
        frames, edges = self._levels[level], np.linspace(axis.start, axis.stop, n + 1)
        # Block b of a level stands for frames size * b to size * b + size - 1.
        edges = (edges + 0.5) / size - 0.5
        if axis.stop >= len(self._levels[0]) - 1:
            edges[-1] = len(frames)  # the last block may be short
        found = strongest_per_column(frames, edges)
        return (found if self._full == 255 else found * np.uint8(255)).T

    def picture(self, axis: TimeAxis, n: int, height: int) -> np.ndarray:
        """The columns on ``height`` px, (height, n)."""
        shown = self.columns(axis, n)
        return shown[np.arange(height) * self.n_rows // max(1, height)]


def _strongest_of_blocks(frames: np.ndarray) -> np.ndarray:
    """``frames`` (n, n_rows) by the maximum of blocks of FACTOR, the last of which may be short."""
    blocks = frames[::FACTOR].copy()
    for offset in range(1, FACTOR):
        part = frames[offset::FACTOR]
        np.maximum(blocks[: len(part)], part, out=blocks[: len(part)])
    return blocks


@functools.lru_cache(8)
def shade_table(ground: str, colour: str) -> np.ndarray:
    """Words (256,) uint32 from the ground (0) to a colour (255), for :func:`paint.words`."""
    share = np.linspace(0, 1, 256)[:, None]
    start, stop = np.array(rgb(ground), float), np.array(rgb(colour), float)
    table = np.full((256, 4), 255, dtype=np.uint8)
    table[:, :3] = np.rint(start + (stop - start) * share)
    return table.view(np.uint32)[:, 0]


def row_at(y: float, top: float, height: float, n_rows: int) -> int | None:
    """The row of the raster at a pixel, None beside it.

    >>> row_at(15, 10, 100, 20), row_at(109.9, 10, 100, 20), row_at(5, 10, 100, 20)
    (1, 19, None)
    """
    if n_rows < 1 or not top <= y < top + height:
        return None
    return min(n_rows - 1, int((y - top) / height * n_rows))
