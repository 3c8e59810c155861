"""The card of a classifier: what builds it, feeds it, calibrates it, and what it was learnt from.

A classifier on disk is a folder with ``card.json`` and, for a network, ``model.weights.h5``; what a
scikit-learn estimator has learnt is in the card itself, as plain numbers. The card is JSON that is checked
field by field. Its parts ``architecture``, ``input_form``, ``prediction`` and ``arrays`` belong to the task
that it names, which checks them before anything is built: a stranger's folder can hold numbers but never a
program.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import read_json, require_file, sha256_of, write_json
from deepcinac.learning.calibration import Calibration
from deepcinac.settings import checked, from_mapping, option

CARD_FILE = "card.json"
WEIGHTS_FILE = "model.weights.h5"
CARD_FORMAT = 2
TASK_OF_FORMAT_1 = "activity"
LARGEST_CARD_BYTES = 32 << 20

Json = dict[str, Any]


@dataclass(frozen=True)
class Card:
    """All that is known of a classifier.

    ``task`` names what it does; ``architecture``, ``input_form`` and ``prediction`` (settings that change
    its answers) are read by that task. ``arrays`` holds the fitted numbers of an estimator. ``training``:
    settings, data and augmentation of the run; ``scores``: how good it was on what was held out.
    """

    name: str
    task: str = TASK_OF_FORMAT_1
    description: str = ""
    architecture: Json = field(default_factory=dict)
    input_form: Json = field(default_factory=dict)
    prediction: Json = field(default_factory=dict)
    calibration: Calibration = field(default_factory=Calibration)
    threshold: float = option(0.5, "where probability is cut", minimum=0.0, maximum=1.0)
    version: str = ""
    made_by: str = ""
    made_on: str = ""
    weights_sha256: str = ""
    training: Json = field(default_factory=dict)
    scores: Json = field(default_factory=dict)
    limits: str = ""
    arrays: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked(self, "card")

    def to_dict(self) -> Json:
        """Plain containers for JSON, the format number first."""
        values = dataclasses.asdict(self)
        if not self.arrays:
            del values["arrays"]
        return {"card_format": CARD_FORMAT, **values}


def card_from_dict(values: Any, where: str | Path) -> Card:
    """Check a decoded ``card.json`` of format 1 or 2 and build the record."""
    if not isinstance(values, Mapping):
        raise InputError("a classifier's card", f"a {type(values).__name__}", where)
    values = dict(values)
    number = values.pop("card_format", None)
    if number not in (1, CARD_FORMAT):
        raise InputError(
            f"a card of format 1 or {CARD_FORMAT}",
            f"format {number!r}",
            where,
            "a newer version of deepcinac may be needed",
        )
    if number == 1:
        values["task"] = TASK_OF_FORMAT_1
    for name in ("architecture", "input_form", "prediction", "training", "scores", "arrays"):
        if not isinstance(values.get(name, {}), Mapping):
            found = f"a {type(values[name]).__name__}"
            raise InputError("named values", found, f"{where}, {name}")
    _require_finite(values, where)
    return from_mapping(Card, values, where)


def _require_finite(value: Any, where: str | Path) -> None:
    """JSON knows no NaN, but Python's reader does; an infinite number would be believed later."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError("finite numbers", repr(value), where)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _require_finite(inner, f"{where}, {name}")
    elif isinstance(value, list):
        for inner in value:
            _require_finite(inner, where)


def read_card(place: str | Path) -> Card:
    """The card of a classifier's folder or ``.json`` file, with the hash of what it learnt verified."""
    place = Path(place)
    if place.suffix.lower() == ".json" and place.is_file():
        path, folder = place, None
    elif place.is_dir():
        path, folder = require_file(place / CARD_FILE, "a card.json"), place
    else:
        raise InputError("a classifier folder", "no folder", place)
    if path.stat().st_size > LARGEST_CARD_BYTES:
        raise InputError("a card of some kilobytes", f"{path.stat().st_size:,} bytes", path)
    card = card_from_dict(read_json(path), path)
    if card.arrays or folder is None:
        weights, found = path, arrays_sha256(card.arrays)
    else:
        weights = require_file(folder / WEIGHTS_FILE, "a model.weights.h5")
        found = sha256_of(weights)
    if found != card.weights_sha256:
        raise InputError(
            f"weights with SHA-256 {card.weights_sha256[:12]}…",
            f"{found[:12]}…",
            weights,
            "the file was changed or truncated after the card was written; copy the classifier again",
        )
    return card


def write_card(place: str | Path, card: Card) -> Card:
    """Write a card beside its weights (or, to a path that ends in ``.json``, alone), with their hash.

    Returns the card as it was written.
    """
    place = Path(place)
    alone = place.suffix.lower() == ".json"
    found = arrays_sha256(card.arrays) if card.arrays else sha256_of(place / WEIGHTS_FILE)
    card = dataclasses.replace(card, weights_sha256=found)
    write_json(place if alone else place / CARD_FILE, card.to_dict())
    return card


def arrays_sha256(arrays: Mapping[str, Any]) -> str:
    """SHA-256 of an estimator's fitted numbers, whatever their order in the file."""
    return hashlib.sha256(json.dumps(arrays, sort_keys=True).encode()).hexdigest()
