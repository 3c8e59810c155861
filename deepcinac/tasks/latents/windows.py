"""Windows of trials or of a long recording: what trains, chooses and is judged, and joining them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.folds import Piece, leave_blocks_out
from deepcinac.learning.splits import GROUPS, TIME, Split, counted
from deepcinac.learning.task import Batch
from deepcinac.tasks.latents.samples import Samples

JUDGED_SHARE = CHOOSING_SHARE = 0.15
"""Shares of the trials that are judged, and that choose the epoch."""
FEWEST_WINDOWS = 3
"""In a block of a long recording, so that one is left between the gaps on both sides."""


@dataclass(frozen=True)
class Division:
    """Which trials, or which stretches of a recording, do what."""

    train: tuple[Piece, ...]
    choose: tuple[Piece, ...]
    judge: tuple[Piece, ...]
    words: str


def divided(
    one: Samples, window_bins: int, blocks: int, generator: np.random.Generator
) -> Division:
    """Trials drawn at random, or blocks of time with gaps of a window between them.

    What is judged chose nothing.
    """
    if not one.is_trials:
        shortest = FEWEST_WINDOWS * window_bins * blocks
        if one.n_bins < shortest:
            expected = f"at least {shortest} bins for {blocks} blocks of {FEWEST_WINDOWS} windows"
            hint = "take shorter windows (--window-bins) or fewer blocks (--blocks)"
            raise InputError(expected, f"{one.n_bins}", one.path, hint)
        [fold, *_] = leave_blocks_out(0, one.name, one.n_bins, window_bins, blocks, where=one.path)
        words = f"one of {blocks} blocks of time, with gaps of {window_bins} bins"
        return Division(fold.train, fold.validation, fold.test, words)
    n = len(one.values)
    order = generator.permutation(n)
    n_judged, n_choosing = max(1, round(JUDGED_SHARE * n)), max(1, round(CHOOSING_SHARE * n))

    def pieces(trials: np.ndarray) -> tuple[Piece, ...]:
        return tuple(Piece(trial, 0, one.n_bins) for trial in sorted(trials.tolist()))

    parts = np.split(order, [n_judged, n_judged + n_choosing])
    judged, choosing, training = map(pieces, parts)
    words = f"{counted(n_judged, 'trial')} of {n}, drawn at random"
    return Division(training, choosing, judged, words)


def window_starts(pieces: tuple[Piece, ...], n_bins: int, stride: int) -> np.ndarray:
    """Trial and first bin of windows that cover pieces, (k, 2); the last one ends with its piece.

    >>> window_starts((Piece(0, 10, 35),), 10, 5).tolist()
    [[0, 10], [0, 15], [0, 20], [0, 25]]
    """
    found = []
    for piece in pieces:
        last = piece.stop - n_bins
        if last < piece.start:
            continue
        own = [*range(piece.start, last, stride), last]
        found += [(piece.recording, start) for start in own]
    return np.array(found, int).reshape(-1, 2)


def cut_windows(values: np.ndarray, starts: np.ndarray, n_bins: int) -> np.ndarray:
    """Windows (k, n_bins, n_cells) of values (n_trials, n_all, n_cells)."""
    bins = starts[:, 1, None] + np.arange(n_bins)
    return values[starts[:, 0, None], bins]


def joined(windows: np.ndarray, starts: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Overlapping windows (k, n_bins, m) as one array (*shape, m), NaN where there was none.

    Each counts most in its middle: a window's edges have seen one side only.

    >>> windows = np.array([[[1.0], [1.0]], [[3.0], [3.0]]])
    >>> joined(windows, np.array([[0, 0], [0, 1]]), (1, 3))[..., 0].tolist()
    [[1.0, 2.0, 3.0]]
    """
    n_bins = windows.shape[1]
    weight = np.minimum(np.arange(1, n_bins + 1), np.arange(n_bins, 0, -1)).astype(float)
    sums, weights = np.zeros((*shape, windows.shape[2])), np.zeros(shape)
    for own, (trial, start) in zip(windows, starts.tolist(), strict=True):
        sums[trial, start : start + n_bins] += own * weight[:, None]
        weights[trial, start : start + n_bins] += weight
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums / weights[..., None]


@dataclass(frozen=True, eq=False)
class WindowMaterial:
    """Windows that train, and windows that choose (``learning.task.Material``).

    ``values`` (n_trials, n_bins, n_cells), scaled; ``held_out`` (n_cells,) bool: cells that are never shown.
    """

    values: np.ndarray
    division: Division
    n_bins: int
    held_out: np.ndarray
    hidden_share: float
    split: Split
    facts: Mapping[str, Any] = field(default_factory=dict)
    input_ranges: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """Inputs and targets (count, n_bins, n_cells), NaN where nothing is shown, or nothing is learnt."""
        pieces = [piece for piece in self.division.train if len(piece) >= self.n_bins]
        room = np.array([len(piece) - self.n_bins + 1 for piece in pieces])
        chosen = generator.choice(len(pieces), count, p=room / room.sum())
        starts = np.array(
            [
                (pieces[number].recording, pieces[number].start + generator.integers(room[number]))
                for number in chosen.tolist()
            ]
        )
        return self._hidden(cut_windows(self.values, starts, self.n_bins), generator)

    def choosing(self) -> Batch:
        """All windows that choose; where training hides samples, what is hidden is told here too.

        What is shown says little: an answer that follows each sample by itself would be the best.
        """
        starts = window_starts(self.division.choose, self.n_bins, self.n_bins)
        targets = cut_windows(self.values, starts, self.n_bins)
        return self._hidden(targets, np.random.default_rng(0))

    def _hidden(self, targets: np.ndarray, generator: np.random.Generator) -> Batch:
        inputs = shown(targets, self.held_out)
        if self.hidden_share:
            hidden = generator.random(inputs.shape) < self.hidden_share
            inputs = np.where(hidden, np.nan, inputs)
            targets = np.where(hidden | self.held_out, targets, np.nan)
        return inputs.astype(np.float32), targets.astype(np.float32)


def shown(values: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Values (..., n_cells) without the cells that are held out."""
    return np.where(held_out, np.nan, values) if held_out.any() else values


def split_of(one: Samples, division: Division) -> Split:
    """What chooses the epoch, for the card."""
    n = len(division.choose)
    if one.is_trials:
        return Split(GROUPS, n, f"{counted(n, 'trial')} that chose the epoch")
    return Split(TIME, n, "a block of time that chose the epoch")
