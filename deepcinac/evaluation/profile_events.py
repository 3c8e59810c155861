"""Cross-talk found on a recording by the rule of the DeepCINAC paper, section 2.5.

Two cells share at least 15 % of the larger one. A rise of the one is cross-talk when the image of the
movie during it correlates with the source profile of the other above 0.7, and with its own below 0.2.
"""

from __future__ import annotations

import numpy as np

from deepcinac.evaluation.crosstalk import MINIMUM_OVERLAP, CrosstalkEvents
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.profiles import PAPER_THRESHOLDS, SourceProfiles, Verdict
from deepcinac.recording.traces import putative_transients, smooth

MOST_RISES = 20_000
"""Of more rises than these, so many are looked at, evenly spread: each costs a piece of the movie."""
STAGE = "cross-talk"


def find_profile_events(
    movie: Movie,
    cells: Cells,
    trace: np.ndarray,
    frame_rate_hz: float,
    progress: Progress = silent,
    most_rises: int = MOST_RISES,
) -> CrosstalkEvents:
    """Rises that the light of an overlapping cell explains and the cell's own does not.

    ``trace`` (n_cells, n_frames) is the mean of each cell's pixels. Every rise of the smoothed trace
    of a valid cell that shares at least 15 % with another one is looked at, or ``most_rises`` of them.
    """
    partners = partners_of(cells)
    rises = [
        (cell, onset, peak)
        for cell in partners
        if cells.valid[cell]
        for onset, peak in putative_transients(smooth(trace[cell], frame_rate_hz)).tolist()
    ]
    if len(rises) > most_rises:
        kept = np.unique(np.linspace(0, len(rises) - 1, most_rises).astype(int))
        rises = [rises[place] for place in kept]
    profiles = SourceProfiles(movie, cells, trace, frame_rate_hz)
    found: list[tuple[int, int, int, int]] = []
    for done, (cell, onset, peak) in enumerate(rises):
        if done % 100 == 0:
            progress(ProgressEvent(STAGE, done, len(rises)))
        verdict = profiles.judge(cell, onset, peak, PAPER_THRESHOLDS)
        source = source_by_rule(verdict, partners[cell])
        if source is not None:
            found.append((cell, source, onset, peak))
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    overlap = np.array([cells.overlaps.fraction(target, source) for target, source, *_ in found])
    return CrosstalkEvents.from_table(table, overlap=overlap)


def partners_of(cells: Cells) -> dict[int, frozenset[int]]:
    """Cell -> the cells that share at least 15 % of the larger of the two with it."""
    found: dict[int, set[int]] = {}
    for first, second in cells.overlaps.pairs(MINIMUM_OVERLAP).tolist():
        found.setdefault(first, set()).add(second)
        found.setdefault(second, set()).add(first)
    return {cell: frozenset(found[cell]) for cell in sorted(found)}


def source_by_rule(verdict: Verdict, partners: frozenset[int]) -> int | None:
    """The cell that made a rise by the paper's rule, the best of several; None: nobody else did."""
    if not verdict.own < PAPER_THRESHOLDS.own_below:  # not a number: nothing is said of the cell
        return None
    pairs = zip(verdict.correlations.tolist(), verdict.neighbours.tolist(), strict=True)
    fitting = [
        (r, cell) for r, cell in pairs if cell in partners and r > PAPER_THRESHOLDS.neighbour
    ]
    return max(fitting)[1] if fitting else None
