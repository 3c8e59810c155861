"""Train the shipped classifier ``general`` again, from seeds.

    python models/make_general.py OUT --traces FOLDER [--suite2p-python PYTHON] [--start-from CLASSIFIER]
        [--jobs N]

``FOLDER`` holds recorded traces with simultaneous spikes: the ``.mat`` files of the public CASCADE
ground-truth collection (github.com/HelmchenLabSoftware/Cascade, folder Ground_truth), or ``.npz`` files of
the same content. Without it the corpus is simulated throughout. ``PYTHON`` is an interpreter that has
suite2p 1.1, which then finds cells in a quarter of the movies; without it all masks are simulated.

Simulates 224 movies like tissue and 64 fields in good order to learn from and 32, of other seeds and other
neurons, to choose the epoch by; trains; last, on these and 40 movies more, the calibration learns how to
follow a recording. ``CLASSIFIER`` is what the training starts from; the shipped one came from the general
before it (its card says which). Takes some 10 GB of disk below ``OUT``. On a GPU it is a matter of minutes if
``--jobs`` lets several threads draw windows; on two cores it takes hours. Everything can be stopped and
started again.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deepcinac.cli.main import main as deepcinac
from deepcinac.errors import InputError
from deepcinac.files import read_json
from deepcinac.formats.suite2p_detection import CELLS_IN_MOVIE, detect, folder_of
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.run_folder import save_weights
from deepcinac.learning.zoo import find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.corpus import CLASSIC, TISSUE
from deepcinac.simulation.found_cells import with_found_cells
from deepcinac.tasks.activity.model import load_network, parts_of
from deepcinac.tasks.activity.score import (
    calibration_by_recording,
    decision_calibration,
    judge,
    predict_held,
    transient_scores,
)
from deepcinac.tasks.activity.sources import LabelledFolder, prepare_sources

TRAINING = [
    *("--epochs", "6"),
    *("--windows-per-epoch", "50000"),
    *("--batch-windows", "128"),
    *("--learning-rate", "0.0008"),
    *("--average", "0.998"),
    *("--keep-of-start", "0"),
    *("--patience", "6"),
    *("--name", "general"),
]
FOUND_KIND = "masks of suite2p"
EVERY = 4  # of the movies like tissue one in so many also trains with the cells that suite2p finds


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of the corpus: its folder below ``OUT``, what it is drawn from, and of which neurons."""

    name: str
    preset: str
    count: int
    seed: int
    neurons: str


TRAINING_PARTS = (
    Part("training", TISSUE, 224, 31, "training"),
    Part("training-fields", CLASSIC, 64, 37, "training"),
)
VALIDATION_PARTS = (
    Part("validation", TISSUE, 16, 11, "validation"),
    Part("validation-fields", CLASSIC, 16, 13, "validation"),
)
CALIBRATION_PART = Part("calibration", TISSUE, 40, 23, "validation")


def simulated(out: Path, part: Part, traces: Path | None, jobs: int) -> list[Path]:
    """Simulate one part of the corpus; movies that are there already stay."""
    command = ["simulate", "--preset", part.preset, "--out", str(out / part.name)]
    command += ["--corpus", str(part.count), "--seed", str(part.seed), "--jobs", str(jobs)]
    command += ["--recorded-part", part.neurons]
    if traces:
        command += ["--traces", str(traces)]
    if status := deepcinac(command):
        sys.exit(status)
    return sorted((out / part.name).glob("*/"))


def with_cells_of_suite2p(movies: list[Path], out: Path, python: str, jobs: int) -> list[Path]:
    """The same movies with the cells that suite2p finds; movies in which it finds none are left out."""
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        made = pool.map(lambda movie: _with_cells_of_suite2p(movie, out, python), movies)
        return [folder for folder in made if folder]


