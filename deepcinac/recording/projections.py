"""Still images of a movie: mean, maximum, and how each pixel goes with its neighbours.

One pass over the movie in blocks; memory does not grow with the number of frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie, iterate_blocks

STAGE = "images"
_BLOCK_BYTES = 1 << 26
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Half of the eight neighbours (rows down, columns right); the others are the same pairs."""


@dataclass(frozen=True, eq=False)
class Projections:
    """Images (height, width) float32.

    ``correlation`` is the mean Pearson correlation over time of a pixel with its eight neighbours
    (Smith & Haeusser, 2010); active cells stand out in it.
    """

    mean: np.ndarray
    maximum: np.ndarray
    correlation: np.ndarray


def project(movie: Movie, progress: Progress = silent) -> Projections:
    """All images of a movie in one pass."""
    shape = (movie.height, movie.width)
    first = movie.frames(0, 1)[0].astype(np.float64)  # taken off, so that squares stay exact
    total, squares = np.zeros(shape), np.zeros(shape)
    maximum = np.full(shape, -np.inf)
    products = [np.zeros(_overlap(shape, step)) for step in _STEPS]
    n_block = max(1, _BLOCK_BYTES // (8 * movie.height * movie.width))
    for start, frames in iterate_blocks(movie, n_block):
        values = frames - first
        total += values.sum(0)
        squares += np.einsum("tyx,tyx->yx", values, values)
        np.maximum(maximum, frames.max(0), out=maximum)
        for product, (dy, dx) in zip(products, _STEPS, strict=True):
            one, two = _shifted(values, dy, dx)
            product += np.einsum("tyx,tyx->yx", one, two)
        progress(ProgressEvent(STAGE, start + len(frames), movie.n_frames))
    n_frames = movie.n_frames
    mean = total / n_frames
    sd = np.sqrt(np.maximum(squares / n_frames - mean**2, 0.0))
    correlation = _correlation(mean, sd, [product / n_frames for product in products])
    return Projections(*(x.astype(np.float32) for x in (mean + first, maximum, correlation)))


def _correlation(mean: np.ndarray, sd: np.ndarray, products: list[np.ndarray]) -> np.ndarray:
    """Mean correlation with the neighbours there are; 0 for pixels that never change."""
    total, count = np.zeros(mean.shape), np.zeros(mean.shape)
    for product, (dy, dx) in zip(products, _STEPS, strict=True):
        mean_1, mean_2 = _shifted(mean, dy, dx)
        sd_1, sd_2 = _shifted(sd, dy, dx)
        scale = sd_1 * sd_2
        known = scale > 0
        r = np.divide(product - mean_1 * mean_2, scale, out=np.zeros_like(scale), where=known)
        for target, part in ((total, r), (count, known)):
            one, two = _shifted(target, dy, dx)
            one += part
            two += part
    return total / np.maximum(count, 1)


def _overlap(shape: tuple[int, int], step: tuple[int, int]) -> tuple[int, int]:
    return max(0, shape[0] - step[0]), max(0, shape[1] - abs(step[1]))


def _shifted(values: np.ndarray, dy: int, dx: int) -> tuple[np.ndarray, np.ndarray]:
    """Views of each pixel and of its neighbour ``dy`` rows down and ``dx`` columns to the right."""
    height, width = values.shape[-2:]
    left, right = max(0, -dx), width - max(0, dx)
    one = values[..., : max(0, height - dy), left:right]
    two = values[..., dy:, left + dx : max(0, right + dx)]
    return one, two
