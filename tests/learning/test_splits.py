"""What is held out: counted by eye on a handful of cells, frames and groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.learning.splits import (
    TimeBlocks,
    folds_by_class,
    folds_by_group,
    hold_out_time,
    hold_out_units,
)


def test_a_fifth_of_ten_cells_is_two_and_one_is_never_all():
    generator = np.random.default_rng(0)
    assert hold_out_units(10, 0.2, generator).sum() == 2
    assert hold_out_units(2, 0.9, generator).sum() == 1
    assert hold_out_units(1, 0.5, generator).sum() == 0


def test_the_end_of_what_is_labelled_is_held_out_not_the_end_of_the_movie():
    """Frames 100 to 199 of 1000 are labelled: the last 20 of them score, after a gap of 10."""
    usable = np.zeros(1000)
    usable[100:200] = 1
    assert hold_out_time(usable, 0.2, 10, 20) == TimeBlocks(170, 180, 200)


@pytest.mark.parametrize("usable", [np.zeros(50), np.ones(30)])
def test_too_short_a_recording_is_not_cut(usable):
    assert hold_out_time(usable, 0.2, 5, 20) is None


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=80),
    st.floats(0.05, 0.9),
    st.integers(0, 20),
    st.integers(1, 20),
)
def test_training_ends_a_gap_before_what_is_held_out(counts, share, gap, shortest):
    usable = np.array(counts)
    blocks = hold_out_time(usable, share, gap, shortest)
    if blocks is not None:
        assert blocks.test_start - blocks.train_stop == gap
        assert np.count_nonzero(usable[: blocks.train_stop]) >= shortest
        assert np.count_nonzero(usable[blocks.test_start : blocks.test_stop]) >= shortest
        assert usable[blocks.test_start :].sum() >= share * usable.sum() - 1e-6


def test_folds():
    assert folds_by_group(["b", "a", "b", "c"]).tolist() == [1, 0, 1, 2]
    assert folds_by_class(["x"] * 5 + ["y"] * 2, 2).tolist() == [0, 1, 0, 1, 0, 0, 1]
