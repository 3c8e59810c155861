"""The report of a decoding: a page, its figures and tables, and the same as text."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.comparison import in_words
from deepcinac.evaluation.html_page import Section, write_page
from deepcinac.evaluation.report import number
from deepcinac.evaluation.tables import write_csv
from deepcinac.evaluation.units import ROUGH
from deepcinac.files import write_json
from deepcinac.learning.splits import counted
from deepcinac.tasks.behaviour import figures
from deepcinac.tasks.behaviour.decoding import Decoding
from deepcinac.tasks.behaviour.importance import Importance
from deepcinac.tasks.behaviour.maps import CutOuts
from deepcinac.tasks.behaviour.methods import CONTROLS
from deepcinac.tasks.behaviour.score import CHANCE
from deepcinac.tasks.behaviour.targets import CLASSES, REAL
from deepcinac.version import __version__

EXAMPLE_S = 60.0
NEARLY = 0.8
"""The mean of all inputs alone that reaches this share of the best score above chance is an alarm."""
HOW_TO_READ_IMPORTANCE = (
    "Left: the loss of score when an input is replaced by its mean. Middle: when its partner (its mirror "
    "image, or the input that is most alike) is as well: what two know, neither is needed for. Right: the "
    "score of a regression fitted to this input alone. An input that is needed and decodes nothing by itself "
    "may serve to subtract what is common to all; it need not carry the behaviour."
)
HOW_TO_READ_MAPS = (
    "Squares of the picture, each a quarter of its side, that overlap by half; means over what was held out. "
    "Cut out: the loss of score without the square, which is small where another place knows the same; with "
    "its mirror: without both. Kept alone: the score with nothing else. With a change of the whole field "
    "nothing is needed and any square is enough."
)
HEAD = [
    "Method",
    "Score",
    "95 % over units",
    "Units",
    "By chance",
    "Chance, 95th percentile",
    "Above it",
]


def summary(found: Decoding) -> list[list[str]]:
    """A line for each method, under ``HEAD``."""
    rows = []
    for name, scores in found.scores.items():
        low_high = "–" if scores.interval is None else "{:.3f} to {:.3f}".format(*scores.interval)
        above = {True: "yes", False: "no", None: "–"}[scores.exceeds_null]
        rows.append(
            [
                name,
                number(scores.mean),
                low_high,
                counted(len(scores.by_unit), found.plan.unit),
                number(scores.null_mean),
                number(scores.null_95),
                above,
            ]
        )
    return rows


def notes_on(found: Decoding) -> list[str]:
    """What a reader has to bear in mind."""
    plan, notes = found.plan, []
    n_units = max((len(one.by_unit) for one in found.scores.values()), default=0)
    n_asked = len({fold.unit for part in plan.parts for fold in part.folds})
    if n_units < n_asked:
        notes.append(
            f"{n_asked - n_units} of {n_asked} {plan.unit}s could not be judged: they show one kind of "
            "behaviour."
        )
    if len({one.whose.animal for one in plan.recordings}) == 1:
        notes.append("All of this holds within one animal and says nothing about others.")
    if 1 < n_units < ROUGH:
        notes.append(
            f"An interval over {n_units} {plan.unit}s is a rough guess: with so few it tends to be too "
            "narrow."
        )
    if artefact_suspected(found):
        notes.append(
            "The mean over the field, or what lies outside of the tissue, decodes nearly as well as all "
            "there is: a change that is common to the whole field, such as movement or light, may be what is "
            "decoded. Do not read the importance."
        )
    if all(one.exceeds_null is False for one in found.scores.values()):
        notes.append("No method is better than chance: shifted behaviour is decoded as well.")
    if plan.movies:
        notes.append(
            "Networks were not trained anew for chance: their held-out answers were scored against "
            "shifted behaviour."
        )
    scaled = "Inputs are scaled by their own SD in each recording, without looking at behaviour."
    return [*notes, scaled]


def artefact_suspected(found: Decoding) -> bool:
    """Whether the mean over all inputs alone is nearly as good as anything else."""
    chance = CHANCE[found.plan.kind]
    above = {name: (one.mean or chance) - chance for name, one in found.scores.items()}
    best = max(value for name, value in above.items() if name not in CONTROLS)
    return any(
        bool(found.scores[name].exceeds_null) and above[name] >= NEARLY * best > 0
        for name in CONTROLS
        if name in found.scores
    )


def score_rows(found: Decoding) -> list[dict[str, Any]]:
    """Each method in each unit, and over all of them (unit "")."""
    rows: list[dict[str, Any]] = []
    empty = {"low": None, "high": None, "null_mean": None, "null_95": None}
    for name, one in found.scores.items():
        about = {"method": name, "measure": found.measure}
        rows += [
            {**about, "unit": unit, "score": value, **empty} for unit, value in one.by_unit.items()
        ]
        low, high = one.interval or (None, None)
        chance = {"null_mean": one.null_mean, "null_95": one.null_95}
        rows.append({**about, "unit": "", "score": one.mean, "low": low, "high": high, **chance})
    return rows


def share_rows(found: Decoding) -> list[dict[str, Any]]:
    """What each recording shows of the behaviour."""
    rows: list[dict[str, Any]] = []
    for one in found.plan.recordings:
        values = one.behaviour.values[np.isfinite(one.behaviour.values)]
        if one.behaviour.kind == REAL:
            what = f"mean {found.plan.target.signal} ({one.behaviour.units})"
            rows.append({"recording": one.name, "answer": "mean", "value": float(values.mean()),
                         "what": what})  # fmt: skip
            continue
        classes = (
            one.behaviour.classes if one.behaviour.kind == CLASSES else ("", found.plan.target.text)
        )
        for place, name in enumerate(classes):
            if name:
                share = float((values == place).mean())
                rows.append({"recording": one.name, "answer": name, "value": share,
                             "what": "share of the frames"})  # fmt: skip
    return rows


def example_rows(found: Decoding) -> list[dict[str, Any]]:
    """A minute of the first recording, where its behaviour changes most often."""
    one = found.plan.recordings[0]
    truth = one.behaviour.values
    length = min(one.n_frames, round(EXAMPLE_S * one.frame_rate_hz))
    changes = np.abs(np.diff(np.nan_to_num(truth), prepend=0.0))
    score = np.convolve(changes, np.ones(length), "valid")
    first = int(np.argmax(score))
    rows = []
    for frame in range(first, first + length):
        row: dict[str, Any] = {"time_s": frame / one.frame_rate_hz, "truth": _known(truth[frame])}
        for name, answers in found.answers.items():
            row[name] = _known(answers[one.name][frame, -1]) if one.name in answers else None
        rows.append(row)
    return rows


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def map_rows(maps: Sequence[CutOuts]) -> list[dict[str, Any]]:
    """A row for each square of each unit."""
    rows: list[dict[str, Any]] = []
    for one in maps:
        for row, column in np.ndindex(one.needed.shape):
            values = {
                name: float(getattr(one, name)[row, column])
                for name in ("needed", "needed_with_mirror", "alone")
            }
            rows.append({"unit": one.unit, "row": row, "column": column, **values})
    return rows


def sections(
    found: Decoding, inputs: Sequence[Importance], maps: Sequence[CutOuts] = ()
) -> list[Section]:
    """The figures that there is something to show for."""
    parts = [
        Section("scores", "Scores on what was held out",
                f"Each dot is a {found.plan.unit}; the line is their mean, the bar beside it its 95 % "
                "interval. Dashed: what decoders of shifted behaviour exceed in one case of twenty.",
                score_rows(found), figures.scores_figure),
        Section("shares", "The behaviour in each recording", "What there is to decode.",
                share_rows(found), figures.shares_figure),
        Section("example", "A minute of it",
                "Held-out answers: each frame was decoded by a decoder that had not seen this stretch.",
                example_rows(found), figures.example_figure),
    ]  # fmt: skip
    if inputs and found.plan.recordings[0].inputs.shape[1] > 1:
        parts.append(
            Section("importance", "Which inputs matter",
                    f"Each dot is a {found.plan.unit}. {HOW_TO_READ_IMPORTANCE}",
                    importance_rows(inputs), figures.importance_figure)
        )  # fmt: skip
    if maps:
        still = next(iter(found.plan.movies.values())).still
        parts.append(
            Section("maps", f"Where {found.plan.networks[0]} looks", HOW_TO_READ_MAPS,
                    map_rows(maps), functools.partial(figures.maps_figure, still=still))
        )  # fmt: skip
    return parts


def importance_rows(inputs: Sequence[Importance]) -> list[dict[str, Any]]:
    """The importance of each input in each unit."""
    return [
        {"input": one.name, **{k: v for k, v in dataclasses.asdict(one).items() if k != "name"}}
        for one in inputs
    ]


def write_report(
    out: Path,
    found: Decoding,
    inputs: Sequence[Importance] = (),
    maps: Sequence[CutOuts] = (),
) -> Path:
    """Write ``report.html``, ``scores.json`` and the figures with their tables; returns the page."""
    write_json(out / "scores.json", as_dict(found))
    write_csv(out / "scores.csv", score_rows(found))
    if inputs:
        write_csv(out / "importance.csv", importance_rows(inputs))
    parts = sections(found, inputs, maps)
    title = f"Decoding {found.plan.target.text}"
    words = found.plan.words
    lead = f"{found.measure}; {words}. From {_sources(found)}."
    return write_page(
        out, title, lead, HEAD, summary(found), notes_on(found), parts, found.methods,
        [in_words(gap) for gap in found.differences],
    )  # fmt: skip


def _sources(found: Decoding) -> str:
    first = found.plan.recordings[0]
    sources = ", ".join(sorted({one.source for one in found.plan.recordings}))
    numbers = sorted({one.inputs[0].size for one in found.plan.recordings})
    inputs = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    window = found.plan.settings.window_frames
    seconds = window / first.frame_rate_hz
    past = ", past frames only" if found.plan.settings.causal else ""
    recordings = counted(len(found.plan.recordings), "recording")
    return f"{inputs} inputs ({sources}) of {recordings}; windows of {window} frames ({seconds:.2g} s{past})"


def as_dict(found: Decoding) -> dict[str, Any]:
    """Everything in plain containers."""
    plan = found.plan
    return {
        "target": plan.target.text,
        "measure": found.measure,
        "held_out": plan.words,
        "unit": plan.unit,
        "gap_frames": plan.gap_frames,
        "version": __version__,
        "settings": dataclasses.asdict(plan.settings),
        "training": dataclasses.asdict(plan.training),
        "methods": [
            {
                "method": name,
                "score": one.mean,
                "interval": one.interval,
                "units": dict(one.by_unit),
                "null_mean": one.null_mean,
                "null_95": one.null_95,
                "null": [round(float(value), 5) for value in one.null],
            }
            for name, one in found.scores.items()
        ],
        "differences": [
            {**dataclasses.asdict(gap), "in_words": in_words(gap)} for gap in found.differences
        ],
        "notes": notes_on(found),
    }
