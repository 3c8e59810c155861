"""Does a classifier learn from the answers of a review? Fine-tune on few answers and score other cells.

    python benchmarks/review_learning.py FOLDER... [--share 0.05] [--json OUT]

Each FOLDER is a recording with truth (as ``deepcinac simulate`` makes it) that the classifier never saw.
Three fifths of its cells may be asked about, the others are scored. Compared are: the classifier as it is;
fine-tuning on what it is sure of in the asked cells without any answer; on 5 % of the transients answered in
the order of the queue, and in random order of the same proposals; and on all frames of all these cells.
Predictions are kept as ``probability.npy`` in each folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from review_queue import predicted

from deepcinac.files import read_npz
from deepcinac.labelling.review import ReviewItem, ReviewSettings, review_queue
from deepcinac.labelling.transients import overlapping, runs
from deepcinac.learning.trainer import train
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.corrected import with_what_is_sure
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.score import transient_scores
from deepcinac.tasks.activity.settings import FINE_TUNING
from deepcinac.tasks.activity.sources import LabelledFolder, Source
from deepcinac.tasks.activity.targets import CORRECTIONS, LabelledRecording
from deepcinac.tasks.activity.task import ActivityTask

ASKED_CELLS = 0.6
SETTINGS = dataclasses.replace(FINE_TUNING, name="corrected")


@dataclass(frozen=True, eq=False)
class Answers:
    """The truth of a recording where it was asked about, and what the classifier is sure of around it.

    ``judged`` (n_cells, n_frames) bool; ``cells`` (n,) those that train.
    """

    path: Path
    judged: np.ndarray
    cells: np.ndarray
    probability: np.ndarray | None

    def read(self) -> LabelledRecording:
        """What may be learned; the movie is only named."""
        labels = LabelledFolder(self.path).read()
        judged = self.judged & (~labels.doubtful | labels.active)
        active, known = labels.active & judged, judged
        if self.probability is not None:
            active, known = with_what_is_sure(active, judged, self.probability)
        return dataclasses.replace(
            labels, active=active, doubtful=~known, judged=self.cells, spikes=None, kind=CORRECTIONS,
            crosstalk=np.zeros((0, 4), int),
        )  # fmt: skip


def scores(path: Path, classifier: ClassifierFolder, cells: np.ndarray) -> dict[str, float | None]:
    """Scores of a classifier on some cells."""
    labels = LabelledFolder(path).read()
    trace = read_npz(path / "truth.npz", ("trace",))["trace"]
    with open_movie(labels.movie) as movie:
        rate, size = labels.frame_rate_hz, labels.pixel_size_um
        found = predict(movie, labels.cells, rate, size, classifier, select=cells)
    rows = found["probability"].array
    return transient_scores(labels.active[cells], labels.doubtful[cells], rows, trace[cells], rate)


def learned(
    source: Source,
    start: ClassifierFolder,
    score: Callable[[ClassifierFolder], dict[str, float | None]],
) -> dict[str, float | None]:
    """Scores after fine-tuning on one source."""
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        train(ActivityTask([source], start_from=start), Path(name) / "tuned", SETTINGS)
        seconds = round(time.monotonic() - began)
        return {**score(find_classifier(Path(name) / "tuned")), "seconds": seconds}


def answered(active: np.ndarray, items: list[ReviewItem]) -> np.ndarray:
    """Which frames an expert judges who answers these items: theirs, and the whole transients in them."""
    judged = np.zeros_like(active)
    for item in items:
        judged[item.cell, item.first : item.last + 1] = True
        real = runs(active[item.cell])
        for first, last in real[overlapping(real, item.first, item.last)].tolist():
            judged[item.cell, first : last + 1] = True
    return judged


def compared(
    path: Path, start: ClassifierFolder, share: float, seed: int
) -> dict[str, dict[str, float | None]]:
    """Scores of every way to learn from one recording."""
    labels = LabelledFolder(path).read()
    kept = path / "probability.npy"
    if not kept.is_file():
        np.save(kept, predicted(path, start.card.name))
    probability = np.load(kept, allow_pickle=False)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(probability))
    n_asked = round(ASKED_CELLS * len(order))
    asked, rest = np.sort(order[:n_asked]), np.sort(order[n_asked:])
    queue = review_queue(
        [], {int(cell): probability[cell] for cell in asked}, labels.frame_rate_hz,
        ReviewSettings(at_most=0, control_share=0), neighbours=labels.cells.overlaps.neighbours,
    )  # fmt: skip
    n_answers = round(share * sum(len(runs(labels.active[cell])) for cell in asked))
    mixed = [queue[place] for place in generator.permutation(len(queue))]

    def source(items: list[ReviewItem], is_told: bool = True) -> Answers:
        judged = answered(labels.active, items)
        cells = np.flatnonzero(judged.any(1))
        return Answers(path, judged if is_told else np.zeros_like(judged), cells, probability)

    everything = np.zeros_like(labels.active)
    everything[asked] = True
    sources: dict[str, Source] = {
        "no answer": source(queue[:n_answers], is_told=False),
        "queue": source(queue[:n_answers]),
        "random": source(mixed[:n_answers]),
        "everything": Answers(path, everything, asked, None),
    }
    found = {"as it is": scores(path, start, rest)}
    for name, one in sources.items():
        found[name] = learned(one, start, lambda tuned: scores(path, tuned, rest))
        print(path.name, n_answers, name, json.dumps(found[name]), flush=True)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--share", type=float, default=0.05, help="answers per real transient")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    start = find_classifier(arguments.classifier)
    results = {
        path.name: compared(path, start, arguments.share, arguments.seed)
        for path in arguments.folders
    }
    for name in next(iter(results.values())):
        values = [float(one[name]["f1"] or 0) for one in results.values()]
        print(f"{name}: F1 {np.mean(values):.3f}, " + " ".join(f"{value:.3f}" for value in values))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
