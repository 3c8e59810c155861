"""Bright recordings are divided to the brightness of training; others stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from deepcinac.inputs.demixing import MOTION
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_DEMIXED, NetworkInput, open_input
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import open_movie


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Movie]:
    """300 frames with two cells of 4 x 4 px that rise 20 SD of a pixel's noise for a third of the time."""
    generator = np.random.default_rng(0)
    frames = generator.normal(100, 1, (300, 16, 24))
    active = (np.arange(300) // 50) % 3 == 1
    for top in (2, 10):
        frames[active, top : top + 4, 5:9] += 20
    path = tmp_path_factory.mktemp("bright") / "movie.npy"
    np.save(path, frames.astype(np.float32))
    with open_movie(path) as opened_movie:
        yield opened_movie


def opened(movie: Movie, limit: float | None) -> NetworkInput:
    y, x = np.mgrid[0:4, 5:9]
    cells = make_cells(
        [(y.ravel() + top, x.ravel(), None) for top in (2, 10)], 16, 24, "two squares"
    )
    return open_input(movie, cells, 10.0, 2.0, InputForm(reach_limit_sd=limit), n_scalars=N_DEMIXED)


def test_pixels_and_scalars_of_a_bright_movie_are_divided(movie: Movie) -> None:
    plain, divided = opened(movie, None), opened(movie, 5.0)
    reach = plain.reach_sd
    assert reach is not None
    assert reach > 10
    assert divided.scale == pytest.approx(reach / 5)
    assert divided.scaled_reach_sd == pytest.approx(5)
    before, numbers = plain.block(0, 60)
    after, fewer = divided.block(0, 60)
    assert numbers is not None
    assert fewer is not None
    inside = np.abs(before) < 19  # what is beyond is clipped
    assert np.allclose(after[inside], before[inside] / divided.scale, atol=1e-4)
    signal, small = np.sinh(numbers[..., :MOTION]), np.sinh(fewer[..., :MOTION])
    assert np.allclose(small, signal / divided.scale, rtol=1e-3, atol=1e-3)
    assert np.array_equal(numbers[..., MOTION], fewer[..., MOTION])


def test_a_movie_within_the_limit_stays_as_it_is(movie: Movie) -> None:
    plain, same = opened(movie, None), opened(movie, 1000.0)
    assert same.scale == 1.0
    assert np.array_equal(plain.block(0, 60)[0], same.block(0, 60)[0])
