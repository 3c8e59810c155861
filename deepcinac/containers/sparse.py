"""Sparse matrices from files: their entries, checked, so that a damaged file cannot crash anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcinac.errors import InputError


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """The entries of a matrix of ``shape``: ``row`` and ``column`` int64, ``value`` float64, (n,)."""

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray
    shape: tuple[int, int]


def compressed_columns(
    data: Any, indices: Any, indptr: Any, shape: Any, where: str
) -> SparseMatrix:
    """The entries of a matrix kept column by column (csc), checked: a damaged file must not crash.

    ``indices`` are rows; those of column i lie at ``indptr[i]`` to ``indptr[i + 1]``.
    """
    n_rows, n_columns = _matrix_shape(shape, where)
    starts = _index_vector(indptr, where)
    rows = _index_vector(indices, where)
    if len(starts) != n_columns + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise InputError("a sparse matrix", "one whose columns do not add up", where)
    n_entries = int(starts[-1])
    if n_entries > len(rows):
        raise InputError("a whole sparse matrix", f"{len(rows)} of {n_entries} entries", where)
    columns = np.repeat(np.arange(n_columns), np.diff(starts))
    return checked_entries(rows[:n_entries], columns, np.ravel(data)[:n_entries], shape, where)


def checked_entries(row: Any, column: Any, value: Any, shape: Any, where: str) -> SparseMatrix:
    """Entries of a matrix whose rows and columns lie inside it, with finite values."""
    n_rows, n_columns = _matrix_shape(shape, where)
    rows, columns = _index_vector(row, where), _index_vector(column, where)
    values = np.asarray(value)
    if values.ndim != 1 or values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise InputError("finite numbers in a sparse matrix", "others", where)
    if not len(rows) == len(columns) == len(values):
        raise InputError("a sparse matrix", "lists of different lengths", where)
    if len(rows) and (rows.max() >= n_rows or columns.max() >= n_columns):
        found = "an entry outside it"
        raise InputError(f"a matrix of {n_rows} x {n_columns}", found, where)
    return SparseMatrix(rows, columns, values.astype(float), (n_rows, n_columns))


def _matrix_shape(shape: Any, where: str) -> tuple[int, int]:
    sides = np.ravel(shape)
    if len(sides) != 2 or sides.dtype.kind not in "iuf" or (sides < 0).any():
        raise InputError("the two sides of a matrix", "something else", where)
    return int(sides[0]), int(sides[1])


def _index_vector(values: Any, where: str) -> np.ndarray:
    vector = np.asarray(values)
    if vector.ndim != 1 or vector.dtype.kind not in "iu":
        raise InputError("a sparse matrix", "positions that are not whole numbers", where)
    vector = vector.astype(np.int64)
    if (vector < 0).any():
        raise InputError("a sparse matrix", "negative positions", where)
    return vector
