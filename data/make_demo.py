"""Make the demo recording again: ``python data/make_demo.py OUT`` (the folder ``demo`` beside this file).

A seed of its own, which no training or validation movie uses; no recorded trace is in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from deepcinac.files import written_atomically
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings

SETTINGS = {
    "seed": 20_261_121,
    "n_frames": 1200,
    "height": 80,
    "width": 80,
    "n_cells": 46,
    "overlapping_share": 0.6,
    "radius_um": (6.0, 9.0),
    "event_rate_hz": (0.02, 0.12),
    "visibility": (4.0, 14.0),
    "photons": (10.0, 10.0),
    "gain": (1.0, 1.0),
    "mask_fault_share": 0.2,
    "jitter_px": (0.1, 0.2),
}


def main(out: Path) -> None:
    """Simulate, then compress the movie page by page: it ships with every installation."""
    import tifffile

    simulate(preset_settings("ca1-pup", **SETTINGS), out)
    path = out / "movie.tif"
    with open_movie(path) as movie:
        frames = movie.frames(0, movie.n_frames)
        rate, size = movie.frame_rate_hz, movie.pixel_size_um
    per_pixel = 1.0 / (size or 2.0)
    with written_atomically(path) as temporary:
        tifffile.imwrite(
            temporary,
            frames.astype(np.uint16),
            imagej=False,
            photometric="minisblack",
            compression="zlib",
            compressionargs={"level": 9},
            resolution=(per_pixel, per_pixel),
            metadata={"axes": "TYX", "finterval": 1.0 / (rate or 10.0)},
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
