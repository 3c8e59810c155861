"""Movies kept as a folder of TIFFs: one file per frame, or a series of longer pieces.

Files are taken in natural order (``img2`` before ``img10``) and must agree in size and pixel type.
Which of them belong together their names say (``file_series``).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.recording.file_series import FileSeries, FolderContent, natural_key, sort_files
from deepcinac.recording.lost_frames import tell_foreign, tell_lost
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import MovieSource, movie_reader
from deepcinac.recording.movie_tiff import TiffStack, choose_series, scan_tiff
from deepcinac.recording.series import ALL, chosen

_SUFFIXES = (".tif", ".tiff")
_FEW_FILES = 64  # reading from more of them at random is slow, most of all on a network drive


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
    """Open a folder of TIFFs, or one series of it, as one movie."""
    folder, wanted, accepted = source.path, source.series, source.accepted
    files = tiff_files(folder)
    if not files:
        raise InputError("TIFF files (.tif, .tiff)", "none", folder, "Name the file or its folder")
    content = sort_files(files)
    inside = None
    if content.copies:
        names = [path.name for path in content.copies]
        tell_foreign(names, "files that repeat others (copies)", len(files), folder, accepted)
    if len(content.series) > 1:
        # Behind a series of files there may be another inside them: "ChanA/channel1".
        wanted, _, inside = (wanted or "").partition("/")
    one = _one_of(content, wanted or None, folder, accepted)
    if len(content.series) == 1:
        inside = wanted
    movie = open_tiff_files(folder, list(one.files), inside or None, accepted)
    if content.foreign:  # pictures, one page each: they are counted with the frames
        names = [path.name for path in content.foreign]
        total = movie.n_frames + len(names)
        tell_foreign(names, "images that have a name of their own", total, folder, accepted)
    if one.lost:
        names = [path.name for path in one.files]
        extra = len(names) - len(one.numbers if one.numbers is not None else names)
        places = [
            f"no file between {names[at + extra]} and {names[at + extra + 1]}" for at, _ in one.lost
        ]
        n_lost = sum(n for _, n in one.lost)
        tell_lost(n_lost, len(one.files), places, folder, accepted)
    return movie


def _one_of(
    content: FolderContent, wanted: str | None, folder: Path, accepted: frozenset[str]
) -> FileSeries:
    """The series of files that is meant."""
    series = {one.name: one for one in content.series}
    if len(series) == 1:
        return content.series[0]
    in_order = sorted(
        (path for one in content.series for path in one.files), key=lambda p: natural_key(p.name)
    )
    if "one-series" in accepted or (wanted == ALL and not content.known):
        return FileSeries(ALL, tuple(in_order))
    described = {name: _what(one) for name, one in series.items()}
    overrule = "" if content.known else f"all {len(in_order)} files in the order of their names"
    name = chosen(described, wanted, folder, ", as the names of the files say", overrule)
    return series[name]


def _what(one: FileSeries) -> str:
    text = f"{len(one.files)} files" if len(one.files) > 1 else one.files[0].name
    lost = sum(n for _, n in one.lost)
    return f"{text}, {lost} missing" if lost else text


def open_tiff_files(
    place: Path,
    files: list[Path],
    series: str | None = None,
    accepted: frozenset[str] = frozenset(),
) -> Movie:
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
    return FolderMovie(place, choose_series(stacks, place, series, accepted))


def _describe(stack: TiffStack) -> str:
    return f"{stack.shape[1]} x {stack.shape[2]} pixels of {stack.dtype.name}"


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
            pixel_sizes_um=first.text.pixel_sizes_um,
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
