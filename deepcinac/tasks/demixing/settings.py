"""The options of training a network that demixes, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option


@dataclass(frozen=True)
class DemixingTraining:
    """What a network that demixes is trained on."""

    movies: int = option(90, "simulated movies to learn from", minimum=1, maximum=100_000)
    choosing_movies: int = option(
        10, "simulated movies that choose the epoch", minimum=1, maximum=1000
    )
    movie_frames: int = option(1500, "frames of a movie at 10 Hz", minimum=300, maximum=100_000)
    field_px: int = option(80, "side of their fields", unit="px", minimum=32, maximum=512)
    tile_frames: int = option(300, "averaged frames of a training tile", minimum=50, maximum=10_000)
    workers: int = option(1, "processes that simulate", minimum=1, maximum=256)
