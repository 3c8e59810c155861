"""Cells in files of named arrays: ``.npz``, MATLAB's ``.mat``, and lists in an ``.npy``.

A variable may hold outlines or pixel lists, a matrix of pixels x cells (CaImAn's ``A``), a label
image, or a stack of masks. Where several could be meant, the user names one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.restricted_pickle import is_pickled_npy, load_npy
from deepcinac.containers.sparse import SparseMatrix
from deepcinac.containers.variable import LIST, NUMBERS, SPARSE, Variable
from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.files import read_npy
from deepcinac.formats import coordinate_lists, masks
from deepcinac.formats.cell_readers import Field, cells_reader, require_field
from deepcinac.formats.choices import CellOptions, chosen
from deepcinac.formats.footprint_matrix import (
    VERDICT_NAMES,
    accepted_components,
    checked_energy,
    dense_matrix,
    field_of,
    footprints_of,
)
from deepcinac.recording.cells import Cells, make_cells

OUTLINES, LABELS, STACK, DENSE = "outlines", "label image", "masks", "matrix"
FIELD_NAMES = (("dims",), ("d1", "d2"))
"""How CaImAn's results name height and width."""


def recognises(path: Path) -> bool:
    """``.npz`` and ``.mat`` files, and an ``.npy`` with lists of coordinates."""
    if not path.is_file():
        return False
    if path.suffix.lower() in (".npz", ".mat"):
        return True
    if path.suffix.lower() != ".npy" or path.name.endswith("_seg.npy"):
        return False
    if is_pickled_npy(path):
        return path.name != "stat.npy" and _is_list_of_coordinates(path)
    return _is_stack_of_outlines(path)


@cells_reader(
    "lists of coordinates or CaImAn's matrix A (.npy, .npz, .mat)",
    recognises=recognises,
    has_variables=True,
)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """The cells of one variable."""
    options = options or CellOptions()
    if path.suffix.lower() == ".npy":
        entries = load_npy(path) if is_pickled_npy(path) else read_npy(path)
        return _from_outlines(entries, path, movie_shape, options, one=False)
    from_matlab = path.suffix.lower() == ".mat"
    variables = list_variables(path)
    kinds = {v.name: _kind(v, movie_shape, from_matlab) for v in variables}
    if options.variable is None and kinds.get("masks"):
        options = options.with_variable("masks")
    name = _choose(variables, kinds, options, path)
    value = read_variable(path, name)
    where = f"{path}#{name}"
    kind = kinds[name]
    if kind == OUTLINES:
        return _from_outlines(value, where, movie_shape, options, one=from_matlab)
    if kind in (SPARSE, DENSE):
        matrix = value if isinstance(value, SparseMatrix) else dense_matrix(value)
        names = {v.name for v in variables}
        own_shape = _own_field(names, path)
        valid = _verdicts(names, matrix.shape[1], path)
        return cells_of_matrix(matrix, movie_shape, own_shape, options, where, valid)
    image = np.moveaxis(value, 2, 0) if from_matlab and kind == STACK else value
    return masks.cells_of_image(image, where, movie_shape, options.accepted)


def cells_of_matrix(
    matrix: SparseMatrix,
    movie_shape: Field | None,
    own_shape: Field | None,
    options: CellOptions,
    where: str,
    valid: Any = None,
) -> Cells:
    """Cells from a matrix of pixels x cells, those of CaImAn."""
    if own_shape is not None:
        require_field(own_shape, movie_shape, where)
    height, width = field_of(matrix, movie_shape, own_shape, where)
    footprints = footprints_of(matrix, height, checked_energy(options.energy))
    return make_cells(
        footprints, height, width, "CaImAn", valid=valid, where=where, accepted=options.accepted
    )


def _choose(
    variables: list[Variable], kinds: dict[str, str], options: CellOptions, path: Path
) -> str:
    candidates = {
        v.name: f"{v.name}: {kinds[v.name]}, {_sides(v)}" for v in variables if kinds[v.name]
    }
    if not candidates:
        held = ", ".join(f"{v.name} ({v.kind} {_sides(v)})" for v in variables) or "nothing"
        expected = "coordinates, a matrix of pixels x cells, a label image or masks"
        raise InputError(expected, held, path, _hint(variables))
    return chosen(candidates, options, "variable with cells", path)


def _sides(variable: Variable) -> str:
    return " x ".join(map(str, variable.shape))


def _hint(variables: list[Variable]) -> str | None:
    """What to do about results of old versions of CaImAn, pickles of the matrix itself."""
    if any(v.name == "A" and not v.shape for v in variables):
        return "save the matrix with scipy.sparse.save_npz(path, A.tocsc())"
    return None


def _kind(variable: Variable, field: Field | None, from_matlab: bool) -> str:
    """What a variable could be, "" if it is none of what cells are kept as."""
    shape = variable.shape
    if variable.kind == LIST:
        return OUTLINES if len(shape) in (1, 2) and 1 <= np.prod(shape) == max(shape) else ""
    if variable.kind == SPARSE:
        return SPARSE if field is None or shape[0] == field[0] * field[1] else ""
    if variable.kind != NUMBERS or 0 in shape:
        return ""
    if len(shape) == 3:
        frame = shape[:2] if from_matlab else shape[1:]
        if field is None or frame == field:
            return STACK
        return OUTLINES if shape[1] == 2 and not from_matlab else ""
    if len(shape) != 2:
        return ""
    if field is None:
        return LABELS if variable.whole and min(shape) > 2 else ""
    if shape == field:
        return LABELS
    return DENSE if shape[0] == field[0] * field[1] else ""


def _own_field(names: set[str], path: Path) -> Field | None:
    """Height and width in the file; None where they are missing or something else."""
    for parts in FIELD_NAMES:
        if set(parts) <= names:
            sides = np.concatenate([np.ravel(read_variable(path, part)) for part in parts])
            if len(sides) == 2 and sides.dtype.kind in "iuf" and (sides >= 1).all():
                return int(sides[0]), int(sides[1])
    return None


def _verdicts(names: set[str], n_cells: int, path: Path) -> np.ndarray | None:
    """Which components were accepted, as CaImAn calls it; None where the file does not say."""
    found = {name: read_variable(path, name) for name in VERDICT_NAMES if name in names}
    return accepted_components(
        found.get(VERDICT_NAMES[0]), found.get(VERDICT_NAMES[1]), n_cells, str(path)
    )


def _from_outlines(
    entries: np.ndarray, where: str | Path, field: Field | None, options: CellOptions, one: bool
) -> Cells:
    """Entries of an object array, or a stack (n_cells, 2, k) of outlines of one length."""
    listed = list(entries) if entries.dtype != object else list(entries.ravel())
    footprints, origin = coordinate_lists.footprints_from(listed, options, field, one, where)
    height, width = field or (None, None)
    source = f"coordinates, counted from {origin}"
    return make_cells(footprints, height, width, source, where=where, accepted=options.accepted)


def _is_list_of_coordinates(path: Path) -> bool:
    """Whether a pickled ``.npy`` holds arrays, or CaImAn's records, and not suite2p's."""
    try:
        entries = load_npy(path).ravel()
    except InputError:
        return False  # suite2p's reader says what is wrong
    return len(entries) > 0 and all(
        isinstance(entry, (np.ndarray, list, tuple))
        or (isinstance(entry, dict) and "coordinates" in entry)
        for entry in entries
    )


def _is_stack_of_outlines(path: Path) -> bool:
    """Outlines that happen to be of one length are a plain array (n_cells, 2, n_points)."""
    shape = read_npy(path).shape
    return len(shape) == 3 and shape[1] == 2
