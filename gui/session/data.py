"""Traces and still images of a session, as files in the cache folder that can be made again.

:func:`prepare` makes them, in a process of its own, so that the window never waits; :func:`open_data`
maps them into memory, so that a cell is read when it is looked at. Nothing here knows Tk.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_npz, write_json, write_npz, written_atomically
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, silent
from deepcinac.recording import traces
from deepcinac.recording.movie import open_movie
from deepcinac.recording.projections import project

TRACES = ("raw", "without_overlap", "neuropil")
TRACE_CHOICE = ("raw", "smoothed", "without_overlap", "neuropil", "dff", "minus_neuropil")
"""Every trace that can be looked at, in the order of its keys."""
IMAGES = ("mean", "maximum", "correlation")
COMPLETE = "complete.json"
CACHE_VERSION = 1
KEPT_IN_MEMORY = 64
MOST_FOLDERS = 40


def data_folder(session: Session) -> Path:
    """Where the data of a session are, whether or not they were made."""
    recording = session.recording
    key = [
        CACHE_VERSION,
        recording.fingerprint,
        recording.n_frames,
        recording.frame_rate_hz,
        session.meta().get("session_id", ""),
    ]
    name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:20]
    return cache_folder() / "sessions" / name


def prepare(session_path: str | Path, progress: Progress = silent) -> Path:
    """Make the data of a session, and the working copy of its movie; returns their folder."""
    with Session.open(session_path, read_only=True) as session:
        folder = data_folder(session)
        with open_movie(session.movie_address(), progress=progress) as movie:
            recording = session.recording
            wanted = (recording.n_frames, recording.height, recording.width)
            if movie.shape != wanted:
                raise InputError(f"a movie of shape {wanted}", f"{movie.shape}", movie.path)
            if _is_complete(folder):
                return folder
            cells = session.cells()
            images = project(movie, progress)
            found = traces.extract_traces(movie, cells, progress=progress)
        folder.mkdir(parents=True, exist_ok=True)
        for name in TRACES:
            _write_npy(folder / f"{name}.npy", getattr(found, name))
        _write_npy(folder / "snr.npy", traces.snr(found.raw, recording.frame_rate_hz))
        write_npz(folder / "images.npz", **{name: getattr(images, name) for name in IMAGES})
        write_json(folder / COMPLETE, {"session": str(Path(session_path).absolute())})
        _forget_oldest(folder)
    return folder


def open_data(session: Session) -> SessionData | None:
    """The data of a session, or None when they have to be made first."""
    folder = data_folder(session)
    if not _is_complete(folder):
        return None
    try:
        data = SessionData(folder, session.recording.frame_rate_hz)
    except (InputError, OSError, ValueError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)  # damaged: it is made again
        return None
    fits = data.raw.shape == (session.n_cells, session.recording.n_frames)
    if fits:
        os.utime(folder)
    return data if fits else None


class SessionData:
    """Traces (n_cells, n_frames) float32, mapped from disk, and images (height, width).

    ``snr`` (n_cells,): how far the large transients stand out. ``smoothed``,
    ``dff`` and ``minus_neuropil`` (without overlap, minus neuropil) are worked out for a cell when
    they are asked for; the last cells are kept.
    """

    def __init__(self, folder: Path, frame_rate_hz: float) -> None:
        self.folder = folder
        self.frame_rate_hz = frame_rate_hz
        self.raw, self.without_overlap, self.neuropil = (
            np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in TRACES
        )
        self.snr = np.load(folder / "snr.npy", allow_pickle=False)
        self.images = read_npz(folder / "images.npz", IMAGES)
        self.smoothed = functools.lru_cache(KEPT_IN_MEMORY)(self._smoothed)
        self.dff = functools.lru_cache(KEPT_IN_MEMORY)(self._dff)
        self.minus_neuropil = functools.lru_cache(KEPT_IN_MEMORY)(self._minus_neuropil)

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


def _is_complete(folder: Path) -> bool:
    return (folder / COMPLETE).is_file()


def _write_npy(path: Path, values: np.ndarray) -> None:
    with written_atomically(path) as temporary, open(temporary, "wb") as stream:
        np.save(stream, values, allow_pickle=False)


def _forget_oldest(kept: Path) -> None:
    """Remove the folders that were used longest ago when there are many."""
    folders = sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-MOST_FOLDERS]:
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)
