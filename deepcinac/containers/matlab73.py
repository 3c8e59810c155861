"""MATLAB files from version 7.3, which are HDF5: numbers, text, sparse matrices and cell arrays.

MATLAB stores arrays column by column, so HDF5 sees them with their axes reversed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import followed, open_hdf5_file, whole_array
from deepcinac.containers.sparse import SparseMatrix, compressed_columns
from deepcinac.containers.variable import LIST, NUMBERS, OTHER, SPARSE, Variable
from deepcinac.errors import InputError

_NUMBERS = ("double", "single", "logical", "int8", "int16", "int32", "int64",
            "uint8", "uint16", "uint32", "uint64")  # fmt: skip


def list_variables(path: Path) -> list[Variable]:
    """The variables of a file in its order, without their values."""
    with open_hdf5_file(path) as file:
        items = [(name, item) for name, item in file.items() if not name.startswith("#")]
        return [_variable(name, item) for name, item in items]


def _kind(name: str) -> str:
    if name in _NUMBERS:
        return NUMBERS
    return LIST if name == "cell" else OTHER


def _variable(name: str, item: Any) -> Variable:
    import h5py

    if "MATLAB_sparse" in item.attrs and isinstance(item, h5py.Group):
        n_columns = len(item["jc"]) - 1
        return Variable(name, (int(item.attrs["MATLAB_sparse"]), n_columns), SPARSE)
    if not isinstance(item, h5py.Dataset):
        return Variable(name, (), OTHER)
    matlab_class = _class_of(item)
    return Variable(
        name, item.shape[::-1], _kind(matlab_class), matlab_class not in ("double", "single")
    )


def read_variable(path: Path, name: str) -> Any:
    """One variable: an array, a text, a :class:`SparseMatrix`, or an array of objects."""
    import h5py

    with open_hdf5_file(path) as file:
        item = file[name]
        if isinstance(item, h5py.Group):
            return _sparse(item, f"{path}#{name}")
        if item.dtype != h5py.ref_dtype:
            return _array(item)
        entries = np.empty(item.shape[::-1], dtype=object)
        references = np.ravel(whole_array(item).T)
        for place, reference in zip(np.ndindex(entries.shape), references, strict=True):
            entries[place] = _entry(followed(file, reference))
        return entries


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The numbers and texts of a file by name; what else lies in it is left out."""
    import h5py

    with open_hdf5_file(path) as file:
        plain = (*_NUMBERS, "char")
        return {
            name: _array(item)
            for name, item in file.items()
            if isinstance(item, h5py.Dataset) and _class_of(item) in plain
        }


def _sparse(group: Any, where: str) -> SparseMatrix:
    shape = (int(group.attrs["MATLAB_sparse"]), len(group["jc"]) - 1)
    values = whole_array(group["data"]) if "data" in group else np.empty(0)
    rows = whole_array(group["ir"]) if "ir" in group else np.empty(0, np.int64)
    return compressed_columns(values, rows, whole_array(group["jc"]), shape, where)


def _class_of(item: Any) -> str:
    given = item.attrs.get("MATLAB_class", b"")
    return given.decode(errors="replace") if isinstance(given, bytes) else str(given)


def _array(item: Any) -> np.ndarray:
    """Numbers, or text (which MATLAB keeps as 16-bit codes) as an array () of it."""
    if item.attrs.get("MATLAB_empty", 0):
        sides = [int(side) for side in np.ravel(whole_array(item))]
        return np.array("") if _class_of(item) == "char" else np.empty(sides)
    values = whole_array(item).T
    if _class_of(item) != "char":
        return values
    rows = ["".join(map(chr, row)) for row in np.atleast_2d(values).astype(int).tolist()]
    return np.array(rows[0] if len(rows) == 1 else rows)


def _entry(item: Any) -> np.ndarray:
    """One entry of a cell array; an empty one is stored as its shape."""
    import h5py

    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "biuf":
        raise InputError("arrays of numbers in a list", "something else", item.name)
    if item.attrs.get("MATLAB_empty", 0):
        return np.empty((2, 0))
    return whole_array(item).T
