"""The same cell in two lists, recognised by its footprint and never by its number.

Files of one recording may hold other cells, or the same ones in another order: a cell was drawn
anew, a list was sorted, rejected cells were left out. What two footprints share decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.cells import Cells

if TYPE_CHECKING:
    import scipy.sparse

SAME_CELL = 0.5
"""Pixels in common over pixels in either, from which two footprints are the same cell."""


def footprint_overlap(first: Cells, second: Cells) -> scipy.sparse.csr_matrix:
    """Pixels in common over pixels in either, sparse (n_first, n_second) float64."""
    import scipy.sparse

    if (first.height, first.width) != (second.height, second.width):
        raise InputError(
            f"cells on a field of {first.height} x {first.width} pixels (height x width)",
            f"cells on {second.height} x {second.width}",
        )
    common = (first.mask_matrix() @ second.mask_matrix().T).tocoo()
    either = first.n_pixels[common.row] + second.n_pixels[common.col] - common.data
    shape = (len(first), len(second))
    return scipy.sparse.csr_matrix((common.data / either, (common.row, common.col)), shape=shape)


def match_cells(first: Cells, second: Cells, minimum: float = SAME_CELL) -> np.ndarray:
    """Pairs (k, 2) of numbers in ``first`` and ``second`` that are the same cell.

    Each cell is in one pair at most. Of all pairings the one with the largest sum of squared
    overlaps is taken, so that identical footprints always find each other; its pairs with less than
    ``minimum`` are then no pairs.
    """
    import scipy.optimize
    import scipy.sparse.csgraph

    overlap = footprint_overlap(first, second).tocoo()
    rows, columns, value = overlap.row, overlap.col, overlap.data
    n_first, n_all = len(first), len(first) + len(second)
    graph = scipy.sparse.csr_matrix((value, (rows, columns + n_first)), shape=(n_all, n_all))
    _, group = scipy.sparse.csgraph.connected_components(graph, directed=False)
    order = np.argsort(group[rows], kind="stable")
    ends = np.flatnonzero(np.diff(group[rows][order])) + 1
    pairs = []
    for edges in np.split(order, ends) if len(order) else []:
        own, row = np.unique(rows[edges], return_inverse=True)
        other, column = np.unique(columns[edges], return_inverse=True)
        worth = np.zeros((len(own), len(other)))
        worth[row, column] = value[edges]
        chosen = scipy.optimize.linear_sum_assignment(worth**2, maximize=True)
        pairs += [
            (own[i], other[j]) for i, j in zip(*chosen, strict=True) if worth[i, j] >= minimum
        ]
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def unite_cells(
    lists: Sequence[Cells], minimum: float = SAME_CELL
) -> tuple[Cells, list[np.ndarray]]:
    """All cells of several lists, each once, and the number that each list's cells have there.

    The first list keeps its numbers and outlines; cells that it lacks follow, in the order of the
    lists that bring them. A cell is valid when any list calls it so.
    """
    united = lists[0]
    numbers = [np.arange(len(united))]
    for cells in lists[1:]:
        number = np.full(len(cells), -1)
        pairs = match_cells(united, cells, minimum)
        number[pairs[:, 1]] = pairs[:, 0]
        new = np.flatnonzero(number < 0)
        number[new] = len(united) + np.arange(len(new))
        united = _extended(united, cells, number, new)
        numbers.append(number)
    return united, numbers


def _extended(united: Cells, cells: Cells, number: np.ndarray, new: np.ndarray) -> Cells:
    """``united`` with the cells ``new`` (n,) of ``cells``; ``number`` (n_cells,) is what they get."""
    valid = np.concatenate([united.valid, np.zeros(len(new), dtype=bool)])
    valid[number] |= cells.valid
    names = None
    if united.names is not None and cells.names is not None:
        names = (*united.names, *(cells.names[i] for i in new))
    return Cells(
        cells=(*united.cells, *(cells[i] for i in new)),
        height=united.height,
        width=united.width,
        valid=valid,
        source=united.source,
        names=names,
    )
