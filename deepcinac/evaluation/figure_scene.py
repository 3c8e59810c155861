"""What the panels of a recording's figure draw from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.crosstalk import CrosstalkEvents


@dataclass(frozen=True)
class FigureScene:
    """What the panels draw; frames are turned into seconds by ``rate`` (Hz)."""

    traces: np.ndarray
    probability: np.ndarray
    predicted: np.ndarray
    truth: np.ndarray | None
    doubtful: np.ndarray | None
    crosstalk: CrosstalkEvents | None
    rate: float
    window: tuple[int, int]
    shown: list[int]
    threshold: float


def colour_of(scene: FigureScene, cell: int) -> str:
    """Colour of a cell on black, as a matplotlib colour; cells beyond the palette share colours."""
    return palette.ON_BLACK[scene.shown.index(cell) % len(palette.ON_BLACK)]
