"""How far two experts agree: on transients, on frames, and on where a transient begins and ends.

Only what both have judged counts: the frames inside the ``labelled`` spans of both and outside the
``doubtful`` spans of either. Transients are matched one to one (:func:`match_transients`); one
without a partner counts when it lies wholly within those frames, a pair when it touches them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from deepcinac.labelling.layer_labels import Labels
from deepcinac.labelling.spans import intersection, subtract, union
from deepcinac.labelling.transients import raster

JITTER_S = 0.3
"""An onset or peak that differs by more than this is worth a second look: three frames at 10 Hz."""

# How much a match is worth beside its overlap: only enough to decide between equals.
_A_PAIR_MORE = 1e-6
_NEARER_ONSETS = 1e-9

MISSED, SPLIT, ONSET, PEAK = "missed", "split", "onset", "peak"


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Frames in common over frames in either, (k, m), of intervals (k, 2) and (m, 2)."""
    a, b = np.asarray(first)[:, None, :], np.asarray(second)[None, :, :]
    common = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0]) + 1
    common = np.maximum(common, 0)
    lengths = (a[..., 1] - a[..., 0] + 1) + (b[..., 1] - b[..., 0] + 1)
    return common / (lengths - common)


def match_transients(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pairs (j, 2) of positions in two sorted lists of transients (k, 2) and (m, 2).

    Only transients that share a frame are matched, each at most once. Of all such matchings this is
    the one with the largest sum of overlaps (frames in common over frames in either); where sums
    are equal, the one with more pairs, then the one with the nearer onsets. Swapping the lists
    swaps the columns.

    >>> match_transients(np.array([[0, 9], [20, 29]]), np.array([[1, 9], [10, 12], [28, 40]]))
    array([[0, 0],
           [1, 2]])
    """
    found: list[tuple[int, int]] = []
    for rows, columns in _groups(np.asarray(first), np.asarray(second)):
        value = overlap(first[rows], second[columns])
        distance = np.abs(first[rows, None, 0] - second[None, columns, 0])
        worth = value + _A_PAIR_MORE - _NEARER_ONSETS * distance / (1 + distance)
        for i, j in _best_assignment(np.where(value > 0, worth, 0.0)):
            found.append((int(rows[i]), int(columns[j])))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _groups(first: np.ndarray, second: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions in both lists, in groups that share no frame with each other; one-sided ones left out."""
    both = np.concatenate([first, second]).astype(np.int64)
    if not len(first) or not len(second):
        return
    order = np.argsort(both[:, 0], kind="stable")
    reached = np.maximum.accumulate(both[order, 1])
    starts = np.flatnonzero(np.r_[True, both[order[1:], 0] > reached[:-1]])
    for members in np.split(order, starts[1:]):
        rows, columns = members[members < len(first)], members[members >= len(first)]
        if len(rows) and len(columns):
            yield rows, columns - len(first)


def _best_assignment(worth: np.ndarray) -> list[tuple[int, int]]:
    """Pairs with the largest sum of ``worth`` (k, m); pairs worth nothing are left out."""
    if 1 in worth.shape:
        i, j = (int(place) for place in np.unravel_index(np.argmax(worth), worth.shape))
        return [(i, j)] if worth[i, j] > 0 else []
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(i, j) for i, j in pairs if worth[i, j] > 0]


