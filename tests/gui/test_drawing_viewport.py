"""Frames, values and pixels: there and back, zooming about the pointer, what a click means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.gui.drawing.viewport import (
    ImageAxes,
    TimeAxis,
    ValueAxis,
    clock,
    magnified,
    number,
    tick_step,
    ticks,
    time_ticks,
)

TEN = TimeAxis(-0.5, 9.5, 50, 100, 10)  # ten frames, ten pixels each, from pixel 50 on


def test_the_middle_of_a_frame() -> None:
    assert [TEN.x(frame) for frame in (0, 1, 9)] == [55, 65, 145]
    assert TEN.xs(np.array([0, 9])).tolist() == [55, 145]


@pytest.mark.parametrize(
    ("x", "frame"), [(50, 0), (59.9, 0), (60, 1), (64, 1), (149, 9), (10, 0), (500, 9)]
)
def test_the_frame_that_a_click_means(x: float, frame: int) -> None:
    assert TEN.frame(x) == frame


def test_the_visible_frames_are_those_whose_middle_shows() -> None:
    axis = TimeAxis(2.3, 6.9, 0, 100, 100)
    assert (axis.first, axis.last) == (3, 6)
    closest = TEN.showing(3, 6)  # eight frames are the closest there is
    assert (closest.start, closest.stop) == (0.5, 8.5)


def test_zooming_keeps_the_frame_under_the_pointer() -> None:
    axis = TimeAxis(-0.5, 999.5, 50, 500, 1000)
    closer = axis.zoomed(4, about=300)
    assert closer.position(300) == pytest.approx(axis.position(300))
    assert closer.stop - closer.start == pytest.approx(250)


def test_zooming_stops_at_eight_frames_and_at_the_recording() -> None:
    axis = TimeAxis(-0.5, 999.5, 0, 500, 1000)
    close = axis.zoomed(1e9, about=250)
    assert close.stop - close.start == 8
    assert close.zoomed(1e-9, about=3) == axis


def test_panning_stops_at_the_ends() -> None:
    axis = TimeAxis(100, 200, 0, 500, 1000)
    assert axis.panned(-500).start == -0.5
    assert axis.panned(5000).stop == 999.5
    assert axis.panned(25).start == 125


@given(
    n=st.integers(1, 200_000),
    moves=st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 800), st.floats(-1e5, 1e5))),
)
def test_no_gesture_leaves_the_recording(n: int, moves: list[tuple[float, float, float]]) -> None:
    axis = TimeAxis(-0.5, n - 0.5, 0, 800, n)
    for factor, about, by in moves:
        axis = axis.zoomed(factor, about).panned(by)
        assert -0.5 - 1e-6 <= axis.start < axis.stop <= n - 0.5 + 1e-6
        assert 0 <= axis.first <= axis.last <= n - 1


@given(frame=st.integers(0, 9999))
def test_a_click_on_the_middle_of_a_frame_means_that_frame(frame: int) -> None:
    axis = TimeAxis(-0.5, 9999.5, 58, 777, 10_000).zoomed(50, 400)
    if axis.first <= frame <= axis.last:
        assert axis.frame(axis.x(frame)) == frame


def test_values_count_upwards() -> None:
    axis = ValueAxis(0, 10, top=20, height=100)
    assert (axis.y(10), axis.y(5), axis.y(0)) == (20, 70, 120)
    assert axis.value(70) == 5
    assert np.isfinite(ValueAxis(3, 3, 0, 100).y(3))


def test_an_image_of_four_by_two_pixels_in_the_middle() -> None:
    axes = ImageAxes.fitting(100, 100, image_width=4, image_height=2)
    assert axes == ImageAxes(25, 0, 25)
    assert axes.to_screen(0, 0) == (12.5, 37.5)  # the middle of the first pixel
    assert axes.to_image(12.5, 37.5) == (0, 0)
    assert axes.pixel(0, 25) == (0, 0)
    assert axes.pixel(99.9, 74.9) == (3, 1)
    assert axes.pixel(50, 10) == (2, -1)


def test_zooming_an_image_keeps_the_point_under_the_pointer() -> None:
    axes = ImageAxes(2, 10, 20).zoomed(1.5, 77, 33)
    assert axes.to_image(77, 33) == pytest.approx(ImageAxes(2, 10, 20).to_image(77, 33))


def test_an_image_is_kept_in_the_view() -> None:
    # 400 px wide and 100 px high in a view of 200 x 200 px
    assert ImageAxes(10, 300, 150).kept(200, 200, 40, 10) == ImageAxes(10, 100, 100)
    assert ImageAxes(10, -900, -5).kept(200, 200, 40, 10) == ImageAxes(10, -300, 0)
    assert ImageAxes(10, -50, 70).kept(200, 200, 40, 10) == ImageAxes(10, -50, 70)


@pytest.mark.parametrize(
    ("span", "at_most", "step"), [(95, 10, 10), (1.2, 6, 0.2), (7, 7, 1), (7, 6, 2), (0, 5, 1)]
)
def test_round_steps(span: float, at_most: int, step: float) -> None:
    assert tick_step(span, at_most) == pytest.approx(step)


def test_ticks_between_two_values() -> None:
    assert list(ticks(-3, 11, 7)) == [-2, 0, 2, 4, 6, 8, 10]
    assert [number(value, 0.05) for value in (0.1, 0.15000000000000002)] == ["0.10", "0.15"]


def test_time_in_seconds_and_from_ten_minutes_on_by_the_clock() -> None:
    short = time_ticks(TimeAxis(-0.5, 99.5, 0, 500, 100), 10.0, 5)
    assert short == [(0, "0 s"), (20, "2 s"), (40, "4 s"), (60, "6 s"), (80, "8 s")]
    long = time_ticks(TimeAxis(-0.5, 11_999.5, 0, 500, 12_000), 10.0, 5)
    assert long == [(0, "0:00"), (3000, "5:00"), (6000, "10:00"), (9000, "15:00")]
    assert clock(3725) == "1:02:05"


@pytest.mark.parametrize(
    ("frame", "n_frames", "shown"),
    [
        (500, 1000, (450, 550)),
        (10, 1000, (0, 100)),
        (995, 1000, (899, 999)),
        (5, 30, (0, 29)),
        (0, 1, (0, 0)),
    ],
)
def test_the_window_of_the_magnifier(frame: int, n_frames: int, shown: tuple[int, int]) -> None:
    assert magnified(frame, n_frames) == shown
