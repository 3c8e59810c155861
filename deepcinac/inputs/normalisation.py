"""Each pixel in units of its own noise: the form in which the network sees a movie.

From a sample of short stretches spread over the recording come the median image, the noise of every pixel
(from differences of consecutive frames, so that slow changes do not count) and the slow course of the
overall brightness (bleaching). A frame then becomes (frame - brightness x median) / noise. The sample
depends on the movie alone, never on how it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

SAMPLE_STRETCHES = 60
STRETCH_FRAMES = 12
SMOOTH_STRETCHES = 7
MAD_TO_SD = 1.4826


class FrameSource(Protocol):
    """What is needed of a movie here: its size and blocks of frames as numbers."""

    n_frames: int
    height: int
    width: int

    def frames(self, start: int, stop: int) -> np.ndarray:
        """Frames ``start`` to ``stop`` (excluded): (n, height, width)."""


@dataclass(frozen=True)
class MovieStatistics:
    """Median and noise of each pixel, (height, width) float32, and the slow course of the brightness."""

    median: np.ndarray
    noise: np.ndarray
    brightness_frames: np.ndarray
    brightness: np.ndarray

    def brightness_at(self, frames: np.ndarray) -> np.ndarray:
        """Brightness relative to the median image at these frames."""
        return np.interp(frames, self.brightness_frames, self.brightness).astype(np.float32)


def sample_starts(n_frames: int) -> np.ndarray:
    """First frames of the sampled stretches: the whole movie when it is short, else spread evenly."""
    n_stretches = max(1, min(SAMPLE_STRETCHES, n_frames // STRETCH_FRAMES))
    return np.linspace(0, max(n_frames - STRETCH_FRAMES, 0), n_stretches).round().astype(int)


def sample_frames(movie: FrameSource) -> tuple[np.ndarray, np.ndarray]:
    """The sampled frames, (n_stretches, STRETCH_FRAMES or fewer, height, width), and their start frames."""
    starts = sample_starts(movie.n_frames)
    length = min(STRETCH_FRAMES, movie.n_frames)
    return np.stack([movie.frames(s, s + length) for s in starts.tolist()]), starts


def movie_statistics(sample: np.ndarray, starts: np.ndarray) -> MovieStatistics:
    """Statistics from sampled stretches (n_stretches, length, height, width)."""
    n_stretches, length = sample.shape[:2]
    flat = sample.reshape(n_stretches * length, *sample.shape[2:])
    median = middle(flat).astype(np.float32)
    if length > 1:
        difference = np.diff(sample, axis=1).reshape(-1, *median.shape)
        noise = MAD_TO_SD * middle(np.abs(difference)) / np.sqrt(2)
    else:
        noise = np.ones_like(median)
    typical = float(np.median(noise[noise > 0])) if (noise > 0).any() else 1.0
    noise = np.maximum(noise, 0.2 * typical).astype(np.float32)
    means = sample.mean(1).reshape(n_stretches, -1)
    power = float((median.astype(np.float64) ** 2).sum())
    level = means @ median.ravel() / power if power > 0 else np.ones(n_stretches)
    reach = min(SMOOTH_STRETCHES, n_stretches) // 2
    smooth = [np.median(level[max(0, k - reach) : k + reach + 1]) for k in range(n_stretches)]
    middles = starts + (length - 1) / 2
    return MovieStatistics(median, noise, middles, np.asarray(smooth))


def middle(values: np.ndarray) -> np.ndarray:
    """Median over the first axis of finite numbers (n, ...).

    As ``np.median``, which takes many times as long over numbers that do not lie side by side.

    >>> middle(np.array([[4.0, 1.0], [1.0, 1.0], [2.0, 5.0], [9.0, 2.0]])).tolist()
    [3.0, 1.5]
    """
    ordered = np.ascontiguousarray(np.moveaxis(values, 0, -1))
    ordered.sort(axis=-1)
    n = ordered.shape[-1]
    median: np.ndarray = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    return median


def normalise(
    frames: np.ndarray,
    first_frame: int,
    statistics: MovieStatistics,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Frames (n, height, width) in units of each pixel's noise, (n, height * width) float32.

    ``out`` receives them where given: whole frames are the bulk of the memory that passes through.
    """
    flat = frames.reshape(len(frames), -1)
    result = np.empty(flat.shape, np.float32) if out is None else out
    brightness = statistics.brightness_at(first_frame + np.arange(len(frames)))
    np.multiply(brightness[:, None], statistics.median.ravel(), out=result)
    np.subtract(flat, result, out=result, casting="same_kind")
    np.multiply(result, 1 / statistics.noise.ravel(), out=result)
    return result
