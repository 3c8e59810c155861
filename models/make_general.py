"""Train the shipped classifier ``general`` again, from seeds.

    python models/make_general.py OUT --traces FOLDER [--start-from CLASSIFIER]

``FOLDER`` holds recorded traces with simultaneous spikes: the ``.mat`` files of the public CASCADE
ground-truth collection (github.com/HelmchenLabSoftware/Cascade, folder Ground_truth), or ``.npz`` files of
the same content. Without it the corpus is simulated throughout. Simulates 100 movies like tissue to learn
from and 16, of other seeds and other neurons, to choose the epoch by; then trains twice: with the demixed
scalars, and from there, widened, with the evidence of light without a mask. Last, on the 16 and 40 movies
more, the calibration learns how to follow a recording. ``CLASSIFIER`` is what the
first training starts from; the shipped one came from the general of 21 November 2026. Takes some 6 GB of
disk below ``OUT`` and a few hours on two cores. Everything can be stopped and started again.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.cli.main import main as deepcinac
from deepcinac.inputs.network_input import N_ALL_SCALARS
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.run_folder import save_weights
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.settings import to_mapping
from deepcinac.tasks.activity.model import build_network, load_network, parts_of
from deepcinac.tasks.activity.score import (
    calibration_by_recording,
    decision_calibration,
    judge,
    predict_held,
    transient_scores,
)
from deepcinac.tasks.activity.sources import LabelledFolder, prepare_source

CORPUS_SEED, CALIBRATION_SEED = 11, 23
N_TRAINING, N_VALIDATION, N_CALIBRATION = 100, 16, 40
COMMON = ["--average", "0.998", "--keep-of-start", "0", "--name", "general"]
FIRST = [*COMMON, "--epochs", "14", "--windows-per-epoch", "9000", "--learning-rate", "0.0005"]
SECOND = [*COMMON, "--epochs", "4", "--windows-per-epoch", "12000", "--learning-rate", "0.0006"]


def simulated(
    out: Path, part: str, count: int, traces: Path | None, seed: int = CORPUS_SEED
) -> int:
    """Simulate one part of the corpus; movies that are there already stay."""
    neurons = "training" if part == "training" else "validation"
    command = ["simulate", "--preset", "tissue", "--out", str(out / part), "--corpus", str(count)]
    command += ["--seed", str(seed), "--recorded-part", neurons]
    if traces:
        command += ["--traces", str(traces)]
    return deepcinac(command)


def trained(out: Path, name: str, start: str, options: list[str]) -> int:
    """Train into ``out / name``; the same command goes on where it stopped."""
    movies = sorted((out / "training").glob("*/"))
    command = ["train", *map(str, movies), "--validation", str(out / "validation")]
    command += ["--start-from", start, "--out", str(out / name), *options]
    return deepcinac(command)


def padded(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """``old`` with zeros after its last entries, in the shape of ``new``."""
    return np.pad(old, [(0, b - a) for a, b in zip(old.shape, new.shape, strict=True)])


def widened(classifier: ClassifierFolder, n_scalars: int = N_ALL_SCALARS) -> tuple[Any, Any]:
    """The architecture with so many scalars, and its network with the classifier's weights.

    The scalars are the last of what any layer takes, so that zeros at the end leave the answers as they are.
    """
    architecture = dataclasses.replace(parts_of(classifier.card).architecture, n_scalars=n_scalars)
    old, new = load_network(classifier).whole, build_network(architecture, seed=0).whole
    weights = zip(old.get_weights(), new.get_weights(), strict=True)
    new.set_weights([padded(before, after) for before, after in weights])
    return architecture, new


def widen(classifier: str, out: Path) -> None:
    """Write the classifier into the new folder ``out`` with more scalars; it answers as before."""
    found = find_classifier(classifier)
    architecture, model = widened(found)
    out.mkdir(parents=True)
    save_weights(model, out / WEIGHTS_FILE)
    write_card(out, dataclasses.replace(found.card, architecture=to_mapping(architecture)))


def without_calibration(classifier: str, out: Path) -> None:
    """Write the classifier into the new folder ``out`` with its logits as they are.

    Epochs are judged with one offset for all recordings: against a start whose calibration follows the
    recording none of them would win.
    """
    found = find_classifier(classifier)
    out.mkdir(parents=True)
    save_weights(load_network(found).whole, out / WEIGHTS_FILE)
    write_card(out, dataclasses.replace(found.card, calibration=Calibration()))


def follow_recordings(classifier: Path, movies: list[Path]) -> None:
    """Fit to movies that trained nothing how the calibration follows a recording; write it into the card."""
    found = find_classifier(classifier)
    parts, network = parts_of(found.card), load_network(found)
    held, probabilities = [], []
    with tempfile.TemporaryDirectory() as work:
        for number, movie in enumerate(movies):
            example = prepare_source(
                LabelledFolder(movie),
                str(number),
                parts.input_form,
                parts.architecture.n_scalars,
                Path(work),
            )
            held.append(example)
            probabilities.append(predict_held(network, example))
    plain = dataclasses.replace(found.card.calibration, by_activity=0, by_reach=0, by_time_bin=0)
    if found.card.calibration != plain:
        plain = decision_calibration(held, probabilities, transient_scores)
    calibration = calibration_by_recording(held, probabilities, plain, transient_scores)
    judged = judge(held, probabilities, transient_scores, True, calibration)
    scores = {**found.card.scores, **judged.details, "score": judged.score}
    write_card(classifier, dataclasses.replace(found.card, calibration=calibration, scores=scores))


def main(out: Path, traces: Path | None, start: str) -> int:
    """Make both parts of the corpus, then train in two steps."""
    status = (
        simulated(out, "training", N_TRAINING, traces)
        or simulated(out, "validation", N_VALIDATION, traces)
        or simulated(out, "calibration", N_CALIBRATION, traces, CALIBRATION_SEED)
    )
    if status:
        return status
    beginning = out / "beginning"
    if not beginning.exists():
        without_calibration(start, beginning)
    status = trained(out, "general-first", str(beginning), FIRST)
    if status:
        return status
    wide = out / "general-widened"
    if not wide.exists():
        widen(str(out / "general-first"), wide)
    status = trained(out, "general", str(wide), SECOND)
    if not status:
        movies = [*(out / "validation").glob("*/"), *(out / "calibration").glob("*/")]
        follow_recordings(out / "general", sorted(movies))
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--traces", type=Path)
    parser.add_argument("--start-from", default="general", metavar="CLASSIFIER")
    arguments = parser.parse_args()
    sys.exit(main(arguments.out, arguments.traces, arguments.start_from))
