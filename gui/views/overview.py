"""The whole recording in a strip, with the visible range as a handle."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from deepcinac.gui.drawing import paint
from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.decimate import Trace
from deepcinac.gui.drawing.look import Look, mixed
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.strip import grip, moved_range
from deepcinac.gui.drawing.text import write
from deepcinac.gui.drawing.trace_layout import GUTTER, RIGHT, Rect, value_axis
from deepcinac.gui.drawing.view import View, bind_wheel, nothing
from deepcinac.gui.drawing.viewport import TimeAxis, clock

MARKS_HEIGHT = 6
CURSORS = {"first": "sb_h_double_arrow", "last": "sb_h_double_arrow", "middle": "fleur"}


class OverviewStrip(View):
    """One trace over the whole recording, its labelled spans and transients, and a handle.

    Drag the handle to move the visible range, its ends to change it; click beside it to centre it
    there. Callbacks: ``on_range(first, last)``, ``on_seek(frame)`` (double click).
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        *,
        on_range: Callable[[int, int], object] = nothing,
        on_seek: Callable[[int], object] = nothing,
    ) -> None:
        super().__init__(parent, look, 640, 46)
        self._on_range, self._on_seek = on_range, on_seek
        self.n_frames, self.frame_rate_hz = 1, 1.0
        self.range = (0, 0)
        self.playhead: int | None = None
        self.spans: picture.Spans = []
        self.transients = np.empty((0, 2), dtype=np.int64)
        self.predicted = np.empty((0, 2), dtype=np.int64)
        self.axis = TimeAxis(-0.5, 0.5, 0, 1, 1)
        self._trace: Trace | None = None
        self._photo = CanvasPhoto(self.canvas)
        self._grip: tuple[str, int, tuple[int, int]] | None = None
        bind = self.canvas.bind
        bind("<ButtonPress-1>", self._press, add=True)
        bind("<B1-Motion>", self._drag, add=True)
        bind("<ButtonRelease-1>", self._release, add=True)
        bind("<Double-Button-1>", lambda e: self._on_seek(self.axis.frame(e.x)), add=True)
        bind("<Motion>", self._hover, add=True)
        bind_wheel(self.canvas, self._wheel)

    def set_recording(self, n_frames: int, frame_rate_hz: float) -> None:
        """Another recording, without a trace yet."""
        self.n_frames, self.frame_rate_hz = n_frames, frame_rate_hz
        self.range, self.playhead, self._trace = (0, max(0, n_frames - 1)), None, None
        self.spans = []
        self.transients = self.predicted = np.empty((0, 2), dtype=np.int64)
        self.ask_to_draw()

    def set_trace(self, values: np.ndarray | None) -> None:
        """The trace (n_frames,) to draw."""
        self._trace = None if values is None else Trace(values)
        self.ask_to_draw()

    def set_spans(self, spans: Iterable[tuple[str, int, int]]) -> None:
        """Spans (kind, first, last) as in the traces."""
        self.spans = [(kind, int(first), int(last)) for kind, first, last in spans]
        self.ask_to_draw()

    def set_transients(self, transients: np.ndarray) -> None:
        """Labelled transients (k, 2): ticks above the trace."""
        self.transients = np.asarray(transients, dtype=np.int64).reshape(-1, 2)
        self.ask_to_draw()

    def set_prediction(self, intervals: np.ndarray | None) -> None:
        """Predicted transients (k, 2): ticks below the trace."""
        given = np.empty((0, 2)) if intervals is None else intervals
        self.predicted = np.asarray(given, dtype=np.int64).reshape(-1, 2)
        self.ask_to_draw()

    def set_range(self, first: int, last: int) -> None:
        """Move the handle; the callback is not called."""
        self.range = (first, last)
        self._draw_handle()

    def set_playhead(self, frame: int | None) -> None:
        """Move the playhead; nothing else is drawn."""
        self.playhead = frame
        self._draw_playhead()

    def draw(self, width: int, height: int) -> None:
        """The whole recording, and the part in view."""
        left, right = self.px(GUTTER), max(self.px(GUTTER) + 1, width - self.px(RIGHT))
        self.axis = TimeAxis(-0.5, self.n_frames - 0.5, left, right - left, self.n_frames)
        rect = Rect(left, self.px(2), right, height - self.px(2))
        pixels = paint.new_pixels(height, width, self.look.background)
        paint.words(paint.area(pixels, *rect))[...] = paint.word(self.look.panel)
        picture.paint_spans(pixels, rect, self.axis, self.spans, self.look)
        self._paint_trace(pixels, rect)
        self._paint_ticks(pixels, rect)
        self._photo.show(pixels)
        self.canvas.delete("text")
        length = clock(self.n_frames / self.frame_rate_hz) if self.n_frames > 1 else ""
        write(self.canvas, left - self.px(5), height / 2, length, self.look, "e")
        self._draw_handle()
        self._draw_playhead()

    def _paint_trace(self, pixels: np.ndarray, rect: Rect) -> None:
        if self._trace is None:
            return
        marks = self.px(MARKS_HEIGHT)
        inner = Rect(rect.left, rect.top + marks, rect.right, rect.bottom - marks)
        values = value_axis(inner, [self._trace.extremes()])
        lows, highs = self._trace.columns(self.axis.start, self.axis.stop, rect.width)
        paint.columns(
            paint.area(pixels, *rect),
            values.ys(highs) - rect.top,
            values.ys(lows) - rect.top,
            mixed(self.look.ink, self.look.panel, 0.25),
            1.1 * self.look.scale,
        )

    def _paint_ticks(self, pixels: np.ndarray, rect: Rect) -> None:
        tall, thick = self.px(MARKS_HEIGHT - 1), self.px(1.4)
        at = self.axis.xs(self.transients[:, 1])
        top = rect.top + self.px(4)
        paint.verticals(pixels, at, top, top + tall, self.look.series[3], thick)
        at = self.axis.xs(self.predicted.mean(axis=1))
        paint.verticals(pixels, at, rect.bottom - tall, rect.bottom, self.look.series[0], thick)

    def _draw_handle(self) -> None:
        canvas, look = self.canvas, self.look
        canvas.delete("handle")
        if self.n_frames <= 1:
            return
        left, right = self.axis.x(self.range[0] - 0.5), self.axis.x(self.range[1] + 0.5)
        right = max(right, left + self.px(3))
        height = canvas.winfo_height()
        canvas.create_rectangle(
            left,
            self.px(1),
            right,
            height - self.px(2),
            outline=look.accent,
            width=self.px(1.6),
            tags="handle",
        )
        for x in (left, right):
            canvas.create_rectangle(
                x - self.px(2),
                height / 2 - self.px(7),
                x + self.px(2),
                height / 2 + self.px(7),
                fill=look.accent,
                outline="",
                tags="handle",
            )

    def _draw_playhead(self) -> None:
        self.canvas.delete("playhead")
        if self.playhead is not None:
            x = self.axis.x(self.playhead)
            height = self.canvas.winfo_height()
            self.canvas.create_line(
                x, 0, x, height, fill=self.look.accent, width=self.px(1.2), tags="playhead"
            )

    # ---- the mouse -----------------------------------------------------------------------------

    def _tell(self, first: int, last: int) -> None:
        if (first, last) != self.range:
            self.range = (first, last)
            self._draw_handle()
            self._on_range(first, last)

    def _press(self, event: Any) -> None:
        self.canvas.focus_set()
        part = grip(event.x, self.axis, self.range, self.px(5))
        frame = self.axis.frame(event.x)
        if part == "beside":
            span = self.range[1] - self.range[0]
            self._tell(*moved_range("middle", (0, span), frame - span // 2, self.n_frames))
            part = "middle"
        self._grip = (part, frame, self.range)

    def _drag(self, event: Any) -> None:
        if self._grip is not None:
            part, start, before = self._grip
            by = self.axis.frame(event.x) - start
            self._tell(*moved_range(part, before, by, self.n_frames))

    def _release(self, _event: object) -> None:
        self._grip = None

    def _hover(self, event: Any) -> None:
        part = grip(event.x, self.axis, self.range, self.px(5))
        self.canvas.configure(cursor=CURSORS.get(part, ""))

    def _wheel(self, event: Any, steps: int) -> None:
        first, last = self.range
        axis = TimeAxis(first - 0.5, last + 0.5, 0, last - first + 1, self.n_frames)
        about = self.axis.frame(event.x)
        if not first <= about <= last:
            about = (first + last) // 2
        axis = axis.zoomed(1.25**steps, axis.x(about))
        self._tell(axis.first, axis.last)
