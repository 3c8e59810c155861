"""Footprints, masks, outlines and overlaps of cells that can be drawn on squared paper."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.files import write_npz
from deepcinac.recording.cells import make_cells, read_cells, save_cells
from deepcinac.recording.outlines import trace_outlines


def _drawn(*rows):
    """A mask from rows of text: '#' is in the cell."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def _cells_of(*masks, **options):
    footprints = [(*np.nonzero(mask), None) for mask in masks]
    return make_cells(footprints, *masks[0].shape, "drawn", **options)


@pytest.fixture
def three_cells():
    """Cell 0 (6 pixels) and cell 1 (4) share two pixels; cell 2 (1) lies alone."""
    return _cells_of(
        _drawn("###....", "###....", "......."),
        _drawn("..##...", "..##...", "......."),
        _drawn(".......", ".......", "......#"),
    )


# ---------------------------------------------------------------------------- footprints


def test_masks_centres_and_sizes(three_cells):
    assert len(three_cells) == 3
    assert three_cells.masks().shape == (3, 3, 7)
    assert three_cells.masks()[1].tolist() == _drawn("..##...", "..##...", ".......").tolist()
    assert np.array_equal(three_cells.mask(1), three_cells.masks()[1])
    assert three_cells.n_pixels.tolist() == [6, 4, 1]
    assert three_cells.centres().tolist() == [[0.5, 1.0], [0.5, 2.5], [2.0, 6.0]]
    assert three_cells.valid.all()


def test_weight_matrix_gives_weighted_means():
    cells = make_cells([([0, 1], [0, 0], [1.0, 3.0]), ([0], [1], None)], 2, 2, "drawn")
    frame = np.array([[10.0, 5.0], [20.0, 0.0]])

    means = cells.weight_matrix() @ frame.ravel()
    sums = cells.weight_matrix(normalised=False) @ frame.ravel()

    assert means.tolist() == [(10 * 1 + 20 * 3) / 4, 5.0]
    assert sums.tolist() == [10 * 1 + 20 * 3, 5.0]
    assert (cells.mask_matrix() @ frame.ravel()).tolist() == [30.0, 5.0]


def test_pixels_are_sorted_and_merged_with_the_larger_weight():
    cell = make_cells([([2, 0, 2, 0], [1, 3, 1, 0], [0.5, 1, 2, 1])], 4, 4, "drawn")[0]
    assert cell.ypix.tolist() == [0, 0, 2]
    assert cell.xpix.tolist() == [0, 3, 1]
    assert cell.weight.tolist() == [1, 1, 2]
    assert (cell.ypix.dtype, cell.weight.dtype) == (np.int32, np.float32)


def test_pixels_without_weight_are_dropped():
    cell = make_cells([([0, 0, 0], [0, 1, 2], [1.0, 0.0, -1.0])], 4, 4, "drawn")[0]
    assert cell.xpix.tolist() == [0]


def test_field_as_large_as_the_pixels_need():
    cells = make_cells([([0, 4], [2, 1], None)], None, None, "drawn")
    assert (cells.height, cells.width) == (5, 3)


def test_subset_keeps_names_and_flags(three_cells):
    cells = _cells_of(*three_cells.masks(), valid=[1, 0, 1], names=["a", "b", "c"])
    chosen = cells.subset([2, 1])
    assert chosen.names == ("c", "b")
    assert chosen.valid.tolist() == [True, False]
    assert chosen.n_pixels.tolist() == [1, 4]


def test_cell_across_the_border_is_clipped_with_a_warning():
    with pytest.warns(UserWarning, match=r"1 of 2 cells.*3 x 4 movie.*cells 1"):
        cells = make_cells([([0], [0], None), ([-1, 0, 1], [3, 3, 4], None)], 3, 4, "drawn")
    assert (cells[1].ypix.tolist(), cells[1].xpix.tolist()) == ([0], [3])


def test_cells_inside_give_no_warning(three_cells):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(_cells_of(*three_cells.masks())) == 3


