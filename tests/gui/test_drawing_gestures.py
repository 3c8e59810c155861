"""What press, drag and release mean with every tool, and what the pointer takes."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.gui.drawing.gestures import Act, Gesture
from deepcinac.gui.drawing.strip import grip, moved_range
from deepcinac.gui.drawing.trace_layout import (
    Hit,
    HitTargets,
    hit,
    probability_axis,
    trace_layout,
)
from deepcinac.gui.drawing.viewport import TimeAxis

EMPTY = Hit("empty", 20)


def done(tool: str, on: Hit, to_frame: int, dx: float, transient: tuple[int, int] = (0, 0)) -> list:
    """What is left after press on ``on``, drag by ``dx`` px and release at ``to_frame``."""
    gesture = Gesture()
    gesture.tool = tool
    gesture.press(on, 100, 50, transient)
    if dx:
        gesture.drag(to_frame, 100 + dx, 50)
    acts = gesture.release(to_frame, 100 + dx, 50)
    return [act for act in acts if act.kind != "no ghost"]


@pytest.mark.parametrize("tool", ["onset", "peak", "transient", "erase"])
def test_a_click_with_a_tool(tool: str) -> None:
    assert done(tool, EMPTY, 20, 0) == [Act("add", tool, -1, 20, 20)]


@pytest.mark.parametrize("tool", ["onset", "peak", "transient"])
def test_a_drag_makes_a_transient_from_left_to_right(tool: str) -> None:
    assert done(tool, EMPTY, 26, 30) == [Act("add transient", "", -1, 20, 26)]
    assert done(tool, EMPTY, 14, -30) == [Act("add transient", "", -1, 14, 20)]


@pytest.mark.parametrize("tool", ["labelled", "doubtful", "movement", "erase"])
def test_a_drag_makes_a_span(tool: str) -> None:
    assert done(tool, EMPTY, 45, 90) == [Act("span", tool, -1, 20, 45)]


def test_a_click_without_a_tool_selects_and_goes_there() -> None:
    assert done("select", Hit("transient", 20, 3), 20, 0) == [
        Act("select", index=3),
        Act("seek", first=20),
    ]
    assert done("select", EMPTY, 20, 0)[0] == Act("select", index=-1)


def test_a_trembling_click_is_a_click() -> None:
    assert done("onset", EMPTY, 21, 3) == [Act("add", "onset", -1, 20, 20)]


@pytest.mark.parametrize("tool", ["select", "onset", "doubtful"])
def test_an_onset_and_a_peak_are_moved_with_any_tool(tool: str) -> None:
    onset, peak = Hit("onset", 20, 2), Hit("peak", 28, 2)
    assert done(tool, onset, 17, -30, (20, 28)) == [Act("move", "onset", 2, 17, 28)]
    assert done(tool, peak, 31, 30, (20, 28)) == [Act("move", "peak", 2, 20, 31)]


def test_an_onset_stops_at_its_peak() -> None:
    assert done("select", Hit("onset", 20, 0), 99, 300, (20, 28)) == [
        Act("move", "onset", 0, 28, 28)
    ]


def test_dragged_there_and_back_nothing_moved() -> None:
    assert done("select", Hit("onset", 20, 0), 20, 30, (20, 28)) == []


def test_panning_follows_the_pointer_from_the_press_on() -> None:
    gesture = Gesture()
    gesture.press(EMPTY, 100, 50)
    assert gesture.drag(20, 102, 50) == []
    assert gesture.drag(20, 110, 50) == [Act("pan", dx=10)]
    assert gesture.drag(20, 107, 50) == [Act("pan", dx=-3)]


def test_scrubbing_on_the_time_axis() -> None:
    gesture = Gesture()
    gesture.tool = "transient"
    assert gesture.press(Hit("time", 20), 100, 250) == [Act("seek", first=20)]
    assert gesture.drag(21, 101, 250) == [Act("seek", first=21)]
    assert gesture.release(21, 101, 250) == []


def test_the_threshold_tells_while_it_is_dragged_and_at_the_end() -> None:
    gesture = Gesture()
    gesture.press(Hit("threshold", 20), 100, 50)
    assert gesture.drag(20, 100, 70) == [Act("threshold", y=70, final=False)]
    assert gesture.release(20, 100, 72) == [Act("threshold", y=72, final=True)]


def test_escape_forgets_the_drag() -> None:
    gesture = Gesture()
    gesture.tool = "transient"
    gesture.press(EMPTY, 100, 50)
    assert gesture.drag(30, 200, 50)[0].kind == "ghost transient"
    assert gesture.cancel() == [Act("no ghost")]
    assert gesture.release(30, 200, 50) == []


LAYOUT = trace_layout(578, 300, 1.0, n_lanes=2, prediction=True)
AXIS = TimeAxis(-0.5, 99.5, LAYOUT.main.left, LAYOUT.main.width, 100)  # five px a frame
TARGETS = HitTargets(
    transients=np.array([[10, 14], [15, 40]]),
    peak_ys=np.array([40.0, 90.0]),
    spans=[("doubtful", 60, 69), ("labelled", 50, 90)],
    threshold=0.5,
    playhead=80,
)


def test_the_parts_of_the_view_do_not_overlap() -> None:
    assert LAYOUT.main.width == 500
    assert LAYOUT.prediction is not None
    tops = [LAYOUT.main, LAYOUT.prediction, *LAYOUT.lanes, LAYOUT.time]
    for above, below in zip(tops, tops[1:], strict=False):
        assert above.bottom <= below.top
    assert LAYOUT.time.bottom == 300


@pytest.mark.parametrize("height", [1, 30, 60, 90, 140])
def test_what_does_not_fit_goes_before_the_traces_do(height: int) -> None:
    layout = trace_layout(300, height, 1.0, n_lanes=5, prediction=True)
    parts = [layout.main, *([layout.prediction] if layout.prediction else []), *layout.lanes]
    assert all(part.height > 0 and part.width > 0 for part in parts)
    if height >= 90:
        assert layout.main.height >= 40


def at(x: float, y: float) -> Hit:
    return hit(x, y, LAYOUT, AXIS, TARGETS, 1.0)


def test_what_the_pointer_takes() -> None:
    assert at(AXIS.x(10), 100) == Hit("onset", 10, 0)
    assert at(AXIS.x(14), 41) == Hit("peak", 14, 0)
    assert at(AXIS.x(40) + 2, 88) == Hit("peak", 40, 1)
    assert at(AXIS.x(25), 100) == Hit("transient", 25, 1)
    assert at(AXIS.x(65), 100) == Hit("span", 65, 1)
    assert at(AXIS.x(52), 100) == Hit("span", 52, 1)
    assert at(AXIS.x(80), 100) == Hit("playhead", 80)
    assert at(AXIS.x(46), 100) == Hit("empty", 46)
    assert at(AXIS.x(46), LAYOUT.time.top + 3) == Hit("time", 46)
    assert at(AXIS.x(46), LAYOUT.lanes[1].top + 3) == Hit("lane", 46, 1)


def test_the_threshold_line() -> None:
    assert LAYOUT.prediction is not None
    line = probability_axis(LAYOUT.prediction).y(0.5)
    assert at(AXIS.x(46), line + 3) == Hit("threshold", 46)
    assert at(AXIS.x(46), LAYOUT.prediction.top + 2) == Hit("empty", 46)


STRIP = TimeAxis(-0.5, 999.5, 0, 500, 1000)


def test_the_parts_of_the_handle() -> None:
    where = [grip(x, STRIP, (200, 399), 5) for x in (50, 98, 103, 150, 199, 206)]
    assert where == ["beside", "first", "first", "middle", "last", "beside"]
    assert grip(101, STRIP, (200, 204), 5) == "middle"  # hardly wider than a line


def test_a_dragged_handle_stays_in_the_recording() -> None:
    assert moved_range("middle", (10, 19), -50, 1000) == (0, 9)
    assert moved_range("middle", (10, 19), 5000, 1000) == (990, 999)
    assert moved_range("first", (10, 29), 100, 1000) == (22, 29)
    assert moved_range("last", (10, 29), -100, 1000) == (10, 17)
    assert moved_range("middle", (0, 4), 3, 5) == (0, 4)


def test_a_tool_labels_at_the_playhead_and_only_the_empty_hand_takes_it() -> None:
    playhead = Hit("playhead", 20)
    assert done("onset", playhead, 20, 0) == [Act("add", "onset", -1, 20, 20)]
    gesture = Gesture()
    assert gesture.press(playhead, 100, 50) == [Act("seek", first=20)]
