"""The value axes of the traces: fluorescence on the left, dF/F on the right when both are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deepcinac.gui.drawing.decimate import Trace
from deepcinac.gui.drawing.trace_layout import Rect
from deepcinac.gui.drawing.trace_picture import DFF, TraceContent
from deepcinac.gui.drawing.viewport import TimeAxis, ValueAxis, tick_step, ticks

TICK_PX = 36
ROOM = 0.05
"""Share of the range that is left free above and below."""

LEAST_SHARE = 0.12
"""Share of the whole height that a fitted one keeps at least."""

Extremes = Callable[[str], tuple[float, float]]


def value_axes(
    content: TraceContent, rect: Rect, extremes: Extremes | None = None, zoom: float = 1.0
) -> dict[str, ValueAxis]:
    """The axis of each trace that is drawn; dF/F has its own, the others share one.

    ``extremes(name)`` gives what an axis must hold: of the whole recording unless told otherwise, so
    that the traces stay put while they are panned. ``zoom`` stretches the values from the lowest up.
    """
    drawn = content.drawn()
    known = extremes or (lambda name: content.traces[name].extremes())
    axes = {}
    for group in ([name for name in drawn if name == DFF], [n for n in drawn if n != DFF]):
        if group:
            axis = _axis_over([known(name) for name in group], rect)
            high = axis.low + (axis.high - axis.low) / zoom
            axes.update(dict.fromkeys(group, ValueAxis(axis.low, high, axis.top, axis.height)))
    return axes


def seen_extremes(traces: Mapping[str, Trace], axis: TimeAxis) -> dict[str, tuple[float, float]]:
    """What each trace spans in the visible frames, never less than a share of what it spans in all.

    Without that least share, noise would fill the height and look like activity.
    """
    found = {}
    for name, trace in traces.items():
        low, high = Trace(trace.values[axis.first : axis.last + 1]).extremes()
        bottom, top = trace.extremes()
        least = LEAST_SHARE * (top - bottom)
        found[name] = (low, max(high, low + least))
    return found


def _axis_over(extremes: list[tuple[float, float]], rect: Rect) -> ValueAxis:
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    room = ROOM * (high - low) or 0.5
    return ValueAxis(low - room, high + room, rect.top, rect.height)


def left_axis(axes: dict[str, ValueAxis]) -> ValueAxis | None:
    """The axis written in the left gutter: fluorescence, or dF/F where it is alone."""
    others = [axis for name, axis in axes.items() if name != DFF]
    return others[0] if others else axes.get(DFF)


def right_axis(axes: dict[str, ValueAxis]) -> ValueAxis | None:
    """The axis of dF/F beside other traces."""
    return axes.get(DFF) if len(axes) > 1 else None


def value_marks(axis: ValueAxis, scale: float) -> tuple[list[float], float]:
    """Round values to write beside an axis, and the step between them."""
    at_most = max(2, round(axis.height / (TICK_PX * scale)))
    step = tick_step(axis.high - axis.low, at_most)
    return list(ticks(axis.low, axis.high, at_most)), step
