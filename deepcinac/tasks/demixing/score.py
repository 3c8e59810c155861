"""How well cells were found and their light told apart, against a simulated truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FOUND_IOU = 0.5


@dataclass(frozen=True)
class Found:
    """Counts: cells that were found, claims that are no cell, cells that were missed."""

    found: int
    false: int
    missed: int

    @property
    def f1(self) -> float | None:
        """None where there is nothing to be found and nothing claimed."""
        total = 2 * self.found + self.false + self.missed
        return 2 * self.found / total if total else None


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


def matched(shared: np.ndarray, least: float = FOUND_IOU) -> tuple[np.ndarray, np.ndarray]:
    """Claims and cells (k,), (k,) that belong to each other one to one, from their IoU (n, m).

    The sum of the IoU is as large as it can be; pairs below ``least`` do not count.
    """
    from scipy.optimize import linear_sum_assignment

    shared = np.where(shared >= least, shared, 0)
    claims, cells = linear_sum_assignment(shared, maximize=True)
    kept = shared[claims, cells] > 0
    return claims[kept], cells[kept]


def count_found(shared: np.ndarray, judged: np.ndarray) -> Found:
    """Cells found at IoU 0.5, from the IoU (n, m) of claims and cells.

    A claim that is a cell which is not ``judged`` is neither right nor wrong.
    """
    claims, cells = matched(shared)
    right = int(judged[cells].sum())
    false = len(shared) - len(claims)
    return Found(right, false, int(judged.sum()) - right)
