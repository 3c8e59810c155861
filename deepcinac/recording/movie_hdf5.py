"""Movies in HDF5 files: one three-dimensional dataset, frames first (of NWB: ``formats.nwb_movie``)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file
from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.recording.movie import DTYPES, Movie, checked_layout, without_single_axes
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_readers import HDF5_HEAD, MovieSource, movie_reader

READABLE = "a readable HDF5 file"
CACHE_BYTES = 64 << 20
_LARGEST_CACHE = 1 << 30
CUT_SHORT = "The file was cut short or damaged: copy or export it again"
_MANY_FRAMES = 32  # in one compressed chunk: each frame alone costs as much as all of them


def is_hdf5(source: MovieSource) -> bool:
    """Whether a movie lies in an HDF5 file: a dataset is named, or the file looks like one."""
    named_so = source.suffix in (".h5", ".hdf5", ".hdf", ".nwb")
    return (
        source.dataset is not None
        or source.head == HDF5_HEAD
        or (named_so and not source.is_folder)
    )


@movie_reader("an HDF5 file", recognises=is_hdf5)
def open_hdf5(source: MovieSource) -> Movie:
    """Open a dataset of (n_frames, height, width); without a name the file must hold just one."""
    path = source.path
    file = open_hdf5_file(path, cache_bytes=CACHE_BYTES, hint=CUT_SHORT)
    try:
        with readable(path, READABLE, CUT_SHORT):
            data = _find(file, source.dataset, path)
            n_bytes = _chunk_bytes(data)
            if CACHE_BYTES < n_bytes <= _LARGEST_CACHE:
                name = data.name
                file.close()
                file = open_hdf5_file(path, cache_bytes=n_bytes, hint=CUT_SHORT)
                data = file[name]
            movie = open_dataset(file, data, path)
            movie.axes_named = False
            return movie
    except BaseException:
        file.close()
        raise


def _chunk_bytes(data: Any) -> int:
    """Bytes of one unpacked chunk. One that the cache does not hold is unpacked again for each frame."""
    return math.prod(data.chunks) * data.dtype.itemsize if data.chunks else 0


def _find(file: Any, name: str | None, path: Path) -> Any:
    import h5py

    if name is not None:
        found = file.get(name)
        if isinstance(found, h5py.Dataset):
            return found
        raise InputError(
            f"a dataset called {name}",
            f"{_names(_movies(file)) or 'no movie'}",
            path,
            "Write file.h5:/path with one of the paths that are there",
        )
    candidates = _movies(file)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise InputError(
            "a dataset of frames x height x width",
            "none",
            path,
            "Name it if it has another form: file.h5:/path",
        )
    raise InputError(
        "one movie",
        f"{len(candidates)} datasets that could be it ({_names(candidates)})",
        path,
        f"Name one of them, for instance {path.name}:{candidates[0].name}",
    )


def _names(datasets: list[Any]) -> str:
    names = [f"{data.name} {' x '.join(map(str, data.shape))}" for data in datasets]
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _movies(file: Any) -> list[Any]:
    """All datasets that look like a movie."""
    import h5py

    found = []

    def look(name: str, item: Any) -> None:
        numbers = isinstance(item, h5py.Dataset) and item.shape and item.dtype.kind in "uif"
        if numbers and len(without_single_axes(item.shape)) == 3:
            found.append(item)

    file.visititems(look)
    fitting = [data for data in found if data.dtype.newbyteorder("=") in DTYPES]
    return fitting or found


def open_dataset(file: Any, data: Any, path: Path) -> Movie:
    """The movie of a dataset; ``file`` stays open as long as the movie needs it."""
    shape, stored = data.shape, data.dtype
    if shape is None or stored.kind not in "uifcb":
        raise InputError("a dataset of numbers", f"{stored}", f"{path}:{data.name}")
    if "MATLAB_class" in data.attrs:
        raise InputError(
            "frames x height x width, row by row",
            "an array of MATLAB, which stores them the other way round",
            f"{path}:{data.name}",
            "Save the movie as a TIFF from MATLAB (imwrite with WriteMode append, or Tiff)",
        )
    shape = without_single_axes(shape)
    checked_layout(shape, stored, f"{path}:{data.name}")
    _refuse_holes(data, path)
    details = {"dataset": data.name, "frame_rate_hz": _frame_rate(data)}
    offset = data.id.get_offset()
    if offset is not None:
        file.close()
        return FlatMovie(path, shape, stored, int(offset), **details)
    return Hdf5Movie(path, file, data, **details)


def _refuse_holes(data: Any, path: Path) -> None:
    """Space that was reserved but never written reads as zeros (an interrupted recording)."""
    where = f"{path}:{data.name}"
    hint = "The recording or the copy was interrupted: copy or export it again"
    if data.chunks:
        sizes = zip(data.shape, data.chunks, strict=True)
        expected = math.prod(math.ceil(size / chunk) for size, chunk in sizes)
        written = data.id.get_num_chunks()
        if written == expected:
            places = _places_of_chunks(data, where)
            last = max(places)
            written = len(places) - (not _is_found(data, last, places[last]))
        if written != expected:
            raise InputError(f"{expected} written chunks", f"{written}", where, hint)
    else:
        expected, written = data.nbytes, data.id.get_storage_size()
        if written != expected:
            raise InputError(f"{expected:,} bytes of pixels", f"{written:,}", where, hint)


_LARGEST_CHUNK = 1 << 28  # bytes, of a small file
_UNPACKED = 256  # times its file


def _places_of_chunks(data: Any, where: str) -> dict[tuple[int, ...], int]:
    """Where the chunks of a dataset begin, and their packed bytes.

    A damaged list names one place twice, and another never.
    A chunk is unpacked whole, whatever is wanted of it: one far larger than its file is refused, and
    so is one that is longer packed than unpacked, which may unpack to anything.
    """
    n_bytes = _chunk_bytes(data)
    path = Path(data.file.filename)
    if n_bytes > max(_LARGEST_CHUNK, _UNPACKED * path.stat().st_size):
        raise InputError("pieces that fit into memory", f"{n_bytes / 1e9:.3g} GB each", where)
    places: dict[tuple[int, ...], int] = {}

    def look(chunk: Any) -> None:
        places[chunk.chunk_offset] = max(chunk.size, places.get(chunk.chunk_offset, 0))

    data.id.chunk_iter(look)
    longest = max(places.values(), default=0)
    if longest > n_bytes + n_bytes // 8 + 4096:  # what does not pack grows a little
        found = f"one of {longest:,} bytes"
        raise InputError(f"packed pieces of {n_bytes:,} bytes", found, where, CUT_SHORT)
    return places


_LEAST_PACKED = 200  # zeros pack better than this


def _is_found(data: Any, place: tuple[int, ...], n_packed: int) -> bool:
    """Whether a packed chunk is found where it is looked for; a damaged list may hide its last one.

    What is not found reads as zeros, which would take less room than the chunk does. (Reading the
    packed bytes themselves is no way: h5py writes beyond its memory where they are damaged.)
    """
    if (
        data.compression != "gzip"
        or not data.compression_opts
        or n_packed < _chunk_bytes(data) // _LEAST_PACKED + 1024
    ):
        return True
    block = data[tuple(slice(a, a + n) for a, n in zip(place, data.chunks, strict=True))]
    return bool(block.any())


def _frame_rate(data: Any) -> float | None:
    """From NWB (rate of ``starting_time``) or CaImAn (attribute ``fr``), in Hz."""
    start = data.parent.get("starting_time")
    value = start.attrs.get("rate") if start is not None else data.attrs.get("fr")
    if isinstance(value, (int, float, np.number)) and math.isfinite(value) and value > 0:
        return float(value)
    return None


class Hdf5Movie(Movie):
    """A dataset in chunks, read through h5py."""

    def __init__(self, path: Path, file: Any, data: Any, **details: Any) -> None:
        super().__init__(path, without_single_axes(data.shape), data.dtype, **details)
        squeezed = data.ndim > 3
        self._single = [squeezed and size == 1 for size in data.shape]
        self._frames_axis = self._single.index(False)
        self._file = file
        self._data = data
        if data.chunks and data.chunks[self._frames_axis] > 1:
            self.block_frames = int(data.chunks[self._frames_axis])
        compressed = data.id.get_create_plist().get_nfilters() > 0
        self.random_access = not (compressed and self.block_frames > _MANY_FRAMES)

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        with readable(self.path, f"frames {start} to {stop} that can be decoded", CUT_SHORT):
            ranges = iter((slice(start, stop), slice(top, bottom), slice(left, right)))
            block = self._data[tuple(0 if single else next(ranges) for single in self._single)]
        return np.ascontiguousarray(block, self.dtype)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
