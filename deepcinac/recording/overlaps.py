"""Which cells share pixels, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse


@dataclass(frozen=True, eq=False)
class Overlaps:
    """The overlap graph of the cells of one recording.

    ``shared_pixels`` is a symmetric sparse (n_cells, n_cells) integer matrix with an empty
    diagonal; ``area`` (n_cells,) holds the pixels of each cell.
    """

    shared_pixels: scipy.sparse.csr_matrix
    area: np.ndarray

    def neighbours(self, cell: int) -> np.ndarray:
        """Cells that share at least one pixel with ``cell``, in ascending order."""
        matrix = self.shared_pixels
        return np.sort(matrix.indices[matrix.indptr[cell] : matrix.indptr[cell + 1]])

    def fraction(self, first: int, second: int) -> float:
        """Shared pixels over the area of the larger of the two cells (paper, section 2.5)."""
        larger = max(self.area[first], self.area[second])
        return float(self.shared_pixels[first, second] / larger)

    def pairs(self, minimum_fraction: float = 0.0) -> np.ndarray:
        """Pairs (k, 2) of overlapping cells, the lower number first, sorted.

        Only pairs with at least ``minimum_fraction`` of the larger cell in common are given.
        """
        upper = self.shared_pixels.tocoo()
        larger = np.maximum(self.area[upper.row], self.area[upper.col])
        wanted = (upper.row < upper.col) & (upper.data / larger >= minimum_fraction)
        pairs = np.column_stack([upper.row[wanted], upper.col[wanted]]).astype(np.int64)
        return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def find_overlaps(pixel_matrix: scipy.sparse.csr_matrix) -> Overlaps:
    """The overlap graph from ``pixel_matrix`` (n_cells, n_pixels), non-zero where a cell lies."""
    import scipy.sparse

    ones = scipy.sparse.csr_matrix(pixel_matrix, copy=True)
    ones.data = np.ones(ones.nnz, dtype=np.int32)
    shared = (ones @ ones.T).tocsr()
    area = shared.diagonal().astype(np.int64)
    shared.setdiag(0)
    shared.eliminate_zeros()
    shared.sort_indices()
    return Overlaps(shared, area)


def iou(masks: np.ndarray, true_masks: np.ndarray) -> np.ndarray:
    """Shared over joint area of each pair, (n, m), of boolean masks (n, ...) and (m, ...).

    >>> one = np.array([[1, 1, 0, 0]], bool)
    >>> iou(one, np.array([[0, 1, 1, 0], [1, 1, 0, 0]], bool)).astype(float).round(2).tolist()
    [[0.33, 1.0]]
    """
    pixels = int(np.prod(masks.shape[1:]))
    one = masks.reshape(len(masks), pixels).astype(np.float32)
    other = true_masks.reshape(len(true_masks), pixels).astype(np.float32)
    shared = one @ other.T
    return shared / np.maximum(one.sum(1)[:, None] + other.sum(1) - shared, 1)


def matched(shared: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (k,), (k,) of masks that belong to each other one to one, from their IoU (n, m).

    The sum of the IoU is as large as it can be; pairs below ``least`` do not count.
    """
    from scipy.optimize import linear_sum_assignment

    shared = np.where(shared >= least, shared, 0)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    kept = shared[rows, columns] > 0
    return rows[kept], columns[kept]
