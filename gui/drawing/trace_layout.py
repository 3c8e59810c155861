"""Where the parts of the trace view lie, and what lies under a point of it. No window in here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from deepcinac.gui.drawing.viewport import TimeAxis, ValueAxis

GUTTER, RIGHT, TOP = 66, 12, 6
RIGHT_WITH_AXIS = 46
TIME_HEIGHT = 20
HEAD_HEIGHT = 16
LANE_HEIGHT = 15
LANE_GAP = 3
PREDICTION_SHARE, PREDICTION_MIN, PREDICTION_MAX = 0.18, 36, 80
PARTS_GAP = 8
REACH = 5
"""Pixels (at 96 dpi) beside an onset, a peak or a line at which the pointer still takes it."""

MIN_MAIN = 40


class Rect(NamedTuple):
    """A part of the canvas in px; right and bottom are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.left <= x < self.right and self.top <= y < self.bottom


@dataclass(frozen=True)
class TraceLayout:
    """Rectangles of the traces, the prediction below them, the lanes and the time axis.

    ``head``, where there is one, lies above the traces: the key of the peaks.
    """

    main: Rect
    prediction: Rect | None
    lanes: tuple[Rect, ...]
    time: Rect
    head: Rect | None = None

    @property
    def plot(self) -> Rect:
        """Everything above the time axis, between the gutters."""
        return Rect(self.main.left, self.main.top, self.main.right, self.time.top)


def trace_layout(
    width: int,
    height: int,
    scale: float,
    n_lanes: int = 0,
    prediction: bool = False,
    right_axis: bool = False,
    head: bool = False,
) -> TraceLayout:
    """Divide a canvas; the traces get what the others leave, lanes go when there is no room."""
    left = round(GUTTER * scale)
    right = max(left + 1, width - round((RIGHT_WITH_AXIS if right_axis else RIGHT) * scale))
    top, time_top = round(TOP * scale), max(1, height - round(TIME_HEIGHT * scale))
    above = Rect(left, 0, right, round(HEAD_HEIGHT * scale)) if head else None
    top = above.bottom if above is not None else top
    gap = round(PARTS_GAP * scale)
    lane_height, lane_gap = round(LANE_HEIGHT * scale), round(LANE_GAP * scale)
    bottom = time_top - round(2 * scale)
    room = bottom - top - round(MIN_MAIN * scale) - gap // 2
    if prediction:
        room -= round(PREDICTION_MIN * scale) + gap
    n_lanes = max(0, min(n_lanes, room // (lane_height + lane_gap)))
    lanes = []
    for i in range(n_lanes):
        lane_top = bottom - (n_lanes - i) * (lane_height + lane_gap) + lane_gap
        lanes.append(Rect(left, lane_top, right, lane_top + lane_height))
    bottom -= n_lanes * (lane_height + lane_gap) + (gap // 2 if n_lanes else 0)
    below: Rect | None = None
    if prediction:
        wanted = (bottom - top) * PREDICTION_SHARE
        part = round(np.clip(wanted, PREDICTION_MIN * scale, PREDICTION_MAX * scale))
        if bottom - top - part - gap >= MIN_MAIN * scale:
            below = Rect(left, bottom - part, right, bottom)
            bottom -= part + gap
    main = Rect(left, top, right, max(top + 1, bottom))
    return TraceLayout(main, below, tuple(lanes), Rect(left, time_top, right, height), above)


@dataclass(frozen=True)
class Hit:
    """What lies under the pointer.

    ``kind`` is "onset", "peak", "transient" (between the two), "span", "threshold", "playhead",
    "lane", "time" (the axis) or "empty"; ``index`` says which, in the order they were set, or -1.
    ``frame`` is the frame under the pointer.
    """

    kind: str
    frame: int
    index: int = -1


@dataclass
class HitTargets:
    """What can be hit: transients (k, 2), the heights of their peaks (px), spans (kind, first, last)."""

    transients: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    peak_ys: np.ndarray = field(default_factory=lambda: np.empty(0))
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    threshold: float | None = None
    playhead: int | None = None


def hit(
    x: float, y: float, layout: TraceLayout, axis: TimeAxis, on: HitTargets, scale: float
) -> Hit:
    """What the pointer at (x, y) takes: what is small before what is large."""
    frame = axis.frame(x)
    reach = REACH * scale
    if y >= layout.time.top:
        return Hit("time", frame)
    for i, lane in enumerate(layout.lanes):
        if lane.top <= y < lane.bottom:
            return Hit("lane", frame, i)
    if layout.prediction is not None and layout.prediction.holds(x, y):
        return _hit_prediction(y, frame, layout.prediction, on, reach)
    if layout.main.holds(x, y):
        found = _hit_transient(x, y, axis, on, reach)
        if found is not None:
            return Hit(found[0], frame, found[1])
    if on.playhead is not None and abs(axis.x(on.playhead) - x) <= reach:
        return Hit("playhead", frame)
    for i, (_, first, last) in reversed(list(enumerate(on.spans))):
        if first <= frame <= last:
            return Hit("span", frame, i)
    return Hit("empty", frame)


def _hit_prediction(y: float, frame: int, rect: Rect, on: HitTargets, reach: float) -> Hit:
    if on.threshold is not None:
        line = probability_axis(rect).y(on.threshold)
        if abs(line - y) <= reach:
            return Hit("threshold", frame)
    return Hit("empty", frame)


def _hit_transient(
    x: float, y: float, axis: TimeAxis, on: HitTargets, reach: float
) -> tuple[str, int] | None:
    """The nearest peak, else onset, within reach; else the transient that the frame lies in."""
    if not len(on.transients):
        return None
    onset_distance = np.abs(axis.xs(on.transients[:, 0]) - x)
    peak_distance = np.hypot(axis.xs(on.transients[:, 1]) - x, on.peak_ys - y)
    peak, onset = int(peak_distance.argmin()), int(onset_distance.argmin())
    if peak_distance[peak] <= 1.6 * reach:
        return "peak", peak
    if onset_distance[onset] <= reach:
        return "onset", onset
    frame = axis.frame(x)
    inside = (on.transients[:, 0] <= frame) & (frame <= on.transients[:, 1])
    return ("transient", int(inside.argmax())) if inside.any() else None


def probability_axis(rect: Rect) -> ValueAxis:
    """The axis from 0 to 1 of the prediction, with room for the lines at both ends."""
    margin = max(1.0, rect.height * 0.06)
    return ValueAxis(0.0, 1.0, rect.top + margin, rect.height - 2 * margin)


def value_axis(rect: Rect, extremes: list[tuple[float, float]]) -> ValueAxis:
    """An axis over all (low, high) with 5 % of room at both ends."""
    low = min((low for low, _ in extremes), default=0.0)
    high = max((high for _, high in extremes), default=1.0)
    room = 0.05 * (high - low) or 0.5
    return ValueAxis(low - room, high + room, rect.top, rect.height)
