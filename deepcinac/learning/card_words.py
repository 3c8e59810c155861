"""A classifier's card in plain words: what it is for, how good it is and on what, what it was taught by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcinac.inputs.form import InputForm
from deepcinac.learning.card import TASK_OF_FORMAT_1, Card
from deepcinac.settings import from_mapping

Lines = list[tuple[str, str]]

_MEASURES = {
    "f1": "F1",
    "recall": "recall",
    "precision": "precision",
    "average_precision": "average precision",
}


def card_in_words(card: Card) -> Lines:
    """Name and text of each line; what the card does not say is left out."""
    lines = [
        ("For", card.description),
        ("Made", _made(card)),
        *ranges_in_words(card),
        ("Threshold", f"{card.threshold:g}"),
        *scores_in_words(card),
        ("Taught by", _taught_by(card.training)),
        ("Limits", card.limits),
        ("Weights", card.weights_sha256[:12]),
    ]
    return [(name, text) for name, text in lines if text]


def _made(card: Card) -> str:
    by = card.made_by or (f"deepcinac {card.version}" if card.version else "")
    return ", ".join(part for part in (card.made_on, by) if part)


def ranges_in_words(card: Card) -> Lines:
    """Frame rates, pixel sizes and heights above noise that it was taught with."""
    if not card.input_form or card.task != TASK_OF_FORMAT_1:
        return []
    form = from_mapping(InputForm, card.input_form, f"card of {card.name}")
    lines = [
        ("Frame rate", "{:g} to {:g} Hz, and multiples".format(*form.frame_rate_range_hz)),
        (
            "Pixel size",
            "{:g} to {:g} um; others are resampled".format(*form.pixel_size_range_um),
        ),
    ]
    if form.reach_range_sd is not None:
        limit = form.reach_limit_sd
        more = f"; brighter recordings are divided to {limit:g} SD" if limit is not None else ""
        low, high = form.reach_range_sd
        text = f"cells rise {low:.1f} to {high:.1f} SD above their noise{more}"
        lines.append(("Signal", text))
    return lines


def scores_in_words(card: Card) -> Lines:
    """A line for each test: the measures, and what was kept apart from what taught it."""
    lines = []
    held = _held_out(card.training)
    score = card.scores.get("score")
    if isinstance(score, (int, float)):
        name, within = card.scores.get("score_name", "F1"), card.scores.get("score_interval")
        sure = " (95 % interval {:.2f} to {:.2f})".format(*within) if within else ""
        lines.append(("Chosen by", f"{name} {score:.2f}{sure}; {held}"))
    for name, part in card.scores.items():
        if not isinstance(part, Mapping) or not isinstance(part.get("f1"), (int, float)):
            continue
        said = ", ".join(
            f"{word} {part[key]:.2f}"
            for key, word in _MEASURES.items()
            if isinstance(part.get(key), (int, float))
        )
        split = part.get("what") or (held if name == "validation" else "")
        lines.append((name[:1].upper() + name[1:], f"{said}{f' ({split})' if split else ''}"))
    return lines or [("Scores", "none: nothing was held out when it was trained")]


def _held_out(training: Mapping[str, Any]) -> str:
    held = training.get("held_out")
    if isinstance(held, Mapping) and held.get("words"):
        return str(held["words"])
    n_recordings = training.get("validation_recordings")
    if n_recordings:
        return f"{n_recordings} recordings held out"
    return "on what was held out"


def _taught_by(training: Mapping[str, Any]) -> str:
    parts = []
    if training.get("recordings"):
        n_recordings = training["recordings"]
        parts.append(f"{n_recordings} {'recording' if n_recordings == 1 else 'recordings'}")
    if training.get("corpus"):
        parts.append(str(training["corpus"]))
    if training.get("started_from"):
        parts.append(f"started from {training['started_from']}")
    if training.get("best_epoch"):
        parts.append(
            f"epoch {training['best_epoch']} of {training.get('epochs_run', '?')} was kept"
        )
    return "; ".join(parts)


def quality_in_words(card: Card) -> str:
    """How good it was, in one line, and on what: tests before what it was chosen by."""
    score, training = card.scores.get("score"), card.training
    if isinstance(score, (int, float)):
        return f"{card.scores.get('score_name', 'F1')} {score:.2f} on {_held_out(training)}"
    scored = {
        name: part
        for name, part in card.scores.items()
        if isinstance(part, Mapping) and isinstance(part.get("f1"), (int, float))
    }
    tests = {name: part for name, part in scored.items() if part.get("what")}
    if not tests and "validation" in scored:
        return f"F1 {scored['validation']['f1']:.2f}, {_held_out(training)}"
    if tests or scored:
        shown = list((tests or scored).items())[:3]
        return ", ".join(f"F1 {part['f1']:.2f} ({name})" for name, part in shown)
    return "not known: nothing was held out when it was trained"
