"""The visible part of an image at any zoom: sharp pixels when large, averaged when small."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.drawing.viewport import ImageAxes


def visible_part(
    shades: np.ndarray, axes: ImageAxes, width: int, height: int, outside: int
) -> np.ndarray:
    """What ``width`` x ``height`` px of the screen show of ``shades`` (h, w) uint8.

    Every pixel of the image is a square when larger than one px of the screen; otherwise pixels are
    averaged, so that nothing flickers or is lost. Beyond the image lies the shade ``outside``.
    """
    view = np.full((height, width), outside, dtype=np.uint8)
    left, right = _edges(axes.left, shades.shape[1] * axes.scale, width)
    top, bottom = _edges(axes.top, shades.shape[0] * axes.scale, height)
    if left >= right or top >= bottom:
        return view
    if axes.scale < 1:
        view[top:bottom, left:right] = _averaged(shades, axes, left, top, right, bottom)
        return view
    x = (np.arange(left, right) + 0.5 - axes.left) / axes.scale
    y = (np.arange(top, bottom) + 0.5 - axes.top) / axes.scale
    columns = np.clip(x.astype(np.int64), 0, shades.shape[1] - 1)
    rows = np.clip(y.astype(np.int64), 0, shades.shape[0] - 1)
    # Few rows are looked up, then repeated: rows of the screen that show the same pixels are equal.
    needed, again = np.unique(rows, return_inverse=True)
    wide = np.take(shades[needed[0] : needed[-1] + 1], columns, axis=1)
    view[top:bottom, left:right] = wide[again]
    return view


def _edges(position: float, size: float, room: int) -> tuple[int, int]:
    return max(0, round(position)), min(room, round(position + size))


def _averaged(
    shades: np.ndarray, axes: ImageAxes, left: int, top: int, right: int, bottom: int
) -> np.ndarray:
    from PIL import Image

    height, width = shades.shape
    box = (
        max(0.0, (left - axes.left) / axes.scale),
        max(0.0, (top - axes.top) / axes.scale),
        min(float(width), (right - axes.left) / axes.scale),
        min(float(height), (bottom - axes.top) / axes.scale),
    )
    picture = Image.fromarray(shades).resize(
        (right - left, bottom - top), Image.Resampling.BOX, box
    )
    return np.asarray(picture)


def inside_outline(loops: list[np.ndarray], x: float, y: float) -> bool:
    """Whether a point lies inside closed loops (k, 2) of x, y; a hole's loop takes its inside away."""
    crossings = 0
    for loop in loops:
        x0, y0 = loop[:-1, 0], loop[:-1, 1]
        x1, y1 = loop[1:, 0], loop[1:, 1]
        spans = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        crossings += int(np.count_nonzero(spans & (x < cut)))
    return crossings % 2 == 1


def outline_at(
    outlines: list[list[np.ndarray]], boxes: np.ndarray, centres: np.ndarray, x: float, y: float
) -> int | None:
    """The cell whose outline holds the point; the nearest centre decides where several do.

    ``boxes`` (n, 4) are the left, top, right and bottom of the outlines, ``centres`` (n, 2) x, y.
    """
    near = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
    holding = [int(i) for i in np.flatnonzero(near) if inside_outline(outlines[int(i)], x, y)]
    if not holding:
        return None
    distance = np.hypot(*(centres[holding] - (x, y)).T)
    return holding[int(distance.argmin())]


def outline_boxes(outlines: list[list[np.ndarray]]) -> np.ndarray:
    """Left, top, right, bottom (n, 4) of outlines; an empty one holds no point."""
    boxes = np.full((len(outlines), 4), np.nan)
    for i, loops in enumerate(outlines):
        if loops:
            points = np.concatenate(loops)
            boxes[i] = [*points.min(axis=0), *points.max(axis=0)]
    return boxes
