"""Values laid over an image of the field: what views are given to draw. No Tk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class FieldMap:
    """Values (height, width) over the field, NaN where nothing is said.

    ``name``: what the user chooses; ``title``: what the values are, with their units. Colours go from ``low``
    to ``high``; what lies outside has the colour of the nearer end.
    """

    name: str
    title: str
    values: np.ndarray
    low: float
    high: float
