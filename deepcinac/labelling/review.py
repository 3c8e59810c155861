"""What is worth an expert's next minute: a ranked list of transients to look at.

Four things make a transient worth a look: experts disagree about it, an expert and the classifier
disagree, the classifier is not sure, or the light does not have the shape of the cell that is said to
have made it. Each gives a score from 0 to 1; what several reasons point at comes earlier. A share
of transients drawn at random is mixed in, so that the ranking itself can be judged: an expert
should change much less among those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.labelling.agreement import (
    MISSED,
    SPLIT,
    Disagreement,
    compare_layers,
    disagreements,
)
from deepcinac.labelling.layer_labels import Labels, read_labels
from deepcinac.labelling.spans import subtract
from deepcinac.labelling.transients import raster, runs
from deepcinac.recording.profiles import NEIGHBOUR, OWN, Verdict
from deepcinac.settings import checked, option

if TYPE_CHECKING:
    from deepcinac.labelling.session import Session

EXPERTS, CLASSIFIER, SOURCE, UNCERTAIN, CONTROL = (
    "experts",
    "classifier",
    "source",
    "uncertain",
    "control",
)
WEIGHT = {EXPERTS: 1.0, CLASSIFIER: 0.8, SOURCE: 0.7, UNCERTAIN: 0.5}
"""How much each reason counts: people who looked before programs, contradictions before doubts."""

CLEARLY_OWN = 0.7
"""Correlation with its own source from which a rise that the classifier refuses is worth a look
(the paper's value for a true activation, section 2.5)."""
LARGE_JITTER_S = 1.0
"""Onsets or peaks this far apart are worth as much as half a missed transient."""
REVIEWED = "reviewed"
"""Marks of this kind say that a transient has been gone through."""

Judge = Callable[[int, int, int], Verdict]
"""``judge(cell, onset, peak)``: whose light it is (:class:`deepcinac.recording.profiles.SourceProfiles`)."""


@dataclass(frozen=True)
class ReviewSettings:
    """What is looked for."""

    threshold: float = option(
        0.5, "a frame is predicted from this probability on", minimum=0, maximum=1
    )
    uncertain_from: float = option(
        0.25, "lowest maximum of an uncertain transient", minimum=0, maximum=1
    )
    uncertain_to: float = option(
        0.65, "highest maximum of an uncertain transient", minimum=0, maximum=1
    )
    control_share: float = option(
        0.1, "share of the list that is drawn at random", minimum=0, maximum=0.5
    )
    seed: int = option(0, "seed of the random share", minimum=0)


@dataclass(frozen=True)
class ReviewItem:
    """Frames ``first`` to ``last`` (included) of a cell, why to look at them, and how urgently.

    ``kinds`` are among "experts", "classifier", "source", "uncertain" and "control"; ``reason``
    says it in words; ``score`` is from 0 to 1.
    """

    cell: int
    first: int
    last: int
    kinds: tuple[str, ...]
    reason: str
    score: float


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
    labels: Labels, cell: int, probability: np.ndarray, threshold: float
) -> list[ReviewItem]:
    """Where an expert and the classifier disagree about a cell; ``probability`` (n_frames,).

    The surer the classifier is of the opposite, the higher the score. Only frames that the expert
    has judged and does not call doubtful count.
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
            found.append(_item(cell, onset, peak, CLASSIFIER, text, 1 - highest))
    for first, last in runs(probability >= threshold).tolist():
        frames = slice(first, last + 1)
        if counts[frames].all() and not active[frames].any():
            highest = float(probability[frames].max())
            text = f"the classifier finds it ({highest:.2f}), {labels.name} does not"
            found.append(_item(cell, first, last, CLASSIFIER, text, highest))
    return found


def uncertain(
    cell: int, probability: np.ndarray, lowest: float = 0.25, highest: float = 0.65
) -> list[ReviewItem]:
    """The classifier's least certain transients of a cell; ``probability`` (n_frames,).

    These are the runs of frames of at least ``lowest`` whose maximum is at most ``highest``; the
    nearer that is to 0.5, the higher the score.
    """
    found = []
    for first, last in runs(probability >= lowest).tolist():
        top = float(probability[first : last + 1].max())
        if top <= highest:
            text = f"the classifier is not sure ({top:.2f})"
            found.append(_item(cell, first, last, UNCERTAIN, text, 1 - 2 * abs(top - 0.5)))
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
    refused ones whose light is very clearly the cell's own.
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
            own = 0.0 if np.isnan(verdict.own) else verdict.own
            found.append(_item(cell, first, last, SOURCE, text, other - own))
    for onset, peak in [] if putative is None else putative.tolist():
        if probability[onset : peak + 1].max() >= threshold:
            continue
        verdict = judge(cell, onset, peak)
        if verdict.origin == OWN and verdict.own >= CLEARLY_OWN:
            text = (
                f"not predicted, but the light has the cell's shape (correlation {verdict.own:.2f})"
            )
            found.append(_item(cell, onset, peak, SOURCE, text, verdict.own))
    return found


def rank(items: Iterable[ReviewItem]) -> list[ReviewItem]:
    """The items by urgency; those that share frames of one cell are one item with all reasons.

    Scores s with weights w add up to 1 - (1 - w1 s1)(1 - w2 s2)…; of each kind the highest counts.
    """
    groups: list[list[ReviewItem]] = []
    reached = -1
    for item in sorted(items, key=lambda i: (i.cell, i.first, i.last, i.kinds, i.reason)):
        if not groups or groups[-1][0].cell != item.cell or item.first > reached:
            groups.append([])
            reached = -1
        groups[-1].append(item)
        reached = max(reached, item.last)
    united = [_united(group) for group in groups]
    return sorted(united, key=lambda i: (-i.score, i.cell, i.first))


def _united(group: Sequence[ReviewItem]) -> ReviewItem:
    best: dict[str, float] = {}
    for item in group:
        for kind in item.kinds:
            best[kind] = max(best.get(kind, 0.0), item.score)
    kinds = tuple(kind for kind in WEIGHT if kind in best)
    left = np.prod([1 - WEIGHT[kind] * best[kind] for kind in kinds])
    ordered = sorted(group, key=lambda item: list(WEIGHT).index(item.kinds[0]))
    reasons = dict.fromkeys(item.reason for item in ordered)
    first, last = min(i.first for i in group), max(i.last for i in group)
    return ReviewItem(group[0].cell, first, last, kinds, "; ".join(reasons), float(1 - left))


def with_control(
    ranked: Sequence[ReviewItem], pool: np.ndarray, share: float, seed: int = 0
) -> list[ReviewItem]:
    """The ranked items with random ones of ``pool`` (k, 3: cell, onset, peak) at random places.

    They make up ``share`` of the result, as far as the pool holds transients that share no frame
    with a ranked item. A control item has the score 0.
    """
    generator = np.random.default_rng(seed)
    taken = _Frames((item.cell, item.first, item.last) for item in ranked)
    free = [row for row in np.unique(pool, axis=0).tolist() if not taken.meet(*row)]
    n_control = min(round(share / (1 - share) * len(ranked)), len(free))
    queue = list(ranked)
    for place in generator.permutation(len(free))[:n_control].tolist():
        cell, first, last = free[place]
        item = ReviewItem(cell, first, last, (CONTROL,), "drawn at random", 0.0)
        queue.insert(int(generator.integers(len(queue) + 1)), item)
    return queue


class _Frames:
    """Frames of cells, from rows of cell, first, last."""

    def __init__(self, rows: Iterable[tuple[int, int, int]]) -> None:
        self._of_cell: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for cell, first, last in rows:
            self._of_cell[cell].append((first, last))

    def meet(self, cell: int, first: int, last: int) -> bool:
        """Whether any of the frames ``first`` to ``last`` of the cell is among them."""
        return any(a <= last and first <= b for a, b in self._of_cell.get(cell, ()))


def review_queue(
    experts: Sequence[Labels],
    prediction: Mapping[int, np.ndarray],
    frame_rate_hz: float,
    settings: ReviewSettings | None = None,
    judge: Judge | None = None,
    putative: Mapping[int, np.ndarray] | None = None,
    done: Sequence[tuple[int, int, int]] = (),
) -> list[ReviewItem]:
    """The ranked list for one recording.

    Parameters
    ----------
    experts
        Layers of experts (or a consensus), of the same cells and frames.
    prediction
        Probability (n_frames,) of each cell that a classifier has predicted.
    judge
        Whose light it is; without it nothing is said about sources.
    putative
        Putative transients (k, 2) of the cells; they serve to find refused transients and as
        control.
    done
        Cell, first and last frame of what has been gone through and is left out.
    """
    settings = checked(settings or ReviewSettings())
    putative = putative or {}
    items = between_experts(experts, frame_rate_hz)
    pool = [np.empty((0, 3), np.int64), *(labels.transients for labels in experts)]
    for cell, probability in prediction.items():
        for labels in experts:
            items += against_classifier(labels, cell, probability, settings.threshold)
        items += uncertain(cell, probability, settings.uncertain_from, settings.uncertain_to)
        if judge is not None:
            items += contradicted(cell, probability, judge, settings.threshold, putative.get(cell))
        pool.append(_with_cell(cell, runs(probability >= settings.uncertain_from)))
    pool += [_with_cell(cell, intervals) for cell, intervals in putative.items()]
    finished = _Frames(done)
    left = [item for item in items if not finished.meet(item.cell, item.first, item.last)]
    candidates = [row for row in np.concatenate(pool).tolist() if not finished.meet(*row)]
    pool_left = np.array(candidates, dtype=np.int64).reshape(-1, 3)
    return with_control(rank(left), pool_left, settings.control_share, settings.seed)


def _with_cell(cell: int, intervals: np.ndarray) -> np.ndarray:
    return np.insert(np.asarray(intervals, dtype=np.int64).reshape(-1, 2), 0, cell, axis=1)


def queue_of_session(
    session: Session,
    classifier: int | str | None = None,
    experts: Sequence[int | str] | None = None,
    settings: ReviewSettings | None = None,
    judge: Judge | None = None,
    putative: Mapping[int, np.ndarray] | None = None,
) -> list[ReviewItem]:
    """The ranked list for a session.

    ``experts`` are by default all layers of experts, ``classifier`` the newest layer of a
    classifier. Invalid cells and transients that bear a mark "reviewed" are left out.
    """
    names = experts if experts is not None else [x.id for x in session.layers("expert")]
    labels = [read_labels(session, name) for name in names]
    chosen = session.layers("classifier")[-1:]
    if classifier is not None:
        chosen = [session.layer(classifier)]
    valid = session.cells().valid
    prediction: dict[int, np.ndarray] = {}
    for layer in chosen:
        cells, probability = session.predictions(layer.id)
        prediction = dict(zip(cells.tolist(), probability, strict=True))
    done = [(mark.cell, mark.onset, mark.peak) for mark in session.marks(REVIEWED)]
    whole = session.recording.n_frames - 1
    done += [(cell, 0, whole) for cell in np.flatnonzero(~valid).tolist()]
    kept = {cell: row for cell, row in prediction.items() if valid[cell]}
    return review_queue(
        labels, kept, session.recording.frame_rate_hz, settings, judge, putative, done
    )


def _item(cell: int, first: int, last: int, kind: str, text: str, score: float) -> ReviewItem:
    return ReviewItem(cell, first, last, (kind,), text, float(min(max(score, 0.0), 1.0)))
