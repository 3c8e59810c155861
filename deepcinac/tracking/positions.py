"""Where the cells of a session are in the movie that they were tracked in: read, and the movie found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.movie_reference import MovieReference, find_movie, refer_to
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie_address import joined
from deepcinac.results import Results
from deepcinac.results.kinds import FOLLOWED, POSITION

TRACKED_MOVIE = "tracked_movie"
"""Where the layer of a tracker keeps the reference to the movie that its positions are of."""
REST_FRAME = "rest_frame"


@dataclass(frozen=True, eq=False)
class Positions:
    """``places`` (n_cells, n_frames, 2): y, x of each cell in px; NaN where that is not known.

    ``known``, (n_cells, n_frames): 2 seen, 1 carried through a gap, 0 from neighbours alone (see
    :data:`~deepcinac.results.kinds.FOLLOWED`). ``rest`` (n_cells, 2): where the footprints of the session
    lie. ``movie``: the movie that was tracked; None: that of the session itself.
    """

    places: np.ndarray
    known: np.ndarray
    rest: np.ndarray
    movie: MovieReference | None = None

    def shift(self, frame: int) -> np.ndarray:
        """How far each footprint has to be moved to lie over its cell, (n_cells, 2) of y, x in px."""
        return self.places[:, frame] - self.rest

    def path(self, cell: int, first: int, last: int) -> np.ndarray:
        """The places (k, 2) of a cell from one frame to another, both included, as far as they are known."""
        places = self.places[cell, max(0, first) : last + 1]
        return places[~np.isnan(places[:, 0])]


def reference_of(movie_address: str, session_path: Path) -> dict[str, Any]:
    """What a layer notes of the movie that was tracked, to find and to know it again."""
    return asdict(refer_to(movie_address, session_path))


def read_positions(session: Session) -> Positions | None:
    """The positions in the newest layer of a session that has any; None without one.

    Cells that the layer does not know (added since) have no place. A layer of a development version names
    the movie that was tracked in a way by which it cannot be known again; it is passed over.
    """
    for layer in reversed(session.layers()):
        if POSITION not in session.result_kinds(layer.id):
            continue
        results = session.results(layer.id)
        if TRACKED_MOVIE in results.info or "movie" not in results.info:
            return positions_from(results, session.cells())
    return None


def positions_from(results: Results, cells: Cells) -> Positions:
    """The positions of all cells of a recording, from what a tracker says of some or all of them."""
    said = results[POSITION]
    numbers = said.require_cells()
    n_frames = said.array.shape[1]
    places = np.full((len(cells), n_frames, 2), np.nan, np.float32)
    places[numbers] = said.array
    known = np.zeros((len(cells), n_frames), np.uint8)
    if (followed := results.get(FOLLOWED)) is not None:
        known[followed.require_cells()] = followed.array
    else:
        known[numbers] = 2
    rest = cells.centres()
    frame = results.info.get(REST_FRAME)
    if isinstance(frame, int) and 0 <= frame < n_frames:
        there = places[:, frame]
        rest = np.where(np.isnan(there), rest, there)
    return Positions(places, known, rest, _reference(results.info))


def _reference(info: Mapping[str, Any]) -> MovieReference | None:
    try:
        return MovieReference(**info[TRACKED_MOVIE])
    except (KeyError, TypeError):
        return None


def tracked_movie_address(positions: Positions, session: Session) -> str:
    """The movie that the positions are of, as :func:`~deepcinac.recording.movie_readers.open_movie` takes it.

    An InputError where it is not found, or is another one than was tracked.
    """
    if positions.movie is None:
        return session.movie_address()
    try:
        path = find_movie(positions.movie, session.path)
    except InputError as error:
        raise InputError(
            f"the movie that was tracked ({positions.movie.movie_absolute})",
            "another one, or none",
            session.path.absolute().parent,
            "put it beside the session to see the tracks in it",
        ) from error
    return joined(path, positions.movie.dataset)
