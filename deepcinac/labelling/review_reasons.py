"""Why a transient may be worth a second look: one function for each reason.

Every reason comes with a sentence and with the chance that what stands there now is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.labelling.agreement import (
    MISSED,
    SPLIT,
    Disagreement,
    compare_layers,
    disagreements,
)
from deepcinac.labelling.layer_labels import Labels
from deepcinac.labelling.spans import subtract
from deepcinac.labelling.transients import raster, runs
from deepcinac.recording.profiles import NEIGHBOUR, OWN, Verdict

EXPERTS, CLASSIFIER, SOURCE, UNCERTAIN, CONTROL = (
    "experts",
    "classifier",
    "source",
    "uncertain",
    "control",
)
CHANCE_SLOPE, CHANCE_OFFSET = 1.4, -0.44
"""From the highest probability p of a predicted transient to the chance that it is real, both as
logarithms of odds: slope x + offset. Fitted to six simulated recordings; p itself says too little of an
event whose frames are likely and too much of one whose frames are not."""
NEIGHBOUR_SHIFT = -0.8
"""What a profile like a neighbour's adds to the logarithm of the odds, fitted likewise."""
MARKED_SHIFT = -1.0
"""The same for the mistake of an expert who marked something, against one who overlooked it: programs
miss more of what experts see than they invent."""
CLEARLY_OWN = 0.7
"""Correlation with its own source from which a rise that the classifier refuses is worth a look
(the paper's value for a true activation, section 2.5)."""
LARGE_JITTER_S = 1.0
"""Onsets or peaks this far apart are worth as much as half a missed transient."""
Judge = Callable[[int, int, int], Verdict]
"""``judge(cell, onset, peak)``: whose light it is (:class:`deepcinac.recording.profiles.SourceProfiles`)."""


@dataclass(frozen=True)
class ReviewItem:
    """Frames ``first`` to ``last`` (included) of a cell, why to look at them, and how urgently.

    ``kinds`` are among "experts", "classifier", "source", "uncertain" and "control"; ``reason``
    says it in words; ``score`` is from 0 to 1. Items with the same ``group`` show one event and follow
    each other; 0 stands alone.
    """

    cell: int
    first: int
    last: int
    kinds: tuple[str, ...]
    reason: str
    score: float
    group: int = 0


def chance_real(highest: float, shift: float = 0.0) -> float:
    """The chance that a transient is real, from the highest probability of its frames.

    >>> round(chance_real(0.5), 2), round(chance_real(0.9), 2), round(chance_real(0.2), 2)
    (0.39, 0.93, 0.08)
    """
    p = min(max(float(highest), 1e-6), 1 - 1e-6)
    odds = CHANCE_SLOPE * np.log(p / (1 - p)) + CHANCE_OFFSET + shift
    return float(1 / (1 + np.exp(-odds)))


def between_experts(layers: Sequence[Labels], frame_rate_hz: float) -> list[ReviewItem]:
    """What every two of the experts see differently."""
    found = []
    for pair in compare_layers(layers):
        for one in disagreements(pair, frame_rate_hz):
            score = _strength(one, frame_rate_hz)
            found.append(ReviewItem(one.cell, one.first, one.last, (EXPERTS,), one.text, score))
    return found


def _strength(one: Disagreement, frame_rate_hz: float) -> float:
    if one.kind == MISSED:
        return 1.0
    if one.kind == SPLIT:
        return 0.7
    return 0.5 * min(1.0, one.n_frames / (LARGE_JITTER_S * frame_rate_hz))


