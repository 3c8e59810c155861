"""Weighted footprints as a matrix of pixels x cells, the form in which CaImAn keeps its cells.

Pixels run down the columns of the image first (Fortran order): pixel p of a field of so many rows is
at y = p modulo height, x = p divided by height.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.sparse import SparseMatrix
from deepcinac.errors import InputError

Footprint = tuple[np.ndarray, np.ndarray, np.ndarray]

VERDICT_NAMES = ("idx_components", "idx_components_bad")
"""How CaImAn calls the accepted and the rejected components."""


def footprints_of(matrix: SparseMatrix, height: int, energy: float) -> list[Footprint]:
    """``(ypix, xpix, weight)`` of every column; see :func:`strongest` for what ``energy`` leaves."""
    positive = matrix.value > 0
    pixel, cell = matrix.row[positive], matrix.column[positive]
    weight = matrix.value[positive]
    order = np.argsort(cell, kind="stable")
    ends = np.cumsum(np.bincount(cell, minlength=matrix.shape[1]))[:-1]
    footprints = []
    for own in np.split(order, ends):
        kept = own[strongest(weight[own], energy)]
        footprints.append((pixel[kept] % height, pixel[kept] // height, weight[kept]))
    return footprints


def strongest(weight: np.ndarray, energy: float) -> np.ndarray:
    """Which pixels (n,) bool to keep: the fewest that hold ``energy`` of the sum of squares.

    >>> strongest(np.array([3.0, 0.5, 4.0]), 0.9)
    array([ True, False,  True])
    """
    kept = weight > 0
    if energy >= 1 or not kept.any():
        return kept
    order = np.argsort(weight, kind="stable")[::-1]
    held = np.cumsum(weight[order] ** 2)
    n_kept = int(np.searchsorted(held, energy * held[-1])) + 1
    kept = np.zeros(len(weight), dtype=bool)
    kept[order[:n_kept]] = True
    return kept


def dense_matrix(values: np.ndarray) -> SparseMatrix:
    """The entries of a matrix (pixels, cells) that was kept whole."""
    row, column = np.nonzero(values)
    entries = values[row, column].astype(float)
    return SparseMatrix(row, column, entries, (values.shape[0], values.shape[1]))


def checked_energy(energy: Any) -> float:
    """A part of the energy, above 0 and at most 1."""
    number = float(energy)
    if not 0 < number <= 1:
        raise InputError("a part of the energy above 0 and at most 1", f"{energy}")
    return number


def field_of(
    matrix: SparseMatrix,
    movie_shape: tuple[int, int] | None,
    own_shape: tuple[int, int] | None,
    path: str | Path,
) -> tuple[int, int]:
    """Height and width of the field that a matrix of footprints is for.

    ``own_shape`` is what the file says of itself. Without it and without a movie nobody can know
    how many rows the image has.
    """
    field = own_shape or movie_shape
    n_pixels = matrix.shape[0]
    if field is None:
        raise InputError(
            "the height and width of the image beside a matrix of pixels x cells",
            f"only its {n_pixels} pixels",
            path,
            "name the movie as well",
        )
    if field[0] * field[1] != n_pixels:
        raise InputError(
            f"footprints of a movie of {field[0]} x {field[1]} = {field[0] * field[1]} pixels",
            f"{n_pixels}",
            path,
            "the cells seem to belong to another movie, or one of the two was cropped",
        )
    return field


def accepted_components(
    accepted: np.ndarray | None, rejected: np.ndarray | None, n_cells: int, where: str
) -> np.ndarray | None:
    """Which components were accepted, (n_cells,) bool; None where nobody has judged them.

    Each of the two is a list of numbers from 0, or a verdict for each component, of any type of number.
    Verdicts are told from numbers by their count and by 0 and 1 alone, which no list repeats.
    """
    valid = _components(accepted, VERDICT_NAMES[0], n_cells, where)
    if valid is not None:
        return valid
    invalid = _components(rejected, VERDICT_NAMES[1], n_cells, where)
    return None if invalid is None else ~invalid


def _components(
    values: np.ndarray | None, name: str, n_cells: int, where: str
) -> np.ndarray | None:
    """The named components as (n_cells,) bool; None where there are none of numbers."""
    if values is None or values.dtype.kind not in "biuf" or values.ndim == 0:
        return None
    numbers = values.ravel()
    if numbers.dtype == bool and len(numbers) != n_cells:
        raise InputError(
            f"a verdict for each of {n_cells} cells", f"{len(numbers)}", f"{where}#{name}"
        )
    repeated = len(np.unique(numbers)) < len(numbers)
    is_verdict = len(numbers) == n_cells and repeated and bool(np.isin(numbers, (0, 1)).all())
    if numbers.dtype == bool or is_verdict:
        return numbers > 0
    if not ((numbers >= 0) & (numbers < n_cells) & (numbers == np.floor(numbers))).all():
        raise InputError(f"components from 0 to {n_cells - 1}", "others", f"{where}#{name}")
    found = np.zeros(n_cells, dtype=bool)
    found[numbers.astype(np.int64)] = True
    return found
