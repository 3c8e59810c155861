"""How well the spike rate follows recorded spikes: correlation at 10 Hz, against deconvolution of the trace.

    python benchmarks/spike_rate.py MOVIE CELLS TRUTH.npz --frame-rate HZ --pixel-size UM [--traces FOLDER]

``TRUTH.npz`` holds ``spikes`` (n_cells, n_frames) and ``trace`` (the mean over each mask). Both the truth and
the estimates are smoothed by a Gaussian of 0.1 s, as is usual in this field, and correlated cell by cell. The
comparisons are OASIS (``pip install oasis-deconv``, GPL, optional) on the dF/F of the trace and, with
recordings that hold spikes (``--traces``), a network of the kind of CASCADE (``spike_rate_network.py``).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from scipy.ndimage import gaussian_filter1d
from spike_rate_network import by_network

from deepcinac.files import read_npz
from deepcinac.formats import load_cells
from deepcinac.learning.zoo import find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.traces import dff
from deepcinac.tasks.activity.prediction import predict

SMOOTHING_S = 0.1


def correlations(estimate: np.ndarray, spikes: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """Pearson correlation of each cell that fires, NaN for the others, (n_cells,)."""
    width = SMOOTHING_S * frame_rate_hz
    found = gaussian_filter1d(np.asarray(estimate, float), width, axis=1)
    true = gaussian_filter1d(spikes.astype(float), width, axis=1)
    return np.array(
        [
            np.corrcoef(a, b)[0, 1] if a.std() > 0 and b.std() > 0 else np.nan
            for a, b in zip(found, true, strict=True)
        ]
    )


def by_oasis(trace: np.ndarray, frame_rate_hz: float) -> np.ndarray | None:
    """Deconvolved dF/F, or None where OASIS is not installed."""
    try:
        from oasis.functions import deconvolve
    except ImportError:
        return None
    return np.stack([deconvolve(row)[1] for row in dff(trace, frame_rate_hz).astype(float)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("movie", type=Path)
    parser.add_argument("cells", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--frame-rate", type=float, required=True)
    parser.add_argument("--pixel-size", type=float, required=True)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--traces", type=Path, help="recordings that hold spikes, to learn from")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    truth = read_npz(arguments.truth, ("spikes", "trace"))
    rate = arguments.frame_rate
    with open_movie(arguments.movie) as movie:
        cells = load_cells(arguments.cells, (movie.height, movie.width))
        found = predict(
            movie, cells, rate, arguments.pixel_size, find_classifier(arguments.classifier)
        )
    estimates = {
        "spike rate of the network": found["spike_rate_hz"].array,
        "its probability of activity": found["probability"].array,
        "OASIS": by_oasis(truth["trace"], rate),
    }
    if arguments.traces:
        generator = np.random.default_rng(arguments.seed)
        estimates["a network of the trace"] = by_network(
            truth["trace"], rate, arguments.traces, generator
        )
    for name, estimate in estimates.items():
        if estimate is not None:
            r = correlations(estimate, truth["spikes"], rate)
            middle, low, high = np.nanpercentile(r, [50, 25, 75])
            print(f"{name:30s} median r {middle:.3f} (quartiles {low:.3f}-{high:.3f})")


if __name__ == "__main__":
    main()
