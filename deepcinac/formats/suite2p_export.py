"""What a layer says, as arrays in the order of suite2p's ROIs, beside the folder of a plane.

    suite2p/plane0/                                       suite2p's, not touched
    suite2p/deepcinac_plane0_general_probability.npy      float32 (n_rois, n_frames)
    suite2p/deepcinac_plane0_general_spike_rate_hz.npy
    suite2p/deepcinac_plane0_general.json                 what made them, at which threshold

Row ``i`` is ROI ``i`` of ``stat.npy``, as in ``spks.npy``; ROIs without a prediction are NaN. ROIs are
recognised by their pixels. None of suite2p's files begins with ``deepcinac``, and none of ours with
``plane``, which suite2p would take for another plane.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import written_atomically
from deepcinac.formats.same_cells import counted, some
from deepcinac.formats.suite2p import Field, stat_entries, stat_file
from deepcinac.recording.cells import Cells
from deepcinac.results.facts import as_text, facts_of
from deepcinac.results.result import Results, footprint_keys

_ALONG = ("cell", "frame")


def files_for(folder: Path, layer: str, results: Results) -> dict[str, Path]:
    """The files to be written, by the kind of result; that of the facts is called "".

    A folder without ``stat.npy`` is an InputError.
    """
    plane = stat_file_in(folder).parent.resolve()
    name = re.sub(r"[^A-Za-z0-9.+-]+", "-", layer).strip("-") or "layer"
    stem = f"deepcinac_{plane.name}_{name}"
    kinds = [item.kind for item in results if item.dims == _ALONG]
    if not kinds:
        held = ", ".join(item.kind for item in results)
        raise InputError("a layer with a value for each cell and frame", held, layer)
    files = {kind: plane.parent / f"{stem}_{kind}.npy" for kind in kinds}
    return {**files, "": plane.parent / f"{stem}.json"}


def stat_file_in(folder: Path) -> Path:
    """The ``stat.npy`` of a plane."""
    stat = stat_file(folder) if folder.exists() else folder
    if stat.name != "stat.npy" or not stat.is_file():
        raise InputError("a suite2p folder with stat.npy", "none", folder)
    return stat


def write_beside(folder: Path, files: dict[str, Path], results: Results, cells: Cells) -> list[str]:
    """Write the arrays and what made them; what was done comes back, a line each.

    ``cells`` are those of the session that the results are about.
    """
    stat_path = stat_file_in(folder)
    stat = stat_entries(stat_path)
    roi_of = _roi_of_each(cells, stat)
    said, predicted = [], False
    for kind, path in files.items():
        if not kind:
            continue
        item = results[kind]
        _require_frames(stat_path.parent, item.array.shape[1])
        numbers = item.require_cells()
        rois = roi_of[numbers]
        predicted = predicted or bool((rois >= 0).any())
        if not predicted:
            raise InputError(
                "the cells of the session among the ROIs", "none of them",
                stat_path, "name the suite2p folder that the session was made from",
            )  # fmt: skip
        _write_rows(path, item.array, rois, len(stat))
        n_rows = int((rois >= 0).sum())
        said.append(f"{path}: {n_rows} of {len(stat)} ROIs, {item.array.shape[1]} frames")
        lost = numbers[rois < 0].tolist()
        if lost:
            said.append(f"no ROI has the pixels of {counted(len(lost), 'cell')} ({some(lost)})")
    about = {**facts_of(results), "rows": f"the {len(stat)} ROIs of {stat_path.name}, in its order"}
    about["arrays"] = {kind: path.name for kind, path in files.items() if kind}
    with written_atomically(files[""]) as temporary:
        temporary.write_text(as_text(about) + "\n")
    return list(dict.fromkeys(said))


def _roi_of_each(cells: Cells, stat: Sequence[Any]) -> np.ndarray:
    """The ROI of each cell of the session, (n_cells,), -1 for none; the same number first."""
    places: dict[str, list[int]] = {}
    for number, entry in enumerate(stat):
        key = _key(entry, (cells.height, cells.width))
        if key:
            places.setdefault(key, []).append(number)
    keys = footprint_keys(cells, range(len(cells)))
    found = np.full(len(cells), -1)
    for cell, key in enumerate(keys):
        if cell in places.get(key, ()):
            found[cell] = cell
            places[key].remove(cell)
    for cell in np.flatnonzero(found < 0).tolist():
        if places.get(keys[cell]):
            found[cell] = places[keys[cell]].pop(0)
    return found


def _key(entry: Any, field: Field) -> str:
    """The hash that :func:`footprint_keys` gives a cell with the pixels of a ROI; "" for no pixels."""
    try:
        ypix, xpix = (np.asarray(entry[name]).ravel().astype(np.int64) for name in ("ypix", "xpix"))
    except (KeyError, TypeError, ValueError):
        return ""
    if len(ypix) != len(xpix):
        return ""
    inside = (ypix >= 0) & (ypix < field[0]) & (xpix >= 0) & (xpix < field[1])
    pixels = np.unique(ypix[inside] * field[1] + xpix[inside])
    return hashlib.sha256(pixels.astype("<i8").tobytes()).hexdigest()[:16] if len(pixels) else ""


def _require_frames(plane: Path, n_frames: int) -> None:
    """As many frames as suite2p's own traces have, where they are there."""
    for name in ("spks.npy", "F.npy"):
        try:
            shape = np.load(plane / name, mmap_mode="r", allow_pickle=False).shape
        except (OSError, ValueError):
            continue
        if len(shape) == 2 and shape[1] != n_frames:
            found = f"{shape[1]} in suite2p's"
            hint = "the folder seems to be of another recording"
            raise InputError(f"{n_frames} frames, as in the session", found, plane / name, hint)


def _write_rows(path: Path, values: np.ndarray, rois: np.ndarray, n_rois: int) -> None:
    """Row by row, so that the whole array is never made."""
    row_of = {int(roi): row for row, roi in enumerate(rois.tolist()) if roi >= 0}
    nothing = np.full(values.shape[1], np.nan, "<f4").tobytes()
    header = {"descr": "<f4", "fortran_order": False, "shape": (n_rois, values.shape[1])}
    with written_atomically(path) as temporary, open(temporary, "wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for roi in range(n_rois):
            row = row_of.get(roi)
            stream.write(nothing if row is None else values[row].astype("<f4").tobytes())
