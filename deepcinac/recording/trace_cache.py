"""Traces and still images of a recording, kept in the cache folder: reduced once, read by everybody.

A movie takes minutes to reduce to traces; window, command line, notebook and cluster share what one of
them has made. :func:`make_traces` makes it, :func:`open_traces` maps it into memory, so that a cell is
read when it is looked at. The folder can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_npz, write_json, write_npz, written_atomically
from deepcinac.progress import Progress, silent
from deepcinac.recording import traces
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.projections import project

TRACES = ("raw", "without_overlap", "neuropil")
TRACE_CHOICE = ("raw", "smoothed", "without_overlap", "neuropil", "dff", "minus_neuropil")
"""Every trace that can be looked at, in the order of its keys."""
IMAGES = ("mean", "maximum", "correlation")
COMPLETE = "complete.json"
WITHOUT_IMAGES = "traces.json"
CACHE_VERSION = 1
KEPT_IN_MEMORY = 64
MOST_FOLDERS = 40


@dataclass(frozen=True)
class TraceKey:
    """What traces depend on: the movie, its length and rate, and the cells.

    ``fingerprint`` is that of the movie's files, ``cells_id`` an id of the set of cells (the id of a
    session, whose cells never change).
    """

    fingerprint: str
    n_frames: int
    frame_rate_hz: float
    cells_id: str

    @property
    def folder(self) -> Path:
        """Where the traces are, whether or not they were made."""
        key = [CACHE_VERSION, self.fingerprint, self.n_frames, self.frame_rate_hz, self.cells_id]
        name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:20]
        return cache_folder() / "sessions" / name


def has_traces(key: TraceKey, *, images: bool = True) -> bool:
    """Whether the traces (and the images) are there."""
    folder = key.folder
    return (folder / COMPLETE).is_file() or (not images and (folder / WITHOUT_IMAGES).is_file())


def make_traces(
    key: TraceKey,
    movie: Movie,
    cells: Cells,
    progress: Progress = silent,
    *,
    images: bool = True,
    about: str = "",
) -> Path:
    """Reduce a movie to what is missing in the cache; returns the folder.

    ``images`` takes another pass over the movie; ``about`` says whose traces they are.
    """
    folder = key.folder
    if not has_traces(key, images=False):
        found = traces.extract_traces(movie, cells, progress=progress)
        folder.mkdir(parents=True, exist_ok=True)
        for name in TRACES:
            _write_npy(folder / f"{name}.npy", getattr(found, name))
        _write_npy(folder / "snr.npy", traces.snr(found.raw, key.frame_rate_hz))
        write_json(folder / WITHOUT_IMAGES, {"session": about})
    if images and not has_traces(key):
        stills = project(movie, progress)
        write_npz(folder / "images.npz", **{name: getattr(stills, name) for name in IMAGES})
        write_json(folder / COMPLETE, {"session": about})
    _forget_oldest(folder)
    return folder


def open_traces(key: TraceKey, n_cells: int, *, images: bool = True) -> CachedTraces | None:
    """The traces of a recording, or None when they have to be made first."""
    folder = key.folder
    if not has_traces(key, images=images):
        return None
    try:
        found = CachedTraces(folder, key.frame_rate_hz)
        if images:
            assert found.images
    except (InputError, OSError, ValueError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)  # damaged: it is made again
        return None
    if found.raw.shape != (n_cells, key.n_frames):
        return None
    with contextlib.suppress(OSError):  # a cache that others wrote
        os.utime(folder)
    return found


class CachedTraces:
    """Traces (n_cells, n_frames) float32, mapped from disk, and images (height, width).

    ``snr`` (n_cells,): how far the large transients stand out. ``smoothed``, ``dff`` and
    ``minus_neuropil`` (without overlap, minus neuropil) are worked out for a cell when they are asked
    for; the last cells are kept.
    """

    def __init__(self, folder: Path, frame_rate_hz: float) -> None:
        self.folder = folder
        self.frame_rate_hz = frame_rate_hz
        self.raw, self.without_overlap, self.neuropil = (
            np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in TRACES
        )
        self.snr = np.load(folder / "snr.npy", allow_pickle=False)
        self.smoothed = functools.lru_cache(KEPT_IN_MEMORY)(self._smoothed)
        self.dff = functools.lru_cache(KEPT_IN_MEMORY)(self._dff)
        self.minus_neuropil = functools.lru_cache(KEPT_IN_MEMORY)(self._minus_neuropil)

    @functools.cached_property
    def images(self) -> dict[str, np.ndarray]:
        """The mean, maximum and correlation image, by name."""
        return read_npz(self.folder / "images.npz", IMAGES)

    def _smoothed(self, cell: int) -> np.ndarray:
        return traces.smooth(self.raw[cell], self.frame_rate_hz)

    def _dff(self, cell: int) -> np.ndarray:
        return traces.dff(self.raw[cell], self.frame_rate_hz)

    def _minus_neuropil(self, cell: int) -> np.ndarray:
        return traces.without_neuropil(self.without_overlap[cell], self.neuropil[cell])

    def trace(self, name: str, cell: int) -> np.ndarray:
        """A trace (n_frames,) of a cell by its name (:data:`TRACE_CHOICE`)."""
        held = getattr(self, name)
        return held(cell) if callable(held) else held[cell]

    def noise(self, cell: int) -> float:
        """Standard deviation of a frame's noise."""
        return float(traces.noise_sd(self.raw[cell]))

    def candidates(self, cell: int) -> np.ndarray:
        """Putative transients (k, 2) of a cell: every rise of the smoothed trace."""
        return traces.putative_transients(self.smoothed(cell))


def _write_npy(path: Path, values: np.ndarray) -> None:
    with written_atomically(path) as temporary, open(temporary, "wb") as stream:
        np.save(stream, values, allow_pickle=False)


def _forget_oldest(kept: Path) -> None:
    """Remove the folders that were used longest ago when there are many."""
    ages = []
    for folder in kept.parent.iterdir():
        with contextlib.suppress(OSError):  # another process removes them too
            ages.append((folder.stat().st_mtime, folder))
    for _, folder in sorted(ages)[:-MOST_FOLDERS]:
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)
