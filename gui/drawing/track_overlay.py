"""Cells that move, over the movie: each outline at its place in the frame, with its path.

An outline is whole while the cell is seen, dashed while it is carried through a gap, dotted where only its
neighbours tell its place. The path behind it is whole, the path ahead dotted.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

import numpy as np

from deepcinac.gui.drawing.cell_in_frame import HOW_KNOWN, CellInFrame
from deepcinac.gui.drawing.item_pool import ItemPool
from deepcinac.gui.drawing.look import Look, px
from deepcinac.gui.drawing.outline_style import NEIGHBOUR, SELECTED
from deepcinac.gui.drawing.text import write
from deepcinac.gui.drawing.viewport import ImageAxes


class TrackOverlay:
    """Items on the canvas of a movie; ``show`` is called for every frame."""

    def __init__(self, canvas: tk.Canvas) -> None:
        self._pool = ItemPool(canvas)

    def show(
        self,
        cells: Sequence[CellInFrame],
        axes: ImageAxes,
        box: tuple[int, int, int, int],
        look: Look,
    ) -> None:
        """Draw cells of the frame that shows ``box`` (top, bottom, left, right) on these axes."""
        self._pool.begin(look)
        for one in cells:
            self._draw(one, axes, box, look)
        for one in cells:
            if one.is_current:
                self._say(one, axes, box, look)
        self._pool.end()

    def hide(self, look: Look) -> None:
        """Nothing is tracked, or it is not to be seen."""
        self._pool.begin(look)
        self._pool.end()

    def _draw(
        self, one: CellInFrame, axes: ImageAxes, box: tuple[int, int, int, int], look: Look
    ) -> None:
        colour = SELECTED if one.is_current else NEIGHBOUR
        unit = max(1, round(look.scale))
        dotted = (unit, 3 * unit)
        for path, dash in ((one.before, ()), (one.after, dotted)):
            for run in runs_inside(path - (box[2], box[0]), box):
                self._line(axes, run, colour, px(look, 1), dash)
        width = px(look, 2.0 if one.is_current else 1.2)
        dash = (dotted, (4 * unit, 3 * unit), ())[one.known]
        for loop in one.loops:
            size = (box[3] - box[2] - 0.5, box[1] - box[0] - 0.5)
            self._line(axes, np.clip(loop - (box[2], box[0]), -0.5, size), colour, width, dash)

    def _line(
        self, axes: ImageAxes, points: np.ndarray, colour: str, width: int, dash: tuple[int, ...]
    ) -> None:
        along = axes.points(points).ravel().tolist()
        self._pool.create_line(*along, fill=colour, width=width, dash=dash)

    def _say(
        self, one: CellInFrame, axes: ImageAxes, box: tuple[int, int, int, int], look: Look
    ) -> None:
        left, bottom = axes.to_screen(-0.5, box[1] - box[0] - 0.5)
        text = f"cell {one.cell}: {HOW_KNOWN[one.known]}"
        room = (box[3] - box[2]) * axes.scale - px(look, 8)
        for shift, colour in ((1, "#000000"), (0, SELECTED)):
            at = left + px(look, 4) + shift, bottom - px(look, 3) + shift
            write(self._pool, *at, text, look, "sw", colour=colour, room=room)


def runs_inside(path: np.ndarray, box: tuple[int, int, int, int]) -> list[np.ndarray]:
    """The stretches of a path (k, 2), x and y from the corner of the box, that lie in it.

    >>> path = np.array([[1.0, 1.0], [2.0, 1.0], [30.0, 1.0], [3.0, 1.0], [4.0, 1.0]])
    >>> [run[:, 0].tolist() for run in runs_inside(path, (0, 10, 0, 10))]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    inside = ((path >= -0.5) & (path <= (box[3] - box[2] - 0.5, box[1] - box[0] - 0.5))).all(axis=1)
    cuts = np.flatnonzero(np.diff(inside)) + 1
    parts = zip(np.split(path, cuts), np.split(inside, cuts), strict=True)
    return [part for part, own in parts if len(part) > 1 and own[0]]
