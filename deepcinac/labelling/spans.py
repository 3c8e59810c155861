"""Spans: stretches of frames with a meaning, as (k, 2) int64 arrays of (first, last), both included.

A span is a set of frames: unlike transients, spans that overlap or touch are one. Every function
returns spans in that normal form, sorted.
"""

from __future__ import annotations

import numpy as np

KINDS = ("labelled", "doubtful", "movement")
"""``labelled``: everything in it has been judged; ``doubtful``: left out of training and scoring;
``movement``: the field moved."""

WHOLE_FIELD = -1
"""In place of a cell number: the span holds for all cells."""


def union(*several: np.ndarray) -> np.ndarray:
    """All frames of any of the lists (k, 2).

    >>> union(np.array([[0, 4], [5, 9]]), np.array([[20, 30]]))
    array([[ 0,  9],
           [20, 30]])
    """
    spans = np.concatenate([np.asarray(part, np.int64).reshape(-1, 2) for part in several])
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    merged: list[list[int]] = []
    for first, last in spans.tolist():
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return np.array(merged, dtype=np.int64).reshape(-1, 2)


def subtract(spans: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The frames of ``spans`` that are not in ``taken``; both (k, 2).

    >>> subtract(np.array([[0, 99]]), np.array([[10, 19]]))
    array([[ 0,  9],
           [20, 99]])
    """
    left: list[tuple[int, int]] = []
    holes = union(taken).tolist()
    for first, last in union(spans).tolist():
        for hole_first, hole_last in holes:
            if hole_last < first or hole_first > last:
                continue
            if hole_first > first:
                left.append((first, hole_first - 1))
            first = hole_last + 1
        if first <= last:
            left.append((first, last))
    return np.array(left, dtype=np.int64).reshape(-1, 2)


def intersection(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The frames that are in both lists (k, 2)."""
    return subtract(one, subtract(one, other))
