"""A recording as the network sees it: normalised frames, the pixels and masks of each cell, scalars, truth.

``open_recording`` streams from a movie; ``prepare_recording`` computes everything once into a flat file of
half-precision numbers, from which training draws its windows at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.classifier.card import Architecture, InputForm
from deepcinac.classifier.crops import cell_centre, flat_masks, input_masks, patch_pixels
from deepcinac.classifier.demixing import Demixer, build_demixer
from deepcinac.classifier.normalisation import (
    MovieStatistics,
    movie_statistics,
    normalise,
    sample_frames,
)
from deepcinac.classifier.resampling import (
    ResampledMovie,
    Resampling,
    plan_resampling,
    resample_cells,
)
from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie

VALUE_LIMITS = (-20.0, 60.0)
_PREPARE_BLOCK = 256


@dataclass(frozen=True)
class Recording:
    """A movie brought to a classifier's form, read block by block."""

    movie: ResampledMovie
    plan: Resampling
    cells: Cells
    statistics: MovieStatistics
    demixer: Demixer | None
    own: np.ndarray
    others: np.ndarray

    @property
    def n_frames(self) -> int:
        """Frames after resampling."""
        return self.movie.n_frames

    @property
    def reach_sd(self) -> float | None:
        """How far the median cell rises above its noise (``Demixer.reach_sd``); None without a demixer."""
        return float(np.median(self.demixer.reach_sd)) if self.demixer else None

    def block(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Normalised frames (n, height * width + 1), last column 0, and scalars (n_cells, n, k)."""
        frames = self.movie.frames(first, last)
        flat = np.empty((len(frames), frames[0].size + 1), np.float32)
        inside = flat[:, :-1]
        flat[:, -1] = 0
        normalise(frames, first, self.statistics, inside)
        scalars = self.demixer.scalars(inside) if self.demixer else None
        np.clip(inside, *VALUE_LIMITS, out=inside)
        return flat, scalars


def open_recording(
    movie: Movie,
    cells: Cells,
    frame_rate_hz: float,
    pixel_size_um: float,
    form: InputForm,
    architecture: Architecture,
    progress: Progress = silent,
) -> Recording:
    """Resampling, statistics and demixer of a movie: one look at short stretches all over it."""
    if (cells.height, cells.width) != (movie.height, movie.width):
        raise InputError(
            f"cells of a {movie.height} x {movie.width} field",
            f"cells of a {cells.height} x {cells.width} field",
            movie.path,
        )
    progress(ProgressEvent("looking at the movie"))
    plan = plan_resampling(movie.height, movie.width, frame_rate_hz, pixel_size_um, form)
    resampled = ResampledMovie(movie, plan)
    cells = resample_cells(cells, plan)
    sample, starts = sample_frames(resampled)
    statistics = movie_statistics(sample, starts)
    demixer = build_demixer(cells, statistics, sample, starts) if architecture.n_scalars else None
    own, others = flat_masks(cells)
    return Recording(resampled, plan, cells, statistics, demixer, own, others)


def cell_pixels(recording: Recording, patch_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Patch pixels of every cell (n_cells, patch_px ** 2), masks of its inputs (n_cells, 3, …)."""
    height, width = recording.plan.height, recording.plan.width
    pixels, masks = [], []
    for cell in range(len(recording.cells)):
        index = patch_pixels(cell_centre(recording.cells, cell), patch_px, height, width)
        pixels.append(index)
        masks.append(input_masks(recording.own[cell, index], recording.others[cell, index]))
    return np.stack(pixels), np.stack(masks)


@dataclass
class PreparedRecording:
    """A recording with its truth, ready to draw windows from.

    ``frames`` (n_frames, height * width + 1) float16, memory-mapped; ``scalars`` (n_cells, n_frames, k)
    float16; ``active`` and ``doubtful`` (n_cells, n_frames) bool; ``trace`` (n_cells, n_frames) the mean
    over each mask, normalised; ``spikes`` (n_cells, n_frames) per frame where they are known; all at the
    classifier's frame rate.
    """

    name: str
    recording: Recording
    frames: np.ndarray
    scalars: np.ndarray | None
    active: np.ndarray
    doubtful: np.ndarray
    trace: np.ndarray
    crosstalk: np.ndarray
    spikes: np.ndarray | None = None

    @property
    def n_frames(self) -> int:
        """Frames after resampling."""
        return len(self.frames)

    def block(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None]:
        """As ``Recording.block``, from the prepared numbers."""
        scalars = None if self.scalars is None else self.scalars[:, first:last].astype(np.float32)
        return self.frames[first:last].astype(np.float32), scalars


def prepare_recording(
    name: str,
    recording: Recording,
    active: np.ndarray,
    doubtful: np.ndarray,
    crosstalk: np.ndarray,
    folder: Path,
    progress: Progress = silent,
    spikes: np.ndarray | None = None,
) -> PreparedRecording:
    """Compute all inputs of a recording once into ``folder``; labels are brought to the new frame rate.

    An averaged frame is active when half of its frames or more are, doubtful when any frame is doubtful
    and it is not active.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n_frames, n_pixels = recording.n_frames, recording.plan.height * recording.plan.width
    path = folder / f"{name}.npy"
    frames = np.lib.format.open_memmap(path, "w+", np.float16, (n_frames, n_pixels + 1))
    scalars = []
    masks = recording.own.astype(np.float32)
    masks /= np.maximum(masks.sum(1, keepdims=True), 1)
    trace = np.empty((len(masks), n_frames), np.float32)
    for first in range(0, n_frames, _PREPARE_BLOCK):
        last = min(first + _PREPARE_BLOCK, n_frames)
        flat, values = recording.block(first, last)
        frames[first:last] = flat
        trace[:, first:last] = masks @ flat.T
        if values is not None:
            scalars.append(values.astype(np.float16))
        progress(ProgressEvent("preparing", last, n_frames, name))
    frames.flush()
    step = recording.plan.time_bin
    active_frames = _binned_share(active, step) >= 0.5
    doubtful_frames = (_binned_share(doubtful, step) > 0) & ~active_frames
    events = np.array(crosstalk, int).reshape(-1, 4)
    events[:, 2:] //= step
    return PreparedRecording(
        name,
        recording,
        np.load(path, mmap_mode="r"),
        np.concatenate(scalars, axis=1) if scalars else None,
        active_frames,
        doubtful_frames,
        trace,
        events,
        None if spikes is None else _binned_sum(spikes, step).astype(np.float32),
    )


def _binned_share(raster: np.ndarray, step: int) -> np.ndarray:
    starts = np.arange(0, raster.shape[1], step)
    return _binned_sum(raster, step) / np.diff(np.r_[starts, raster.shape[1]])


def _binned_sum(raster: np.ndarray, step: int) -> np.ndarray:
    starts = np.arange(0, raster.shape[1], step)
    return np.add.reduceat(raster.astype(np.float32), starts, axis=1)


def blocks_of(n_frames: int, block_frames: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """First and last (excluded) frame of consecutive blocks from ``start`` on."""
    for first in range(start, n_frames, block_frames):
        yield first, min(first + block_frames, n_frames)
