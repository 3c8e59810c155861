"""What lies over the field beside the outlines: numbers, the part that the movie shows, proposals."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping, Sequence

import numpy as np

from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.gui.drawing.look import Look, px
from deepcinac.gui.drawing.map_colours import MapLayer, draw_map_bar
from deepcinac.gui.drawing.outline_style import proposal_style
from deepcinac.gui.drawing.text import Anchor, write
from deepcinac.gui.drawing.viewport import ImageAxes

BOX_DASH = (4, 4)
NUMBERS_FROM_PX = 36
"""Cells get their number inside when they are this wide on the screen; otherwise beside them."""


class FieldOverlay:
    """Items on the canvas of a field, tagged "number", "box", "proposal" and "map".

    ``box``: top, bottom, left, right of the part that the movie shows (ends excluded), or None;
    ``proposals``: outlines that are no cells, as loops (k, 2) of x, y, and which of them is ``chosen``.
    """

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self.box: tuple[int, int, int, int] | None = None
        self.proposals: list[list[np.ndarray]] = []
        self.chosen: int | None = None
        self._map: MapLayer | None = None

    def set_map(self, field_map: FieldMap | None) -> bool:
        """Another map over the image, or none; whether it is another one."""
        before = None if self._map is None else self._map.map
        if field_map is not before:
            self._map = None if field_map is None else MapLayer(field_map)
        return field_map is not before

    def over(self, shown: np.ndarray, shape: tuple[int, ...], axes: ImageAxes) -> np.ndarray:
        """Pixels of the screen, from the shades of an image of ``shape``: with the map, where it fits."""
        fits = self._map is not None and self._map.map.values.shape == shape
        return self._map.over(shown, axes) if self._map is not None and fits else shown

    def propose(self, loops: Sequence[Sequence[np.ndarray]], chosen: int | None) -> None:
        """Other proposals; nothing is drawn yet."""
        self.proposals, self.chosen = [list(one) for one in loops], chosen

    def middle_of_chosen(self) -> tuple[float, float] | None:
        """The x, y around which the chosen proposal lies."""
        if self.chosen is None or not self.proposals[self.chosen]:
            return None
        x, y = np.concatenate(self.proposals[self.chosen]).mean(axis=0)
        return float(x), float(y)

    def draw_numbers(
        self,
        axes: ImageAxes | None,
        look: Look,
        boxes: np.ndarray,
        colours: Mapping[int, str],
    ) -> None:
        """The numbers of the cells in ``colours``; ``boxes`` (n, 4) is left, top, right, bottom."""
        self._canvas.delete("number")
        if axes is None:
            return
        width = self._canvas.winfo_width()
        for cell, colour in colours.items():
            left, top, right, _ = boxes[cell]
            x, y = axes.to_screen(right, top)
            anchor: Anchor = "sw"
            if (right - left) * axes.scale >= px(look, NUMBERS_FROM_PX):
                x, _ = axes.to_screen((left + right) / 2, top)
                y, anchor = y + px(look, 3), "n"
            else:
                x, y = min(x, width - px(look, 24)), max(y, px(look, 14))
            for shift, fill in ((1, "#000000"), (0, colour)):
                at = x + shift, y + shift
                write(self._canvas, *at, str(cell), look, anchor, colour=fill, tags="number")

    def draw(self, axes: ImageAxes | None, look: Look) -> None:
        """Box, proposals and the bar of the map; nothing before there is an image."""
        self.draw_box(axes, look)
        self._canvas.delete("map")
        if self._map is not None and axes is not None:
            room = self._canvas.winfo_width(), self._canvas.winfo_height()
            draw_map_bar(self._canvas, look, self._map.map, room)
        self.draw_proposals(axes, look)

    def draw_box(self, axes: ImageAxes | None, look: Look) -> None:
        """The part that the movie shows."""
        self._canvas.delete("box")
        if self.box is None or axes is None:
            return
        top, bottom, left, right = self.box
        corners = (
            *axes.to_screen(left - 0.5, top - 0.5),
            *axes.to_screen(right - 0.5, bottom - 0.5),
        )
        self._canvas.create_rectangle(
            *corners, outline="#ffffff", dash=BOX_DASH, width=px(look, 1), tags="box"
        )

    def draw_proposals(self, axes: ImageAxes | None, look: Look) -> None:
        """The chosen one is thick."""
        self._canvas.delete("proposal")
        if axes is None:
            return
        for number, loops in enumerate(self.proposals):
            style = proposal_style(look, number == self.chosen)
            for loop in loops:
                points = axes.points(loop).ravel().tolist()
                self._canvas.create_line(
                    points, fill=style.colour, width=style.width, dash=style.dash, tags="proposal"
                )
