"""One cell of a few frames at a time: what counts as found, as false, and as left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepcinac.evaluation.matching import (
    CellMatch,
    frames_in,
    match_cell,
    share_of_frames,
    touches,
)
from deepcinac.evaluation.metrics import Counts
from deepcinac.labelling.transients import raster, runs

NOTHING = np.empty((0, 2), dtype=int)


def intervals(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, dtype=int).reshape(-1, 2)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("##...", [[0, 1]]),  # active from the start
        ("..##.", [[2, 3]]),  # ends on the last frame but one
        ("...##", [[3, 4]]),  # ends on the last frame
        ("#...#", [[0, 0], [4, 4]]),
        ("#####", [[0, 4]]),
        (".....", []),
        ("#", [[0, 0]]),
    ],
)
def test_runs_begin_and_end_where_the_activity_does(frames, drawn, expected) -> None:
    assert runs(frames(drawn)).tolist() == expected


@given(arrays(bool, st.integers(0, 40)))
def test_a_raster_of_its_runs_is_the_raster(mask: np.ndarray) -> None:
    assert (raster(runs(mask), len(mask)) == mask).all()


def test_overlapping_and_touching_intervals_make_one_raster(frames) -> None:
    assert (raster(intervals((1, 3), (2, 4), (5, 5)), 8) == frames(".#####..")).all()


def test_measures_of_intervals(frames) -> None:
    mask = frames("##..#...")
    three = intervals((0, 3), (3, 5), (6, 7))
    assert frames_in(three, mask).tolist() == [2, 1, 0]
    assert touches(three, mask).tolist() == [True, True, False]
    assert share_of_frames(three, mask) == pytest.approx([2 / 4, 1 / 3, 0])


def matched(frames, real, putative, predicted: str, doubtful: str = "") -> CellMatch:
    doubt = frames(doubtful) if doubtful else np.zeros(len(predicted), dtype=bool)
    return match_cell(real, putative, frames(predicted), doubt)


def test_one_predicted_frame_is_enough(frames) -> None:
    # real:       2-5 and 10-12; both are rises of the trace, and so is 15-17
    # predicted:  one frame of the first, none of the second, one of the rise that is not real
    found = matched(
        frames,
        intervals((2, 5), (10, 12)),
        intervals((2, 5), (10, 12), (15, 17)),
        ".....#..........#...",
    )
    assert found.paper == Counts(n_real=2, n_detected=1, n_predicted=2, n_true=1)
    assert found.strict == found.paper
    assert found.share.tolist() == [0.25, 0]
    assert found.false.tolist() == [[15, 17]]
    assert (found.n_putative, found.n_excluded) == (3, 0)


def test_activity_outside_any_rise_is_false_in_the_strict_score_alone(frames) -> None:
    # The only rise is the real one (2-4), yet frames 8-9 and 15 are predicted as well.
    found = matched(frames, intervals((2, 4)), intervals((2, 4)), "..###...##.....#....")
    assert found.paper == Counts(n_real=1, n_detected=1, n_predicted=1, n_true=1)
    assert found.strict == Counts(n_real=1, n_detected=1, n_predicted=3, n_true=1)
    assert found.runs == Counts(n_real=1, n_detected=1, n_predicted=3, n_true=1)
    assert found.outside.tolist() == [[8, 9], [15, 15]]


def test_transients_that_touch_stay_two(frames) -> None:
    # 2-5 and 6-9 follow each other without a gap; only frame 3 is predicted.
    found = matched(frames, intervals((2, 5), (6, 9)), intervals((2, 5), (6, 9)), "...#........")
    assert found.paper is not None
    assert (found.paper.n_real, found.paper.n_detected) == (2, 1)
    assert found.share.tolist() == [0.25, 0]


def test_one_rise_over_two_real_transients_counts_once_as_predicted(frames) -> None:
    found = matched(frames, intervals((2, 3), (6, 7)), intervals((1, 8)), "..##..##....")
    assert found.paper == Counts(n_real=2, n_detected=2, n_predicted=1, n_true=1)


def test_a_real_transient_without_a_rise_is_one_true_detection(frames) -> None:
    found = matched(frames, intervals((2, 4)), intervals((7, 8)), "...#......")
    assert found.paper == Counts(n_real=1, n_detected=1, n_predicted=1, n_true=1)
    assert found.outside.tolist() == []


def test_doubtful_rises_are_left_out_unless_something_real_is_in_them(frames) -> None:
    # rises:      1-3 doubtful, 5-7 doubtful and real, 9-11 neither
    found = matched(
        frames,
        intervals((6, 7)),
        intervals((1, 3), (5, 7), (9, 11)),
        ".#...#....#.",
        ".##..#......",
    )
    # Frame 5 is in the rise of the real transient but not in the transient itself.
    assert found.paper == Counts(n_real=1, n_detected=0, n_predicted=2, n_true=1)
    assert (found.n_putative, found.n_excluded) == (2, 1)
    # By run: 1 and 5 touch doubtful frames only, 10 is false.
    assert found.runs == Counts(n_real=1, n_detected=0, n_predicted=1, n_true=0)


def test_a_predicted_run_in_doubtful_frames_is_not_false(frames) -> None:
    found = matched(frames, NOTHING, NOTHING, "..##....", "...##...")
    assert found.strict == Counts(n_real=0, n_detected=0, n_predicted=0, n_true=0)


def test_a_frame_of_a_real_transient_is_never_doubtful(frames) -> None:
    found = matched(frames, intervals((2, 4)), intervals((2, 4)), "..###...", "..###...")
    assert found.paper == Counts(n_real=1, n_detected=1, n_predicted=1, n_true=1)


def test_without_putative_transients_only_runs_are_scored(frames) -> None:
    found = matched(frames, intervals((2, 4)), None, "..#...#.")
    assert found.paper is None
    assert found.strict is None
    assert found.runs == Counts(n_real=1, n_detected=1, n_predicted=2, n_true=1)


@given(
    arrays(bool, 30), arrays(bool, 30), arrays(bool, 30), arrays(bool, 30, elements=st.booleans())
)
def test_the_strict_score_only_ever_adds_false_ones(active, rising, predicted, doubtful) -> None:
    found = match_cell(runs(active), runs(rising), predicted, doubtful)
    assert found.paper is not None
    assert found.strict is not None
    assert found.strict.n_true == found.paper.n_true <= found.paper.n_predicted
    assert found.strict.n_predicted - found.paper.n_predicted == len(found.outside) >= 0
    assert found.paper.n_detected == found.runs.n_detected <= found.paper.n_real
