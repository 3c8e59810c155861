"""Leaks from sources without a mask that are believed, before and after the proposals become cells.

    python benchmarks/missing_cells.py RECORDING ... [--classifier general]

A RECORDING is a folder as ``deepcinac simulate`` makes it (``known_recording.py``). All proposals of
``deepcinac missing`` become further cells, as if nobody had looked at them; scored are the cells that were
there before.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from known_recording import KnownRecording

from deepcinac.evaluation.metrics import Share
from deepcinac.evaluation.score import score
from deepcinac.inputs.missing_cells import ProposedCell, find_missing_cells
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.prediction import predict


@dataclass(frozen=True)
class Found:
    """F1, and the rejected leaks from cells with a mask and from other sources."""

    f1: float
    masked: Share
    unmasked: Share


def with_proposals(cells: Cells, found: list[ProposedCell]) -> Cells:
    """The cells and, behind them, the proposals."""
    pixels = [(cell.ypix, cell.xpix, cell.weight) for cell in cells.cells]
    pixels += [(one.ypix, one.xpix, one.weight) for one in found]
    valid = np.r_[cells.valid, np.ones(len(found), bool)]
    return make_cells(pixels, cells.height, cells.width, source=cells.source, valid=valid)


def scored(
    recording: KnownRecording, movie: Movie, cells: Cells, classifier: ClassifierFolder
) -> Found:
    """What the classifier says of the cells of which the truth is known."""
    known = np.arange(len(recording.truth.transients))
    rate, size = recording.frame_rate_hz, recording.pixel_size_um
    found = predict(movie, cells, rate, size, classifier, select=known)
    values = found["probability"].array
    scores = score(recording.truth, values, known, found.cut, np.random.default_rng(0))
    assert scores.crosstalk is not None
    f1 = scores.rules["paper"].pooled.f1 or 0.0
    return Found(f1, scores.crosstalk.from_cells, scores.crosstalk.from_elsewhere)


def measure(path: Path, classifier: ClassifierFolder) -> tuple[Found, Found]:
    """One recording before and with all proposals."""
    recording = KnownRecording.read(path)
    with open_movie(recording.movie) as movie:
        cells = recording.cells(movie.height, movie.width)
        proposals = find_missing_cells(
            movie, cells, recording.frame_rate_hz, recording.pixel_size_um
        )
        print(f"{path.name}: {len(cells)} cells, {len(proposals)} proposals", flush=True)
        more = with_proposals(cells, proposals)
        before, after = (scored(recording, movie, one, classifier) for one in (cells, more))
    return before, after


def in_words(some: list[Found]) -> str:
    """Mean F1, and all leaks together."""
    f1 = np.mean([one.f1 for one in some])
    return (
        f"F1 {f1:.3f}; leaks believed: {_believed([one.masked for one in some])} from cells, "
        f"{_believed([one.unmasked for one in some])} from sources without a mask"
    )


def _believed(rejected: list[Share]) -> str:
    of = sum(one.n for one in rejected)
    return f"{of - sum(one.n_part for one in rejected)} of {of}"


def main() -> None:
    """Measure and print, lines for each recording and for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    arguments = parser.parse_args()
    classifier = find_classifier(arguments.classifier)
    rows = []
    for path in arguments.recordings:
        rows.append(measure(path, classifier))
        for what, one in zip(("before", "with them"), rows[-1], strict=True):
            print(f"  {what:10} {in_words([one])}", flush=True)
    for what, some in zip(("before", "with them"), zip(*rows, strict=True), strict=True):
        print(f"all, {what}: {in_words(list(some))}")


if __name__ == "__main__":
    main()
