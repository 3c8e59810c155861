"""Learning types from typed cells, and how well that works on cells that were held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.tasks.cell_types.model import TypeClassifier, fitted

FEWEST_CELLS = 5
"""Typed cells that a type needs before anything is learned about it."""
N_FOLDS = 5


@dataclass(frozen=True)
class Scores:
    """How often held-out cells got the type that the expert gave, as shares.

    ``majority``: always saying the commonest type would reach this. ``balanced``: mean over the
    types of their own shares (by chance one over the number of types). ``held_out``: "recordings"
    when each recording was left out whole, else "cells".
    """

    n_cells: int
    accuracy: float
    majority: float
    balanced: float
    commonest: str
    held_out: str

    @property
    def is_useful(self) -> bool:
        """Better than always saying the commonest type."""
        return self.accuracy > self.majority

    def sentence(self) -> str:
        """The score beside its baseline, and a warning where it is no better than that.

        "16 of 18 typed cells right when held out: 89 % (always saying interneuron: 50 %; mean over
        types: 89 %)".
        """
        right = f"{round(self.accuracy * self.n_cells)} of {self.n_cells} typed cells right"
        how = "when held out" if self.held_out == "cells" else "when their recording was held out"
        base = f"always saying {self.commonest}: {100 * self.majority:.0f} %"
        text = f"{right} {how}: {100 * self.accuracy:.0f} % ({base}"
        text += f"; mean over types: {100 * self.balanced:.0f} %)"
        return text if self.is_useful else f"{text}. Do not rely on it"


@dataclass(frozen=True, eq=False)
class Learned:
    """A classifier, its scores, and what it says of each typed cell when that was held out.

    ``held_out`` (n, k) probabilities, NaN for cells of a type that was left out; ``left_out``:
    types with too few cells, and how many these had.
    """

    classifier: TypeClassifier
    scores: Scores
    held_out: np.ndarray
    left_out: dict[str, int]

    def in_words(self) -> str:
        """The score beside its baseline, and what was left out."""
        few = ", ".join(f"{name} ({count})" for name, count in sorted(self.left_out.items()))
        note = f". Left out, because fewer than {FEWEST_CELLS} cells have it: {few}" if few else ""
        return f"{self.scores.sentence()}{note}"


def learn(
    table: np.ndarray,
    types: Sequence[str],
    recordings: Sequence[str],
    about: dict[str, Any] | None = None,
) -> Learned:
    """Learn from features (n, n_features) of typed cells of one or several recordings.

    Types with fewer than 5 cells are left out; fewer than two types that remain are an InputError.
    With several recordings each is held out in turn, else a fifth of the cells of each type.
    """
    kept_types, left_out = require_enough(types)
    kept = np.array([name in kept_types for name in types])
    own_types = [name for name in types if name in kept_types]
    own_recordings = [name for name, keep in zip(recordings, kept, strict=True) if keep]
    classifier = fitted(table[kept], own_types, about)
    several = len(set(own_recordings)) > 1
    folds = np.array(_numbered(own_recordings)) if several else _folds(own_types)
    held_out = cross_validated(table[kept], own_types, folds)
    scores = _scores(held_out, classifier.types, own_types, "recordings" if several else "cells")
    learned_from = {
        "cells": dict(Counter(own_types)),
        "scores": vars(scores),
    }
    everywhere = np.full((len(types), len(classifier.types)), np.nan)
    everywhere[kept] = held_out
    classifier = replace(classifier, about={**classifier.about, **learned_from})
    return Learned(classifier, scores, everywhere, left_out)


def require_enough(types: Iterable[str | None]) -> tuple[set[str], dict[str, int]]:
    """The types that enough cells have, and the others with their numbers; None: not typed."""
    counts = Counter(name for name in types if name)
    enough = {name for name, count in counts.items() if count >= FEWEST_CELLS}
    if len(enough) < 2:
        held = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
        raise InputError(
            f"at least {FEWEST_CELLS} typed cells of each of two types",
            held,
            hint="give some more cells their type, clear examples of each, and try again",
        )
    return enough, {name: count for name, count in counts.items() if name not in enough}


def cross_validated(table: np.ndarray, types: Sequence[str], folds: np.ndarray) -> np.ndarray:
    """Probabilities (n, k) of each cell by a classifier that has not seen its fold (n,) int.

    Types that do not occur outside the fold get 0; with one type left, that one gets 1.
    """
    names = sorted(set(types))
    found = np.zeros((len(types), len(names)))
    for fold in np.unique(folds).tolist():
        out = folds == fold
        inside = [name for name, held in zip(types, out, strict=True) if not held]
        if len(set(inside)) == 1:
            found[out, names.index(inside[0])] = 1.0
            continue
        known = fitted(table[~out], inside)
        columns = [names.index(name) for name in known.types]
        found[np.ix_(out, columns)] = known.probabilities(table[out])
    return found


def _folds(types: Sequence[str]) -> np.ndarray:
    """Every fifth cell of each type in one fold, so that each fold has all types."""
    seen: Counter[str] = Counter()
    folds = []
    for name in types:
        folds.append(seen[name] % N_FOLDS)
        seen[name] += 1
    return np.array(folds)


def _numbered(names: Sequence[str]) -> list[int]:
    order = sorted(set(names))
    return [order.index(name) for name in names]


def _scores(held_out: np.ndarray, names: Sequence[str], types: Sequence[str], how: str) -> Scores:
    right = np.array([names[place] for place in held_out.argmax(axis=1)]) == np.array(types)
    counts = Counter(types)
    commonest = min(counts, key=lambda name: (-counts[name], name))
    by_type = [right[np.array(types) == name].mean() for name in names]
    return Scores(
        n_cells=len(types),
        accuracy=float(right.mean()),
        majority=counts[commonest] / len(types),
        balanced=float(np.mean(by_type)),
        commonest=commonest,
        held_out=how,
    )