def test_cell_outside_is_named_with_the_size_of_the_movie():
    with pytest.raises(
        InputError, match=r"1 of 2 .*cell 1 \(at y 7 to 8, x 1 to 1, outside the 3 x 4 movie"
    ):
        make_cells([([0], [0], None), ([7, 8], [1, 1], None)], 3, 4, "drawn")


def test_swapped_axes_are_recognised():
    with pytest.raises(InputError, match="seem to be swapped"):
        make_cells([([0], [2], None), ([7], [1], None)], 3, 9, "drawn")


@pytest.mark.parametrize(
    ("footprints", "sentence"),
    [
        ([], "at least one cell"),
        ([([], [], None)], r"cell 0 \(no pixels\)"),
        ([([0], [0], [0.0])], "no pixels of a weight above 0"),
        ([([0], [0, 1], None)], "1 y and 2 x coordinates"),
        ([([0], [0], [1.0, 2.0])], "2 weights for 1 pixels"),
        ([([0], [0], [np.nan])], "NaN or infinity as weight"),
        ([([0], [0], ["heavy"])], "weights that are not numbers"),
        ([([0.5], [0], None)], "whole numbers"),
        ([([np.nan], [0], None)], "whole numbers"),
        ([(["a"], [0], None)], "that are not numbers"),
        ([([None], [0], None)], "that are not numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_impossible_footprints_are_sentences(footprints, sentence):
    with pytest.raises(InputError, match=sentence):
        make_cells(footprints, 3, 4, "drawn")


@pytest.mark.parametrize("size", [(0, 4), (3, -1), (1 << 40, 4)])
def test_impossible_field_is_a_sentence(size):
    with pytest.raises(InputError, match="of 1 to"):
        make_cells([([0], [0], None)], *size, "drawn")


@pytest.mark.parametrize("option", [{"valid": [True]}, {"names": ["a"]}])
def test_wrong_number_of_flags_or_names_is_a_sentence(option, three_cells):
    with pytest.raises(InputError, match="3 cells"):
        _cells_of(*three_cells.masks(), **option)


# ---------------------------------------------------------------------------- overlaps


def test_overlap_graph(three_cells):
    overlaps = three_cells.overlaps
    assert overlaps.neighbours(0).tolist() == [1]
    assert overlaps.neighbours(1).tolist() == [0]
    assert overlaps.neighbours(2).tolist() == []
    assert overlaps.shared_pixels.toarray().tolist() == [[0, 2, 0], [2, 0, 0], [0, 0, 0]]
    assert overlaps.fraction(0, 1) == 2 / 6
    assert overlaps.fraction(1, 0) == 2 / 6
    assert overlaps.fraction(0, 2) == 0
    assert overlaps.area.tolist() == [6, 4, 1]


def test_overlapping_pairs_above_a_fraction(three_cells):
    assert three_cells.overlaps.pairs().tolist() == [[0, 1]]
    assert three_cells.overlaps.pairs(2 / 6).tolist() == [[0, 1]]
    assert three_cells.overlaps.pairs(0.34).tolist() == []


# ---------------------------------------------------------------------------- outlines


def test_outline_of_one_pixel_is_its_square():
    (outline,) = trace_outlines(_drawn("#"))
    assert outline.tolist() == [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]


def test_outline_of_an_l_on_three_by_three():
    (outline,) = trace_outlines(_drawn("#..", "#..", "##."))
    assert outline.tolist() == [
        [-0.5, -0.5],
        [0.5, -0.5],
        [0.5, 1.5],
        [1.5, 1.5],
        [1.5, 2.5],
        [-0.5, 2.5],
        [-0.5, -0.5],
    ]


def test_ring_has_an_outline_outside_and_one_inside():
    outside, inside = trace_outlines(_drawn("###", "#.#", "###"))
    square = [[-0.5, -0.5], [2.5, -0.5], [2.5, 2.5], [-0.5, 2.5], [-0.5, -0.5]]
    assert outside.tolist() == square
    assert inside.tolist() == [[0.5, 0.5], [0.5, 1.5], [1.5, 1.5], [1.5, 0.5], [0.5, 0.5]]


def test_pieces_that_touch_at_a_corner_have_outlines_of_their_own():
    upper, lower = trace_outlines(_drawn("#.", ".#"))
    assert len(upper) == len(lower) == 5
    assert upper.max() == 0.5
    assert lower.min() == 0.5


def test_contour_lies_where_the_cell_lies(three_cells):
    (outline,) = three_cells.contour(2)
    assert outline.tolist() == [[5.5, 1.5], [6.5, 1.5], [6.5, 2.5], [5.5, 2.5], [5.5, 1.5]]


_masks = (
    st.integers(1, 6)
    .flatmap(
        lambda width: st.lists(
            st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=6
        )
    )
    .map(np.array)
)


@given(_masks)
def test_outlines_enclose_the_area_of_the_mask(mask):
    area = 0.0
    for outline in trace_outlines(mask):
        assert np.array_equal(outline[0], outline[-1])
        steps = np.diff(outline, axis=0)
        assert (np.count_nonzero(steps, axis=1) == 1).all()  # along pixel edges
        x, y = outline.T
        area += np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2  # holes count negative
    assert area == mask.sum()


# ---------------------------------------------------------------------------- our file


_footprints = st.lists(
    st.dictionaries(
        st.tuples(st.integers(0, 8), st.integers(0, 11)),
        st.floats(0.0009765625, 1000, width=32),
        min_size=1,
        max_size=12,
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=100)
@given(st.data(), _footprints)
def test_saved_cells_come_back(tmp_path_factory, data, weights_at):
    n = len(weights_at)
    cells = make_cells(
        [([y for y, _ in cell], [x for _, x in cell], list(cell.values())) for cell in weights_at],
        9,
        12,
        data.draw(st.sampled_from(["suite2p", "ImageJ", ""])),
        valid=data.draw(st.lists(st.booleans(), min_size=n, max_size=n)),
        names=data.draw(st.one_of(st.none(), st.lists(st.text(), min_size=n, max_size=n))),
    )
    path = tmp_path_factory.mktemp("cells") / "cells.npz"

    save_cells(path, cells)
    found = read_cells(path)

    assert (found.height, found.width, found.source) == (9, 12, cells.source)
    assert found.names == cells.names
    assert found.valid.tolist() == cells.valid.tolist()
    for a, b in zip(found.cells, cells.cells, strict=True):
        assert a.ypix.tolist() == b.ypix.tolist()
        assert a.xpix.tolist() == b.xpix.tolist()
        assert a.weight.tolist() == b.weight.tolist()


ARRAYS = {
    "ypix": np.array([0, 0, 1]),
    "xpix": np.array([0, 1, 0]),
    "weight": np.ones(3),
    "n_pixels": np.array([2, 1]),
    "height": np.int64(3),
    "width": np.int64(4),
}


def test_file_written_by_hand_needs_only_the_pixels(tmp_path):
    write_npz(tmp_path / "cells.npz", **ARRAYS)
    cells = read_cells(tmp_path / "cells.npz")
    assert cells.n_pixels.tolist() == [2, 1]
    assert cells.valid.all()


@pytest.mark.parametrize(
    "change",
    [
        {"n_pixels": np.array([2, 2])},
        {"n_pixels": np.array([3, 0])},
        {"n_pixels": np.array([2**63 - 1, 2**63 - 1], dtype=np.uint64)},
        {"n_pixels": np.array([1.5, 1.5])},
        {"weight": np.ones(2)},
        {"ypix": np.zeros((3, 1))},
        {"height": np.array([3, 3])},
        {"height": np.float64(2.5)},
        {"valid": np.ones(3)},
        {"names": np.array("[")},
        {"names": np.array("3")},
        {"names": np.array(["a", "b"])},
        {"ypix": np.array([]), "xpix": np.array([]), "weight": np.array([])},
    ],
)
def test_damaged_cells_file_is_a_sentence(change, tmp_path):
    path = tmp_path / "cells.npz"
    write_npz(path, **{**ARRAYS, **change})
    with pytest.raises(InputError, match=r"cells\.npz"):
        read_cells(path)
