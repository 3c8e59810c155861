"""A movie: frames of one field of view, read a block or a patch at a time, never as a whole.

:func:`open_movie` recognises the file and gives a :class:`Movie`; what the files look like is the
business of one module per family (``movie_tiff``, ``movie_folder``, ``movie_suite2p``,
``movie_array``, ``movie_hdf5``). A file that is slow to read at random is copied once to a flat
file in the cache folder (``working_copy``).
"""

from __future__ import annotations

import abc
import contextlib
import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.progress import Progress, silent

DTYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16", "float32"))
"""The pixel types a movie may have; they are handed on as they are."""

_DTYPE_NAMES = ", ".join(dtype.name for dtype in DTYPES[:-1]) + f" or {DTYPES[-1].name}"
_LARGEST_SIDE = 1 << 20  # pixels; a claim beyond it is damage, not a movie
_HDF5_WITH_DATASET = re.compile(r"^(.+\.(?:h5|hdf5|hdf|nwb|mat|cinac)):/?(.+)$", re.IGNORECASE)
_FORMATS = "a TIFF, a folder of TIFFs, a suite2p folder or data.bin, an .npy or an HDF5 file"


class Movie(abc.ABC):
    """Frames of one recording, read lazily.

    Attributes
    ----------
    path
        The file or folder the user named.
    shape
        ``(n_frames, height, width)``.
    dtype
        Pixel type in the byte order of this machine: uint8, uint16, int16 or float32.
    frame_rate_hz, pixel_size_um
        From the file's metadata where those are reliable, otherwise None: never a guess.
    dataset
        Path of the dataset inside an HDF5 file, otherwise None.
    random_access
        False when a single frame costs much more than its bytes (compressed files, many files).
    block_frames
        Number of frames that are cheapest to read together, for readers that can choose.
    """

    random_access = True

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        dtype: Any,
        *,
        frame_rate_hz: float | None = None,
        pixel_size_um: float | None = None,
        dataset: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.shape, self.dtype = checked_layout(shape, dtype, self.path)
        self.frame_rate_hz = frame_rate_hz
        self.pixel_size_um = pixel_size_um
        self.dataset = dataset
        self.block_frames = 1

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.shape[0]

    @property
    def height(self) -> int:
        """Number of rows of a frame, in pixels."""
        return self.shape[1]

    @property
    def width(self) -> int:
        """Number of columns of a frame, in pixels."""
        return self.shape[2]

    @property
    def address(self) -> str:
        """What to give to :func:`open_movie`: the path, with the dataset of an HDF5 file."""
        return f"{self.path}:{self.dataset}" if self.dataset else str(self.path)

    def frames(self, start: int, stop: int) -> np.ndarray:
        """Whole frames ``start`` to ``stop`` (excluded): (n, height, width) in ``dtype``."""
        return self.patch(start, stop, 0, self.height, 0, self.width)

    def patch(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        """Rows ``top`` to ``bottom`` and columns ``left`` to ``right`` of some frames.

        All ends are excluded. Returns (stop - start, bottom - top, right - left), a copy in
        ``dtype``. The ranges must lie inside the movie: padding is the caller's decision.
        """
        ranges = ((start, stop), (top, bottom), (left, right))
        for axis, (low, high), size in zip(
            ("frames", "rows", "columns"), ranges, self.shape, strict=True
        ):
            if not 0 <= low <= high <= size:
                raise IndexError(f"{axis} {low} to {high} of a movie with {size} {axis}")
        if start == stop or top == bottom or left == right:
            return np.empty((stop - start, bottom - top, right - left), self.dtype)
        return self._read(start, stop, top, bottom, left, right)

    @abc.abstractmethod
    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        """The pixels of a range that has been checked and is not empty, as a copy in ``dtype``."""

    def source_files(self) -> list[Path]:
        """The files that hold the pixels; when one changes a working copy is out of date."""
        return [self.path]

    def close(self) -> None:
        """Release the file. Reading afterwards fails."""
        return

    def __enter__(self) -> Movie:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker process opens the file anew: handles cannot travel and pixels should not.
        return (functools.partial(open_movie, working_copy=self.random_access), (self.address,))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r}, shape={self.shape}, dtype={self.dtype})"


def open_movie(
    path: str | Path, *, working_copy: bool = True, progress: Progress = silent
) -> Movie:
    """Open a movie of any supported kind.

    Parameters
    ----------
    path
        A TIFF, a folder of TIFFs (natural order), a suite2p folder or ``data.bin``, an ``.npy``, an
        HDF5 file with one movie in it, or ``file.h5:/dataset``.
    working_copy
        Copy a movie that is slow to read at random to a flat file in the cache folder, once. With
        False it is read in place.
    progress
        Receives the steps of that copy.
    """
    movie = _open_in_place(path)
    if movie.random_access or not working_copy:
        return movie
    from deepcinac.recording.working_copy import open_working_copy

    with movie:
        return open_working_copy(movie, progress)


