"""Where the window is: cell, frame, visible range, and the frame under the mouse. No Tk."""

from __future__ import annotations

from deepcinac.errors import InputError
from deepcinac.gui.session.open_session import OpenSession
from deepcinac.gui.session.topics import CELL, FRAME, HOVER, PENDING, RANGE, SELECTION

SHORTEST_RANGE = 10
"""Frames: with fewer there is nothing to compare a frame with."""
PAGE_OVERLAP = 0.1
"""Share of the view that stays visible on the next page, as in DeepCINAC 1."""


class Place(OpenSession):
    """The current place in the open session, and the ways to another one."""

    def _go_to_the_start(self) -> None:
        self.cell = 0
        self.frame = 0
        self.visible = (0, 0)
        self.pending_onset: int | None = None
        self.selected: int | None = None
        self.hovered_frame: int | None = None
        self._hovered_value: float | None = None

    def go_to_cell(self, cell: int) -> None:
        """Make a cell the current one."""
        if self.is_open and cell != self.cell:
            if not 0 <= cell < self.n_cells:
                raise InputError(f"a cell from 0 to {self.n_cells - 1}", str(cell))
            self.cell, self.selected, self.pending_onset = cell, None, None
            self._forget_hover()
            self.changed(CELL, SELECTION, PENDING)

    def step_cell(self, step: int) -> None:
        """Go ``step`` cells on; the last is followed by the first."""
        if self.n_cells:
            self.go_to_cell((self.cell + step) % self.n_cells)

    def go_to_frame(self, frame: int, *, reveal: bool = True) -> None:
        """Make a frame the current one; with ``reveal`` the visible range follows when needed."""
        if not self.is_open:
            return
        frame = min(max(int(frame), 0), self.n_frames - 1)
        with self.changing():
            if frame != self.frame:
                self.frame = frame
                self._forget_hover()
                self.changed(FRAME)
            if reveal and not self.visible[0] <= frame <= self.visible[1]:
                self.centre_on(frame)

    def show_range(self, first: int, last: int) -> None:
        """Make frames ``first`` to ``last`` visible, both included, shifted into the movie."""
        visible = self._within(first, last)
        if visible != self.visible:
            self.visible = visible
            self._forget_hover()
            self.changed(RANGE)

    def is_visible(self, first: int, last: int | None = None) -> bool:
        """Whether any of the frames ``first`` to ``last`` (default: that one) is in view."""
        last = first if last is None else last
        return first <= self.visible[1] and last >= self.visible[0]

    def centre_on(self, frame: int) -> None:
        """Keep the length of the visible range and put ``frame`` into its middle."""
        n_visible = self.visible[1] - self.visible[0] + 1
        first = int(frame) - n_visible // 2
        self.show_range(first, first + n_visible - 1)

    def page(self, direction: int) -> None:
        """Show the next (1) or previous (-1) stretch; a tenth of the view stays."""
        n_visible = self.visible[1] - self.visible[0] + 1
        step = direction * max(1, round(n_visible * (1 - PAGE_OVERLAP)))
        self.show_range(self.visible[0] + step, self.visible[1] + step)

    def zoom(self, factor: float, frame: int | None = None) -> None:
        """Show ``factor`` times as many frames; ``frame`` stays where it is on the screen."""
        first, last = self.visible
        fixed = self.frame if frame is None else frame
        fixed = min(max(fixed, first), last)
        n_before = max(1, last - first + 1)
        n_after = min(max(round(n_before * factor), SHORTEST_RANGE), max(self.n_frames, 1))
        start = round(fixed - (fixed - first) * n_after / n_before)
        self.show_range(start, start + n_after - 1)

    def _within(self, first: int, last: int) -> tuple[int, int]:
        n_frames = self.n_frames
        length = min(max(int(last) - int(first) + 1, SHORTEST_RANGE), n_frames)
        start = min(max(int(first), 0), n_frames - length)
        return start, start + length - 1

    def hover(self, frame: int | None, value: float | None = None) -> None:
        """The mouse is over a frame of the traces, at a value; None when it has left them."""
        if (frame, value) != (self.hovered_frame, self._hovered_value):
            self.hovered_frame, self._hovered_value = frame, value
            self.changed(HOVER)

    def _forget_hover(self) -> None:
        """What was under the resting mouse is elsewhere now: the foot tells the playhead again."""
        if self.hovered_frame is not None:
            self.hovered_frame = self._hovered_value = None
            self.changed(HOVER)

    def place_text(self) -> str:
        """Frame, seconds and value at the playhead, or under the mouse when that moved last."""
        if not self.is_open:
            return ""
        frame = self.frame if self.hovered_frame is None else self.hovered_frame
        mouse = "" if self.hovered_frame is None else "mouse: "
        text = f"{mouse}frame {frame}   {frame / self.frame_rate_hz:.2f} s"
        value = self._hovered_value if self.hovered_frame is not None else None
        if value is None and self.data is not None:
            value = float(self.data.raw[self.cell, frame])
        return text if value is None else f"{text}   value {value:.5g}"
