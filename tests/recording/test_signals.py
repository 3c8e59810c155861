"""Signals on their own clock, brought to five frames of 0.1 s."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.recording.signals import Signal, frame_edges, per_frame, regular_signal

EDGES = frame_edges(5, 10.0)


def test_a_faster_signal_is_averaged_within_each_frame() -> None:
    """Two samples a frame: 0 and 2, 4 and 6, ..."""
    speed = regular_signal("speed", np.arange(0, 20, 2), "cm/s", 20.0)
    assert per_frame(speed, EDGES).tolist() == [1, 5, 9, 13, 17]


def test_a_slower_signal_takes_the_value_in_between() -> None:
    """One sample in frame 0 and one in frame 4, a straight line from the one to the other."""
    slow = Signal("temperature", np.array([10.0, 50.0]), "K", np.array([0.05, 0.45]))
    assert per_frame(slow, EDGES, "linear") == pytest.approx([10, 20, 30, 40, 50])
    assert per_frame(slow, EDGES) == pytest.approx([10, 20, 30, 40, 50])


def test_a_state_holds_until_the_next() -> None:
    stimulus = Signal("stimulus", np.array([1, 7, 0]), "", np.array([0.0, 0.12, 0.31]))
    assert per_frame(stimulus, EDGES, "previous")[:3].tolist() == [1, 7, 7]


def test_events_are_counted() -> None:
    licks = Signal("lick", np.array([1, 1, 1]), "", np.array([0.01, 0.02, 0.44]))
    assert per_frame(licks, EDGES, "count").tolist() == [2, 0, 0, 0, 1]


def test_nothing_is_made_up_outside_the_signal() -> None:
    late = Signal("speed", np.array([3.0, 3.0]), "cm/s", np.array([0.15, 0.35]))
    for way in ("mean", "linear", "previous"):
        found = per_frame(late, EDGES, way)  # type: ignore[arg-type]
        assert np.isnan(found).tolist() == [True, False, False, False, True], way


def test_several_columns_stay_columns() -> None:
    place = regular_signal("place", np.array([[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]), "cm", 10.0)
    assert per_frame(place, EDGES).tolist() == place.values.tolist()


@pytest.mark.parametrize(
    ("values", "times", "expected"),
    [
        (np.zeros(3), np.zeros(2), "3 times"),
        (np.zeros(2), np.array([1.0, 1.0]), "ascending"),
        (np.zeros(2), np.array([0.0, np.nan]), "ascending"),
        (np.array(["a", "b"]), np.array([0.0, 1.0]), "numbers"),
    ],
)
def test_signals_that_cannot_be(values: np.ndarray, times: np.ndarray, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        Signal("x", values, "", times)


def test_a_rate_of_nothing() -> None:
    with pytest.raises(InputError, match="above 0 Hz"):
        regular_signal("x", np.zeros(2), "", 0.0)


@given(st.lists(st.floats(0, 0.5, exclude_max=True), min_size=1, max_size=30, unique=True))
def test_no_event_is_lost_or_counted_twice(times: list[float]) -> None:
    events = Signal("lick", np.ones(len(times)), "", np.sort(times))
    assert per_frame(events, EDGES, "count").sum() == len(times)
