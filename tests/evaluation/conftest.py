"""Recordings drawn with characters, one per frame, so that a test can be checked by eye."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture
def frames() -> Callable[..., np.ndarray]:
    """``frames("..##.")`` is a row of frames, true at each ``#``; several rows make (n_cells, n_frames)."""

    def draw(*rows: str) -> np.ndarray:
        mask = np.array([[character == "#" for character in row] for row in rows])
        return mask[0] if len(rows) == 1 else mask

    return draw
