"""Cells of results in a recording: found by their pixels, wherever they stand in the list."""

from dataclasses import replace

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.recording.cells import make_cells
from deepcinac.results import Result, Results
from deepcinac.results.footprint_matching import matched_to
from deepcinac.results.result import footprint_keys


def reordered(cells, order):
    pixels = [(cells[i].ypix, cells[i].xpix, None) for i in order]
    return make_cells(pixels, cells.height, cells.width, "other order")


def test_cells_in_their_places(results, three_cells):
    found, notes = matched_to(results, three_cells)
    assert found["probability"].require_cells().tolist() == [2, 0]
    assert notes == ()


def test_cells_that_moved_in_the_list_are_renumbered(results, three_cells):
    """Cell 2 is cell 0 there, and cell 0 is cell 1."""
    found, notes = matched_to(results, reordered(three_cells, [2, 0, 1]))
    for kind in ("probability", "spike_rate_hz"):
        assert found[kind].require_cells().tolist() == [0, 1]
        np.testing.assert_array_equal(found[kind].array, results[kind].array)
    assert notes == ("2 cells have another number here, found by footprint (2 is 0, 0 is 1)",)


def test_other_footprints_are_refused_and_the_cells_named(results, three_cells):
    other = make_cells([([1, 1], [1, 2], None), ([7], [7], None)], 8, 8, "drawn anew")
    with pytest.raises(InputError, match=r"the 2 cells of the recording, found cell 2 with other"):
        matched_to(results, other)


def test_without_footprints_the_numbers_count_and_that_is_said(results, three_cells):
    items = tuple(replace(item, footprints=None) for item in results)
    found, notes = matched_to(replace(results, items=items), three_cells)
    assert found["probability"].require_cells().tolist() == [2, 0]
    assert found["probability"].footprints == results["probability"].footprints
    assert notes == ("no footprints are known, so cells were taken by their numbers",)
    with pytest.raises(InputError, match="cells from 0 to 1, found cell 2"):
        matched_to(replace(results, items=items), reordered(three_cells, [0, 1]))


def test_two_cells_of_the_same_pixels_stay_two(maker):
    twins = make_cells([([1], [1], None)] * 2, 4, 4, "twins")
    keys = footprint_keys(twins, [1, 0])
    values = np.array([[0.1, 0.2], [0.3, 0.4]])
    item = Result("probability", values, ("cell", "frame"), "1", maker, np.array([1, 0]), keys)
    found, notes = matched_to(Results((item,)), twins)
    assert found["probability"].require_cells().tolist() == [1, 0]
    assert notes == ()


def test_rows_of_transients_and_remarks_move_with_their_cells(maker, three_cells):
    keys = footprint_keys(three_cells, [0, 2])
    rows = np.array([[0, 5, 6], [2, 1, 2]])
    item = Result("transients", rows, ("event", "field"), "1", maker, np.array([0, 2]), keys,
                  remarks={2: "dim"})  # fmt: skip
    found, _ = matched_to(Results((item,)), reordered(three_cells, [2, 0, 1]))
    assert found["transients"].array.tolist() == [[0, 1, 2], [1, 5, 6]]
    assert found["transients"].remarks == {0: "dim"}
