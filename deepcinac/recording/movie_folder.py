"""Movies kept as a folder of TIFFs: one file per frame, or a series of longer pieces.

Files are taken in natural order (``img2`` before ``img10``) and must agree in size and pixel type.
"""

from __future__ import annotations

import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import MovieSource, movie_reader
from deepcinac.recording.movie_tiff import TiffStack, scan_tiff

_SUFFIXES = (".tif", ".tiff")
_FEW_FILES = 64  # reading from more of them at random is slow, most of all on a network drive


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that compares runs of digits as numbers: ``img2`` comes before ``img10``."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((1, int(part), part) if i % 2 else (0, 0, part) for i, part in enumerate(parts))


def tiff_files(folder: Path) -> list[Path]:
    """The TIFFs of a folder in natural order, without hidden files (``._img1.tif`` of macOS)."""
    with readable(folder, "a folder that can be read"):
        files = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]
    return sorted(files, key=lambda path: natural_key(path.name))


@movie_reader("a folder of TIFFs", recognises=lambda source: source.is_folder, files=tiff_files)
def open_tiff_folder(source: MovieSource) -> Movie:
    """Open a folder of TIFFs as one movie."""
    folder = source.path
    files = tiff_files(folder)
    if not files:
        raise InputError("TIFF files (.tif, .tiff)", "none", folder, "Name the file or its folder")
    movie = open_tiff_files(folder, files)
    _warn_about_missing_numbers(files, folder)
    return movie


def open_tiff_files(place: Path, files: list[Path]) -> Movie:
    """Open TIFFs that follow each other as one movie; ``place`` is what the user named."""
    stacks = [scan_tiff(path, in_folder=True) for path in files]
    first = stacks[0]
    for stack in stacks[1:]:
        if (stack.shape[1:], stack.dtype) != (first.shape[1:], first.dtype):
            raise InputError(
                f"files with the same frames, {_describe(first)} as in {files[0].name}",
                _describe(stack),
                stack.pages.path,
                "Move files that do not belong to the movie to another folder",
            )
    if sum(stack.n_frames for stack in stacks) == 1:
        raise InputError("a movie (frames x height x width)", "one image", place)
    return FolderMovie(place, stacks)


def _describe(stack: TiffStack) -> str:
    return f"{stack.shape[1]} x {stack.shape[2]} pixels of {stack.dtype.name}"


def _warn_about_missing_numbers(files: list[Path], folder: Path) -> None:
    """A hole in an otherwise gapless numbering is probably a frame that was not copied."""
    pieces = [re.split(r"(\d+)", path.stem) for path in files]
    if len({len(parts) for parts in pieces}) != 1:
        return
    varying = [i for i in range(len(pieces[0])) if len({parts[i] for parts in pieces}) > 1]
    if len(varying) != 1 or varying[0] % 2 == 0:
        return
    numbers = np.array([int(parts[varying[0]]) for parts in pieces])
    holes = np.flatnonzero(np.diff(numbers) > 1)
    if len(holes) == 0 or len(holes) > 0.05 * len(numbers):
        return
    hole = int(holes[0])
    warnings.warn(
        f"{folder}: no file between {files[hole].name} and {files[hole + 1].name}; if frames are "
        "missing, everything after them is too early.",
        stacklevel=3,
    )


class FolderMovie(Movie):
    """Frames spread over several TIFFs; a file is open only while it is read."""

    def __init__(self, folder: Path, stacks: list[TiffStack]) -> None:
        first = stacks[0]
        n_frames = sum(stack.n_frames for stack in stacks)
        super().__init__(
            folder,
            (n_frames, *first.shape[1:]),
            first.dtype,
            frame_rate_hz=first.frame_rate_hz,
            pixel_size_um=first.pixel_size_um,
        )
        self._stacks = stacks
        self._ends = np.cumsum([stack.n_frames for stack in stacks])
        flat = all(stack.offsets is not None for stack in stacks)
        self.random_access = flat and len(stacks) <= _FEW_FILES

    def source_files(self) -> list[Path]:
        """The files of the folder, in the order of the frames."""
        return [stack.pages.path for stack in self._stacks]

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        out = np.empty((stop - start, bottom - top, right - left), self.dtype)

        def copy(index: int) -> None:
            stack = self._stacks[index]
            begin = int(self._ends[index]) - stack.n_frames
            low, high = max(start, begin), min(stop, begin + stack.n_frames)
            with stack.open() as movie:
                out[low - start : high - start] = movie.patch(
                    low - begin, high - begin, top, bottom, left, right
                )

        first, last = np.searchsorted(self._ends, [start, stop - 1], side="right")
        if first == last:
            copy(int(first))
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(copy, range(int(first), int(last) + 1)))
        return out
