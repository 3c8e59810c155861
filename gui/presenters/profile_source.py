"""Source and transient profiles as the window shows them, with the verdict in words. No Tk."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from deepcinac.gui.drawing.peak_marks import PeakVerdict
from deepcinac.gui.views.profiles import ProfilePanel
from deepcinac.labelling.transients import describe
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.profiles import NEIGHBOUR, OWN, SourceProfiles

MOST_FRAMES = 200
"""Frames of a stretch that are averaged at most: a longer one is no transient."""


class ProfileSource:
    """Panels for a cell and its overlapping cells; sources are kept until labels change."""

    def __init__(
        self,
        movie: Movie,
        cells: Cells,
        trace: np.ndarray,
        frame_rate_hz: float,
        labelled: Callable[[int], np.ndarray],
    ) -> None:
        self._cells = cells
        self._make = lambda: SourceProfiles(movie, cells, trace, frame_rate_hz, labelled)
        self._sources = self._make()
        self._verdicts: dict[tuple[int, int, int], PeakVerdict] = {}

    def group(self, cell: int) -> list[int]:
        """The cell and its overlapping cells."""
        return [cell, *self._cells.overlaps.neighbours(cell).tolist()]

    def steps(self, cell: int) -> Iterator[None]:
        """Make the source profile of one cell, a few milliseconds at a time."""
        return self._sources.steps(cell)

    def forget(self, cell: int | None) -> None:
        """Labels of a cell changed, or of all cells (None)."""
        if cell is None:
            self._sources = self._make()
            self._verdicts.clear()
            return
        self._sources.forget(cell)
        near = set(self.group(cell))  # its source profile judges them too
        self._verdicts = {key: held for key, held in self._verdicts.items() if key[0] not in near}

    def peak_verdict(self, cell: int, onset: int, peak: int) -> PeakVerdict:
        """Whose light a transient is, for its mark in the trace; kept until labels change."""
        key = (cell, onset, peak)
        if key not in self._verdicts:
            judged = self._sources.judge(cell, onset, min(peak, onset + MOST_FRAMES))
            own = None if math.isnan(judged.own) else judged.own
            self._verdicts[key] = PeakVerdict(judged.origin, own, judged.neighbour)
        return self._verdicts[key]

    def is_foreign(self, cell: int, onset: int, peak: int) -> bool:
        """Whether the light of a transient is an overlapping cell's."""
        last = min(peak, onset + MOST_FRAMES)
        return self._sources.judge(cell, onset, last).origin == NEIGHBOUR

    def panels(
        self, cell: int, transient: tuple[int, int] | None
    ) -> tuple[list[ProfilePanel], str, str]:
        """Panels (the cell's own first), the verdict and a title."""
        group = self.group(cell)
        images: dict[int, np.ndarray] = {}
        correlation: dict[int, float] = {}
        verdict, title = "", f"Cell {cell}: sources"
        if transient is not None:
            onset, peak = transient[0], min(transient[1], transient[0] + MOST_FRAMES)
            found = self._sources.profiles(cell, onset, peak)
            images = {member: profile.image for member, profile in found.items()}
            judged = self._sources.judge(cell, onset, peak)
            neighbours = judged.neighbours.tolist()
            correlation = dict(zip(neighbours, judged.correlations.tolist(), strict=True))
            correlation[cell] = judged.own
            verdict = _in_words(judged.origin, judged.neighbour)
            title = f"Cell {cell}, {describe(*transient)}"
        made = []
        for member in group:
            source = self._sources.source(member)
            value = correlation.get(member)
            outline = [loop - (source.left, source.top) for loop in self._cells.contour(member)]
            made.append(
                ProfilePanel(
                    cell=member,
                    source=source.image,
                    transient=images.get(member),
                    correlation=None if value is None or math.isnan(value) else value,
                    outline=outline,
                    own=member == cell,
                )
            )
        return made, verdict, title


def _in_words(origin: str, neighbour: int | None) -> str:
    if origin == OWN:
        return "the cell's own"
    if origin == NEIGHBOUR:
        return f"light of cell {neighbour}"
    return "undetermined"
