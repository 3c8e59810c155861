"""The picture of the trace view: everything that does not move with the pointer, painted at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deepcinac.gui.drawing import paint
from deepcinac.gui.drawing.decimate import Trace, values_between
from deepcinac.gui.drawing.look import Look, mixed, px
from deepcinac.gui.drawing.peak_marks import MARKS, PeakVerdict, Verdicts, paint_peak
from deepcinac.gui.drawing.trace_layout import Rect, TraceLayout, probability_axis
from deepcinac.gui.drawing.viewport import TimeAxis, ValueAxis

Spans = list[tuple[str, int, int]]

RAW, SMOOTHED, WITHOUT_OVERLAP, NEUROPIL, MINUS_NEUROPIL, DFF = (
    "raw",
    "smoothed",
    "without overlap",
    "neuropil",
    "without overlap, minus neuropil",
    "dF/F",
)
TRACE_NAMES = (RAW, SMOOTHED, WITHOUT_OVERLAP, NEUROPIL, MINUS_NEUROPIL, DFF)
MAX_DASHED_SHARE = 1 / 14
"""With more onsets than this for each px, dashed lines would hide the trace: ticks are drawn."""

DASHED_BELOW = 0.15
"""Frames for each px below which a trace is smooth enough on the screen to be dashed."""


@dataclass
class TraceContent:
    """What is known of one cell; frames of intervals are inclusive at both ends."""

    traces: dict[str, Trace] = field(default_factory=dict)
    shown: set[str] = field(default_factory=lambda: {RAW, SMOOTHED})
    transients: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    selected: int = -1
    pending_onset: int | None = None
    spans: Spans = field(default_factory=list)
    prediction: Trace | None = None
    threshold: float = 0.5
    prediction_name: str = ""
    lanes: list[tuple[str, np.ndarray]] = field(default_factory=list)
    lane_colours: list[int] = field(default_factory=list)
    lane_dimmed: list[bool] = field(default_factory=list)
    lane_curves: dict[int, Trace] = field(default_factory=dict)
    verdicts: Verdicts | None = None

    def is_dimmed(self, lane: int) -> bool:
        """Whether a lane is drawn faintly."""
        return lane < len(self.lane_dimmed) and self.lane_dimmed[lane]

    def drawn(self) -> list[str]:
        """Names of the traces to draw, the most important last (on top)."""
        order = (NEUROPIL, RAW, WITHOUT_OVERLAP, MINUS_NEUROPIL, DFF, SMOOTHED)
        return [name for name in order if name in self.shown and name in self.traces]

    def dots_on(self) -> str | None:
        """The trace that peaks are marked on."""
        drawn = self.drawn()
        for name in (SMOOTHED, RAW, WITHOUT_OVERLAP, MINUS_NEUROPIL, DFF, NEUROPIL):
            if name in drawn:
                return name
        return None

    def verdict(self, i: int) -> PeakVerdict | None:
        """What is known of whose light transient ``i`` is."""
        if self.verdicts is None:
            return None
        onset, peak = self.transients[i].tolist()
        return self.verdicts.get((onset, peak))


@dataclass(frozen=True)
class Pen:
    """How a trace is drawn: never by its colour alone."""

    colour: str
    thickness: float
    dash: tuple[int, int] | None = None


def pens(look: Look) -> dict[str, Pen]:
    """The pen of each trace."""
    s = look.scale
    dashes = (px(look, 9), px(look, 3)), (px(look, 4), px(look, 3)), (px(look, 2), px(look, 2))
    return {
        RAW: Pen(look.series[0], 1.1 * s),
        SMOOTHED: Pen(look.ink, 1.8 * s),
        WITHOUT_OVERLAP: Pen(look.series[2], 1.5 * s, dashes[0]),
        NEUROPIL: Pen(look.series[4], 1.5 * s, dashes[1]),
        MINUS_NEUROPIL: Pen(look.series[3], 1.4 * s, dashes[2]),
        DFF: Pen(look.series[1], 1.4 * s),
    }


SPAN_COLOURS = {"labelled": 2, "doubtful": 1, "movement": 4}
SPAN_HATCH = {"doubtful": "/", "movement": "x"}


def paint_ground(
    pixels: np.ndarray, layout: TraceLayout, axis: TimeAxis, look: Look, marks: list[float]
) -> None:
    """Grid lines at the time ``marks`` (frames), and the grounds of prediction and lanes."""
    paint.words(pixels)[...] = paint.word(look.background)
    for part in (layout.main, *([layout.prediction] if layout.prediction else []), *layout.lanes):
        paint.words(paint.area(pixels, *part))[...] = paint.word(look.panel)
    plot = layout.plot
    xs = axis.xs(np.array(marks))
    xs = xs[(xs >= plot.left) & (xs < plot.right)]
    for part in (layout.main, *([layout.prediction] if layout.prediction else [])):
        paint.verticals(pixels, xs, part.top, part.bottom, look.grid, px(look, 1))


def paint_values(pixels: np.ndarray, main: Rect, ys: list[float], look: Look) -> None:
    """Faint horizontal lines at the ticks of the values."""
    for y in ys:
        line = paint.area(pixels, main.left, y, main.right, y + px(look, 1))
        paint.words(line)[...] = paint.word(look.grid)


def paint_spans(pixels: np.ndarray, main: Rect, axis: TimeAxis, spans: Spans, look: Look) -> None:
    """Labelled spans as a bar along the top and a tint; doubtful ones and movement hatched."""
    for kind, first, last in spans:
        left = max(main.left, axis.x(first - 0.5))
        right = min(main.right, axis.x(last + 0.5))
        if right <= left:
            continue
        right = max(right, left + 1)
        colour = look.series[SPAN_COLOURS.get(kind, 0)]
        part = paint.area(pixels, left, main.top, right, main.bottom)
        if kind in SPAN_HATCH:
            faded = mixed(colour, look.panel, 0.45)
            spacing, line = px(look, 9), px(look, 1)
            paint.hatch(part, faded, spacing, line, SPAN_HATCH[kind], round(left))
            # Only the hatch crosses the traces; the ends are told by a full line.
            edges = np.array([left, right - 1])
            paint.verticals(pixels, edges, main.top, main.bottom, faded, px(look, 1))
        else:
            paint.tint(part, colour, 0.08)
            bar = paint.area(pixels, left, main.top, right, main.top + px(look, 4))
            paint.words(bar)[...] = paint.word(colour)


def paint_active(
    pixels: np.ndarray, main: Rect, axis: TimeAxis, content: TraceContent, look: Look
) -> None:
    """A tint from onset to peak, where the cell is active; stronger for the selected transient."""
    at = visible(content.transients, axis)
    part = paint.area(pixels, *main)
    columns = covered_columns(content.transients[at[at != content.selected]], axis, main)
    paint.tint(part, look.accent, 0.10, columns)
    if content.selected in at:
        onset, peak = content.transients[content.selected]
        left, right = max(axis.x(onset - 0.5), main.left), min(axis.x(peak + 0.5), main.right)
        paint.tint(paint.area(pixels, left, main.top, right, main.bottom), look.accent, 0.28)
        bar = paint.area(pixels, left, main.bottom - px(look, 3), right, main.bottom)
        paint.words(bar)[...] = paint.word(look.accent)


def covered_columns(intervals: np.ndarray, axis: TimeAxis, main: Rect) -> np.ndarray:
    """Which columns (width,) of the traces lie in one of the intervals (k, 2)."""
    left = np.rint(axis.xs(intervals[:, 0] - 0.5)).astype(np.int64) - main.left
    right = np.rint(axis.xs(intervals[:, 1] + 0.5)).astype(np.int64) - main.left
    steps = np.zeros(main.width + 1, dtype=np.int64)
    np.add.at(steps, np.clip(left, 0, main.width), 1)
    np.add.at(steps, np.clip(right, 0, main.width), -1)
    return np.cumsum(steps[:-1]) > 0


def visible(intervals: np.ndarray, axis: TimeAxis) -> np.ndarray:
    """Which of ``intervals`` (k, 2), frames inclusive, reach into the axis."""
    if not len(intervals):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(
        (intervals[:, 1] >= axis.start - 0.5) & (intervals[:, 0] <= axis.stop + 0.5)
    )


def paint_traces(
    pixels: np.ndarray,
    main: Rect,
    axis: TimeAxis,
    content: TraceContent,
    values: dict[str, ValueAxis],
    look: Look,
) -> None:
    """The traces that are shown; ``values`` has the axis of each."""
    part = paint.area(pixels, *main)
    behind = SMOOTHED in content.drawn()
    for name in content.drawn():
        lows, highs = content.traces[name].columns(axis.start, axis.stop, main.width)
        scale, pen = values[name], pens(look)[name]
        dash = pen.dash if axis.frames_per_px < DASHED_BELOW / look.scale else None
        paint.columns(
            part,
            scale.ys(highs) - main.top,
            scale.ys(lows) - main.top,
            mixed(pen.colour, look.panel, 0.4) if name == RAW and behind else pen.colour,
            pen.thickness,
            dash=dash,
        )


def peak_ys(content: TraceContent, values: dict[str, ValueAxis], main: Rect) -> np.ndarray:
    """Height (px) of the peak of each transient, on the trace that peaks are marked on."""
    name = content.dots_on()
    if name is None or not len(content.transients):
        return np.full(len(content.transients), main.top + main.height / 2)
    at_peak = values_between(content.traces[name].values, content.transients[:, 1].astype(float))
    return np.clip(values[name].ys(at_peak), main.top, main.bottom)


def paint_marks(
    pixels: np.ndarray,
    main: Rect,
    axis: TimeAxis,
    content: TraceContent,
    ys: np.ndarray,
    look: Look,
) -> None:
    """Onsets as dashed lines, ticks where they are many; peaks as dots, or as whose light they are."""
    at = visible(content.transients, axis)
    part = paint.area(pixels, *main)
    colour, thick = look.series[3], px(look, 1.4)
    if at.size:
        onsets = axis.xs(content.transients[at, 0]) - main.left
        many = at.size > MAX_DASHED_SHARE * main.width / look.scale
        top = round(main.height * 0.88) if many else 0
        dash = None if many else (px(look, 5), px(look, 4))
        paint.verticals(part, onsets, top, main.height, colour, thick, dash)
        radius = (2.2 if many else 3.6) * look.scale
        xs = axis.xs(content.transients[at, 1]) - main.left
        dots_ys = ys[at] - main.top
        found = [content.verdict(i) for i in at.tolist()]
        plain = np.array([verdict is None for verdict in found])
        if not many:
            paint.dots(part, xs[plain], dots_ys[plain], radius + look.scale, look.panel)
        paint.dots(part, xs[plain], dots_ys[plain], radius, colour)
        for origin in MARKS:
            held = np.array([known is not None and known.origin == origin for known in found])
            if held.any():
                paint_peak(part, xs[held], dots_ys[held], origin, radius, look)
        chosen = at == content.selected
        ring = radius + 2.5 * look.scale
        paint.dots(part, xs[chosen], dots_ys[chosen], ring, look.ink, ring - 1.2 * look.scale)
    if content.pending_onset is not None:
        x = np.array([axis.x(content.pending_onset) - main.left])
        paint.verticals(part, x, 0, main.height, colour, px(look, 2), (px(look, 2), px(look, 3)))


def paint_prediction(
    pixels: np.ndarray, rect: Rect, axis: TimeAxis, content: TraceContent, look: Look
) -> None:
    """The probability; frames at or above the threshold are filled from the base to the curve."""
    if content.prediction is None:
        return
    scale = probability_axis(rect)
    lows, highs = content.prediction.columns(axis.start, axis.stop, rect.width)
    part = paint.area(pixels, *rect)
    tops, bottoms = scale.ys(highs) - rect.top, scale.ys(lows) - rect.top
    base = np.full(rect.width, scale.y(0.0) - rect.top)
    active = np.where(active_columns(content, axis, highs), tops, np.nan)
    paint.columns(part, active, base, mixed(look.series[5], look.panel, 0.45), 0.0)
    paint.columns(part, tops, bottoms, look.series[0], 1.3 * look.scale)


def active_columns(content: TraceContent, axis: TimeAxis, highs: np.ndarray) -> np.ndarray:
    """Whether a column holds an active frame (n,): one whose probability reaches the threshold.

    ``highs`` (n,) are the highest of the curve in each column.
    """
    assert content.prediction is not None
    if axis.frames_per_px >= 1:
        return np.nan_to_num(highs, nan=-1.0) >= content.threshold
    edges = np.linspace(axis.start, axis.stop, len(highs) + 1)
    last = len(content.prediction) - 1
    frames = np.clip(np.rint((edges[:-1] + edges[1:]) / 2), 0, last).astype(np.int64)
    return content.prediction.values[frames] >= content.threshold


DIMMED_SHARE = 0.72
"""How much of the ground is in the colour of a lane that is dimmed."""


def paint_lanes(
    pixels: np.ndarray, layout: TraceLayout, axis: TimeAxis, content: TraceContent, look: Look
) -> None:
    """One row for each of the other layers: bars, or a curve that is filled from the base."""
    for i, rect in enumerate(layout.lanes):
        intervals = np.asarray(content.lanes[i][1], dtype=np.int64).reshape(-1, 2)
        at = visible(intervals, axis)
        margin = px(look, 3)
        curve = content.lane_curves.get(i)
        colour = mixed(
            look.series[
                content.lane_colours[i] if i < len(content.lane_colours) else (0, 2, 4, 1)[i % 4]
            ],
            look.panel,
            DIMMED_SHARE if content.is_dimmed(i) else 0.15,
        )
        if curve is not None:
            _, highs = curve.columns(axis.start, axis.stop, rect.width)
            base = np.full(rect.width, float(rect.height))
            part = paint.area(pixels, *rect)
            paint.columns(
                part,
                base - np.clip(np.nan_to_num(highs), 0, 1) * (rect.height - 1),
                base,
                colour,
                0.0,
            )
        for onset, peak in intervals[at]:
            left = max(rect.left, round(axis.x(onset - 0.5)))
            right = min(rect.right, max(left + 1, round(axis.x(peak + 0.5))))
            bar = paint.area(pixels, left, rect.top + margin, right, rect.bottom - margin)
            paint.words(bar)[...] = paint.word(colour)
