"""Fragments: stretches of frames in which a cell is seen, linked spot by spot from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.tracking.assignment import assign, near_pairs
from deepcinac.tracking.elastic import displacement

BEYOND_NEIGHBOURS = 0.5
"""How far a spot may lie from where its neighbours take it, as a share of the largest step."""


@dataclass(frozen=True, eq=False)
class Fragment:
    """A cell seen in every frame from ``first`` on, at ``points`` (n_frames, d): y, x (or z, y, x) in px."""

    first: int
    points: np.ndarray

    @property
    def last(self) -> int:
        """The last frame in which it is seen."""
        return self.first + len(self.points) - 1


def link(
    spots: Sequence[np.ndarray], step_px: float, shortest_frames: int = 1, elastic: bool = True
) -> list[Fragment]:
    """Fragments from the spots (n, d) of each frame, at least ``shortest_frames`` long.

    Spots of neighbouring frames are assigned to each other at the least total distance, never farther
    than ``step_px``. With ``elastic``, this is done twice: what moved like its neighbours gives the
    field of displacements, and the distance that counts is the one from where it takes a spot, at most
    half as far. Without it a spot is expected where it was.
    """
    open_ones: dict[int, list[np.ndarray]] = {}
    began: dict[int, int] = {}
    done: list[Fragment] = []
    before = np.empty((0, 2))
    for frame, now in enumerate(spots):
        links = dict(zip(*_links(before, now, step_px, elastic), strict=True))
        following: dict[int, list[np.ndarray]] = {}
        starts: dict[int, int] = {}
        for place, points in open_ones.items():
            if (to := links.get(place)) is None:
                done.append(Fragment(began[place], np.array(points)))
            else:
                following[to], starts[to] = [*points, now[to]], began[place]
        for place in range(len(now)):
            if place not in following:
                following[place], starts[place] = [now[place]], frame
        open_ones, began, before = following, starts, now
    done += [Fragment(began[place], np.array(points)) for place, points in open_ones.items()]
    kept = [one for one in done if len(one.points) >= shortest_frames]
    return sorted(kept, key=lambda one: (one.first, *one.points[0].tolist()))


def _links(
    before: np.ndarray, now: np.ndarray, step_px: float, elastic: bool
) -> tuple[list[int], list[int]]:
    """Places of linked spots in one frame and in the next."""
    if not len(before) or not len(now):
        return [], []
    pairs = assign(*near_pairs(before, now, step_px), step_px)
    if elastic:
        moved = displacement(before[pairs[0]], now[pairs[1]])
        if moved is not None:
            expected = before + moved(before)
            reach = BEYOND_NEIGHBOURS * step_px
            pairs = assign(*near_pairs(expected, now, reach), reach)
    return pairs[0].tolist(), pairs[1].tolist()
