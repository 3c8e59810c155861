"""Predictions to be scored: files of ``deepcinac predict``, arrays and lists of other methods."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepcinac.containers.matlab import read_arrays
from deepcinac.errors import InputError
from deepcinac.files import read_npy, read_npz, require_file
from deepcinac.labelling.transients import raster

# Ours, and what DeepCINAC 1 wrote.
PROBABILITY_NAMES = ("probability", "predictions")


class Predictions(NamedTuple):
    """``probability`` (n, n_frames) of the cells numbered ``cells`` (n,), and what made it."""

    probability: np.ndarray
    cells: np.ndarray
    meta: dict[str, Any]


def load_predictions(path: str | Path, shape: tuple[int, int]) -> Predictions:
    """Read predictions of a recording with ``shape`` (n_cells, n_frames).

    ``.npz`` and ``.mat`` hold ``probability`` (or ``predictions``, or one array (n, n_frames) of
    any name) and may hold ``cells`` and ``meta``; ``.npy`` one array; ``.csv`` one transient a row
    with the columns ``cell``, ``onset_frame``, ``peak_frame``, which become probabilities of 0 and
    1.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(_READERS)
        raise InputError(f"predictions in a file ending in {known}", path.suffix or path.name, path)
    return reader(require_file(path, "a file of predictions"), shape)


def _read_npz(path: Path, shape: tuple[int, int]) -> Predictions:
    return _from_arrays(read_npz(path), path)


def _read_npy(path: Path, shape: tuple[int, int]) -> Predictions:
    return _from_arrays({"probability": read_npy(path)}, path)


def _read_mat(path: Path, shape: tuple[int, int]) -> Predictions:
    return _from_arrays(read_arrays(path), path)


def _read_csv(path: Path, shape: tuple[int, int]) -> Predictions:
    n_cells, n_frames = shape
    intervals: list[list[tuple[int, int]]] = [[] for _ in range(n_cells)]
    try:
        lines = [x for x in path.read_text(encoding="utf-8-sig").splitlines() if x[:1] != "#"]
        rows = list(csv.DictReader(lines))
        names = ("cell", "onset_frame", "peak_frame")
        found = [tuple(int(row[name]) for name in names) for row in rows]
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            "rows with whole numbers in the columns cell, onset_frame and peak_frame",
            f"{type(error).__name__} ({error})",
            path,
        ) from error
    for cell, onset, peak in found:
        if not (0 <= cell < n_cells and 0 <= onset <= peak < n_frames):
            raise InputError(
                f"cells below {n_cells} and frames below {n_frames}, onset before peak",
                f"cell {cell}, frames {onset} to {peak}",
                path,
            )
        intervals[cell].append((onset, peak))
    rasters = [raster(np.array(own, dtype=int).reshape(-1, 2), n_frames) for own in intervals]
    return Predictions(np.array(rasters, dtype=np.float32), np.arange(n_cells), {})


_READERS: dict[str, Callable[[Path, tuple[int, int]], Predictions]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".mat": _read_mat,
    ".csv": _read_csv,
}


def _from_arrays(arrays: dict[str, np.ndarray], path: Path) -> Predictions:
    probability = _probability(arrays, path)
    cells = np.arange(len(probability))
    if "cells" in arrays:
        cells = _cells(arrays["cells"], path)
        # DeepCINAC 1 kept a row for every cell, of zeros where it had predicted nothing.
        if len(cells) < len(probability) and cells.max(initial=-1) < len(probability):
            probability = probability[cells]
    if len(cells) != len(probability):
        raise InputError(
            f"a cell number for each of {len(probability)} rows",
            f"{len(cells)}",
            f"cells of {path}",
        )
    return Predictions(probability, cells, _meta(arrays, path))


def _probability(arrays: dict[str, np.ndarray], path: Path) -> np.ndarray:
    named = [arrays[name] for name in PROBABILITY_NAMES if name in arrays]
    two_dimensional = [array for array in arrays.values() if array.ndim == 2 and len(array) > 1]
    candidates = named[:1] or two_dimensional
    if len(candidates) != 1:
        held = ", ".join(sorted(arrays)) or "no array"
        raise InputError("an array named probability (n_cells, n_frames)", held, path)
    array = candidates[0]
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        found = f"shape {array.shape} of {array.dtype}"
        raise InputError("numbers in an array (n_cells, n_frames)", found, path)
    return array


def _cells(array: np.ndarray, path: Path) -> np.ndarray:
    flat = np.asarray(array).ravel()
    if flat.dtype.kind not in "iuf" or (flat != np.round(flat)).any() or (flat < 0).any():
        raise InputError("whole cell numbers from 0", f"{array.dtype}", f"cells of {path}")
    return flat.astype(np.int64)


def _meta(arrays: dict[str, np.ndarray], path: Path) -> dict[str, Any]:
    if "meta" not in arrays:
        return {}
    try:
        meta = json.loads(str(arrays["meta"].item()))
    except ValueError as error:
        raise InputError("JSON text", "something else", f"meta of {path}") from error
    return meta if isinstance(meta, dict) else {}
