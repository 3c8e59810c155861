"""Flat copies of movies that are slow to read at random, kept in the cache folder.

A copy is an ``.npy`` file, so its shape and pixel type are in its header. Its name is a fingerprint
of the source (path, size, time of change, shape, type): a source that changes gets a new copy.
Copies can be deleted at any time; the oldest go when the folder grows beyond its limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, written_atomically
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_flat import FlatMovie

STAGE = "preparing movie"
LARGEST_CACHE_BYTES = 100 * 10**9
LARGEST_DISK_SHARE = 0.2

_BLOCK_BYTES = 64 << 20
_SPARE_BYTES = 500 * 10**6  # left free on the disk, for everything else
_ABANDONED_S = 24 * 3600  # a temporary file this old belongs to a conversion that was killed


def open_working_copy(movie: Movie, progress: Progress = silent) -> FlatMovie:
    """The flat copy of ``movie``: the one that is there, or a new one."""
    path = working_copy_path(movie)
    copy = _open_copy(path, movie)
    if copy is None:
        _write_copy(movie, path, progress)
        copy = _open_copy(path, movie)
    if copy is None:
        raise InputError("a complete working copy", "a damaged file", path, "Check the disk")
    with contextlib.suppress(OSError):
        os.utime(path)  # so that the copies in use are the last to be removed
    return copy


def movies_folder() -> Path:
    """Where the copies are."""
    return cache_folder() / "movies"


def working_copy_path(movie: Movie) -> Path:
    """The place of the copy of ``movie``, whether or not it is there."""
    return movies_folder() / f"{movie.path.stem[:60]}-{_fingerprint(movie)}.npy"


def _fingerprint(movie: Movie) -> str:
    files = []
    for file in movie.source_files():
        status = file.stat()
        files.append([str(file.resolve()), status.st_size, status.st_mtime_ns])
    content = [files, movie.dataset, list(movie.shape), movie.dtype.str]
    content += [movie.series] if movie.series else []
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]


def _open_copy(path: Path, movie: Movie) -> FlatMovie | None:
    """The copy when it is complete and fits, otherwise None."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        shape, dtype, offset = array.shape, array.dtype, int(array.offset)
        del array
    except Exception:  # a damaged file raises many kinds; whatever it is, the copy is made anew
        return None
    if shape != movie.shape or dtype != movie.dtype:
        return None
    return FlatMovie(
        movie.path,
        shape,
        dtype,
        offset,
        data_file=path,
        frame_rate_hz=movie.frame_rate_hz,
        pixel_size_um=movie.pixel_size_um,
        pixel_sizes_um=movie.pixel_sizes_um,
        dataset=movie.dataset,
    )


def _write_copy(movie: Movie, path: Path, progress: Progress) -> None:
    n_bytes = movie.n_frames * movie.height * movie.width * movie.dtype.itemsize
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_room(path.parent, n_bytes)
    frame_bytes = n_bytes // movie.n_frames
    step = max(1, _BLOCK_BYTES // frame_bytes)
    step = max(step - step % movie.block_frames, movie.block_frames)
    if step * frame_bytes > 16 * _BLOCK_BYTES:  # a chunk of many large frames
        step = max(1, _BLOCK_BYTES // frame_bytes)
    header = {"descr": movie.dtype.str, "fortran_order": False, "shape": movie.shape}
    before = _fingerprint(movie)
    progress(ProgressEvent(STAGE, 0, movie.n_frames, movie.path.name))
    with written_atomically(path) as temporary:
        with open(temporary, "wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for start in range(0, movie.n_frames, step):
                stop = min(start + step, movie.n_frames)
                _append(stream, movie.frames(start, stop), path.parent)
                progress(ProgressEvent(STAGE, stop, movie.n_frames, movie.path.name))
        if _fingerprint(movie) != before:
            raise InputError(
                "a movie that stays as it is",
                "one that changed while it was read",
                movie.path,
                "Wait until the recording or the copy has finished",
            )


def _append(stream: BinaryIO, frames: np.ndarray, folder: Path) -> None:
    try:
        stream.write(np.ascontiguousarray(frames).data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("a disk with room for the working copy", reason, folder) from error


def _make_room(folder: Path, n_bytes: int) -> None:
    """Remove the oldest files until ``n_bytes`` fit in the limit, then look at the disk."""
    for abandoned in folder.glob(".*.npy"):
        with contextlib.suppress(OSError):
            if time.time() - abandoned.stat().st_mtime > _ABANDONED_S:
                abandoned.unlink()
    limit = min(LARGEST_CACHE_BYTES, LARGEST_DISK_SHARE * shutil.disk_usage(folder).total)
    copies = []
    for copy in folder.glob("[!.]*.npy"):
        with contextlib.suppress(OSError):
            copies.append((copy.stat().st_mtime, copy.stat().st_size, copy))
    kept = sum(size for _, size, _ in copies)
    for _, size, copy in sorted(copies):
        if kept + n_bytes <= limit:
            break
        with contextlib.suppress(OSError):  # in use on Windows: stays until another time
            copy.unlink()
            kept -= size
    free = shutil.disk_usage(folder).free
    if free < n_bytes + _SPARE_BYTES:
        raise InputError(
            f"{(n_bytes + _SPARE_BYTES) / 1e9:.1f} GB of free disk for a working copy of the movie",
            f"{free / 1e9:.1f} GB",
            folder,
            "Make room, or set DEEPCINAC_CACHE to a folder on a larger disk",
        )
