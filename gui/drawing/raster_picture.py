"""The raster of all cells: activity over time as one picture, whatever the number of cells."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.drawing.decimate import strongest_per_column
from deepcinac.gui.drawing.look import rgb
from deepcinac.gui.drawing.viewport import TimeAxis

COARSE = 16
"""Frames that one number of the coarse activity stands for."""

COARSE_FROM = 32
"""Frames for each column from which on the coarse activity is fine enough."""


class Activity:
    """Activity (n_cells, n_frames) as bytes, 255 where a cell is surely active.

    ``values`` is bool or a probability from 0 to 1; ``threshold`` says from where on a cell is active
    for the population sum. Probabilities are kept as bytes: a quarter of the memory, more shades
    than an eye tells apart.
    """

    def __init__(self, values: np.ndarray, threshold: float = 0.5) -> None:
        values = np.asarray(values)
        if values.dtype == bool:
            self.bytes = values.astype(np.uint8) * np.uint8(255)
        else:
            self.bytes = np.empty(values.shape, dtype=np.uint8)
            for row, source in zip(self.bytes, values, strict=True):
                row[...] = np.rint(np.clip(np.nan_to_num(source), 0, 1) * 255)
        self.threshold = threshold
        self.sum = self._sum()
        n_frames = self.bytes.shape[1]
        starts = np.arange(0, n_frames, COARSE)
        long = n_frames >= COARSE * COARSE_FROM
        self._coarse = np.maximum.reduceat(self.bytes, starts, axis=1) if long else None

    @property
    def n_cells(self) -> int:
        return int(self.bytes.shape[0])

    @property
    def n_frames(self) -> int:
        return int(self.bytes.shape[1])

    def _sum(self) -> np.ndarray:
        """How many cells are active in each frame (n_frames,)."""
        level = np.uint8(max(1, min(255, round(self.threshold * 255))))
        total = np.zeros(self.bytes.shape[1], dtype=np.int32)
        for row in self.bytes:
            total += row >= level
        return total

    def columns(self, axis: TimeAxis, n: int) -> np.ndarray:
        """The strongest of each cell in each of ``n`` columns of the screen, (n_cells, n) bytes."""
        edges = np.linspace(axis.start, axis.stop, n + 1)
        if self._coarse is not None and axis.frames_per_px >= COARSE_FROM:
            # Number b of the coarse activity stands for frames 16 b to 16 b + 15.
            return strongest_per_column(self._coarse, (edges + 0.5) / COARSE - 0.5)
        return strongest_per_column(self.bytes, edges)


def rows_on_screen(strongest: np.ndarray, order: np.ndarray, height: int) -> np.ndarray:
    """``strongest`` (n_cells, n) in ``order`` on ``height`` rows of the screen, (height, n).

    With more cells than rows, a row shows the strongest of its cells, so that none is lost.
    """
    ordered = strongest[order]
    n_rows = len(ordered)
    if n_rows == 0:
        return np.zeros((height, strongest.shape[1]), dtype=np.uint8)
    if n_rows <= height:
        return ordered[np.arange(height) * n_rows // height]
    return np.maximum.reduceat(ordered, np.arange(height) * n_rows // height, axis=0)


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
