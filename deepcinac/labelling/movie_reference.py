"""Which movie a session belongs to: a path to look at first and a fingerprint to know it by.

The fingerprint covers the sizes of all files and three blocks of the first, middle and last one, so
that it is quick on movies of any size.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deepcinac.errors import InputError
from deepcinac.recording.movie_address import MovieAddress
from deepcinac.recording.movie_identity import identify_files
from deepcinac.recording.movie_readers import movie_files


@dataclass(frozen=True)
class MovieReference:
    """Where a movie was and how to know it.

    ``movie_relative``: from the session's folder, with forward slashes ("" on another drive);
    ``movie_absolute``: where it was when it was linked; ``dataset``: what
    stands behind the path in the movie's address (a dataset, a series), else "";
    ``movie_bytes``: size of all its files together.
    """

    movie_relative: str
    movie_absolute: str
    dataset: str
    movie_bytes: int
    fingerprint: str


def refer_to(movie_path: str | Path, session_path: Path) -> MovieReference:
    """The reference to a movie (a file, a folder, or ``file.h5:/dataset``) from a session."""
    named = MovieAddress.parse(movie_path)
    path = named.path.absolute()
    n_bytes, fingerprint = identify(path)
    return MovieReference(
        relative_to_folder(path, session_path.absolute().parent),
        path.as_posix(),
        named.inside,
        n_bytes,
        fingerprint,
    )


def relative_to_folder(path: Path, folder: Path) -> str:
    """The way from a folder to a path with forward slashes, "" where there is none."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive of Windows
        return ""


def identify(path: Path) -> tuple[int, str]:
    """Size in bytes and fingerprint of a movie; an InputError when it is not there."""
    return identify_files(movie_files(path))


def find_movie(reference: MovieReference, session_path: Path) -> Path:
    """The movie of a session: where it was seen from there, where it was, or beside the session.

    Only a movie with the right size and fingerprint counts.
    """
    places = possible_places(reference, session_path)
    others = []
    for place in places:
        if not place.exists():
            continue
        try:
            matches = identify(place) == (reference.movie_bytes, reference.fingerprint)
        except InputError:
            matches = False
        if matches:
            return place
        others.append(place)
    name = PurePosixPath(reference.movie_absolute).name
    if others:
        raise InputError(
            f"the movie {name} of {reference.movie_bytes:,} bytes that the session was made from",
            "another one, or one that was changed since",
            others[0],
            "put the right one there, or name it in the window (File, Find the movie again...)",
        )
    looked_at = ", ".join(str(place) for place in places)
    raise InputError(
        f"the movie {name}",
        "nothing",
        looked_at,
        "put it there, or say in the window where it is now (File, Find the movie again...)",
    )


def possible_places(reference: MovieReference, session_path: Path) -> list[Path]:
    """Where the movie of a session may be, the likeliest first, each once."""
    folder = session_path.absolute().parent
    name = PurePosixPath(reference.movie_absolute).name
    places = [Path(reference.movie_absolute), folder / name]
    if reference.movie_relative:
        # A backup copy lies one folder deeper than its session.
        places = [
            folder / reference.movie_relative,
            *places,
            folder.parent / reference.movie_relative,
        ]
    return list(dict.fromkeys(Path(os.path.normpath(place)) for place in places))
