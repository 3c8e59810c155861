"""One set of results from several that one maker made of different cells of a recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from deepcinac.errors import InputError
from deepcinac.results.result import Result, Results


def joined(parts: Sequence[Results]) -> Results:
    """The same results as of all cells at once, the cells in ascending order.

    An InputError where the parts are not of one maker, hold different kinds, or share a cell.
    """
    first = parts[0]
    kinds = [item.kind for item in first]
    for other in parts[1:]:
        if other.maker.identity != first.maker.identity:
            raise InputError("parts of one maker", f"{first.maker.name} and {other.maker.name}")
        if [item.kind for item in other] != kinds:
            found = ", ".join(item.kind for item in other)
            raise InputError(f"parts that hold {', '.join(kinds)}", found)
    return dataclasses.replace(
        first,
        items=tuple(_joined_items([part[kind] for part in parts]) for kind in kinds),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )


def _joined_items(items: Sequence[Result]) -> Result:
    cells = np.concatenate([item.require_cells() for item in items])
    order = np.argsort(cells, kind="stable")
    keys = [item.footprints for item in items]
    footprints = None
    if all(one is not None for one in keys):
        flat = [key for one in keys for key in one or ()]
        footprints = tuple(flat[place] for place in order)
    axis = items[0].dims.index("cell")
    values = np.concatenate([item.array for item in items], axis=axis)
    return dataclasses.replace(  # which refuses a cell that stands twice
        items[0],
        values=np.take(values, order, axis=axis),
        cells=cells[order],
        footprints=footprints,
        remarks={cell: text for item in items for cell, text in item.remarks.items()},
    )
