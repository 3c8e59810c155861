"""Results as named arrays, the common content of ``.npz`` and ``.mat``.

Each result lies under its kind (``probability``, ``spike_rate_hz``, ...); ``cells`` and ``footprints``
are those of the first one, and of a result about other cells ``<kind>_cells`` and
``<kind>_footprints``. ``meta`` is the JSON text of :mod:`deepcinac.results.facts`.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.results import facts as facts_
from deepcinac.results.kinds import CURVE, KINDS, PROBABILITY
from deepcinac.results.result import FileReference, Maker, Result, Results, TimeBase

OTHER_NAMES = ("predictions",)
"""What other programs, DeepCINAC 1 among them, call the probability."""
PROBABILITY_NAMES = (PROBABILITY, *OTHER_NAMES)


def to_arrays(results: Results) -> dict[str, np.ndarray]:
    """All of the results, as arrays; the facts as text in ``meta``."""
    first = results.items[0]
    content: dict[str, np.ndarray] = {}
    records = []
    for item in results:
        record: dict[str, Any] = {
            "kind": item.kind,
            "dims": list(item.dims),
            "units": item.units,
            "labels": {name: list(words) for name, words in item.labels.items()},
            "remarks": {str(cell): remark for cell, remark in item.remarks.items()},
        }
        if isinstance(item.values, FileReference):
            record["file"] = dataclasses.asdict(item.values)
        else:
            content[item.kind] = item.values
            record["shape"] = list(item.values.shape)  # MATLAB knows no fewer than two dimensions
        if item.time is not None and item.time.times_s is not None:
            content[f"{item.kind}_times_s"] = np.asarray(item.time.times_s, float)
        elif item.time is not None:
            record["time"] = {"rate_hz": item.time.rate_hz, "start_s": item.time.start_s}
        _put_cells(content, "" if item is first else f"{item.kind}_", item, first)
        records.append(record)
    facts = {**facts_.facts_of(results), "results": records}
    return {**content, "meta": np.array(facts_.as_text(facts))}


def _put_cells(content: dict[str, np.ndarray], lead: str, item: Result, first: Result) -> None:
    if item.cells is None or (lead and _same_cells(item, first)):
        return
    content[f"{lead}cells"] = item.cells
    if item.footprints is not None:
        content[f"{lead}footprints"] = np.array(item.footprints, dtype=np.str_)


def _same_cells(item: Result, first: Result) -> bool:
    return (
        item.cells is not None
        and first.cells is not None
        and np.array_equal(item.cells, first.cells)
        and item.footprints == first.footprints
    )


def from_arrays(
    arrays: Mapping[str, np.ndarray], path: Path, shape: tuple[int, int] | None = None
) -> Results:
    """The results in arrays that :func:`to_arrays` or another program made.

    With the ``shape`` (n_cells, n_frames) of the recording, an array that does not say its cells must
    have a row for each: identity is not guessed from the row.
    """
    facts = _facts(arrays, path)
    records = facts.get("results")
    if isinstance(records, list):
        return _own(arrays, facts, records, path)
    return _foreign(arrays, facts, path, shape)


def _own(
    arrays: Mapping[str, np.ndarray], facts: dict[str, Any], records: list[Any], path: Path
) -> Results:
    maker = facts_.maker_from(facts, unknown_maker(arrays, path), path)
    try:
        items = tuple(_item(arrays, record, maker, path, not n) for n, record in enumerate(records))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = f"{type(error).__name__} ({error})"
        raise InputError("results as this program writes them", found, path) from error
    return Results(
        items,
        facts_.threshold_from(facts),
        facts_.warnings_from(facts),
        facts_.info_from(facts),
    )


def _item(
    arrays: Mapping[str, np.ndarray], record: Any, maker: Maker, path: Path, is_first: bool
) -> Result:
    kind = str(record["kind"])
    dims = tuple(map(str, record["dims"]))
    values: np.ndarray | FileReference
    if "file" in record:
        values = FileReference(**record["file"])
    else:
        if kind not in arrays:
            raise InputError(f"the array {kind}", ", ".join(sorted(arrays)), path)
        values = arrays[kind].reshape(record["shape"])
    own = not is_first and f"{kind}_cells" in arrays
    lead = f"{kind}_" if own else ""
    cells = arrays.get(f"{lead}cells") if "cell" in dims or own or is_first else None
    footprints = arrays.get(f"{lead}footprints") if cells is not None else None
    labels = {name: tuple(map(str, words)) for name, words in record["labels"].items()}
    return Result(
        kind,
        values,
        dims,
        str(record["units"]),
        maker,
        None if cells is None else whole_cells(cells, path),
        None if footprints is None else tuple(str(key).strip() for key in footprints.ravel()),
        _time(arrays, record, kind),
        labels,
        {int(cell): str(remark) for cell, remark in record["remarks"].items()},
    )


def _time(arrays: Mapping[str, np.ndarray], record: Any, kind: str) -> TimeBase | None:
    if f"{kind}_times_s" in arrays:
        return TimeBase(times_s=arrays[f"{kind}_times_s"].ravel())
    return TimeBase(**record["time"]) if "time" in record else None


# Files of version 2.0.0.dev0, of DeepCINAC 1, and of other programs


def _foreign(
    arrays: Mapping[str, np.ndarray],
    facts: dict[str, Any],
    path: Path,
    shape: tuple[int, int] | None,
) -> Results:
    values = _find_values(arrays, path)
    if shape is not None and "cells" not in arrays and len(values) != shape[0]:
        raise InputError(
            f"a row for each of {shape[0]} cells, or which cells the rows are",
            f"{len(values)} rows that do not say",
            path,
            "save them as an .npz with the numbers of the cells in an array called cells",
        )
    cells = np.arange(len(values))
    if "cells" in arrays:
        cells = whole_cells(arrays["cells"], path)
        # DeepCINAC 1 kept a row for every cell, of zeros where it had predicted nothing.
        if len(cells) < len(values) and cells.max(initial=-1) < len(values):
            values = values[cells]
    if len(cells) != len(values):
        raise InputError(
            f"a cell number for each of {len(values)} rows", f"{len(cells)}", f"cells of {path}"
        )
    unknown = unknown_maker({"values": values}, path)
    rate = facts_.frame_rate_from(facts)
    time = None if rate is None else TimeBase(rate)
    named = PROBABILITY in arrays
    kind = PROBABILITY if named or _within_0_and_1(values) else CURVE
    if kind == PROBABILITY and any(name in arrays for name in PROBABILITY_NAMES):
        unknown = dataclasses.replace(unknown, task="activity")  # else any program's numbers
    maker = facts_.maker_from(facts, unknown, path)
    items = [Result(kind, values, ("cell", "frame"), "1", maker, cells, time=time)]
    spikes = arrays.get("spike_rate_hz")
    if spikes is not None and spikes.shape == values.shape:
        units = KINDS["spike_rate_hz"].units
        items.append(
            Result("spike_rate_hz", spikes, ("cell", "frame"), units, maker, cells, time=time)
        )
    threshold, warnings = facts_.threshold_from(facts), facts_.warnings_from(facts)
    return Results(tuple(items), threshold, warnings, facts_.info_from(facts))


def _facts(arrays: Mapping[str, np.ndarray], path: Path) -> dict[str, Any]:
    if "meta" not in arrays:
        return {}
    text = arrays["meta"]
    if text.size != 1:
        raise InputError("JSON text", f"{text.size} values", f"meta of {path}")
    return facts_.from_text(text.item(), path)


def _find_values(arrays: Mapping[str, np.ndarray], path: Path) -> np.ndarray:
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


def _within_0_and_1(values: np.ndarray) -> bool:
    return not ((values < 0).any() or (values > 1).any())


def whole_cells(array: np.ndarray, path: Path) -> np.ndarray:
    """Cell numbers (n,) int64 from what a file holds: MATLAB writes them as decimal numbers."""
    flat = np.asarray(array).ravel()
    if flat.dtype.kind not in "iuf" or (flat != np.round(flat)).any() or (flat < 0).any():
        raise InputError("whole cell numbers from 0", f"{array.dtype}", f"cells of {path}")
    return flat.astype(np.int64)


def unknown_maker(arrays: Mapping[str, np.ndarray], path: Path) -> Maker:
    """The maker of a file that names none: another method, known by the file's name and content."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return Maker("method", path.stem, settings={"content_sha256": digest.hexdigest()})
