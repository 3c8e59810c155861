"""Which cells of a recording results are about: by footprint, and by number only where none is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.cells import Cells
from deepcinac.results.kinds import TRANSIENTS
from deepcinac.results.result import Result, Results, footprint_keys

_NAMED = 10


def matched_to(
    results: Results, cells: Cells, where: str | Path | None = None
) -> tuple[Results, tuple[str, ...]]:
    """The results with the numbers that their cells have among ``cells``, and what to say about it.

    Footprints decide. Equal ones at another number: the cell is renumbered. Footprints that are not
    among ``cells``: an InputError that names the cells. No footprints known: the numbers count. What
    comes back knows its footprints.
    """
    keys = footprint_keys(cells, range(len(cells)))
    notes: list[str] = []
    items = tuple(_matched(item, keys, notes, where) for item in results)
    return replace(results, items=items), tuple(dict.fromkeys(notes))


def _matched(
    item: Result, keys: tuple[str, ...], notes: list[str], where: str | Path | None
) -> Result:
    if item.cells is None:
        return item
    if item.footprints is None:
        beyond = item.cells[item.cells >= len(keys)].tolist()
        if beyond:
            raise InputError(f"cells from 0 to {len(keys) - 1}", f"cell {some(beyond)}", where,
                             "the results seem to be of another recording")  # fmt: skip
        notes.append("no footprints are known, so cells were taken by their numbers")
        return replace(item, footprints=tuple(keys[cell] for cell in item.cells.tolist()))
    numbers = _numbers(item, keys, where)
    moved = np.flatnonzero(numbers != item.cells)
    if len(moved):
        listed = [f"{item.cells[i]} is {numbers[i]}" for i in moved[:_NAMED]]
        more = ", ..." if len(moved) > _NAMED else ""
        cells = "1 cell has" if len(moved) == 1 else f"{len(moved)} cells have"
        notes.append(f"{cells} another number here, found by footprint ({', '.join(listed)}{more})")
    return renumbered(item, numbers)


def _numbers(item: Result, keys: tuple[str, ...], where: str | Path | None) -> np.ndarray:
    """The number (n,) of each cell among those with ``keys``."""
    own, footprints = item.require_cells(), item.footprints or ()
    places: dict[str, list[int]] = {}
    for number, key in enumerate(keys):
        places.setdefault(key, []).append(number)
    numbers = np.full(len(own), -1)
    # First those that stayed in place: two cells may have the same pixels.
    for row, (cell, key) in enumerate(zip(own.tolist(), footprints, strict=True)):
        if cell in places.get(key, ()):
            numbers[row] = cell
            places[key].remove(cell)
    for row in np.flatnonzero(numbers < 0).tolist():
        if places.get(footprints[row]):
            numbers[row] = places[footprints[row]].pop(0)
    missing = own[numbers < 0].tolist()
    if missing:
        what = "cell" if len(missing) == 1 else "cells"
        raise InputError(
            f"the {len(keys)} cells of the recording",
            f"{what} {some(missing)} with other pixels",
            where,
            "the results are of other cells, or of the same cells drawn anew: predict again",
        )
    return numbers


def renumbered(item: Result, numbers: np.ndarray) -> Result:
    """The same result where the cell ``item.cells[i]`` has the number ``numbers[i]``."""
    if np.array_equal(numbers, item.require_cells()):
        return item
    new_of = dict(zip(item.require_cells().tolist(), numbers.tolist(), strict=True))
    change: dict[str, object] = {"cells": numbers}
    if item.kind == TRANSIENTS:
        rows = item.array.copy()
        rows[:, 0] = [new_of[int(cell)] for cell in rows[:, 0]]
        change["values"] = rows[np.lexsort(rows.T[::-1])]
    change["remarks"] = {new_of[cell]: text for cell, text in item.remarks.items()}
    return replace(item, **change)  # type: ignore[arg-type]


def some(numbers: list[int]) -> str:
    """The first numbers of a list, for people."""
    return ", ".join(map(str, numbers[:_NAMED])) + (", ..." if len(numbers) > _NAMED else "")


def of_cells(item: Result, keep: Callable[[int], bool]) -> Result:
    """The same result about some of its cells."""
    cells = item.require_cells()
    rows = np.flatnonzero([keep(cell) for cell in cells.tolist()])
    kept = {int(cell) for cell in cells[rows]}
    values = item.array
    if item.kind == TRANSIENTS:
        values = values[np.isin(values[:, 0], cells[rows])]
    elif "cell" in item.dims:
        values = np.take(values, rows, axis=item.dims.index("cell"))
    keys = None if item.footprints is None else tuple(item.footprints[row] for row in rows)
    remarks = {cell: text for cell, text in item.remarks.items() if cell in kept}
    return replace(item, values=values, cells=cells[rows], footprints=keys, remarks=remarks)
