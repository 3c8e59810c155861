"""A classifier of cell types: what it weighs, what it learned from, and its file (JSON, no pickle)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.tasks.cell_types import logistic
from deepcinac.tasks.cell_types.features import FEATURES, NAMES

KIND = "DeepCINAC cell type classifier"
FILE_VERSION = 1
UNLIKE_MARGIN = 0.5
"""How far beyond the learned range a feature may lie, as a share of the range's width."""


@dataclass(frozen=True, eq=False)
class TypeClassifier:
    """Weights over standardised features.

    ``types`` (k,) names; per feature (n_features,): ``mean`` and ``sd`` for standardising, ``low``
    and ``high`` the range that was learned from; all of them on the scale that the feature is
    judged on (:func:`on_scale`). ``weights`` (k, n_features), ``intercept`` (k,). ``about``: what it
    was learned from and how it scored, for people.
    """

    types: tuple[str, ...]
    mean: np.ndarray
    sd: np.ndarray
    low: np.ndarray
    high: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray
    about: dict[str, Any] = field(default_factory=dict)

    def probabilities(self, table: np.ndarray) -> np.ndarray:
        """Probability of each type, (n_cells, k), from features (n_cells, n_features)."""
        return logistic.softmax(self._standardised(table) @ self.weights.T + self.intercept)

    def predict(self, table: np.ndarray) -> list[TypePrediction]:
        """What to say of each cell, with a remark where it is unlike any that was learned from."""
        shares = self.probabilities(table).tolist()
        return [
            TypePrediction(dict(zip(self.types, row, strict=True)), self.unlike(values))
            for row, values in zip(shares, table, strict=True)
        ]

    def unlike(self, values: np.ndarray) -> str:
        """In which feature (n_features,) a cell lies farthest outside what was learned; "" in none."""
        scaled, width = on_scale(values[None])[0], self.high - self.low
        beyond = np.maximum(self.low - scaled, scaled - self.high) / np.where(width > 0, width, 1.0)
        beyond = np.where(np.isfinite(beyond), beyond, -np.inf)
        worst = int(np.argmax(beyond))
        if not beyond[worst] > UNLIKE_MARGIN:
            return ""
        feature = FEATURES[worst]
        low, high = from_scale(self.low)[worst], from_scale(self.high)[worst]
        learned = f"{low:.3g} to {high:.3g}"
        return f"{feature.name} {feature.in_words(values[worst])}, learned from {learned}"

    def _standardised(self, table: np.ndarray) -> np.ndarray:
        margin = UNLIKE_MARGIN * (self.high - self.low)
        # Nothing is known beyond the learned range: there the answer is that of its edge.
        within = np.clip(on_scale(table), self.low - margin, self.high + margin)
        values = (within - self.mean) / self.sd
        # A number that a cell does not have says nothing: it is taken as the average one.
        return np.where(np.isfinite(values), values, 0.0)


def on_scale(table: np.ndarray) -> np.ndarray:
    """Features (n_cells, n_features) on the scale that they are judged on: some as logarithms."""
    table = np.asarray(table, dtype=float)
    if table.ndim != 2 or table.shape[1] != len(FEATURES):
        raise InputError(f"features of shape (cells, {len(FEATURES)})", f"{table.shape}")
    logarithm = np.array([feature.logarithm for feature in FEATURES])
    return np.where(logarithm, np.log1p(np.where(logarithm, table, 0.0)), table)


def from_scale(values: np.ndarray) -> np.ndarray:
    """The numbers (n_features,) that :func:`on_scale` was given."""
    logarithm = np.array([feature.logarithm for feature in FEATURES])
    return np.where(logarithm, np.expm1(np.where(logarithm, values, 0.0)), values)


def fitted(
    table: np.ndarray, types: list[str], about: dict[str, Any] | None = None
) -> TypeClassifier:
    """Learn from features (n_cells, n_features) and the type of each cell."""
    scaled = on_scale(table)
    known = np.isfinite(scaled)
    counts = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, scaled, 0.0).sum(axis=0) / counts
    sd = np.sqrt((np.where(known, scaled - mean, 0.0) ** 2).sum(axis=0) / counts)
    names = tuple(sorted(set(types)))
    n_types, n_features = len(names), len(FEATURES)
    bare = TypeClassifier(
        names,
        mean,
        np.where(sd > 1e-9, sd, 1.0),
        # Of a feature that no cell had nothing is known, and nothing is outside.
        np.where(known.any(axis=0), np.where(known, scaled, np.inf).min(axis=0), 0.0),
        np.where(known.any(axis=0), np.where(known, scaled, -np.inf).max(axis=0), 0.0),
        np.zeros((n_types, n_features)),
        np.zeros(n_types),
        about or {},
    )
    classes = np.array([names.index(name) for name in types])
    weights, intercept = logistic.fit(bare._standardised(table), classes, n_types)
    return TypeClassifier(**{**vars(bare), "weights": weights, "intercept": intercept})


# The file


def save_classifier(path: str | Path, classifier: TypeClassifier) -> None:
    """Write a classifier as JSON that a person can read."""
    if Path(path).suffix.lower() != ".json":
        raise InputError("a file name that ends in .json", f"'{Path(path).name}'")
    columns = ("mean", "sd", "low", "high")
    numbers = zip(*(getattr(classifier, name).tolist() for name in columns), strict=True)
    content = {
        "kind": KIND,
        "version": FILE_VERSION,
        "types": list(classifier.types),
        "about": classifier.about,
        "features": [
            {**asdict(feature), **dict(zip(columns, row, strict=True))}
            for feature, row in zip(FEATURES, numbers, strict=True)
        ],
        "weights": classifier.weights.tolist(),
        "intercept": classifier.intercept.tolist(),
    }
    write_json(path, content)


def load_classifier(path: str | Path) -> TypeClassifier:
    """Read the file of :func:`save_classifier`; anything that does not fit is an InputError."""
    content = read_json(path)
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise InputError(
            "a cell type classifier", "another kind of JSON file", path,
            "make one with 'deepcinac types SESSION --learn FILE.json'",
        )  # fmt: skip
    if content.get("version") != FILE_VERSION:
        raise InputError(
            f"a cell type classifier of version {FILE_VERSION}", f"{content.get('version')!r}", path
        )
    try:
        return _from_content(content)
    except (KeyError, TypeError, ValueError) as error:
        found = f"damage ({type(error).__name__}: {error})"
        raise InputError("a complete cell type classifier", found, path) from error


def _from_content(content: dict[str, Any]) -> TypeClassifier:
    types = tuple(map(str, content["types"]))
    rows = content["features"]
    if tuple((row["name"], row["logarithm"]) for row in rows) != tuple(
        (feature.name, feature.logarithm) for feature in FEATURES
    ):
        raise ValueError(f"its features are not {', '.join(NAMES)}")
    shapes = {"weights": (len(types), len(rows)), "intercept": (len(types),)}
    values = {name: _numbers(content[name], shape) for name, shape in shapes.items()}
    for name in ("mean", "sd", "low", "high"):
        values[name] = _numbers([row[name] for row in rows], (len(rows),))
    if len(set(types)) < 2 or len(set(types)) < len(types) or not (values["sd"] > 0).all():
        raise ValueError("fewer than two types, or a scale of 0")
    return TypeClassifier(types, **values, about=dict(content.get("about") or {}))


def _numbers(values: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.shape != shape or not all(map(math.isfinite, array.ravel().tolist())):
        raise ValueError(f"numbers of shape {shape} were expected")
    return array
