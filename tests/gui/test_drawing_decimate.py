"""Two numbers per column: no extreme is lost, and columns join without gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from deepcinac.gui.drawing.decimate import Trace, strongest_per_column, values_between

SIX = np.array([0.0, 4.0, 2.0, 8.0, 6.0, 1.0])


def test_three_columns_of_two_frames() -> None:
    # Edges lie at -0.5, 1.5, 3.5 and 5.5; the line is at 3 on the second and at 7 on the third.
    lows, highs = Trace(SIX).columns(-0.5, 5.5, 3)
    assert lows.tolist() == [0, 2, 1]
    assert highs.tolist() == [4, 8, 7]


def test_zoomed_in_the_line_between_two_frames() -> None:
    lows, highs = Trace(SIX).columns(0, 1, 4)
    assert lows.tolist() == [0, 1, 2, 3]
    assert highs.tolist() == [1, 2, 3, 4]


def test_a_peak_inside_a_column_that_is_finer_than_the_frames() -> None:
    lows, highs = Trace(SIX).columns(0.75, 1.25, 1)
    assert (lows.tolist(), highs.tolist()) == ([3.0], [4.0])


def test_beyond_the_trace_there_is_nothing() -> None:
    lows, _ = Trace(SIX).columns(-3, 9, 12)
    assert np.isnan(lows).tolist() == [True] * 2 + [False] * 7 + [True] * 3


def test_a_trace_without_frames() -> None:
    trace = Trace(np.empty(0))
    assert np.isnan(trace.columns(0, 10, 3)[0]).all()
    assert trace.extremes() == (0.0, 1.0)


def test_frames_without_a_value_do_not_hide_their_neighbours() -> None:
    lows, highs = Trace(np.array([1.0, np.nan, 3.0, 2.0])).columns(-0.5, 3.5, 1)
    assert (lows.tolist(), highs.tolist()) == ([1.0], [3.0])
    assert Trace(np.array([1.0, np.nan, 3.0])).extremes() == (1.0, 3.0)


traces = of_numpy.arrays(np.float32, st.integers(2, 400), elements=st.floats(-1000, 1000, width=32))


@given(values=traces, n=st.integers(1, 60), data=st.data())
def test_no_extreme_is_lost(values: np.ndarray, n: int, data: st.DataObject) -> None:
    start = data.draw(st.floats(0, len(values) - 2))
    stop = data.draw(st.floats(start + 0.5, len(values) - 1))
    lows, highs = Trace(values).columns(start, stop, n)
    inside = values[int(np.ceil(start)) : int(np.floor(stop)) + 1].astype(float)
    if inside.size:
        assert np.nanmin(lows) <= inside.min() + 1e-6
        assert np.nanmax(highs) >= inside.max() - 1e-6
    assert np.nanmin(lows) >= values.min() - 1e-3
    assert np.nanmax(highs) <= values.max() + 1e-3
    # Neighbouring columns share the point on their common edge.
    assert (lows[1:] <= highs[:-1] + 1e-3).all()
    assert (highs[1:] >= lows[:-1] - 1e-3).all()


@settings(max_examples=100)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 12))
def test_the_pyramid_keeps_extremes_too(seed: int, n: int) -> None:
    values = np.random.default_rng(seed).normal(size=20_000).astype(np.float32)
    trace = Trace(values, pyramid_from=1000)
    assert [len(lows) for lows, _ in trace.levels] == [1250, 79, 5]
    lows, highs = trace.columns(-0.5, 19_999.5, n)
    assert (np.nanmin(lows), np.nanmax(highs)) == (values.min(), values.max())
    assert trace.extremes() == (values.min(), values.max())
    fine_lows, fine_highs = Trace(values).columns(-0.5, 19_999.5, n)
    # A block lies in one column, so columns may differ by the frames of one block.
    assert (np.abs(lows - fine_lows) < 2).all()
    assert (np.abs(highs - fine_highs) < 2).all()


def test_the_line_between_frames() -> None:
    at = np.array([-0.5, 0, 0.5, 4.25, 5, 5.5])
    found = values_between(SIX, at)
    assert np.isnan(found[[0, 5]]).all()
    assert found[1:5].tolist() == [0, 2, 4.75, 1]


RASTER = np.array([[0, 0, 9, 0, 0, 1], [5, 0, 0, 0, 7, 0]], dtype=np.uint8)


@pytest.mark.parametrize(
    ("edges", "strongest"),
    [
        ([-0.5, 2.5, 5.5], [[9, 1], [5, 7]]),
        ([-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5], RASTER.tolist()),
        ([1.5, 2.0, 2.5, 3.5], [[9, 9, 0], [0, 0, 0]]),
        ([1.6, 1.8, 2.2, 2.4], [[9, 9, 9], [0, 0, 0]]),
        ([3.5, 5.5], [[1], [7]]),
    ],
)
def test_the_strongest_of_each_cell_in_each_column(
    edges: list[float], strongest: list[list[int]]
) -> None:
    assert strongest_per_column(RASTER.T, np.array(edges)).T.tolist() == strongest
