"""Prediction files as ``deepcinac predict`` writes them, of probabilities that a test chooses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.files import write_results
from deepcinac.version import __version__

FRAME_RATE_HZ, PIXEL_SIZE_UM = 10.0, 2.0


def results_of(
    probability: np.ndarray,
    cells: Sequence[int] | None = None,
    classifier: str = "tiny",
    weights: str = "weights 1",
    threshold: float = 0.5,
) -> Results:
    """Probabilities (n, n_frames) of ``cells`` (n,), by default the first n.

    Two ``weights`` are two classifiers, also of one name.
    """
    numbers = np.arange(len(probability)) if cells is None else np.asarray(cells)
    maker = Maker(
        "activity",
        classifier,
        "1",
        hashlib.sha256(weights.encode()).hexdigest(),
        {"window_overlap": 0.5},
        program_version=__version__,
    )
    said = Result(
        "probability",
        probability.astype(np.float32),
        ("cell", "frame"),
        "1",
        maker,
        numbers,
        time=TimeBase(FRAME_RATE_HZ),
    )
    info = {"frame_rate_hz": FRAME_RATE_HZ, "pixel_size_um": PIXEL_SIZE_UM, "movie": "movie.tif"}
    return Results((said,), threshold, info=info)


def write_predictions(
    path: Path,
    probability: np.ndarray,
    cells: Sequence[int] | None = None,
    classifier: str = "tiny",
    weights: str = "weights 1",
    threshold: float = 0.5,
) -> Path:
    """A file in the form of the ending of ``path``; see :func:`results_of`."""
    write_results(path, results_of(probability, cells, classifier, weights, threshold))
    return path
