"""Still images of small movies, against numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepcinac.recording import projections
from deepcinac.recording.movie_readers import open_movie


@pytest.fixture
def values(tmp_path: Path) -> np.ndarray:
    """Noise of 50 frames of 6 x 7 pixels; the 2 x 2 pixels from (1, 1) on flash together."""
    values = np.random.default_rng(0).integers(1000, 1010, (50, 6, 7)).astype(np.uint16)
    values[20:30, 1:3, 1:3] += 500
    np.save(tmp_path / "movie.npy", values)
    return values


def test_mean_and_maximum(values: np.ndarray, tmp_path: Path) -> None:
    with open_movie(tmp_path / "movie.npy") as movie:
        found = projections.project(movie)
    np.testing.assert_allclose(found.mean, values.mean(0), rtol=1e-6)
    np.testing.assert_array_equal(found.maximum, values.max(0))


def test_the_correlation_image_is_the_mean_over_the_neighbours(
    values: np.ndarray, tmp_path: Path
) -> None:
    with open_movie(tmp_path / "movie.npy") as movie:
        found = projections.project(movie).correlation

    def expected(y: int, x: int) -> float:
        near = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
        inside = [p for p in near if 0 <= p[0] < 6 and 0 <= p[1] < 7]
        own = values[:, y, x].astype(float)
        return float(np.mean([np.corrcoef(own, values[:, a, b])[0, 1] for a, b in inside]))

    for y, x in ((1, 1), (0, 0), (5, 6), (3, 4)):
        assert found[y, x] == pytest.approx(expected(y, x), abs=1e-5)
    assert found[1, 1] > 0.3


def test_blocks_make_no_difference(
    values: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_movie(tmp_path / "movie.npy") as movie:
        whole = projections.project(movie)
        monkeypatch.setattr(projections, "_BLOCK_BYTES", 8 * 6 * 7 * 3)
        parts = projections.project(movie)
    np.testing.assert_allclose(parts.correlation, whole.correlation, atol=1e-6)


def test_a_still_movie_has_no_correlation(tmp_path: Path) -> None:
    np.save(tmp_path / "still.npy", np.full((5, 3, 4), 7, np.uint8))
    with open_movie(tmp_path / "still.npy") as movie:
        assert not projections.project(movie).correlation.any()


def test_a_movie_one_pixel_wide(tmp_path: Path) -> None:
    np.save(tmp_path / "thin.npy", np.arange(12, dtype=np.uint8).reshape(4, 3, 1))
    with open_movie(tmp_path / "thin.npy") as movie:
        found = projections.project(movie)
    assert found.correlation.shape == (3, 1)
    np.testing.assert_allclose(found.correlation, 1.0)
