"""What another method says of every cell and frame, as a layer of its own: a raster or a curve.

Read from ``.npy`` (suite2p's ``spks.npy``), ``.npz``, ``.mat`` and CaImAn's results (``estimates/S``,
``estimates/C``, ...): an array of a row for each cell of the session, in its order.
"""

from __future__ import annotations

import hashlib
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
from deepcinac.results import Maker, Result, Results
from deepcinac.results.arrays import PROBABILITY_NAMES
from deepcinac.results.kinds import CURVE, PROBABILITY, TRANSIENTS
from deepcinac.results.result import footprint_keys

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
    return add_method(session, values, np.arange(shape[0]), layer_name, author, meta, short)


def add_method(
    session: Session,
    values: np.ndarray,
    numbers: np.ndarray,
    name: str,
    author: str,
    meta: dict[str, Any],
    variable: str = "",
) -> list[str]:
    """Values (n, n_frames) of the session's cells ``numbers`` (n,) as what they are, in a new layer.

    0 and 1 alone are transients; an array called probability (or predictions) is one; anything else is
    a curve in its own units.
    """
    digest = hashlib.sha256(np.ascontiguousarray(values).tobytes() + numbers.tobytes()).hexdigest()
    maker = Maker("method", name, settings={"content_sha256": digest})
    keys = footprint_keys(session.cells(), numbers)
    if np.isin(values, (0, 1)).all():
        rows = [
            (cell, first, last)
            for cell, own in zip(numbers.tolist(), values, strict=True)
            for first, last in runs(own > 0).tolist()
        ]
        table = np.array(rows, np.int64).reshape(-1, 3)
        item = Result(TRANSIENTS, table, ("event", "field"), "1", maker, numbers, keys)
        said = f"layer {name} (method), {counted(len(rows), 'transient')}"
    else:
        is_probability = variable in PROBABILITY_NAMES and values.min() >= 0 and values.max() <= 1
        kind, what = (PROBABILITY, "the probability") if is_probability else (CURVE, "a curve")
        item = Result(kind, values.astype(np.float32), ("cell", "frame"), "1", maker, numbers, keys)
        said = f"layer {name} (method), {what} of {counted(len(numbers), 'cell')}"
    with session.group(f"import {name}"):
        session.write_results(Results((item,), info=meta), name, author)
    return [said]


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
