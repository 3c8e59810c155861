"""The options of a scanned movie with a rhythm faster than its frames; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

RHYTHM = "line-scan-rhythm"


@dataclass(frozen=True)
class RhythmSettings:
    """What a movie is made of that is scanned row after row."""

    scanned_cells: int = option(40, "cells", minimum=2, maximum=500)
    scan_px: int = option(64, "height and width of the field", unit="px", minimum=16, maximum=512)
    scan_rate_hz: float = option(10.0, "frames per second", unit="Hz", minimum=1, maximum=100)
    scan_s: float = option(120.0, "length of the movie", unit="s", minimum=5, maximum=3600)
    rhythm_hz: float = option(
        7.0, "rhythm of the population, away from multiples of half the frame rate", unit="Hz",
        minimum=0.1, maximum=1000,
    )  # fmt: skip
    phase_drift: float = option(
        0.5, "how far the phase of the rhythm wanders in a second, as SD", unit="rad",
        minimum=0, maximum=100,
    )  # fmt: skip
    shared_slow: float = option(
        0.7,
        "slow change that all cells share, as SD over the height of the rhythm",
        minimum=0,
        maximum=10,
    )
    decay_s: float = option(0.05, "decay of the indicator", unit="s", minimum=0, maximum=10)
    own_activity: float = option(
        0.1, "slow activity of each cell by itself, as a share of the rhythm", minimum=0, maximum=10
    )
    pixel_photons: float = option(
        200.0, "photons of a cell's pixel at rest", minimum=1, maximum=1e5
    )