def _open_in_place(path: str | Path) -> Movie:
    text = str(path)
    match = _HDF5_WITH_DATASET.match(text)
    if match and not os.path.lexists(text):
        from deepcinac.recording.movie_hdf5 import open_hdf5

        return open_hdf5(Path(match[1]), match[2].replace("\\", "/"))
    path = Path(path)
    if path.is_dir():
        return _open_folder(path)
    if not path.is_file():
        raise InputError(_FORMATS, "nothing", path, "Check the spelling of the path")
    return _open_file(path)


def _open_folder(path: Path) -> Movie:
    from deepcinac.recording import movie_folder, movie_suite2p

    # suite2p puts its results beside the TIFFs it was given: their folder means the TIFFs.
    if (path / "data.bin").is_file() or not movie_folder.tiff_files(path):
        data = movie_suite2p.find_data_file(path)
        if data is not None:
            return movie_suite2p.open_suite2p(data, path)
    return movie_folder.open_tiff_folder(path)


def _open_file(path: Path) -> Movie:
    with readable(path, "a file that can be read"), open(path, "rb") as stream:
        head = stream.read(8)
    if not head:
        raise InputError(_FORMATS, "an empty file", path, "Copy or export the movie again")
    suffix = path.suffix.lower()
    if head.startswith(b"\x93NUMPY"):
        from deepcinac.recording.movie_array import open_npy

        return open_npy(path)
    if suffix == ".bin":  # before the signatures: raw pixels may look like any of them
        from deepcinac.recording.movie_suite2p import open_suite2p

        return open_suite2p(path)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") or suffix in (".tif", ".tiff"):
        from deepcinac.recording.movie_tiff import open_tiff

        return open_tiff(path)
    if head == b"\x89HDF\r\n\x1a\n" or suffix in (".h5", ".hdf5", ".hdf", ".nwb"):
        from deepcinac.recording.movie_hdf5 import open_hdf5

        return open_hdf5(path)
    raise InputError(
        _FORMATS,
        f"a file of another kind ({suffix or 'no extension'})",
        path,
        "Save the movie as a TIFF, for instance with ImageJ (File > Save As > Tiff)",
    )


def iterate_blocks(movie: Movie, block_frames: int) -> Iterator[tuple[int, np.ndarray]]:
    """Go once through a movie: yields ``(start, frames)``, at most ``block_frames`` at a time.

    Every block has passed :func:`check_frames`.
    """
    if block_frames < 1:
        raise ValueError(f"block_frames must be at least 1, not {block_frames}")
    for start in range(0, movie.n_frames, block_frames):
        block = movie.frames(start, min(start + block_frames, movie.n_frames))
        check_frames(block, start, movie.path)
        yield start, block


def check_frames(block: np.ndarray, start: int, path: str | Path) -> None:
    """Refuse a block (n, height, width) with pixels that are not numbers, naming the frame.

    ``start`` is the number of the first frame of the block. Integer movies always pass.
    """
    if block.dtype.kind != "f":
        return
    good = np.isfinite(block).all(axis=(1, 2))
    if good.all():
        return
    frame = int(np.argmin(good))
    n_bad = int(np.count_nonzero(~np.isfinite(block[frame])))
    raise InputError(
        "a number in every pixel",
        f"{n_bad} pixels that are NaN or infinite in frame {start + frame} (counted from 0)",
        path,
        "Crop the empty borders that motion correction leaves, or replace the missing pixels",
    )


def checked_layout(
    shape: tuple[int, ...], dtype: Any, where: str | Path
) -> tuple[tuple[int, int, int], np.dtype]:
    """``(n_frames, height, width)`` and the native pixel type, or an InputError."""
    found = " x ".join(str(int(size)) for size in shape) or "a single number"
    if len(shape) == 2:
        raise InputError("a movie (frames x height x width)", f"one image ({found} pixels)", where)
    if len(shape) != 3:
        raise InputError(
            "a movie with three axes (frames x height x width)",
            f"{len(shape)} axes ({found})",
            where,
            "Save one channel and one plane as its own movie",
        )
    if shape[0] < 1:
        raise InputError("a movie of at least 1 frame", "0 frames", where)
    if not all(1 <= int(size) <= _LARGEST_SIDE for size in shape[1:]):
        raise InputError("frames of a plausible size", f"{found}", where)
    native = np.dtype(dtype).newbyteorder("=")
    if native not in DTYPES:
        raise InputError(
            f"pixels of type {_DTYPE_NAMES}",
            f"{native.name}",
            where,
            "Convert the movie to one of these types (32-bit float keeps the most)",
        )
    n_frames, height, width = (int(size) for size in shape)
    return (n_frames, height, width), native


@contextlib.contextmanager
def readable(path: str | Path, expected: str, hint: str | None = None) -> Iterator[None]:
    """Turn whatever a reader raises on a damaged file into an InputError about ``path``.

    Readers of damaged files raise more kinds than anyone can list (TypeError, struct.error,
    zlib.error, tokenize.TokenError, ...), so every kind counts; the cause stays attached.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:160]
        kind = error.strerror if isinstance(error, OSError) else None
        found = kind or (f"{type(error).__name__} ({text})" if text else type(error).__name__)
        raise InputError(expected, found, path, hint) from error
