"""Cells whose masks were taken away are proposed; where every cell has its mask, nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepcinac.inputs.missing_cells import (
    ProposedCell,
    find_missing_cells,
    read_proposals,
    save_proposals,
)
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie_readers import open_movie

SIZE, N_FRAMES = 48, 300
CENTRES = ((12, 12), (34, 14), (16, 36), (36, 36))


@pytest.fixture(scope="module")
def movie() -> np.ndarray:
    """Four round cells, each lit for six frames at five times of its own, and photon noise."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    frames = np.full((N_FRAMES, SIZE, SIZE), 40.0)
    for cell, (y, x) in enumerate(CENTRES):
        image = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 2.5**2))
        frames += 20 * image
        for onset in range(20 + 14 * cell, N_FRAMES - 8, 56):
            frames[onset : onset + 6] += 45 * image
    return np.random.default_rng(1).poisson(frames).astype(np.uint16)


def found_in(
    folder: Path, frames: np.ndarray, cells: Cells, pixel_size_um: float = 2.0
) -> list[ProposedCell]:
    np.save(folder / "movie.npy", frames)
    with open_movie(folder / "movie.npy") as opened:
        return find_missing_cells(opened, cells, 10.0, pixel_size_um)


def masks(kept: tuple[int, ...]) -> Cells:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    outlines = []
    for y, x in (CENTRES[cell] for cell in kept):
        image = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 2.5**2))
        inside = np.nonzero(image > 0.2)
        outlines.append((*inside, image[inside]))
    return make_cells(outlines, SIZE, SIZE)


def test_two_of_four_masks_are_taken_away_and_both_cells_are_found(
    movie: np.ndarray, tmp_path: Path
) -> None:
    found = found_in(tmp_path, movie, masks((0, 3)))
    places = {(round(one.ypix.mean()), round(one.xpix.mean())) for one in found}
    assert places == {CENTRES[1], CENTRES[2]}
    assert all(len(one.events) == 5 for one in found)
    first = next(one for one in found if round(one.xpix.mean()) == 14)
    assert abs(int(first.events[0, 0]) - 34) <= 1
    save_proposals(tmp_path / "found.npz", found)
    again = read_proposals(tmp_path / "found.npz")
    for one, other in zip(found, again, strict=True):
        for name, value in vars(one).items():
            assert np.array_equal(value, getattr(other, name)), name


def test_where_every_cell_has_its_mask_nothing_is_proposed(
    movie: np.ndarray, tmp_path: Path
) -> None:
    assert found_in(tmp_path, movie, masks((0, 1, 2, 3))) == []


def test_other_frame_rates_and_pixel_sizes_come_back_in_the_movies_own(
    movie: np.ndarray, tmp_path: Path
) -> None:
    large = movie.repeat(2, axis=1).repeat(2, axis=2)
    kept = [masks((0, 3)).cells[k] for k in (0, 1)]
    twice = [np.unravel_index(np.flatnonzero(_mask(cell).repeat(2, 0).repeat(2, 1)), (96, 96))
             for cell in kept]  # fmt: skip
    cells = make_cells([(y, x, np.ones(len(y))) for y, x in twice], 96, 96)
    found = found_in(tmp_path, large, cells, 1.0)
    near = [min(np.hypot(one.ypix.mean() - 2 * y, one.xpix.mean() - 2 * x) for y, x in CENTRES[1:3])
            for one in found]  # fmt: skip
    assert len(found) == 2
    assert max(near) < 2


def _mask(cell) -> np.ndarray:
    image = np.zeros((SIZE, SIZE), bool)
    image[cell.ypix, cell.xpix] = True
    return image
