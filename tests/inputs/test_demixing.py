"""Two overlapping cells whose light is known: the fit must give each its own."""

import numpy as np
import pytest

from deepcinac.inputs.demixing import N_SCALARS, build_demixer
from deepcinac.inputs.normalisation import movie_statistics, normalise, sample_starts
from deepcinac.recording.cells import make_cells

DEMIXED, RAW, LEAK, NEIGHBOUR, BACKGROUND, RING, MOTION = range(7)
N_FRAMES, SIDE = 240, 24


@pytest.fixture(scope="module")
def scalars():
    """Cell 0 alone lights up at frames 100-109, cell 1 alone at 150-159; noise of 1 everywhere."""
    block = np.mgrid[:6, :6].reshape(2, -1)
    first, second = block + [[8], [6]], block + [[8], [10]]  # two columns of six pixels shared
    cells = make_cells([(*first, None), (*second, None)], SIDE, SIDE, "drawn")
    frames = np.random.default_rng(0).normal(100, 1, (N_FRAMES, SIDE, SIDE))
    frames[100:110, first[0], first[1]] += 3
    frames[150:160, second[0], second[1]] += 3
    starts = sample_starts(N_FRAMES)
    sample = np.stack([frames[s : s + 12] for s in starts])
    statistics = movie_statistics(sample, starts)
    demixer = build_demixer(cells, statistics, sample, starts)
    return demixer.scalars(normalise(frames, 0, statistics))


def test_shape_and_unit_noise(scalars):
    assert scalars.shape == (2, N_FRAMES, N_SCALARS)
    quiet = np.sinh(scalars[:, :90, [DEMIXED, RAW]])
    assert np.allclose(quiet.std(1), 1, atol=0.35)


def test_each_cell_gets_its_own_light_and_not_its_neighbours(scalars):
    own, other = np.sinh(scalars[0, 100:110].mean(0)), np.sinh(scalars[0, 150:160].mean(0))
    assert own[DEMIXED] > 5
    assert abs(other[DEMIXED]) < 0.25 * own[DEMIXED]


def test_the_neighbours_light_shows_as_leak_and_as_neighbour(scalars):
    other = np.sinh(scalars[0, 150:160].mean(0))
    assert other[RAW] > 3
    assert other[LEAK] > 3
    assert other[NEIGHBOUR] > 5


def test_nothing_moves_in_a_still_movie(scalars):
    assert scalars[..., MOTION].mean() < 2.9
    assert scalars[..., MOTION].min() >= 0


def test_normalised_pixels_have_mean_zero_and_noise_one():
    frames = np.random.default_rng(3).normal(50, 4, (200, 10, 10))
    starts = sample_starts(200)
    statistics = movie_statistics(np.stack([frames[s : s + 12] for s in starts]), starts)
    normal = normalise(frames, 0, statistics)
    assert abs(normal.mean()) < 0.05
    assert normal.std() == pytest.approx(1, abs=0.08)


def test_bleaching_is_followed():
    level = np.linspace(100, 60, 600)[:, None, None]
    frames = level * np.ones((1, 8, 8)) + np.random.default_rng(0).normal(0, 1, (600, 8, 8))
    starts = sample_starts(600)
    statistics = movie_statistics(np.stack([frames[s : s + 12] for s in starts]), starts)
    normal = normalise(frames, 0, statistics)
    assert abs(normal[:50].mean()) < 2.5
    assert abs(normal[-50:].mean()) < 2.5


def test_reach_is_how_far_a_cell_rises_above_its_noise():
    """36 pixels that rise by 2 noise SD in every fifteenth frame: 2 x 6 = 12 SD of the cell."""
    block = np.mgrid[:6, :6].reshape(2, -1) + 8
    cells = make_cells([(*block, None)], SIDE, SIDE, "drawn")
    frames = np.random.default_rng(0).normal(100, 1, (N_FRAMES, SIDE, SIDE))
    frames[::30, block[0], block[1]] += 2
    frames[1::30, block[0], block[1]] += 2
    starts = sample_starts(N_FRAMES)
    sample = np.stack([frames[s : s + 12] for s in starts])
    demixer = build_demixer(cells, movie_statistics(sample, starts), sample, starts)
    assert demixer.reach_sd.shape == (1,)
    assert 10 < demixer.reach_sd[0] < 14
