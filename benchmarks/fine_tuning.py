"""Does a little labelling help? Fine-tune on 1, 3 or 10 cells of a recording and score the others.

    python benchmarks/fine_tuning.py FOLDER... [--classifier general] [--out figure.png]

Each FOLDER is a recording with truth (as ``deepcinac simulate`` makes it) that the classifier never saw. The
cells to label are drawn at random among those with at least three transients; recordings with too few of them
are left out. The score is that of all cells that are never labelled, so that every point of a curve is
measured on the same cells.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from deepcinac.files import read_npz
from deepcinac.learning.run_folder import LOG_FILE
from deepcinac.learning.trainer import train
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.score import transient_scores
from deepcinac.tasks.activity.settings import FINE_TUNING
from deepcinac.tasks.activity.sources import LabelledFolder
from deepcinac.tasks.activity.task import ActivityTask

LABELLED = (1, 3, 10)
FEWEST_TRANSIENTS = 3
SETTINGS = dataclasses.replace(FINE_TUNING, name="tuned")


def scores_of(
    folder: LabelledFolder, classifier: ClassifierFolder, cells: np.ndarray
) -> dict[str, float | None]:
    """Scores of a classifier on some cells of a recording."""
    labelled = folder.read()
    trace = read_npz(folder.path / "truth.npz", ("trace",))["trace"]
    with open_movie(labelled.movie) as movie:
        found = predict(
            movie,
            labelled.cells,
            labelled.frame_rate_hz,
            labelled.pixel_size_um,
            classifier,
            select=cells,
        )
    return transient_scores(
        labelled.active[cells],
        labelled.doubtful[cells],
        found["probability"].array,
        trace[cells],
        labelled.frame_rate_hz,
    )


def scores_by_epoch(out: Path) -> list[float | None]:
    """What the start and each epoch scored on what was held out, from the log of a run."""
    lines = (out / LOG_FILE).read_text().splitlines()
    return [line["score"] for line in map(json.loads, lines) if "score" in line]


Points = list[dict[str, Any]]


def curve(path: Path, classifier: ClassifierFolder, seed: int, counts: Sequence[int]) -> Points:
    """Scores after learning from no and from some cells of one recording."""
    folder = LabelledFolder(path)
    active = folder.read().active
    onsets = (np.diff(active.astype(np.int8), axis=1, prepend=0) == 1).sum(1)
    lively = np.flatnonzero(onsets >= FEWEST_TRANSIENTS)
    if len(lively) < max(counts):
        print(
            f"{path}: left out, {len(lively)} cells with {FEWEST_TRANSIENTS} transients", flush=True
        )
        return []
    chosen = np.random.default_rng(seed).permutation(lively)[: max(counts)]
    rest = np.setdiff1d(np.arange(len(active)), chosen)
    points: Points = [{"labelled_cells": 0, "seconds": 0.0, **scores_of(folder, classifier, rest)}]
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            began = time.monotonic()
            few = LabelledFolder(path, judged=tuple(chosen[:count].tolist()))
            out = Path(name) / "tuned"
            card = train(ActivityTask([few], start_from=classifier), out, SETTINGS)
            seconds = time.monotonic() - began
            points.append(
                {
                    "labelled_cells": count,
                    "seconds": round(seconds, 1),
                    "kept_epoch": card.training["best_epoch"],
                    "held_out_scores": scores_by_epoch(out),
                    **scores_of(folder, find_classifier(out), rest),
                }
            )
        print(path.name, json.dumps(points[0]["f1"]), json.dumps(points[-1]), flush=True)
    return points


def draw(curves: dict[str, Points], path: Path) -> None:
    """F1 of the unlabelled cells against the number of labelled ones, a line per recording."""
    from deepcinac.evaluation.figure_style import new_figure, plain, save_figure
    from deepcinac.evaluation.palette import INK

    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    counts = [int(point["labelled_cells"] or 0) for point in next(iter(curves.values()))]
    places = np.arange(len(counts))
    lines = np.array([[point["f1"] for point in points] for points in curves.values()], float)
    axes.plot(places, lines.T, color="0.7", marker="o", markersize=4, linewidth=1)
    axes.plot(places, lines.mean(0), color=INK, marker="s", linewidth=2.5, label="mean")
    axes.set_xticks(places, [str(count) for count in counts])
    plain(axes, "Fine-tuning on a few cells", "labelled cells", "F1 of the other cells", grid="y")
    axes.legend(frameon=False)
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.14, top=0.9)
    save_figure(figure, path)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--cells", type=int, nargs="+", default=LABELLED, help="how many to label")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="figure")
    arguments = parser.parse_args()
    classifier = find_classifier(arguments.classifier)
    made = {
        str(p): curve(p, classifier, arguments.seed, arguments.cells) for p in arguments.folders
    }
    curves = {name: points for name, points in made.items() if points}
    print(json.dumps(curves, indent=1))
    if arguments.out:
        draw(curves, arguments.out)


if __name__ == "__main__":
    main()
