"""The cell types task: learn from typed cells, and suggest the types of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.learning import estimator
from deepcinac.learning.card import Card
from deepcinac.learning.splits import CELLS, RECORDINGS
from deepcinac.learning.task import Examples, Judgement
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, silent
from deepcinac.results import Maker, Result, Results
from deepcinac.results.kinds import CELL_TYPE, KINDS
from deepcinac.tasks.cell_types.model import TASK, TypeClassifier, TypeEstimator, classifier_of
from deepcinac.tasks.cell_types.score import SCORE_NAME, TypeScores, judgement_of, scores_of
from deepcinac.tasks.cell_types.targets import (
    FEWEST_CELLS,
    TypedRecording,
    require_enough,
    typed_cells,
)
from deepcinac.version import __version__

LAYER_NAME = "suggested types"
AUTHOR = "cell type classifier"


@dataclass(frozen=True, eq=False)
class CellTypesTask:
    """Types learned from the typed cells of some recordings (``learning.task.EstimatorTask``)."""

    recordings: Sequence[TypedRecording] = ()
    name: str = TASK
    score_name: str = SCORE_NAME

    def card(self, name: str) -> Card:
        """The card of the classifier that is to be learned."""
        examples = self.examples()
        training = {
            "recordings": [recording.name for recording in self.recordings],
            "cells": dict(Counter(examples.targets)),
        }
        return Card(name, TASK, training=training)

    def examples(self) -> Examples:
        """Typed cells of all recordings; types that fewer than 5 cells have are left out."""
        return typed_cells(self.recordings)[0]

    def build(self) -> TypeEstimator:
        """An estimator that has learned nothing."""
        return TypeEstimator()

    def arrays(self, estimator: TypeEstimator) -> Mapping[str, Any]:
        """What it has learned."""
        return estimator.fitted_.arrays()

    def restore(self, card: Card) -> TypeEstimator:
        """The estimator of a card."""
        restored = TypeEstimator()
        restored.fitted_ = classifier_of(card)
        restored.classes_ = np.array(restored.fitted_.types)
        return restored

    def judge(
        self, targets: Sequence[str], classes: Sequence[str], shares: np.ndarray
    ) -> Judgement:
        """Share of held-out cells with the type that the expert gave."""
        how = RECORDINGS if len(set(self.examples().groups)) > 1 else CELLS
        return judgement_of(scores_of(targets, classes, shares, how))

    def predict(
        self, classifier: ClassifierFolder, recording: TypedRecording, progress: Progress = silent
    ) -> Results:
        """The probability of each type for all cells of a recording."""
        return suggest_with(classifier_of(classifier.card), recording, classifier.card.name)


@dataclass(frozen=True, eq=False)
class LearnedTypes:
    """A classifier, its scores, and what it says of each typed cell when that was held out.

    ``held_out`` (n, k) probabilities, NaN for cells of a type that was left out; ``left_out``:
    types with too few cells, and how many these had.
    """

    classifier: TypeClassifier
    scores: TypeScores
    held_out: np.ndarray
    left_out: dict[str, int]

    def in_words(self) -> str:
        """The score beside its baseline, and what was left out."""
        few = ", ".join(f"{name} ({count})" for name, count in sorted(self.left_out.items()))
        note = f". Left out, because fewer than {FEWEST_CELLS} cells have it: {few}" if few else ""
        return f"{self.scores.sentence()}{note}"


def learn_from(recordings: Sequence[TypedRecording]) -> LearnedTypes:
    """Learn from all typed cells of some recordings.

    Types with fewer than 5 cells are left out; fewer than two types that remain are an InputError.
    With several recordings each is held out in turn, else a fifth of the cells of each type.
    """
    _, left_out = require_enough(name for one in recordings for name in one.types)
    learned = estimator.learn(CellTypesTask(recordings))
    examples, kept = typed_cells(recordings)
    how = RECORDINGS if learned.split.by == RECORDINGS else CELLS
    scores = scores_of(examples.targets, learned.classes, learned.held_out, how)
    held_out = np.full((len(kept), len(learned.classes)), np.nan)
    held_out[kept] = learned.held_out
    about = {
        "program_version": __version__,
        **learned.card.training,
        "scores": learned.card.scores,
    }
    classifier = replace(learned.estimator.fitted_, about=about)
    return LearnedTypes(classifier, scores, held_out, left_out)


def suggest_with(
    classifier: TypeClassifier, recording: TypedRecording, name: str = AUTHOR
) -> Results:
    """What a classifier says of all cells of a recording that it did not learn from."""
    return _results(classifier, recording, classifier.probabilities(recording.table), name, {})


def suggest_from_own(recording: TypedRecording) -> tuple[Results, LearnedTypes]:
    """Learn from the typed cells of a recording and suggest for all of its cells.

    A typed cell gets the answer of a classifier that has not seen it, so that a disagreement means
    something.
    """
    learned = learn_from([recording])
    shares = learned.classifier.probabilities(recording.table)
    typed = [cell for cell, name in enumerate(recording.types) if name]
    judged = np.isfinite(learned.held_out).all(axis=1)
    held = np.array(typed)[judged]
    shares[held] = learned.held_out[judged]
    settings = {"own_cells": "held out"}
    return _results(learned.classifier, recording, shares, AUTHOR, settings, held), learned


def _results(
    classifier: TypeClassifier,
    recording: TypedRecording,
    shares: np.ndarray,
    name: str,
    settings: dict[str, Any],
    held: np.ndarray | None = None,
) -> Results:
    """Probabilities (n_cells, k) as results; no remark about the ``held`` cells, learned from in turn."""
    about = classifier.about
    maker = Maker(
        TASK,
        name,
        str(about.get("program_version", "")),
        classifier.sha256,
        settings,
        recording.input_fingerprint,
        __version__,
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    known = set() if held is None else set(held.tolist())
    remarks = {
        cell: said
        for cell, values in enumerate(recording.table)
        if cell not in known and (said := classifier.unlike(values))
    }
    result = Result(
        CELL_TYPE,
        shares,
        KINDS[CELL_TYPE].dims,
        KINDS[CELL_TYPE].units,
        maker,
        cells=np.arange(len(shares)),
        footprints=recording.footprints or None,
        labels={"class": classifier.types},
        remarks=remarks,
    )
    return Results((result,), info=dict(about))


def type_predictions(results: Results) -> dict[int, TypePrediction]:
    """The same by cell, as the session and the window hold them."""
    found = results[CELL_TYPE]
    types = found.labels["class"]
    rows = zip(found.require_cells().tolist(), found.array.tolist(), strict=True)
    return {
        cell: TypePrediction(dict(zip(types, row, strict=True)), found.remarks.get(cell, ""))
        for cell, row in rows
    }


def in_words(results: Results, types: Sequence[str | None]) -> str:
    """How many cells have a suggestion, and how it stands to the types that were given."""
    pairs = [(said, types[cell]) for cell, said in sorted(type_predictions(results).items())]
    new = sum(given is None for _, given in pairs)
    other = sum(given is not None and said.type != given for said, given in pairs)
    unlike = sum(bool(said.unlike) for said, _ in pairs)
    text = f"Types of {len(pairs)} cells suggested, {new} of them without a type"
    notes = [f"{other} differ from the type given"] * bool(other)
    notes += [f"{unlike} are unlike any cell learned from"] * bool(unlike)
    return "; ".join([text, *notes])
