"""Ratios, quartiles and intervals from counts written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.evaluation.metrics import (
    Counts,
    Quartiles,
    Share,
    bootstrap_f1,
    quartiles,
    ratio,
    total,
)


@pytest.mark.parametrize(
    ("counts", "recall", "precision", "f1"),
    [
        # n_real, n_detected, n_predicted, n_true
        (Counts(10, 8, 9, 8), 0.8, 8 / 9, 2 * 0.8 * (8 / 9) / (0.8 + 8 / 9)),
        (Counts(4, 4, 4, 4), 1.0, 1.0, 1.0),
        (Counts(4, 0, 3, 0), 0.0, 0.0, 0.0),  # all wrong
        (Counts(4, 0, 0, 0), 0.0, None, 0.0),  # nothing predicted though there was something
        (Counts(0, 0, 3, 0), None, 0.0, None),  # nothing to find
        (Counts(0, 0, 0, 0), None, None, None),  # silence, rightly
    ],
)
def test_an_undefined_ratio_is_none_and_never_one(counts, recall, precision, f1) -> None:
    assert counts.recall == recall
    assert counts.precision == precision
    assert counts.f1 == (None if f1 is None else pytest.approx(f1))


def test_ratio_and_share() -> None:
    assert ratio(1, 4) == 0.25
    assert ratio(0, 0) is None
    assert Share(3, 4).value == 0.75
    assert Share(0, 0).value is None


def test_the_total_adds_transients_and_not_ratios() -> None:
    together = total([Counts(10, 10, 10, 10), Counts(90, 0, 10, 0)])
    assert together == Counts(100, 10, 20, 10)
    assert together.recall == 0.1


def test_quartiles_of_what_is_defined() -> None:
    assert quartiles([0.2, None, 0.4, 0.6, float("nan"), 0.8, 1.0]) == Quartiles(0.6, 0.4, 0.8, 5)
    assert quartiles([None, None]) is None


def test_equal_cells_leave_no_doubt() -> None:
    interval = bootstrap_f1([Counts(4, 2, 2, 2)] * 5, np.random.default_rng(0))
    assert interval == pytest.approx((2 / 3, 2 / 3))


def test_cells_that_differ_widen_the_interval_around_the_pooled_f1() -> None:
    counts = [Counts(10, 9, 10, 9)] * 10 + [Counts(10, 4, 10, 4)] * 10
    low, high = bootstrap_f1(counts, np.random.default_rng(0))
    assert low < 0.65 < high
    assert 0.15 < high - low < 0.3  # about 4 standard errors of 20 cells spread by 0.25
    assert bootstrap_f1(counts, np.random.default_rng(0)) == (low, high)


def test_no_interval_from_one_cell_or_from_nothing_real() -> None:
    generator = np.random.default_rng(0)
    assert bootstrap_f1([Counts(10, 9, 10, 9)], generator) is None
    assert bootstrap_f1([Counts(0, 0, 1, 0)] * 3, generator) is None
