"""Two cells and ten frames at 10 Hz: cell 2 is active in frames 2 to 4, cell 0 in frame 7."""

import numpy as np
import pytest

from deepcinac.recording.cells import make_cells
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.result import footprint_keys

PROBABILITY = np.zeros((2, 10), np.float32)
PROBABILITY[0, 2:5] = [0.6, 0.9, 0.7]
PROBABILITY[1, 7] = 0.75
CELLS = [2, 0]


@pytest.fixture
def three_cells():
    """On 8 x 8 pixels: two pixels side by side, one pixel, two pixels one below the other."""
    return make_cells([([1, 1], [1, 2], None), ([3], [3], None), ([5, 6], [2, 2], None)], 8, 8, "x")


@pytest.fixture
def maker():
    return Maker(
        "activity",
        "general",
        "3",
        "ab" * 32,
        {"overlap": 0.5, "names": ["ä", "b"]},
        "cd" * 32,
        "2.0.0",
        "2026-11-27T10:00:00+00:00",
    )


@pytest.fixture
def results(maker, three_cells):
    """Probability and spike rate of cells 2 and 0, in this order."""
    keys = footprint_keys(three_cells, CELLS)
    about = (("cell", "frame"), maker, np.array(CELLS), keys, TimeBase(10.0))
    dims, *more = about
    return Results(
        (
            Result("probability", PROBABILITY, dims, "1", *more),
            Result("spike_rate_hz", PROBABILITY * 4, dims, "Hz", *more),
        ),
        0.55,
        ("a dim movie",),
        {"frame_rate_hz": 10.0, "pixel_size_um": 2.0, "movie": "m.tif"},
    )
