"""The accuracy/time front of the compact network: the same short training for several sizes.

    python benchmarks/front.py OUT --training FOLDER --validation FOLDER [--windows 24000] [--only NAME ...]

Every variant learns from the same windows in the same order, is calibrated and scored on whole recordings
that trained nothing, and is timed end to end on a movie of noise (40 cells of 200 x 200 px; reading,
normalising, demixing and cropping included). ``OUT/front.json`` is extended after each variant, and
``OUT/front.png`` drawn from all of it. Short trainings rank sizes; they do not reach the shipped scores.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from speed import FRAMES_OF_A_CELL, cpu_seconds, noise_movie, scattered_cells

from deepcinac.evaluation.crosstalk import CrosstalkEvents, score_crosstalk
from deepcinac.files import read_npz
from deepcinac.learning.calibration import calibrated
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.run_folder import open_run
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import Run
from deepcinac.learning.zoo import find_classifier
from deepcinac.progress import ProgressEvent
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.model import COMPACT, Architecture, Network, activity_card, network_of
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.score import (
    decision_calibration,
    held_scores,
    predict_held,
    transient_scores,
)
from deepcinac.tasks.activity.sources import find_labelled_folders
from deepcinac.tasks.activity.targets import Example
from deepcinac.tasks.activity.task import ActivityMaterial, ActivityTask


def variants() -> dict[str, Architecture]:
    """What is tried: one thing changed at a time from the base, then what these suggest together."""
    change = dataclasses.replace
    conv = change(COMPACT, filters=(8, 16, 32), kernels=(5, 3, 3), strides=(2, 2, 2))
    patches = change(COMPACT, filters=(16, 32), kernels=(5, 3), strides=(5, 2))
    return {
        "patches 16-32": patches,
        "patches 32-64, GRU 96": change(
            patches, filters=(32, 64), frame_features=64, temporal_filters=96, recurrent_units=96
        ),
        "conv 8-16-32": conv,
        "patches 16-32, GRU 128": change(patches, temporal_filters=96, recurrent_units=128),
        "patches 8-16, GRU 32": change(
            patches, filters=(8, 16), frame_features=16, temporal_filters=32, recurrent_units=32
        ),
        "pooled 8-16": change(COMPACT, pool=2, filters=(8, 16), kernels=(3, 3), strides=(2, 2)),
        "patches 16-32, LSTM 64": change(patches, recurrent="lstm"),
        "conv 16-32-64, GRU 96": change(
            conv, filters=(16, 32, 64), frame_features=64, temporal_filters=96, recurrent_units=96
        ),
    }


def strong_crosstalk_rejected(
    held: list[Example], probabilities: list[np.ndarray], folders: list[Path], threshold: float
) -> float:
    """Share of strong rises from elsewhere that are rejected, pooled over the recordings."""
    n_rejected = total = 0
    for one, probability, folder in zip(held, probabilities, folders, strict=True):
        strength = read_npz(folder / "truth.npz", ("crosstalk_z",))["crosstalk_z"]
        events = CrosstalkEvents.from_table(one.targets.crosstalk, strength)
        share = score_crosstalk(events, probability >= threshold).strong
        if share is not None:
            n_rejected, total = n_rejected + share.n_part, total + share.n
    return n_rejected / max(total, 1)


def end_to_end_seconds(network: Network, folder: Path) -> float:
    """CPU seconds per cell of 12,500 frames; the difference of a longer and a shorter run."""
    classifier = folder / f"timed-{time.monotonic_ns()}"
    classifier.mkdir()
    network.whole.save_weights(classifier / WEIGHTS_FILE)
    write_card(classifier, activity_card("timed", network.architecture))
    cells, seconds = scattered_cells(40), {}
    for frames in (400, 400, 2400):  # the first run pays for tracing
        path = folder / f"{frames}.npy"
        if not path.exists():
            noise_movie(path, frames)
        with open_movie(path) as movie:
            seconds[frames] = cpu_seconds(
                partial(predict, movie, cells, 10.0, 2.0, find_classifier(classifier))
            )
    return (seconds[2400] - seconds[400]) / 2000 * FRAMES_OF_A_CELL / len(cells)


def try_variant(
    task: ActivityTask, material: ActivityMaterial, folders: list[Path], windows: int, work: Path
) -> dict[str, float]:
    """Train, score and time one architecture."""
    settings = TrainingSettings(epochs=2, windows_per_epoch=windows // 2, average=0.99)
    folder = open_run(work / f"run-{time.monotonic_ns()}", {"task": task.name})
    run = Run(task, settings, material, folder, print_epochs)
    run.fit()
    with run.averaged():
        network = network_of(run.model, task.architecture)
        raw = [predict_held(network, one) for one in material.held]
        seconds = end_to_end_seconds(network, work)
    calibration = decision_calibration(material.held, raw, transient_scores)
    answers = [calibrated(values, calibration) for values in raw]
    return {
        "parameters": int(run.model.count_params()),
        "cpu_s_per_cell": round(seconds, 3),
        **held_scores(material.held, raw, calibration, transient_scores),
        "strong_crosstalk_rejected": round(
            strong_crosstalk_rejected(material.held, answers, folders, 0.5), 4
        ),
        "minutes": round(folder.state["seconds"] / 60, 1),
    }


def print_epochs(event: ProgressEvent) -> None:
    """One line per epoch."""
    if event.stage == "validated":
        print(f"  epoch {event.done}: {event.values}", flush=True)


def draw(results: dict[str, dict[str, float]], path: Path) -> None:
    """F1 and rejected cross-talk against CPU seconds per cell."""
    from deepcinac.evaluation.figure_style import new_figure, plain, save_figure

    figure = new_figure(10, 4.2)
    labels = {"f1": "F1 of transients", "strong_crosstalk_rejected": "strong cross-talk rejected"}
    for number, (key, label) in enumerate(labels.items()):
        axes = figure.add_subplot(1, 2, number + 1)
        plain(axes, label, "CPU seconds per cell of 12,500 frames", grid="y")
        ordered = sorted(results.items(), key=lambda item: item[1]["cpu_s_per_cell"])
        for place, (name, values) in enumerate(ordered):
            below = place % 2  # neighbours in time often have nearly the same score
            axes.plot(values["cpu_s_per_cell"], values[key], "o", color="#0072B2")
            axes.annotate(
                name,
                (values["cpu_s_per_cell"], values[key]),
                xytext=(0, -13 if below else 7),
                ha="center",
                textcoords="offset points",
                fontsize=7,
            )
        axes.margins(x=0.2, y=0.15)
    figure.tight_layout()
    save_figure(figure, path)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--training", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=24000)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    record = arguments.out / "front.json"
    results = json.loads(record.read_text()) if record.exists() else {}
    validation = find_labelled_folders([arguments.validation])
    with tempfile.TemporaryDirectory(dir=arguments.out) as name:
        work = Path(name)
        task = ActivityTask(find_labelled_folders([arguments.training]), validation)
        material = task.prepare(work / "prepared", TrainingSettings())
        for label, architecture in variants().items():
            if label in results or (arguments.only and label not in arguments.only):
                continue
            print(label, flush=True)
            results[label] = try_variant(
                dataclasses.replace(task, sizes=architecture),
                material,
                [one.path for one in validation],
                arguments.windows,
                work,
            )
            print(f"  {results[label]}", flush=True)
            record.write_text(json.dumps(results, indent=1) + "\n")
    draw(results, arguments.out / "front.png")


if __name__ == "__main__":
    main()
