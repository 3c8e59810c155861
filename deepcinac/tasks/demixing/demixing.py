"""The whole of ``deepcinac demix``: a movie's cells, what each of them does, and the movie without noise."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import written_atomically
from deepcinac.inputs.resampling import pixel_aspect
from deepcinac.labelling.movie_reference import identify
from deepcinac.labelling.provenance import Opening
from deepcinac.labelling.session import Session
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie import Movie, iterate_blocks
from deepcinac.results import FileReference, Maker, Result, Results, TimeBase
from deepcinac.results.kinds import CURVE, DENOISED, KINDS
from deepcinac.results.result import footprint_keys
from deepcinac.tasks.demixing.applying import (
    LoadedNetwork,
    choose_cells,
    find_slots,
    footprints_of,
)
from deepcinac.tasks.demixing.model import TASK
from deepcinac.tasks.demixing.prepare import averaged, plan_grid, prepare
from deepcinac.tasks.demixing.separating import Separator, make_separator
from deepcinac.version import __version__

SESSION, MOVIE = "demixed.deepcinac", "denoised.tif"
BLOCK_FRAMES = 200
LEAST_WEIGHT = 1e-3


@dataclass(frozen=True, eq=False)
class Demixed:
    """What was found in a movie.

    ``confidence`` (n_cells,); ``footprints`` (n_cells, height, width) with maximum 1; ``traces``
    (n_cells, n_frames): grey levels of a cell's brightest pixel over its median; ``amplitudes``
    (n_parts, n_frames): the same from the mean frame on, with those of background and motion below;
    ``mean`` (height, width); ``n_seeds``: places that were looked at.
    """

    cells: Cells
    confidence: np.ndarray
    footprints: np.ndarray
    traces: np.ndarray
    amplitudes: np.ndarray
    separator: Separator
    mean: np.ndarray
    n_seeds: int


def demix(
    movie: Movie,
    frame_rate_hz: float,
    pixel_size_um: float,
    classifier: ClassifierFolder,
    progress: Progress = silent,
) -> Demixed:
    """Find the cells of a movie and take their light apart; an InputError where there is no cell."""
    network = LoadedNetwork(classifier)
    grid = plan_grid(movie.shape, frame_rate_hz, pixel_size_um, pixel_aspect(movie))
    read = averaged(movie, grid, progress)
    ready = prepare(read.frames, frame_rate_hz / grid.time_bin)
    slots = find_slots(ready, network, network.architecture, progress)
    found = choose_cells(slots, grid.rows, grid.columns, classifier.card.threshold)
    if not len(found):
        raise InputError(
            "cells that do something", f"none at {len(slots)} places", movie.path,
            "Is the movie registered, and are frame rate and pixel size right?",
        )  # fmt: skip
    footprints, masks = footprints_of(found, ready.noise, movie.height, movie.width)
    cells = make_cells(
        [
            (y, x, np.maximum(light[y, x], LEAST_WEIGHT))
            for light, mask in zip(footprints, masks, strict=True)
            for y, x in [np.nonzero(mask)]
        ],
        movie.height, movie.width, "demix",
    )  # fmt: skip
    separator = make_separator(footprints, read.mean, read.noise)
    amplitudes = np.empty((len(separator.solve), movie.n_frames), np.float32)
    for start, block in iterate_blocks(movie, BLOCK_FRAMES):
        amplitudes[:, start : start + len(block)] = separator.amplitudes(np.nan_to_num(block))
        progress(ProgressEvent("separating cells", start + len(block), movie.n_frames))
    traces = amplitudes[: len(cells)]
    traces = traces - np.median(traces, 1, keepdims=True)
    return Demixed(
        cells, found.confidence, footprints, traces, amplitudes, separator, read.mean, len(slots)
    )


def denoised_blocks(one: Demixed, dtype: np.dtype) -> Iterator[np.ndarray]:
    """The movie that cells and background explain, block by block, in the type of the movie."""
    height, width = one.mean.shape
    for start in range(0, one.amplitudes.shape[1], BLOCK_FRAMES):
        part = one.separator.denoised(one.amplitudes[:, start : start + BLOCK_FRAMES])
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            part = np.clip(np.rint(part), limits.min, limits.max)
        yield part.astype(dtype).reshape(-1, height, width)


def write_denoised(path: Path, one: Demixed, dtype: np.dtype, progress: Progress = silent) -> Path:
    """Write the denoised movie as a TIFF file, complete or not at all."""
    import tifffile

    n_frames, done = one.amplitudes.shape[1], 0
    with (
        written_atomically(path) as temporary,
        tifffile.TiffWriter(temporary, bigtiff=True) as file,
    ):
        for block in denoised_blocks(one, dtype):
            for frame in block:
                file.write(frame, photometric="minisblack", contiguous=True, metadata=None)
            done += len(block)
            progress(ProgressEvent("writing the denoised movie", done, n_frames))
    return path


def write_session(
    path: Path,
    movie: Movie,
    one: Demixed,
    classifier: ClassifierFolder,
    frame_rate_hz: float,
    pixel_size_um: float,
    opening: Opening,
) -> None:
    """The session of the movie with the cells that were found; traces and denoised movie are a layer.

    ``opening``: how the movie's file is read.
    """
    results = results_of(movie, one, classifier, frame_rate_hz)
    with Session.create(
        path, movie.address, movie.shape, one.cells, frame_rate_hz, pixel_size_um
    ) as session:
        session.set_opening(opening)
        session.write_results(results)


def results_of(
    movie: Movie, one: Demixed, classifier: ClassifierFolder, frame_rate_hz: float
) -> Results:
    """Demixed traces, and where the denoised movie is."""
    card = classifier.card
    maker = Maker(
        TASK, card.name, card.version, card.weights_sha256, {"threshold": card.threshold},
        identify(movie.path)[1], __version__,
        datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )  # fmt: skip
    numbers, time = np.arange(len(one.cells)), TimeBase(frame_rate_hz)
    remarks = {n: f"confidence {sure:.2f}" for n, sure in enumerate(one.confidence.tolist())}
    traces = Result(
        CURVE, one.traces.astype(np.float32), KINDS[CURVE].dims, "grey levels", maker, numbers,
        footprint_keys(one.cells, numbers), time, remarks=remarks,
    )  # fmt: skip
    picture = Result(
        DENOISED,
        FileReference(MOVIE),
        KINDS[DENOISED].dims,
        KINDS[DENOISED].units,
        maker,
        time=time,
    )
    return Results((traces, picture), info={"movie": movie.address, "seeds": one.n_seeds})
