"""What an expert answered to the proposals of a classifier, and where each answer comes from.

An answer changes the expert's layer, says that the frames asked about have been judged (a *labelled* span),
and leaves a mark that names the classifier, its weights, its threshold and what was there before and after;
all of it is one step of undo. So the layer can train a classifier on its corrections alone, and a
correction that was shared can still be traced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.labelling import transients
from deepcinac.labelling.review import REVIEWED, ReviewItem
from deepcinac.labelling.spans import union

if TYPE_CHECKING:
    from deepcinac.labelling.reading import Mark
    from deepcinac.labelling.session import Layer, Session

ACCEPTED, REJECTED, ADJUSTED, LEFT = "accepted", "rejected", "adjusted", "done"
"""There is a transient, as proposed; there is none; there is one at other frames; left as it was."""


@dataclass(frozen=True)
class Proposal:
    """What was judged: a classifier's word about some frames of a cell.

    ``layer``: its layer in the session; ``probability``: the highest in these frames; ``frames`` (k, 2):
    the runs at or above ``threshold`` in them, none where the classifier saw nothing.
    """

    layer: str
    name: str
    version: str
    weights_sha256: str
    threshold: float
    probability: float
    frames: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain containers for JSON."""
        return {**vars(self), "frames": [list(pair) for pair in self.frames]}


@dataclass(frozen=True)
class Correction:
    """An answer: frames ``first`` to ``last`` of a cell, and what the layer says of them now.

    ``verdict``: "accepted", "rejected" or "adjusted"; ``transients`` (k, 2): onset and peak of those of the
    layer that share a frame with these; ``proposal`` as :class:`Proposal` writes it, {} where no classifier
    had predicted the cell; ``created`` in UTC, ISO 8601.
    """

    cell: int
    first: int
    last: int
    verdict: str
    author: str
    created: str
    kinds: tuple[str, ...]
    proposal: dict[str, Any]
    transients: np.ndarray


def proposal_of(
    session: Session, layer: Layer | None, cell: int, first: int, last: int
) -> Proposal | None:
    """What a classifier's layer says about frames of a cell; None where it says nothing."""
    if layer is None or cell not in session.predicted_cells(layer.id):
        return None
    probability = session.prediction(layer.id, cell)
    if probability is None:
        return None
    found = transients.runs(probability >= layer.cut)
    found = found[transients.overlapping(found, first, last)]
    maker = layer.maker
    return Proposal(
        layer=layer.name,
        name=maker.name if maker else layer.name,
        version=maker.version if maker else "",
        weights_sha256=maker.weights_sha256 if maker else "",
        threshold=layer.cut,
        probability=round(float(np.nanmax(probability[first : last + 1])), 4),
        frames=tuple((int(a), int(b)) for a, b in found.tolist()),
    )


def answer(
    session: Session,
    layer_id: int | None,
    item: ReviewItem,
    verdict: str,
    proposed_by: Layer | None = None,
) -> None:
    """Write an answer into an expert's layer (None: only for "done"); one step of undo.

    "accepted" adds a transient over the item's frames unless there is one; "rejected" removes those that
    share a frame with them; "done" changes no label. ``proposed_by`` is the layer of the classifier that is
    corrected.
    """
    cell, first, last = item.cell, item.first, item.last
    info: dict[str, Any] = {"kinds": list(item.kinds)}
    proposal = proposal_of(session, proposed_by, cell, first, last)
    if proposal is not None:
        info["proposal"] = proposal.to_dict()
    with session.group(answer_text(item, verdict)):
        if layer_id is not None:
            info["layer"] = session.layer(layer_id).name
            info["before"] = _within(session, layer_id, item).tolist()
            if verdict != LEFT:
                _write(session, layer_id, item, verdict, proposal)
            info["after"] = _within(session, layer_id, item).tolist()
        session.add_mark(cell, first, last, REVIEWED, verdict, info=info)


