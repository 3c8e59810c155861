"""What another method says of every cell and frame, as a layer of its own: a raster or a curve.

Read from ``.npy`` (suite2p's ``spks.npy``), ``.npz``, ``.mat`` and CaImAn's results (``estimates/S``,
``estimates/C``, ...): an array of a row for each cell of the session, in its order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.containers.variable import NUMBERS
from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.files import read_npy, readable, require_file
from deepcinac.formats.choices import CellOptions, chosen
from deepcinac.formats.same_cells import counted
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import runs

ARRAY_ENDINGS = (".npy", ".npz", ".mat")
HDF5_ENDINGS = (".hdf5", ".h5")

Shape = tuple[int, int]


def import_curves(
    session: Session,
    path: Path,
    options: CellOptions | None = None,
    name: str | None = None,
    author: str = "",
) -> list[str]:
    """Add an array (n_cells, n_frames) as a layer of the kind "method"; what was done, a line each."""
    shape = (session.n_cells, session.recording.n_frames)
    values, variable = read_curves(path, shape, options or CellOptions())
    short = variable.strip("/").rsplit("/", 1)[-1]
    meta = {"imported_from": f"{path.name}#{variable}" if variable else path.name}
    layer_name = name or (f"{path.stem} {short}" if short else path.stem)
    return add_method(session, values, np.arange(shape[0]), layer_name, author, meta)


def add_method(
    session: Session,
    values: np.ndarray,
    numbers: np.ndarray,
    name: str,
    author: str,
    meta: dict[str, Any],
) -> list[str]:
    """Values (n, n_frames) of the cells ``numbers`` (n,) as a new layer.

    0 and 1 alone are transients; any other values a curve within 0 to 1.
    """
    what = f"import {name}"
    if np.isin(values, (0, 1)).all():
        rows = [
            (cell, first, last)
            for cell, own in zip(numbers.tolist(), values, strict=True)
            for first, last in runs(own > 0).tolist()
        ]
        with session.group(what):
            layer = session.add_layer("method", name, author, meta)
            session.write_transients(layer.id, np.array(rows, np.int64).reshape(-1, 3))
        return [f"layer {name} (method), {counted(len(rows), 'transient')}"]
    curves, scaled = as_curves(values)
    said = [f"layer {name} (method), a curve of {counted(len(numbers), 'cell')}"]
    if scaled:
        meta = {**meta, "scaled": "each cell by its largest value, values below 0 as 0"}
        said.append("each curve was divided by the largest value of its cell, to lie within 0 to 1")
    with session.group(what):
        layer = session.add_layer("method", name, author, meta)
        session.write_prediction(layer.id, numbers, curves, meta)
    return said


def as_curves(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Values (n_cells, n_frames) within 0 to 1, and whether they had to be scaled for it.

    >>> as_curves(np.array([[-1.0, 2.0, 4.0]]))[0].tolist()
    [[0.0, 0.5, 1.0]]
    """
    if values.min() >= 0 and values.max() <= 1:
        return values.astype(np.float32), False
    positive = np.maximum(values, 0)
    largest = positive.max(axis=1, keepdims=True)
    curves = np.divide(positive, largest, out=np.zeros_like(positive), where=largest > 0)
    return curves.astype(np.float32), True


def read_curves(path: Path, shape: Shape, options: CellOptions) -> tuple[np.ndarray, str]:
    """Values (n_cells, n_frames) float64 and the name of their variable ("" in an ``.npy``)."""
    ending = require_file(path, "an array of cells x frames").suffix.lower()
    if ending == ".npy":
        return _checked(read_npy(path), shape, str(path)), ""
    if ending in HDF5_ENDINGS:
        return _from_hdf5(path, shape, options)
    if ending not in ARRAY_ENDINGS:
        known = ", ".join((*ARRAY_ENDINGS, *HDF5_ENDINGS))
        raise InputError(f"an array in a file ending in {known}", path.suffix or path.name, path)
    variables = [v for v in list_variables(path) if v.kind == NUMBERS]
    fitting = {v.name: f"{v.name}: {_sides(v.shape)}" for v in variables if _fits(v.shape, shape)}
    name = chosen(fitting, options, _expected(shape), path)
    return _checked(read_variable(path, name), shape, f"{path}#{name}"), name


def _from_hdf5(path: Path, shape: Shape, options: CellOptions) -> tuple[np.ndarray, str]:
    import h5py

    fitting: dict[str, str] = {}

    def look(name: str, item: Any) -> None:
        if (
            isinstance(item, h5py.Dataset)
            and item.dtype.kind in "biuf"
            and _fits(item.shape, shape)
        ):
            fitting[f"/{name}"] = f"/{name}: {_sides(item.shape)}"

    with (
        readable(path, "a readable HDF5 file"),
        open_hdf5_file(path, "a readable HDF5 file") as file,
    ):
        file.visititems(look)
        if options.variable is not None:
            options = options.with_variable("/" + options.variable.strip("/"))
        name = chosen(fitting, options, _expected(shape), path)
        return _checked(whole_array(file[name]), shape, f"{path}#{name}"), name


def _expected(shape: Shape) -> str:
    return f"array of {shape[0]} cells x {shape[1]} frames"


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _fits(found: tuple[int, ...] | None, shape: Shape) -> bool:
    return found in (shape, shape[::-1])


def _checked(array: np.ndarray, shape: Shape, where: str) -> np.ndarray:
    """The array as (n_cells, n_frames); one that lies on its side is turned."""
    if array.dtype.kind not in "biuf" or not _fits(array.shape, shape):
        found = f"shape {_sides(array.shape)} of {array.dtype}"
        raise InputError(f"an {_expected(shape)}", found, where)
    values = (array if array.shape == shape else array.T).astype(float)
    if not np.isfinite(values).all():
        raise InputError("a number for every frame", "NaN or infinity", where)
    return values
