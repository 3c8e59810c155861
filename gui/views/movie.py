"""The movie around a cell: played, stepped, scrubbed, with what the classifier sees on demand."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepcinac.gui.drawing.cell_in_frame import CellInFrame
from deepcinac.gui.drawing.contrast import automatic_limits, grey, lookup_table
from deepcinac.gui.drawing.frames import (
    MAX_SPEED,
    MIN_SPEED,
    FrameStore,
    Read,
    due_frame,
    next_frame_in_ms,
)
from deepcinac.gui.drawing.image_canvas import visible_part
from deepcinac.gui.drawing.look import Look, rgb
from deepcinac.gui.drawing.movie_layout import INPUT_NAMES, patch_axes
from deepcinac.gui.drawing.outline_style import NEIGHBOUR, SELECTED
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.text import LARGE, write
from deepcinac.gui.drawing.track_overlay import TrackOverlay
from deepcinac.gui.drawing.view import View, bind_right_button, bind_wheel, nothing
from deepcinac.gui.drawing.viewport import ImageAxes

Loops = Sequence[np.ndarray]
Tracks = Callable[[int], Sequence[CellInFrame]]
"""The cells to draw in a frame."""
BRIGHTNESS_STEP = 1.25


class MovieView(View):
    """Frames of a patch. The clock decides which frame is due; a late drawing skips, it never lags.

    Callbacks: ``on_frame(frame)`` whenever another frame is shown; ``on_playing(bool)``;
    ``on_context(x_root, y_root)`` right click. The wheel steps through the frames.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        frame_rate_hz: float = 10.0,
        *,
        on_frame: Callable[[int], object] = nothing,
        on_playing: Callable[[bool], object] = nothing,
        on_context: Callable[[int, int], object] = nothing,
    ) -> None:
        super().__init__(parent, look, 300, 300)
        self._on_frame, self._on_playing, self._on_context = on_frame, on_playing, on_context
        self.n_frames, self.frame_rate_hz = 0, frame_rate_hz
        self.frame, self.playing, self.speed = 0, False, 1.0
        self.loop: tuple[int, int] | None = None
        self.smoothing, self.with_inputs, self.with_outlines = False, False, True
        self.limits: tuple[float, float] | None = None
        self.brightness, self._follows = 0, False
        self.note = ""
        self.axes: list[ImageAxes] = []
        self._table: tuple[tuple[float, float], np.ndarray] | None = None
        self._store: FrameStore | None = None
        self._corner, self._size = (0, 0), (0, 0)
        self._outlines: Loops = ()
        self._neighbours: Sequence[Loops] = ()
        self._masks: np.ndarray | None = None
        self._tracks: Tracks | None = None
        self._photo = CanvasPhoto(self.canvas)
        self._overlay = TrackOverlay(self.canvas)
        self._clock: str | None = None
        self._since = (0.0, 0)
        self.canvas.bind("<ButtonPress-1>", self._press, add=True)
        bind_wheel(self.canvas, lambda _, steps: self.step(-steps))
        bind_right_button(self.canvas, self._context)
        self.bind("<Destroy>", self._destroyed, add=True)

    # ---- what is shown -------------------------------------------------------------------------

    def set_movie(self, n_frames: int, frame_rate_hz: float) -> None:
        """Another movie: nothing is shown until there is a patch."""
        self.pause()
        self.n_frames, self.frame_rate_hz = n_frames, frame_rate_hz
        self.frame, self.loop, self.limits = 0, None, None
        self.clear()

    def clear(self, note: str = "") -> None:
        """Show no patch, and a text in its place."""
        self.pause()
        self._store, self._masks, self._tracks, self.note = None, None, None, note
        self.ask_to_draw()

    def set_patch(
        self,
        read: Read,
        top: int,
        left: int,
        height: int,
        width: int,
        outlines: Loops = (),
        neighbours: Sequence[Loops] = (),
    ) -> None:
        """The patch around a cell, and the outlines of it and of its neighbours (movie's x, y).

        ``read(start, stop)`` gives its frames (n, height, width). The contrast is chosen anew, unless it
        is to stay as it is (:meth:`set_contrast_follows`).
        """
        self._store = FrameStore(read, self.n_frames)
        self._corner, self._size = (top, left), (height, width)
        self._outlines, self._neighbours, self._masks = outlines, neighbours, None
        if self.limits is None or self._follows:
            self.auto_contrast()
        self.ask_to_draw()

    def set_masks(self, masks: np.ndarray | None) -> None:
        """What the classifier sees: masks (3, height, width) bool of cell, overlap and the rest."""
        self._masks = masks
        self.ask_to_draw()

    def set_tracks(self, tracks: Tracks | None) -> None:
        """Cells that move over the patch; ``tracks(frame)`` gives those of a frame. None: no more."""
        self._tracks = tracks
        self.ask_to_draw()

    def show_inputs(self, on: bool) -> None:
        """With or without the three masked inputs beside the patch."""
        self.with_inputs = on
        self.ask_to_draw()

    def show_outlines(self, on: bool) -> None:
        """With or without outlines."""
        self.with_outlines = on
        self.ask_to_draw()

    def set_smoothing(self, on: bool) -> None:
        """Show the mean of five frames instead of one."""
        self.smoothing = on
        self._draw_frame()

    def set_contrast(self, low: float, high: float) -> None:
        """Values shown black and white before the brightness is added."""
        self.limits = (low, high)
        self._draw_frame()

    def set_brightness(self, steps: int) -> None:
        """Brighter (steps > 0) or darker than by itself: the value shown white comes nearer or goes."""
        if steps != self.brightness:
            self.brightness = steps
            self._draw_frame()

    def set_contrast_follows(self, on: bool) -> None:
        """Choose the contrast of each cell anew, or keep it as it is now."""
        if on and not self._follows:
            self.auto_contrast()
        self._follows = on

    @property
    def shown_limits(self) -> tuple[float, float]:
        """The values that are black and white on the screen."""
        low, high = self.limits or (0.0, 1.0)
        return low, low + (high - low) * BRIGHTNESS_STEP**-self.brightness

    def auto_contrast(self) -> None:
        """Black and white from the pixels of the patch, in the frames around the present one."""
        if self._store is None or not self.n_frames:
            return
        self._store.frame(self.frame)  # its block holds the frames that cost nothing more
        reach = range(max(0, self.frame - 60), min(self.n_frames, self.frame + 61), 4)
        held = [
            self._store.frame(index) for index in (*reach, self.frame) if self._store.holds(index)
        ]
        sample = np.stack(held)
        self.set_contrast(*automatic_limits(sample, (0.5, 99.5)))

    # ---- playing -------------------------------------------------------------------------------

    def go(self, frame: int) -> None:
        """Show a frame; playing goes on from there."""
        frame = int(np.clip(frame, 0, max(0, self.n_frames - 1)))
        self._since = (time.perf_counter(), frame)
        if frame != self.frame:
            self.frame = frame
            self._draw_frame()
            self._on_frame(frame)

    def step(self, frames: int) -> None:
        """Stop, and go some frames on (or back)."""
        self.pause()
        self.go(self.frame + frames)

    def play(self) -> None:
        """Play from the present frame, in the loop when there is one."""
        if self.playing or self._store is None:
            return
        self.playing = True
        self._since = (time.perf_counter(), self.frame)
        self._on_playing(True)
        self._tick()

    def pause(self) -> None:
        """Stop playing."""
        if self._clock is not None:
            self.after_cancel(self._clock)
            self._clock = None
        if self.playing:
            self.playing = False
            self._on_playing(False)

    def toggle(self) -> None:
        """Play or pause."""
        (self.pause if self.playing else self.play)()

    def set_speed(self, speed: float) -> None:
        """0.1 to 10 times the speed of the recording."""
        self.speed = float(np.clip(speed, MIN_SPEED, MAX_SPEED))
        self._since = (time.perf_counter(), self.frame)

    def set_loop(self, first: int | None, last: int | None = None) -> None:
        """Play these frames again and again; None plays the whole movie."""
        self.loop = None if first is None or last is None else (first, last)
        self._since = (time.perf_counter(), self.frame)

    def _tick(self) -> None:
        began, start = self._since
        first, last = self.loop or (0, self.n_frames - 1)
        elapsed, rate = time.perf_counter() - began, self.frame_rate_hz * self.speed
        frame = due_frame(start, elapsed, rate, first, last)
        self._clock = self.after(next_frame_in_ms(elapsed, rate), self._tick)
        if frame != self.frame:
            self.frame = frame
            self._draw_frame()
            self._on_frame(frame)

    # ---- drawing -------------------------------------------------------------------------------

    def draw(self, width: int, height: int) -> None:
        """The frame, or the three inputs side by side."""
        self.canvas.delete("over")
        if self._store is None:
            self._photo.hide()
            self._overlay.hide(self.look)
            middle, room = (width / 2, height / 2), width * 0.8
            write(self.canvas, *middle, self.note, self.look, size=LARGE, room=room, tags="over")
            return
        with_inputs = self.with_inputs and self._masks is not None
        self.axes = patch_axes(
            width, height, self._size[1], self._size[0], self.look.scale, with_inputs
        )
        self._draw_frame()
        if with_inputs:
            for axes, name in zip(self.axes[1:], INPUT_NAMES, strict=True):
                top = axes.top - self.px(2)
                write(self.canvas, axes.left, top, name, self.look, "sw", tags="over")
        if self.with_outlines:
            dash = (self.px(4), self.px(3))
            for loops in self._neighbours:
                self._outline(self.axes[0], loops, NEIGHBOUR, self.px(1.4), dash)
            self._outline(self.axes[0], self._outlines, SELECTED, self.px(1.8))
            for axes in self.axes[1:]:  # small: more than the cell would hide the pixels
                self._outline(axes, self._outlines, SELECTED, self.px(1))

    def _outline(
        self, axes: ImageAxes, loops: Loops, colour: str, width: int, dash: tuple[int, ...] = ()
    ) -> None:
        top, left = self._corner
        for loop in loops:
            inside = np.clip(loop - (left, top), -0.5, (self._size[1] - 0.5, self._size[0] - 0.5))
            points = axes.points(inside).ravel().tolist()
            self.canvas.create_line(points, fill=colour, width=width, dash=dash, tags="over")

    def _draw_frame(self) -> None:
        """The pixels alone; outlines and texts stay."""
        if self._store is None or not self.axes or not self.n_frames:
            return
        width, height = self.canvas.winfo_width(), self.canvas.winfo_height()
        if width <= 1:
            return
        image = (
            self._store.smoothed(self.frame) if self.smoothing else self._store.frame(self.frame)
        )
        limits = self.shown_limits
        if self._table is None or self._table[0] != limits:
            self._table = (limits, lookup_table(*limits))
        shades = grey(image, *limits, self._table[1])
        outside = round(sum(rgb(self.look.panel)) / 3)
        shown = visible_part(shades, self.axes[0], width, height, outside)
        if len(self.axes) > 1 and self._masks is not None:
            for axes, mask in zip(self.axes[1:], self._masks, strict=True):
                self._put(shown, np.where(mask, shades, 0).astype(np.uint8), axes)
        self._photo.show(shown)
        self._draw_tracks()

    def _draw_tracks(self) -> None:
        if self._tracks is None or not self.with_outlines:
            self._overlay.hide(self.look)
            return
        (top, left), (height, width) = self._corner, self._size
        box = (top, top + height, left, left + width)
        self._overlay.show(self._tracks(self.frame), self.axes[0], box, self.look)

    def _put(self, shown: np.ndarray, shades: np.ndarray, axes: ImageAxes) -> None:
        left, top = max(0, round(axes.left)), max(0, round(axes.top))
        part = shown[top : round(axes.top + shades.shape[0] * axes.scale), left:]
        part = part[:, : round(axes.left + shades.shape[1] * axes.scale) - left]
        own = ImageAxes(axes.scale, axes.left - left, axes.top - top)
        part[...] = visible_part(shades, own, part.shape[1], part.shape[0], 0)

    # ---- the mouse -----------------------------------------------------------------------------

    def _press(self, _event: object) -> None:
        self.canvas.focus_set()

    def _context(self, event: Any) -> None:
        self._on_context(event.x_root, event.y_root)

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self and self._clock is not None:
            self.after_cancel(self._clock)
            self._clock = None
