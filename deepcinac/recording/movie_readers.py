"""Which reader opens a movie: :func:`open_movie` asks those that registered.

A reader is a function that opens a :class:`MovieSource`, under :func:`movie_reader`::

    @movie_reader("a .raw file of our microscope", recognises=lambda source: source.suffix == ".raw")
    def open_raw(source: MovieSource) -> Movie: ...

Readers of one program's files live in ``formats``, those of plain files (TIFF, ``.npy``, HDF5) here;
the former are asked first. A file that is slow to read at random is copied once to a flat file in the
cache folder (``working_copy``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.progress import Progress, silent
from deepcinac.recording.movie_address import MovieAddress
from deepcinac.registry import Registry

if TYPE_CHECKING:
    from deepcinac.recording.movie import Movie

NPY_HEAD = b"\x93NUMPY"
HDF5_HEAD = b"\x89HDF\r\n\x1a\n"
TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class MovieSource:
    """What somebody named as a movie: an existing file or folder, and a dataset inside it.

    ``head`` are the first 8 bytes of a file, nothing of a folder; ``series`` which of several movies
    in one place, ``accepted`` the questions that the user has answered.
    """

    path: Path
    dataset: str | None = None
    head: bytes = b""
    series: str | None = None
    accepted: frozenset[str] = frozenset()

    @property
    def is_folder(self) -> bool:
        """Whether the path is a folder."""
        return self.path.is_dir()

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, with its dot."""
        return self.path.suffix.lower()


Opener = Callable[[MovieSource], "Movie"]


def _no_files(path: Path) -> list[Path]:
    return []


@dataclass(frozen=True)
class MovieReader:
    """One kind of movie: what people call it, how it is recognised, what opens it.

    ``files`` gives the files in a folder that hold the pixels, none where the folder is of another
    kind; a session recognises its movie by them, without opening it.
    """

    description: str
    recognises: Callable[[MovieSource], bool]
    open: Opener
    files: Callable[[Path], list[Path]] = _no_files


MOVIE_READERS: Registry[MovieReader] = Registry("deepcinac.recording")


def movie_reader(
    description: str,
    *,
    recognises: Callable[[MovieSource], bool],
    files: Callable[[Path], list[Path]] = _no_files,
) -> Callable[[Opener], Opener]:
    """Register an opener; see the head of this module. Recognising must be cheap."""

    def register(opener: Opener) -> Opener:
        MOVIE_READERS.add(opener.__module__, MovieReader(description, recognises, opener, files))
        return opener

    return register


def movie_formats() -> tuple[str, ...]:
    """What can be opened, one description per reader."""
    return tuple(reader.description for reader in MOVIE_READERS)


def open_movie(
    path: str | Path,
    *,
    series: str | None = None,
    accepted: frozenset[str] = frozenset(),
    mask_nan: bool = False,
    working_copy: bool = True,
    axes_known: bool = False,
    progress: Progress = silent,
) -> Movie:
    """Open a movie of any kind that somebody registered.

    Parameters
    ----------
    path
        A TIFF, a folder of TIFFs (natural order), a suite2p folder or ``data.bin``, an ``.npy``, an
        HDF5 file with one movie in it, or ``file.h5:/dataset``; with ``#series`` one of several.
    series
        Which of several movies in one place (channel, plane, cycle), by the name that it is listed
        under.
    accepted
        The questions that the user answers with yes, by the names that they give.
    mask_nan
        Fill pixels that are not numbers (the borders that motion correction leaves).
    working_copy
        Copy a movie that is slow to read at random to a flat file in the cache folder, once. With
        False it is read in place.
    axes_known
        Do not ask which axis holds the frames: the movie of a session, whose shape was settled when the
        session was made, or one that is opened again.
    progress
        Receives the steps of that copy.

    Raises
    ------
    SeveralChoices
        Several series, and none was named.
    NeedsAnswer
        Something that is possible but unlikely, and was not accepted.
    """
    named = MovieAddress.parse(path)
    named = replace(
        named,
        series=series or named.series,
        accepted=accepted | named.accepted,
        mask_nan=mask_nan or named.mask_nan,
    )
    movie = _open_in_place(named, axes_known)
    again = functools.partial(open_movie, axes_known=True)
    if movie.random_access or not working_copy:
        movie.reopen = functools.partial(again, working_copy=movie.random_access)
        return _masked(movie, named)
    from deepcinac.recording.working_copy import open_working_copy

    with movie:
        copy = open_working_copy(movie, progress)
    copy.series, copy.accepted = named.series, named.accepted
    copy.reopen = again
    return _masked(copy, named)


def _masked(movie: Movie, named: MovieAddress) -> Movie:
    if not named.mask_nan:
        return movie
    from deepcinac.recording.movie_masked import MaskedMovie

    return MaskedMovie(movie)


def _open_in_place(named: MovieAddress, axes_known: bool) -> Movie:
    from deepcinac.recording.axes import SERIES, with_frames_first

    axis = named.series if named.series in SERIES else None
    source = _source_of(replace(named, series=None) if axis else named)
    for reader in MOVIE_READERS:
        if reader.recognises(source):
            movie = reader.open(source)
            movie = with_frames_first(movie, axis, axes_known)
            movie.series, movie.accepted = named.series, named.accepted
            return movie
    raise InputError(
        _expected(),
        f"a file of another kind ({source.suffix or 'no extension'})",
        source.path,
        "Save the movie as a TIFF, for instance with ImageJ (File > Save As > Tiff)",
    )


def _expected() -> str:
    *most, last = movie_formats()
    return f"{', '.join(most)} or {last}"


def split_dataset(address: str | Path) -> tuple[Path, str | None]:
    """The file of a movie and the dataset named in it; a file that is called so comes first."""
    named = MovieAddress.parse(address)
    return named.path, named.dataset


def _source_of(named: MovieAddress) -> MovieSource:
    path, dataset = named.path, named.dataset
    if dataset is not None:
        if not path.is_file():
            raise InputError("an HDF5 file", "nothing", path, "Check the spelling of the path")
        return MovieSource(path, dataset, _head_of(path), named.series, named.accepted)
    if path.is_dir():
        return MovieSource(path, None, b"", named.series, named.accepted)
    if not path.is_file():
        raise InputError(_expected(), "nothing", path, "Check the spelling of the path")
    head = _head_of(path)
    if not head:
        raise InputError(_expected(), "an empty file", path, "Copy or export the movie again")
    return MovieSource(path, None, head, named.series, named.accepted)


def _head_of(path: Path) -> bytes:
    with readable(path, "a file that can be read"), open(path, "rb") as stream:
        return stream.read(8)


def movie_files(path: Path) -> list[Path]:
    """The files that hold the pixels of a movie at ``path``, in the order of the frames."""
    if path.is_dir():
        for reader in MOVIE_READERS:
            if files := reader.files(path):
                return files
    if path.is_file():
        return [path]
    found = "a folder without a movie" if path.is_dir() else "nothing"
    raise InputError("a movie", found, path, "Check the spelling of the path")