def _with_cells_of_suite2p(movie: Path, out: Path, python: str) -> Path | None:
    target, none = out / movie.name, out / f"{movie.name}.none"
    if target.exists() or none.exists():
        return target if target.exists() else None
    meta, session = read_json(movie / "meta.json"), out / f"{movie.name}.deepcinac"
    unfinished = out / f"{movie.name}.part"
    for leftover in (unfinished, folder_of(session)):
        shutil.rmtree(leftover, ignore_errors=True)
    session.unlink(missing_ok=True)
    try:
        # The movies are registered already; what is left of motion belongs to them.
        settings = {"run": {"do_registration": 0}}
        with open_movie(str(movie / "movie.tif"), axes_known=True) as opened:
            rate, size = meta["frame_rate_hz"], meta["pixel_size_um"]
            made, _ = detect(opened, session, rate, size, settings=settings, python=python)
        with made:
            cells = made.cells()
    except InputError as error:
        if error.expected != CELLS_IN_MOVIE:
            raise
        print(f"{movie}: no cells of suite2p ({error})", flush=True)
        none.touch()
        return None
    with_found_cells(movie, cells, FOUND_KIND, unfinished)
    unfinished.rename(target)
    session.unlink()
    shutil.rmtree(folder_of(session))
    return target


def without_calibration(classifier: str, out: Path) -> None:
    """Write the classifier into the new folder ``out`` with its logits as they are.

    Epochs are judged with one offset for all recordings: against a start whose calibration follows the
    recording none of them would win.
    """
    found = find_classifier(classifier)
    out.mkdir(parents=True)
    save_weights(load_network(found).whole, out / WEIGHTS_FILE)
    write_card(out, dataclasses.replace(found.card, calibration=Calibration()))


def in_words(parts: tuple[Part, ...], n_found: int) -> str:
    """What parts of the corpus hold."""
    said = [
        f"{part.count} simulated movies (preset {part.preset}, corpus seed {part.seed}, neurons for "
        f"{part.neurons})"
        for part in parts
    ]
    if n_found:
        said.append(f"{n_found} of the first with the cells that suite2p found in them")
    return ", ".join(said)


def describe(
    classifier: Path, start: str, n_found: int, n_held_found: int, with_traces: bool
) -> None:
    """Say in the card what it learned from, and what the classifier that it started from says of its use."""
    card, before = find_classifier(classifier).card, find_classifier(start).card
    facts = {
        "started_from": f"{before.name} of {before.made_on}",
        "started_from_sha256": before.weights_sha256,
        "corpus": in_words(TRAINING_PARTS, n_found),
        "validation_corpus": in_words(VALIDATION_PARTS, n_held_found),
        "calibration_corpus": "the validation corpus and " + in_words((CALIBRATION_PART,), 0),
        "again": "python models/make_general.py OUT --traces FOLDER --suite2p-python PYTHON --jobs N",
    }
    if with_traces:
        facts["recorded_traces"] = before.training.get("recorded_traces", "")
    told = dataclasses.replace(
        card,
        description=before.description,
        limits=before.limits,
        training={**card.training, **facts},
    )
    write_card(classifier, told)


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


def main(out: Path, traces: Path | None, python: str | None, start: str, jobs: int) -> int:
    """Make the corpus, train, and fit the calibration."""
    tissue, fields = (simulated(out, part, traces, jobs) for part in TRAINING_PARTS)
    held, held_fields = (simulated(out, part, traces, jobs) for part in VALIDATION_PARTS)
    more = simulated(out, CALIBRATION_PART, traces, jobs)
    found: list[list[Path]] = [[], [], []]
    if python:
        wanted = (tissue[::EVERY], held, more[: len(held)])
        names = ("training", "validation", "calibration")
        found = [
            with_cells_of_suite2p(some, out / f"{name}-found", python, jobs)
            for some, name in zip(wanted, names, strict=True)
        ]
    movies, validation = [*tissue, *fields, *found[0]], [*held, *held_fields, *found[1]]
    calibration = [*more, *found[2]]
    beginning = out / "beginning"
    if not beginning.exists():
        without_calibration(start, beginning)
    command = ["train", *map(str, movies), "--validation", *map(str, validation)]
    command += ["--start-from", str(beginning), "--out", str(out / "general"), *TRAINING]
    status = deepcinac([*command, "--jobs", str(jobs)])
    if not status:
        n_found, n_held_found, _ = map(len, found)
        describe(out / "general", start, n_found, n_held_found, traces is not None)
        follow_recordings(out / "general", [*validation, *calibration], jobs)
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--traces", type=Path)
    parser.add_argument("--suite2p-python", metavar="PYTHON")
    parser.add_argument("--start-from", default="general", metavar="CLASSIFIER")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    sys.exit(
        main(
            arguments.out,
            arguments.traces,
            arguments.suite2p_python,
            arguments.start_from,
            arguments.jobs,
        )
    )
