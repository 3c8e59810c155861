"""Labels as arrays in an ``.npz``: one layer, readable by any program that knows numpy.

``transients`` (k, 3): cell, onset, peak; ``spans_labelled``, ``spans_doubtful`` and
``spans_movement`` (k, 3): cell (-1: all cells), first, last; ``layer``, ``info`` and ``remark``:
text (the first two JSON). Beside these exact intervals stand the rasters that follow from them:
``active`` (n_cells, n_frames), and ``doubtful`` (n_cells, n_frames), true wherever a score must not
look: where the expert doubts, and where nobody has judged. With them, and ``fr`` in Hz, the file is
a truth for ``deepcinac evaluate``.

Files with ``active`` alone, or with ``onsets`` and ``peaks`` (n_cells, n_frames), are read too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import parsed_json, read_npz, write_npz
from deepcinac.formats.label_files import LABELS_FORMS, LabelsForm
from deepcinac.labelling.layer_kinds import kind_of_layer
from deepcinac.labelling.layer_labels import Labels, label_meta, make_labels
from deepcinac.labelling.spans import KINDS
from deepcinac.labelling.transients import (
    pair_onsets_with_peaks,
    raster,
    raster_of_all,
    runs,
)

REMARK = (
    "Cells and frames are counted from 0; onset and peak, first and last frame are both included."
)


def write_labels(path: str | Path, labels: Labels, frame_rate_hz: float | None = None) -> None:
    """Write one layer."""
    write_npz(path, **to_arrays(labels, frame_rate_hz))


def read_labels(path: str | Path) -> Labels:
    """Read one layer, or a truth with ``active`` (and ``doubtful``) rasters."""
    return from_arrays(read_npz(path), path)


def to_arrays(labels: Labels, frame_rate_hz: float | None = None) -> dict[str, Any]:
    """The arrays of a file; see the head of this module."""
    n_frames = labels.n_frames
    doubtful = np.ones((labels.n_cells, n_frames), dtype=bool)
    for cell, row in enumerate(doubtful):
        row[raster(labels.judged(cell), n_frames)] = False
        row |= raster(labels.spans_of_cell(cell, "doubtful"), n_frames)
    active = raster_of_all(labels.transients, labels.n_cells, n_frames)
    arrays = {
        "transients": labels.transients,
        **{f"spans_{kind}": labels.spans[kind] for kind in KINDS},
        "active": active,
        "doubtful": doubtful & ~active,
        "layer": np.array(label_meta(labels)),
        "info": np.array(json.dumps(list(labels.info), ensure_ascii=False)),
        "remark": np.array(REMARK),
    }
    return {**arrays, "fr": np.float64(frame_rate_hz)} if frame_rate_hz else arrays


def from_arrays(arrays: Mapping[str, np.ndarray], path: str | Path) -> Labels:
    """Labels from the arrays of a file."""
    if "spans_labelled" in arrays:
        return _from_ours(arrays, path)
    if "onsets" in arrays and "peaks" in arrays:
        onsets, peaks = (_raster(arrays[name], name, path) for name in ("onsets", "peaks"))
        return _from_onsets_and_peaks(onsets, peaks, path)
    if "active" in arrays:
        return _from_truth(arrays, path)
    held = ", ".join(sorted(arrays)) or "no array"
    raise InputError(
        "labels: transients with spans, active (n_cells, n_frames), or onsets and peaks", held, path
    )


def _from_ours(arrays: Mapping[str, np.ndarray], path: str | Path) -> Labels:
    names = ("transients", "active", *(f"spans_{kind}" for kind in KINDS))
    missing = [name for name in names if name not in arrays]
    if missing:
        raise InputError(f"the arrays {', '.join(names)}", f"no {', '.join(missing)}", path)
    about = _json(arrays, "layer", {}, path)
    info = _json(arrays, "info", [], path)
    n_cells, n_frames = _raster(arrays["active"], "active", path).shape
    if info and len(info) != len(arrays["transients"]):
        found = f"{len(info)} for {len(arrays['transients'])}"
        raise InputError("one record a transient as info", found, path)
    kind = str(about.get("kind") or "")
    return make_labels(
        n_cells,
        n_frames,
        arrays["transients"],
        {kind: arrays[f"spans_{kind}"] for kind in KINDS},
        info=info,
        where=str(path),
        name=str(about.get("name") or ""),
        author=str(about.get("author") or ""),
        kind=kind_of_layer(kind),
        created=str(about.get("created") or ""),
        meta=about["meta"] if isinstance(about.get("meta"), dict) else {},
    )


def _from_truth(arrays: Mapping[str, np.ndarray], path: str | Path) -> Labels:
    """A truth judges every frame. Where it lists transients that make up its raster, these count."""
    active = _raster(arrays["active"], "active", path)
    found = [(cell, *frames) for cell, row in enumerate(active) for frames in runs(row).tolist()]
    listed = arrays.get("transients")
    if listed is not None and listed.ndim == 2 and listed.shape[1] == 3:
        kept = [row for row in listed.astype(int).tolist() if _lies_in(row, active)]
        if np.array_equal(raster_of_all(np.array(kept).reshape(-1, 3), *active.shape), active):
            found = [tuple(row) for row in kept]
    doubtful = np.zeros_like(active)
    if "doubtful" in arrays:
        doubtful = _raster(arrays["doubtful"], "doubtful", path)
        if doubtful.shape != active.shape:
            found_shape = f"{doubtful.shape}"
            raise InputError(f"doubtful of the shape {active.shape}", found_shape, path)
    spans = {
        "labelled": [(-1, 0, active.shape[1] - 1)],
        "doubtful": [
            (cell, *frames) for cell, row in enumerate(doubtful) for frames in runs(row).tolist()
        ],
    }
    n_cells, n_frames = active.shape
    return make_labels(n_cells, n_frames, found, spans, where=str(path))


def _lies_in(row: list[int], active: np.ndarray) -> bool:
    cell, onset, peak = row
    inside = 0 <= cell < active.shape[0] and 0 <= onset <= peak < active.shape[1]
    return inside and bool(active[cell, onset : peak + 1].all())


def _from_onsets_and_peaks(onsets: np.ndarray, peaks: np.ndarray, path: str | Path) -> Labels:
    """Transients from the two rasters of DeepCINAC 1: each onset has the first peak after it."""
    if onsets.shape != peaks.shape:
        raise InputError(f"peaks of the shape {onsets.shape}", f"{peaks.shape}", path)
    found: list[tuple[int, int, int]] = []
    for cell, (own_onsets, own_peaks) in enumerate(zip(onsets, peaks, strict=True)):
        paired, alone, unused = pair_onsets_with_peaks(
            np.flatnonzero(own_onsets), np.flatnonzero(own_peaks)
        )
        if len(alone) or len(unused):
            raise InputError(
                "as many peaks as onsets, in turns",
                f"{len(alone)} onsets without a peak and {len(unused)} peaks without an onset "
                f"in cell {cell} (the first at frame {min([*alone, *unused])})",
                path,
            )
        found += [(cell, onset, peak) for onset, peak in paired.tolist()]
    n_cells, n_frames = onsets.shape
    return make_labels(n_cells, n_frames, found, where=str(path))


def _raster(array: np.ndarray, name: str, path: str | Path) -> np.ndarray:
    where = f"{name} of {path}"
    if array.ndim != 2 or 0 in array.shape:
        raise InputError("an array (n_cells, n_frames)", f"one of shape {array.shape}", where)
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise InputError("only 0 and 1 (or false and true)", "other values", where)
    return array.astype(bool)


def _json(arrays: Mapping[str, np.ndarray], name: str, empty: Any, path: str | Path) -> Any:
    if name not in arrays:
        return empty
    try:
        content = parsed_json(str(arrays[name].item()))
    except ValueError as error:
        raise InputError("JSON text", "something else", f"{name} of {path}") from error
    if not isinstance(content, type(empty)):
        raise InputError(
            f"a JSON {type(empty).__name__}", type(content).__name__, f"{name} of {path}"
        )
    return content


LABELS_FORMS.add(
    __name__,
    LabelsForm(
        ".npz",
        read=lambda path, n_cells, n_frames: [read_labels(path)],
        write=lambda path, layers, rate, movie: write_labels(path, layers[0], rate),
    ),
)
