"""Fragments of one cell joined over the gaps in which it was not seen (EMC2, Lagache and others 2021).

A cell that vanished is carried forward, one that is not yet seen backward, frame by frame, by the
displacement of the cells that are seen. Where what is carried forward passes close to what is carried
backward, the two are candidates for one cell; a linear assignment decides among all candidates at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.tracking.assignment import assign, near_pairs
from deepcinac.tracking.elastic import displacement
from deepcinac.tracking.fragments import Fragment


@dataclass(frozen=True)
class Join:
    """Fragment ``after`` is the same cell as fragment ``before``.

    ``apart_px``: how close the two carried paths pass. ``margin_px``: by how much the next best partner
    of either is worse; None where there was no other within the cap.
    """

    before: int
    after: int
    gap_frames: int
    apart_px: float
    margin_px: float | None = None


@dataclass(frozen=True, eq=False)
class Paths:
    """Where fragments go when they are not seen: after their end and before their beginning.

    ``forward[i]`` (m, d) begins with the last point of fragment i; ``backward[i]`` with its first, and goes
    back in time.
    """

    forward: tuple[np.ndarray, ...]
    backward: tuple[np.ndarray, ...]


def paths_of(
    fragments: Sequence[Fragment], n_frames: int, gap_frames: int, elastic: bool = True
) -> Paths:
    """Both paths of each fragment, at most ``gap_frames`` unseen frames long.

    Without ``elastic``, cells are taken to stay where they were last seen: the plain method to compare
    with.
    """
    turned = [Fragment(n_frames - 1 - one.last, one.points[::-1]) for one in fragments]
    return Paths(
        tuple(carried(fragments, n_frames, gap_frames, elastic)),
        tuple(carried(turned, n_frames, gap_frames, elastic)),
    )


def join(
    fragments: Sequence[Fragment], paths: Paths, n_frames: int, gap_frames: int, cap_px: float
) -> list[Join]:
    """The joins between fragments that cost least together, none over more than ``gap_frames`` unseen frames.

    A join of ``cap_px`` or more is refused.
    """
    if len(fragments) < 2:
        return []
    forward, backward = paths.forward, paths.backward
    first, second, cost = _candidates(fragments, forward, backward, n_frames, gap_frames, cap_px)
    before, after = assign(first, second, cost, cap_px)
    found = []
    for i, j in zip(before.tolist(), after.tolist(), strict=True):
        own = float(cost[(first == i) & (second == j)][0])
        others = cost[((first == i) | (second == j)) & ~((first == i) & (second == j))]
        margin = float(others.min()) - own if len(others) else None
        gap = fragments[j].first - fragments[i].last - 1
        found.append(Join(i, j, gap, own, margin))
    return found


def carried(
    fragments: Sequence[Fragment], n_frames: int, gap_frames: int, elastic: bool = True
) -> list[np.ndarray]:
    """Where each fragment goes after its last frame: (m, d), its last point first, at most gap_frames + 2.

    A path ends early where the movie does, or where too few cells are seen to carry it on.
    """
    paths = [[one.points[-1]] for one in fragments]
    by_frame = _seen_by_frame(fragments, n_frames)
    live: list[int] = []
    for frame in range(1, n_frames):
        before = by_frame[frame - 1]
        live += [i for i in before if fragments[i].last == frame - 1]
        live = [i for i in live if len(paths[i]) <= gap_frames + 1]
        if not live:
            continue
        places = np.array([paths[i][-1] for i in live])
        if elastic:
            both = [i for i in before if fragments[i].last >= frame]
            moved = displacement(
                _points(fragments, both, frame - 1), _points(fragments, both, frame)
            )
            if moved is None:
                live = []
                continue
            places = places + moved(places)
        for i, place in zip(live, places, strict=True):
            paths[i].append(place)
    return [np.array(path) for path in paths]


def _seen_by_frame(fragments: Sequence[Fragment], n_frames: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(n_frames)]
    for number, one in enumerate(fragments):
        for frame in range(one.first, one.last + 1):
            found[frame].append(number)
    return found


def _points(fragments: Sequence[Fragment], numbers: Sequence[int], frame: int) -> np.ndarray:
    d = fragments[0].points.shape[1]
    points = [fragments[i].points[frame - fragments[i].first] for i in numbers]
    return np.array(points).reshape(-1, d)


def _candidates(
    fragments: Sequence[Fragment],
    forward: Sequence[np.ndarray],
    backward: Sequence[np.ndarray],
    n_frames: int,
    gap_frames: int,
    cap_px: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of fragments whose carried paths pass within the cap, and how close they pass."""
    leaving: list[list[int]] = [[] for _ in range(n_frames)]
    coming: list[list[int]] = [[] for _ in range(n_frames)]
    for i, one in enumerate(fragments):
        for step in range(len(forward[i])):
            leaving[one.last + step].append(i)
        for step in range(len(backward[i])):
            coming[one.first - step].append(i)
    nearest: dict[tuple[int, int], float] = {}
    for frame in range(n_frames):
        a, b = leaving[frame], coming[frame]
        if not a or not b:
            continue
        ends = np.array([forward[i][frame - fragments[i].last] for i in a])
        starts = np.array([backward[j][fragments[j].first - frame] for j in b])
        for row, column, apart in zip(*near_pairs(ends, starts, cap_px), strict=True):
            i, j = a[row], b[column]
            gap = fragments[j].first - fragments[i].last - 1
            if 0 <= gap <= gap_frames:
                nearest[i, j] = min(float(apart), nearest.get((i, j), np.inf))
    pairs = np.array(list(nearest), int).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.array(list(nearest.values()), float)


def chains(n_fragments: int, joins: Sequence[Join]) -> list[list[int]]:
    """The fragments of each cell, in the order of time; a fragment without joins is a cell by itself."""
    after = {one.before: one.after for one in joins}
    found = []
    for number in range(n_fragments):
        if number in after.values():
            continue
        chain = [number]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        found.append(chain)
    return found
