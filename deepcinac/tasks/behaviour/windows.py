"""Windows of inputs around a frame, and what a network draws of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.folds import Piece
from deepcinac.learning.splits import Split
from deepcinac.learning.task import Batch


def offsets(n: int, causal: bool) -> np.ndarray:
    """The frames of a window of ``n`` beside the one that is asked about, (n,).

    >>> offsets(3, False).tolist(), offsets(3, True).tolist()
    ([-1, 0, 1], [-2, -1, 0])
    """
    return np.arange(n) - (n - 1 if causal else n // 2)


def windows(inputs: np.ndarray, frames: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Windows (k, len(around), n_inputs) around ``frames`` (k,); the ends of a recording are held."""
    places = np.clip(frames[:, None] + around, 0, len(inputs) - 1)
    return inputs[places]


def pooled_windows(
    inputs: np.ndarray, frames: np.ndarray, around: np.ndarray, n_stretches: int
) -> np.ndarray:
    """Means over stretches of the window, (k, n_stretches x n_inputs)."""
    sums = np.concatenate([np.zeros((1, inputs.shape[1])), np.cumsum(inputs, 0, dtype=float)])
    edges = np.linspace(0, len(around), min(n_stretches, len(around)) + 1).round().astype(int)
    parts = []
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        begin = np.clip(frames + around[first], 0, len(inputs) - 1)
        end = np.clip(frames + around[last - 1] + 1, 1, len(inputs))
        parts.append((sums[end] - sums[begin]) / np.maximum(end - begin, 1)[:, None])
    return np.concatenate(parts, 1)


def known_frames(
    pieces: Sequence[Piece], targets: Sequence[np.ndarray], most: int | None = None
) -> list[tuple[int, np.ndarray]]:
    """Recording and frames (k,) of pieces in which the target is known, evenly thinned to ``most``."""
    found = []
    for piece in pieces:
        own = targets[piece.recording][piece.start : piece.stop]
        found.append((piece.recording, piece.start + np.flatnonzero(np.isfinite(own))))
    total = sum(len(frames) for _, frames in found)
    if not total:
        raise InputError("frames in which the behaviour is known", "none in a part of the folds")
    stride = 1 if most is None else max(1, -(-total // most))
    return [(number, frames[::stride]) for number, frames in found]


@dataclass(frozen=True, eq=False)
class WindowMaterial:
    """Windows of frames that train, and of frames that choose (``learning.task.Material``).

    ``train`` and ``held``: recordings and frames; ``targets``: of each recording, on the network's scale.
    """

    inputs: Sequence[np.ndarray]
    targets: Sequence[np.ndarray]
    train: Sequence[tuple[int, np.ndarray]]
    held: Sequence[tuple[int, np.ndarray]]
    around: np.ndarray
    split: Split
    facts: Mapping[str, Any] = field(default_factory=dict)
    input_ranges: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """Windows (count, n, n_inputs) and targets (count, 1)."""
        sizes = np.array([len(frames) for _, frames in self.train])
        share = generator.multinomial(count, sizes / sizes.sum())
        inputs, targets = [], []
        for (number, frames), n in zip(self.train, share.tolist(), strict=True):
            chosen = frames[generator.integers(len(frames), size=n)] if n else frames[:0]
            inputs.append(windows(self.inputs[number], chosen, self.around))
            targets.append(self.targets[number][chosen])
        return np.concatenate(inputs), np.concatenate(targets)[:, None].astype(np.float32)

    def judged(self) -> tuple[np.ndarray, np.ndarray]:
        """All windows that choose, and their targets (k,)."""
        inputs = [windows(self.inputs[n], frames, self.around) for n, frames in self.held]
        return np.concatenate(inputs), np.concatenate(
            [self.targets[n][frames] for n, frames in self.held]
        )
