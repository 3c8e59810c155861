"""Prediction files as ``deepcinac predict`` writes them, of probabilities that a test chooses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.classifier.export import write_prediction
from deepcinac.classifier.prediction import Prediction
from deepcinac.version import __version__


def prediction_meta(
    classifier: str = "tiny", weights: str = "weights 1", threshold: float = 0.5
) -> dict[str, Any]:
    """What a prediction says of itself; two ``weights`` are two classifiers.

    ``tests/classifier/test_prediction.py`` compares the keys with those of a real prediction.
    """
    return {
        "classifier": classifier,
        "classifier_version": 1,
        "weights_sha256": hashlib.sha256(weights.encode()).hexdigest(),
        "frame_rate_hz": 10.0,
        "pixel_size_um": 2.0,
        "threshold": threshold,
        "version": __version__,
        "movie": "movie.tif",
        "settings": {},
        "resampling": {},
        "warnings": [],
    }


def write_predictions(
    path: Path, probability: np.ndarray, cells: Sequence[int] | None = None, **meta: Any
) -> Path:
    """Write probabilities (n, n_frames) of ``cells`` (n,), by default the first n."""
    numbers = np.arange(len(probability)) if cells is None else np.asarray(cells)
    made = Prediction(probability.astype(np.float32), numbers, prediction_meta(**meta))
    write_prediction(path, made)
    return path
