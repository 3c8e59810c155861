"""Whose light is a transient? Images of a cell's activity, compared inside its footprint.

After Gauthier et al. (2022, Nature Methods 19:470), whose idea the DeepCINAC paper and its window
use. The *transient profile* of a cell is the mean image over one transient, each frame weighted by
how bright the cell is in it; the *source profile* is the mean of the transient profiles of the
cell's highest transients. Where the two correlate inside the cell's footprint the light has the
cell's shape and is its own; where instead the neighbour's two profiles correlate inside the
neighbour's footprint, it is the neighbour's.

Two things differ from DeepCINAC 1. What the pixels showed just before the onset is subtracted, for
otherwise the resting image of the cell decides the correlation, whoever was active. And a transient
counts for a source profile only when it fits the cell's footprint better than any neighbour's, for
otherwise a dim cell gets the profile of its bright neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.recording.cells import Cell, Cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.traces import putative_transients, smooth

GROWN_PX = 1
"""How much larger than the footprint the compared pixels reach (as in DeepCINAC 1)."""
HIGHEST_PERCENTILE = 95.0
"""Height from which a transient is among the highest of its cell (as in DeepCINAC 1)."""
FEWEST_IN_SOURCE, MOST_IN_SOURCE = 5, 10
"""How many of the highest transients make a source profile (as in DeepCINAC 1)."""
ENOUGH_LABELLED = 6
"""Labelled transients from which on putative ones are not looked at (as in DeepCINAC 1)."""
FEWEST_FITTING = 3
"""With fewer transients that fit the footprint, the footprint itself is the source profile."""
CANDIDATES = 30
"""How many of the highest transients are tried for a source profile."""
BEFORE_S = 0.5
"""Length of the stretch before the onset that is subtracted. On the recordings named at
``THRESHOLDS``, with the best thresholds for each length, 0.25, 0.5 and 1 s decide 21, 20 and 19 %
rightly (mean of transients and cross-talk); resampling all 14 recordings does not tell them apart.
The onset frame alone (0 s) decides 16 %."""


@dataclass(frozen=True)
class Thresholds:
    """When a correlation decides whose a transient is.

    The light is a neighbour's when the best neighbour's correlation is above ``neighbour``, the
    cell's below ``own_below``, and the first exceeds the second by at least ``margin``. It is the
    cell's own when its correlation is at least ``own_from`` and no neighbour's is higher by
    ``margin``. Otherwise it stays undetermined.
    """

    own_from: float
    own_below: float
    neighbour: float
    margin: float


THRESHOLDS = Thresholds(own_from=0.6, own_below=1.0, neighbour=0.6, margin=0.5)
"""The default, cautious: most transients stay undetermined.

Chosen on 8 simulated recordings (8 to 13 Hz, 379 cells) as the values, in steps of 0.05, that
decide most while at most 3 % of the real transients (height of 3 SD or more of the noise) are blamed
on a neighbour and at most 3 % of a neighbour's rises (3 SD or more) are called the cell's own, with
every true transient labelled and with none.

With labels, of 3238 real transients 17 % are called own and 2.1 % blamed on a neighbour; of 684
rises 33 % are blamed on the neighbour that made them and 1.9 % called own. Without: 11, 2.8, 19 and
2.3 %. Real transients being the more frequent, a neighbour is blamed rightly in 74 % of such
verdicts (56 % without labels); "own" is right in 98 % (96 %). The limits hold for all recordings
together: a busy one (10 transients a minute in a cell, faulty outlines, a field that moves) has up
to 6 and 7 % of errors. On 6 others (interneurons, 1918 transients, 110 rises) the choice was checked
only: with labels 17, 1.4, 29 and 0 %, without 14, 1.7, 26 and 0.9 %. Nothing was measured at 30 Hz.
"""
PAPER_THRESHOLDS = Thresholds(own_from=0.2, own_below=0.2, neighbour=0.7, margin=0.0)
"""DeepCINAC paper, section 2.5: above 0.7 in the one cell and below 0.2 in the other."""
VERSION_1_THRESHOLDS = Thresholds(own_from=0.25, own_below=0.25, neighbour=0.7, margin=0.0)
"""The key J of DeepCINAC 1."""

OWN, NEIGHBOUR, UNDETERMINED = "own", "neighbour", "undetermined"


@dataclass(frozen=True, eq=False)
class Profile:
    """An image (h, w) float64 of a cell's box, whose corner lies at (``top``, ``left``) of the movie.

    ``mask`` (h, w) bool holds the pixels that are compared: the footprint, grown. ``n_transients``
    is how many transients were averaged; 0 for a source profile that is the footprint itself.
    """

    image: np.ndarray
    mask: np.ndarray
    top: int
    left: int
    n_transients: int


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whose a transient is: ``origin`` is "own", "neighbour" or "undetermined".

    ``own`` is the correlation of transient and source profile in the cell itself, ``correlations``
    (k,) those of the overlapping cells ``neighbours`` (k,); NaN where a profile is flat.
    ``neighbour`` is the cell to blame when the origin is "neighbour", otherwise None.
    """

    origin: str
    neighbour: int | None
    own: float
    neighbours: np.ndarray
    correlations: np.ndarray


