"""The traces of a cell over the visible range: what was measured, labelled and predicted."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.decimate import values_between
from deepcinac.gui.drawing.gestures import Act, Gesture
from deepcinac.gui.drawing.look import Look, mixed
from deepcinac.gui.drawing.paint import new_pixels
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.trace_axes import left_axis, seen_extremes, value_axes, value_marks
from deepcinac.gui.drawing.trace_items import TraceItems
from deepcinac.gui.drawing.trace_layout import (
    Hit,
    HitTargets,
    TraceLayout,
    hit,
    probability_axis,
    trace_layout,
)
from deepcinac.gui.drawing.unsaved import UnsavedMark
from deepcinac.gui.drawing.view import bind_right_button, bind_wheel, nothing
from deepcinac.gui.drawing.viewport import TimeAxis, ValueAxis, time_ticks
from deepcinac.gui.views.trace_content_view import TraceContentView

WHEEL_ZOOM = 1.25
WHEEL_PAN_SHARE = 0.1
TICK_PX = 90
INVALID_SHADE = 0.22
"""How grey the ground of an invalid cell is, between the usual ground and faint ink."""
CURSORS = {
    "onset": "sb_h_double_arrow",
    "peak": "sb_h_double_arrow",
    "threshold": "sb_v_double_arrow",
    "playhead": "sb_h_double_arrow",
    "time": "sb_h_double_arrow",
}


class TraceView(TraceContentView):
    """Zoomed traces with the marks of one layer, a prediction and the lanes of other layers.

    Callbacks (all optional; frames are whole numbers):

    ``on_range(first, last)`` the visible range changed; ``on_seek(frame)`` click or scrub;
    ``on_hover(frame | None, value | None)`` pointer; ``on_select(index)`` click on a transient, -1
    beside all; ``on_add(what, frame)`` click with a tool ("onset", "peak", "transient", "erase");
    ``on_add_transient(onset, peak)`` drag with one of the first three; ``on_move(index, onset,
    peak)`` an onset or a peak was dragged; ``on_span(kind, first, last)`` drag with the tool of a
    span or the eraser; ``on_threshold(p, final)``; ``on_context(hit, x_root, y_root)`` right click.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        *,
        on_range: Callable[[int, int], object] = nothing,
        on_seek: Callable[[int], object] = nothing,
        on_hover: Callable[[int | None, float | None], object] = nothing,
        on_select: Callable[[int], object] = nothing,
        on_add: Callable[[str, int], object] = nothing,
        on_add_transient: Callable[[int, int], object] = nothing,
        on_move: Callable[[int, int, int], object] = nothing,
        on_span: Callable[[str, int, int], object] = nothing,
        on_threshold: Callable[[float, bool], object] = nothing,
        on_context: Callable[[Hit, int, int], object] = nothing,
    ) -> None:
        super().__init__(parent, look, 640, 260)
        self._on: dict[str, Callable[..., object]] = {
            "range": on_range,
            "seek": on_seek,
            "hover": on_hover,
            "select": on_select,
            "add": on_add,
            "add transient": on_add_transient,
            "move": on_move,
            "span": on_span,
            "threshold": on_threshold,
            "context": on_context,
        }
        self.gesture = Gesture(self.px(4))
        self.axis = TimeAxis(-0.5, 0.5, 0, 1, 1)
        self.layout: TraceLayout = trace_layout(1, 1, look.scale)
        self.playhead: int | None = None
        self.pixels = new_pixels(1, 1, look.panel)
        self.peak_ys = np.empty(0)
        self.values: dict[str, ValueAxis] = {}
        self._targets = HitTargets()
        self._photo = CanvasPhoto(self.canvas)
        self._items = TraceItems(self.canvas)
        self._magnifier = False
        self._pointer: tuple[int, int] | None = None
        self._pan_x: float | None = None
        self._bind_hand()

    # ---- what is shown -------------------------------------------------------------------------

    def set_recording(self, n_frames: int, frame_rate_hz: float) -> None:
        """Another recording: all of it becomes visible, everything else is taken off."""
        self.frame_rate_hz = frame_rate_hz
        self._forget_content()
        self.playhead = None
        self.axis = TimeAxis(-0.5, n_frames - 0.5, self.axis.left, self.axis.width, n_frames)
        self.ask_to_draw()

    def set_tool(self, tool: str) -> None:
        """What the left button does: one of :data:`deepcinac.gui.drawing.gestures.TOOLS`."""
        self.gesture.tool = tool
        self.canvas.configure(cursor="" if tool == "select" else "crosshair")

    def set_magnifier(self, on: bool) -> None:
        """Show the frames around the pointer enlarged."""
        self._magnifier = on
        self._items.magnify(self, self._pointer if on else None)

    def set_playhead(self, frame: int | None) -> None:
        """Move the playhead; nothing else is drawn."""
        self.playhead = frame
        self._targets.playhead = frame
        self._items.playhead(self, frame)

    def show_unsaved(self, marks: Sequence[UnsavedMark]) -> None:
        """Show at once what is not yet on disk; the labels that follow take it off."""
        self.unsaved = list(marks)
        self._items.unsaved(self)
        if marks:
            self.canvas.update_idletasks()

    # ---- the visible range ---------------------------------------------------------------------

    @property
    def range(self) -> tuple[int, int]:
        """First and last visible frame."""
        return self.axis.first, self.axis.last

    def set_range(self, first: int, last: int) -> None:
        """Show these frames; the callback is not called.

        Whoever answers ``on_range`` with the same range does not undo the fractions of a frame that
        a slow drag collects.
        """
        if (first, last) != self.range:
            self._show(self.axis.showing(first, last), tell=False)

    def centre_on(self, frame: int) -> None:
        """Keep the zoom and bring a frame to the middle."""
        self._show(self.axis.panned(frame - (self.axis.start + self.axis.stop) / 2))

    def reveal(self, frame: int, margin: float = 0.1) -> None:
        """Bring a frame into view, moving no farther than needed to have it well inside."""
        span = self.axis.stop - self.axis.start
        if not self.axis.start + margin * span <= frame <= self.axis.stop - margin * span:
            self.centre_on(frame)

    def pan(self, share: float) -> None:
        """Move by a share of the visible range; 0.9 is the next view with a tenth in common."""
        self._show(self.axis.panned(share * (self.axis.stop - self.axis.start)))

    def zoom(self, factor: float, frame: float | None = None) -> None:
        """Come ``factor`` times closer, about a frame (the middle of the view)."""
        middle = self.axis.left + self.axis.width / 2
        self._show(self.axis.zoomed(factor, middle if frame is None else self.axis.x(frame)))

    def fit_height(self) -> None:
        """Fit the height to what is seen now; a second time: to the whole recording again."""
        seen = seen_extremes(self.content.traces, self.axis)
        self._held = None if self._held == seen else seen
        self._value_zoom = 1.0
        self.ask_to_draw()

    def set_fits_height(self, on: bool) -> None:
        """Always fit the height to what is seen."""
        if on != self.fits_height:
            self.fits_height, self._held, self._value_zoom = on, None, 1.0
            self.ask_to_draw()

    def zoom_values(self, factor: float) -> None:
        """Stretch the values about the lowest."""
        self._value_zoom = float(np.clip(self._value_zoom * factor, 1.0, 50.0))
        self.ask_to_draw()

    def _show(self, axis: TimeAxis, tell: bool = True) -> None:
        before, self.axis = self.axis, axis
        if axis != before:
            self.ask_to_draw()
            if tell and (axis.first, axis.last) != (before.first, before.last):
                self._on["range"](axis.first, axis.last)

    # ---- drawing -------------------------------------------------------------------------------

    def draw(self, width: int, height: int) -> None:
        """Traces, marks, spans, lanes and the prediction."""
        content = self.content
        has_dff = picture.DFF in content.drawn()
        right_axis = has_dff and len(content.drawn()) > 1
        self.layout = trace_layout(
            width,
            height,
            self.look.scale,
            len(content.lanes),
            content.prediction is not None,
            right_axis,
            head=content.verdicts is not None,
        )
        main = self.layout.main
        self.axis = TimeAxis(
            self.axis.start, self.axis.stop, main.left, main.width, self.axis.n_frames
        )
        held = seen_extremes(content.traces, self.axis) if self.fits_height else self._held
        extremes = held.__getitem__ if held is not None else None
        self.values = value_axes(content, main, extremes, zoom=self._value_zoom)
        if self.pixels.shape[:2] != (height, width):
            self.pixels = new_pixels(height, width, self.look.panel)
        ys = picture.peak_ys(content, self.values, main)
        self._targets = HitTargets(
            content.transients,
            ys,
            content.spans,
            content.threshold if content.prediction is not None else None,
            self.playhead,
        )
        self.peak_ys = ys
        self._paint(ys)
        self._photo.show(self.pixels)
        self._items.draw(self)

    def _paint(self, ys: np.ndarray) -> None:
        pixels, layout, axis, look = self.pixels, self.layout, self.axis, self.look
        if self.invalid:
            grey = mixed(look.panel, look.faint, INVALID_SHADE)
            look = replace(look, panel=grey)
        content, main = self.content, self.layout.main
        picture.paint_ground(pixels, layout, axis, look, [at for at, _ in self.time_marks()])
        left = left_axis(self.values)
        if left is not None:
            marks, _ = value_marks(left, look.scale)
            picture.paint_values(pixels, main, left.ys(np.array(marks)).tolist(), look)
        picture.paint_spans(pixels, main, axis, content.spans, look)
        picture.paint_active(pixels, main, axis, content, look)
        picture.paint_traces(pixels, main, axis, content, self.values, look)
        picture.paint_marks(pixels, main, axis, content, ys, look)
        if layout.prediction is not None:
            picture.paint_prediction(pixels, layout.prediction, axis, content, look)
        picture.paint_lanes(pixels, layout, axis, content, look)

    def time_marks(self) -> list[tuple[float, str]]:
        """Frames and texts of the time axis."""
        at_most = max(2, round(self.layout.main.width / self.px(TICK_PX)))
        return time_ticks(self.axis, self.frame_rate_hz, at_most)

    # ---- the mouse -----------------------------------------------------------------------------

    def _bind_hand(self) -> None:
        bind = self.canvas.bind
        bind("<ButtonPress-1>", self._press, add=True)
        bind("<B1-Motion>", self._drag, add=True)
        bind("<ButtonRelease-1>", self._release, add=True)
        bind("<Motion>", self._hover, add=True)
        bind("<Leave>", self._leave, add=True)
        bind("<Escape>", lambda _: self._do(self.gesture.cancel()), add=True)
        middle = "3" if self.canvas.tk.call("tk", "windowingsystem") == "aqua" else "2"
        bind(f"<ButtonPress-{middle}>", self._start_pan, add=True)
        bind(f"<B{middle}-Motion>", self._drag_pan, add=True)
        bind_wheel(self.canvas, self._wheel)
        bind_right_button(self.canvas, self._context)

    def hit(self, x: float, y: float) -> Hit:
        """What lies at a point of the canvas."""
        return hit(x, y, self.layout, self.axis, self._targets, self.look.scale)

    def _press(self, event: Any) -> None:
        self.canvas.focus_set()
        on = self.hit(event.x, event.y)
        transient = (0, 0)
        if on.kind in ("onset", "peak"):
            transient = tuple(int(frame) for frame in self.content.transients[on.index])  # type: ignore[assignment]
        self._do(self.gesture.press(on, event.x, event.y, transient))

    def _drag(self, event: Any) -> None:
        self._pointer = event.x, event.y
        self._tell_hover(event.x)
        self._do(self.gesture.drag(self.axis.frame(event.x), event.x, event.y))
        if self._magnifier:
            self._items.magnify(self, self._pointer)

    def _release(self, event: Any) -> None:
        self._do(self.gesture.release(self.axis.frame(event.x), event.x, event.y))

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            if act.kind == "pan":
                self._show(self.axis.panned(-act.dx * self.axis.frames_per_px))
            elif act.kind == "threshold":
                self._drag_threshold(act)
            elif act.kind == "no ghost":
                self._items.ghost(self, None)
            elif act.kind.startswith("ghost"):
                self._items.ghost(self, act)
            elif act.kind in ("move", "select"):
                frames = (act.first, act.last) if act.kind == "move" else ()
                self._on[act.kind](act.index, *frames)
            elif act.kind in ("add", "seek"):
                self._on[act.kind](*([act.what] if act.what else []), act.first)
            else:
                self._on[act.kind](*([act.what] if act.what else []), act.first, act.last)

    def _drag_threshold(self, act: Act) -> None:
        if self.layout.prediction is None:
            return
        value = probability_axis(self.layout.prediction).value(act.y)
        self.content.threshold = round(float(np.clip(value, 0.01, 0.99)), 2)
        self.ask_to_draw()
        self._on["threshold"](self.content.threshold, act.final)

    def _wheel(self, event: Any, steps: int) -> None:
        if event.state & 0x0001:  # shift
            self.pan(-steps * WHEEL_PAN_SHARE)
        elif event.state & 0x0004:  # control
            self.zoom_values(WHEEL_ZOOM**steps)
        else:
            self._show(self.axis.zoomed(WHEEL_ZOOM**steps, event.x))

    def _start_pan(self, event: Any) -> None:
        self._pan_x = event.x

    def _drag_pan(self, event: Any) -> None:
        if self._pan_x is not None:
            self._show(self.axis.panned((self._pan_x - event.x) * self.axis.frames_per_px))
        self._pan_x = event.x

    def _hover(self, event: Any) -> None:
        self._pointer = event.x, event.y
        kind = self.hit(event.x, event.y).kind
        plain = "" if self.gesture.tool == "select" else "crosshair"
        if kind == "playhead" and not self.gesture.takes_playhead:
            kind = "empty"
        self.canvas.configure(cursor=CURSORS.get(kind, plain))
        self._tell_hover(event.x)
        self._items.cursor(self, event.x)
        if self._magnifier:
            self._items.magnify(self, self._pointer)

    def _tell_hover(self, x: float) -> None:
        frame = self.axis.frame(x)
        name = self.content.dots_on()
        value = None
        if name is not None:
            value = float(values_between(self.content.traces[name].values, np.array([frame]))[0])
        self._on["hover"](frame, value)

    def _leave(self, _event: object) -> None:
        self._pointer = None
        self._items.cursor(self, None)
        self._items.magnify(self, None)
        self._on["hover"](None, None)

    def _context(self, event: Any) -> None:
        self.canvas.focus_set()
        self._on["context"](self.hit(event.x, event.y), event.x_root, event.y_root)
