"""The options of simulated cultures; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

CULTURE = "culture"
MIXTURES = {
    "100E0I": (1.0, 6), "75E25I": (0.75, 7), "50E50I": (0.5, 6), "25E75I": (0.25, 7), "0E100I": (0.0, 6),
}  # fmt: skip
"""Each class with its share of excitatory cells and its share of 32 devices, as in Pastore et al. (2023)."""


@dataclass(frozen=True)
class CultureSettings:
    """What a set of cultures on multi-electrode arrays is made of."""

    devices: int = option(32, "cultures in all, of five mixtures of cells", minimum=5, maximum=1000)
    length_s: float = option(300.0, "length of a recording", unit="s", minimum=10, maximum=7200)
    electrodes: int = option(
        60, "cells that are recorded, one an electrode", minimum=2, maximum=1000
    )
    cells: int = option(120, "cells of a culture", minimum=10, maximum=2000)
