"""A recording as a network sees it: normalised frames, the pixels and masks of each cell, scalars.

``open_input`` streams from a movie; ``prepare_input`` computes everything once into a flat file of
half-precision numbers, from which training draws its windows at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.inputs.crops import cell_centre, flat_masks, input_masks, patch_pixels
from deepcinac.inputs.demixing import N_SCALARS, Demixer, build_demixer
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.normalisation import (
    MovieStatistics,
    movie_statistics,
    normalise,
    sample_frames,
)
from deepcinac.inputs.resampling import (
    ResampledMovie,
    Resampling,
    pixel_aspect,
    plan_resampling,
    resample_cells,
)
from deepcinac.inputs.unmasked_light import N_UNMASKED, UnmaskedLight, build_unmasked_light
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie

VALUE_LIMITS = (-20.0, 60.0)
N_DEMIXED = N_SCALARS
N_ALL_SCALARS = N_SCALARS + N_UNMASKED
"""Scalars of a frame: the demixed ones, and those with the evidence of light without a mask."""
_PREPARE_BLOCK = 256


@dataclass(frozen=True)
class NetworkInput:
    """A movie brought to a classifier's form, read block by block.

    ``scale``: what pixels and scalars are divided by (:func:`input_scale`). ``demixer`` and ``unmasked``
    give the scalars that the network takes, where it takes any.
    """

    movie: ResampledMovie
    plan: Resampling
    cells: Cells
    statistics: MovieStatistics
    demixer: Demixer | None
    own: np.ndarray
    others: np.ndarray
    scale: float = 1.0
    unmasked: UnmaskedLight | None = None

    @property
    def n_frames(self) -> int:
        """Frames after resampling."""
        return self.movie.n_frames

    @property
    def reach_sd(self) -> float | None:
        """How far the median cell rises above its noise (``Demixer.reach_sd``); None without a demixer."""
        return float(np.median(self.demixer.reach_sd)) if self.demixer else None

    @property
    def scaled_reach_sd(self) -> float | None:
        """The same as the network sees it, after bright inputs were divided by ``scale``."""
        return None if self.reach_sd is None else self.reach_sd / self.scale

    def block(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Normalised frames (n, height * width + 1), last column 0, and scalars (n_cells, n, k).

        In memory the frames of a pixel lie side by side, since all that follows takes some pixels of all
        frames: ``frames.T[pixels]`` is cheap.
        """
        before, after = self._margin(first, last)
        frames = self.movie.frames(first - before, last + after)
        flat = normalise(frames, first - before, self.statistics)
        around = np.empty((flat.shape[1] + 1, len(flat)), np.float32)
        around[:-1] = flat.T
        around[-1] = 0
        inside = slice(before, len(flat) - after)
        scalars = None
        if self.demixer:
            scalars = self.demixer.scalars(around[:-1].T, self.scale)[:, inside]
        if self.unmasked:
            evidence = self.unmasked.scalars(around.T, self.scale, (1 - before, 1 - after))
            scalars = evidence if scalars is None else np.concatenate([scalars, evidence], axis=2)
        if self.scale != 1.0:
            around *= np.float32(1 / self.scale)
        np.clip(around, *VALUE_LIMITS, out=around)
        return around[:, inside].T, scalars

    def _margin(self, first: int, last: int) -> tuple[int, int]:
        """Frames to read before and after: the evidence of light without a mask looks at three frames."""
        if not self.unmasked:
            return 0, 0
        return int(first > 0), int(last < self.n_frames)


def open_input(
    movie: Movie,
    cells: Cells,
    frame_rate_hz: float,
    pixel_size_um: float,
    form: InputForm,
    n_scalars: int,
    progress: Progress = silent,
    select: np.ndarray | None = None,
) -> NetworkInput:
    """Resampling, statistics and demixer of a movie, from short stretches all over it.

    ``n_scalars``: how many numbers of each frame the network takes beside the images: none, the demixed
    ones (``N_DEMIXED``), or these and the evidence of light without a mask (``N_ALL_SCALARS``).
    ``select``: the cells whose scalars are wanted (default all); that evidence is 0 of the others.
    """
    if (cells.height, cells.width) != (movie.height, movie.width):
        raise InputError(
            f"cells of a {movie.height} x {movie.width} field",
            f"cells of a {cells.height} x {cells.width} field",
            movie.path,
        )
    progress(ProgressEvent("looking at the movie"))
    plan = plan_resampling(
        movie.height, movie.width, frame_rate_hz, pixel_size_um, form, pixel_aspect(movie)
    )
    resampled = ResampledMovie(movie, plan)
    cells = resample_cells(cells, plan)
    sample, starts = sample_frames(resampled)
    statistics = movie_statistics(sample, starts)
    demixer = build_demixer(cells, statistics, sample, starts) if n_scalars else None
    unmasked = None
    if n_scalars > N_DEMIXED:
        unmasked = build_unmasked_light(cells, statistics, sample, starts, select)
    own, others = flat_masks(cells)
    scale = input_scale(demixer.reach_sd, form.reach_limit_sd) if demixer else 1.0
    return NetworkInput(resampled, plan, cells, statistics, demixer, own, others, scale, unmasked)


