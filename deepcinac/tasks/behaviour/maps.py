"""Where in the picture a movie network looks: squares that are cut out, and squares that are kept alone.

Cutting out asks what is needed, keeping alone what is enough; pixels that are taken away get 0, their mean
after scaling. Where two areas know the same, cutting out either shows nothing: each square is also cut out
together with its mirror image. With a change that is common to the whole field nothing is needed and any
square is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.learning.folds import Fold
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.tasks.behaviour.methods import Fitted
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.score import SCORES
from deepcinac.tasks.behaviour.windows import known_frames

MOST_FRAMES = 300
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
    side = recordings[0].inputs.shape[1]
    score = SCORES[recordings[0].behaviour.kind]
    values = [one.behaviour.values for one in recordings]
    n = 2 * PARTS - 1
    found = []
    for fold in folds:
        frames = known_frames(fold.test, values, MOST_FRAMES)
        truth = np.concatenate([values[number][own] for number, own in frames])
        if not np.ptp(truth) > 0:
            continue
        fitted = fit(fold)

        def judged(
            kept: np.ndarray,
            frames: list = frames,
            truth: np.ndarray = truth,
            fitted: Fitted = fitted,
        ) -> float:  # type: ignore[type-arg]
            said = [fitted.decide(Masked(recordings[k].inputs, kept), own) for k, own in frames]  # type: ignore[arg-type]
            value = score(truth, np.concatenate(said))
            assert value is not None
            return value

        whole = judged(np.ones((side, side)))
        table = np.empty((3, n * n))
        for place, (rows, columns) in enumerate(squares(side)):
            inside = np.zeros((side, side), bool)
            inside[rows, columns] = True
            without, without_both = (1 - inside, 1 - (inside | inside[:, ::-1]))
            table[:, place] = whole - judged(without), whole - judged(without_both), judged(inside)
            progress(ProgressEvent("cutting out", place + 1, n * n, fold.name))
        found.append(CutOuts(fold.unit, *table.reshape(3, n, n)))
    return found
