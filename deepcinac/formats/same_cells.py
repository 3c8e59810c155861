"""Which cells of a session the cells of a file are: recognised by outline, never by number."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.formats.coordinate_lists import pixels_within
from deepcinac.labelling.matching_cells import match_cells
from deepcinac.recording.cells import Cells, make_cells

_NAMED = 10


def numbers_in(
    session_cells: Cells, own: Cells, needed: Iterable[int], path: str | Path, hint: str
) -> np.ndarray:
    """The number in the session of each cell of ``own``, (n_own,), -1 for those it lacks.

    A footprint is compared as it is, and where that leaves cells over, by its convex hull: that is
    what DeepCINAC 1 kept of suite2p's pixels, and an irregular cell fills less than half of it.
    Cells that are ``needed`` and lacking are an :class:`InputError`.
    """
    wanted = sorted(set(needed))
    numbers = _matched(session_cells, own)
    if (numbers[wanted] < 0).any():
        by_hull = _matched(hulls_of(session_cells), own)
        free = (numbers < 0) & ~np.isin(by_hull, numbers[numbers >= 0])
        numbers[free] = by_hull[free]
    missing = [cell for cell in wanted if numbers[cell] < 0]
    if missing:
        raise InputError(
            f"the {len(session_cells)} cells of the session",
            f"{counted(len(missing), 'cell')} whose outlines lie elsewhere ({some(missing)})",
            path,
            hint,
        )
    return numbers


def _matched(session_cells: Cells, own: Cells) -> np.ndarray:
    numbers = np.full(len(own), -1)
    pairs = match_cells(session_cells, own)
    numbers[pairs[:, 1]] = pairs[:, 0]
    return numbers


def hulls_of(cells: Cells) -> Cells:
    """The cells with all pixels in the convex hull of their own."""
    from scipy.spatial import ConvexHull, QhullError

    footprints = []
    for cell in cells.cells:
        points = np.column_stack([cell.xpix, cell.ypix]).astype(float)
        try:
            ypix, xpix = pixels_within([points[ConvexHull(points).vertices]])
        except (QhullError, ValueError):  # a line, or less: it is its own hull
            ypix, xpix = cell.ypix, cell.xpix
        footprints.append((ypix, xpix, None))
    return make_cells(footprints, cells.height, cells.width, cells.source)


def n_renumbered(numbers: np.ndarray) -> int:
    """How many cells have another number in the session than in the file."""
    known = numbers >= 0
    return int((numbers[known] != np.flatnonzero(known)).sum())


def some(numbers: list[int]) -> str:
    """The first numbers of a list, for people.

    >>> some([3, 4])
    '3, 4'
    """
    return ", ".join(map(str, numbers[:_NAMED])) + (", ..." if len(numbers) > _NAMED else "")


def counted(number: int, what: str, plural: str = "s") -> str:
    """A number with its word.

    >>> counted(1, "cell"), counted(3, "cell")
    ('1 cell', '3 cells')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}{plural}"
