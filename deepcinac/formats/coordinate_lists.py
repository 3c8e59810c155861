"""Cells as lists of coordinates: outlines, or all pixels, as the published DeepCINAC took them.

Each cell is an array of two rows, x and y (or of two columns), or a record of CaImAn's
``get_contours`` (its ``coordinates``). Several outlines of one cell are separated by NaN or by the
heads that MATLAB's ``contourc`` writes. Pixel centres lie at whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.formats.choices import CellOptions
from deepcinac.formats.imagej import fill_polygons
from deepcinac.recording.bad_cells import BadCell, listed
from deepcinac.recording.cells import Footprint

Loops = list[np.ndarray]
Field = tuple[int, int]

_MOST_PIXELS = 1 << 22  # in the box around a cell; the whole of a large field has as many


def pieces_of(entries: Iterable[Any]) -> list[Loops | BadCell]:
    """The pieces of each cell, (k, 2) float arrays of x and y, as they stand in the file."""
    cells = [_points_of(entry) for entry in entries]
    readable = [points for points in cells if not isinstance(points, BadCell) and len(points)]
    headed = all(_between_heads(points) for points in readable)
    found: list[Loops | BadCell] = []
    for points in cells:
        if isinstance(points, BadCell):
            found.append(points)
            continue
        pieces = _between_heads(points) if headed else _between_gaps(points)
        found.append(pieces or BadCell("no coordinates"))
    return found


def _points_of(entry: Any) -> np.ndarray | BadCell:
    if isinstance(entry, dict):
        entry = entry.get("coordinates")
    try:
        points = np.asarray(entry, dtype=float)
    except (TypeError, ValueError):
        points = np.empty(())
    if not points.size and points.ndim:
        return BadCell("no coordinates")
    if points.ndim != 2 or 2 not in points.shape:
        return BadCell("no coordinates as two rows, x and y")
    points = points.T if points.shape[0] == 2 else points
    return BadCell("an infinite coordinate") if np.isinf(points).any() else points


def _between_gaps(points: np.ndarray) -> Loops:
    gap = np.isnan(points).any(axis=1)
    pieces = np.split(points, np.flatnonzero(gap))
    cleaned = [piece[~np.isnan(piece).any(axis=1)] for piece in pieces]
    return [piece for piece in cleaned if len(piece)]


def _between_heads(points: np.ndarray) -> Loops:
    """Pieces of a contour matrix of MATLAB; none if this is not one.

    Each piece has a head, the level and the number of its points; the numbers must add up.
    """
    pieces, at = [], 0
    while at < len(points):
        count = points[at, 1]
        if not (count >= 3 and count == np.floor(count)) or at + 1 + count > len(points):
            return []
        pieces.append(points[at + 1 : at + 1 + int(count)])
        at += 1 + int(count)
    return [] if any(np.isnan(piece).any() for piece in pieces) else pieces


def origin_of(cells: Sequence[Loops], options: CellOptions, field: Field | None, one: bool) -> int:
    """Whether the first pixel is number 0 or 1.

    The user's word counts first; then coordinates that only one of the two allows: 0, or the last
    row or column of a field that is known; then ``one``, what this kind of file is used to.
    """
    if options.counted_from_one is not None:
        return int(options.counted_from_one)
    points = np.concatenate([piece for loops in cells for piece in loops])
    if points.min() < 0.5:
        return 0
    if field is not None:
        height, width = field[::-1] if options.swap_xy else field
        if points[:, 0].max() > width - 0.5 or points[:, 1].max() > height - 0.5:
            return 1
    return int(one)


def footprints_from(
    entries: Iterable[Any], options: CellOptions, field: Field | None, one: bool, path: str | Path
) -> tuple[list[Footprint | BadCell], int]:
    """``(ypix, xpix, None)`` of each cell, and the number of the first pixel (0 or 1)."""
    cells = pieces_of(entries)
    if not cells:
        raise InputError("at least one cell", "none", path)
    readable = [loops for loops in cells if not isinstance(loops, BadCell)]
    if not readable:
        bad = {
            number: cell.reason for number, cell in enumerate(cells) if isinstance(cell, BadCell)
        }
        raise InputError("coordinates as two rows, x and y", listed(bad), path)
    origin = origin_of(readable, options, field, one)
    footprints: list[Footprint | BadCell] = []
    for loops in cells:
        if isinstance(loops, BadCell):
            footprints.append(loops)
            continue
        shifted = [(loop[:, ::-1] if options.swap_xy else loop) - origin for loop in loops]
        try:
            ypix, xpix = pixels_within(shifted)
        except ValueError as error:
            footprints.append(BadCell(str(error)))
            continue
        footprints.append((ypix, xpix, None))
    return footprints, origin


def pixels_within(loops: Loops) -> tuple[np.ndarray, np.ndarray]:
    """ypix, xpix of a cell: a list of its pixels as it is, outlines filled.

    Whole numbers in the order of an image (each row, or each column, after the other) are pixels:
    no outline goes that way. Otherwise the pixels whose centre lies inside an outline or on it.
    """
    if len(loops) == 1 and is_pixel_list(loops[0]):
        xpix, ypix = loops[0].astype(np.int64).T
        return ypix, xpix
    sides = np.ptp(np.concatenate(loops), axis=0) + 1
    if not sides.prod() <= _MOST_PIXELS:
        raise ValueError(f"an outline of {sides[1]:.0f} x {sides[0]:.0f} pixels")
    ypix, xpix = fill_polygons([loop + 0.5 for loop in loops])
    for loop in loops:
        on_y, on_x = _on_outline(loop)
        ypix, xpix = np.append(ypix, on_y), np.append(xpix, on_x)
    if not len(ypix):  # an outline around no centre at all: where it is
        xpix, ypix = np.round(np.concatenate(loops)).astype(np.int64).T
    top, left, width = ypix.min(), xpix.min(), np.ptp(xpix) + 1
    ypix, xpix = np.divmod(np.unique((ypix - top) * width + xpix - left), width)
    return ypix + top, xpix + left


def is_pixel_list(points: np.ndarray) -> bool:
    """Whether points (k, 2) are pixels listed row by row or column by column, each once.

    Most of them lie beside the one before, unlike the corners of a polygon.

    >>> is_pixel_list(np.array([[3, 1], [4, 1], [3, 2], [4, 2]]))
    True
    >>> is_pixel_list(np.array([[3, 1], [4, 1], [4, 2], [3, 2]]))
    False
    """
    if (points != np.floor(points)).any():
        return False
    for major, minor in ((0, 1), (1, 0)):
        along, across = np.diff(points[:, major]), np.diff(points[:, minor])
        in_line = along == 0
        in_order = ((along > 0) | (in_line & (across > 0))).all()
        if in_order and 2 * (in_line & (across == 1)).sum() > len(along):
            return True
    return len(points) == 1


def _on_outline(loop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ypix, xpix of the pixel centres that lie exactly on the edges of a closed outline."""
    found_y, found_x = [], []
    for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
        if y0 == y1:
            if y0 == np.floor(y0):
                xs = np.arange(np.ceil(min(x0, x1)), np.floor(max(x0, x1)) + 1)
                found_x.append(xs)
                found_y.append(np.full(len(xs), y0))
            continue
        ys = np.arange(np.ceil(min(y0, y1)), np.floor(max(y0, y1)) + 1)
        xs = x0 + (ys - y0) * (x1 - x0) / (y1 - y0)
        on = np.abs(xs - np.round(xs)) < 1e-9
        found_y.append(ys[on])
        found_x.append(np.round(xs[on]))
    if not found_y:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(found_y).astype(np.int64), np.concatenate(found_x).astype(np.int64)
