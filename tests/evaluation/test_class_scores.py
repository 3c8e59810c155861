"""Six devices of two classes, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.evaluation.class_scores import balanced_interval, class_scores


def scores(units="abcdef", truth=(0, 0, 0, 0, 1, 1), said=(0, 0, 0, 1, 1, 0)):
    """Three of four and one of two are right."""
    null_truth = np.array([truth, truth, truth])
    null_right = np.array([[1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0]])
    return class_scores(
        ("x", "y"), units, np.array(truth), np.array(said), null_truth, null_right,
        np.random.default_rng(0),
    )  # fmt: skip


def test_each_class_counts_the_same():
    found = scores()
    assert (found.n_right, found.accuracy) == (4, pytest.approx(4 / 6))
    assert found.balanced == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found.confusion.tolist() == [[3, 1], [1, 1]]
    assert found.null.tolist() == [0.5, 0.0, 0.5]
    assert (found.null_95, found.exceeds_null) == (0.5, True)
    low, high = found.interval
    assert 0.1 < low < 0.45
    assert high == 1.0


def test_wilson_needs_independent_decisions():
    assert scores().wilson == pytest.approx((0.30, 0.90), abs=0.01)
    assert scores(units="aabbcc").wilson is None


def test_animals_in_both_classes_are_drawn_whole():
    """In animal a all is right, in b nothing: the mean is 0, .5 or 1."""
    truth, right = np.array([0, 1, 0, 1]), np.array([True, True, False, False])
    found = balanced_interval("aabb", truth, right, np.random.default_rng(0))
    assert found == (0.0, 1.0)


def test_a_class_of_one_has_no_interval():
    truth = np.array([0, 0, 1])
    assert balanced_interval("abc", truth, truth == 0, np.random.default_rng(0)) is None


def test_classes_that_are_right_or_wrong_as_a_whole_have_no_interval():
    """Three of three, and none of three: drawn again it is one half each time, and that is no certainty."""
    truth = np.repeat([0, 1], 3)
    assert balanced_interval("abcdef", truth, truth == 0, np.random.default_rng(0)) is None
