"""Which cells and which stretch of a recording tell most in one picture.

Worth showing: strong cross-talk together with the cell it comes from, and lively cells.
"""

from __future__ import annotations

import numpy as np

from deepcinac.evaluation.crosstalk import CrosstalkEvents
from deepcinac.labelling.transients import runs

CROSSTALK_WORTH = 3.0  # how many onsets a cross-talk event is worth when a stretch is chosen


def choose_window(
    active: np.ndarray, n_window: int, crosstalk: CrosstalkEvents | None = None
) -> tuple[int, int]:
    """First frame and the frame after the last of the stretch with most onsets and cross-talk.

    ``active`` (n_cells, n_frames) bool. The whole recording where it is not longer than ``n_window``.
    """
    n_frames = active.shape[1]
    if n_frames <= n_window:
        return 0, n_frames
    worth = np.zeros(n_frames)
    for row in active:
        np.add.at(worth, runs(row)[:, 0], 1.0)
    if crosstalk is not None and len(crosstalk):
        np.add.at(worth, crosstalk.onset, CROSSTALK_WORTH * (crosstalk.source >= 0))
    total = np.concatenate(([0.0], np.cumsum(worth)))
    first = int(np.argmax(total[n_window:] - total[:-n_window]))
    return first, first + n_window


def choose_cells(
    active: np.ndarray,
    window: tuple[int, int],
    n_shown: int,
    crosstalk: CrosstalkEvents | None = None,
) -> list[int]:
    """Cells to show, at most ``n_shown``: cross-talk pairs (source, then target), then lively ones."""
    first, after = window
    chosen: list[int] = []
    for source, target in _pairs(crosstalk, first, after):
        new = [cell for cell in (source, target) if cell not in chosen]
        if len(chosen) + len(new) <= n_shown - n_shown // 4:
            chosen += new
    n_onsets = np.array([len(runs(row[first:after])) for row in active])
    for cell in np.argsort(-n_onsets, kind="stable").tolist():
        if len(chosen) < n_shown and cell not in chosen:
            chosen.append(cell)
    return chosen


def _pairs(crosstalk: CrosstalkEvents | None, first: int, after: int) -> list[tuple[int, int]]:
    """(source, target) of the events in a stretch, the strongest total first."""
    if crosstalk is None:
        return []
    strength = np.ones(len(crosstalk)) if crosstalk.strength is None else crosstalk.strength
    weight: dict[tuple[int, int], float] = {}
    inside = (crosstalk.source >= 0) & (crosstalk.onset >= first) & (crosstalk.peak < after)
    for event in np.flatnonzero(inside):
        pair = (int(crosstalk.source[event]), int(crosstalk.target[event]))
        weight[pair] = weight.get(pair, 0.0) + float(strength[event])
    return sorted(weight, key=lambda pair: -weight[pair])
