"""A prediction while it arrives: the array that ``deepcinac predict --live`` fills block by block. No Tk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np


class LivePrediction:
    """``cells`` are those of the rows; ``name`` is what the classifier is called.

    The file may not be there yet, and may go at any moment: then nothing has arrived.
    """

    def __init__(self, path: Path, cells: Sequence[int], name: str) -> None:
        self.path, self.name = path, name
        self._row_of = {cell: row for row, cell in enumerate(cells)}
        self._array: np.ndarray | None = None

    def _rows(self) -> np.ndarray | None:
        if self._array is None:
            try:
                array = np.load(self.path, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError):
                return None
            if array.ndim != 2 or len(array) != len(self._row_of):
                return None
            self._array = array
        return self._array

    def row(self, cell: int) -> np.ndarray | None:
        """Probability (n_frames,) of a cell, NaN where it is not there yet; None before the first block."""
        rows, place = self._rows(), self._row_of.get(cell)
        if rows is None or place is None or np.isnan(rows[place, 0]):
            return None
        return np.array(rows[place])

    def arrived_cells(self) -> list[int]:
        """Cells of which there is something."""
        rows = self._rows()
        if rows is None or not len(rows) or np.isnan(rows[0, 0]):
            return []
        return list(self._row_of)