def answer_text(item: ReviewItem, verdict: str) -> str:
    """What undo calls an answer."""
    frames = transients.describe(item.first, item.last)
    return f"review: {verdict}, cell {item.cell}, {frames}"


def _within(session: Session, layer_id: int, item: ReviewItem) -> np.ndarray:
    """The transients (k, 2) of a layer that share a frame with an item."""
    known = session.transients(layer_id, item.cell)
    return known[transients.overlapping(known, item.first, item.last)]


def _write(
    session: Session, layer_id: int, item: ReviewItem, verdict: str, proposal: Proposal | None
) -> None:
    """The label that an answer asks for, and that these frames are judged."""
    cell, first, last = item.cell, item.first, item.last
    has_spans = bool(len(session.all_spans(layer_id, "labelled")))
    was_read_whole = not has_spans and bool(len(session.all_transients(layer_id)))
    there = len(_within(session, layer_id, item))
    if verdict == ACCEPTED and not there:
        source = None if proposal is None else {"proposed_by": proposal.name}
        session.add_transient(layer_id, cell, first, last, source)
    elif verdict == REJECTED and there:
        session.remove_transients(layer_id, cell, first, last)
    # A layer without any such span counts as judged in whole; one span would change that.
    if not was_read_whole:
        _say_judged(session, layer_id, cell, first, last)


def _say_judged(session: Session, layer_id: int, cell: int, first: int, last: int) -> None:
    within = session.span_raster(layer_id, cell, "labelled")[first : last + 1]
    if not within.all():
        session.add_span(layer_id, cell, "labelled", first, last)


def corrections(session: Session, layer_id: int) -> list[Correction]:
    """The answers that went into a layer, with what the layer says there now; by cell and frame.

    A transient that was moved after it was accepted is "adjusted"; one that was removed again is
    "rejected". Items that were left as they were are no correction.
    """
    name = session.layer(layer_id).name
    found = []
    for mark in session.marks(REVIEWED):
        into = mark.info.get("layer")
        if mark.note in (ACCEPTED, REJECTED, ADJUSTED) and into == name:
            known = session.transients(layer_id, mark.cell)
            now = known[transients.overlapping(known, mark.onset, mark.peak)]
            found.append(_correction(mark, now))
    return found


def _correction(mark: Mark, now: np.ndarray) -> Correction:
    proposal = mark.info.get("proposal")
    proposal = proposal if isinstance(proposal, dict) else {}
    kinds = mark.info.get("kinds", [])
    return Correction(
        cell=mark.cell,
        first=mark.onset,
        last=mark.peak,
        verdict=verdict_of(now, proposal.get("frames") or [[mark.onset, mark.peak]]),
        author=mark.author,
        created=mark.created,
        kinds=tuple(map(str, kinds)) if isinstance(kinds, list) else (),
        proposal=proposal,
        transients=now,
    )


def verdict_of(now: np.ndarray, proposed: Any) -> str:
    """What became of proposed transients: none is there now, the same ones, or others.

    >>> verdict_of(np.array([[3, 5]]), [[3, 5]]), verdict_of(np.array([[3, 7]]), [[3, 5]])
    ('accepted', 'adjusted')
    >>> verdict_of(np.empty((0, 2), int), [[3, 5]])
    'rejected'
    """
    if not len(now):
        return REJECTED
    return ACCEPTED if now.tolist() == [list(pair) for pair in proposed] else ADJUSTED


def judged_frames(found: list[Correction]) -> dict[int, np.ndarray]:
    """The frames that corrections speak of: for each cell (k, 2) spans, a whole transient included."""
    rows: dict[int, list[tuple[int, int]]] = {}
    for one in found:
        own = [(one.first, one.last), *(tuple(pair) for pair in one.transients.tolist())]
        rows.setdefault(one.cell, []).extend(own)
    return {cell: union(np.array(pairs, dtype=np.int64)) for cell, pairs in rows.items()}
