"""A movie whose missing pixels (NaN, infinite) are filled: the borders that motion correction leaves.

They get one grey level, the median of the movie, so that they carry no activity of their own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.recording.movie import Movie

_SAMPLED = 20


class MaskedMovie(Movie):
    """Another movie, with numbers in every pixel."""

    mask_nan = True

    def __init__(self, movie: Movie) -> None:
        super().__init__(
            movie.path,
            movie.shape,
            movie.dtype,
            frame_rate_hz=movie.frame_rate_hz,
            pixel_size_um=movie.pixel_size_um,
            pixel_sizes_um=movie.pixel_sizes_um,
            dataset=movie.dataset,
        )
        self._movie = movie
        self.series, self.accepted, self.reopen = movie.series, movie.accepted, movie.reopen
        self.random_access, self.block_frames = movie.random_access, movie.block_frames
        self.fill = _grey_level(movie) if movie.dtype.kind == "f" else 0.0

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        block = self._movie.patch(start, stop, top, bottom, left, right)
        if block.dtype.kind == "f":
            block[~np.isfinite(block)] = self.fill
        return block

    def source_files(self) -> list[Path]:
        """The files of the movie."""
        return self._movie.source_files()

    def close(self) -> None:
        """Close the movie."""
        self._movie.close()


def _grey_level(movie: Movie) -> float:
    """Median over a few frames, of their medians."""
    levels = []
    for frame in np.unique(np.linspace(0, movie.n_frames - 1, _SAMPLED).astype(int)).tolist():
        pixels = movie.frames(frame, frame + 1)
        good = pixels[np.isfinite(pixels)]
        if good.size:
            levels.append(float(np.median(good)))
    return float(np.median(levels)) if levels else 0.0


def missing_pixels(movie: Movie, block_frames: int = 100) -> np.ndarray:
    """(height, width) bool: pixels that are not a number in some frame; one pass over the movie."""
    missing = np.zeros(movie.shape[1:], bool)
    if movie.dtype.kind != "f":
        return missing
    for start in range(0, movie.n_frames, block_frames):
        block = movie.frames(start, min(start + block_frames, movie.n_frames))
        missing |= ~np.isfinite(block).all(axis=0)
    return missing
