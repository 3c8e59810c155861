"""Spans are sets of frames: what overlaps or touches is one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.labelling import spans
from deepcinac.labelling.transients import raster, runs

any_spans = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair))),
    max_size=6,
).map(lambda pairs: np.array(pairs, np.int64).reshape(-1, 2))


def test_union_merges_what_overlaps_and_what_touches():
    assert spans.union([[10, 19]], [[20, 29], [25, 40], [42, 42]]).tolist() == [[10, 40], [42, 42]]
    assert spans.union(np.empty((0, 2), int)).shape == (0, 2)


def test_subtract_cuts_and_shortens():
    labelled = np.array([[0, 99]])
    assert spans.subtract(labelled, [[40, 49]]).tolist() == [[0, 39], [50, 99]]
    assert spans.subtract(labelled, [[0, 0], [99, 99]]).tolist() == [[1, 98]]
    assert spans.subtract(labelled, [[0, 99]]).shape == (0, 2)
    assert spans.subtract(np.empty((0, 2), int), labelled).shape == (0, 2)


def test_intersection_is_what_both_hold():
    assert spans.intersection([[0, 10], [20, 30]], [[8, 22]]).tolist() == [[8, 10], [20, 22]]


@given(any_spans, any_spans)
def test_spans_are_sets_of_frames(one, other):
    a, b = raster(one, 40), raster(other, 40)
    for found, expected in (
        (spans.union(one, other), a | b),
        (spans.subtract(one, other), a & ~b),
        (spans.intersection(one, other), a & b),
    ):
        assert np.array_equal(found, runs(expected))
