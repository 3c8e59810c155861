"""Where in the picture a movie network looks: squares that are cut out, and squares that are kept alone.

Cutting out asks what is needed, keeping alone what is enough; pixels that are taken away get 0, their mean
after scaling. Where two areas know the same, cutting out either shows nothing: each square is also cut out
together with its mirror image. With a change that is common to the whole field nothing is needed and any
square is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from deepcinac.learning.folds import Fold
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.tasks.behaviour.importance import HeldOut
from deepcinac.tasks.behaviour.methods import Fitted
from deepcinac.tasks.behaviour.recordings import DecodedRecording

MOST_FRAMES = 200
PARTS = 4
"""A square has this part of the picture's side; squares overlap by half."""


@dataclass(frozen=True, eq=False)
class CutOuts:
    """Maps (n, n) of one unit, a value for the row and column of each square.

    ``needed`` and ``needed_with_mirror``: the loss of score without it, and without its mirror image too;
    ``alone``: the score with nothing else.
    """

    unit: str
    needed: np.ndarray
    needed_with_mirror: np.ndarray
    alone: np.ndarray


class Masked:
    """Pictures of which some pixels are at their mean; made only where they are asked for."""

    def __init__(self, pictures: np.ndarray, kept: np.ndarray) -> None:
        self._pictures, self._kept = pictures, kept.astype(np.float32)

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        return self._pictures[places] * self._kept


def n_masks() -> int:
    """How many pictures are made of each one: every square is cut out, with its mirror image, and kept."""
    return 3 * (2 * PARTS - 1) ** 2


def squares(side_px: int) -> list[tuple[slice, slice]]:
    """The squares of a map, row by row; a last one reaches the border.

    >>> [(rows.start, rows.stop) for rows, _ in squares(8)][::7]
    [(0, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8)]
    """
    size = max(1, side_px // PARTS)
    starts = [round(step * (side_px - size) / (2 * PARTS - 2)) for step in range(2 * PARTS - 1)]
    return [(slice(y, y + size), slice(x, x + size)) for y in starts for x in starts]


def cut_outs(
    recordings: Sequence[DecodedRecording],
    folds: Sequence[Fold],
    fit: Callable[[Fold], Fitted],
    progress: Progress = silent,
) -> list[CutOuts]:
    """Maps of every fold in which something can be judged."""
    side, n = recordings[0].inputs.shape[1], 2 * PARTS - 1
    found = []
    for fold in folds:
        held = HeldOut(recordings, fold, fit(fold), MOST_FRAMES)
        if not held.is_possible:
            continue
        whole = held.score()
        table = np.empty((3, n * n))
        for place, (rows, columns) in enumerate(squares(side)):
            inside = np.zeros((side, side), bool)
            inside[rows, columns] = True
            kept = (~inside, ~(inside | inside[:, ::-1]), inside)
            scores = [held.score(partial(Masked, kept=one)) for one in kept]
            table[:, place] = whole - scores[0], whole - scores[1], scores[2]
            progress(ProgressEvent("cutting out", place + 1, n * n, fold.name))
        found.append(CutOuts(fold.unit, *table.reshape(3, n, n)))
    return found
