"""The three inputs, on a field small enough to draw."""

import dataclasses

import numpy as np

from deepcinac.inputs.crops import cell_centre, flat_masks, input_masks, masked_inputs, patch_pixels
from deepcinac.recording.cells import make_cells

# Two cells of three pixels in a row of a 5 x 5 field; they share the pixel in the middle.
#   . . . . .
#   . . . . .
#   A A X B B
#   . . . . .
#   . . . . C      C overlaps nobody
PAIR = make_cells(
    [([2, 2, 2], [0, 1, 2], None), ([2, 2, 2], [2, 3, 4], None), ([4], [4], None)], 5, 5, "drawn"
)


def _patch_of(cell):
    own, others = flat_masks(PAIR)
    index = patch_pixels((2, 2), 5, 5, 5)
    return input_masks(own[cell, index], others[cell, index]).reshape(3, 5, 5).astype(int)


def test_cell_overlap_and_neuropil_are_what_the_paper_says():
    cell, overlap, neuropil = _patch_of(0)
    assert cell[2].tolist() == [1, 1, 1, 0, 0]
    assert overlap[2].tolist() == [0, 0, 1, 1, 1]
    # neuropil: neither the cell nor the one that overlaps it; other cells stay in
    assert neuropil[2].tolist() == [0, 0, 0, 0, 0]
    assert neuropil.sum() == 20


def test_a_cell_without_neighbours_has_an_empty_second_input():
    cell, overlap, neuropil = _patch_of(2)
    assert cell.sum() == 1
    assert overlap.sum() == 0
    assert neuropil.sum() == 24


def test_what_is_no_cell_cuts_nothing_out_of_its_neighbour():
    artefact = dataclasses.replace(PAIR, valid=np.array([True, False, True]))
    own, others = flat_masks(artefact)
    index = patch_pixels((2, 2), 5, 5, 5)
    cell, overlap, neuropil = input_masks(own[0, index], others[0, index]).reshape(3, 5, 5)
    assert cell[2].tolist() == [1, 1, 1, 0, 0]
    assert not overlap.any()
    assert neuropil[2].tolist() == [0, 0, 0, 1, 1]
    # asked about itself, it is masked as before
    before = flat_masks(PAIR)
    assert np.array_equal(own[1], before[0][1])
    assert np.array_equal(others[1], before[1][1])


def test_masking_zeroes_everything_else_and_nothing_more():
    patch = np.arange(1.0, 26.0)[None]
    own, others = flat_masks(PAIR)
    index = patch_pixels((2, 2), 5, 5, 5)
    inputs = masked_inputs(patch, input_masks(own[0, index], others[0, index]))
    assert inputs.shape == (1, 3, 25)
    assert inputs[0, 0].reshape(5, 5)[2].tolist() == [11, 12, 13, 0, 0]
    assert inputs[0, 1].reshape(5, 5)[2].tolist() == [0, 0, 13, 14, 15]
    assert inputs[0, 2].sum() == patch.sum() - (11 + 12 + 13 + 14 + 15)


def test_outside_the_field_is_marked_and_belongs_to_no_cell():
    index = patch_pixels((0, 0), 3, 4, 6)
    assert index.reshape(3, 3).tolist() == [[24, 24, 24], [24, 0, 1], [24, 6, 7]]
    own, others = flat_masks(PAIR)
    assert not own[:, -1].any()
    assert not others[:, -1].any()


def test_the_last_row_and_column_are_used():
    index = patch_pixels((3, 5), 3, 4, 6)
    assert index.reshape(3, 3)[:2, :2].tolist() == [[16, 17], [22, 23]]


def test_a_quarter_turn_and_a_mirror_move_pixels_as_drawn():
    field = np.arange(9).reshape(3, 3)
    turned = patch_pixels((1, 1), 3, 3, 3, angle=np.pi / 2).reshape(3, 3)
    assert turned.tolist() == np.rot90(field, -1).tolist()
    mirrored = patch_pixels((1, 1), 3, 3, 3, mirror=True).reshape(3, 3)
    assert mirrored.tolist() == field[:, ::-1].tolist()


def test_every_quarter_turn_keeps_all_pixels_and_differs():
    seen = {
        tuple(patch_pixels((2, 2), 5, 5, 5, angle=k * np.pi / 2, mirror=mirror))
        for k in range(4)
        for mirror in (False, True)
    }
    assert len(seen) == 8
    assert all(sorted(index) == list(range(25)) for index in seen)


def test_the_centre_is_the_middle_of_the_mask():
    assert cell_centre(PAIR, 0) == (2.0, 1.0)
    assert cell_centre(PAIR, 2) == (4.0, 4.0)
