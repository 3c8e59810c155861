"""What a press, a drag and a release on the traces mean, tool by tool. No window in here.

The state machine is given what lies under the pointer and returns what to do as :class:`Act`; the view
carries acts out. Dragging an onset or a peak moves it with every tool but the eraser.
"""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.gui.drawing.trace_layout import Hit

SELECT, ONSET, PEAK, TRANSIENT, ERASE = "select", "onset", "peak", "transient", "erase"
SPANS = ("labelled", "doubtful", "movement")
TOOLS = (SELECT, ONSET, PEAK, TRANSIENT, *SPANS, ERASE)

DRAG_PX = 4
"""The pointer must move this far (at 96 dpi) before a click becomes a drag."""


@dataclass(frozen=True)
class Act:
    """One thing to do.

    ``kind``: "seek" (frame), "select" (index, -1 for none), "pan" (dx px), "add" (what, frame), "add
    transient" (first, last), "move" (index, first, last), "span" (what, first, last), "threshold"
    (y px, ``final`` on release), or one of the previews "ghost transient", "ghost span", "ghost move",
    "no ghost".
    """

    kind: str
    what: str = ""
    index: int = -1
    first: int = 0
    last: int = 0
    y: float = 0.0
    dx: float = 0.0
    final: bool = True


class Gesture:
    """The hand on the traces: ``press``, ``drag`` and ``release`` return the acts that follow.

    ``tool`` is one of ``TOOLS``.
    """

    def __init__(self, drag_px: float = DRAG_PX) -> None:
        self.tool = SELECT
        self.drag_px = drag_px
        self._pressed: Hit | None = None
        self._start = self._latest = (0.0, 0.0)
        self._moved = False
        self._transient = (0, 0)

    @property
    def takes_playhead(self) -> bool:
        """With a tool chosen, a click at the playhead labels: that is where one looks."""
        return self.tool == SELECT

    def press(self, on: Hit, x: float, y: float, transient: tuple[int, int] = (0, 0)) -> list[Act]:
        """The left button went down on ``on``; ``transient`` is the one it belongs to, if any."""
        if on.kind == "playhead" and not self.takes_playhead:
            on = Hit("empty", on.frame)
        self._pressed, self._start, self._latest = on, (x, y), (x, y)
        self._moved, self._transient = False, transient
        if on.kind in ("time", "playhead"):
            return [Act("seek", first=on.frame)]
        return []

    def drag(self, frame: int, x: float, y: float) -> list[Act]:
        """The pointer moved to ``frame`` with the button held."""
        on = self._pressed
        if on is None:
            return []
        far = max(abs(x - self._start[0]), abs(y - self._start[1])) >= self.drag_px
        self._moved = self._moved or far
        dx, self._latest = x - self._latest[0], (x, y)
        if not self._moved and on.kind not in ("time", "playhead"):
            self._latest = self._start
            return []
        return self._dragged(on, frame, dx, y)

    def _dragged(self, on: Hit, frame: int, dx: float, y: float) -> list[Act]:
        if on.kind in ("time", "playhead"):
            return [Act("seek", first=frame)]
        if on.kind == "threshold":
            return [Act("threshold", y=y, final=False)]
        if self._moves(on):
            return [Act("ghost move", on.kind, on.index, *self._moved_to(on, frame))]
        if self.tool in (TRANSIENT, ONSET, PEAK):
            return [Act("ghost transient", "", -1, *_between(on.frame, frame))]
        if self.tool in (*SPANS, ERASE):
            return [Act("ghost span", self.tool, -1, *_between(on.frame, frame))]
        return [Act("pan", dx=dx)]

    def release(self, frame: int, x: float, y: float) -> list[Act]:
        """The button went up: what was previewed is done, or the press was a click."""
        on, self._pressed = self._pressed, None
        if on is None or on.kind in ("time", "playhead"):
            return []
        if on.kind == "threshold":
            return [Act("threshold", y=y)] if self._moved else []
        if not self._moved:
            return self._clicked(on)
        done = [Act("no ghost")]
        if self._moves(on):
            first, last = self._moved_to(on, frame)
            if (first, last) != self._transient:
                done.append(Act("move", on.kind, on.index, first, last))
        elif self.tool in (TRANSIENT, ONSET, PEAK):
            done.append(Act("add transient", "", -1, *_between(on.frame, frame)))
        elif self.tool in (*SPANS, ERASE):
            done.append(Act("span", self.tool, -1, *_between(on.frame, frame)))
        return done

    def cancel(self) -> list[Act]:
        """Escape: give up the gesture in progress."""
        self._pressed = None
        return [Act("no ghost")]

    def _clicked(self, on: Hit) -> list[Act]:
        if self.tool in (ONSET, PEAK, TRANSIENT, ERASE):
            return [Act("add", self.tool, on.index, on.frame, on.frame)]
        chosen = on.index if on.kind in ("onset", "peak", "transient") else -1
        return [Act("select", index=chosen), Act("seek", first=on.frame)]

    def _moves(self, on: Hit) -> bool:
        return on.kind in ("onset", "peak") and self.tool != ERASE

    def _moved_to(self, on: Hit, frame: int) -> tuple[int, int]:
        """Onset and peak while one of them is dragged; it stops at the other."""
        onset, peak = self._transient
        return (min(frame, peak), peak) if on.kind == "onset" else (onset, max(frame, onset))


def _between(first: int, last: int) -> tuple[int, int]:
    return min(first, last), max(first, last)
