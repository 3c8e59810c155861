"""MATLAB files of any version, by name: reading and writing arrays has its home here.

Versions 5 to 7.2 are read by :mod:`~deepcinac.containers.matlab5`, 7.3 by
:mod:`~deepcinac.containers.matlab73`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers import matlab5, matlab73
from deepcinac.containers.sparse import compressed_columns
from deepcinac.containers.variable import LIST, NUMBERS, OTHER, SPARSE, Variable
from deepcinac.files import readable, require_file, written_atomically

_READABLE = "a readable MATLAB file"
_KINDS = {
    matlab5.CELL: LIST, matlab5.SPARSE: SPARSE, **dict.fromkeys(matlab5.CLASSES, NUMBERS)
}  # fmt: skip


def list_variables(path: Path) -> list[Variable]:
    """The variables of a file in its order, without their values."""
    with readable(path, _READABLE):
        return matlab73.list_variables(path) if matlab5.is_hdf5(path) else _list_version_5(path)


def read_variable(path: Path, name: str) -> Any:
    """One variable: an array, an array of objects, or a ``SparseMatrix``."""
    with readable(path, _READABLE):
        if matlab5.is_hdf5(path):
            return matlab73.read_variable(path, name)
        value = matlab5.read(path, name)
        if isinstance(value, matlab5.Compressed):
            where = f"{path}#{name}"
            return compressed_columns(value.data, value.indices, value.indptr, value.shape, where)
        return np.asarray(value)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """The numbers, text and cell arrays of a file by name; what else lies in it is left out.

    Text comes as an array () of it, a table of letters as one text a row.
    """
    path = require_file(path, "a MATLAB file")
    with readable(path, _READABLE):
        if matlab5.is_hdf5(path):
            return matlab73.read_arrays(path)
        return _read_version_5(path)


def write_arrays(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays and texts as ``save -v7`` does, compressed and atomically."""
    from scipy.io import savemat

    with written_atomically(path) as temporary, open(temporary, "wb") as stream:
        savemat(stream, dict(arrays), do_compression=True)


def _list_version_5(path: Path) -> list[Variable]:
    return [
        Variable(
            head.name,
            head.sides,
            _KINDS.get(head.kind, OTHER),
            matlab5.CLASSES.get(head.kind, "f")[0] != "f",
        )
        for head in matlab5.list_heads(path)
    ]


def _read_version_5(path: Path) -> dict[str, np.ndarray]:
    found = {}
    for head in matlab5.list_heads(path):
        if not head.is_complex and head.kind in (*matlab5.CLASSES, matlab5.CHAR, matlab5.CELL):
            with contextlib.suppress(matlab5.Unknown):
                found[head.name] = np.asarray(matlab5.read(path, head.name))
    return found
