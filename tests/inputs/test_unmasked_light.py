"""A cell of 7 px across at row 16, column 16; an unmasked source of the same size 5 px to its right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_ALL_SCALARS, N_DEMIXED, open_input
from deepcinac.inputs.normalisation import movie_statistics, normalise, sample_starts
from deepcinac.inputs.unmasked_light import build_unmasked_light
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie_readers import open_movie

OWN, BLOB_GIVEN_OWN, OWN_GIVEN_BLOB, AGAINST = range(4)
N_FRAMES, SIDE = 240, 33
OWN_FRAMES, LEAK_FRAMES, NEIGHBOUR_FRAMES = slice(60, 70), slice(120, 130), slice(180, 190)


def light_at(row: int, column: int) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 2.3**2))


def recording() -> tuple[Cells, np.ndarray]:
    """The cell lights up at 60-69, the unmasked source at 120-129, a masked neighbour at 180-189."""
    own, unmasked, masked = light_at(16, 16), light_at(16, 21), light_at(16, 11)
    cells = make_cells(
        [(*np.nonzero(one > 0.4), one[one > 0.4]) for one in (own, masked)], SIDE, SIDE, "drawn"
    )
    frames = np.random.default_rng(0).normal(100, 1, (N_FRAMES, SIDE, SIDE))
    frames[OWN_FRAMES] += 3 * own
    frames[LEAK_FRAMES] += 5 * unmasked
    frames[NEIGHBOUR_FRAMES] += 5 * masked
    return cells, frames.astype(np.float32)


@pytest.fixture(scope="module")
def numbers() -> np.ndarray:
    """The four numbers of the cell, (240, 4), in units of z."""
    cells, frames = recording()
    starts = sample_starts(N_FRAMES)
    sample = np.stack([frames[s : s + 12] for s in starts])
    statistics = movie_statistics(sample, starts)
    light = build_unmasked_light(cells, statistics, sample, starts)
    flat = normalise(frames, 0, statistics)
    scalars = light.scalars(np.concatenate([flat[:1], flat, flat[-1:]]))
    assert scalars.shape == (2, N_FRAMES, 4)
    return np.sinh(scalars[0])


def middle(numbers: np.ndarray, frames: slice) -> np.ndarray:
    return np.asarray(numbers[frames.start + 2 : frames.stop - 2].mean(0))


def test_a_quiet_cell_has_z_about_one(numbers: np.ndarray) -> None:
    assert numbers[:50, OWN].std() == pytest.approx(1, abs=0.3)
    assert abs(numbers[:50, OWN].mean()) < 0.7


def test_own_light_is_told_from_a_source_without_a_mask(numbers: np.ndarray) -> None:
    own, leak = middle(numbers, OWN_FRAMES), middle(numbers, LEAK_FRAMES)
    assert own[OWN] > 10
    assert own[AGAINST] > 5
    assert own[OWN_GIVEN_BLOB] > 5
    assert own[BLOB_GIVEN_OWN] < 5
    assert leak[OWN] > 4  # taken alone, the leak looks like the cell
    assert leak[AGAINST] < -5
    assert leak[OWN_GIVEN_BLOB] < 5
    assert leak[BLOB_GIVEN_OWN] > 10


def test_a_masked_neighbours_light_is_no_evidence_at_all(numbers: np.ndarray) -> None:
    neighbour = middle(numbers, NEIGHBOUR_FRAMES)
    assert np.abs(neighbour[[OWN, AGAINST]]).max() < 4


def test_blocks_do_not_matter_and_the_demixed_numbers_stay(tmp_path: Path) -> None:
    cells, frames = recording()
    np.save(tmp_path / "movie.npy", frames)
    with open_movie(tmp_path / "movie.npy") as movie:
        source = open_input(movie, cells, 10.0, 2.0, InputForm(), N_ALL_SCALARS)
        demixed = open_input(movie, cells, 10.0, 2.0, InputForm(), N_DEMIXED)
        flat, whole = source.block(0, N_FRAMES)
        parts = [source.block(first, first + 48)[1] for first in range(0, N_FRAMES, 48)]
        other_flat, seven = demixed.block(0, N_FRAMES)
    assert whole is not None
    assert whole.shape == (2, N_FRAMES, N_ALL_SCALARS)
    assert np.allclose(
        np.concatenate([one for one in parts if one is not None], 1), whole, atol=1e-4
    )
    assert np.array_equal(flat, other_flat)
    assert np.array_equal(whole[..., :N_DEMIXED], seven)


def test_a_cell_outlined_twice_has_no_evidence_of_its_own() -> None:
    cells, frames = recording()
    twice = make_cells(
        [(c.ypix, c.xpix, c.weight) for c in (cells[0], cells[0])], SIDE, SIDE, "twice"
    )
    starts = sample_starts(N_FRAMES)
    sample = np.stack([frames[s : s + 12] for s in starts])
    statistics = movie_statistics(sample, starts)
    light = build_unmasked_light(twice, statistics, sample, starts)
    scalars = light.scalars(normalise(frames, 0, statistics))
    assert np.isfinite(scalars).all()
    assert np.abs(scalars[..., OWN]).max() < 1e-3


def test_what_is_said_of_a_cell_does_not_depend_on_the_others_that_are_asked_about() -> None:
    cells, frames = recording()
    starts = sample_starts(N_FRAMES)
    sample = np.stack([frames[s : s + 12] for s in starts])
    statistics = movie_statistics(sample, starts)
    flat = normalise(frames, 0, statistics)
    whole = build_unmasked_light(cells, statistics, sample, starts).scalars(flat)
    one = build_unmasked_light(cells, statistics, sample, starts, np.array([1])).scalars(flat)
    assert np.array_equal(one[1], whole[1])
    assert not one[0].any()
