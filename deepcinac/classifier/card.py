"""The card of a classifier: everything needed to build its network, feed it and judge what it says.

A classifier on disk is a folder with ``card.json`` and ``model.weights.h5``. The card is plain JSON that
is checked field by field; the graph is built by our own code from it, so that a stranger's folder can
hold numbers but never a program.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import read_json, require_file, sha256_of, write_json

CARD_FILE = "card.json"
WEIGHTS_FILE = "model.weights.h5"
CARD_FORMAT = 1


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network (see ``classifier.network``).

    ``kernels``, ``strides`` and ``pool`` (pixels averaged before the first layer) belong to the compact form.
    """

    size: str = "compact"
    window_frames: int = 100
    patch_px: int = 25
    n_scalars: int = 7
    filters: tuple[int, ...] = (8, 16, 32)
    kernels: tuple[int, ...] = (5, 3, 3)
    strides: tuple[int, ...] = (2, 2, 2)
    pool: int = 1
    frame_features: int = 32
    temporal_filters: int = 64
    recurrent: str = "gru"
    recurrent_units: int = 64
    dropout: float = 0.2
    rate_head: bool = True

    def __post_init__(self) -> None:
        limits = {
            "window_frames": (8, 2000),
            "patch_px": (9, 101),
            "frame_features": (1, 4096),
            "temporal_filters": (1, 4096),
            "recurrent_units": (1, 4096),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise InputError(f"{name} between {low} and {high}", repr(value), "architecture")
        if self.n_scalars not in (0, 7):
            raise InputError("0 or 7 scalars", repr(self.n_scalars), "architecture")
        if self.size not in ("compact", "paper"):
            raise InputError("size compact or paper", repr(self.size), "architecture")
        if self.recurrent not in ("gru", "lstm"):
            raise InputError("recurrent gru or lstm", repr(self.recurrent), "architecture")
        if not 1 <= len(self.filters) <= 6 or not all(
            isinstance(n, int) and 1 <= n <= 1024 for n in self.filters
        ):
            raise InputError("1 to 6 filter counts", repr(self.filters), "architecture")
        if self.size == "compact":
            lengths = {len(self.filters), len(self.kernels), len(self.strides)}
            sizes = (*self.kernels, *self.strides, self.pool)
            if len(lengths) > 1 or not all(isinstance(n, int) and 1 <= n <= 25 for n in sizes):
                raise InputError(
                    "a kernel and a stride from 1 to 25 px for every filter count",
                    f"{self.kernels}, {self.strides}, pool {self.pool}",
                    "architecture",
                )
        if not 0 <= self.dropout < 1:
            raise InputError("dropout in [0, 1)", repr(self.dropout), "architecture")


COMPACT = Architecture()
PAPER = Architecture(
    size="paper",
    n_scalars=0,
    filters=(64, 64, 128, 128),
    frame_features=2048,
    recurrent="lstm",
    recurrent_units=128,
    dropout=0.5,
    rate_head=False,
)


@dataclass(frozen=True)
class InputForm:
    """What the movie is brought to before the network sees it, and the ranges to be trusted in.

    ``reach_range_sd``: how far the median cell rose above its noise in the recordings that taught the
    classifier (``Recording.reach_sd``); None where that was not noted.
    """

    frame_rate_hz: float = 10.0
    pixel_size_um: float = 2.0
    frame_rate_range_hz: tuple[float, float] = (6.5, 15.0)
    pixel_size_range_um: tuple[float, float] = (1.5, 2.7)
    normalisation: str = "pixel-noise"
    reach_range_sd: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not (self.frame_rate_hz > 0 and self.pixel_size_um > 0):
            raise InputError("a positive frame rate and pixel size", repr(self), "input form")
        if self.normalisation != "pixel-noise":
            raise InputError("normalisation pixel-noise", repr(self.normalisation), "input form")


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope x logit + offset): fitted on recordings that trained nothing."""

    slope: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Card:
    """All that is known of a classifier."""

    name: str
    description: str = ""
    architecture: Architecture = field(default_factory=Architecture)
    input_form: InputForm = field(default_factory=InputForm)
    calibration: Calibration = field(default_factory=Calibration)
    threshold: float = 0.5
    version: str = ""
    made_by: str = ""
    made_on: str = ""
    weights_sha256: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    limits: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain containers for JSON, the format number first."""
        return {"card_format": CARD_FORMAT, **dataclasses.asdict(self)}


def card_from_dict(values: Any, where: str | Path) -> Card:
    """Check a decoded ``card.json`` and build the record."""
    if not isinstance(values, dict):
        raise InputError("a classifier's card", f"a {type(values).__name__}", where)
    values = dict(values)
    number = values.pop("card_format", None)
    if number != CARD_FORMAT:
        raise InputError(
            f"a card of format {CARD_FORMAT}",
            f"format {number!r}",
            where,
            "a newer version of deepcinac may be needed",
        )
    parts = {"architecture": Architecture, "input_form": InputForm, "calibration": Calibration}
    for name, kind in parts.items():
        values[name] = _record(kind, values.get(name, {}), f"{where}, {name}")
    return _record(Card, values, where)


def _record(kind: Any, values: Any, where: str | Path) -> Any:
    if not isinstance(values, dict):
        raise InputError("named values", f"a {type(values).__name__}", where)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise InputError(f"the fields {', '.join(fields)}", ", ".join(unknown), where)
    checked = {}
    for name, value in values.items():
        value = tuple(value) if isinstance(value, list) else value
        wanted = str(fields[name].type)
        numbers: dict[str, Any] = {"int": int, "float": (int, float), "str": str, "bool": bool}
        allowed = numbers.get(wanted)
        if allowed and (
            not isinstance(value, allowed) or (isinstance(value, bool) and wanted != "bool")
        ):
            raise InputError(f"{name} as {wanted}", repr(value), where)
        checked[name] = value
    try:
        return kind(**checked)
    except TypeError as error:
        raise InputError("a complete card", str(error), where) from error


def read_card(folder: str | Path) -> Card:
    """The card of a classifier folder, with the hash of its weights verified."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("a classifier folder", "no folder", folder)
    path = require_file(folder / CARD_FILE, "a card.json")
    card = card_from_dict(read_json(path), path)
    weights = require_file(folder / WEIGHTS_FILE, "a model.weights.h5")
    found = sha256_of(weights)
    if found != card.weights_sha256:
        raise InputError(
            f"weights with SHA-256 {card.weights_sha256[:12]}…",
            f"{found[:12]}…",
            weights,
            "the file was changed or cut after the card was written; copy the classifier again",
        )
    return card


def write_card(folder: str | Path, card: Card) -> Card:
    """Write the card beside its weights, with their hash; give back what was written."""
    folder = Path(folder)
    card = dataclasses.replace(card, weights_sha256=sha256_of(folder / WEIGHTS_FILE))
    write_json(folder / CARD_FILE, card.to_dict())
    return card