@dataclass(frozen=True)
class FrameCounts:
    """Frames that both judged, by who called the cell active."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """Number of frames compared."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: agreement beyond what two that mark frames at random would reach.

        None where it is not defined: no frame, or both call every frame the same.
        """
        if not self.n:
            return None
        seen = (self.both + self.neither) / self.n
        first = (self.both + self.only_first) / self.n
        second = (self.both + self.only_second) / self.n
        expected = first * second + (1 - first) * (1 - second)
        return None if expected >= 1 else (seen - expected) / (1 - expected)

    def __add__(self, other: FrameCounts) -> FrameCounts:
        return FrameCounts(
            self.both + other.both,
            self.only_first + other.only_first,
            self.only_second + other.only_second,
            self.neither + other.neither,
        )


@dataclass(frozen=True)
class Jitter:
    """How far apart the same onsets (or peaks) were set, in frames, over ``n`` matched transients.

    ``median``, ``q1`` and ``q3`` are of the distance, without sign; ``shift`` is the median of
    second minus first: positive where the second expert marks later.
    """

    median: float
    q1: float
    q3: float
    shift: float
    n: int


def jitter(differences: np.ndarray) -> Jitter | None:
    """Jitter of ``differences`` (n,), second minus first; None when there are none."""
    if not len(differences):
        return None
    q1, median, q3 = (float(v) for v in np.percentile(np.abs(differences), [25, 50, 75]))
    return Jitter(median, q1, q3, float(np.median(differences)), len(differences))


@dataclass(frozen=True, eq=False)
class Agreement:
    """What two experts make of one cell, or of several cells together.

    ``pairs`` (j, 4): onset and peak of the first, onset and peak of the second;
    ``only_first`` and ``only_second`` (n, 2): transients without a partner.
    """

    n_cells: int
    pairs: np.ndarray
    only_first: np.ndarray
    only_second: np.ndarray
    frames: FrameCounts

    @property
    def n_matched(self) -> int:
        """Transients that both marked."""
        return len(self.pairs)

    @property
    def n_first(self) -> int:
        """All transients of the first."""
        return len(self.pairs) + len(self.only_first)

    @property
    def n_second(self) -> int:
        """All transients of the second."""
        return len(self.pairs) + len(self.only_second)

    @property
    def f1(self) -> float | None:
        """2 x matched / (transients of the first + of the second); None without transients.

        It is the same whichever of the two is taken for the truth.
        """
        both = self.n_first + self.n_second
        return 2 * self.n_matched / both if both else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa on frames."""
        return self.frames.kappa

    @property
    def onset_jitter(self) -> Jitter | None:
        """How far the onsets of matched transients lie apart, second minus first; None without any."""
        return jitter(self.pairs[:, 2] - self.pairs[:, 0])

    @property
    def peak_jitter(self) -> Jitter | None:
        """The same of the peaks."""
        return jitter(self.pairs[:, 3] - self.pairs[:, 1])


@dataclass(frozen=True, eq=False)
class PairAgreement:
    """Two experts, cell by cell (the cells that both have judged) and in total."""

    first: str
    second: str
    cells: dict[int, Agreement]

    @cached_property
    def total(self) -> Agreement:
        """All cells together: transients and frames are pooled."""
        return pooled(self.cells.values())


def pooled(parts: Iterable[Agreement]) -> Agreement:
    """Several cells as one."""
    cells = list(parts)
    frames = FrameCounts(0, 0, 0, 0)
    for cell in cells:
        frames = frames + cell.frames
    return Agreement(
        n_cells=len(cells),
        pairs=np.concatenate([_nothing(4), *(cell.pairs for cell in cells)]),
        only_first=np.concatenate([_nothing(2), *(cell.only_first for cell in cells)]),
        only_second=np.concatenate([_nothing(2), *(cell.only_second for cell in cells)]),
        frames=frames,
    )


def compare_layers(layers: Sequence[Labels]) -> list[PairAgreement]:
    """Agreement of every two of the layers, in the order given."""
    return [compare_two(first, second) for first, second in combinations(layers, 2)]


def compare_two(first: Labels, second: Labels) -> PairAgreement:
    """Agreement of two layers of the same recording, over the cells that both have judged."""
    cells = {}
    for cell in range(first.n_cells):
        judged = judged_by_both(first, second, cell)
        if len(judged):
            cells[cell] = compare_cell(
                first.of_cell(cell), second.of_cell(cell), judged, first.n_frames
            )
    return PairAgreement(first.name, second.name, cells)


def judged_by_both(first: Labels, second: Labels, cell: int) -> np.ndarray:
    """Spans (k, 2) that count for a cell: labelled by both and doubtful to neither."""
    labelled = intersection(first.judged(cell), second.judged(cell))
    if not len(labelled):
        return labelled
    doubtful = union(*(layer.spans_of_cell(cell, "doubtful") for layer in (first, second)))
    return subtract(labelled, doubtful)


