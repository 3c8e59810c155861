"""Train the shipped classifier ``general`` again, from seeds.

    python models/make_general.py OUT --traces FOLDER [--start-from CLASSIFIER] [--jobs N]

``FOLDER`` holds recorded traces with simultaneous spikes: the ``.mat`` files of the public CASCADE
ground-truth collection (github.com/HelmchenLabSoftware/Cascade, folder Ground_truth), or ``.npz`` files of
the same content. Without it the corpus is simulated throughout. Simulates 224 movies like tissue to learn
from and 16, of other seeds and other neurons, to choose the epoch by; trains; last, on the 16 and 40 movies
more, the calibration learns how to follow a recording. ``CLASSIFIER`` is what the training starts from; the
shipped one came from the general of 27 November 2026. Takes some 5 GB of disk below ``OUT``. On a GPU it is a
matter of minutes if ``--jobs`` lets several threads draw windows; on two cores it takes most of a day.
Everything can be stopped and started again.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

from deepcinac.cli.main import main as deepcinac
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.run_folder import save_weights
from deepcinac.learning.zoo import find_classifier
from deepcinac.tasks.activity.model import load_network, parts_of
from deepcinac.tasks.activity.score import (
    calibration_by_recording,
    decision_calibration,
    judge,
    predict_held,
    transient_scores,
)
from deepcinac.tasks.activity.sources import LabelledFolder, prepare_sources

TRAINING_SEED, VALIDATION_SEED, CALIBRATION_SEED = 31, 11, 23
N_TRAINING, N_VALIDATION, N_CALIBRATION = 224, 16, 40
TRAINING = [
    *("--epochs", "8"),
    *("--windows-per-epoch", "90000"),
    *("--batch-windows", "256"),
    *("--learning-rate", "0.0014"),
    *("--average", "0.998"),
    *("--keep-of-start", "0"),
    *("--name", "general"),
]


def simulated(
    out: Path, part: str, count: int, seed: int, traces: Path | None, jobs: int
) -> list[Path]:
    """Simulate one part of the corpus; movies that are there already stay."""
    neurons = "training" if part == "training" else "validation"
    command = ["simulate", "--preset", "tissue", "--out", str(out / part), "--corpus", str(count)]
    command += ["--seed", str(seed), "--recorded-part", neurons, "--jobs", str(jobs)]
    if traces:
        command += ["--traces", str(traces)]
    if status := deepcinac(command):
        sys.exit(status)
    return sorted((out / part).glob("*/"))


def without_calibration(classifier: str, out: Path) -> None:
    """Write the classifier into the new folder ``out`` with its logits as they are.

    Epochs are judged with one offset for all recordings: against a start whose calibration follows the
    recording none of them would win.
    """
    found = find_classifier(classifier)
    out.mkdir(parents=True)
    save_weights(load_network(found).whole, out / WEIGHTS_FILE)
    write_card(out, dataclasses.replace(found.card, calibration=Calibration()))


def follow_recordings(classifier: Path, movies: list[Path], jobs: int = 1) -> None:
    """Fit to movies that trained nothing how the calibration follows a recording; write it into the card."""
    found = find_classifier(classifier)
    parts, network = parts_of(found.card), load_network(found)
    sources = [LabelledFolder(movie) for movie in movies]
    n_scalars = parts.architecture.n_scalars
    with tempfile.TemporaryDirectory() as work:
        held = prepare_sources(sources, parts.input_form, n_scalars, Path(work), jobs)
        probabilities = [predict_held(network, one, parts.prediction) for one in held]
    plain = decision_calibration(held, probabilities, transient_scores)
    calibration = calibration_by_recording(held, probabilities, plain, transient_scores)
    judged = judge(held, probabilities, transient_scores, True, calibration)
    scores = {**found.card.scores, **judged.details, "score": judged.score}
    write_card(classifier, dataclasses.replace(found.card, calibration=calibration, scores=scores))


def main(out: Path, traces: Path | None, start: str, jobs: int) -> int:
    """Make the corpus, train, and fit the calibration."""
    movies = simulated(out, "training", N_TRAINING, TRAINING_SEED, traces, jobs)
    validation = simulated(out, "validation", N_VALIDATION, VALIDATION_SEED, traces, jobs)
    calibration = simulated(out, "calibration", N_CALIBRATION, CALIBRATION_SEED, traces, jobs)
    beginning = out / "beginning"
    if not beginning.exists():
        without_calibration(start, beginning)
    command = ["train", *map(str, movies), "--validation", *map(str, validation)]
    command += ["--start-from", str(beginning), "--out", str(out / "general"), *TRAINING]
    status = deepcinac([*command, "--jobs", str(jobs)])
    if not status:
        follow_recordings(out / "general", [*validation, *calibration], jobs)
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--traces", type=Path)
    parser.add_argument("--start-from", default="general", metavar="CLASSIFIER")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    sys.exit(main(arguments.out, arguments.traces, arguments.start_from, arguments.jobs))
