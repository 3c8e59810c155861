"""Frames that are missing, repeated or foreign: counted, named, and asked about when there are many.

Every frame after a hole is too early by the length of the hole, and nothing in a movie shows it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepcinac.questions import ask

MOST_LOST = 0.05
"""The share of a movie that may be lost with a warning; more is asked about."""

_SHOWN = 5
_REGULAR = 0.5


def holes(numbers: np.ndarray) -> list[tuple[int, int]]:
    """Where numbers in ascending order leave some out: (index of the number before, how many).

    The step is the commonest one, so that 0, 10, 20, 40 misses one. Numbers without a common step
    (times of the day) have no holes.

    >>> holes(np.array([1, 2, 3, 6, 7]))
    [(2, 2)]
    """
    steps = np.diff(np.asarray(numbers, float))
    if len(steps) < 3:
        return []
    values, counts = np.unique(steps[steps > 0], return_counts=True)
    if not len(values) or counts.max() < _REGULAR * len(steps):
        return []
    step = values[np.argmax(counts)]
    found = np.flatnonzero(steps > 1.5 * step)
    return [(int(at), round(float(steps[at] / step)) - 1) for at in found]


def holes_in_time(seconds: np.ndarray) -> list[tuple[int, int]]:
    """The same for time stamps, which are never exact: gaps of more than one and a half steps.

    >>> holes_in_time(np.array([0.0, 0.1, 0.2, 0.5, 0.6])), holes_in_time(np.arange(9) ** 2.0)
    ([(2, 2)], [])
    """
    steps = np.diff(seconds)
    if len(steps) < 3:
        return []
    step = float(np.median(steps))
    if step <= 0 or np.count_nonzero(np.abs(steps - step) < 0.2 * step) < _REGULAR * len(steps):
        return []
    found = np.flatnonzero(steps > 1.5 * step)
    return [(int(at), max(1, round(float(steps[at]) / step) - 1)) for at in found]


def tell_lost(
    n_lost: int,
    n_kept: int,
    places: Sequence[str],
    where: str | Path,
    accepted: frozenset[str],
) -> None:
    """Warn of missing frames, or ask where they are more than one in twenty (``missing-frames``)."""
    if not n_lost:
        return
    total = n_lost + n_kept
    named = "; ".join(places[:_SHOWN]) + ("; ..." if len(places) > _SHOWN else "")
    found = f"{n_lost} of {total} frames missing ({n_lost / total:.1%}): {named}"
    if n_lost > MOST_LOST * total:
        hint = "everything after a hole is too early: copy or export the movie again"
        ask("missing-frames", "a movie without holes", found, where, hint, accepted)
    warnings.warn(f"{where}: {found}. Everything after a hole is too early.", stacklevel=3)


def tell_foreign(
    names: Sequence[str],
    what: str,
    total: int,
    where: str | Path,
    accepted: frozenset[str],
) -> None:
    """Warn of files that are left out, or ask where they are many (``left-out-files``).

    ``what`` they are, such as "files that repeat others"; ``total``: how many there are with them.
    """
    if not names:
        return
    named = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    found = f"{len(names)} of {total} {what}, left out: {named}"
    if len(names) > MOST_LOST * total:
        hint = "move files that do not belong to the movie to another folder"
        ask("left-out-files", "the files of one movie", found, where, hint, accepted)
    warnings.warn(f"{where}: {found}.", stacklevel=3)
