"""One set of labels from several experts, in which every decision says who agreed.

In each cell the experts' transients are gathered into events: at most one transient of each expert,
all sharing frames with each other, those that overlap most first. An event is put to the vote.
Who marked it votes for it; who judged all its frames, called none of them doubtful and did not
mark it votes against; whoever did not look abstains. Onset and peak are the medians of those who
agreed. A tie is nobody's victory: its frames become doubtful, so that they neither train nor score
until somebody decides.

The order of the experts makes no difference.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.agreement import overlap
from deepcinac.labelling.consensus_settings import ConsensusSettings
from deepcinac.labelling.layer_labels import Labels, make_labels
from deepcinac.labelling.spans import intersection, subtract, union
from deepcinac.labelling.transients import raster, runs
from deepcinac.settings import checked

ACCEPTED, REJECTED, UNDECIDED = "accepted", "rejected", "undecided"

Interval = tuple[int, int]


@dataclass(frozen=True)
class Decision:
    """What became of one event: ``outcome`` is "accepted", "rejected" or "undecided".

    ``agreed`` gives the frames (onset, peak) of each expert who marked it, by name; ``against``
    are those who judged it and did not.
    """

    cell: int
    onset: int
    peak: int
    outcome: str
    agreed: dict[str, Interval]
    against: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """What is kept with the transient in the consensus layer."""
        agreed = {name: list(frames) for name, frames in sorted(self.agreed.items())}
        return {"agreed": agreed, "against": sorted(self.against)}


@dataclass(frozen=True, eq=False)
class Consensus:
    """The consensus layer and all decisions, also those that put nothing into it."""

    labels: Labels
    decisions: tuple[Decision, ...]


def make_consensus(
    layers: Sequence[Labels],
    settings: ConsensusSettings | None = None,
    name: str = "consensus",
) -> Consensus:
    """The consensus of the layers of several experts about one recording.

    A frame counts as labelled when enough experts have judged it, as doubtful when at least half
    of these call it so or a vote there was undecided, as movement when anybody says so.
    """
    settings = checked(settings or ConsensusSettings())
    _check(layers)
    first = layers[0]
    decisions: list[Decision] = []
    spans: dict[str, list[tuple[int, int, int]]] = {"labelled": [], "doubtful": [], "movement": []}
    for cell in range(first.n_cells):
        judged = [raster(layer.judged(cell), first.n_frames) for layer in layers]
        doubtful = [
            raster(layer.spans_of_cell(cell, "doubtful"), first.n_frames) for layer in layers
        ]
        own = _decide_cell(cell, layers, judged, doubtful, settings)
        decisions += own
        n_judges = np.sum(judged, axis=0)
        enough = n_judges >= settings.minimum_judges
        n_doubting = np.sum([a & b for a, b in zip(judged, doubtful, strict=True)], axis=0)
        unclear = union(runs(enough & (2 * n_doubting >= n_judges)), _frames_of(own, UNDECIDED))
        labelled = runs(enough)
        found = {
            "labelled": labelled,
            "doubtful": subtract(intersection(unclear, labelled), _frames_of(own, ACCEPTED)),
            "movement": union(*(layer.spans_of_cell(cell, "movement") for layer in layers)),
        }
        for kind, intervals in found.items():
            spans[kind] += [(cell, a, b) for a, b in intervals.tolist()]
    accepted = [decision for decision in decisions if decision.outcome == ACCEPTED]
    labels = make_labels(
        first.n_cells,
        first.n_frames,
        [(decision.cell, decision.onset, decision.peak) for decision in accepted],
        spans,
        info=[decision.record() for decision in accepted],
        name=name,
        kind="consensus",
        author=", ".join(sorted({layer.author for layer in layers if layer.author})),
        meta={
            "layers": sorted(layer.name for layer in layers),
            "minimum_votes": settings.minimum_votes,
            "minimum_judges": settings.minimum_judges,
        },
    )
    return Consensus(labels, tuple(decisions))


def _check(layers: Sequence[Labels]) -> None:
    names = [layer.name for layer in layers]
    if len(layers) < 2:
        raise InputError("at least two layers to agree with each other", f"{len(layers)}")
    if len(set(names)) < len(names):
        raise InputError("layers with different names", ", ".join(names))
    shapes = {(layer.n_cells, layer.n_frames) for layer in layers}
    if len(shapes) > 1:
        found = " and ".join(f"{cells} cells x {frames} frames" for cells, frames in sorted(shapes))
        raise InputError("layers of the same recording", found)


def _frames_of(decisions: Sequence[Decision], outcome: str) -> np.ndarray:
    frames = [(d.onset, d.peak) for d in decisions if d.outcome == outcome]
    return np.array(frames, dtype=np.int64).reshape(-1, 2)


def _decide_cell(
    cell: int,
    layers: Sequence[Labels],
    judged: Sequence[np.ndarray],
    doubtful: Sequence[np.ndarray],
    settings: ConsensusSettings,
) -> list[Decision]:
    """Decisions about one cell, by onset; those that were accepted do not overlap."""
    decisions = []
    for event in gather([layer.of_cell(cell) for layer in layers]):
        onset, peak = middle(list(event.values()))
        frames = slice(onset, peak + 1)
        against = [
            number
            for number in range(len(layers))
            if number not in event
            and judged[number][frames].all()
            and not doubtful[number][frames].any()
        ]
        decisions.append(
            Decision(
                cell,
                onset,
                peak,
                vote(len(event), len(against), settings),
                {layers[number].name: event[number] for number in sorted(event)},
                tuple(layers[number].name for number in against),
            )
        )
    return _apart(sorted(decisions, key=_by_frames))


def vote(n_for: int, n_against: int, settings: ConsensusSettings) -> str:
    """The outcome of ``n_for`` votes for and ``n_against`` against a transient.

    >>> [vote(n, 2, ConsensusSettings()) for n in (1, 2, 3)]
    ['rejected', 'undecided', 'accepted']
    """
    n_judges = n_for + n_against
    if n_judges < settings.minimum_judges:
        return UNDECIDED
    if settings.minimum_votes is not None:
        return ACCEPTED if n_for >= settings.minimum_votes else REJECTED
    if 2 * n_for == n_judges:
        return UNDECIDED
    return ACCEPTED if 2 * n_for > n_judges else REJECTED


def middle(marked: Sequence[Interval]) -> Interval:
    """Median onset and median peak; between two frames the earlier onset and the later peak count.

    >>> middle([(10, 14), (11, 17)])
    (10, 16)
    """
    onsets, peaks = zip(*marked, strict=True)
    return math.floor(np.median(onsets)), math.ceil(np.median(peaks))


def gather(transients: Sequence[np.ndarray]) -> list[dict[int, Interval]]:
    """Events from the transients (k, 2) of several experts on one cell.

    Each event gives the frames (onset, peak) by the number of the expert. Its members all share
    frames with each other. Pairs that overlap most are joined first; of equals the pair with the
    nearer onsets, then the earlier one.
    """
    marked = [
        (number, (onset, peak))
        for number, own in enumerate(transients)
        for onset, peak in np.asarray(own).tolist()
    ]
    marked.sort(key=lambda entry: entry[1])
    events = []
    group: list[tuple[int, Interval]] = []
    reached = -1
    for number, frames in marked:
        if frames[0] > reached:
            events += _join(group)
            group = []
        group.append((number, frames))
        reached = max(reached, frames[1])
    return events + _join(group)


def _join(marked: Sequence[tuple[int, Interval]]) -> list[dict[int, Interval]]:
    """Events among a few transients of which each overlaps another one."""
    events: list[dict[int, Interval]] = [{number: frames} for number, frames in marked]
    member_of = list(range(len(marked)))
    for i, j in _closest_pairs(marked):
        a, b = member_of[i], member_of[j]
        one, other = events[a], events[b]
        if a == b or set(one) & set(other):
            continue
        if all(_share_frames(x, y) for x in one.values() for y in other.values()):
            one.update(other)
            events[b] = {}
            member_of = [a if place == b else place for place in member_of]
    return [event for event in events if event]


def _closest_pairs(marked: Sequence[tuple[int, Interval]]) -> list[tuple[int, int]]:
    """Pairs of positions whose transients are of two experts and overlap, the closest first."""
    if len(marked) < 2:
        return []
    intervals = np.array([frames for _, frames in marked], dtype=np.int64)
    value = overlap(intervals, intervals)
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(len(marked)), 2)
        if marked[i][0] != marked[j][0] and value[i, j] > 0
    ]

    def key(pair: tuple[int, int]) -> tuple[float, int, list[Interval]]:
        one, other = (marked[place][1] for place in pair)
        return -value[pair], abs(one[0] - other[0]), sorted([one, other])

    return sorted(pairs, key=key)


def _share_frames(one: Interval, other: Interval) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _by_frames(decision: Decision) -> tuple[int, int, int]:
    return decision.onset, decision.peak, -len(decision.agreed)


def _apart(decisions: list[Decision]) -> list[Decision]:
    """The same decisions, with accepted ones that overlap set apart.

    Medians of different experts may run into each other. The earlier one then ends before the
    later one begins; where it would have no frame left, the one with more votes stays and the
    other is undecided.
    """
    done: list[Decision] = []
    before: int | None = None  # place of the last accepted one
    for decision in decisions:
        if decision.outcome == ACCEPTED:
            if before is not None and done[before].peak >= decision.onset:
                earlier = done[before]
                if earlier.onset < decision.onset:
                    done[before] = replace(earlier, peak=decision.onset - 1)
                elif len(decision.agreed) > len(earlier.agreed):
                    done[before] = replace(earlier, outcome=UNDECIDED)
                else:
                    done.append(replace(decision, outcome=UNDECIDED))
                    continue
            before = len(done)
        done.append(decision)
    return done
