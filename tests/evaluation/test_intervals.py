"""Intervals over cells and recordings: what they may not be, and that nothing depends on luck."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.evaluation.intervals import NOTHING, over_cells, over_recordings
from deepcinac.evaluation.metrics import Counts

GOOD = Counts(n_real=4, n_detected=4, n_predicted=4, n_true=4)
POOR = Counts(n_real=4, n_detected=0, n_predicted=4, n_true=0)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_equal_cells_leave_no_doubt() -> None:
    found = over_cells([[GOOD, GOOD, GOOD]], rng())
    assert (found.recall, found.precision, found.f1) == ((1, 1), (1, 1), (1, 1))


def test_two_cells_that_differ_could_be_one_or_the_other() -> None:
    assert over_cells([[GOOD, POOR]], rng()).recall == (0, 1)


def test_one_cell_and_one_recording_say_nothing_of_others() -> None:
    assert over_cells([[GOOD]], rng()) == NOTHING
    assert over_recordings([[GOOD, POOR]], rng()) == NOTHING
    assert over_recordings([[GOOD, POOR], []], rng()) == NOTHING


def test_recordings_that_differ_are_wider_than_their_cells() -> None:
    """Ten good cells in one mouse, ten poor ones in the other: cells alone would look certain."""
    recordings = [[GOOD] * 10, [POOR] * 10]
    assert over_cells(recordings, rng()).recall == pytest.approx((0.5, 0.5))
    assert over_recordings(recordings, rng()).recall == pytest.approx((0, 1))


def test_the_same_seed_gives_the_same_interval() -> None:
    recordings = [[GOOD, POOR, GOOD], [GOOD, GOOD, POOR]]
    assert over_recordings(recordings, rng()) == over_recordings(recordings, rng())


def test_nothing_real_has_no_recall() -> None:
    quiet = Counts(0, 0, 2, 0)
    found = over_cells([[quiet, quiet]], rng())
    assert (found.recall, found.precision) == (None, (0, 0))


def test_cells_that_differ_widen_the_interval_around_the_pooled_f1() -> None:
    counts = [Counts(10, 9, 10, 9)] * 10 + [Counts(10, 4, 10, 4)] * 10
    found = over_cells([counts], rng())
    assert found.f1 is not None
    low, high = found.f1
    assert low < 0.65 < high
    assert 0.15 < high - low < 0.3  # about 4 standard errors of 20 cells spread by 0.25
    assert over_cells([counts], rng()) == found


def test_no_interval_from_one_cell_or_from_nothing_real() -> None:
    assert over_cells([[Counts(10, 9, 10, 9)]], rng()) == NOTHING
    assert over_cells([[Counts(0, 0, 1, 0)] * 3], rng()).f1 is None
