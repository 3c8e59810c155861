"""When to trust a classifier: calibration, F1 by kind, what is found, what is believed and why.

    python benchmarks/reliability.py FOLDER... [--classifier general] [--out figure.png] [--json FILE]

Each FOLDER is a recording with truth (as ``deepcinac simulate`` makes it) that the classifier never saw, or
holds such folders. Everything is pooled over the recordings but F1: its mean over those of a kind, at the
common threshold and at the one that would be best for the kind.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from deepcinac.evaluation.frame_metrics import reliability_curve
from deepcinac.files import read_npz
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.score import transient_scores
from deepcinac.tasks.activity.sources import (
    LabelledFolder,
    LabelledRecording,
    find_labelled_folders,
)

VISIBILITY_EDGES_SD = (1.5, 3, 4, 6, 10, np.inf)
LEAK_EDGES_SD = (2.5, 5, np.inf)
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
TRUTH = (
    *("trace", "transients", "transient_z", "transient_context", "crosstalk", "crosstalk_z"),
    *("false_rises", "false_rise_cause"),
)


def events_of(folder: LabelledFolder, classifier: ClassifierFolder) -> dict[str, np.ndarray]:
    """Probability and truth of the frames that count, and the highest probability in every event."""
    labelled = folder.read()
    truth = read_npz(folder.path / "truth.npz", TRUTH)
    with open_movie(labelled.movie) as movie:
        found = predict(
            movie, labelled.cells, labelled.frame_rate_hz, labelled.pixel_size_um, classifier
        )
    probability = found["probability"].array
    judged = ~labelled.doubtful

    def highest(cells: np.ndarray, onsets: np.ndarray, peaks: np.ndarray) -> np.ndarray:
        spans = zip(cells.tolist(), onsets.tolist(), peaks.tolist(), strict=True)
        return np.array([probability[c, first : last + 1].max() for c, first, last in spans])

    transients, leaks, false = truth["transients"], truth["crosstalk"], truth["false_rises"]
    is_silent = ~(labelled.active | labelled.doubtful).any(1)
    runs = np.diff((probability >= classifier.card.threshold).astype(np.int8), axis=1, prepend=0)
    minutes = is_silent.sum() * labelled.active.shape[1] / labelled.frame_rate_hz / 60
    return {
        "probability": probability[judged],
        "active": labelled.active[judged],
        "transient": highest(*transients[:, :3].T),
        "transient_z": truth["transient_z"],
        "leak": highest(leaks[:, 0], leaks[:, 2], leaks[:, 3]),
        "leak_z": truth["crosstalk_z"],
        "leak_source": leaks[:, 1],
        "context": truth["transient_context"],
        "false": highest(*false[:, :3].T),
        "false_cause": truth["false_rise_cause"],
        "in_silent_cells": np.array([[(runs[is_silent] == 1).sum(), minutes]]),
        "kind": np.array([labelled.kind]),
        "f1": np.array([f1_by_threshold(labelled, probability, truth["trace"])]),
    }


def f1_by_threshold(
    labelled: LabelledRecording, probability: np.ndarray, trace: np.ndarray
) -> list[float]:
    """F1 of transients at each of the thresholds; NaN where nothing real is in the recording."""
    found = []
    for threshold in THRESHOLDS:
        as_if = np.where(probability >= threshold, 1.0, 0.0)
        scores = transient_scores(
            labelled.active, labelled.doubtful, as_if, trace, labelled.frame_rate_hz
        )
        found.append(np.nan if scores["f1"] is None else scores["f1"])
    return found


def by_kind(kinds: np.ndarray, f1: np.ndarray, common: float) -> dict[str, dict[str, float]]:
    """Mean F1 of the recordings of each kind at the common threshold, and at the kind's own best one."""
    rows = {}
    for kind in np.unique(kinds):
        means = np.nanmean(f1[kinds == kind], axis=0)
        best = int(means.argmax())
        rows[str(kind)] = {
            "recordings": int((kinds == kind).sum()),
            "f1": round(float(np.interp(common, THRESHOLDS, means)), 4),
            "best_threshold": THRESHOLDS[best],
            "f1_at_best": round(float(means[best]), 4),
        }
    return rows


def shares(
    values: np.ndarray, strength: np.ndarray, edges: tuple[float, ...], threshold: float
) -> list[dict[str, float]]:
    """Share of events whose highest probability reaches the threshold, by strength."""
    rows = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (strength >= low) & (strength < high)
        share = float((values[inside] >= threshold).mean()) if inside.any() else float("nan")
        rows.append({"from_sd": low, "events": int(inside.sum()), "share": round(share, 3)})
    return rows


