"""What results say about cells or places of the field, as values for its pixels. No Tk."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.labelling.session import Layer, Session
from deepcinac.recording.cells import Cells
from deepcinac.results import Result
from deepcinac.results.kinds import IMPORTANCE, IMPORTANCE_MAP
from deepcinac.tasks.behaviour.settings import ALONE, CHANCE_FACT

LEAST_SPAN = 0.01
"""Colours never tell smaller differences of a score apart than this."""


def field_maps(session: Session, layer: Layer, cells: Cells) -> list[FieldMap]:
    """The maps of a layer: one for each thing that is said of its cells or places."""
    if not {IMPORTANCE, IMPORTANCE_MAP} & set(session.result_kinds(layer.id)):
        return []
    results = session.results(layer.id)
    found = []
    for kind in (IMPORTANCE, IMPORTANCE_MAP):
        said = results.get(kind)
        if said is None:
            continue
        for place, what in enumerate(said.labels["field"]):
            if kind == IMPORTANCE:
                values = over_cells(said.array[:, place], said.require_cells(), cells)
            else:
                values = stretched(said.array[place], cells.height, cells.width)
            chance = float(results.info.get(CHANCE_FACT, 0.0)) if what == ALONE else 0.0
            found.append(_map(layer, said, what, values, chance))
    return found


def _map(layer: Layer, said: Result, what: str, values: np.ndarray, low: float) -> FieldMap:
    known = values[np.isfinite(values)]
    high = max(float(known.max(initial=low)), low + LEAST_SPAN)
    title = f"{what} ({said.units})"
    return FieldMap(f"{what}: {layer.name}", title, values, low, high)


def over_cells(values: np.ndarray, numbers: np.ndarray, cells: Cells) -> np.ndarray:
    """The value of each cell (n,) over its pixels, (height, width); the larger where cells overlap."""
    field = np.full((cells.height, cells.width), np.nan)
    for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
        if np.isfinite(value):
            own = cells[number]
            before = field[own.ypix, own.xpix]
            field[own.ypix, own.xpix] = np.fmax(before, value)
    return field


def stretched(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture of a movie network (n, n) over the field, by the areas that its pixels are means of.

    >>> stretched(np.array([[1.0, 2.0], [3.0, 4.0]]), 2, 3).tolist()
    [[1.0, 1.0, 2.0], [3.0, 3.0, 4.0]]
    """
    counts = []
    for n, size in zip(values.shape, (height, width), strict=True):
        counts.append(np.diff(np.linspace(0, size, n + 1).round().astype(int)))
    return np.repeat(np.repeat(values, counts[0], axis=0), counts[1], axis=1)
