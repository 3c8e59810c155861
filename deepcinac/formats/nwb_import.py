"""A RoiResponseSeries of an NWB file into a session, as what another method says.

A series of 0 and 1 becomes transients; any other becomes a curve in its own units. The cells are found
by the masks that the series refers to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import followed, open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.formats.choices import CellOptions, chosen
from deepcinac.formats.method_curves import add_method
from deepcinac.formats.nwb_cells import cells_of_table
from deepcinac.formats.nwb_file import groups_of
from deepcinac.formats.same_cells import counted, n_renumbered, numbers_in
from deepcinac.labelling.session import Session
from deepcinac.questions import NeedsAnswer

SERIES = ("RoiResponseSeries",)


def import_series(
    session: Session,
    path: Path,
    options: CellOptions | None = None,
    name: str | None = None,
    author: str = "",
) -> list[str]:
    """Add a series as a layer of the kind "method" and say what was done, a line each."""
    values, numbers, n_moved, series = _read(session, path, options or CellOptions())
    remarks = []
    if n_moved:
        remarks.append(f"{counted(n_moved, 'cell')} with another number here, found by the mask")
    meta = {"imported_from": f"{path.name}#{series}"}
    layer_name = name or series.rsplit("/", 1)[-1]
    where, accepted = f"{path}#{series}", frozenset((options or CellOptions()).accepted)
    said = add_method(
        session, values, numbers, layer_name, author, meta, where=where, accepted=accepted
    )
    return [said[0], *remarks, *said[1:]]


def import_all_series(
    session: Session, path: Path, taken: set[str], accepted: tuple[str, ...] | None = None
) -> list[str]:
    """Every series of a file into a layer of its own, with a name that is not ``taken``.

    Series of another length than the recording, or of other cells, are told and left out. What is
    possible but unlikely is asked about, unless it is ``accepted``; None: it is left out as well.
    """
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        places = [group.name for group in groups_of(file, SERIES)]
    if not places:
        raise InputError("a RoiResponseSeries", "none", path)
    said: list[str] = []
    n_done = 0
    with session.group(f"import {path.name}"):
        for place in places:
            plain = place.rsplit("/", 1)[-1]
            name, number = plain, 2
            while name in taken:
                name, number = f"{plain} {number}", number + 1
            try:
                options = CellOptions(place, accepted=accepted or ())
                said += import_series(session, path, options, name)
            except InputError as error:
                if isinstance(error, NeedsAnswer) and accepted is not None:
                    raise
                said.append(str(error).rstrip("."))
                continue
            taken.add(name)
            n_done += 1
    if not n_done:
        raise InputError("a series of this recording", "; ".join(said), path)
    return said


def _read(
    session: Session, path: Path, options: CellOptions
) -> tuple[np.ndarray, np.ndarray, int, str]:
    """Read one series of the file.

    Returns the values (n, n_frames), the session's numbers of their cells (n,), how many cells have
    other numbers in the file, and the path of the series.
    """
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        found = {group.name: group for group in groups_of(file, SERIES)}
        candidates = {
            name: f"{name}: {' x '.join(map(str, group['data'].shape))}"
            for name, group in found.items()
            if "data" in group
        }
        if options.variable is not None:
            options = options.with_variable("/" + options.variable.strip("/"))
        name = chosen(candidates, options, "RoiResponseSeries", path)
        values = _values(found[name], session.recording.n_frames, f"{path}#{name}")
        rows, table = _rows(found[name], file, values.shape[0], f"{path}#{name}")
        return values, *_numbers(session, rows, table, options, path), name


def _values(series: Any, n_frames: int, where: str) -> np.ndarray:
    data = series["data"]
    if data.ndim not in (1, 2) or data.dtype.kind not in "biuf":
        raise InputError("numbers (frames x ROIs)", f"shape {data.shape} of {data.dtype}", where)
    if n_frames not in data.shape:
        raise InputError(
            f"a series of {n_frames} frames",
            f"one of {data.shape[0]}",
            where,
            "the series seems to be of another recording, or of another rate",
        )
    values = whole_array(data).astype(float)
    if data.shape[0] == n_frames:  # as it should be; suite2p once wrote the ROIs first
        values = np.atleast_2d(values.T)
    if np.isinf(values).any() or np.isnan(values).all():
        raise InputError("a number for every frame, or NaN", "infinity or NaN alone", where)
    return values


def _rows(series: Any, file: Any, n_rois: int, where: str) -> tuple[np.ndarray, Any]:
    """The rows of the table of masks that the series is of, and that table if it is there."""
    import h5py

    rois = series.get("rois")
    if rois is None:
        return np.arange(n_rois), None
    rows = whole_array(rois).astype(np.int64)
    if rows.shape != (n_rois,) or (rows < 0).any() or len(np.unique(rows)) != n_rois:
        raise InputError(f"a row of masks for each of {n_rois} ROIs", f"shape {rows.shape}", where)
    reference = rois.attrs.get("table")
    table = (
        followed(file, reference) if isinstance(reference, h5py.Reference) and reference else None
    )
    return rows, table


def _numbers(
    session: Session, rows: np.ndarray, table: Any, options: CellOptions, path: Path
) -> tuple[np.ndarray, int]:
    cells = session.cells()
    if table is None or not {"pixel_mask", "image_mask"} & set(table):
        if rows.max(initial=0) >= len(cells):
            found = f"row {rows.max()} of its table"
            raise InputError(f"a series of {len(cells)} cells", found, path)
        return rows, 0
    own = cells_of_table(table, (cells.height, cells.width), options, path)
    if rows.max(initial=0) >= len(own):
        raise InputError(f"rows 0 to {len(own) - 1}", f"row {rows.max()}", path)
    hint = "the series seems to be of other cells, or x and y are exchanged (--swap-xy)"
    numbers = numbers_in(cells, own, rows.tolist(), path, hint)
    return numbers[rows], n_renumbered(numbers)
