"""How good tracking is where the truth is known: detection, links and joined gaps, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.intervals import Interval
from deepcinac.evaluation.units import wilson
from deepcinac.tracking.assignment import assign, near_pairs


@dataclass(frozen=True)
class Counts:
    """What was found, what of it is right, and how much there is."""

    right: int
    found: int
    real: int

    @property
    def precision(self) -> float | None:
        """Share of what was found that is right; None of nothing."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of what there is that was found."""
        return self.right / self.real if self.real else None

    @property
    def f1(self) -> float | None:
        """Both in one number."""
        return 2 * self.right / (self.found + self.real) if self.found + self.real else None

    @property
    def intervals(self) -> tuple[Interval | None, Interval | None]:
        """95 % Wilson intervals of precision and recall."""
        return wilson(self.right, self.found), wilson(self.right, self.real)


@dataclass(frozen=True)
class TrackingScore:
    """``detection`` of cells in frames; ``links`` to the next frame; gaps that were joined.

    ``silent``: the cell was dark in some frame of the gap. ``hidden``: it was bright all the time and its
    spot was not found, mostly because it had merged with another.
    """

    detection: Counts
    links: Counts
    silent: Counts
    hidden: Counts


def score_tracks(
    found: np.ndarray,
    seen: np.ndarray,
    truth: np.ndarray,
    shown: np.ndarray,
    within_px: float,
    shape: tuple[int, ...],
) -> TrackingScore:
    """Tracks against the truth.

    Parameters
    ----------
    found, seen
        (n_tracks, n_frames, d) positions and (n_tracks, n_frames) bool: where there is a spot.
    truth, shown
        (n_cells, n_frames, d) and (n_cells, n_frames) bool: where cells can be seen.
    within_px
        How far a spot may lie from the cell that it is. Pairs are made frame by frame, each once;
        a track stays with its cell while that is near.
    shape
        The field: cells outside of it are not counted.

    A link is right when both its spots are the same cell, one frame after the other. A gap is right when
    what is seen before and after it is the same cell, next to each other among the frames in which its
    spots were found. Association therefore does not blame a method for spots that nobody found.
    """
    cell_of = np.full(seen.shape, -1)
    held = np.full(len(found), -1)
    right = found_n = real = 0
    for frame in range(truth.shape[1]):
        inside = (truth[:, frame] >= 0).all(1) & (truth[:, frame] <= np.array(shape) - 1).all(1)
        cells = np.flatnonzero(shown[:, frame] & inside)
        tracks = np.flatnonzero(seen[:, frame])
        near = near_pairs(truth[cells, frame], found[tracks, frame], within_px)
        pairs = _matched(cells[near[0]], tracks[near[1]], near[2], held, within_px)
        for cell, track in pairs:
            cell_of[track, frame] = held[track] = cell
        right, found_n, real = right + len(pairs), found_n + len(tracks), real + len(cells)
    return TrackingScore(Counts(right, found_n, real), *associations(cell_of, shown))


def _matched(
    cells: np.ndarray, tracks: np.ndarray, apart: np.ndarray, held: np.ndarray, within_px: float
) -> list[tuple[int, int]]:
    """Cells and tracks of a frame: a track stays with its cell where that is near, as in CLEAR MOT."""
    stays = held[tracks] == cells
    pairs = [(int(c), int(t)) for c, t in zip(cells[stays], tracks[stays], strict=True)]
    taken_cells, taken_tracks = {c for c, _ in pairs}, {t for _, t in pairs}
    if len(taken_cells) < len(pairs):  # two tracks of one cell: nobody has a right to it
        pairs, taken_cells, taken_tracks = [], set(), set()
    rest = [
        k
        for k, (c, t) in enumerate(zip(cells.tolist(), tracks.tolist(), strict=True))
        if c not in taken_cells and t not in taken_tracks
    ]
    a, b = assign(cells[rest], tracks[rest], apart[rest], within_px)
    return pairs + list(zip(a.tolist(), b.tolist(), strict=True))


LINK, SILENT, HIDDEN = 0, 1, 2


def associations(cell_of: np.ndarray, shown: np.ndarray) -> tuple[Counts, Counts, Counts]:
    """Links, silent and hidden gaps from the true cell of each track in each frame.

    ``cell_of`` (n_tracks, n_frames): -1 where a track has no spot or one of no cell. What two cells a
    track puts together is counted under the kind of gap that the first of them has.

    >>> shown = np.array([[1, 1, 0, 1], [1, 1, 1, 1]], bool)
    >>> found = associations(np.array([[0, 0, -1, 0], [1, -1, -1, -1], [-1, -1, 1, -1]]), shown)
    >>> [(one.right, one.found, one.real) for one in found]
    [(1, 1, 1), (1, 1, 1), (0, 0, 1)]
    """
    where: dict[int, set[int]] = {}
    for row in cell_of:
        for frame in np.flatnonzero(row >= 0).tolist():
            where.setdefault(int(row[frame]), set()).add(frame)
    after: dict[tuple[int, int], int] = {}
    real, made, right = [0, 0, 0], [0, 0, 0], [0, 0, 0]
    for cell, frames in where.items():
        ordered = sorted(frames)
        for one, other in zip(ordered[:-1], ordered[1:], strict=True):
            after[cell, one] = other
            real[_kind(shown[cell], one, other)] += 1
    for row in cell_of:
        frames_seen = np.flatnonzero(row >= 0).tolist()
        for one, other in zip(frames_seen[:-1], frames_seen[1:], strict=True):
            cell = int(row[one])
            kind = _kind(shown[cell], one, other)
            made[kind] += 1
            right[kind] += cell == row[other] and after[cell, one] == other
    links, silent, hidden = (
        Counts(int(a), b, c) for a, b, c in zip(right, made, real, strict=True)
    )
    return links, silent, hidden


def _kind(shown: np.ndarray, one: int, other: int) -> int:
    if other == one + 1:
        return LINK
    return HIDDEN if shown[one:other].all() else SILENT


def score_joins(
    owners: Sequence[int], firsts: Sequence[int], joins: Sequence[tuple[int, int]]
) -> Counts:
    """Joined gaps against the truth, of fragments whose cell and first frame are known.

    >>> score_joins([0, 0, 1, 0], [0, 10, 0, 20], [(0, 1), (2, 3)])
    Counts(right=1, found=2, real=2)
    """
    order = sorted(range(len(owners)), key=lambda number: (owners[number], firsts[number]))
    real = {
        (one, other)
        for one, other in zip(order[:-1], order[1:], strict=True)
        if owners[one] == owners[other]
    }
    return Counts(sum(pair in real for pair in joins), len(joins), len(real))
