"""Transients by their highest value: five frames, two transients, numbers that can be checked by eye."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.evaluation.graded import (
    grade_cell,
    highest_in,
    onset_errors,
    transient_curve,
)
from deepcinac.evaluation.score import score_recording

#              frame:  0    1    2    3    4
VALUES = np.array([0.1, 0.7, 0.3, 0.2, 0.9])
REAL = np.array([[0, 1], [3, 3]])  # the highest values are 0.7 and 0.2
NOT_DOUBTFUL = np.zeros(5, bool)


def test_the_highest_value_in_each_transient() -> None:
    assert highest_in(REAL, VALUES).tolist() == [0.7, 0.2]
    assert highest_in(np.array([[3, 4], [4, 4]]), VALUES).tolist() == [0.9, 0.9]
    assert highest_in(np.empty((0, 2), int), VALUES).tolist() == []


def test_rises_are_real_or_quiet() -> None:
    rises = np.array([[0, 1], [4, 4]])  # one over the first transient, one over nothing
    graded = grade_cell(REAL, rises, VALUES, NOT_DOUBTFUL)
    assert graded.real.tolist() == [0.7, 0.2]
    assert graded.true.tolist() == [0.7, 0.2]  # the second has no rise: it stands for itself
    assert graded.quiet.tolist() == [[4, 4]]
    assert graded.false.tolist() == [0.9]


def test_a_doubtful_rise_is_no_false_one() -> None:
    doubtful = np.array([False, False, False, False, True])
    graded = grade_cell(REAL, np.array([[0, 1], [4, 4]]), VALUES, doubtful)
    assert len(graded.false) == 0


def test_the_curve_by_hand() -> None:
    graded = grade_cell(REAL, np.array([[0, 1], [4, 4]]), VALUES, NOT_DOUBTFUL)
    curve = transient_curve([graded])
    # At 0.9 the false one alone; at 0.7 one of two real ones beside it; at 0.2 both.
    assert curve.threshold.tolist() == [0.9, 0.7, 0.2]
    assert curve.recall.tolist() == [0, 0.5, 1]
    assert curve.precision.tolist() == pytest.approx([0, 1 / 2, 2 / 3])


def test_there_is_no_curve_without_rises_or_without_transients() -> None:
    assert transient_curve([grade_cell(REAL, None, VALUES, NOT_DOUBTFUL)]) is None
    nothing = np.empty((0, 2), int)
    assert transient_curve([grade_cell(nothing, nothing, VALUES, NOT_DOUBTFUL)]) is None


def test_the_curve_goes_through_the_score_at_every_threshold() -> None:
    generator = np.random.default_rng(1)
    active = generator.random((3, 200)) < 0.1
    trace, values = generator.random((3, 200)).cumsum(1) % 3, generator.random((3, 200))
    for threshold in (0.2, 0.5, 0.9, 0.99):
        scores = score_recording(active, None, values, trace, 10.0, threshold)
        pooled = scores.rules["paper"].pooled
        curve = transient_curve(scores.graded)
        at = np.flatnonzero(curve.threshold >= threshold)[-1]
        assert (curve.recall[at], curve.precision[at]) == (pooled.recall, pooled.precision)


def test_onsets_late_and_early(frames) -> None:
    real = np.array([[2, 4], [8, 9]])
    #                               0123456789
    errors = onset_errors(real, frames("...##.###."))
    assert errors.tolist() == [[2, 1], [8, -2]]  # one frame late, two frames early
    assert onset_errors(real, frames("..........")).shape == (0, 2)
