"""A classifier of cell types: logistic regression over standardised features, and its file.

The file is a card (JSON) with the numbers in it; files of version 2.0.0.dev0, which had a form of their
own, are read as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_json
from deepcinac.learning.card import Card, arrays_sha256, card_from_dict, read_card, write_card
from deepcinac.learning.estimator import numbers
from deepcinac.tasks.cell_types.features import FEATURES, NAMES

TASK = "cell_types"
KIND_OF_OLD_FILES = "DeepCINAC cell type classifier"
VERSION_OF_OLD_FILES = 1
MADE_BY = "make one with 'deepcinac types SESSION --learn FILE.json'"
UNLIKE_MARGIN = 0.5
"""How far beyond the learned range a feature may lie, as a share of the range's width."""
PENALTY = 1.0
"""Weight of half the sum of squared weights beside the sum of log losses over the cells."""
_COLUMNS = ("mean", "sd", "low", "high")


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
        from scipy.special import softmax

        return softmax(self.standardised(table) @ self.weights.T + self.intercept, axis=1)

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

    def standardised(self, table: np.ndarray) -> np.ndarray:
        """Features as the regression takes them."""
        margin = UNLIKE_MARGIN * (self.high - self.low)
        # Nothing is known beyond the learned range: there the answer is that of its edge.
        within = np.clip(on_scale(table), self.low - margin, self.high + margin)
        values = (within - self.mean) / self.sd
        # A number that a cell does not have says nothing: it is taken as the average one.
        return np.where(np.isfinite(values), values, 0.0)

    def arrays(self) -> dict[str, Any]:
        """All that was learned, in the types of JSON."""
        rows = zip(*(getattr(self, name).tolist() for name in _COLUMNS), strict=True)
        return {
            "types": list(self.types),
            "features": [
                {**asdict(feature), **dict(zip(_COLUMNS, row, strict=True))}
                for feature, row in zip(FEATURES, rows, strict=True)
            ],
            "weights": self.weights.tolist(),
            "intercept": self.intercept.tolist(),
        }

    @property
    def sha256(self) -> str:
        """The hash of what was learned, as in its card."""
        return arrays_sha256(self.arrays())


class TypeEstimator:
    """The interface of a scikit-learn classifier around :func:`fitted`."""

    classes_: np.ndarray
    fitted_: TypeClassifier

    def fit(self, table: np.ndarray, types: Sequence[str]) -> TypeEstimator:
        """Learn from features (n_cells, n_features) and the type of each cell."""
        self.fitted_ = fitted(table, [str(name) for name in types])
        self.classes_ = np.array(self.fitted_.types)
        return self

    def predict_proba(self, table: np.ndarray) -> np.ndarray:
        """Probability of each of ``classes_``, (n_cells, k)."""
        return self.fitted_.probabilities(table)


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
    bare = TypeClassifier(
        names,
        mean,
        np.where(sd > 1e-9, sd, 1.0),
        # Of a feature that no cell had nothing is known, and nothing is outside.
        np.where(known.any(axis=0), np.where(known, scaled, np.inf).min(axis=0), 0.0),
        np.where(known.any(axis=0), np.where(known, scaled, -np.inf).max(axis=0), 0.0),
        np.zeros((len(names), len(FEATURES))),
        np.zeros(len(names)),
        about or {},
    )
    weights, intercept = _regression(bare.standardised(table), types)
    return dataclasses.replace(bare, weights=weights, intercept=intercept)


def _regression(inputs: np.ndarray, types: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Weights (n_types, n_features) and intercepts of a multinomial regression with an L2 penalty.

    The intercepts are not penalised; each column of the weights sums to 0.
    """
    from sklearn.linear_model import LogisticRegression

    # For two classes scikit-learn fits one row of weights w where the symmetric form has -w/2 and w/2,
    # whose squares are half of that of w: the same penalty is then twice the C.
    two = len(set(types)) == 2
    regression = LogisticRegression(C=(2.0 if two else 1.0) / PENALTY, tol=1e-8, max_iter=5000)
    regression.fit(inputs, types)
    weights, intercept = regression.coef_, regression.intercept_
    if two:
        weights, intercept = np.vstack([-weights, weights]) / 2, np.r_[-intercept, intercept] / 2
    return weights - weights.mean(axis=0), intercept - intercept.mean()


# The file


def card_of(classifier: TypeClassifier, name: str = "cell types") -> Card:
    """The card of a classifier, with all that it has learned in it."""
    about = dict(classifier.about)
    scores = dict(about.pop("scores", {}))
    return Card(
        name,
        TASK,
        version=str(about.pop("program_version", "")),
        training=about,
        scores=scores,
        arrays=classifier.arrays(),
    )


def classifier_of(card: Card, where: str | Path = "card") -> TypeClassifier:
    """The classifier that a card describes; numbers that do not fit are an InputError."""
    if card.task != TASK:
        raise InputError("a cell type classifier", f"one of the task {card.task}", where, MADE_BY)
    about = {"program_version": card.version, **card.training, "scores": card.scores}
    return _from_content(card.arrays, about, where)


def save_classifier(path: str | Path, classifier: TypeClassifier) -> None:
    """Write a classifier as JSON that a person can read."""
    if Path(path).suffix.lower() != ".json":
        raise InputError("a file name that ends in .json", f"'{Path(path).name}'")
    write_card(path, card_of(classifier, Path(path).stem))


def load_classifier(path: str | Path) -> TypeClassifier:
    """Read the file of :func:`save_classifier`, or one of version 2.0.0.dev0."""
    content = read_json(path)
    if isinstance(content, dict) and "card_format" in content:
        if content.get("task") == TASK:
            return classifier_of(read_card(path), path)
        classifier_of(card_from_dict(content, path), path)
    if not isinstance(content, dict) or content.get("kind") != KIND_OF_OLD_FILES:
        raise InputError("a cell type classifier", "another kind of JSON file", path, MADE_BY)
    if content.get("version") != VERSION_OF_OLD_FILES:
        raise InputError(
            f"a cell type classifier of version {VERSION_OF_OLD_FILES}",
            f"{content.get('version')!r}",
            path,
        )
    about = content.get("about")
    return _from_content(content, dict(about) if isinstance(about, Mapping) else {}, path)


def _from_content(
    content: Mapping[str, Any], about: dict[str, Any], where: str | Path
) -> TypeClassifier:
    whole = "a complete cell type classifier"
    try:
        types = tuple(map(str, content["types"]))
        rows = content["features"]
        named = [(row["name"], row["logarithm"]) for row in rows]
        values = {
            "weights": numbers(content["weights"], (len(types), len(rows)), where),
            "intercept": numbers(content["intercept"], (len(types),), where),
        }
        for name in _COLUMNS:
            values[name] = numbers([row[name] for row in rows], (len(rows),), where)
    except (KeyError, TypeError) as error:
        raise InputError(whole, f"damage ({type(error).__name__}: {error})", where) from error
    if named != [(feature.name, feature.logarithm) for feature in FEATURES]:
        raise InputError(f"the features {', '.join(NAMES)}", "others", where)
    if len(set(types)) < 2 or len(set(types)) < len(types):
        raise InputError(whole, "fewer than two types, or one of them twice", where)
    if not (values["sd"] > 0).all():
        raise InputError(whole, "a scale of 0", where)
    return TypeClassifier(types, **values, about=about)
