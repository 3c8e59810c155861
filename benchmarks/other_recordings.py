"""Scores of a classifier on movies at other frame rates, pixel sizes and noise than its own.

    python benchmarks/other_recordings.py [--classifier general] [--seeds 3] [--json FILE]

The same kind of field (preset ca1-pup) is simulated at 10 Hz and 2 um per pixel and then as other microscopes
would see it: the same light, spread over more frames or more pixels. In a second series the light itself is
dimmed or brightened. Each score is the mean over the seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from deepcinac.evaluation.crosstalk import CrosstalkEvents, score_crosstalk
from deepcinac.files import read_npz
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import SimulationSettings, preset_settings
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.score import transient_scores
from deepcinac.tasks.activity.sources import LabelledFolder

SECONDS, FIELD_UM = 150.0, 176.0
PHOTONS, VISIBILITY = (
    12.0,
    (3.0, 16.0),
)  # per pixel and frame, and of a strong transient, at 10 Hz and 2 um
VISIBLE_SD = (
    1.5 * 3**0.5
)  # of the noise of 0.1 s: what the simulator's 1.5 SD of a frame are at 30 Hz
MICROSCOPES = [
    (10.0, 2.0),
    (30.0, 2.0),
    (10.0, 1.0),
    (30.0, 1.0),
    (7.5, 2.5),
    (20.0, 1.5),
    (5.0, 2.0),
]
LIGHT = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)


def settings_of(rate_hz: float, pixel_um: float, light: float, seed: int) -> SimulationSettings:
    """The field seen by a microscope: the light of a second and of a square micrometre is the same."""
    per_frame, per_pixel = 10 / rate_hz, (pixel_um / 2) ** 2
    photons = PHOTONS * light * per_frame * per_pixel
    visibility = np.array(VISIBILITY) * np.sqrt(light * per_frame)
    side = round(FIELD_UM / pixel_um)
    return preset_settings(
        "ca1-pup",
        seed=seed,
        n_frames=round(SECONDS * rate_hz),
        height=side,
        width=side,
        n_cells=80,
        frame_rate_hz=rate_hz,
        pixel_size_um=pixel_um,
        photons=(photons, photons),
        visibility=(float(visibility[0]), float(visibility[1])),
        jitter_px=(0.0, 0.6 / pixel_um),
        blur_px=1.6 / pixel_um,
    )


def scores_of(settings: SimulationSettings, classifier: ClassifierFolder) -> dict[str, float]:
    """Simulate, predict and score one movie."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "movie"
        simulate(settings, folder)
        labelled = LabelledFolder(folder).read()
        truth = read_npz(
            folder / "truth.npz",
            ("trace", "crosstalk", "crosstalk_z", "transients", "transient_z"),
        )
        active, doubtful = labelled.active.copy(), labelled.doubtful.copy()
        faint = truth["transient_z"] < VISIBLE_SD * np.sqrt(10 / settings.frame_rate_hz)
        for cell, onset, peak in truth["transients"][faint][:, :3].tolist():
            active[cell, onset : peak + 1] = False
            doubtful[cell, onset : peak + 1] = True
        with open_movie(labelled.movie) as movie:
            found = predict(
                movie, labelled.cells, settings.frame_rate_hz, settings.pixel_size_um, classifier
            )
        found_scores = transient_scores(
            active,
            doubtful,
            found["probability"].array,
            truth["trace"],
            settings.frame_rate_hz,
        )
        events = CrosstalkEvents.from_table(truth["crosstalk"], truth["crosstalk_z"])
        crosstalk = score_crosstalk(
            events, found["probability"].array >= classifier.card.threshold
        ).strong
    share = crosstalk.value if crosstalk else None
    scores = {name: np.nan if value is None else value for name, value in found_scores.items()}
    scores["strong_crosstalk_rejected"] = float("nan") if share is None else share
    scores["warned"] = float(bool(found.warnings))
    return scores


def mean_scores(
    rate_hz: float, pixel_um: float, light: float, classifier: ClassifierFolder, n_seeds: int
) -> dict[str, float]:
    """Mean scores over the seeds."""
    every = [
        scores_of(settings_of(rate_hz, pixel_um, light, 5000 + seed), classifier)
        for seed in range(n_seeds)
    ]
    return {name: round(float(np.nanmean([one[name] for one in every])), 3) for name in every[0]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    classifier = find_classifier(arguments.classifier)
    results = {}
    conditions = [(*microscope, 1.0) for microscope in MICROSCOPES]
    conditions += [(10.0, 2.0, light) for light in LIGHT if light != 1]
    for rate_hz, pixel_um, light in conditions:
        name = f"{rate_hz:g} Hz, {pixel_um:g} um, light x {light:g}"
        results[name] = mean_scores(rate_hz, pixel_um, light, classifier, arguments.seeds)
        print(name, json.dumps(results[name]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
