"""The three inputs of the paper (section 2.3): the cell, the cells that overlap it, and the rest.

Masks are boolean and come from the footprints alone. The same functions serve training, prediction and
the viewer, so that the network is asked about exactly what it was taught on.
"""

from __future__ import annotations

import numpy as np

from deepcinac.recording.cells import Cells

CELL, OVERLAP, NEUROPIL = 0, 1, 2
N_INPUTS = 3


def patch_pixels(
    centre: tuple[float, float],
    patch_px: int,
    height: int,
    width: int,
    angle: float = 0.0,
    mirror: bool = False,
) -> np.ndarray:
    """Flat index into the field of each patch pixel, (patch_px ** 2,); height * width marks "outside".

    The patch is centred on the pixel nearest to ``centre`` (y, x). ``angle`` (radians) and ``mirror``
    turn and flip it about that pixel, each patch pixel taking the nearest field pixel.
    """
    half = (patch_px - 1) / 2
    down, right = np.mgrid[:patch_px, :patch_px] - half
    if mirror:
        right = -right
    row = np.rint(centre[0] + down * np.cos(angle) - right * np.sin(angle)).astype(int)
    column = np.rint(centre[1] + down * np.sin(angle) + right * np.cos(angle)).astype(int)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return np.where(inside, row * width + column, height * width).ravel()


def cell_centre(cells: Cells, cell: int) -> tuple[float, float]:
    """Middle of a cell's mask (y, x), to the nearest pixel."""
    mask = cells.cells[cell]
    return float(np.rint(mask.ypix.mean())), float(np.rint(mask.xpix.mean()))


def overlapping_cells(cells: Cells, cell: int) -> np.ndarray:
    """The valid cells that share pixels with a cell: what its second input shows, and its third leaves out.

    An outline that was judged to be no cell (an artefact, the double of another) cuts nothing out of its
    neighbours; it is itself masked like any other where it is asked about.
    """
    neighbours = cells.overlaps.neighbours(cell)
    return neighbours[cells.valid[neighbours]]


def flat_masks(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Masks of each cell and of all valid cells that overlap it, both (n_cells, height * width + 1) bool.

    The last column stands for pixels outside the field and is always False.
    """
    own = cells.masks().reshape(len(cells), -1)
    own = np.concatenate([own, np.zeros((len(own), 1), bool)], axis=1)
    others = np.zeros_like(own)
    for cell in range(len(cells)):
        neighbours = overlapping_cells(cells, cell)
        if len(neighbours):
            others[cell] = own[neighbours].any(0)
    return own, others


def input_masks(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Boolean masks of the three inputs, (3, n_pixels): cell; overlapping cells; neither.

    A pixel shared by the cell and a neighbour is in the first two, as in the paper.

    >>> input_masks(np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 0], bool)).astype(int).tolist()
    [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    """
    return np.stack([own, others, ~(own | others)])


def masked_inputs(patch: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The three inputs, (n_frames, 3, n_pixels): the patch (n_frames, n_pixels) with all else set to zero."""
    return patch[:, None, :] * masks[None].astype(patch.dtype)