def against_classifier(
    labels: Labels, cell: int, probability: np.ndarray, threshold: float, near: int = 0
) -> list[ReviewItem]:
    """Where an expert and the classifier disagree about a cell; ``probability`` (n_frames,).

    The surer the classifier is of the opposite, the higher the score; ``near`` is how many frames beside
    an expert's transient it may be sure of the same. Only frames that the expert has judged and does not
    call doubtful count.
    """
    judged = subtract(labels.judged(cell), labels.spans_of_cell(cell, "doubtful"))
    counts = raster(judged, labels.n_frames)
    marked = labels.of_cell(cell)
    active = raster(marked, labels.n_frames)
    found = []
    for onset, peak in marked.tolist():
        highest = float(probability[onset : peak + 1].max())
        if highest < threshold:
            text = f"{labels.name} marks it, the classifier does not (at most {highest:.2f})"
            around = float(probability[max(onset - near, 0) : peak + near + 1].max())
            mistaken = 1 - chance_real(around, shift=-MARKED_SHIFT)
            found.append(_item(cell, onset, peak, CLASSIFIER, text, mistaken))
    for first, last in runs(probability >= threshold).tolist():
        frames = slice(first, last + 1)
        if counts[frames].all() and not active[frames].any():
            highest = float(probability[frames].max())
            text = f"the classifier finds it ({highest:.2f}), {labels.name} does not"
            found.append(_item(cell, first, last, CLASSIFIER, text, chance_real(highest)))
    return found


def proposals(probability: np.ndarray, threshold: float, lowest: float) -> np.ndarray:
    """What a classifier proposes for a cell, (k, 2): its transients, and what it refused but doubted.

    These are the runs of frames at or above ``threshold``, and those at or above ``lowest`` whose maximum
    lies below it; ``probability`` (n_frames,).
    """
    taken = runs(probability >= threshold)
    doubted = [
        (first, last)
        for first, last in runs(probability >= lowest).tolist()
        if probability[first : last + 1].max() < threshold
    ]
    both = np.concatenate([taken, np.array(doubted, dtype=np.int64).reshape(-1, 2)])
    return both[np.argsort(both[:, 0], kind="stable")]


def uncertain(
    cell: int,
    probability: np.ndarray,
    lowest: float = 0.2,
    highest: float = 0.9,
    threshold: float = 0.5,
) -> list[ReviewItem]:
    """The classifier's least certain transients of a cell; ``probability`` (n_frames,).

    These are the :func:`proposals` whose maximum is at least ``lowest`` and at most ``highest``; the score
    is the chance that the classifier's word is wrong.
    """
    found = []
    for first, last in proposals(probability, threshold, lowest).tolist():
        top = float(probability[first : last + 1].max())
        if lowest <= top <= highest:
            says = "finds it" if top >= threshold else "refuses it"
            real = chance_real(top)
            wrong = 1 - real if top >= threshold else real
            text = (
                f"the classifier {says} but is not sure ({top:.2f}; wrong in {wrong:.0%} of such)"
            )
            found.append(_item(cell, first, last, UNCERTAIN, text, wrong))
    return found


def contradicted(
    cell: int,
    probability: np.ndarray,
    judge: Judge,
    threshold: float = 0.5,
    putative: np.ndarray | None = None,
) -> list[ReviewItem]:
    """Where the shape of the light contradicts the classifier; ``probability`` (n_frames,).

    Predicted transients whose light is a neighbour's, and, among the ``putative`` transients (k, 2),
    refused ones whose light is very clearly the cell's own. The classifier knows the neighbours too and is
    right more often than not, so that the score is little above that of its own doubt.
    """
    found = []
    for first, last in runs(probability >= threshold).tolist():
        verdict = judge(cell, first, last)
        if verdict.origin == NEIGHBOUR:
            other = float(np.nanmax(verdict.correlations))
            text = (
                f"predicted, but the light is that of cell {verdict.neighbour} "
                f"(correlation {other:.2f}, own {verdict.own:.2f})"
            )
            highest = float(probability[first : last + 1].max())
            wrong = 1 - chance_real(highest, NEIGHBOUR_SHIFT)
            found.append(_item(cell, first, last, SOURCE, text, wrong))
    for onset, peak in [] if putative is None else putative.tolist():
        highest = float(probability[onset : peak + 1].max())
        if highest >= threshold:
            continue
        verdict = judge(cell, onset, peak)
        if verdict.origin == OWN and verdict.own >= CLEARLY_OWN:
            text = (
                f"not predicted, but the light has the cell's shape (correlation {verdict.own:.2f})"
            )
            found.append(_item(cell, onset, peak, SOURCE, text, chance_real(highest)))
    return found


def _item(cell: int, first: int, last: int, kind: str, text: str, score: float) -> ReviewItem:
    return ReviewItem(cell, first, last, (kind,), text, float(min(max(score, 0.0), 1.0)))
