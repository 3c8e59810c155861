"""What lies in an ``.npz`` or a MATLAB file, by name, without running anything that is inside.

A file is listed first (:func:`list_variables` reads heads only) and one variable is read then, so
that a MATLAB workspace with a movie in it costs nothing.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers import matlab
from deepcinac.containers.restricted_pickle import array_from_bytes
from deepcinac.containers.sparse import SparseMatrix, checked_entries, compressed_columns
from deepcinac.containers.variable import LIST, NUMBERS, OTHER, SPARSE, Variable
from deepcinac.errors import InputError
from deepcinac.files import readable, require_file, require_plausible_size, require_whole_list

SPARSE_MEMBERS = ({"data", "indices", "indptr", "shape"}, {"data", "row", "col", "shape"})
"""What ``scipy.sparse.save_npz`` writes: compressed columns or rows, and coordinates."""

SAVED_MATRIX = "matrix"
"""The name that a matrix of ``save_npz`` gets: it has none of its own."""

_WHOLE_NPZ = "a whole .npz file"


def list_variables(path: Path) -> list[Variable]:
    """The variables of an ``.npz`` or ``.mat`` file in the order of the file."""
    require_file(path, "an .npz or .mat file")
    if path.suffix.lower() != ".npz":
        return matlab.list_variables(path)
    with readable(path, _WHOLE_NPZ):
        return _list_npz(path)


def read_variable(path: Path, name: str) -> Any:
    """One variable: an array (objects as an array of objects), or a :class:`SparseMatrix`."""
    if path.suffix.lower() != ".npz":
        return matlab.read_variable(path, name)
    with readable(path, _WHOLE_NPZ):
        return _read_npz(path, name)


def names_in_npz(path: Path) -> set[str]:
    """Names of the arrays in an ``.npz``, without reading them; empty for any other file."""
    if path.suffix.lower() != ".npz" or not zipfile.is_zipfile(path):
        return set()
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except Exception:  # zipfile raises many kinds for a damaged table of contents
        return set()


def _list_npz(path: Path) -> list[Variable]:
    with zipfile.ZipFile(path) as archive:
        require_whole_list(archive, path)
        found = [_npz_variable(archive, member) for member in archive.infolist()]
    names = {variable.name for variable in found}
    parts = next((parts for parts in SPARSE_MEMBERS if parts <= names), None)
    if parts is None:
        return found
    shape = tuple(int(side) for side in np.ravel(_member(path, "shape")))
    rest = [v for v in found if v.name not in parts | {"format"}]
    return [Variable(SAVED_MATRIX, shape, SPARSE), *rest]


def _npz_variable(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Variable:
    name = member.filename.removesuffix(".npy")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    if dtype.hasobject:
        return Variable(name, shape, LIST if shape else OTHER)
    kind = NUMBERS if dtype.kind in "biuf" else OTHER
    return Variable(name, shape, kind, dtype.kind in "biu")


def _member(path: Path, name: str) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        require_plausible_size(member.file_size, path, f"{path}#{name}")
        return array_from_bytes(archive.read(member), f"{path}#{name}")


def _read_npz(path: Path, name: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        names = {member.removesuffix(".npy") for member in archive.namelist()}
    if name != SAVED_MATRIX or name in names:
        return _member(path, name)
    where = f"{path}"
    if "row" in names:
        row, column, data, shape = (_member(path, p) for p in ("row", "col", "data", "shape"))
        return checked_entries(row, column, data, shape, where)
    parts = ("data", "indices", "indptr", "shape")
    data, indices, indptr, shape = (_member(path, part) for part in parts)
    layout = str(np.ravel(_member(path, "format"))[0].astype(str)) if "format" in names else "csc"
    if layout == "csr":
        turned = compressed_columns(data, indices, indptr, shape[::-1], where)
        return SparseMatrix(turned.column, turned.row, turned.value, turned.shape[::-1])
    if layout != "csc":
        hint = "save it with scipy.sparse.save_npz(path, A.tocsc())"
        raise InputError(
            "a matrix of compressed columns or rows", f"the layout {layout}", path, hint
        )
    return compressed_columns(data, indices, indptr, shape, where)
