"""How tissue deforms between two moments, from the cells that are seen in both: a thin-plate spline.

After Lagache and others 2021 (EMC2): between the cells that are seen, the field of displacements is the
smoothest one that passes close to them, so that it says where a cell that is not seen must have gone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FEWEST = 8
"""With fewer cells in common nothing is said about the others."""
MOST_CONTROLS = 250
"""More cells than this say nothing new about a smooth field and cost the third power of their number."""
SMOOTHING = 10.0
N_NEIGHBOURS = 8
OUTLIER_SD = 4.0
OUTLIER_FLOOR_PX = 1.0

Displacement = Callable[[np.ndarray], np.ndarray]


def displacement(
    before: np.ndarray, after: np.ndarray, smoothing: float = SMOOTHING
) -> Displacement | None:
    """The displacement of any points (n, d), from cells ``before`` and ``after``, both (k, d) in pixels.

    Cells that move otherwise than all of their neighbours do are left out: they are wrong links. None
    where fewer than eight are left.
    """
    from scipy.interpolate import RBFInterpolator

    kept = alike(before, after - before)
    before, moved = before[kept], (after - before)[kept]
    if len(before) > MOST_CONTROLS:
        chosen = spread_out(before, MOST_CONTROLS)
        before, moved = before[chosen], moved[chosen]
    before, first = np.unique(before, axis=0, return_index=True)
    moved = moved[first]
    if len(before) < FEWEST or np.linalg.matrix_rank(before - before.mean(0)) < before.shape[1]:
        return None
    return RBFInterpolator(before, moved, kernel="thin_plate_spline", smoothing=smoothing, degree=1)


def alike(points: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Which cells (n,) bool move as the median of their nearest neighbours does, or nearly so."""
    from scipy.spatial import cKDTree

    n = len(points)
    if n < FEWEST:
        return np.ones(n, bool)
    k = min(N_NEIGHBOURS + 1, n)
    _, neighbours = cKDTree(points).query(points, k)
    expected = np.median(moved[neighbours[:, 1:]], axis=1)
    off = np.linalg.norm(moved - expected, axis=1)
    return off <= max(OUTLIER_FLOOR_PX, OUTLIER_SD * 1.4826 * float(np.median(off)))


def spread_out(points: np.ndarray, n: int) -> np.ndarray:
    """Places of ``n`` points that lie far from each other: always the one farthest from those chosen.

    >>> spread_out(np.array([[0.0], [1.0], [9.0], [10.0]]), 2).tolist()
    [0, 3]
    """
    chosen = [0]
    nearest = np.linalg.norm(points - points[0], axis=1)
    for _ in range(n - 1):
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)
