"""Frames for playback: which one is due, and a small store of those that were just read."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

Read = Callable[[int, int], np.ndarray]
"""``read(start, stop)`` gives the frames (n, h, w) of a patch, ``stop`` not included."""

BLOCK_FRAMES = 32
MAX_BYTES = 32 * 2**20
MIN_SPEED, MAX_SPEED = 0.1, 10.0
SMOOTHED_FRAMES = 5
SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 4, 50
"""Playback leaves this much to the rest of the window, and looks at the clock this often."""


def due_frame(start: int, elapsed_s: float, rate_hz: float, first: int, last: int) -> int:
    """The frame to show ``elapsed_s`` after ``start`` was, in a loop from ``first`` to ``last``.

    Time decides, not the number of drawings: a slow screen leaves frames out and stays in step.

    >>> [due_frame(8, seconds, 10.0, 0, 9) for seconds in (0.0, 0.1, 0.19, 0.25, 1.0)]
    [8, 9, 9, 0, 8]
    """
    n = max(1, last - first + 1)
    begin = min(max(start, first), last)
    return first + (begin - first + math.floor(elapsed_s * rate_hz + 1e-9)) % n


def next_frame_in_ms(elapsed_s: float, rate_hz: float) -> int:
    """Milliseconds until another frame is due, so that frames keep even distances.

    >>> next_frame_in_ms(0.0, 60.0), next_frame_in_ms(0.0125, 60.0), next_frame_in_ms(0.0, 1.0)
    (17, 5, 50)
    """
    due = (math.floor(elapsed_s * rate_hz + 1e-9) + 1) / rate_hz
    return min(LONGEST_WAIT_MS, max(SHORTEST_WAIT_MS, math.ceil((due - elapsed_s) * 1000)))


class FrameStore:
    """The latest blocks of frames of one patch; memory is bounded, whatever the movie.

    ``n_frames`` is the length of the movie, ``read`` gets its frames.
    """

    def __init__(self, read: Read, n_frames: int, block: int = BLOCK_FRAMES) -> None:
        self._read, self.n_frames, self._block = read, n_frames, block
        self._blocks: OrderedDict[int, np.ndarray] = OrderedDict()

    def frame(self, index: int) -> np.ndarray:
        """One frame (h, w) as the file has it."""
        block = self._blocks_at(index // self._block)
        return block[index % self._block]

    def smoothed(self, index: int, n: int = SMOOTHED_FRAMES) -> np.ndarray:
        """The mean (h, w) float32 of ``n`` frames around one, of fewer at the ends."""
        first, last = max(0, index - n // 2), min(self.n_frames - 1, index + n // 2)
        total = self.frame(first).astype(np.float32)
        for near in range(first + 1, last + 1):
            total += self.frame(near)
        return total / np.float32(last - first + 1)

    def holds(self, index: int) -> bool:
        """Whether a frame can be had without reading."""
        return index // self._block in self._blocks

    def n_bytes(self) -> int:
        """Memory that the kept frames take."""
        return sum(block.nbytes for block in self._blocks.values())

    def _blocks_at(self, number: int) -> np.ndarray:
        if number not in self._blocks:
            start = number * self._block
            frames = np.asarray(self._read(start, min(start + self._block, self.n_frames)))
            self._blocks[number] = frames
            while len(self._blocks) > 2 and self.n_bytes() > MAX_BYTES:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]
