"""Some of the cells, as people write them: "0-9,12"."""

from __future__ import annotations

import numpy as np

from deepcinac.errors import InputError

ALL, VALID = "all", "valid"


def parse_selection(text: str, n_cells: int, valid: np.ndarray | None = None) -> np.ndarray:
    """The cells that "0-9,12" names: their numbers in ascending order, each once, counted from 0.

    "all" names all of them, "valid" those that nobody has called invalid (``valid`` (n_cells,) bool).

    >>> parse_selection("3,0-1", 5).tolist()
    [0, 1, 3]
    >>> parse_selection("valid", 3, np.array([True, False, True])).tolist()
    [0, 2]
    """
    chosen: set[int] = set()
    if text.strip() in (ALL, VALID):
        named = np.ones(n_cells, bool) if text.strip() == ALL or valid is None else valid
        if not named.any():
            raise InputError("a valid cell", f"none among {n_cells}", "the selection")
        return np.flatnonzero(named)
    for part in text.split(","):
        first, last = _first_and_last(part.strip(), text)
        if last < first:
            raise InputError("a range from low to high", repr(part.strip()), "the selection")
        if last >= n_cells:
            raise InputError(
                f"cells from 0 to {n_cells - 1}",
                f"cell {last}",
                "the selection",
                "cells are counted from 0",
            )
        chosen.update(range(first, last + 1))
    return np.array(sorted(chosen), dtype=np.int64)


def _first_and_last(part: str, text: str) -> tuple[int, int]:
    first, dash, last = part.partition("-")
    ends = (first.strip(), last.strip() if dash else first.strip())
    if not all(end.isascii() and end.isdigit() for end in ends):
        expected = "cells and ranges of cells such as 0-9,12, or 'all' or 'valid'"
        raise InputError(expected, repr(text), "the selection")
    return int(ends[0]), int(ends[1])
