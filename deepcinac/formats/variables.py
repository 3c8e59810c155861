"""What lies in an ``.npz`` or a MATLAB file, by name, without running anything that is inside.

A file is listed first (:func:`list_variables` reads heads only) and one variable is read then, so
that a MATLAB workspace with a movie in it costs nothing. MATLAB files of version 7.3 are HDF5.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import require_file
from deepcinac.recording import matlab5
from deepcinac.recording.movie import readable
from deepcinac.recording.safe_pickle import array_from_bytes

NUMBERS = "numbers"
SPARSE = "sparse matrix"
LIST = "list"
OTHER = "other"

SPARSE_MEMBERS = ({"data", "indices", "indptr", "shape"}, {"data", "row", "col", "shape"})
"""What ``scipy.sparse.save_npz`` writes: compressed columns or rows, and coordinates."""

SAVED_MATRIX = "matrix"
"""The name that a matrix of ``save_npz`` gets: it has none of its own."""

_LARGEST = 1 << 33  # bytes of one variable
_MATLAB_NUMBERS = ("double", "single", "logical", "int8", "int16", "int32", "int64",
                   "uint8", "uint16", "uint32", "uint64")  # fmt: skip
_WHOLE_NPZ = "a whole .npz file"
_WHOLE_MAT = "a readable MATLAB file"


@dataclass(frozen=True)
class Variable:
    """A named value: its shape (in the order of the program that wrote it) and what it is.

    ``whole`` tells whether its numbers are stored as whole ones.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    whole: bool = False


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """The entries of a matrix of ``shape``: ``row`` and ``column`` int64, ``value`` float64, (n,)."""

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray
    shape: tuple[int, int]


def list_variables(path: Path) -> list[Variable]:
    """The variables of an ``.npz`` or ``.mat`` file in the order of the file."""
    require_file(path, "an .npz or .mat file")
    if path.suffix.lower() == ".npz":
        with readable(path, _WHOLE_NPZ):
            return _list_npz(path)
    with readable(path, _WHOLE_MAT):
        return _list_hdf5(path) if matlab5.is_hdf5(path) else _list_mat(path)


def read_variable(path: Path, name: str) -> Any:
    """One variable: an array (objects as an array of objects), or a :class:`SparseMatrix`."""
    if path.suffix.lower() == ".npz":
        with readable(path, _WHOLE_NPZ):
            return _read_npz(path, name)
    with readable(path, _WHOLE_MAT):
        return _read_hdf5(path, name) if matlab5.is_hdf5(path) else _read_mat(path, name)


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


# .npz


def _list_npz(path: Path) -> list[Variable]:
    with zipfile.ZipFile(path) as archive:
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
        if member.file_size > _LARGEST:
            raise InputError("an array under 8 GiB", f"{name}, a larger one", path)
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


# MATLAB up to version 7.2


def _list_mat(path: Path) -> list[Variable]:
    kinds = {matlab5.CELL: LIST, matlab5.SPARSE: SPARSE, **dict.fromkeys(matlab5.CLASSES, NUMBERS)}
    return [
        Variable(
            head.name,
            head.sides,
            kinds.get(head.kind, OTHER),
            matlab5.CLASSES.get(head.kind, "f")[0] != "f",
        )
        for head in matlab5.list_heads(path)
    ]


def _read_mat(path: Path, name: str) -> Any:
    value = matlab5.read(path, name)
    if isinstance(value, matlab5.Compressed):
        where = f"{path}#{name}"
        return compressed_columns(value.data, value.indices, value.indptr, value.shape, where)
    return np.asarray(value)


# MATLAB from version 7.3


def _list_hdf5(path: Path) -> list[Variable]:
    import h5py

    with h5py.File(path, "r") as file:
        items = [(name, item) for name, item in file.items() if not name.startswith("#")]
        return [_hdf5_variable(name, item) for name, item in items]


def _matlab_kind(name: str) -> str:
    if name in _MATLAB_NUMBERS:
        return NUMBERS
    return LIST if name == "cell" else OTHER


def _hdf5_variable(name: str, item: Any) -> Variable:
    import h5py

    if "MATLAB_sparse" in item.attrs and isinstance(item, h5py.Group):
        n_columns = len(item["jc"]) - 1
        return Variable(name, (int(item.attrs["MATLAB_sparse"]), n_columns), SPARSE)
    if not isinstance(item, h5py.Dataset):
        return Variable(name, (), OTHER)
    given = item.attrs.get("MATLAB_class", b"")
    matlab_class = given.decode() if isinstance(given, bytes) else str(given)
    return Variable(
        name, item.shape[::-1], _matlab_kind(matlab_class), matlab_class not in ("double", "single")
    )


def _read_hdf5(path: Path, name: str) -> Any:
    import h5py

    with h5py.File(path, "r") as file:
        item = file[name]
        if isinstance(item, h5py.Group):
            shape = (int(item.attrs["MATLAB_sparse"]), len(item["jc"]) - 1)
            values = item["data"][()] if "data" in item else np.empty(0)
            rows = item["ir"][()] if "ir" in item else np.empty(0, np.int64)
            return compressed_columns(values, rows, item["jc"][()], shape, f"{path}#{name}")
        if item.nbytes > _LARGEST:
            raise InputError("an array under 8 GiB", f"{name}, a larger one", path)
        if item.dtype != h5py.ref_dtype:
            return np.asarray(item[()]).T
        entries = np.empty(item.shape[::-1], dtype=object)
        for place, reference in zip(np.ndindex(entries.shape), np.ravel(item[()].T), strict=True):
            entries[place] = _matlab_array(file[reference])
        return entries


def _matlab_array(item: Any) -> np.ndarray:
    """One entry of a cell array; an empty one is stored as its shape."""
    import h5py

    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "biuf":
        raise InputError("arrays of numbers in a list", "something else", item.name)
    if item.attrs.get("MATLAB_empty", 0):
        return np.empty((2, 0))
    return np.asarray(item[()]).T
