"""The report of a classification: a page, its figures and tables, and the same as text."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.class_scores import ClassScores
from deepcinac.evaluation.comparison import in_words
from deepcinac.evaluation.html_page import Section, write_page
from deepcinac.evaluation.report import number
from deepcinac.evaluation.tables import write_csv
from deepcinac.evaluation.units import ROUGH
from deepcinac.files import write_json
from deepcinac.learning.splits import counted
from deepcinac.tasks.dynamics import figures
from deepcinac.tasks.dynamics.classifying import Classification, Plan
from deepcinac.tasks.dynamics.methods import FOREST, LOGISTIC, MAJORITY
from deepcinac.tasks.dynamics.settings import HISTOGRAM, OWN
from deepcinac.tasks.dynamics.windows import common_scale, draw, highest
from deepcinac.version import __version__

HEAD = [
    "Method",
    "Balanced accuracy",
    "95 % over units",
    "Right",
    "Accuracy",
    "95 % (Wilson)",
    "Windows right",
    "By chance",
    "Chance, 95th percentile",
    "Above it",
]


def summary(found: Classification) -> list[list[str]]:
    """A line for each method, under ``HEAD``."""
    rows = []
    for name, one in found.scores.items():
        above = {True: "yes", False: "no", None: "–"}[one.exceeds_null]
        rows.append(
            [
                name,
                number(one.balanced),
                _range(one.interval),
                f"{one.n_right} of {len(one.truth)}",
                number(one.accuracy),
                _range(one.wilson),
                number(_share(found.window_confusions[name])),
                number(one.null_mean),
                number(one.null_95),
                above,
            ]
        )
    return rows


def _range(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else "{:.3f} to {:.3f}".format(*interval)


def _share(counts: np.ndarray) -> float:
    return float(np.trace(counts) / max(counts.sum(), 1))


def notes_on(found: Classification) -> list[str]:
    """What a reader has to bear in mind."""
    plan, notes = found.plan, []
    n_units = len({fold.unit for fold in plan.folds})
    own = {name: one for name, one in found.scores.items() if name != MAJORITY}
    overlap = 1 - plan.settings.stride_s / plan.settings.window_s
    if overlap > 0:
        notes.append(
            f"Neighbouring windows share {overlap:.0%} of their time: {plan.n_windows} windows are no more "
            f"than {counted(n_units, 'independent ' + plan.unit)}. Intervals are over these."
        )
    fewest = min(int((next(iter(own.values())).truth == n).sum()) for n in range(len(plan.classes)))
    if fewest < ROUGH:
        notes.append(
            f"The smallest class has {counted(fewest, 'decision')}: with so few, intervals are a rough guess."
        )
    majority = found.scores[MAJORITY]
    if majority.accuracy > 1 / len(plan.classes) + 0.05:
        notes.append(
            f"Whoever always says the most frequent class is right in {majority.accuracy:.0%}: read balanced "
            f"accuracy, which gives that {majority.balanced:.0%}."
        )
    if all(one.exceeds_null is False for one in own.values()):
        notes.append("No method is better than chance: exchanged classes are told as well.")
    images = [one for name, one in own.items() if name not in (LOGISTIC, FOREST)]
    plain = [one for name, one in own.items() if name in (LOGISTIC, FOREST)]
    if images and max(one.balanced for one in images) <= max(one.balanced for one in plain):
        notes.append(
            "Twenty statistics of the activity tell the classes at least as well as the images do."
        )
    if any(one.weights is None for one in plan.backbones):
        notes.append(
            "A backbone with random weights has learnt nothing: it is the control of one that has."
        )
    if plan.settings.image == HISTOGRAM and plan.settings.scale == OWN:
        notes.append(
            "Each histogram has its own height: the images do not show how high rates are."
        )
    return [*notes, *electrode_notes(plan)]


def electrode_notes(plan: Plan) -> list[str]:
    """Which electrodes were taken, and why others were not."""
    return [f"{one.name}: {one.note}." for one in plan.recordings if one.note]


def score_rows(found: Classification) -> list[dict[str, Any]]:
    """A row for each method."""
    rows = []
    for name, one in found.scores.items():
        low, high = one.interval or (None, None)
        wilson_low, wilson_high = one.wilson or (None, None)
        rows.append(
            {
                "method": name,
                "balanced": one.balanced,
                "balanced_low": low,
                "balanced_high": high,
                "right": one.n_right,
                "of": len(one.truth),
                "accuracy": one.accuracy,
                "accuracy_low": wilson_low,
                "accuracy_high": wilson_high,
                "windows_right": _share(found.window_confusions[name]),
                "null_mean": one.null_mean,
                "null_95": one.null_95,
            }
        )
    return rows


def confusion_rows(found: Classification) -> list[dict[str, Any]]:
    """How often each class was taken for each, of recordings and of windows."""
    rows = []
    classes = found.plan.classes
    for name, one in found.scores.items():
        for of, counts in (
            (figures.DECISIONS, one.confusion),
            (figures.WINDOWS, found.window_confusions[name]),
        ):
            for (line, column), count in np.ndenumerate(counts):
                rows.append(
                    {"method": name, "of": of, "class": classes[line], "said": classes[column],
                     "count": int(count)}
                )  # fmt: skip
    return rows


def recording_rows(found: Classification) -> list[dict[str, Any]]:
    """What each method says of each recording while it was left out, class after class."""
    plan = found.plan
    order = sorted(
        range(len(plan.recordings)), key=lambda n: (plan.classes.index(plan.labels[n]), n)
    )
    rows = []
    for name, answers in found.answers.items():
        if name == MAJORITY:
            continue
        for n in order:
            one, shares = plan.recordings[n], answers[n].mean(0)
            rows.append(
                {
                    "method": name,
                    "recording": one.name,
                    "group": one.group or one.name,
                    "class": one.label,
                    "said": plan.classes[int(shares.argmax())],
                    "share": float(shares[plan.classes.index(one.label)]),
                }
            )
    return rows


def example_images(found: Classification) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    """The middle window of a recording of each class, as a network sees it."""
    plan = found.plan
    scale = None
    if plan.settings.scale != OWN:
        scale = common_scale([highest(own) for own in plan.windows])
    rows, images = [], []
    for name in plan.classes:
        of_class = [n for n, label in enumerate(plan.labels) if label == name]
        chosen = of_class[len(of_class) // 2]
        own = plan.windows[chosen]
        images.append(draw([own[len(own) // 2]], plan.settings, scale)[0])
        rows.append({"class": name, "recording": plan.recordings[chosen].name,
                     "window": len(own) // 2, "scale": scale})  # fmt: skip
    return rows, images


def sections(found: Classification) -> list[Section]:
    """The figures."""
    settings = found.plan.settings
    rows, images = example_images(found)
    examples = functools.partial(figures.examples_figure, images=images, window_s=settings.window_s)
    drawn = (
        "Events of all channels together; the height is "
        + ("each window's own." if settings.scale == OWN else "common to all.")
        if settings.image == HISTOGRAM
        else "A line for each channel."
    )
    return [
        Section("examples", "What a network sees", f"A window of each class. {drawn}", rows,
                examples),
        Section("scores", "Right while left out",
                "Filled: balanced accuracy with its 95 % interval over units. Open: accuracy of "
                "recordings with Wilson's interval. Dashed: the balanced accuracy that classifiers of "
                "exchanged classes exceed in one case of twenty.",
                score_rows(found), figures.scores_figure),
        Section("confusions", "What was taken for what",
                "Rows: the class; columns: what was said. Above the number of recordings (or groups), "
                "below the share of the windows of a class.",
                confusion_rows(found), figures.confusions_figure),
        Section("recordings", "Recording by recording",
                "The share that each method gives to the class that the recording has, while it was left "
                "out.",
                recording_rows(found), figures.recordings_figure),
    ]  # fmt: skip


def write_report(out: Path, found: Classification) -> Path:
    """Write ``report.html``, ``scores.json`` and the figures with their tables; returns the page."""
    write_json(out / "scores.json", as_dict(found))
    write_csv(out / "scores.csv", score_rows(found))
    write_csv(out / "recordings.csv", recording_rows(found))
    parts = sections(found)
    title = "Classes of " + ", ".join(found.plan.classes)
    return write_page(
        out, title, sources(found), HEAD, summary(found), notes_on(found), parts, found.methods,
        [in_words(gap) for gap in found.differences],
    )  # fmt: skip


def sources(found: Classification) -> str:
    """What was classified, in a sentence."""
    plan, settings = found.plan, found.plan.settings
    seconds = f"windows of {settings.window_s:g} s every {settings.stride_s:g} s"
    counts = [plan.labels.count(name) for name in plan.classes]
    classes = ", ".join(f"{n} of {name}" for n, name in zip(counts, plan.classes, strict=True))
    return (
        f"{counted(len(plan.recordings), 'recording')} ({classes}); {plan.words}. "
        f"{counted(plan.n_windows, 'window')}: {seconds}, drawn as {settings.image}s of "
        f"{settings.side_px} px."
    )


def as_dict(found: Classification) -> dict[str, Any]:
    """Everything in plain containers."""
    plan = found.plan
    methods = [_method_as_dict(name, one, found) for name, one in found.scores.items()]
    return {
        "classes": list(plan.classes),
        "held_out": plan.words,
        "version": __version__,
        "settings": dataclasses.asdict(plan.settings),
        "training": dataclasses.asdict(plan.training),
        "backbones": [
            {"name": one.name, "weights_sha256": one.sha256, "seed": one.seed}
            for one in plan.backbones
        ],
        "images_per_second": found.images_per_second,
        "methods": methods,
        "differences": [
            {**dataclasses.asdict(gap), "in_words": in_words(gap)} for gap in found.differences
        ],
        "notes": notes_on(found),
    }


def _method_as_dict(name: str, one: ClassScores, found: Classification) -> dict[str, Any]:
    return {
        "method": name,
        "balanced_accuracy": one.balanced,
        "interval": one.interval,
        "right": one.n_right,
        "of": len(one.truth),
        "wilson": one.wilson,
        "confusion": one.confusion.tolist(),
        "windows": found.window_confusions[name].tolist(),
        "null_mean": one.null_mean,
        "null_95": one.null_95,
        "null": [round(float(value), 5) for value in one.null],
    }
