"""A cell that moves, at its place in one frame: what views are given to draw. No Tk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HOW_KNOWN = ("placed by its neighbours", "carried through a gap", "seen")


@dataclass(frozen=True, eq=False)
class CellInFrame:
    """A cell at its place in one frame.

    ``loops``: closed outlines (k, 2) of x, y in the movie; ``before`` and ``after`` (k, 2), x, y: its path up
    to and from the frame; ``known``: index in :data:`HOW_KNOWN`; ``is_current``: the cell of the window.
    """

    cell: int
    loops: Sequence[np.ndarray]
    before: np.ndarray
    after: np.ndarray
    known: int
    is_current: bool = False
