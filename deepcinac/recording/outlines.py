"""Outlines of masks along the edges of their pixels, for drawing and for export.

Coordinates put the centre of pixel (y, x) at x, y: the outline of a single pixel at (0, 0) is the
square from -0.5 to 0.5, as images are drawn by matplotlib and as :meth:`Cells.centres` counts.
"""

from __future__ import annotations

import numpy as np

_Corner = tuple[int, int]


def trace_outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Closed outlines of the True pixels of ``mask`` (height, width).

    Returns one (n_points, 2) float array of x, y per closed loop, its first point repeated at the
    end and only the corners kept. Pieces run clockwise as seen on a screen (y points down), holes
    counter-clockwise. Pixels that touch at a corner only belong to separate loops.
    """
    following = _edges(np.asarray(mask, dtype=bool))
    loops = []
    while following:
        start = min(following, key=lambda corner: (corner[1], corner[0]))
        loops.append(_corners_only(_walk(following, start)) - 0.5)
    return loops


def _edges(mask: np.ndarray) -> dict[_Corner, list[_Corner]]:
    """Border edges between pixel corners, start (x, y) -> ends, with the inside on their right."""
    framed = np.pad(mask, 1)
    inside = framed[1:-1, 1:-1]
    # (neighbour outside, start of the edge, end of the edge), relative to the pixel's top left
    sides = (
        (framed[:-2, 1:-1], (0, 0), (1, 0)),
        (framed[1:-1, 2:], (1, 0), (1, 1)),
        (framed[2:, 1:-1], (1, 1), (0, 1)),
        (framed[1:-1, :-2], (0, 1), (0, 0)),
    )
    following: dict[_Corner, list[_Corner]] = {}
    for neighbour, (start_x, start_y), (end_x, end_y) in sides:
        ys, xs = np.nonzero(inside & ~neighbour)
        for y, x in zip(ys.tolist(), xs.tolist(), strict=True):
            following.setdefault((x + start_x, y + start_y), []).append((x + end_x, y + end_y))
    return following


def _walk(following: dict[_Corner, list[_Corner]], start: _Corner) -> list[_Corner]:
    """One closed loop from ``start``; its edges are removed from ``following``."""
    loop = [start]
    here, step = start, (0, 0)
    while True:
        ends = following[here]
        # Where two loops meet in a corner, turning right stays with the same pixel.
        right = (here[0] - step[1], here[1] + step[0])
        end = right if right in ends else ends[0]
        ends.remove(end)
        if not ends:
            del following[here]
        step = (end[0] - here[0], end[1] - here[1])
        here = end
        loop.append(here)
        if here == start:
            return loop


def _corners_only(loop: list[_Corner]) -> np.ndarray:
    """The (k, 2) points of a closed loop without those in the middle of a straight stretch."""
    points = np.array(loop[:-1], dtype=float)
    before = points - np.roll(points, 1, axis=0)
    after = np.roll(points, -1, axis=0) - points
    turning = np.any(before != after, axis=1)
    corners = points[turning]
    return np.vstack([corners, corners[:1]])
