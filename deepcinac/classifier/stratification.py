"""Which windows to train on: about 60 % with a real transient, 30 % with only false ones, 10 % with none.

A window is *real* when a labelled transient lies in it, *false* when none does but the cell's trace rises
clearly (a neighbour, neuropil, motion, noise), *empty* otherwise (paper, section 2.3, stratification).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REAL, FALSE, EMPTY = 0, 1, 2
SHARES = (0.60, 0.30, 0.10)


@dataclass(frozen=True)
class WindowCatalogue:
    """Possible windows of one recording: cell, first frame and kind, three arrays of the same length."""

    cell: np.ndarray
    start: np.ndarray
    kind: np.ndarray


def window_kind(active: np.ndarray, false_rise: np.ndarray) -> int:
    """Kind of one window from its frames: any active one, else any in a false rise, else none.

    >>> window_kind(np.array([0, 1, 0], bool), np.array([1, 0, 0], bool))
    0
    """
    if active.any():
        return REAL
    return FALSE if false_rise.any() else EMPTY


def false_rises(
    rises: np.ndarray, heights: np.ndarray, active: np.ndarray, doubtful: np.ndarray, enough: float
) -> np.ndarray:
    """Frames of clear rises that no label explains, (n_frames,) bool.

    ``rises`` (k, 2) are the putative transients of the cell's trace with their ``heights``; one counts
    when it is at least ``enough`` high and touches neither an active nor a doubtful frame.
    """
    frames = np.zeros(len(active), bool)
    explained = active | doubtful
    for (onset, peak), height in zip(rises.tolist(), heights.tolist(), strict=True):
        if height >= enough and not explained[onset : peak + 1].any():
            frames[onset : peak + 1] = True
    return frames


def catalogue(
    active: np.ndarray,
    false_rise: np.ndarray,
    doubtful: np.ndarray,
    cells: np.ndarray,
    window_frames: int,
    step: int,
) -> WindowCatalogue:
    """All windows of the chosen cells, every ``step`` frames, that are not mostly doubtful.

    ``active``, ``false_rise``, ``doubtful`` are (n_cells, n_frames) bool.
    """
    n_frames = active.shape[1]
    starts = np.arange(0, max(n_frames - window_frames, 0) + 1, step)
    found: list[tuple[int, int, int]] = []
    for cell in cells.tolist():
        for start in starts.tolist():
            window = slice(start, start + window_frames)
            if doubtful[cell, window].mean() > 0.5:
                continue
            kind = window_kind(active[cell, window], false_rise[cell, window])
            found.append((cell, start, kind))
    table = np.array(found, dtype=int).reshape(-1, 3)
    return WindowCatalogue(table[:, 0], table[:, 1], table[:, 2])


def draw_kinds(
    count: int, available: np.ndarray, generator: np.random.Generator, shares: tuple = SHARES
) -> np.ndarray:
    """Kinds of ``count`` windows in the wanted shares; a kind of which there is none gives its share away.

    ``available`` (3,) says how many windows of each kind there are.
    """
    weights = np.where(np.asarray(available) > 0, shares, 0.0)
    if weights.sum() == 0:
        raise ValueError("there is no window to draw from")
    exact = weights / weights.sum() * count
    numbers = np.floor(exact).astype(int)
    rest = count - numbers.sum()
    numbers[np.argsort(numbers - exact, kind="stable")[:rest]] += 1
    return generator.permutation(np.repeat(np.arange(3), numbers))
