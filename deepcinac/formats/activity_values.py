"""Whether numbers can be the activity that they are taken for: probabilities, or a curve that rests at 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.questions import ask

ACCEPT_PERCENT = "percent"
"""What is accepted to divide values up to 100 by 100."""
ACCEPT_CURVE = "raw-curve"
"""What is accepted to keep a curve that never comes to rest near 0."""

_LOWEST = 5  # percentile of the frames of a cell
_RESTING = 0.3
"""Activity is rare: of a probability, or of spikes, some frames lie below this part of the largest."""


def checked_activity(
    values: np.ndarray,
    is_probability: bool,
    where: str | Path,
    accepted: frozenset[str] = frozenset(),
) -> np.ndarray:
    """The values (n, n_frames), after what is odd about them was accepted.

    ``is_probability``: they are called so. What leaves 0 to 1 then is asked about as percent, or
    refused. Where nearly all frames of most cells lie far above 0 for their largest value, as in raw
    fluorescence, every frame would count as active: that is asked about, whatever they are called.
    """
    if is_probability and out_of_0_to_1(values):
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        if low < 0 or high > 100:
            found = f"values from {low:g} to {high:g}"
            hint = "give the array another name if it is a curve in its own units"
            raise InputError("a probability from 0 to 1", found, where, hint)
        hint = "if these are percent they are divided by 100"
        ask(ACCEPT_PERCENT, "a probability from 0 to 1", f"values from {low:g} to {high:g}",
            where, hint, accepted)  # fmt: skip
        values = values / 100
    ask_about_rest(values, where, accepted)
    return values


def ask_about_rest(
    values: np.ndarray, where: str | Path, accepted: frozenset[str] = frozenset()
) -> None:
    """Ask about curves that never come to rest near 0: raw fluorescence is not activity."""
    resting = _resting_levels(values)
    if not len(resting) or np.median(resting) <= _RESTING:
        return
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    ask(
        ACCEPT_CURVE,
        "activity: near 0 where the cell is quiet",
        f"values from {low:g} to {high:g}, {100 - _LOWEST} % of the frames above {np.median(resting):.0%} "
        "of each cell's largest value",
        where,
        "this looks like raw fluorescence, not like a probability or spikes: give dF/F, or "
        "deconvolved activity",
        accepted,
    )


def _resting_levels(values: np.ndarray) -> np.ndarray:
    """Lowest (5th percentile) over largest value of each row that is ever above 0.

    Rasters of 0 and 1 are left alone.
    """
    rows = [row[np.isfinite(row)] for row in np.asarray(values, dtype=float)]
    if all(np.isin(row, (0, 1)).all() for row in rows):
        return np.empty(0)
    return np.array(
        [np.percentile(row, _LOWEST) / row.max() for row in rows if len(row) and row.max() > 0]
    )


def out_of_0_to_1(values: np.ndarray) -> bool:
    """Whether any number leaves 0 to 1; NaN is none."""
    return bool((values < 0).any() or (values > 1).any())
