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
    """Possible windows of one recording, arrays of the same length.

    ``cell``, ``start`` (first frame), ``kind``; ``transients`` the number of labelled transients in it,
    ``cropped`` whether one of them is cut by the window's edge.
    """

    cell: np.ndarray
    start: np.ndarray
    kind: np.ndarray
    transients: np.ndarray
    cropped: np.ndarray


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

    A cell of which only short stretches were judged, as in a review, has no such window: then those
    count that hold any judged frame. ``active``, ``false_rise``, ``doubtful``: (n_cells, n_frames) bool.
    """
    n_frames = active.shape[1]
    starts = np.arange(0, max(n_frames - window_frames, 0) + 1, step)
    found: list[tuple[int, int, int, int, bool]] = []
    for cell in cells.tolist():
        unknown = np.array(
            [doubtful[cell, start : start + window_frames].mean() for start in starts]
        )
        usable = unknown <= 0.5 if (unknown <= 0.5).any() else unknown < 1
        for start in starts[usable].tolist():
            window = slice(start, start + window_frames)
            kind = window_kind(active[cell, window], false_rise[cell, window])
            found.append((cell, start, kind, *transients_in(active[cell], start, window_frames)))
    table = np.array(found, dtype=int).reshape(-1, 5)
    cell_of, start_of, kind_of, transients, cropped = table.T
    return WindowCatalogue(cell_of, start_of, kind_of, transients, cropped.astype(bool))


def transients_in(active: np.ndarray, start: int, window_frames: int) -> tuple[int, bool]:
    """Number of runs of active frames in a window, and whether one of them goes on outside of it.

    >>> transients_in(np.array([1, 1, 0, 1, 0, 0], bool), 1, 4)
    (2, True)
    """
    window = active[start : start + window_frames]
    count = int(window[:1].sum() + np.count_nonzero(window[1:] & ~window[:-1]))
    stop = start + len(window)
    at_start = start > 0 and active[start - 1] and active[start]
    at_end = stop < len(active) and active[stop - 1] and active[stop]
    return count, bool(at_start or at_end)


def row_weights(
    table: WindowCatalogue,
    rows: np.ndarray,
    multiple_share: float | None = None,
    cropped_share: float | None = None,
) -> np.ndarray:
    """Chance of each row, so that windows with several or with cropped transients get their share.

    None leaves them as they come. A share that no row can fill is given to the others.
    """
    if not len(rows):
        return np.ones(0)
    weights = np.ones(len(rows))
    for wanted, special in (
        (multiple_share, table.transients[rows] >= 2),
        (cropped_share, table.cropped[rows]),
    ):
        if wanted is not None and special.any() and not special.all():
            mass = weights[special].sum() / weights.sum()
            weights[special] *= wanted / mass
            weights[~special] *= (1 - wanted) / (1 - mass)
    return weights / weights.sum()


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
