"""The classifier beside SEUDO, which judges each rise of a trace by the picture that it makes.

    python benchmarks/judging_rises.py SEUDO_PYTHON RECORDING ... [--classifier general]

``SEUDO_PYTHON`` is an interpreter that has ``seudo`` (0.0.1, ``pip install seudo``). A RECORDING is a
folder as ``deepcinac simulate`` makes it (``known_recording.py``). SEUDO itself finds no rises shorter than
six frames: it is given all rises of the traces of at least 2 SD. It accepts those whose picture correlates
with the mask by .4 (its default); the threshold that would be best for each recording is reported too,
which favours it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from known_recording import KnownRecording

from deepcinac.evaluation.score import score
from deepcinac.evaluation.truth import Truth
from deepcinac.learning.zoo import find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.traces import noise_sd, putative_transients_of_all, smooth
from deepcinac.tasks.activity.prediction import predict

LEAST_RISE_SD = 2.0
CORRELATION = 0.4
CORRELATIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def rises_of(traces: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """Rises (k, 3) cell, onset, peak of traces (n_cells, n_frames), at least 2 SD of the noise high."""
    smoothed = smooth(traces, frame_rate_hz)
    found = putative_transients_of_all(smoothed)
    heights = smoothed[found[:, 0], found[:, 2]] - smoothed[found[:, 0], found[:, 1]]
    return found[heights >= LEAST_RISE_SD * noise_sd(traces)[found[:, 0]]]


def by_seudo(
    frames: np.ndarray, masks: np.ndarray, rises: np.ndarray, traces: np.ndarray, python: str
) -> np.ndarray:
    """SEUDO's numbers for the rises: rows of cell, onset, peak, correlation, ratio of residuals."""
    rising = np.zeros((len(frames), len(masks)), bool)
    for cell, onset, peak in rises.tolist():
        rising[onset : peak + 1, cell] = True
    with tempfile.TemporaryDirectory() as place:
        given, out = Path(place) / "given.npz", Path(place) / "out.npz"
        rest = np.median(frames[:: max(1, len(frames) // 500)], axis=0)
        centred = traces - np.median(traces, axis=1, keepdims=True)
        np.savez(
            given,
            movie=frames.astype(np.float32) - rest.astype(np.float32),
            profiles=np.moveaxis(masks, 0, 2),
            traces=centred.T,
            rising=rising,
        )
        script = Path(__file__).with_name("judging_rises_seudo.py")
        subprocess.run([python, str(script), str(given), str(out)], check=True)
        with np.load(out) as held:
            return np.asarray(held["rises"])


def activity_of(rises: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The frames of some rises as activity, (n_cells, n_frames)."""
    active = np.zeros(shape, np.float32)
    for cell, onset, peak in rises[:, :3].astype(int).tolist():
        active[cell, onset : peak + 1] = 1
    return active


def line(truth: Truth, values: np.ndarray, threshold: float) -> tuple[float, str]:
    """F1, and a line with recall, precision, F1 and the strong leaks that are rejected."""
    scores = score(truth, values, np.arange(len(values)), threshold, np.random.default_rng(0))
    pooled = scores.rules["paper"].pooled
    leaks = scores.crosstalk.strong if scores.crosstalk else None
    f1 = pooled.f1 or 0.0
    return f1, (
        f"recall {pooled.recall or 0:.3f}  precision {pooled.precision or 0:.3f}  F1 {f1:.3f}  "
        f"strong leaks rejected: {leaks.n_part if leaks else 0} of {leaks.n if leaks else 0}"
    )


def run(folder: Path, python: str, classifier: str) -> None:
    """One recording: a line for the classifier, for SEUDO, and for SEUDO at its best threshold."""
    recording = KnownRecording.read(folder)
    truth, rate, size = recording.truth, recording.frame_rate_hz, recording.pixel_size_um
    with open_movie(recording.movie) as movie:
        cells = recording.cells(movie.height, movie.width)
        results = predict(movie, cells, rate, size, find_classifier(classifier))
        frames = movie.frames(0, movie.n_frames)
    masks = cells.masks().astype(np.float32)
    flat = masks.reshape(len(masks), -1)
    traces = (flat / flat.sum(1, keepdims=True)) @ frames.reshape(len(frames), -1).T
    judged = by_seudo(frames, masks, rises_of(traces, rate), traces, python)
    print(f"{folder.name}: {len(cells)} cells, {len(judged)} rises")
    print(f"  {classifier:16}", line(truth, results["probability"].array, results.cut)[1])
    by_cut = {
        cut: line(truth, activity_of(judged[judged[:, 3] >= cut], traces.shape), 0.5)
        for cut in CORRELATIONS
    }
    best = max(by_cut, key=lambda cut: by_cut[cut][0])
    for cut, what in ((CORRELATION, "SEUDO"), (best, f"SEUDO at {best}")):
        print(f"  {what:16}", by_cut[cut][1], flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seudo_python")
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    args = parser.parse_args()
    for recording in args.recordings:
        run(recording, args.seudo_python, args.classifier)
