"""What another method says of every cell and frame, as a layer of its own: a raster or a curve.

Read from ``.npy`` (suite2p's ``spks.npy``), ``.npz``, ``.mat`` and CaImAn's results (``estimates/S``,
``estimates/C``, ...): an array of a row for each cell. Which cells the rows are is known from what lies
beside the array (``cells``, the ``stat.npy`` of the same folder); otherwise there must be a row for each
cell of the session, in its order. NaN is a frame about which a method says nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.containers.restricted_pickle import load_npy
from deepcinac.containers.variable import NUMBERS
from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.files import read_npy, readable, require_file
from deepcinac.formats.activity_values import checked_activity, out_of_0_to_1
from deepcinac.formats.choices import CellOptions, chosen
from deepcinac.formats.same_cells import counted, numbers_in
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import runs
from deepcinac.recording.bad_cells import ACCEPT as BAD_CELLS
from deepcinac.results import Maker, Result, Results
from deepcinac.results.arrays import PROBABILITY_NAMES, whole_cells
from deepcinac.results.kinds import CURVE, PROBABILITY, TRANSIENTS
from deepcinac.results.result import footprint_keys

ARRAY_ENDINGS = (".npy", ".npz", ".mat")
HDF5_ENDINGS = (".hdf5", ".h5")
SUITE2P_ARRAYS = ("F.npy", "Fneu.npy", "spks.npy")
"""Arrays that suite2p writes beside ``stat.npy``, a row for each of its entries."""
ACCEPT_VALID = "rows-of-valid-cells"
"""What is accepted to take the rows of an array for the valid cells of the session, in their order."""

Shape = tuple[int, int]


def import_curves(
    session: Session,
    path: Path,
    options: CellOptions | None = None,
    name: str | None = None,
    author: str = "",
) -> list[str]:
    """Add an array (n_cells, n_frames) as a layer of the kind "method"; what was done, a line each."""
    options = options or CellOptions()
    n_frames = session.recording.n_frames
    numbers, n_rows = _rows_of(session, path, options)
    values, variable = read_curves(path, (n_rows, n_frames), options)
    values, notes = _in_session(values, numbers)
    numbers = numbers[numbers >= 0]
    short = variable.strip("/").rsplit("/", 1)[-1]
    meta = {"imported_from": f"{path.name}#{variable}" if variable else path.name}
    layer_name = name or (f"{path.stem} {short}" if short else path.stem)
    where = f"{path}#{variable}" if variable else str(path)
    accepted = frozenset(options.accepted)
    said = add_method(session, values, numbers, layer_name, author, meta, short, where, accepted)
    return said + notes


def _rows_of(session: Session, path: Path, options: CellOptions) -> tuple[np.ndarray, int]:
    """The number in the session of the cell of each row (n_rows,), -1 where it has none; and n_rows.

    By ``cells`` in the file, else by the footprints of the ``stat.npy`` beside suite2p's arrays, else the
    rows are those of the session.
    """
    plain = np.arange(session.n_cells), session.n_cells
    if path.suffix.lower() in (".npz", ".mat") and path.is_file():
        held = {v.name for v in list_variables(path)}
        if "cells" in held:
            cells = whole_cells(read_variable(path, "cells"), path)
            beyond = cells[cells >= session.n_cells].tolist()
            if beyond or len(np.unique(cells)) < len(cells):
                expected = f"different cells from 0 to {session.n_cells - 1}"
                raise InputError(expected, f"{cells.tolist()!r:.80}", f"{path}#cells")
            return cells, len(cells)
    stat = path.with_name("stat.npy")
    if path.name in SUITE2P_ARRAYS and stat.is_file():
        from deepcinac.formats.cell_readers import load_cells

        field = (session.recording.height, session.recording.width)
        own = load_cells(stat, field, CellOptions(accepted=(BAD_CELLS,)))
        rows = np.arange(len(own)) if own.names is None else np.array(own.names, dtype=np.int64)
        found = numbers_in(session.cells(), own, (), stat, "")
        if (found >= 0).any():
            n_rows = len(load_npy(stat))
            numbers = np.full(n_rows, -1)
            numbers[rows] = found
            return numbers, n_rows
    if ACCEPT_VALID in options.accepted:
        valid = np.flatnonzero(session.cells().valid)
        return valid, len(valid)
    return plain


def _in_session(values: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The rows of cells that the session has, and what to say where that is not all of them."""
    kept = numbers >= 0
    notes = []
    if not kept.all():
        notes.append(
            f"{counted(int((~kept).sum()), 'row')} of cells that the session lacks left out"
        )
    moved = numbers[kept] != np.flatnonzero(kept)
    if moved.any():
        notes.append(f"{counted(int(moved.sum()), 'row')} found by footprint or number elsewhere")
    return values[kept], notes


def add_method(
    session: Session,
    values: np.ndarray,
    numbers: np.ndarray,
    name: str,
    author: str,
    meta: dict[str, Any],
    variable: str = "",
    where: str = "",
    accepted: frozenset[str] = frozenset(),
) -> list[str]:
    """Values (n, n_frames) of the session's cells ``numbers`` (n,) as what they are, in a new layer.

    0 and 1 alone are transients; an array called probability (or predictions) is one; anything else is
    a curve in its own units. What cannot be either is asked about (``where`` names the file).
    """
    values = checked_activity(values, variable in PROBABILITY_NAMES, where or name, accepted)
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
        is_probability = variable in PROBABILITY_NAMES and not out_of_0_to_1(values)
        kind, what = (PROBABILITY, "the probability") if is_probability else (CURVE, "a curve")
        item = Result(kind, values.astype(np.float32), ("cell", "frame"), "1", maker, numbers, keys)
        said = f"layer {name} (method), {what} of {counted(len(numbers), 'cell')}"
        if n_missing := int(np.isnan(values).sum()):
            said += f", {n_missing / values.size:.1%} of the frames without a value"
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
        hint = None
        if array.ndim == 2 and shape[1] in array.shape and array.dtype.kind in "biuf":
            hint = (
                "say which cells the rows are: save them as an .npz with an array called cells; "
                f"rows of the valid cells alone, in their order, are taken with --accept {ACCEPT_VALID}"
            )
        raise InputError(f"an {_expected(shape)}", found, where, hint)
    values = (array if array.shape == shape else array.T).astype(float)
    if np.isinf(values).any():
        raise InputError("a number for every frame, or NaN", "infinity", where)
    if np.isnan(values).all():
        raise InputError("a number for some frame, or NaN", "NaN alone", where)
    return values