def transient_profile(frames: np.ndarray, trace: np.ndarray, n_before: int) -> np.ndarray:
    """Mean image of a transient above what was there before it, (h, w) float64.

    Parameters
    ----------
    frames, trace
        (n, h, w) and (n,): the pixels and the cell's fluorescence, first the ``n_before`` frames
        before the onset, then the transient, onset and peak included. With ``n_before`` 0 (the
        movie begins with the transient) the onset frame takes their place.

    Each frame of the transient weighs as much as the trace exceeds its mean before. A trace that
    never does so gives the plain mean.
    """
    start = max(n_before, 1)
    values = np.asarray(trace, dtype=float)
    weight = np.maximum(values[n_before:] - values[:start].mean(), 0.0)
    if not weight.any():
        weight = np.ones(len(weight))
    return weighted_mean(frames[n_before:], weight) - frames[:start].mean(axis=0, dtype=float)


def weighted_mean(frames: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean (h, w) float64 of ``frames`` (n, h, w), weighted by ``weight`` (n,) >= 0, not all 0."""
    share = np.asarray(weight, dtype=float) / np.sum(weight)
    return np.tensordot(share, np.asarray(frames, dtype=float), axes=1)


def pearson(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> float:
    """Pearson correlation of two images over the pixels of ``mask``; NaN when one is flat."""
    a = first[mask] - first[mask].mean()
    b = second[mask] - second[mask].mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 0 else math.nan


def highest(heights: np.ndarray) -> np.ndarray:
    """Positions of the highest of ``heights`` (k,), the highest first.

    Those from the 95th percentile on; at least 5 and at most 10 (fewer only where there are fewer).

    >>> highest(np.array([1.0, 4.0, 2.0])).tolist()
    [1, 2, 0]
    """
    heights = np.asarray(heights, dtype=float)
    if not len(heights):
        return np.empty(0, dtype=np.int64)
    n_above = int(np.count_nonzero(heights >= np.percentile(heights, HIGHEST_PERCENTILE)))
    n_wanted = min(max(n_above, FEWEST_IN_SOURCE), MOST_IN_SOURCE)
    return np.argsort(-heights, kind="stable")[:n_wanted]


def decide(
    own: float,
    neighbours: np.ndarray,
    correlations: np.ndarray,
    thresholds: Thresholds = THRESHOLDS,
) -> Verdict:
    """Whose a transient is, from the correlations of the cell and of its neighbours (k,).

    A correlation that is not defined (NaN) speaks for nobody.
    """
    neighbours = np.asarray(neighbours, dtype=np.int64)
    correlations = np.asarray(correlations, dtype=float)
    known = np.where(np.isnan(correlations), -np.inf, correlations)
    best = int(np.argmax(known)) if len(known) else -1
    other = float(known[best]) if len(known) else -math.inf
    cell = -math.inf if math.isnan(own) else own
    to_blame = (
        other > thresholds.neighbour
        and cell < thresholds.own_below
        and other - cell >= thresholds.margin
    )
    if to_blame:
        return Verdict(NEIGHBOUR, int(neighbours[best]), own, neighbours, correlations)
    is_own = cell >= thresholds.own_from and not (
        thresholds.margin > 0 and other - cell >= thresholds.margin
    )
    return Verdict(OWN if is_own else UNDETERMINED, None, own, neighbours, correlations)


@dataclass(frozen=True, eq=False)
class _Area:
    """The box of a grown footprint (rows top to bottom, columns left to right, ends excluded)."""

    top: int
    bottom: int
    left: int
    right: int
    mask: np.ndarray
    footprint: np.ndarray

    def cut(self, images: np.ndarray, top: int, left: int) -> np.ndarray:
        """This box out of images (..., h, w) whose corner lies at (``top``, ``left``)."""
        rows = slice(self.top - top, self.bottom - top)
        return images[..., rows, self.left - left : self.right - left]


def grown_area(cell: Cell, height: int, width: int) -> _Area:
    """The box of a cell grown by 1 px in all eight directions, clipped to the movie."""
    top, left = (max(int(pix.min()) - GROWN_PX, 0) for pix in (cell.ypix, cell.xpix))
    bottom = min(int(cell.ypix.max()) + GROWN_PX + 1, height)
    right = min(int(cell.xpix.max()) + GROWN_PX + 1, width)
    footprint = np.zeros((bottom - top, right - left))
    footprint[cell.ypix - top, cell.xpix - left] = cell.weight
    mask = np.zeros(footprint.shape, dtype=bool)
    for dy in range(-GROWN_PX, GROWN_PX + 1):
        for dx in range(-GROWN_PX, GROWN_PX + 1):
            y, x = cell.ypix + dy - top, cell.xpix + dx - left
            inside = (y >= 0) & (y < bottom - top) & (x >= 0) & (x < right - left)
            mask[y[inside], x[inside]] = True
    return _Area(top, bottom, left, right, mask, footprint)


class SourceProfiles:
    """Profiles and verdicts of one recording; source profiles are kept once they are made.

    Parameters
    ----------
    movie, cells
        The movie should read single patches fast (a flat file or a working copy).
    trace
        (n_cells, n_frames): mean fluorescence of each cell's pixels.
    frame_rate_hz
        Frames per second.
    labelled
        ``labelled(cell)`` gives the labelled transients of a cell, (k, 2) onset and peak; without
        it, and where there are 5 or fewer, putative transients of the smoothed trace are taken too.

    The first verdict about a cell makes the source profiles of the cell and its neighbours, which
    takes longer than every later one; :meth:`prepare` does it ahead of time.
    """

    def __init__(
        self,
        movie: Movie,
        cells: Cells,
        trace: np.ndarray,
        frame_rate_hz: float,
        labelled: Callable[[int], np.ndarray] | None = None,
    ) -> None:
        self._movie = movie
        self._cells = cells
        self._trace = np.asarray(trace)
        self._rate = frame_rate_hz
        self._labelled = labelled
        self._n_before = max(1, round(BEFORE_S * frame_rate_hz))
        self._areas: dict[int, _Area] = {}
        self._sources: dict[int, Profile] = {}
        self._begun: dict[int, Iterator[None]] = {}

    def source(self, cell: int) -> Profile:
        """The source profile of a cell."""
        for _ in self.steps(cell):
            pass
        return self._sources[cell]

    def steps(self, cell: int) -> Iterator[None]:
        """Make the source profile of a cell, one transient at a time, for who has little time.

        Steps that were left off are gone on with by the next caller.
        """
        while cell not in self._sources:
            work = self._begun.setdefault(cell, self._make_source(cell))
            if next(work, self) is self:
                self._begun.pop(cell, None)
            yield

    def prepare(self, cell: int) -> None:
        """Make the source profiles that a verdict about ``cell`` needs."""
        for member in self._group(cell):
            self.source(member)

    def forget(self, cell: int) -> None:
        """Make the source profile of ``cell`` anew when it is needed: its labels changed."""
        self._sources.pop(cell, None)
        self._begun.pop(cell, None)

    def profiles(self, cell: int, onset: int, peak: int) -> dict[int, Profile]:
        """Transient profiles of the cell (first) and of every overlapping cell."""
        group = self._group(cell)
        found = zip(group, self._images(group, onset, peak), strict=True)
        return {member: self._profile(member, image, 1) for member, image in found}

    def judge(
        self, cell: int, onset: int, peak: int, thresholds: Thresholds = THRESHOLDS
    ) -> Verdict:
        """Whose is the transient that ``cell`` shows from frame ``onset`` to ``peak`` (included)?"""
        group = self._group(cell)
        images = self._images(group, onset, peak)
        own, *others = [
            self._agreement(member, image) for member, image in zip(group, images, strict=True)
        ]
        return decide(own, np.array(group[1:], dtype=np.int64), np.array(others), thresholds)

    def correlation(self, cell: int, onset: int, peak: int) -> float:
        """Correlation of a transient profile with the source profile, in this cell alone."""
        return self._agreement(cell, self._images([cell], onset, peak)[0])

    def _agreement(self, cell: int, image: np.ndarray) -> float:
        return pearson(image, self.source(cell).image, self._area(cell).mask)

    def _group(self, cell: int) -> list[int]:
        return [cell, *(int(other) for other in self._cells.overlaps.neighbours(cell))]

    def _area(self, cell: int) -> _Area:
        if cell not in self._areas:
            self._areas[cell] = grown_area(self._cells[cell], self._cells.height, self._cells.width)
        return self._areas[cell]

    def _profile(self, cell: int, image: np.ndarray, n_transients: int) -> Profile:
        area = self._area(cell)
        return Profile(image, area.mask, area.top, area.left, n_transients)

    def _images(self, group: Sequence[int], onset: int, peak: int) -> list[np.ndarray]:
        """Transient profiles of several cells from one reading of the box around them all."""
        areas = [self._area(member) for member in group]
        top, left = min(a.top for a in areas), min(a.left for a in areas)
        bottom, right = max(a.bottom for a in areas), max(a.right for a in areas)
        first = max(onset - self._n_before, 0)
        frames = self._movie.patch(first, peak + 1, top, bottom, left, right)
        pixels = frames.astype(np.float64)
        return [
            transient_profile(
                area.cut(pixels, top, left), self._trace[member, first : peak + 1], onset - first
            )
            for member, area in zip(group, areas, strict=True)
        ]

    def _make_source(self, cell: int) -> Iterator[None]:
        labelled = np.empty((0, 2), dtype=np.int64)
        if self._labelled is not None:
            labelled = np.asarray(self._labelled(cell), dtype=np.int64).reshape(-1, 2)
        smoothed = smooth(self._trace[cell], self._rate)
        images = yield from self._fitting(cell, labelled, smoothed)
        if len(labelled) < ENOUGH_LABELLED or len(images) < FEWEST_FITTING:
            others = _apart_from(putative_transients(smoothed), labelled)
            more = yield from self._fitting(cell, others, smoothed)
            images = [*images, *more][:MOST_IN_SOURCE]
        if len(images) < FEWEST_FITTING:
            self._sources[cell] = self._profile(cell, self._area(cell).footprint, 0)
        else:
            self._sources[cell] = self._profile(cell, np.mean(images, axis=0), len(images))

    def _fitting(
        self, cell: int, transients: np.ndarray, smoothed: np.ndarray
    ) -> Generator[None, None, list[np.ndarray]]:
        """Profiles of the highest transients that fit this cell's footprint best, highest first."""
        heights = smoothed[transients[:, 1]] - smoothed[transients[:, 0]]
        n_wanted = len(highest(heights))
        group = self._group(cell)
        found: list[np.ndarray] = []
        for onset, peak in transients[np.argsort(-heights, kind="stable")[:CANDIDATES]].tolist():
            images = self._images(group, onset, peak)
            fits = [
                pearson(image, self._area(member).footprint, self._area(member).mask)
                for member, image in zip(group, images, strict=True)
            ]
            if fits[0] > 0 and fits[0] >= np.nanmax(fits):
                found.append(images[0])
                if len(found) == n_wanted:
                    break
            yield
        return found


def _apart_from(transients: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The ``transients`` (n, 2) that share no frame with any of ``taken`` (k, 2)."""
    shared = (transients[:, None, 0] <= taken[None, :, 1]) & (
        taken[None, :, 0] <= transients[:, None, 1]
    )
    return transients[~shared.any(axis=1)]
