"""Tracks: where each cell is in every frame, and how that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepcinac.tracking.assignment import near_pairs
from deepcinac.tracking.elastic import displacement
from deepcinac.tracking.fragments import Fragment
from deepcinac.tracking.joining import Join, Paths, chains

MOST_VIEWS = 15
"""Frames from which the place of a cell at rest is worked out, where it is not known there."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """``positions`` (n_cells, n_frames, d) in px: y, x (or z, y, x); NaN where nobody knows.

    ``seen`` (n_cells, n_frames) bool: where there is a spot. ``followed``, the same shape: from the first
    frame in which a cell is seen to the last, gaps included. ``fragments``: the fragments of each cell.
    """

    positions: np.ndarray
    seen: np.ndarray
    followed: np.ndarray
    fragments: tuple[tuple[int, ...], ...]

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.positions.shape[1]

    def __len__(self) -> int:
        return len(self.positions)

    def subset(self, cells: np.ndarray) -> Tracks:
        """These cells alone."""
        return replace(
            self,
            positions=self.positions[cells],
            seen=self.seen[cells],
            followed=self.followed[cells],
            fragments=tuple(self.fragments[int(cell)] for cell in cells),
        )


def make_tracks(
    fragments: Sequence[Fragment],
    joins: Sequence[Join],
    paths: Paths,
    n_frames: int,
) -> Tracks:
    """Tracks of joined fragments; in gaps the two carried paths, blended from one end to the other.

    Where the paths were not carried through the whole gap, it is a straight line.
    """
    groups = chains(len(fragments), joins)
    d = fragments[0].points.shape[1] if fragments else 2
    positions = np.full((len(groups), n_frames, d), np.nan)
    seen = np.zeros((len(groups), n_frames), bool)
    for row, group in enumerate(groups):
        for number in group:
            one = fragments[number]
            positions[row, one.first : one.last + 1] = one.points
            seen[row, one.first : one.last + 1] = True
        for i, j in zip(group[:-1], group[1:], strict=True):
            first, last = fragments[i].last, fragments[j].first
            positions[row, first : last + 1] = _through_gap(
                paths.forward[i],
                paths.backward[j],
                fragments[i].points[-1],
                fragments[j].points[0],
                last - first,
            )
    followed = ~np.isnan(positions[..., 0])
    return Tracks(positions, seen, followed, tuple(map(tuple, groups)))


def _through_gap(
    forward: np.ndarray, backward: np.ndarray, start: np.ndarray, end: np.ndarray, steps: int
) -> np.ndarray:
    """Places (steps + 1, d) from ``start`` to ``end``.

    >>> line = np.array([[0.0, 0.0]])
    >>> _through_gap(line, line, np.array([0.0, 0.0]), np.array([0.0, 4.0]), 2)[:, 1].tolist()
    [0.0, 2.0, 4.0]
    """
    share = np.linspace(0, 1, steps + 1)[:, None]
    straight = (1 - share) * start + share * end
    if len(forward) < steps + 1 or len(backward) < steps + 1:
        return straight
    one, other = forward[: steps + 1], backward[: steps + 1][::-1]
    return (1 - share) * one + share * other


def at_rest(tracks: Tracks) -> tuple[np.ndarray, int]:
    """Where each cell lies in the frame with the most cells, (n_cells, d), and the number of that frame.

    A cell that is not followed there is taken there from frames in which it is, by the displacement of
    the cells followed in both; NaN where no frame has enough of them.
    """
    frame = int(np.argmax(tracks.followed.sum(0)))
    places = tracks.positions[:, frame].copy()
    fits: dict[int, object] = {}
    for cell in np.flatnonzero(np.isnan(places[:, 0])).tolist():
        own = np.flatnonzero(tracks.followed[cell])
        common = (tracks.followed[:, own] & tracks.followed[:, [frame]]).sum(0)
        best = own[np.argsort(-common, kind="stable")[: 4 * MOST_VIEWS]]
        views = best[np.linspace(0, len(best) - 1, min(len(best), MOST_VIEWS)).astype(int)]
        found = []
        for view in sorted(set(views.tolist())):
            if view not in fits:
                both = tracks.followed[:, view] & tracks.followed[:, frame]
                fits[view] = displacement(
                    tracks.positions[both, view], tracks.positions[both, frame]
                )
            moved = fits[view]
            if moved is not None:
                place = tracks.positions[cell, [view]]
                found.append(place[0] + moved(place)[0])  # type: ignore[operator]
        if found:
            places[cell] = np.median(found, axis=0)
    return places, frame


def one_at_a_place(tracks: Tracks, rest: np.ndarray, reach_px: float) -> tuple[Tracks, np.ndarray]:
    """Tracks that lie at one place at rest and are never seen at the same time, as one; and the places.

    They are a cell whose gap was too long to be joined, or was not joined rightly. The nearest pairs come
    first. The place is that of the part that is seen longest.
    """
    first, second, apart = near_pairs(rest, rest, reach_px)
    groups = {cell: [cell] for cell in range(len(tracks))}
    seen = {cell: tracks.seen[cell] for cell in range(len(tracks))}
    of = np.arange(len(tracks))
    for k in np.argsort(apart, kind="stable").tolist():
        a, b = int(of[first[k]]), int(of[second[k]])
        if a == b or (seen[a] & seen[b]).any():
            continue
        groups[a] += groups.pop(b)
        seen[a] = seen[a] | seen.pop(b)
        of[of == b] = a
    order = [sorted(own, key=lambda cell: -int(tracks.seen[cell].sum())) for own in groups.values()]
    joined = Tracks(
        np.stack([_position_of(tracks, own) for own in order]),
        np.stack([tracks.seen[own].any(0) for own in order]),
        np.stack([tracks.followed[own].any(0) for own in order]),
        tuple(
            tuple(sorted(part for cell in own for part in tracks.fragments[cell])) for own in order
        ),
    )
    return joined, rest[[own[0] for own in order]]


def _position_of(tracks: Tracks, cells: list[int]) -> np.ndarray:
    """Positions (n_frames, d) of several tracks of one cell: what is seen goes before what is carried."""
    found = np.full(tracks.positions.shape[1:], np.nan)
    for known in (tracks.followed, tracks.seen):
        for cell in reversed(cells):
            found[known[cell]] = tracks.positions[cell, known[cell]]
    return found


def filled(tracks: Tracks, rest: np.ndarray) -> np.ndarray:
    """Positions (n_cells, n_frames, d) that also say where cells are that are not followed.

    They are where the displacement from rest of the cells that are followed takes them; NaN where too
    few are.
    """
    positions = tracks.positions.copy()
    for frame in range(tracks.n_frames):
        unknown = np.isnan(positions[:, frame, 0]) & ~np.isnan(rest[:, 0])
        known = tracks.followed[:, frame] & ~np.isnan(rest[:, 0])
        if not unknown.any():
            continue
        moved = displacement(rest[known], positions[known, frame])
        if moved is not None:
            positions[unknown, frame] = rest[unknown] + moved(rest[unknown])
    return positions
