"""How well cells were found and their light told apart, against a simulated truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.recording.overlaps import matched

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


def count_found(shared: np.ndarray, judged: np.ndarray) -> Found:
    """Cells found at IoU 0.5, from the IoU (n, m) of claims and cells.

    A claim that is a cell which is not ``judged`` is neither right nor wrong.
    """
    claims, cells = matched(shared, FOUND_IOU)
    right = int(judged[cells].sum())
    false = len(shared) - len(claims)
    return Found(right, false, int(judged.sum()) - right)
