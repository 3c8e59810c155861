"""The options of simulated cells that move and vanish; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

ELASTIC = "elastic"


@dataclass(frozen=True)
class ElasticSettings:
    """What a movie of tissue that stretches is made of."""

    moving_cells: int = option(150, "cells that move", minimum=10, maximum=2000)
    moving_frames: int = option(200, "frames of the movie", minimum=10, maximum=20000)
    moving_field_px: int = option(
        256, "height and width of the field", unit="px", minimum=64, maximum=2048
    )
    moving_px: float = option(
        45.0,
        "largest distance between two places of one cell",
        unit="px",
        minimum=0.0,
        maximum=200.0,
    )
    shown_frames: tuple[int, int] = option(
        (15, 40), "shortest and longest stretch in which a cell is bright", minimum=2, maximum=10000
    )
    silent_frames: tuple[int, int] = option(
        (5, 40), "shortest and longest stretch in which it is dark", minimum=1, maximum=10000
    )
    brightness: float = option(
        8.0,
        "height of a bright cell over the noise of a pixel",
        unit="SD",
        minimum=0.5,
        maximum=100.0,
    )
    ensembles: int = option(
        0, "groups of cells that are bright together, the first while the tissue is contracted; each a "
        "fifth of the cells", minimum=0, maximum=4,
    )  # fmt: skip
