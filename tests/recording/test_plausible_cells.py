"""Footprints that can hardly be cells, and one cell drawn twice, on 40 x 40 pixels of 2 um."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest

from deepcinac.questions import NeedsAnswer
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.plausible_cells import (
    ACCEPT,
    ACCEPT_DUPLICATES,
    ask_about,
    merge_same,
    oddities,
    same_cells,
    shapes_of,
)

SOMA = (slice(10, 16), slice(10, 16))  # 6 x 6 pixels: 13.5 um across

ELSEWHERE = (slice(10, 16), slice(20, 26))


def cells_of(
    *places: tuple[slice, slice] | np.ndarray, valid: Collection[bool] | None = None
) -> Cells:
    masks = np.zeros((len(places), 40, 40), bool)
    for mask, place in zip(masks, places, strict=True):
        mask[place] = True
    return make_cells([(*np.nonzero(m), None) for m in masks], 40, 40, "drawn", valid=valid)


def test_a_soma_is_measured_and_not_odd() -> None:
    cells = cells_of(SOMA)
    shapes = shapes_of(cells, 2.0)
    assert (shapes.area_px[0], shapes.n_pieces[0], shapes.compactness[0]) == (36, 1, 1.0)
    assert shapes.diameter_um[0] == pytest.approx(13.54, abs=0.01)
    assert oddities(cells, 2.0) == {}
    assert oddities(cells) == {}


def speckled() -> np.ndarray:
    mask = np.zeros((40, 40), bool)
    mask[10:20:2, 10:20:2] = True
    return mask


def ring_far_apart() -> np.ndarray:
    mask = np.zeros((40, 40), bool)
    mask[2:5, 2:5] = mask[30:33, 30:33] = True
    return mask


@pytest.mark.parametrize(
    ("place", "size", "reason"),
    [
        ((slice(0, 40), slice(0, 40)), 2.0, "100% of the field"),
        (speckled(), 2.0, "25 separate pieces"),
        ((slice(3, 4), slice(3, 5)), 2.0, "2 pixels"),
        ((slice(3, 4), slice(3, 20)), 2.0, "a line of 17 pixels"),
        (ring_far_apart(), 2.0, "scattered: 2% of its box"),
        (ELSEWHERE, 0.5, "3.39 um across"),
        (ELSEWHERE, 7.0, "47.4 um across"),
    ],
)
def test_what_can_hardly_be_a_cell(place: object, size: float, reason: str) -> None:
    cells = cells_of(SOMA, place)
    assert oddities(cells, size)[1] == reason
    with pytest.raises(NeedsAnswer, match="--accept unlikely-cells") as asked:
        ask_about(cells, size, "c.npy")
    assert asked.value.accept == ACCEPT
    assert reason in asked.value.question
    ask_about(cells, size, "c.npy", {ACCEPT})


def test_nothing_is_asked_about_a_rejected_cell() -> None:
    ask_about(cells_of(SOMA, (slice(0, 40), slice(0, 40)), valid=[True, False]), 2.0)


def test_one_cell_drawn_twice_is_named_and_merged() -> None:
    """Shifted by a column: 30 pixels in both of 42 in either. The third touches and is another."""
    shifted = (slice(10, 16), slice(11, 17))
    cells = cells_of(SOMA, (slice(16, 22), slice(10, 16)), shifted)
    (pair,) = same_cells(cells)
    assert (pair.first, pair.second, pair.iou) == (0, 2, 0.714)
    with pytest.raises(NeedsAnswer, match=r"0 and 2 \(71% shared\).*--merge-duplicates") as asked:
        ask_about(cells, 2.0)
    assert asked.value.accept == ACCEPT_DUPLICATES
    merged = merge_same(cells, [pair])
    assert merged.n_pixels.tolist() == [42, 36]
    assert merged.names == ("0", "1")
    assert same_cells(merged) == []


def test_a_cell_within_another_is_the_same_and_a_process_is_not() -> None:
    larger = (slice(9, 17), slice(9, 17))
    small = (slice(10, 13), slice(10, 13))
    assert [(p.first, p.second) for p in same_cells(cells_of(SOMA, larger, small))] == [(0, 1)]
