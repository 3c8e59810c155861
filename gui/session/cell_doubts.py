"""What is odd about the cells: which can hardly be cells, and which are one cell drawn twice. No Tk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from deepcinac.recording.cells import Cells
from deepcinac.recording.plausible_cells import SameCell, oddities, same_cells


@dataclass(frozen=True)
class CellDoubts:
    """``odd``: cell -> what makes it unlikely; ``pairs``: outlines that are one cell."""

    odd: Mapping[int, str] = field(default_factory=dict)
    pairs: Sequence[SameCell] = ()

    @property
    def cells(self) -> list[int]:
        """Every cell that is in doubt, in order."""
        return sorted({*self.odd, *(cell for p in self.pairs for cell in (p.first, p.second))})

    def of_valid(self, valid: np.ndarray) -> CellDoubts:
        """The same without what concerns rejected cells; ``valid`` (n_cells,) bool."""
        odd = {cell: why for cell, why in self.odd.items() if valid[cell]}
        pairs = tuple(pair for pair in self.pairs if valid[pair.first] and valid[pair.second])
        return CellDoubts(odd, pairs)

    def double_of(self, cell: int) -> int | None:
        """The other outline of the same cell: the one that shares most; None where there is none."""
        best = self.pair_of(cell)
        if best is None:
            return None
        return best.second if best.first == cell else best.first

    def pair_of(self, cell: int) -> SameCell | None:
        """The pair that a cell is in, the one that shares most."""
        found = [pair for pair in self.pairs if cell in (pair.first, pair.second)]
        return max(found, key=lambda pair: pair.iou, default=None)

    def of(self, cell: int) -> str:
        """What is odd about a cell, short enough for a column; "" for nothing."""
        double = self.double_of(cell)
        parts = [self.odd.get(cell, ""), "" if double is None else f"same as {double}"]
        return ", ".join(part for part in parts if part)


def doubts_of(cells: Cells, pixel_size_um: float | None) -> CellDoubts:
    """Look at every footprint; diameters are judged where the size of a pixel is known."""
    return CellDoubts(oddities(cells, pixel_size_um), tuple(same_cells(cells)))
