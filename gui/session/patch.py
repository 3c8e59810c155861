"""The part of the movie that is shown around a cell, and what the classifier sees of it. No Tk."""

from __future__ import annotations

import numpy as np

from deepcinac.recording.cells import Cells

PATCH_PX, PATCH_MARGIN_PX = 41, 8
"""The movie shows at least this square around a cell, and this much around a larger one."""


def patch_box(cells: Cells, cell: int) -> tuple[int, int, int, int]:
    """Top, bottom, left and right (ends excluded) of what the movie shows of a cell."""
    footprint = cells[cell]
    box = []
    for pixels, size in ((footprint.ypix, cells.height), (footprint.xpix, cells.width)):
        low, high = int(pixels.min()), int(pixels.max()) + 1
        side = min(max(PATCH_PX, high - low + 2 * PATCH_MARGIN_PX), size)
        start = min(max((low + high - side) // 2, 0), size - side)
        box += [start, start + side]
    return box[0], box[1], box[2], box[3]


def input_masks(cells: Cells, cell: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """Masks (3, h, w) bool of the classifier's inputs in a box: the cell, its neighbours, the rest."""
    from deepcinac.inputs import crops

    top, bottom, left, right = box
    own = cells.mask(cell)
    others = np.zeros_like(own)
    for neighbour in crops.overlapping_cells(cells, cell).tolist():
        others |= cells.mask(neighbour)
    cut = (slice(top, bottom), slice(left, right))
    shape = (3, bottom - top, right - left)
    return crops.input_masks(own[cut].ravel(), others[cut].ravel()).reshape(shape)