def input_scale(reach_sd: np.ndarray, limit_sd: float | None) -> float:
    """What the inputs of a recording are divided by: the reach of its median cell / limit, at least 1.

    >>> input_scale(np.array([3.0, 14.0, 80.0]), 7.0), input_scale(np.array([3.0]), 7.0)
    (2.0, 1.0)
    """
    if limit_sd is None or not len(reach_sd):
        return 1.0
    return max(1.0, float(np.median(reach_sd)) / limit_sd)


def cell_pixels(source: NetworkInput, patch_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Patch pixels of every cell (n_cells, patch_px ** 2), masks of its inputs (n_cells, 3, …)."""
    height, width = source.plan.height, source.plan.width
    pixels, masks = [], []
    for cell in range(len(source.cells)):
        index = patch_pixels(cell_centre(source.cells, cell), patch_px, height, width)
        pixels.append(index)
        masks.append(input_masks(source.own[cell, index], source.others[cell, index]))
    return np.stack(pixels), np.stack(masks)


@dataclass(frozen=True, eq=False)
class PreparedInput:
    """A recording whose inputs have been computed, ready to draw windows from.

    ``frames`` (n_frames, height * width + 1) float16, memory-mapped; ``scalars`` (n_cells, n_frames, k)
    float16; ``trace`` (n_cells, n_frames) the mean over each mask, normalised; all at the classifier's
    frame rate.
    """

    name: str
    source: NetworkInput
    frames: np.ndarray
    scalars: np.ndarray | None
    trace: np.ndarray

    @property
    def n_frames(self) -> int:
        """Frames after resampling."""
        return len(self.frames)

    @property
    def frame_rate_hz(self) -> float:
        """Frame rate after resampling."""
        return self.source.plan.frame_rate_hz

    def block(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None]:
        """As ``NetworkInput.block``, from the prepared numbers."""
        scalars = None if self.scalars is None else self.scalars[:, first:last].astype(np.float32)
        return self.frames[first:last].astype(np.float32), scalars

    def part(self, first: int, last: int) -> PreparedInput:
        """The same recording from frame ``first`` to ``last`` (excluded), as if it were all there is."""
        scalars = None if self.scalars is None else self.scalars[:, first:last]
        return PreparedInput(
            self.name, self.source, self.frames[first:last], scalars, self.trace[:, first:last]
        )


def prepare_input(
    name: str, source: NetworkInput, folder: Path, progress: Progress = silent
) -> PreparedInput:
    """Compute all inputs of a recording once into the file ``name.npy`` of ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    n_frames, n_pixels = source.n_frames, source.plan.height * source.plan.width
    path = folder / f"{name}.npy"
    frames = np.lib.format.open_memmap(path, "w+", np.float16, (n_frames, n_pixels + 1))
    scalars = []
    masks = source.own.astype(np.float32)
    masks /= np.maximum(masks.sum(1, keepdims=True), 1)
    trace = np.empty((len(masks), n_frames), np.float32)
    for first, last in blocks_of(n_frames, _PREPARE_BLOCK):
        flat, values = source.block(first, last)
        frames[first:last] = flat
        trace[:, first:last] = masks @ flat.T
        if values is not None:
            scalars.append(values.astype(np.float16))
        progress(ProgressEvent("preparing", last, n_frames, name))
    frames.flush()
    joined = np.concatenate(scalars, axis=1) if scalars else None
    return PreparedInput(name, source, np.load(path, mmap_mode="r"), joined, trace)


def without_frames(prepared: PreparedInput) -> PreparedInput:
    """The same without what lies in the file: small enough to be sent from one process to another."""
    return replace(prepared, frames=prepared.frames[:0])


def with_frames(prepared: PreparedInput, folder: Path) -> PreparedInput:
    """The frames that :func:`prepare_input` has written into ``folder``, mapped again."""
    return replace(prepared, frames=np.load(folder / f"{prepared.name}.npy", mmap_mode="r"))


def blocks_of(n_frames: int, block_frames: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """First and last (excluded) frame of consecutive blocks from ``start`` on."""
    for first in range(start, n_frames, block_frames):
        yield first, min(first + block_frames, n_frames)
