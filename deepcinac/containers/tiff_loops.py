"""Pages that take turns: which page belongs to which channel and plane.

A microscope writes its frames in nested loops, for instance volumes, planes, channels, the last one
running fastest. A series is what stays when every loop but those of time stands still.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Loop(NamedTuple):
    """One loop: its name (``channels``), a label for each turn, whether it is time."""

    name: str
    labels: tuple[str, ...]
    is_time: bool = False

    @classmethod
    def counted(cls, name: str, n: int, label: str, is_time: bool = False) -> Loop:
        """A loop of n turns that are called label1, label2, ..."""
        return cls(name, tuple(f"{label}{i + 1}" for i in range(n)), is_time)


def series_of(loops: Sequence[Loop], n_pages: int) -> tuple[dict[str, np.ndarray], int]:
    """Numbers of the pages of each series, and how many pages at the end are an incomplete turn.

    ``loops`` from the slowest to the fastest; around them time goes on as long as there are pages.

    >>> series, left = series_of([Loop.counted("channels", 2, "channel")], 5)
    >>> {name: pages.tolist() for name, pages in series.items()}, left
    ({'channel1': [0, 2], 'channel2': [1, 3]}, 1)
    """
    sizes = [len(loop.labels) for loop in loops]
    strides = [math.prod(sizes[i + 1 :]) for i in range(len(sizes))]
    still = [i for i, loop in enumerate(loops) if not loop.is_time]
    turn = strides[still[0]] * sizes[still[0]] if still else 1
    complete = n_pages - n_pages % turn
    pages = np.arange(complete)
    series = {}
    for choice in itertools.product(*(range(sizes[i]) for i in still)):
        chosen = np.ones(complete, bool)
        for i, value in zip(still, choice, strict=True):
            chosen &= (pages // strides[i]) % sizes[i] == value
        named = [loops[i].labels[v] for i, v in zip(still, choice, strict=True) if sizes[i] > 1]
        series["-".join(named)] = pages[chosen]
    return series, n_pages - complete
