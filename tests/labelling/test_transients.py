"""Transients as intervals. The drawn rows are frames: A and B are two transients, dots are quiet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.labelling import transients as tr

N_FRAMES = 12


def drawn(row):
    """Transients of a drawing: each letter is one."""
    letters = sorted(set(row) - {"."}, key=row.index)
    return np.array([[row.index(a), row.rindex(a)] for a in letters], np.int64).reshape(-1, 2)


@st.composite
def many_transients(draw, n_frames=40):
    """Any transients that do not overlap, touching ones and both ends of the movie included."""
    edges = sorted(draw(st.sets(st.integers(0, n_frames), max_size=16)))
    stretches = list(zip(edges[:-1], (edge - 1 for edge in edges[1:]), strict=False))
    kept = [pair for pair in stretches if draw(st.booleans())]
    return np.array(kept, np.int64).reshape(-1, 2)


def test_the_drawing_says_what_the_numbers_say():
    assert drawn("..AAAB......").tolist() == [[2, 4], [5, 5]]


def test_add_keeps_the_order():
    after = tr.add(drawn("AA......BBBB"), 3, 5, N_FRAMES)
    assert after.tolist() == [[0, 1], [3, 5], [8, 11]]


@pytest.mark.parametrize(("onset", "peak"), [(4, 6), (2, 2), (0, 11), (0, 2), (4, 4), (3, 3)])
def test_one_that_overlaps_is_refused(onset, peak):
    with pytest.raises(InputError, match="overlaps the one at frames 2 to 4"):
        tr.add(drawn("..AAA......."), onset, peak, N_FRAMES)


def test_touching_transients_stay_two():
    touching = tr.add(tr.add(drawn("..AAA......."), 5, 7, N_FRAMES), 0, 1, N_FRAMES)
    assert touching.tolist() == [[0, 1], [2, 4], [5, 7]]


def test_the_first_and_the_last_frame_belong_to_the_movie():
    both = tr.add(tr.add(tr.no_transients(), 0, 0, N_FRAMES), 11, 11, N_FRAMES)
    assert both.tolist() == [[0, 0], [11, 11]]
    assert np.flatnonzero(tr.raster(both, N_FRAMES)).tolist() == [0, 11]


@pytest.mark.parametrize(
    ("onset", "peak", "sentence"),
    [
        (5, 4, "an onset at or before its peak, found onset 5 and peak 4"),
        (-1, 4, "frames within 0 to 11, found frames -1 to 4"),
        (3, 12, "frames within 0 to 11, found frames 3 to 12"),
        (12, 12, "found frame 12"),
        (3, 4.5, "whole numbers as frames, found 3 and 4.5"),
        (3, float("nan"), "whole numbers as frames"),
        (None, 3, "whole numbers as frames"),
    ],
)
def test_impossible_frames_are_a_sentence(onset, peak, sentence):
    with pytest.raises(InputError, match=sentence):
        tr.add(tr.no_transients(), onset, peak, N_FRAMES)


def test_move_may_use_the_frames_that_it_leaves():
    assert tr.move(drawn("..AAA.BB...."), 2, 3, 5, N_FRAMES).tolist() == [[3, 5], [6, 7]]
    with pytest.raises(InputError, match="overlaps the one at frames 6 to 7"):
        tr.move(drawn("..AAA.BB...."), 2, 3, 6, N_FRAMES)


def test_remove_and_split():
    assert tr.remove(drawn("..AAABB....."), 2).tolist() == [[5, 6]]
    assert tr.split(drawn("..AAAA......"), 2, 4).tolist() == [[2, 3], [4, 5]]
    with pytest.raises(InputError, match="onset at frame 3, found none"):
        tr.remove(drawn("..AAA......."), 3)
    for frame in (2, 6):
        with pytest.raises(InputError, match="after frame 2 and not after the peak at 5"):
            tr.split(drawn("..AAAA......"), 2, frame)


def test_a_range_includes_both_of_its_ends():
    three = drawn("AA..BB..CC..")
    assert tr.remove_within(three, 1, 8).tolist() == []
    assert tr.remove_within(three, 2, 8).tolist() == [[0, 1]]
    assert tr.remove_within(three, 2, 7).tolist() == [[0, 1], [8, 9]]


def test_the_transient_at_a_frame():
    assert [tr.index_at(drawn("AA..BB......"), frame) for frame in (0, 1, 2, 5, 11)] == [
        0, 0, None, 1, None,
    ]  # fmt: skip


def test_lists_are_sorted_and_checked():
    assert tr.as_transients([(5, 6), (1, 3)], N_FRAMES).tolist() == [[1, 3], [5, 6]]
    assert tr.as_transients([], N_FRAMES).shape == (0, 2)
    for wrong, sentence in (
        ([(1, 3), (3, 4)], "do not overlap, found frames 1 to 3 and frames 3 to 4"),
        ([(1, 3), (4, 12)], "frames within 0 to 11"),
        ([(3, 1)], "onset at or before"),
        ([(1.5, 2)], "whole numbers"),
        ([1, 2, 3], "pairs of frames"),
        ([("a", "b")], "pairs of frames"),
        ([(1, float("inf"))], "whole numbers|pairs of frames"),
    ):
        with pytest.raises(InputError, match=sentence):
            tr.as_transients(wrong, N_FRAMES)


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        ([1, 1, 0, 0, 0], [[0, 1]]),
        ([0, 0, 1, 1, 0], [[2, 3]]),
        ([0, 0, 0, 1, 1], [[3, 4]]),
        ([1, 1, 1, 1, 1], [[0, 4]]),
        ([1, 0, 1, 0, 1], [[0, 0], [2, 2], [4, 4]]),
        ([0, 0, 0, 0, 0], []),
        ([], []),
    ],
)
def test_runs_of_a_raster(active, expected):
    assert tr.runs(np.array(active)).tolist() == expected


def test_rasters_of_all_cells():
    rows = tr.raster_of_all(np.array([[0, 1, 2], [2, 0, 0], [2, 4, 4]]), 3, 5)
    assert rows.astype(int).tolist() == [[0, 1, 1, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 1]]


def test_onsets_and_peaks_of_the_published_program():
    paired, onsets, peaks = tr.pair_onsets_with_peaks([2, 10, 14, 30], [1, 5, 16, 20])
    assert paired.tolist() == [[2, 5], [14, 16]]
    assert onsets.tolist() == [10, 30]
    assert peaks.tolist() == [1, 20]


def test_back_to_back_pairs_stay_two():
    paired, onsets, peaks = tr.pair_onsets_with_peaks([10, 16, 21], [15, 20, 21])
    assert paired.tolist() == [[10, 15], [16, 20], [21, 21]]
    assert not len(onsets)
    assert not len(peaks)


@given(many_transients())
def test_runs_cover_the_same_frames_and_never_touch(transients):
    active = tr.raster(transients, 40)
    found = tr.runs(active)
    assert np.array_equal(tr.raster(found, 40), active)
    assert (found[1:, 0] > found[:-1, 1] + 1).all()


@given(many_transients())
def test_onsets_and_peaks_pair_up_again(transients):
    paired, onsets, peaks = tr.pair_onsets_with_peaks(transients[:, 0], transients[:, 1])
    assert np.array_equal(paired, transients)
    assert len(onsets) == len(peaks) == 0


@given(many_transients(), st.data())
def test_what_is_added_can_be_removed_and_what_is_split_stays_whole(transients, data):
    onset = data.draw(st.integers(0, 39))
    peak = data.draw(st.integers(onset, 39))
    if not tr.overlapping(transients, onset, peak).any():
        more = tr.add(transients, onset, peak, 40)
        assert np.array_equal(tr.as_transients(more, 40), more)
        assert np.array_equal(tr.remove(more, onset), transients)
    long_ones = transients[transients[:, 1] > transients[:, 0]]
    if len(long_ones):
        onset, peak = data.draw(st.sampled_from(long_ones.tolist()))
        parts = tr.split(transients, onset, data.draw(st.integers(onset + 1, peak)))
        assert len(parts) == len(transients) + 1
        assert np.array_equal(tr.raster(parts, 40), tr.raster(transients, 40))
