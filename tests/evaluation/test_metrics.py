"""Ratios, quartiles and intervals from counts written out by hand."""

from __future__ import annotations

import pytest

from deepcinac.evaluation.metrics import (
    Counts,
    Quartiles,
    Share,
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
