"""Who belongs to whom, at the least cost together: linear assignment in which staying alone has a price."""

from __future__ import annotations

import numpy as np


def assign(
    first: np.ndarray, second: np.ndarray, cost: np.ndarray, cap: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs out of candidate pairs, each element in at most one, at the least total cost.

    ``first``, ``second`` (k,): the elements of each candidate pair; ``cost`` (k,) of at least 0. A pair
    that costs ``cap`` or more is never taken: leaving both alone is cheaper. Returns the elements of
    the pairs that were chosen. Groups of candidates without an element in common are solved apart.

    >>> first, second = assign(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([2.0, 1.0, 4.0]), 5.0)
    >>> first.tolist(), second.tolist()
    ([0], [1])
    """
    good = cost < cap
    first, second, cost = first[good], second[good], cost[good]
    if not len(cost):
        return np.empty(0, int), np.empty(0, int)
    chosen: list[tuple[int, int]] = []
    for own in _groups(first, second):
        chosen += _solve(first[own], second[own], cost[own], cap)
    pairs = np.array(sorted(chosen), int).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _groups(first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """Places of the candidates of each connected group."""
    import scipy.sparse
    from scipy.sparse.csgraph import connected_components

    n_first, n_second = int(first.max()) + 1, int(second.max()) + 1
    n = n_first + n_second
    graph = scipy.sparse.coo_matrix((np.ones(len(first)), (first, n_first + second)), shape=(n, n))
    group = connected_components(graph, directed=False)[1][first]
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _solve(
    first: np.ndarray, second: np.ndarray, cost: np.ndarray, cap: float
) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment

    if len(cost) == 1:
        return [(int(first[0]), int(second[0]))]
    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    # A square of two halves: staying alone costs cap / 2 on either side.
    n, m = len(rows), len(columns)
    never = 1e6 * cap
    table = np.full((n + m, n + m), never)
    table[row, column] = cost
    table[np.arange(n), m + np.arange(n)] = cap / 2
    table[n + np.arange(m), np.arange(m)] = cap / 2
    table[n:, m:] = 0
    left, right = linear_sum_assignment(table)
    taken = (left < n) & (right < m)
    return [(int(rows[i]), int(columns[j])) for i, j in zip(left[taken], right[taken], strict=True)]


def near_pairs(
    first: np.ndarray, second: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of points (n, d) and (m, d) that lie within ``reach``: their places, and how far they lie."""
    from scipy.spatial import cKDTree

    if not len(first) or not len(second):
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    found = cKDTree(first).query_ball_tree(cKDTree(second), reach)
    left = np.repeat(np.arange(len(first)), [len(others) for others in found])
    right = np.array([place for others in found for place in others], int)
    return left, right, np.linalg.norm(first[left] - second[right], axis=1)
