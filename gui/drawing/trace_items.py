"""What lies over the picture of the traces: texts, the playhead, the threshold, previews, magnifier.

These are items of the canvas, moved one by one, so that the playhead and the pointer cost next to
nothing.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import font as tkfont
from typing import Any, Protocol

import numpy as np

from deepcinac.gui.drawing import paint
from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.decimate import Trace
from deepcinac.gui.drawing.gestures import Act, Gesture
from deepcinac.gui.drawing.item_pool import ItemPool
from deepcinac.gui.drawing.look import Look, mixed
from deepcinac.gui.drawing.peak_key import PeakKey
from deepcinac.gui.drawing.peak_marks import texts_with_room
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.text import LARGE, NORMAL, SMALL, Anchor, shortened, write
from deepcinac.gui.drawing.trace_axes import (
    Extremes,
    left_axis,
    right_axis,
    value_axes,
    value_marks,
)
from deepcinac.gui.drawing.trace_layout import Rect, TraceLayout, probability_axis
from deepcinac.gui.drawing.unsaved import UnsavedMark
from deepcinac.gui.drawing.viewport import TimeAxis, ValueAxis, magnified, number

MAGNIFIER_PX = (300, 110)
INVALID = "Invalid cell: left out"


class DrawnTraces(Protocol):
    """What is drawn, as a trace view holds it."""

    look: Look
    axis: TimeAxis
    layout: TraceLayout
    content: picture.TraceContent
    values: dict[str, ValueAxis]
    peak_ys: np.ndarray
    gesture: Gesture
    playhead: int | None
    focus_frames: tuple[int, int] | None
    invalid: bool
    note: str
    unsaved: Sequence[UnsavedMark]

    def px(self, logical: float) -> int:
        """Pixels of the screen."""

    def time_marks(self) -> list[tuple[float, str]]:
        """Frames and texts of the time axis."""


class TraceItems:
    """The items of one trace view; each method is given the view it draws for."""

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self._pool = ItemPool(canvas)
        self._key = PeakKey(canvas)
        self._digit: tuple[float, float] | None = None
        self._playhead = canvas.create_line(0, 0, 0, 0, state="hidden")
        self._handle = canvas.create_polygon(0, 0, 0, 0, 0, 0, state="hidden")
        self._cursor = canvas.create_line(0, 0, 0, 0, state="hidden")
        self._lens = CanvasPhoto(canvas)
        self._lens_frame = canvas.create_rectangle(0, 0, 0, 0, state="hidden")
        canvas.tag_lower(self._cursor)

    # ---- texts and lines that change with the picture -------------------------------------------

    def draw(self, view: DrawnTraces) -> None:
        """Write the texts again and bring the moving items to their places."""
        canvas = self._canvas
        canvas.delete("text")
        self._pool.begin(view.look)
        self._write_axes(view)
        if view.invalid:
            main = view.layout.main
            write(self._pool, main.left + view.px(8), main.bottom - view.px(9), INVALID, view.look,
                  "w", NORMAL, view.look.ink)  # fmt: skip
        self._frame_focus(view)
        self._write_peaks(view)
        self._write_prediction(view)
        for i, rect in enumerate(view.layout.lanes):
            room = view.layout.main.left - view.px(9)
            name = shortened(canvas, view.content.lanes[i][0], view.look.font(SMALL), room)
            faint = view.look.faint if view.content.is_dimmed(i) else None
            self._gutter(view, name, (rect.top + rect.bottom) / 2, faint)
        if view.note and not view.content.traces:
            main = view.layout.main
            middle = (main.left + main.right) / 2, (main.top + main.bottom) / 2
            write(self._pool, *middle, view.note, view.look, size=LARGE, room=main.width * 0.8)
        self._pool.end()
        self.unsaved(view)
        self.playhead(view, view.playhead)

    def _gutter(self, view: DrawnTraces, text: str, y: float, colour: str | None = None) -> None:
        left = view.layout.main.left - view.px(5)
        write(self._pool, left, y, text, view.look, "e", colour=colour)

    def _write_axes(self, view: DrawnTraces) -> None:
        main, look = view.layout.main, view.look
        y = view.layout.time.top + view.px(3)
        for frame, text in view.time_marks():
            x = view.axis.x(frame)
            if main.left + view.px(8) <= x <= main.right - view.px(14):
                write(self._pool, x, y, text, look, "n")
        left, right = left_axis(view.values), right_axis(view.values)
        if left is not None:
            self._write_values(view, left, main.left - view.px(5), "e", look.faint)
        if right is not None:
            # Darker (lighter on a dark ground) than the line: thin figures need more contrast.
            colour = mixed(picture.pens(look)[picture.DFF].colour, look.ink, 0.35)
            self._write_values(view, right, main.right + view.px(4), "w", colour)

    def _write_values(
        self, view: DrawnTraces, axis: ValueAxis, x: float, anchor: Anchor, colour: str
    ) -> None:
        marks, step = value_marks(axis, view.look.scale)
        for value in marks:
            y = axis.y(value)
            if axis.top + view.px(4) <= y <= axis.top + axis.height - view.px(2):
                text = number(value, step)
                write(self._pool, x, y, text, view.look, anchor, colour=colour)

    def _frame_focus(self, view: DrawnTraces) -> None:
        """Brackets above and below the place that the review asks about."""
        if view.focus_frames is None:
            return
        main, look, room = view.layout.main, view.look, view.px(5)
        left = view.axis.x(view.focus_frames[0] - 0.5) - room
        right = view.axis.x(view.focus_frames[1] + 0.5) + room
        if right < main.left or left > main.right:
            return
        left, right = max(left, main.left), min(right, main.right - 1)
        tick = view.px(7)
        for y, inward in ((main.top + view.px(5), tick), (main.bottom - view.px(2), -tick)):
            points = [left, y + inward, left, y, right, y, right, y + inward]
            self._canvas.create_line(points, fill=look.ink, width=view.px(1.6), tags="text")
        write(self._canvas, right + view.px(4), main.top + view.px(12), "?", look, "w",
              LARGE, look.ink)  # fmt: skip

    def _write_peaks(self, view: DrawnTraces) -> None:
        """The correlation of each judged peak beside it, where there is room, and the key above."""
        content, look, main = view.content, view.look, view.layout.main
        self._key.draw(look, view.layout.head)
        if content.verdicts is None:
            return
        at = picture.visible(content.transients, view.axis)
        at = at[np.argsort(content.transients[at, 1], kind="stable")]
        verdicts = [content.verdict(i) for i in at.tolist()]
        gap = view.px(8)
        xs = (view.axis.xs(content.transients[at, 1]) + gap).tolist()
        texts = ["" if known is None else known.text for known in verdicts]
        digit = self._digit_width(view)
        for i in texts_with_room(xs, texts, lambda text: digit * len(text) + gap, main.right + gap):
            y = max(view.peak_ys[at[i]], main.top + view.px(6))
            if xs[i] > main.left:
                # A rim of the ground keeps the figures legible over other traces and hides no peak.
                for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                    place = xs[i] + dx * look.scale, y + dy * look.scale
                    write(self._pool, *place, texts[i], look, "w", colour=look.panel)
                write(self._pool, xs[i], y, texts[i], look, "w", colour=look.ink)

    def _digit_width(self, view: DrawnTraces) -> float:
        """Width of a digit (px): asking Tk for that of every text would take longer than the drawing."""
        if self._digit is None or self._digit[0] != view.look.scale:
            font = tkfont.Font(root=self._canvas, font=view.look.font(SMALL))
            self._digit = (view.look.scale, font.measure("0"))
        return self._digit[1]

    def _write_prediction(self, view: DrawnTraces) -> None:
        rect, look = view.layout.prediction, view.look
        if rect is None:
            return
        axis = probability_axis(rect)
        threshold = view.content.threshold
        y = axis.y(threshold)
        self._pool.create_line(
            rect.left, y, rect.right, y, fill=look.ink, dash=(6, 3), width=view.px(1)
        )
        size = view.px(4)
        self._pool.create_polygon(
            rect.left - view.px(1),
            y,
            rect.left - size - view.px(1),
            y - size,
            rect.left - size - view.px(1),
            y + size,
            fill=look.ink,
        )
        if view.content.prediction_name:
            room_for_name = rect.width / 2
            name = shortened(
                self._canvas, view.content.prediction_name, look.font(SMALL), room_for_name
            )
            write(self._pool, rect.left + view.px(6), rect.top + view.px(8), name, look, "w")
        text = f"{threshold:.2f}"
        write(self._pool, rect.left - view.px(8), y, text, look, "e", colour=look.ink)
        room = view.px(13)
        for value in (0.0, 1.0):
            if abs(axis.y(value) - y) > room:
                self._gutter(view, f"{value:.0f}", axis.y(value))

    # ---- what moves ----------------------------------------------------------------------------

    def playhead(self, view: DrawnTraces, frame: int | None) -> None:
        """Bring the playhead to a frame; hide it where that is not visible."""
        canvas, plot = self._canvas, view.layout.plot
        shown = frame is not None and view.axis.start <= frame <= view.axis.stop
        if not shown or frame is None:
            canvas.itemconfigure(self._playhead, state="hidden")
            canvas.itemconfigure(self._handle, state="hidden")
            return
        x, size = view.axis.x(frame), view.px(6)
        canvas.coords(self._playhead, x, plot.top, x, plot.bottom)
        bottom = plot.bottom
        canvas.coords(self._handle, x, bottom, x - size, bottom + size, x + size, bottom + size)
        colour = view.look.accent
        canvas.itemconfigure(self._playhead, state="normal", fill=colour, width=view.px(1.5))
        canvas.itemconfigure(self._handle, state="normal", fill=colour)
        canvas.tag_raise(self._playhead)
        canvas.tag_raise(self._handle)

    def cursor(self, view: DrawnTraces, x: float | None) -> None:
        """A thin line under the pointer while a labelling tool is chosen."""
        plot = view.layout.plot
        if x is None or view.gesture.tool == "select" or not plot.left <= x < plot.right:
            self._canvas.itemconfigure(self._cursor, state="hidden")
            return
        middle = view.axis.x(view.axis.frame(x))
        self._canvas.coords(self._cursor, middle, plot.top, middle, plot.bottom)
        self._canvas.itemconfigure(self._cursor, state="normal", fill=view.look.faint)
        self._canvas.tag_raise(self._cursor)

    def ghost(self, view: DrawnTraces, act: Act | None) -> None:
        """What a drag would do if the button were released now."""
        canvas, look, main = self._canvas, view.look, view.layout.main
        canvas.delete("ghost")
        if act is None:
            return
        span = act.kind == "ghost span"
        left = view.axis.x(act.first - (0.5 if span else 0))
        right = view.axis.x(act.last + (0.5 if span else 0))
        left, right = max(left, main.left), min(right, main.right)
        index = picture.SPAN_COLOURS.get(act.what) if span else 3
        colour = look.ink if index is None else look.series[index]
        canvas.create_rectangle(
            left,
            main.top,
            right,
            main.bottom,
            outline=colour,
            width=view.px(1),
            dash=() if span else (4, 3),
            tags="ghost",
        )
        n_frames = act.last - act.first + 1
        text = f"{act.first} to {act.last}  ({n_frames} frames)"
        words = {"ghost transient": "transient", "ghost move": "transient"}.get(act.kind, act.what)
        middle = min(max((left + right) / 2, main.left + view.px(90)), main.right - view.px(90))
        y = main.top + view.px(30)
        sentence = f"{words}  {text}"
        label = write(canvas, middle, y, sentence, look, "center", NORMAL, look.ink, tags="ghost")
        box = canvas.bbox(label)
        ground = canvas.create_rectangle(
            box[0] - view.px(5),
            box[1] - view.px(2),
            box[2] + view.px(5),
            box[3] + view.px(2),
            fill=look.panel,
            outline=look.faint,
            tags="ghost",
        )
        canvas.tag_lower(ground, label)

    def unsaved(self, view: DrawnTraces) -> None:
        """Dashed frames around what is not yet on disk; what is being removed is struck out."""
        canvas, look, main = self._canvas, view.look, view.layout.main
        canvas.delete("unsaved")
        for mark in view.unsaved:
            left = max(view.axis.x(mark.first - 0.5), main.left)
            right = min(view.axis.x(mark.last + 0.5), main.right)
            if left >= right:
                continue
            index = picture.SPAN_COLOURS.get(mark.kind, 3)
            colour = look.ink if index is None else look.series[index]
            style: dict[str, Any] = {"width": view.px(1.5), "dash": (3, 3), "tags": "unsaved"}
            canvas.create_rectangle(left, main.top, right, main.bottom, outline=colour, **style)
            if mark.is_removed:
                canvas.create_line(left, main.bottom, right, main.top, fill=colour, **style)

    # ---- the magnifier -------------------------------------------------------------------------

    def magnify(self, view: DrawnTraces, pointer: tuple[int, int] | None) -> None:
        """Enlarge 50 frames on both sides of the pointer, in the corner away from it."""
        canvas, main = self._canvas, view.layout.main
        if pointer is None or not main.holds(*pointer) or not view.content.drawn():
            canvas.itemconfigure(self._lens_frame, state="hidden")
            self._lens.hide()
            return
        width, height = (view.px(size) for size in MAGNIFIER_PX)
        width = min(width, main.width // 2)
        height = min(height, main.height - view.px(4))
        middle = (main.left + main.right) / 2
        left = main.right - width - view.px(4) if pointer[0] < middle else main.left + view.px(4)
        top = main.top + view.px(2)
        self._lens.show(magnified_picture(view, pointer, width, height))
        self._lens.move(left, top)
        canvas.coords(self._lens_frame, left, top, left + width, top + height)
        canvas.itemconfigure(self._lens_frame, state="normal", outline=view.look.faint)
        canvas.tag_raise(self._lens.item)
        canvas.tag_raise(self._lens_frame)


def magnified_picture(
    view: DrawnTraces, pointer: tuple[int, int], width: int, height: int
) -> np.ndarray:
    """Traces and marks of the frames around the pointer, with a line at the frame it means."""
    frame = view.axis.frame(pointer[0])
    first, last = magnified(frame, view.axis.n_frames)
    axis = TimeAxis(first - 0.5, last + 0.5, 0, width, view.axis.n_frames)
    look, content = view.look, view.content
    pixels = paint.new_pixels(height, width, mixed(look.panel, look.background, 0.5))
    rect = Rect(0, 0, width, height)
    values = value_axes(content, rect, _extremes_within(content.traces, axis))
    picture.paint_spans(pixels, rect, axis, content.spans, look)
    picture.paint_active(pixels, rect, axis, content, look)
    at = np.array([axis.x(frame)])
    paint.verticals(pixels, at, 0, height, look.faint, view.px(1))
    picture.paint_traces(pixels, rect, axis, content, values, look)
    ys = picture.peak_ys(content, values, rect)
    picture.paint_marks(pixels, rect, axis, content, ys, look)
    return pixels


def _extremes_within(traces: dict[str, Trace], axis: TimeAxis) -> Extremes:
    """What each trace spans in the magnifier, so that a small transient fills it."""

    def extremes(name: str) -> tuple[float, float]:
        return Trace(traces[name].values[axis.first : axis.last + 1]).extremes()

    return extremes
