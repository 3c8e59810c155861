"""Squares on a field of 20 x 30 pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.labelling.matching_cells import footprint_overlap, match_cells, unite_cells
from deepcinac.recording.cells import make_cells

HEIGHT, WIDTH = 20, 30


def square(top, left, side=4):
    y, x = np.mgrid[top : top + side, left : left + side]
    return y.ravel(), x.ravel(), None


def cells(*corners, side=4, **more):
    return make_cells([square(*corner, side) for corner in corners], HEIGHT, WIDTH, "drawn", **more)


def test_overlap_of_footprints():
    # 4 x 4 squares, the second moved by one column: 12 pixels in common, 20 in either
    found = footprint_overlap(cells((2, 2), (10, 10)), cells((2, 3)))
    assert found.toarray().tolist() == [[0.6], [0.0]]


def test_another_order():
    first = cells((0, 0), (0, 10), (10, 0))
    second = cells((10, 0), (0, 0), (0, 10))
    assert match_cells(first, second).tolist() == [[0, 1], [1, 2], [2, 0]]


def test_the_best_partner_for_all_together():
    """Both cells of one list overlap both of the other: 1 + 1/9 is more than 0.36 + 0.36."""
    first = cells((5, 5), (5, 6))
    second = cells((5, 6), (5, 7))
    assert match_cells(first, second, minimum=0.3).tolist() == [[0, 1], [1, 0]]
    assert match_cells(first, second).tolist() == [[1, 0]]  # identical ones stay together


def test_less_than_half_is_another_cell():
    assert match_cells(cells((5, 5)), cells((5, 7))).tolist() == []  # 8 of 24
    assert match_cells(cells((5, 5)), cells((5, 6))).tolist() == [[0, 0]]  # 12 of 20


def test_another_field():
    other = make_cells([square(0, 0)], 30, 20, "drawn")
    with pytest.raises(InputError, match="20 x 30 pixels .*, found cells on 30 x 20"):
        match_cells(cells((0, 0)), other)


def test_cells_of_several_files_are_united():
    first = cells((0, 0), (0, 10), valid=[True, False])
    second = cells((10, 20), (0, 10), (1, 0), valid=[False, True, True])
    united, numbers = unite_cells([first, second])
    assert [number.tolist() for number in numbers] == [[0, 1], [2, 1, 0]]
    assert len(united) == 3
    assert united.valid.tolist() == [True, True, False]
    assert united[0].ypix.min() == 0  # the first file's outline
    assert (united[2].ypix.min(), united[2].xpix.min()) == (10, 20)


def test_names_are_kept_where_all_have_them():
    first, second = cells((0, 0), names=["soma"]), cells((9, 9), (0, 0), names=["b", "a"])
    assert unite_cells([first, second])[0].names == ("soma", "b")
    assert unite_cells([first, cells((9, 9))])[0].names is None


corners = st.lists(
    st.tuples(st.integers(0, HEIGHT - 4), st.integers(0, WIDTH - 4)),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(corners, st.randoms(use_true_random=False))
def test_a_shuffled_list_is_recognised(places, random):
    order = list(range(len(places)))
    random.shuffle(order)
    pairs = match_cells(cells(*places), cells(*(places[i] for i in order)))
    assert [order[j] for _, j in pairs.tolist()] == [i for i, _ in pairs.tolist()]
    assert len(pairs) == len(places)


@given(corners, corners)
def test_identical_cells_are_always_a_pair(one, two):
    pairs = match_cells(cells(*one), cells(*two))
    swapped = match_cells(cells(*two), cells(*one))
    overlap = footprint_overlap(cells(*one), cells(*two)).toarray()
    assert len(set(pairs[:, 0].tolist())) == len(set(pairs[:, 1].tolist())) == len(pairs)
    assert all(overlap[i, j] >= 0.5 for i, j in pairs)
    same = {(i, j) for i, j in np.argwhere(overlap == 1).tolist()}
    assert same <= {(i, j) for i, j in pairs.tolist()}
    assert same <= {(i, j) for j, i in swapped.tolist()}
