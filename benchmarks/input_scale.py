"""At which brightness should inputs be divided? F1 at 0.5 for several limits, over many brightnesses.

    python benchmarks/input_scale.py [--classifier general] [--traces DIR] [--seeds 2] [--json FILE]

Each movie is simulated anew with a seed that no training used. "reach" is how far the median cell rises
above its noise (``input_scale``); a limit of 7 divides the inputs of a movie with reach 14 by 2.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.files import read_npz
from deepcinac.inputs.network_input import N_DEMIXED, open_input
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.activity.model import parts_of
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.score import transient_scores
from deepcinac.tasks.activity.sources import LabelledFolder

FIRST_SEED = 910_000
LIMITS: tuple[float | None, ...] = (None, 4.0, 5.0, 7.0, 10.0)
BRIGHTNESS = {
    "as in training": {"visibility": (3.0, 16.0), "photons": (8.0, 20.0)},
    "bright": {"visibility": (10.0, 40.0), "photons": (40.0, 120.0)},
    "very bright": {"visibility": (30.0, 100.0), "photons": (100.0, 250.0)},
    "mixed": {"visibility": (3.0, 60.0), "photons": (20.0, 80.0)},
}
FIELDS: dict[str, dict[str, Any]] = {
    "ca1-pup": {"preset": "ca1-pup", "n_cells": 50},
    "cortex": {"preset": "cortex"},
    "cortex, quiet": {"preset": "cortex", "event_rate_hz": (0.001, 0.02)},
    "crowded": {"preset": "crowded", "n_cells": 70, "height": 80, "width": 80},
}


def with_limit(classifier: ClassifierFolder, limit: float | None) -> ClassifierFolder:
    """The same classifier with another ``reach_limit_sd``."""
    form = {**classifier.card.input_form, "reach_limit_sd": limit}
    card = dataclasses.replace(classifier.card, input_form=form)
    return dataclasses.replace(classifier, card=card)


def scores_of(values: dict[str, Any], seed: int, classifier: ClassifierFolder) -> dict[str, Any]:
    """F1, precision and recall of one movie by limit, and its reach."""
    values = dict(values)
    settings = preset_settings(values.pop("preset"), seed=seed, n_frames=1200, **values)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "movie"
        simulate(settings, folder)
        labelled = LabelledFolder(folder).read()
        trace = read_npz(folder / "truth.npz", ("trace",))["trace"]
        found: dict[str, Any] = {}
        rate, size = settings.frame_rate_hz, settings.pixel_size_um
        form = parts_of(classifier.card).input_form
        with open_movie(labelled.movie) as movie:
            source = open_input(movie, labelled.cells, rate, size, form, n_scalars=N_DEMIXED)
            found["reach_sd"] = round(source.reach_sd or 0.0, 1)
            for limit in LIMITS:
                answer = predict(movie, labelled.cells, rate, size, with_limit(classifier, limit))
                scores = transient_scores(
                    labelled.active, labelled.doubtful, answer["probability"].array, trace, rate
                )
                found[str(limit)] = {
                    key: round(scores[key] or 0.0, 3) for key in ("f1", "precision", "recall")
                }
    return found


def main() -> None:
    """Measure and print one line a movie and a table of means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    classifier = find_classifier(arguments.classifier)
    results: dict[str, list[dict[str, Any]]] = {}
    for light, brightness in BRIGHTNESS.items():
        for number, (field, values) in enumerate(FIELDS.items()):
            for seed in range(arguments.seeds):
                one = scores_of(
                    {**values, **brightness}, FIRST_SEED + 10 * number + seed, classifier
                )
                results.setdefault(light, []).append(one)
                print(light, "|", field, json.dumps(one), flush=True)
        for limit in LIMITS:
            f1 = [one[str(limit)]["f1"] for one in results[light]]
            print(
                f"{light}: limit {limit}: mean F1 {np.nanmean(f1):.3f}, worst {np.nanmin(f1):.3f}"
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
