"""The key above the traces: what the shapes of the peaks mean."""

from __future__ import annotations

import tkinter as tk

from deepcinac.gui.drawing.look import Look, px
from deepcinac.gui.drawing.peak_marks import MARKS, NEIGHBOUR, SERIES, UNDETERMINED
from deepcinac.gui.drawing.text import SMALL, shortened, write
from deepcinac.gui.drawing.trace_layout import Rect

TAG = "peak_key"
NUMBERS = "number: correlation with the source profile"


class PeakKey:
    """Drawn anew only when its place or the colours change."""

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self._drawn: tuple[Look, Rect] | None = None

    def draw(self, look: Look, rect: Rect | None) -> None:
        """Show the key in ``rect``, or take it off (None)."""
        wanted = None if rect is None else (look, rect)
        if wanted == self._drawn:
            return
        self._canvas.delete(TAG)
        self._drawn = wanted
        if rect is None:
            return
        x, y = float(rect.left + px(look, 6)), (rect.top + rect.bottom) / 2
        for origin, name in MARKS.items():
            self._shape(look, origin, x, y)
            left = x + px(look, 8)
            text = write(self._canvas, left, y, name, look, "w", colour=look.ink, tags=TAG)
            x = self._canvas.bbox(text)[2] + px(look, 18)
        words = shortened(self._canvas, NUMBERS, look.font(SMALL), rect.right - x)
        write(self._canvas, x, y, words, look, "w", tags=TAG)

    def _shape(self, look: Look, origin: str, x: float, y: float) -> None:
        size, colour = px(look, 4), look.series[SERIES[origin]]
        if origin == NEIGHBOUR:
            points = [x, y - size, x + size, y, x, y + size, x - size, y]
            self._canvas.create_polygon(points, fill=colour, outline="", tags=TAG)
            return
        fill = look.background if origin == UNDETERMINED else colour
        box = x - size + 1, y - size + 1, x + size - 1, y + size - 1
        self._canvas.create_oval(*box, outline=colour, fill=fill, width=px(look, 1.5), tags=TAG)