def shares_by_name(
    values: np.ndarray, names: np.ndarray, threshold: float
) -> dict[str, dict[str, float]]:
    """Share of events whose highest probability reaches the threshold, by name."""
    return {
        str(name): {
            "events": int((names == name).sum()),
            "share": round(float((values[names == name] >= threshold).mean()), 3),
        }
        for name in np.unique(names)
    }


def summary(folders: list[LabelledFolder], classifier: ClassifierFolder) -> dict[str, Any]:
    """All numbers, pooled over the recordings."""
    parts = []
    for folder in folders:
        parts.append(events_of(folder, classifier))
        print(folder.path.name, flush=True)
    pooled = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    curve = reliability_curve(pooled["active"], pooled["probability"])
    threshold = classifier.card.threshold
    listed = pooled["leak_source"] >= 0
    n_false, minutes = pooled["in_silent_cells"].sum(0)
    return {
        "recordings": len(folders),
        "frames": len(pooled["active"]),
        "mean_probability": np.round(curve.mean_probability, 4).tolist(),
        "share_active": np.round(curve.observed, 4).tolist(),
        "expected_calibration_error": round(float(curve.error or 0), 4),
        "frames_in_bin": curve.n_frames.tolist(),
        "found": shares(pooled["transient"], pooled["transient_z"], VISIBILITY_EDGES_SD, threshold),
        "leak_of_listed_cells_taken": shares(
            pooled["leak"][listed], pooled["leak_z"][listed], LEAK_EDGES_SD, threshold
        ),
        "leak_of_other_sources_taken": shares(
            pooled["leak"][~listed], pooled["leak_z"][~listed], LEAK_EDGES_SD, threshold
        ),
        "found_by_context": shares_by_name(pooled["transient"], pooled["context"], threshold),
        "false_rises_taken": shares_by_name(pooled["false"], pooled["false_cause"], threshold),
        "by_kind": by_kind(pooled["kind"], pooled["f1"], threshold),
        "false_per_silent_cell_and_minute": round(n_false / minutes, 3) if minutes else None,
    }


def draw(result: dict[str, Any], path: Path) -> None:
    """Three panels: the reliability curve, recall by visibility, cross-talk by source."""
    from deepcinac.evaluation.figure_style import new_figure, plain, save_figure
    from deepcinac.evaluation.palette import BLUE, FAINT, ORANGE

    figure = new_figure(11, 3.6)
    axes = figure.add_subplot(1, 3, 1)
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle="--")
    axes.plot(result["mean_probability"], result["share_active"], "o-", color=BLUE, markersize=4)
    plain(axes, "What a probability means", "probability", "share of frames active")
    axes = figure.add_subplot(1, 3, 2)
    _bars(axes, [result["found"]], [""], [BLUE])
    plain(axes, "Transients found", "height over the noise of a frame, SD", "share", grid="y")
    axes = figure.add_subplot(1, 3, 3)
    _bars(
        axes,
        [result["leak_of_listed_cells_taken"], result["leak_of_other_sources_taken"]],
        ["from a cell with a mask", "from a source without"],
        [BLUE, ORANGE],
    )
    plain(axes, "Leak taken for activity", "leak over the noise of a frame, SD", "share", grid="y")
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout(w_pad=2.5)
    save_figure(figure, path)


def _bars(
    axes: Any, series: list[list[dict[str, float]]], labels: list[str], colours: Sequence[str]
) -> None:
    """Groups of bars with the number of events on them."""
    width = 0.8 / len(series)
    for number, (rows, label, colour) in enumerate(zip(series, labels, colours, strict=True)):
        places = np.arange(len(rows)) + (number - (len(series) - 1) / 2) * width
        hatch = "//" if number else None
        heights = [row["share"] for row in rows]
        axes.bar(places, heights, width, color=colour, label=label, hatch=hatch, edgecolor="white")
        for place, row in zip(places, rows, strict=True):
            axes.text(
                place, row["share"] + 0.015, row["events"], ha="center", fontsize=7, color="0.35"
            )
    rows = series[0]
    ends = [*[row["from_sd"] for row in rows[1:]], None]
    names = [
        f"{row['from_sd']:g} to {end:g}" if end else f"over {row['from_sd']:g}"
        for row, end in zip(rows, ends, strict=True)
    ]
    axes.set_xticks(np.arange(len(rows)), names)
    axes.set_ylim(0, 1.08)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--out", type=Path, help="figure")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folders = find_labelled_folders(arguments.folders)
    result = summary(folders, find_classifier(arguments.classifier))
    print(json.dumps(result, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    if arguments.out:
        draw(result, arguments.out)


if __name__ == "__main__":
    main()
