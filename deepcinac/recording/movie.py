"""A movie: frames of one field of view, read a block or a patch at a time, never as a whole.

:func:`deepcinac.recording.movie_readers.open_movie` recognises a file and gives a :class:`Movie`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.movie_address import MovieAddress

DTYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16", "float32"))
"""The pixel types a movie may have; they are handed on as they are."""

_DTYPE_NAMES = ", ".join(dtype.name for dtype in DTYPES[:-1]) + f" or {DTYPES[-1].name}"
_LARGEST_SIDE = 1 << 20  # pixels; a claim beyond it is damage, not a movie
_MOST_PIXELS = 1 << 27  # of a frame; the largest fields have a quarter


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
    pixel_sizes_um
        Size of a pixel in y and x, where the file says both; ``pixel_size_um`` is None where they
        differ.
    series, accepted, mask_nan
        Which of several series it is, what was accepted and whether missing pixels are filled, as in
        :class:`~deepcinac.recording.movie_address.MovieAddress`.
    dataset
        Path of the dataset inside an HDF5 file, otherwise None.
    axes_named
        False where nothing but convention says that the first axis holds the frames.
    random_access
        False when a single frame costs much more than its bytes (compressed files, many files).
    block_frames
        Number of frames that are cheapest to read together, for readers that can choose.
    reopen
        Opens the movie anew from its :attr:`address`, in another process; set by whoever opened it.
    """

    random_access = True
    axes_named = True
    series: str | None = None
    accepted: frozenset[str] = frozenset()
    mask_nan = False
    reopen: Callable[[str], Movie] | None = None

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        dtype: Any,
        *,
        frame_rate_hz: float | None = None,
        pixel_size_um: float | None = None,
        pixel_sizes_um: tuple[float, float] | None = None,
        dataset: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.shape, self.dtype = checked_layout(shape, dtype, self.path)
        self.frame_rate_hz = frame_rate_hz
        self.pixel_size_um = pixel_size_um
        self.pixel_sizes_um = pixel_sizes_um
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
        """What to give to ``open_movie``: the path, the dataset of an HDF5 file, the series."""
        return str(MovieAddress(self.path, self.dataset, self.series, self.accepted, self.mask_nan))

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
        if self.reopen is None:
            raise TypeError(f"{self!r} was not opened from a file and cannot go to another process")
        return (self.reopen, (self.address,))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r}, shape={self.shape}, dtype={self.dtype})"


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


def without_single_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a movie whose one plane or channel has an axis of its own: without that axis.

    >>> without_single_axes((60, 1, 40, 56, 1))
    (60, 40, 56)

    Any other shape comes back as it is.
    """
    longer = tuple(int(size) for size in shape if size != 1)
    return longer if len(shape) > 3 and len(longer) == 3 else tuple(shape)


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
    sides = [int(size) for size in shape[1:]]
    if not all(1 <= size <= _LARGEST_SIDE for size in sides) or sides[0] * sides[1] > _MOST_PIXELS:
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
