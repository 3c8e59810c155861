"""The whole way from a raw movie: suite2p finds the cells, the classifier says when they are active.

``python benchmarks/from_raw_movie.py RECORDING ... [--suite2p-python PATH]``. A RECORDING is a folder as
``deepcinac simulate`` makes it (``known_recording.py``). Found cells are matched with the true ones
(intersection over union above 0.3, one to one); those that suite2p accepts and all of them are scored
apart, beside suite2p's own deconvolution at the one threshold that is best for it. A true cell that nobody
found is counted as missed, not scored.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from known_recording import KnownRecording

from deepcinac.api import predict
from deepcinac.evaluation.score import score
from deepcinac.evaluation.truth import Truth
from deepcinac.formats.suite2p_detection import detect
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.overlaps import iou, matched
from deepcinac.simulation.found_cells import LEAST_OVERLAP


def f1(truth: Truth, values: np.ndarray, threshold: float, strict: bool = False) -> float:
    """Pooled F1 of activity (n, n_frames) against the truth of the same n cells."""
    found = score(truth, values, np.arange(len(values)), threshold, np.random.default_rng(0))
    value = found.rules["strict" if strict else "paper"].pooled.f1
    return float("nan") if value is None else float(value)


def best_of_curve(truth: Truth, values: np.ndarray) -> float:
    """The best F1 of a curve over thresholds in SD of each cell."""
    scale = values.std(axis=1, keepdims=True)
    z = values / np.where(scale > 0, scale, 1)
    cuts = (0.5, 1, 1.5, 2, 3, 4)
    return max(f1(truth, (z >= cut).astype(np.float32), 0.5) for cut in cuts)


def run(folder: Path, python: str, classifier: str) -> None:
    """One recording, a line for all matched cells and one for those that suite2p accepts."""
    recording = KnownRecording.read(folder)
    truth, rate, size = recording.truth, recording.frame_rate_hz, recording.pixel_size_um
    with tempfile.TemporaryDirectory() as place, open_movie(recording.movie) as movie:
        session, _ = detect(movie, Path(place) / "s.deepcinac", rate, size, python=python)
        with session:
            true = recording.cells(movie.height, movie.width)
            cells = session.cells()
            shared = iou(cells.masks(), true.masks())
            found, own = matched(shared, LEAST_OVERLAP)
            overlap = shared[found, own]
            results = predict(session, classifier, select=np.sort(found))
            place_of = {cell: i for i, cell in enumerate(results["probability"].require_cells())}
            rows = [place_of[cell] for cell in found.tolist()]
            probability = results["probability"].array[rows]
            spikes = session.results("suite2p spks")["curve"].array[found]
            accepted = np.asarray(cells.valid)[found]
    print(
        f"{folder.name}: {len(cells)} found ({int(np.sum(cells.valid))} accepted), {len(found)} of "
        f"{len(true)} true cells matched, median overlap {np.median(overlap):.2f}"
    )
    for what, chosen in (("all matched", np.ones(len(found), bool)), ("accepted", accepted)):
        part = truth.of_cells(own[chosen])
        values = probability[chosen]
        print(
            f"  {what:12} {chosen.sum():3} cells  F1 {f1(part, values, results.cut):.3f}  "
            f"strict {f1(part, values, results.cut, strict=True):.3f}  "
            f"suite2p spks {best_of_curve(part, spikes[chosen]):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--suite2p-python", default=sys.executable)
    parser.add_argument("--classifier", default="general")
    args = parser.parse_args()
    for recording in args.recordings:
        run(recording, args.suite2p_python, args.classifier)
