"""NWB files of version 2.0.0.dev0, and what reading them shares with those of today.

There the series were called as the kinds of results, the masks ``cells``, and the facts stood as JSON in
the file's ``notes``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import followed, whole_array
from deepcinac.errors import InputError
from deepcinac.recording.cells import make_cells
from deepcinac.results import facts as facts_
from deepcinac.results.arrays import unknown_maker
from deepcinac.results.kinds import CURVE, KINDS, PROBABILITY, SPIKE_RATE
from deepcinac.results.result import Maker, Result, Results, TimeBase, footprint_keys

_SERIES = (PROBABILITY, SPIKE_RATE, CURVE)
_MODULE = "processing/ophys"
_TABLE = f"{_MODULE}/ImageSegmentation/cells"


def is_ours(file: Any) -> bool:
    """Whether an open file is of the older form: a series of ours, our table and notes."""
    group = file.get(f"{_MODULE}/Fluorescence")
    held = group is not None and any(name in group for name in _SERIES)
    return held and "general/notes" in file and _TABLE in file


def read(file: Any, path: Path) -> Results:
    """The results in an open file of the older form; an InputError for that of another program."""
    group = file.get(f"{_MODULE}/Fluorescence")
    held = [name for name in _SERIES if group is not None and name in group]
    notes = file.get("general/notes")
    if not held or notes is None or _TABLE not in file:
        raise InputError(
            "results in an NWB file that DeepCINAC wrote", "none", path,
            "bring the series of another program into a session with 'deepcinac import'",
        )  # fmt: skip
    text = whole_array(notes).item()
    facts = facts_.from_text(text.decode() if isinstance(text, bytes) else text, path)
    table = file[_TABLE]
    numbers = np.asarray(whole_array(table["id"]), np.int64)
    keys = _keys(table, facts, path)
    arrays = {name: values_of(group[name], f"{path}#{name}") for name in held}
    rate = float(group[held[0]]["starting_time"].attrs["rate"])
    maker = facts_.maker_from(facts, unknown_maker(arrays, path), path)
    return results_from(arrays, maker, numbers, keys, rate, facts)


def results_from(
    arrays: dict[str, np.ndarray],
    maker: Maker,
    numbers: np.ndarray,
    keys: tuple[str, ...] | None,
    rate_hz: float,
    facts: dict[str, Any],
) -> Results:
    """The results of arrays (n, n_frames) by their kind."""
    items = tuple(
        Result(kind, values, ("cell", "frame"), KINDS[kind].units, maker, numbers, keys,
               TimeBase(rate_hz))
        for kind, values in arrays.items()
    )  # fmt: skip
    info = facts_.info_from(facts)
    for name in ("height", "width"):
        info.pop(name, None)
    threshold = facts_.threshold_from(facts)
    return Results(items, threshold, facts_.warnings_from(facts), info)


def values_of(series: Any, where: str) -> np.ndarray:
    """Values (n_cells, n_frames) of a series that has the frames first."""
    data = series["data"]
    if data.ndim != 2 or data.dtype.kind not in "biuf":
        raise InputError("numbers (frames x cells)", f"shape {data.shape} of {data.dtype}", where)
    return np.ascontiguousarray(whole_array(data).T)


def followed_table(file: Any, series: Any) -> Any:
    """The table of masks that a series refers to, None without one."""
    import h5py

    reference = series["rois"].attrs.get("table") if "rois" in series else None
    return followed(file, reference) if isinstance(reference, h5py.Reference) else None


def pixel_lists(table: Any) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """``(y, x, weight)`` of the pixels of each mask."""
    pixels = whole_array(table["pixel_mask"])
    stops = np.asarray(whole_array(table["pixel_mask_index"]), np.int64)
    return [(part["y"], part["x"], part["weight"]) for part in np.split(pixels, stops[:-1])]


def _keys(table: Any, facts: dict[str, Any], path: Path) -> tuple[str, ...] | None:
    """The hashes of the masks; None in a file of an older version, which does not know the field."""
    height, width = facts.get("height"), facts.get("width")
    if not (isinstance(height, int) and isinstance(width, int)):
        return None
    footprints = pixel_lists(table)
    cells = make_cells(footprints, height, width, "NWB", where=path)
    return footprint_keys(cells, range(len(footprints)))
