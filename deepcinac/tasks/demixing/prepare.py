"""A movie as the network sees it: cells of one size, few frames a second, light in units of its noise.

Frames are averaged in time and space to what the network learnt from. Each pixel loses its slow course, and
each frame what its surroundings do (neuropil), so that what is left is activity of the size of cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.inputs.resampling import area_matrix
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie, iterate_blocks

PIXEL_UM = 2.0
FRAME_RATE_HZ = 5.0
"""What the network learnt from; frames of faster movies are averaged."""
MOST_VALUES = 128 << 20
"""Pixels times frames that are held in memory; a longer movie is averaged more in time."""
FEWEST_FRAMES = 50
COURSE_S = 20.0
SURROUNDINGS_PX = 8.0
BLOCK_FRAMES = 200
MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Grid:
    """How a movie is averaged: ``time_bin`` frames into one, its pixels to ``rows`` x ``columns``."""

    time_bin: int
    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """``frames`` (n, rows, columns) float32: light of the size of cells over its noise, at ``rate_hz``.

    ``mean`` and ``noise`` (rows, columns): mean and SD of the noise in grey levels of the averaged movie.
    """

    frames: np.ndarray
    rate_hz: float
    mean: np.ndarray
    noise: np.ndarray


@dataclass(frozen=True, eq=False)
class Averaged:
    """``frames`` (n, rows, columns) of the grid; ``mean``, ``noise`` (height, width) of the movie itself."""

    frames: np.ndarray
    mean: np.ndarray
    noise: np.ndarray


def plan_grid(
    shape: tuple[int, int, int], frame_rate_hz: float, pixel_size_um: float, aspect: float = 1.0
) -> Grid:
    """The grid for a movie; ``aspect`` is the height of its pixels over their width.

    >>> plan_grid((3000, 512, 512), 30.0, 1.0)
    Grid(time_bin=6, rows=256, columns=256)
    """
    n_frames, height, width = shape
    zooms = np.array([aspect**0.5, aspect**-0.5]) * pixel_size_um / PIXEL_UM
    rows, columns = (max(16, round(side)) for side in (zooms * (height, width)).tolist())
    time_bin = max(1, round(frame_rate_hz / FRAME_RATE_HZ))
    time_bin = max(time_bin, -(-n_frames * rows * columns // MOST_VALUES))
    if n_frames // time_bin < FEWEST_FRAMES:
        expected = f"at least {FEWEST_FRAMES * time_bin} frames, to tell cells by what they do"
        raise InputError(expected, f"{n_frames}", "the movie")
    return Grid(time_bin, rows, columns)


def averaged(movie: Movie, grid: Grid, progress: Progress = silent) -> Averaged:
    """Read a movie once; frames that fill no bin are left out of the average."""
    per_block = grid.time_bin * max(1, BLOCK_FRAMES // grid.time_bin)
    out = np.empty((movie.n_frames // grid.time_bin, grid.rows, grid.columns), np.float32)
    total = np.zeros((movie.height, movie.width))
    changes = np.zeros_like(total)
    n_changes, last = 0, None
    for start, block in iterate_blocks(movie, per_block):
        frames = np.nan_to_num(block.astype(np.float32))
        total += frames.sum(0)
        joined = frames if last is None else np.concatenate([last, frames])
        changes += (np.diff(joined, axis=0) ** 2).sum(0)
        n_changes, last = n_changes + len(joined) - 1, frames[-1:]
        first, whole = start // grid.time_bin, len(block) // grid.time_bin
        if whole:
            used = frames[: whole * grid.time_bin]
            binned = used.reshape(whole, grid.time_bin, *used.shape[1:]).mean(1)
            out[first : first + whole] = on_grid(binned, grid)
        progress(ProgressEvent("reading the movie", start + len(block), movie.n_frames))
    noise = np.sqrt(changes / (2 * max(1, n_changes)))
    floor = max(1e-6, 0.1 * float(np.median(noise)))
    return Averaged(out, total / movie.n_frames, np.maximum(noise, floor))


def on_grid(frames: np.ndarray, grid: Grid) -> np.ndarray:
    """Frames (n, height, width) with the grid's pixels, (n, rows, columns) float32."""
    if frames.shape[1:] == (grid.rows, grid.columns):
        return np.asarray(frames, np.float32)
    down = area_matrix(frames.shape[1], grid.rows).astype(np.float32)
    right = area_matrix(frames.shape[2], grid.columns).astype(np.float32)
    return down @ np.asarray(frames, np.float32) @ right.T


def prepare(frames: np.ndarray, rate_hz: float) -> Prepared:
    """Frames (n, rows, columns) without slow courses and surroundings, in units of their noise."""
    mean = frames.mean(0)
    steps = np.abs(np.diff(frames, axis=0))
    noise = MAD_TO_SD * np.median(steps, axis=0) / np.sqrt(2)
    noise = np.maximum(noise, max(1e-6, 0.1 * float(np.median(noise))))
    light = frames - slow_course(frames, max(4, round(COURSE_S * rate_hz)))
    light /= noise
    for part in _blocks(len(light)):
        light[part] -= surroundings(light[part])
    return Prepared(light, rate_hz, mean, noise)


def slow_course(frames: np.ndarray, window: int) -> np.ndarray:
    """What each pixel does over longer than ``window`` frames: medians of windows, joined by lines."""
    n = len(frames)
    count = max(1, round(n / window))
    edges = np.linspace(0, n, count + 1).astype(int)
    medians = np.stack(
        [np.median(frames[a:b], axis=0) for a, b in zip(edges, edges[1:], strict=False)]
    )
    if count == 1:
        return np.broadcast_to(medians, frames.shape)
    middle = (edges[:-1] + edges[1:] - 1) / 2
    place = np.clip(np.interp(np.arange(n), middle, np.arange(count)), 0, count - 1)
    below = np.minimum(place.astype(int), count - 2)
    share = (place - below).astype(np.float32)[:, None, None]
    course = np.empty_like(frames)
    for part in _blocks(n):
        low, high = medians[below[part]], medians[below[part] + 1]
        course[part] = low + share[part] * (high - low)
    return course


def surroundings(frames: np.ndarray) -> np.ndarray:
    """The mean around each pixel, in a frame: of a width at which a cell counts little."""
    from scipy.ndimage import gaussian_filter1d

    across = gaussian_filter1d(frames, SURROUNDINGS_PX, axis=1, mode="reflect", truncate=2.5)
    return gaussian_filter1d(across, SURROUNDINGS_PX, axis=2, mode="reflect", truncate=2.5)


def _blocks(n: int) -> Iterator[slice]:
    for start in range(0, n, BLOCK_FRAMES):
        yield slice(start, min(n, start + BLOCK_FRAMES))
