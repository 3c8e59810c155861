"""Suggested onsets and peaks on a trace that is drawn in numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepcinac.errors import InputError
from deepcinac.labelling import candidates

# frame    0  1  2  3  4  5  6  7  8  9
TRACE = [3, 2, 1, 4, 6, 5, 5, 7, 8, 2]


def test_candidates_are_where_rises_begin_and_end():
    trace = np.array(TRACE)
    assert candidates.candidate_onsets(trace).tolist() == [2, 6]
    assert candidates.candidate_peaks(trace).tolist() == [4, 8]


def test_a_click_snaps_to_the_nearest_candidate_within_reach():
    peaks = np.array([8, 4])
    assert candidates.snap(5, peaks, 2) == 4
    assert candidates.snap(7, peaks, 2) == 8
    assert candidates.snap(6, peaks, 2) == 4  # as near to both: the earlier
    assert candidates.snap(1, peaks, 2) == 1  # far from all: where it was
    assert candidates.snap(1, np.array([]), 2) == 1


def test_reach_in_frames():
    assert candidates.reach_frames(0.5, 10.0) == 5
    assert candidates.reach_frames(0.5, 0.5) == 1


def test_the_peak_is_the_highest_frame_within_reach():
    assert candidates.automatic_peak(TRACE, 2, 3) == 4
    assert candidates.automatic_peak(TRACE, 2, 6) == 8


def test_a_rise_is_followed_to_its_end():
    assert candidates.automatic_peak(TRACE, 6, 1) == 8


def test_an_onset_on_a_falling_trace_and_on_the_last_frame_has_a_peak_too():
    assert candidates.automatic_peak(TRACE, 0, 1) == 0
    assert candidates.automatic_peak(TRACE, 9, 10) == 9


@pytest.mark.parametrize("scale", [1.0, 0.01, -0.0, 1e-6])
def test_peaks_far_below_one_are_found(scale):
    """The published program wrote the height of the peak into an int8: below 1 it was lost."""
    small = np.array(TRACE) * scale - 0.5
    assert candidates.automatic_peak(small, 2, 3) == (4 if scale else 2)


def test_an_onset_outside_the_trace_is_a_sentence():
    with pytest.raises(InputError, match="within frames 0 to 9, found frame 10"):
        candidates.automatic_peak(TRACE, 10, 3)


@given(
    arrays(float, st.integers(1, 30), elements=st.floats(-0.9, 0.9)), st.data(), st.integers(1, 12)
)
def test_there_always_is_a_peak_in_the_movie_that_nothing_in_reach_exceeds(trace, data, reach):
    onset = data.draw(st.integers(0, len(trace) - 1))
    peak = candidates.automatic_peak(trace, onset, reach)
    assert onset <= peak < len(trace)
    assert trace[peak] >= trace[onset : onset + reach + 1].max()
