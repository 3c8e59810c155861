"""What is worth an expert's next minute: a ranked list of transients to look at, as long as asked for.

Four things make a transient worth a look: experts disagree about it, an expert and the classifier
disagree, the classifier is not sure, or the light does not have the shape of the cell that is said to
have made it. The score of each is the chance that what stands there now is wrong, as measured on
simulated recordings (``benchmarks/README.md``, Review queue); of several reasons the strongest counts.
What shows one event (several cells lit by one of them, a transient that was split in two) stands
together. A share of transients drawn at random is mixed in, so that the ranking itself can be judged: an
expert should change much less among those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.labelling.layer_labels import Labels, read_labels
from deepcinac.labelling.review_reasons import (
    CLASSIFIER,
    CONTROL,
    EXPERTS,
    SOURCE,
    UNCERTAIN,
    Judge,
    ReviewItem,
    against_classifier,
    between_experts,
    contradicted,
    proposals,
    uncertain,
)
from deepcinac.labelling.spans import subtract
from deepcinac.labelling.transients import describe
from deepcinac.settings import checked, option

if TYPE_CHECKING:
    from deepcinac.labelling.session import Session

__all__ = ["REVIEWED", "ReviewItem", "ReviewSettings", "queue_of_session", "rank", "review_queue"]

WEIGHT = {EXPERTS: 1.0, CLASSIFIER: 0.9, SOURCE: 0.8, UNCERTAIN: 0.8}
"""How much the chance counts: where people looked and differ comes before what programs doubt."""
SETTLED = 0.2
"""What is left of a program's doubt where an expert has judged and agrees with it."""
SPLIT_S = 0.3
"""Two of one cell that are this close may be one transient that was split."""
SAME_EVENT = 0.5
"""Share of the shorter one's frames from which two overlapping cells show one event."""
NEAR_S = 0.5
"""How far from an expert's transient the classifier's counts as the same."""
REVIEWED = "reviewed"
"""Marks of this kind say that a transient has been gone through."""


@dataclass(frozen=True)
class ReviewSettings:
    """What is looked for."""

    threshold: float = option(
        0.5, "a frame is predicted from this probability on", minimum=0, maximum=1
    )
    uncertain_from: float = option(
        0.2, "lowest maximum of an uncertain transient", minimum=0, maximum=1
    )
    uncertain_to: float = option(
        0.9, "highest maximum of an uncertain transient", minimum=0, maximum=1
    )
    at_most: int = option(
        60, "longest list, the best of it; 0: everything", minimum=0, maximum=1_000_000
    )
    control_share: float = option(
        0.1, "share of the list that is drawn at random", minimum=0, maximum=0.5
    )
    seed: int = option(0, "seed of the random share", minimum=0)


def rank(items: Iterable[ReviewItem]) -> list[ReviewItem]:
    """The items by urgency; those that share frames of one cell are one item with all reasons.

    Of several reasons the strongest counts, by score times :data:`WEIGHT`.
    """
    together: list[list[ReviewItem]] = []
    reached = -1
    for item in sorted(items, key=lambda i: (i.cell, i.first, i.last, i.kinds, i.reason)):
        if not together or together[-1][0].cell != item.cell or item.first > reached:
            together.append([])
            reached = -1
        together[-1].append(item)
        reached = max(reached, item.last)
    united = [_united(same) for same in together]
    return sorted(united, key=lambda i: (-i.score, -len(i.kinds), i.cell, i.first))


def _united(same: Sequence[ReviewItem]) -> ReviewItem:
    found = {kind for item in same for kind in item.kinds}
    kinds = tuple(kind for kind in WEIGHT if kind in found)
    score = max(WEIGHT[kind] * item.score for item in same for kind in item.kinds)
    ordered = sorted(same, key=lambda item: list(WEIGHT).index(item.kinds[0]))
    reasons = dict.fromkeys(item.reason for item in ordered)
    first, last = min(i.first for i in same), max(i.last for i in same)
    return ReviewItem(same[0].cell, first, last, kinds, "; ".join(reasons), float(score))


def grouped(
    ranked: Sequence[ReviewItem],
    neighbours: Callable[[int], Iterable[int]],
    frame_rate_hz: float,
) -> list[ReviewItem]:
    """The ranked items, each followed at once by those that show the same event, and saying so.

    These are items of cells that share pixels with its cell and at least half of the frames, and items of
    its own cell so close that the two may be one transient. ``neighbours(cell)`` gives the cells that share
    pixels with a cell. Who belongs to one item is asked of no other.
    """
    gap = round(SPLIT_S * frame_rate_hz)
    of_cell: dict[int, list[int]] = defaultdict(list)
    for place, item in enumerate(ranked):
        of_cell[item.cell].append(place)
    taken: set[int] = set()
    queue: list[ReviewItem] = []
    number = 0
    for place, leader in enumerate(ranked):
        if place in taken:
            continue
        near = {leader.cell, *map(int, neighbours(leader.cell))}
        following = sorted(
            other
            for cell in near
            for other in of_cell[cell]
            if other not in taken and other != place and _belong(leader, ranked[other], gap)
        )
        taken.update([place, *following])
        if not following:
            queue.append(leader)
            continue
        number += 1
        members = [ranked[other] for other in following]
        queue.append(_told(leader, members, number))
        queue += [_told(member, [leader], number) for member in members]
    return queue


