"""Cells in the HDF5 results of CaImAn (``cnm.save``): ``estimates/A``, its field and its verdicts.

``A`` is a sparse matrix of pixels x cells, kept by column, whose pixels run down the columns of the
image first. ``idx_components`` are the accepted components; where it was not computed the file
holds the text ``NoneType``, and all cells are valid. Background components are not cells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.containers.sparse import SparseMatrix, compressed_columns
from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.formats.array_files import cells_of_matrix
from deepcinac.formats.cell_readers import Field, cells_reader
from deepcinac.formats.choices import CellOptions, chosen
from deepcinac.formats.footprint_matrix import VERDICT_NAMES, accepted_components, dense_matrix
from deepcinac.recording.cells import Cells

ENDINGS = (".hdf5", ".h5", ".hdf")
PLACES = ("estimates/A", "A")
FIELD_PLACES = ("estimates/dims", "dims", "params/data/dims")


def recognises(path: Path) -> bool:
    """An HDF5 file, by its name; whether it holds CaImAn's results is checked when it is read."""
    return path.is_file() and path.suffix.lower() in ENDINGS


@cells_reader("CaImAn's results (.hdf5)", recognises=recognises, has_variables=True)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """All components, the rejected ones as invalid cells."""
    options = options or CellOptions()
    with (
        readable(path, "a readable HDF5 file"),
        open_hdf5_file(path, "a readable HDF5 file") as file,
    ):
        found = {place: place for place in PLACES if place in file}
        if options.variable is None:
            found = dict(list(found.items())[:1])
        elif options.variable.strip("/") in file:
            found[options.variable] = options.variable
        place = chosen(found, options, "matrix of cells of CaImAn (estimates/A)", path)
        where = f"{path}#{place}"
        matrix = _matrix(file[place], where)
        valid = _accepted(file[place].parent, matrix.shape[1], path)
        return cells_of_matrix(matrix, movie_shape, _field(file, path), options, where, valid)


def _matrix(item: Any, where: str) -> SparseMatrix:
    """A sparse group (``data``, ``indices``, ``indptr``, ``shape``), or a whole matrix."""
    import h5py

    if isinstance(item, h5py.Group):
        parts = ("data", "indices", "indptr", "shape")
        missing = [name for name in parts if not isinstance(item.get(name), h5py.Dataset)]
        if missing:
            raise InputError("a sparse matrix", f"no {', '.join(missing)}", where)
        data, indices, indptr, shape = (whole_array(item[name]) for name in parts)
        return compressed_columns(data, indices, indptr, shape, where)
    if item.ndim != 2 or item.dtype.kind not in "iuf":
        raise InputError("a matrix of pixels x cells", f"shape {item.shape} of {item.dtype}", where)
    return dense_matrix(whole_array(item))


def _accepted(estimates: Any, n_cells: int, path: Path) -> np.ndarray | None:
    """Which components were accepted, (n_cells,) bool; None where nobody has judged them.

    Where they were not computed the file holds the text NoneType.
    """
    import h5py

    found = []
    for name in VERDICT_NAMES:
        item = estimates.get(name)
        is_judged = isinstance(item, h5py.Dataset) and item.dtype.kind in "biuf"
        found.append(whole_array(item) if is_judged else None)
    return accepted_components(found[0], found[1], n_cells, f"{path}#{estimates.name}")


def _field(file: Any, path: Path) -> Field | None:
    import h5py

    for place in FIELD_PLACES:
        item = file.get(place)
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" and item.size in (2, 3):
            sides = [int(side) for side in np.ravel(whole_array(item))]
            if len(sides) == 3:
                hint = "take one plane out of it in CaImAn"
                raise InputError("cells of one plane", "cells of a volume", path, hint)
            return sides[0], sides[1]
    return None
