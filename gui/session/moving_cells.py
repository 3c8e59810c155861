"""Cells that move: what to draw of them in a frame of the movie that they were tracked in. No Tk."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.drawing.cell_in_frame import CellInFrame
from deepcinac.gui.session.patch import PATCH_MARGIN_PX, PATCH_PX, patch_box
from deepcinac.recording.cells import Cells
from deepcinac.tracking.positions import Positions

PATH_S = 2.0
"""Seconds before and after the shown frame along which the path of a cell is drawn."""


class MovingCells:
    """Outlines and paths of tracked cells, frame by frame."""

    def __init__(self, positions: Positions, cells: Cells, frame_rate_hz: float) -> None:
        self._positions, self._cells = positions, cells
        self._reach = max(1, round(PATH_S * frame_rate_hz))
        self._loops: dict[int, list[np.ndarray]] = {}

    def box(self, cell: int) -> tuple[int, int, int, int]:
        """Top, bottom, left and right (ends excluded) that hold a cell wherever it goes."""
        shifts = self._positions.places[cell] - self._positions.rest[cell]
        shifts = shifts[~np.isnan(shifts[:, 0])]
        if not len(shifts):
            return patch_box(self._cells, cell)
        footprint, box = self._cells[cell], []
        sides = ((footprint.ypix, self._cells.height), (footprint.xpix, self._cells.width))
        for axis, (pixels, size) in enumerate(sides):
            low = np.floor(pixels.min() + shifts[:, axis].min()) - PATCH_MARGIN_PX
            high = np.ceil(pixels.max() + 1 + shifts[:, axis].max()) + PATCH_MARGIN_PX
            side = int(min(max(PATCH_PX, high - low), size))
            start = int(min(max((low + high - side) // 2, 0), size - side))
            box += [start, start + side]
        return box[0], box[1], box[2], box[3]

    def at(self, frame: int, current: int, box: tuple[int, int, int, int]) -> list[CellInFrame]:
        """The cells in a box in one frame, the current one last so that it lies over the others."""
        top, bottom, left, right = box
        y, x = self._positions.places[:, frame].T
        inside = (y > top - 0.5) & (y < bottom - 0.5) & (x > left - 0.5) & (x < right - 0.5)
        numbers = sorted(np.flatnonzero(inside).tolist(), key=lambda cell: cell == current)
        shift = self._positions.shift(frame)
        return [self._cell(cell, frame, shift[cell], cell == current) for cell in numbers]

    def _cell(self, cell: int, frame: int, shift: np.ndarray, is_current: bool) -> CellInFrame:
        if cell not in self._loops:
            self._loops[cell] = self._cells.contour(cell)
        path = self._positions.path
        return CellInFrame(
            cell,
            [loop + shift[::-1] for loop in self._loops[cell]],
            path(cell, frame - self._reach, frame)[:, ::-1],
            path(cell, frame, frame + self._reach)[:, ::-1],
            int(self._positions.known[cell, frame]),
            is_current,
        )