def _belong(one: ReviewItem, other: ReviewItem, gap: int) -> bool:
    """Whether two items show one event: ``gap`` is the most frames between two halves of a transient."""
    shared = min(one.last, other.last) - max(one.first, other.first) + 1
    if one.cell == other.cell:
        return -shared <= gap
    shorter = min(one.last - one.first, other.last - other.first) + 1
    return shared >= SAME_EVENT * shorter


def _told(item: ReviewItem, others: Sequence[ReviewItem], number: int) -> ReviewItem:
    """An item that says what belongs to it."""
    cells = sorted({other.cell for other in others if other.cell != item.cell})
    words = [item.reason]
    if cells:
        names = ", ".join(map(str, cells))
        words.append(f"at the same time as in {'cell' if len(cells) == 1 else 'cells'} {names}")
    words += [
        f"one transient or two? The other: {describe(other.first, other.last)}"
        for other in others
        if other.cell == item.cell
    ]
    return replace(item, reason="; ".join(words), group=number)


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
        ends = [k for k in range(len(queue) + 1) if not _is_within_group(queue, k)]
        queue.insert(ends[int(generator.integers(len(ends)))], item)
    return queue


def _is_within_group(queue: Sequence[ReviewItem], place: int) -> bool:
    """Whether an item put before ``place`` would part a group."""
    within = 0 < place < len(queue) and queue[place].group > 0
    return within and queue[place].group == queue[place - 1].group


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
    neighbours: Callable[[int], Iterable[int]] = lambda _cell: (),
) -> list[ReviewItem]:
    """The ranked list for one recording: the best of it, as long as ``settings.at_most`` allows.

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
    neighbours
        ``neighbours(cell)``: the cells that share pixels with it, for what shows one event.
    """
    settings = checked(settings or ReviewSettings())
    putative = putative or {}
    items = between_experts(experts, frame_rate_hz)
    pool = [np.empty((0, 3), np.int64), *(labels.transients for labels in experts)]
    near = round(NEAR_S * frame_rate_hz)
    for cell, probability in prediction.items():
        doubts = uncertain(
            cell, probability, settings.uncertain_from, settings.uncertain_to, settings.threshold
        )
        for labels in experts:
            items += against_classifier(labels, cell, probability, settings.threshold, near)
        if judge is not None:
            doubts += contradicted(cell, probability, judge, settings.threshold, putative.get(cell))
        items += _less_where_settled(
            doubts, items, [labels.spans_of_cell(cell, "labelled") for labels in experts]
        )
        proposed = proposals(probability, settings.threshold, settings.uncertain_from)
        pool.append(_with_cell(cell, proposed))
    pool += [_with_cell(cell, intervals) for cell, intervals in putative.items()]
    finished = _Frames(done)
    left = [item for item in items if not finished.meet(item.cell, item.first, item.last)]
    candidates = [row for row in np.concatenate(pool).tolist() if not finished.meet(*row)]
    pool_left = np.array(candidates, dtype=np.int64).reshape(-1, 3)
    queue = grouped(rank(left), neighbours, frame_rate_hz)
    if settings.at_most:
        queue = queue[: round((1 - settings.control_share) * settings.at_most)]
    return with_control(queue, pool_left, settings.control_share, settings.seed)


def _less_where_settled(
    doubts: Sequence[ReviewItem], items: Sequence[ReviewItem], judged: Sequence[np.ndarray]
) -> list[ReviewItem]:
    """A program's ``doubts`` about a cell; those that an expert has judged, and agrees, count less.

    ``items``: the disagreements, to which a doubt adds its reason; ``judged``: for each expert the spans
    (k, 2) of the cell that are marked as labelled.
    """
    disputed = _Frames((item.cell, item.first, item.last) for item in items)
    weighed = []
    for doubt in doubts:
        frames = np.array([[doubt.first, doubt.last]])
        settled = any(not len(subtract(frames, spans)) for spans in judged)
        if settled and not disputed.meet(doubt.cell, doubt.first, doubt.last):
            doubt = replace(doubt, score=SETTLED * doubt.score)
        weighed.append(doubt)
    return weighed


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
    overlaps = session.cells().overlaps
    return review_queue(
        labels,
        kept,
        session.recording.frame_rate_hz,
        settings,
        judge,
        putative,
        done,
        overlaps.neighbours,
    )
