"""Movies in HDF5 files (NWB among them): one three-dimensional dataset, frames first."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording import movie_nwb
from deepcinac.recording.movie import DTYPES, Movie, checked_layout, readable
from deepcinac.recording.movie_flat import FlatMovie

_CACHE_BYTES = 64 << 20
_CUT_SHORT = "The file was cut short or damaged: copy or export it again"
_MANY_FRAMES = 32  # in one compressed chunk: each frame alone costs as much as all of them


def open_hdf5(path: Path, dataset: str | None = None) -> Movie:
    """Open a dataset of (n_frames, height, width); without a name the file must hold just one."""
    import h5py

    if not path.is_file():
        raise InputError("an HDF5 file", "nothing", path, "Check the spelling of the path")
    with readable(path, "a readable HDF5 file", _CUT_SHORT):
        file = h5py.File(path, "r", rdcc_nbytes=_CACHE_BYTES)
    try:
        with readable(path, "a readable HDF5 file", _CUT_SHORT):
            if movie_nwb.is_nwb(file):
                return _open_nwb(file, dataset, path)
            data = _find(file, dataset, path)
            return _open_dataset(file, data, path)
    except InputError:
        file.close()
        raise


def _open_nwb(file: Any, name: str | None, path: Path) -> Movie:
    series = movie_nwb.find_series(file, name, path)
    external = movie_nwb.open_external(series, path)
    if external is not None:
        file.close()
        return external
    rates = movie_nwb.frame_rate(series), movie_nwb.pixel_size(series)
    return movie_nwb.with_rates(_open_dataset(file, series["data"], path), *rates)


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
    """All datasets that look like a movie. Links to other files are not followed."""
    import h5py

    found = []

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 3 and item.dtype.kind in "uif":
            found.append(item)

    file.visititems(look)
    fitting = [data for data in found if data.dtype.newbyteorder("=") in DTYPES]
    return fitting or found


def _open_dataset(file: Any, data: Any, path: Path) -> Movie:
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
    checked_layout(shape, stored, f"{path}:{data.name}")
    _refuse_holes(data, path)
    details = {"dataset": data.name, "frame_rate_hz": _frame_rate(data)}
    offset = data.id.get_offset()
    if offset is not None and data.external is None:
        file.close()
        return FlatMovie(path, shape, stored, int(offset), **details)
    return Hdf5Movie(path, file, data, **details)


def _refuse_holes(data: Any, path: Path) -> None:
    """Space that was reserved but never written reads as zeros (an interrupted recording)."""
    where = f"{path}:{data.name}"
    hint = "The recording or the copy was interrupted: copy or export it again"
    if data.is_virtual:
        missing = [s.file_name for s in data.virtual_sources() if not _beside(path, s.file_name)]
        if missing:
            raise InputError("the files that hold its frames", f"no {missing[0]}", where, hint)
    elif data.chunks:
        sizes = zip(data.shape, data.chunks, strict=True)
        expected = math.prod(math.ceil(size / chunk) for size, chunk in sizes)
        written = data.id.get_num_chunks()
        if written != expected:
            raise InputError(f"{expected} written chunks", f"{written}", where, hint)
    elif data.external is None:
        expected, written = data.nbytes, data.id.get_storage_size()
        if written != expected:
            raise InputError(f"{expected:,} bytes of pixels", f"{written:,}", where, hint)


def _beside(path: Path, name: str) -> bool:
    return name == "." or (path.parent / name).is_file()


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
        super().__init__(path, data.shape, data.dtype, **details)
        self._file = file
        self._data = data
        if data.chunks and data.chunks[0] > 1:
            self.block_frames = int(data.chunks[0])
        compressed = data.id.get_create_plist().get_nfilters() > 0
        self.random_access = not (compressed and self.block_frames > _MANY_FRAMES)

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        with readable(self.path, f"frames {start} to {stop} that can be decoded", _CUT_SHORT):
            block = self._data[start:stop, top:bottom, left:right]
        return np.ascontiguousarray(block, self.dtype)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
