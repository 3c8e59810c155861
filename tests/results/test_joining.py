"""Results of some cells here, of others there, are one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.results.joining import joined
from deepcinac.results.result import Results
from helpers.predictions import results_of

WHOLE = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]])


def part(*cells: int, **change: str) -> Results:
    results = results_of(WHOLE[list(cells)], cells, **change)  # type: ignore[arg-type]
    (item,) = results.items
    keys = tuple(f"pixels of {cell}" for cell in cells)
    item = dataclasses.replace(item, footprints=keys, remarks={cells[0]: f"cell {cells[0]}"})
    warnings = ("short movie", f"cell {cells[0]} first")
    return dataclasses.replace(results, items=(item,), warnings=warnings)


def test_cells_come_in_order_with_all_that_belongs_to_them() -> None:
    whole = joined([part(3, 1), part(2), part(0)])
    item = whole["probability"]
    assert item.cells is not None
    assert item.cells.tolist() == [0, 1, 2, 3]
    assert np.array_equal(item.array, WHOLE.astype(np.float32))
    assert item.footprints == tuple(f"pixels of {cell}" for cell in range(4))
    assert item.remarks == {3: "cell 3", 2: "cell 2", 0: "cell 0"}
    assert whole.warnings == ("short movie", "cell 3 first", "cell 2 first", "cell 0 first")
    assert whole.threshold == 0.5
    assert whole.maker == part(0).maker


def test_parts_that_do_not_belong_together() -> None:
    with pytest.raises(InputError, match="each once"):
        joined([part(0, 1), part(1)])
    with pytest.raises(InputError, match="parts of one maker"):
        joined([part(0), part(1, weights="weights 2")])
    other = part(1)
    spikes = dataclasses.replace(other.items[0], kind="spike_rate_hz", units="Hz")
    with pytest.raises(InputError, match="parts that hold probability"):
        joined([part(0), dataclasses.replace(other, items=(*other.items, spikes))])
