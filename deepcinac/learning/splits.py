"""What is held out: split by what must not leak from training into the score.

Cells, whole recordings, groups (an animal, a device), or a block of time with a gap. Every split says in
words what it is, and how many independent units the score rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CELLS, RECORDINGS, GROUPS, TIME, NOTHING = "cells", "recordings", "groups", "time", "nothing"


@dataclass(frozen=True)
class Split:
    """What a score was measured on.

    ``by``: one of "cells", "recordings", "groups", "time", "nothing"; ``n_units``: how many independent
    ones of them were held out; ``words``: the same as a phrase, for people.
    """

    by: str
    n_units: int
    words: str

    def to_dict(self) -> dict[str, Any]:
        """Plain containers for JSON."""
        return {"by": self.by, "units": self.n_units, "words": self.words}


NOTHING_HELD_OUT = Split(NOTHING, 0, "nothing was held out")
"""On purpose: what is learnt from judges nothing."""
TOO_SHORT = Split(NOTHING, 0, "the recordings are too short to hold a part of them out")


def counted(number: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "cell"), counted(3, "cell")
    ('1 cell', '3 cells')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def hold_out_units(n_units: int, share: float, generator: np.random.Generator) -> np.ndarray:
    """Which of some units are held out, (n_units,) bool: a share of them drawn at random, at least one.

    With a single unit there is nothing to hold out.
    """
    held = np.zeros(n_units, bool)
    if n_units > 1:
        count = min(max(1, round(share * n_units)), n_units - 1)
        held[generator.permutation(n_units)[:count]] = True
    return held


@dataclass(frozen=True)
class TimeBlocks:
    """A recording cut in two: frames ``0`` to ``train_stop`` train, ``test_start`` to ``test_stop`` score."""

    train_stop: int
    test_start: int
    test_stop: int


def hold_out_time(
    usable: np.ndarray, share: float, gap_frames: int, shortest_frames: int
) -> TimeBlocks | None:
    """Hold out the last ``share`` of the usable frames, with a gap between them and those that train.

    ``usable`` (n_frames,) counts what is labelled in each frame. None where either part would be left with
    fewer than ``shortest_frames`` frames that are usable.

    >>> hold_out_time(np.ones(100), 0.2, gap_frames=5, shortest_frames=10)
    TimeBlocks(train_stop=75, test_start=80, test_stop=100)
    >>> hold_out_time(np.ones(30), 0.2, gap_frames=5, shortest_frames=10) is None
    True
    """
    usable = np.asarray(usable, float)
    total = usable.sum()
    if not total > 0:
        return None
    after = usable[::-1].cumsum()[::-1]  # labelled from this frame on
    enough = np.flatnonzero(after >= share * total - 1e-9)
    test_start = int(enough[-1])
    test_stop = int(np.flatnonzero(usable)[-1]) + 1
    train_stop = test_start - gap_frames
    n_test = np.count_nonzero(usable[test_start:test_stop])
    n_train = np.count_nonzero(usable[: max(train_stop, 0)])
    if min(n_test, n_train) < shortest_frames:
        return None
    return TimeBlocks(train_stop, test_start, test_stop)


def folds_by_group(groups: Sequence[Any]) -> np.ndarray:
    """Number of the fold of each example, (n,): every group is held out whole, in turn.

    >>> folds_by_group(["b", "a", "b"]).tolist()
    [1, 0, 1]
    """
    return np.unique(np.asarray(groups), return_inverse=True)[1]


def folds_by_class(classes: Sequence[Any], n_folds: int) -> np.ndarray:
    """Number of the fold of each example, (n,): each fold has its share of every class.

    >>> folds_by_class(["x", "x", "y", "x", "y"], 2).tolist()
    [0, 1, 0, 0, 1]
    """
    seen: dict[Any, int] = {}
    folds = []
    for name in classes:
        folds.append(seen.get(name, 0) % n_folds)
        seen[name] = seen.get(name, 0) + 1
    return np.array(folds, int)
