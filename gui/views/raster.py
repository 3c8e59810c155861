"""The activity of all cells over the visible range, with their sum."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepcinac.gui.drawing import paint
from deepcinac.gui.drawing.decimate import Trace
from deepcinac.gui.drawing.look import Look, mixed
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.raster_picture import Activity, ScreenRows, row_at, shade_table
from deepcinac.gui.drawing.text import LARGE, Anchor, write
from deepcinac.gui.drawing.trace_layout import GUTTER, RIGHT, Rect
from deepcinac.gui.drawing.view import View, bind_wheel, nothing
from deepcinac.gui.drawing.viewport import TimeAxis, ValueAxis

SUM_SHARE, SUM_MIN, SUM_MAX = 0.25, 24, 60
WHEEL_ZOOM = 1.25
CLICK_PX = 4


class RasterView(View):
    """All cells as rows, dark where they are active, and below them how many are.

    Callbacks: ``on_jump(cell, frame)`` click on a row; ``on_range(first, last)`` wheel or drag;
    ``on_hover(cell | None, frame | None)``.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        *,
        on_jump: Callable[[int, int], object] = nothing,
        on_range: Callable[[int, int], object] = nothing,
        on_hover: Callable[[int | None, int | None], object] = nothing,
    ) -> None:
        super().__init__(parent, look, 640, 180)
        self._on_jump, self._on_range, self._on_hover = on_jump, on_range, on_hover
        self.activity: Activity | None = None
        self.selected: int | None = None
        self.playhead: int | None = None
        self.note = ""
        self.axis = TimeAxis(-0.5, 0.5, 0, 1, 1)
        self.rows = Rect(0, 0, 1, 1)
        self._order = np.empty(0, dtype=np.int64)
        self._on_screen: tuple[int, ScreenRows] | None = None
        self._sum = Trace(np.empty(0))
        self._photo = CanvasPhoto(self.canvas)
        self._press_x: float | None = None
        self._panned = False
        bind = self.canvas.bind
        bind("<ButtonPress-1>", self._press, add=True)
        bind("<B1-Motion>", self._drag, add=True)
        bind("<ButtonRelease-1>", self._release, add=True)
        bind("<Motion>", self._hover, add=True)
        bind("<Leave>", lambda _: self._on_hover(None, None), add=True)
        bind_wheel(self.canvas, self._wheel)

    def set_recording(self, n_frames: int, frame_rate_hz: float) -> None:
        """Another recording, all of it visible, without activity yet."""
        self.axis = TimeAxis(-0.5, n_frames - 0.5, 0, 1, n_frames)
        self.playhead = self.selected = None
        self.set_activity(None)

    def set_activity(
        self,
        activity: np.ndarray | None,
        threshold: float = 0.5,
        order: Sequence[int] | None = None,
    ) -> None:
        """Activity (n_cells, n_frames), bool or probability; ``order`` of the cells from the top."""
        if activity is None:
            self.activity, self._order = None, np.empty(0, dtype=np.int64)
            self._sum = Trace(np.empty(0))
        else:
            self.activity = Activity(activity, threshold)
            self._sum = Trace(self.activity.sum)
            self._order = np.arange(self.activity.n_cells)
        self._on_screen = None
        if order is not None:
            self.set_order(order)
        self.ask_to_draw()

    def set_order(self, order: Sequence[int]) -> None:
        """Which cells are rows, from the top."""
        self._order = np.asarray(order, dtype=np.int64)
        self._on_screen = None
        self.ask_to_draw()

    def set_range(self, first: int, last: int) -> None:
        """Show these frames; the callback is not called."""
        if (first, last) != (self.axis.first, self.axis.last):
            self.axis = self.axis.showing(first, last)
            self.ask_to_draw()

    def set_playhead(self, frame: int | None) -> None:
        """Move the playhead; nothing else is drawn."""
        self.playhead = frame
        self._draw_playhead()

    def select(self, cell: int | None) -> None:
        """Mark the row of a cell."""
        self.selected = cell
        self._draw_selected()

    def set_note(self, note: str) -> None:
        """A text where there is nothing to show."""
        self.note = note
        self.ask_to_draw()

    def draw(self, width: int, height: int) -> None:
        """All cells over all frames, and how many are active."""
        left, right = self.px(GUTTER), max(self.px(GUTTER) + 1, width - self.px(RIGHT))
        self.axis = TimeAxis(
            self.axis.start, self.axis.stop, left, right - left, self.axis.n_frames
        )
        below = round(np.clip(height * SUM_SHARE, self.px(SUM_MIN), self.px(SUM_MAX)))
        bottom = height - self.px(4)
        self.rows = Rect(left, self.px(4), right, max(self.px(5), bottom - below - self.px(6)))
        line = Rect(left, self.rows.bottom + self.px(6), right, bottom)
        pixels = paint.new_pixels(height, width, self.look.background)
        for part in (self.rows, line):
            paint.words(paint.area(pixels, *part))[...] = paint.word(self.look.panel)
        self.canvas.delete("text")
        if self.activity is None or not len(self._order):
            middle, room = (left + right) / 2, width * 0.7
            write(self.canvas, middle, height / 2, self.note, self.look, size=LARGE, room=room)
        else:
            self._paint_rows(pixels)
            self._paint_sum(pixels, line)
        self._photo.show(pixels)
        self._draw_selected()
        self._draw_playhead()

    def _paint_rows(self, pixels: np.ndarray) -> None:
        assert self.activity is not None
        rows = self.rows
        if self._on_screen is None or self._on_screen[0] != rows.height:
            self._on_screen = rows.height, ScreenRows(self.activity, self._order, rows.height)
        shown = self._on_screen[1].picture(self.axis, rows.width, rows.height)
        table = shade_table(self.look.panel, self.look.ink)
        part = paint.area(pixels, *rows)
        paint.words(part)[...] = table[shown]
        n = len(self._order)
        self._write(rows.left - self.px(5), rows.top + self.px(6), str(int(self._order[0])))
        if n > 1:
            y = rows.bottom - self.px(6)
            self._write(rows.left - self.px(5), y, str(int(self._order[-1])))
        if rows.height > self.px(60):
            self._write(rows.left - self.px(5), (rows.top + rows.bottom) / 2, "cells")

    def _paint_sum(self, pixels: np.ndarray, rect: Rect) -> None:
        assert self.activity is not None
        highest = max(1.0, self._sum.extremes()[1])
        values = ValueAxis(0, highest * 1.05, rect.top, rect.height)
        lows, highs = self._sum.columns(self.axis.start, self.axis.stop, rect.width)
        part = paint.area(pixels, *rect)
        tops, bottoms = values.ys(highs) - rect.top, values.ys(lows) - rect.top
        base = np.full(rect.width, float(rect.height))
        filled = mixed(self.look.series[0], self.look.panel, 0.75)
        paint.columns(part, tops, base, filled, 0.0)
        paint.columns(part, tops, bottoms, self.look.series[0], 1.3 * self.look.scale)
        x = rect.left - self.px(5)
        self._write(x, rect.top + self.px(5), f"{highest:.0f}")
        if rect.height > self.px(40):
            self._write(x, (rect.top + rect.bottom) / 2, "active")

    def _write(self, x: float, y: float, text: str, anchor: Anchor = "e") -> None:
        write(self.canvas, x, y, text, self.look, anchor)

    def _draw_selected(self) -> None:
        """A pointer at the left of the row, and lines above and below it where it is tall."""
        self.canvas.delete("selected")
        at = np.flatnonzero(self._order == (-1 if self.selected is None else self.selected))
        if not at.size:
            return
        rows, n = self.rows, len(self._order)
        top = rows.top + at[0] / n * rows.height
        bottom = max(top + self.px(2), rows.top + (at[0] + 1) / n * rows.height)
        middle, size = (top + bottom) / 2, self.px(5)
        self.canvas.create_polygon(
            rows.left,
            middle,
            rows.left - size,
            middle - size,
            rows.left - size,
            middle + size,
            fill=self.look.accent,
            tags="selected",
        )
        self.canvas.create_rectangle(
            rows.left,
            top - self.px(1),
            rows.right - 1,
            bottom,
            outline=self.look.accent,
            width=self.px(1),
            tags="selected",
        )

    def _draw_playhead(self) -> None:
        self.canvas.delete("playhead")
        frame = self.playhead
        if frame is not None and self.axis.start <= frame <= self.axis.stop:
            x = self.axis.x(frame)
            height = self.canvas.winfo_height()
            self.canvas.create_line(
                x, 0, x, height, fill=self.look.accent, width=self.px(1.2), tags="playhead"
            )

    # ---- the mouse -----------------------------------------------------------------------------

    def cell_at(self, y: float) -> int | None:
        """The cell whose row is at a height of the canvas."""
        row = row_at(y, self.rows.top, self.rows.height, len(self._order))
        return None if row is None else int(self._order[row])

    def _press(self, event: Any) -> None:
        self.canvas.focus_set()
        self._press_x, self._panned = event.x, False

    def _drag(self, event: Any) -> None:
        if self._press_x is None:
            return
        if self._panned or abs(event.x - self._press_x) >= self.px(CLICK_PX):
            self._panned = True
            self._show(self.axis.panned((self._press_x - event.x) * self.axis.frames_per_px))
            self._press_x = event.x

    def _release(self, event: Any) -> None:
        clicked, self._press_x = self._press_x is not None and not self._panned, None
        cell = self.cell_at(event.y)
        if clicked and cell is not None:
            self._on_jump(cell, self.axis.frame(event.x))

    def _wheel(self, event: Any, steps: int) -> None:
        self._show(self.axis.zoomed(WHEEL_ZOOM**steps, event.x))

    def _show(self, axis: TimeAxis) -> None:
        before, self.axis = self.axis, axis
        if axis != before:
            self.ask_to_draw()
            if (axis.first, axis.last) != (before.first, before.last):
                self._on_range(axis.first, axis.last)

    def _hover(self, event: Any) -> None:
        cell = self.cell_at(event.y)
        self._on_hover(cell, None if cell is None else self.axis.frame(event.x))
