"""The options of simulated days of one field; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

DAYS = "days"


@dataclass(frozen=True)
class DaysSettings:
    """What sessions of one field on several days are made of."""

    days: int = option(3, "days on which the field is recorded", minimum=2, maximum=30)
    day_cells: int = option(120, "cells of the field", minimum=20, maximum=2000)
    day_frames: int = option(400, "frames of a day, at 10 Hz", minimum=50, maximum=20000)
    day_field_px: int = option(
        200, "height and width of the field", unit="px", minimum=64, maximum=1024
    )
    active_share: float = option(
        0.5, "share of cells that are active on a day", minimum=0.05, maximum=0.95
    )
    persistence: float = option(
        0.4, "how much of a cell's activity is kept to the next day: 0 is chance, 1 everything",
        minimum=0.0, maximum=1.0,
    )  # fmt: skip
    found_silent: float = option(
        0.5, "share of the silent cells that are found nevertheless", minimum=0.0, maximum=1.0
    )
    day_shift_px: float = option(
        10.0, "how far the field is shifted from day to day", unit="px", minimum=0.0, maximum=60.0
    )
