"""Cells that cannot be used: all of them named at once, and left out where the user accepts that."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.questions import NeedsAnswer

ACCEPT = "bad-cells"
"""What is accepted to leave bad cells out."""
EXPECTED = "cells that each have a pixel of the movie"

_NAMED = 10


@dataclass(frozen=True)
class BadCell:
    """Stands in a list of footprints for a cell that could not be read; ``reason`` is a few words."""

    reason: str


def leave_out(
    bad: Mapping[int, str],
    n_cells: int,
    where: str | Path | None,
    accepted: Collection[str] | None,
) -> None:
    """Refuse the ``bad`` cells (number -> reason) of ``n_cells``, or warn that they are left out.

    ``accepted`` holds what the user has accepted; None where there is nobody to ask, and where every
    cell is bad there is nothing to accept either: an :class:`~deepcinac.errors.InputError`.
    """
    if not bad:
        return
    found = f"{len(bad)} of {n_cells} that cannot be used: {listed(bad)}"
    if accepted is None or len(bad) == n_cells:
        raise InputError(EXPECTED, found, where)
    if ACCEPT not in accepted:
        hint = "the others can be used without them, and keep their numbers as names"
        raise NeedsAnswer(ACCEPT, EXPECTED, found, where, hint)
    place = f" of {where}" if where else ""
    left = "1 cell was" if len(bad) == 1 else f"{len(bad)} cells were"
    warnings.warn(f"{left} left out{place}: {listed(bad)}", stacklevel=3)


def listed(reasons: Mapping[int, str]) -> str:
    """Cells with what is wrong with each, for people; cells are counted from 0.

    >>> listed({2: "no pixels", 5: "NaN as weight"})
    'cell 2 (no pixels), cell 5 (NaN as weight)'
    """
    named = [f"cell {number} ({reasons[number]})" for number in list(reasons)[:_NAMED]]
    return ", ".join(named) + (
        f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    )
