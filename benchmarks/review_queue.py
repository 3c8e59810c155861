"""Does the review queue help? A simulated expert answers it, item by item, and F1 is measured on the way.

    python benchmarks/review_queue.py FOLDER... [--classifier general] [--json OUT] [--figure OUT.png]

Each FOLDER is a recording with truth (as ``deepcinac simulate`` makes it) that the classifier never saw.

*Corrections*: a session holds the classifier's prediction alone. An answer puts the truth in the place of
what was predicted in the frames that were asked about. F1 (by predicted run) is measured after k answers of
the queue, after k answers in random order (the same proposals), after k answers of somebody who knows where
the mistakes are, and after all. k is counted in per cent of the recording's real transients, and every cell
of a group counts as an answer of its own.

*Label errors*: an expert's labels are the truth with 5 % of mistakes: half are transients taken away, half
are false rises of 3 SD or more (a neighbour's, neuropil, motion, noise) marked as transients. Counted is how
many are among the first items of the queue, in per cent of the transients and of the whole queue.

Predictions are kept as ``probability.npy`` in each folder.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from deepcinac.evaluation.matching import match_cell
from deepcinac.evaluation.metrics import total
from deepcinac.files import read_npz
from deepcinac.labelling.layer_labels import make_labels
from deepcinac.labelling.review import ReviewItem, ReviewSettings, review_queue
from deepcinac.labelling.transients import raster, runs
from deepcinac.recording.cells import read_cells

SHARES = (0, 1, 2, 5, 10, 20, 50, 100)
"""Answers, in per cent of the real transients."""
RANDOM_ORDERS = 5
WRONG_LABELS = 0.05
LABEL_SEEDS = 5
LOOKED_AT = (5, 10, 20)
THRESHOLD = 0.5
VISIBLE_SD = 3.0
EVERYTHING = ReviewSettings(uncertain_from=0.05, uncertain_to=1, at_most=0, control_share=0)

Interval = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Case:
    """A recording: its truth (n_cells, n_frames), what was predicted, and who lies beside whom."""

    name: str
    active: np.ndarray
    doubtful: np.ndarray
    probability: np.ndarray
    heights: dict[Interval, float]
    false_rises: list[Interval]
    neighbours: list[list[int]]
    frame_rate_hz: float

    @property
    def transients(self) -> list[Interval]:
        """All real transients: cell, first, last."""
        return [
            (cell, *pair) for cell, row in enumerate(self.active) for pair in runs(row).tolist()
        ]


def read_case(folder: Path, classifier: str) -> Case:
    """A recording with its prediction, which is made where it is not there yet."""
    truth = read_npz(folder / "truth.npz", ("active", "doubtful"))
    cells = read_cells(folder / "cells.npz")
    kept = folder / "probability.npy"
    if not kept.is_file():
        np.save(kept, predicted(folder, classifier))
    high = truth["false_rises"][truth["false_rise_z"] >= VISIBLE_SD]
    places = [tuple(row) for row in truth["transients"].tolist()]
    active = truth["active"].astype(bool)
    return Case(
        folder.name,
        active,
        truth["doubtful"].astype(bool) & ~active,
        np.load(kept, allow_pickle=False),
        dict(zip(places, truth["transient_z"].tolist(), strict=True)),
        [tuple(row) for row in high.tolist()],
        [list(map(int, cells.overlaps.neighbours(cell))) for cell in range(len(cells))],
        float(truth["fr"]),
    )


def predicted(folder: Path, classifier: str) -> np.ndarray:
    """Probability (n_cells, n_frames) of every cell."""
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.recording.movie_readers import open_movie
    from deepcinac.tasks.activity.prediction import predict
    from deepcinac.tasks.activity.sources import LabelledFolder

    labelled = LabelledFolder(folder).read()
    with open_movie(labelled.movie) as movie:
        rate, size = labelled.frame_rate_hz, labelled.pixel_size_um
        found = predict(movie, labelled.cells, rate, size, find_classifier(classifier))
    return found["probability"].array


# Corrections


def f1_of(case: Case, said: np.ndarray) -> float:
    """F1 by predicted run of what is said to be active, (n_cells, n_frames) bool."""
    pairs = zip(case.active, case.doubtful, said, strict=True)
    counts = total(match_cell(runs(a), None, p, d).runs for a, d, p in pairs)
    return counts.f1 or 0.0


def answered(case: Case, said: np.ndarray, item: ReviewItem) -> None:
    """Put the truth in the place of what is said in the frames of an item: all of a transient, or none."""
    row, real = said[item.cell], case.active[item.cell]
    for first, last in runs(row).tolist():
        if first <= item.last and item.first <= last and not real[first : last + 1].any():
            row[first : last + 1] = False
    for first, last in runs(real).tolist():
        if first <= item.last and item.first <= last:
            row[first : last + 1] = True


def is_wrong(case: Case, item: ReviewItem) -> bool:
    """Whether the prediction is wrong in the frames of an item."""
    frames = slice(item.first, item.last + 1)
    says = (case.probability[item.cell, frames] >= THRESHOLD).any()
    return bool(says != case.active[item.cell, frames].any())


def curve(case: Case, items: Sequence[ReviewItem]) -> list[float]:
    """F1 after so many answers as :data:`SHARES` says, in this order; short lists end early."""
    said = case.probability >= THRESHOLD
    scores, done = [], 0
    for share in SHARES:
        upto = round(share / 100 * len(case.transients))
        for item in items[done:upto]:
            answered(case, said, item)
        done = max(done, min(upto, len(items)))
        scores.append(f1_of(case, said))
    return scores


def corrections(case: Case) -> dict[str, list[float]]:
    """Curves of F1 for the queue, for chance and for somebody who knows the mistakes."""
    prediction = dict(enumerate(case.probability))
    queue = review_queue(
        [], prediction, case.frame_rate_hz, EVERYTHING, neighbours=case.neighbours.__getitem__
    )
    settings = ReviewSettings(uncertain_to=1, at_most=0, control_share=0)
    proposed = review_queue([], prediction, case.frame_rate_hz, settings)
    orders = [
        np.random.default_rng(seed).permutation(len(proposed)) for seed in range(RANDOM_ORDERS)
    ]
    chance = [curve(case, [proposed[k] for k in order]) for order in orders]
    knowing = sorted(queue, key=lambda item: not is_wrong(case, item))
    first = queue[: round(0.05 * len(case.transients))]
    return {
        "queue": curve(case, queue),
        "random": np.mean(chance, axis=0).tolist(),
        "knowing": curve(case, knowing),
        "wrong_in_first_5_percent": [float(np.mean([is_wrong(case, item) for item in first]))],
        "wrong_at_random": [float(np.mean([is_wrong(case, item) for item in proposed]))],
    }


# Label errors


def mistaken(
    case: Case, generator: np.random.Generator
) -> tuple[list[Interval], list[Interval], list[Interval]]:
    """The labels of an expert who errs: what is marked, what was taken away, what was added."""
    real = case.transients
    n_wrong = round(WRONG_LABELS * len(real))
    chosen = set(generator.permutation(len(real))[: n_wrong // 2].tolist())
    removed = [one for place, one in enumerate(real) if place in chosen]
    kept = [one for place, one in enumerate(real) if place not in chosen]
    taken = case.active | case.doubtful
    free = [
        (cell, first, last)
        for cell, first, last in case.false_rises
        if not taken[cell, max(first - 1, 0) : last + 2].any()
    ]
    added: list[Interval] = []
    for place in generator.permutation(len(free)).tolist():
        cell, first, last = free[place]
        if len(added) == n_wrong - len(removed):
            break
        if not taken[cell, first : last + 1].any():
            added.append(free[place])
            taken[cell, first : last + 1] = True
    return kept + added, removed, added


def label_errors(case: Case, seed: int) -> dict[str, float]:
    """Share of planted mistakes among the first items."""
    marked, removed, added = mistaken(case, np.random.default_rng(seed))
    n_cells, n_frames = case.active.shape
    doubtful = [(c, *pair) for c, row in enumerate(case.doubtful) for pair in runs(row).tolist()]
    spans = {"labelled": [(-1, 0, n_frames - 1)], "doubtful": doubtful}
    labels = make_labels(n_cells, n_frames, marked, spans, name="expert")
    queue = review_queue(
        [labels], dict(enumerate(case.probability)), case.frame_rate_hz, EVERYTHING,
        neighbours=case.neighbours.__getitem__,
    )  # fmt: skip
    planted = removed + added
    found: dict[str, float] = {}
    for share in LOOKED_AT:
        seen = _seen(queue[: round(share / 100 * len(case.transients))], planted)
        found[f"first {share} % of transients"] = float(np.mean(seen))
    seen = _seen(queue[: round(0.1 * len(case.transients))], planted)
    visible = np.array([case.heights.get(one, 0.0) >= VISIBLE_SD for one in removed])
    found["added, first 10 %"] = float(np.mean(seen[len(removed) :]))
    found["removed, first 10 %"] = float(np.mean(seen[: len(removed)]))
    found["removed and 3 SD high, first 10 %"] = float(np.mean(seen[: len(removed)][visible]))
    every = _seen(queue[: round(0.1 * (len(queue) + len(marked)))], planted)
    found["first tenth of everything that could be asked"] = float(np.mean(every))
    return found


def _seen(items: Sequence[ReviewItem], planted: Sequence[Interval]) -> np.ndarray:
    """Which planted mistakes share a frame with any of the items, (n,) bool."""
    frames: dict[int, np.ndarray] = {}
    longest = max((item.last for item in items), default=0) + max(last for *_, last in planted) + 2
    for cell in {item.cell for item in items}:
        own = np.array([(item.first, item.last) for item in items if item.cell == cell])
        frames[cell] = raster(own, longest)
    return np.array([c in frames and frames[c][a : b + 1].any() for c, a, b in planted])


# The whole


def mean_and_spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over recordings."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


def draw(curves: dict[str, np.ndarray], path: Path) -> None:
    """F1 against the share of transients judged: queue, chance, and somebody who knows."""
    from deepcinac.evaluation.figure_style import new_figure, plain, save_figure
    from deepcinac.evaluation.palette import INK

    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    places = np.arange(len(SHARES))
    styles = {
        "queue": ("the review queue", INK, "o", 2.5),
        "random": ("random order", "0.55", "s", 1.5),
        "knowing": ("knowing the mistakes", "0.75", "^", 1.5),
    }
    for name, (label, colour, marker, width) in styles.items():
        mean, spread = curves[name].mean(0), curves[name].std(0)
        axes.errorbar(
            places,
            mean,
            spread,
            color=colour,
            marker=marker,
            linewidth=width,
            capsize=2,
            label=label,
        )
    axes.set_xticks(places, list(map(str, SHARES)))
    plain(axes, "What an answer is worth", "answers, % of the real transients", "F1", grid="y")
    axes.legend(frameon=False, loc="upper left")
    figure.subplots_adjust(left=0.12, right=0.97, bottom=0.14, top=0.9)
    save_figure(figure, path)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    for folder in arguments.folders:
        case = read_case(folder, arguments.classifier)
        errors = [label_errors(case, seed) for seed in range(LABEL_SEEDS)]
        means = {name: float(np.nanmean([one[name] for one in errors])) for name in errors[0]}
        results[case.name] = {
            "transients": len(case.transients), "curves": corrections(case), "labels": means,
        }  # fmt: skip
        print(case.name, json.dumps(results[case.name]), flush=True)
    each = list(results.values())
    curves = {name: np.array([one["curves"][name] for one in each]) for name in each[0]["curves"]}
    print("answers, %:", *SHARES)
    for name, rows in curves.items():
        print(f"{name}: ", *map(mean_and_spread, rows.T), sep="  ")
    for name in each[0]["labels"]:
        print(f"{name}: {mean_and_spread([one['labels'][name] for one in each])}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    if arguments.figure:
        draw(curves, arguments.figure)


if __name__ == "__main__":
    main()
