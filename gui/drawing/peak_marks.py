"""Whose light each peak is, told by the shape of its mark, a colour and the correlation beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.gui.drawing import paint
from deepcinac.gui.drawing.look import Look

OWN, NEIGHBOUR, UNDETERMINED = "own", "neighbour", "undetermined"
MARKS = {
    OWN: "the cell's own",
    NEIGHBOUR: "light of a neighbour",
    UNDETERMINED: "undetermined",
}
"""Every origin of a transient, with its name in the key."""
SERIES = {OWN: 2, NEIGHBOUR: 1, UNDETERMINED: 3}


def in_words(correlation: float) -> str:
    """A correlation with two digits, never "-0.00".

    >>> in_words(-0.003), in_words(-0.24)
    ('0.00', '-0.24')
    """
    return f"{round(correlation, 2) + 0.0:.2f}"


@dataclass(frozen=True)
class PeakVerdict:
    """``origin``: "own", "neighbour" (then ``neighbour`` is its number) or "undetermined".

    ``correlation`` is that of the transient's profile with the cell's source profile, None where it
    is not defined.
    """

    origin: str
    correlation: float | None = None
    neighbour: int | None = None

    @property
    def text(self) -> str:
        """What is written beside the peak."""
        value = "" if self.correlation is None else in_words(self.correlation)
        blamed = "" if self.neighbour is None else f"cell {self.neighbour}"
        return ", ".join(part for part in (value, blamed) if part)


Verdicts = Mapping[tuple[int, int], PeakVerdict]
"""(onset, peak) -> verdict; transients that are missing are not judged yet."""


def paint_peak(
    part: np.ndarray, xs: np.ndarray, ys: np.ndarray, origin: str, radius: float, look: Look
) -> None:
    """Dots (own), diamonds (a neighbour's) or rings (undetermined) at ``xs``, ``ys`` (px of ``part``)."""
    colour, line = look.series[SERIES[origin]], 1.5 * look.scale
    if origin == NEIGHBOUR:
        outer = radius * 1.5
        _diamonds(part, xs, ys, round(outer + look.scale), look.panel)
        _diamonds(part, xs, ys, round(outer), colour)
        return
    paint.dots(part, xs, ys, radius + look.scale, look.panel)
    paint.dots(part, xs, ys, radius, colour, radius - line if origin == UNDETERMINED else None)


def _diamonds(part: np.ndarray, xs: np.ndarray, ys: np.ndarray, radius: int, colour: str) -> None:
    down, right = np.mgrid[-radius : radius + 1, -radius : radius + 1].reshape(2, -1)
    inside = np.abs(down) + np.abs(right) <= radius
    y = (np.rint(ys).astype(np.int64)[:, None] + down[inside]).ravel()
    x = (np.rint(xs).astype(np.int64)[:, None] + right[inside]).ravel()
    seen = (y >= 0) & (y < part.shape[0]) & (x >= 0) & (x < part.shape[1])
    paint.words(part)[y[seen], x[seen]] = paint.word(colour)


def texts_with_room(
    xs: Sequence[float], texts: Sequence[str], measure: Callable[[str], float], right: float
) -> list[int]:
    """Which of ``texts`` fit between their peak and the next one; ``xs`` ascend, ``right`` is the end.

    >>> texts_with_room([0, 30, 100], ["0.62"] * 3, lambda text: 40, 120)
    [1]
    """
    ends = [*xs[1:], right]
    return [i for i, text in enumerate(texts) if text and xs[i] + measure(text) <= ends[i]]
