"""Ranking and calibration of frames, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepcinac.evaluation.frame_metrics import (
    average_precision,
    rank,
    reliability_curve,
    roc_auc,
    thinned,
)

ACTIVE = np.array([1, 0, 1, 0, 0], dtype=bool)
PROBABILITY = np.array([0.9, 0.8, 0.7, 0.2, 0.1])


def test_counts_from_the_highest_probability_down() -> None:
    ranking = rank(ACTIVE, PROBABILITY)
    assert ranking.threshold.tolist() == [0.9, 0.8, 0.7, 0.2, 0.1]
    assert ranking.n_true.tolist() == [1, 1, 2, 2, 2]
    assert ranking.n_false.tolist() == [0, 1, 1, 2, 3]
    assert ranking.recall.tolist() == [0.5, 0.5, 1, 1, 1]
    assert ranking.precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3, 2 / 4, 2 / 5])


def test_areas_by_hand() -> None:
    ranking = rank(ACTIVE, PROBABILITY)
    # Half of the recall is reached at precision 1, the other half at 2/3.
    assert average_precision(ranking) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    # Of the 2 x 3 pairs of an active and a quiet frame, 5 are in the right order.
    assert roc_auc(ranking) == pytest.approx(5 / 6)


def test_equal_probabilities_stand_or_fall_together() -> None:
    for active in ([1, 0, 0, 0], [0, 0, 0, 1]):
        ranking = rank(np.array(active, dtype=bool), np.full(4, 0.5))
        assert average_precision(ranking) == 0.25
        assert roc_auc(ranking) == 0.5


def test_undefined_without_frames_of_both_kinds() -> None:
    quiet = rank(np.zeros(3, dtype=bool), np.array([0.1, 0.2, 0.3]))
    assert average_precision(quiet) is None
    assert roc_auc(quiet) is None
    busy = rank(np.ones(3, dtype=bool), np.array([0.1, 0.2, 0.3]))
    assert average_precision(busy) == 1
    assert roc_auc(busy) is None
    empty = rank(np.zeros(0, dtype=bool), np.zeros(0))
    assert average_precision(empty) is None
    assert roc_auc(empty) is None


@given(arrays(bool, 40), arrays(float, 40, elements=st.sampled_from([0, 0.1, 0.25, 0.5, 0.9, 1])))
def test_agrees_with_scikit_learn(active: np.ndarray, probability: np.ndarray) -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    ranking = rank(active, probability)
    if active.any():
        expected = oracle.average_precision_score(active, probability)
        assert average_precision(ranking) == pytest.approx(expected)
    if active.any() and not active.all():
        assert roc_auc(ranking) == pytest.approx(oracle.roc_auc_score(active, probability))


def test_calibration_by_hand() -> None:
    active = np.array([0, 0, 0, 1, 1, 1, 1, 0], dtype=bool)
    probability = np.array([0.0, 0.1, 0.2, 0.3, 0.8, 0.9, 1.0, 0.7])
    curve = reliability_curve(active, probability, n_bins=2)
    assert curve.n_frames.tolist() == [4, 4]
    assert curve.mean_probability == pytest.approx([0.15, 0.85])
    assert curve.observed == pytest.approx([0.25, 0.75])
    assert curve.error == pytest.approx(0.1)
    squares = [0, 0.01, 0.04, 0.49, 0.04, 0.01, 0, 0.49]
    assert curve.brier == pytest.approx(sum(squares) / 8)


def test_an_empty_bin_is_not_a_number() -> None:
    curve = reliability_curve(np.array([True]), np.array([1.0]))
    assert np.isnan(curve.observed[:-1]).all()
    assert (curve.observed[-1], curve.error, curve.brier) == (1, 0, 0)
    nothing = reliability_curve(np.zeros(0, dtype=bool), np.zeros(0))
    assert (nothing.error, nothing.brier) == (None, None)


def test_a_thinned_curve_keeps_its_ends() -> None:
    generator = np.random.default_rng(0)
    ranking = rank(generator.random(5000) < 0.2, generator.random(5000))
    fewer = thinned(ranking, 50)
    assert len(fewer.threshold) <= 50
    assert (fewer.n_true[-1], fewer.n_false[-1]) == (ranking.n_true[-1], ranking.n_false[-1])
    assert fewer.threshold[0] == pytest.approx(ranking.threshold[0], abs=0.01)
    assert thinned(fewer, 50) is fewer