def compare_cell(
    first: np.ndarray, second: np.ndarray, judged: np.ndarray, n_frames: int
) -> Agreement:
    """Agreement on one cell.

    ``first`` and ``second`` are its transients, (k, 2) and (m, 2); ``judged`` (s, 2) the spans
    that count.
    """
    counts = raster(judged, n_frames)
    matched = match_transients(first, second)
    pairs = np.concatenate([first[matched[:, 0]], second[matched[:, 1]]], axis=1)
    touching = [bool(counts[min(a, c) : max(b, d) + 1].any()) for a, b, c, d in pairs.tolist()]
    one, two = raster(first, n_frames)[counts], raster(second, n_frames)[counts]
    both, neither = int((one & two).sum()), int((~one & ~two).sum())
    only = [
        _wholly_within(np.delete(own, matched[:, side], axis=0), counts)
        for side, own in enumerate((first, second))
    ]
    return Agreement(
        n_cells=1,
        pairs=pairs[np.array(touching, dtype=bool)],
        only_first=only[0],
        only_second=only[1],
        frames=FrameCounts(both, int(one.sum()) - both, int(two.sum()) - both, neither),
    )


def _wholly_within(transients: np.ndarray, frames: np.ndarray) -> np.ndarray:
    kept = [bool(frames[onset : peak + 1].all()) for onset, peak in transients.tolist()]
    return transients[np.array(kept, dtype=bool)]


@dataclass(frozen=True)
class Disagreement:
    """One thing that two experts see differently, with the frames to look at.

    ``kind`` is "missed" (``marked_by`` has a transient where the other has nothing), "split" (the
    other has one there too, which matches another one better), "onset" or "peak" (both have it,
    ``n_frames`` apart).
    """

    cell: int
    first: int
    last: int
    kind: str
    marked_by: str
    other: str
    n_frames: int = 0

    @property
    def text(self) -> str:
        """The disagreement in words."""
        if self.kind == MISSED:
            return f"{self.marked_by} marks it, {self.other} does not"
        if self.kind == SPLIT:
            return f"{self.marked_by} marks one more here than {self.other}"
        return f"{self.kind} {self.n_frames} frames later for {self.other} than {self.marked_by}"


def disagreements(pair: PairAgreement, frame_rate_hz: float) -> list[Disagreement]:
    """Everything two experts see differently, by cell and frame.

    Onsets and peaks count when they are more than 0.3 s apart (and at least 2 frames).
    """
    largest = max(1, math.floor(JITTER_S * frame_rate_hz))
    found = []
    for cell, agreement in pair.cells.items():
        found += _without_partner(pair, cell, agreement)
        for onset_1, peak_1, onset_2, peak_2 in agreement.pairs.tolist():
            for kind, one, two in ((ONSET, onset_1, onset_2), (PEAK, peak_1, peak_2)):
                if abs(two - one) > largest:
                    names = (pair.first, pair.second) if two > one else (pair.second, pair.first)
                    ends = min(onset_1, onset_2), max(peak_1, peak_2)
                    found.append(Disagreement(cell, *ends, kind, *names, abs(two - one)))
    return sorted(found, key=lambda d: (d.cell, d.first, d.last, d.kind))


def _without_partner(pair: PairAgreement, cell: int, agreement: Agreement) -> list[Disagreement]:
    found = []
    sides = (
        (agreement.only_first, agreement.pairs[:, 2:], pair.first, pair.second),
        (agreement.only_second, agreement.pairs[:, :2], pair.second, pair.first),
    )
    for only, of_other, name, other in sides:
        for onset, peak in only.tolist():
            shared = ((of_other[:, 0] <= peak) & (of_other[:, 1] >= onset)).any()
            kind = SPLIT if shared else MISSED
            found.append(Disagreement(cell, onset, peak, kind, name, other))
    return found


def _nothing(width: int) -> np.ndarray:
    return np.empty((0, width), dtype=np.int64)
