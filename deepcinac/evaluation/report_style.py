"""What the figures of the report share: sizes for print, a look for each method, and dots with boxes.

Figures are 183 mm wide, two columns of a journal, with text of 6 to 9 points. A method has the same colour
and the same mark in every figure; colours are those of Okabe and Ito.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.figure_style import new_figure
from deepcinac.evaluation.metrics import quartiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.2  # inches
TITLE, LABEL, TICK, NOTE = 9, 8, 7, 6.5
LINE_LENGTH = 14  # letters of a method's name on a line
LONGEST = 28  # letters of a method's name that is slanted
LETTER = 0.058  # inches that a letter of a tick takes
DOTS_PER_INCH = 300
SPREAD = 0.32  # how far dots stand beside the middle of their column, in columns
MOST_DOTS = 1500  # drawn in one column; of more, evenly spread ones


@dataclass(frozen=True)
class Look:
    """How a method is drawn; ``line`` is a dash pattern of matplotlib."""

    colour: str
    marker: str
    line: str


def looks(methods: Sequence[str]) -> dict[str, Look]:
    """A look for each method; beyond eight, colours come again with other marks and lines."""
    n = len(palette.METHODS)
    return {
        method: Look(
            palette.METHODS[place % n],
            palette.MARKERS[(place + place // n) % len(palette.MARKERS)],
            palette.LINES[place % len(palette.LINES)],
        )
        for place, method in enumerate(methods)
    }


def print_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure with room made for whatever stands in it; inches."""
    figure = new_figure(width, height, DOTS_PER_INCH)
    figure.set_layout_engine("constrained", w_pad=0.06, h_pad=0.06)
    return figure


def tidy(axes: Axes, title: str = "", x: str = "", y: str = "", grid: str = "") -> None:
    """Two spines, small text, a title at the left."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(palette.FAINT)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(
        labelsize=TICK, color=palette.FAINT, labelcolor=palette.INK, length=2.5, width=0.6
    )
    if title:
        axes.set_title(title, loc="left", fontsize=TITLE, fontweight="bold", color=palette.INK)
    axes.set_xlabel(x, fontsize=LABEL, color=palette.INK)
    axes.set_ylabel(y, fontsize=LABEL, color=palette.INK)
    if grid:
        axes.grid(axis=grid, color=palette.GRID, linewidth=0.6)
        axes.set_axisbelow(True)


def wrapped(name: str, length: int = LINE_LENGTH) -> str:
    """A name on several short lines, at most three; dollars are not mathematics."""
    lines = textwrap.wrap(name, length) or [name]
    if len(lines) > 3:
        lines = [*lines[:2], f"{lines[2][: length - 1]}…"]
    return plain_text("\n".join(lines))


def shortened(name: str, length: int = LONGEST) -> str:
    """A name on one line, its end left out where it is long."""
    return plain_text(name if len(name) <= length else f"{name[: length - 1]}…")


def plain_text(text: str) -> str:
    """Text that matplotlib shows as it is written."""
    return text.replace("$", r"\$")


def name_ticks(axes: Axes, methods: Sequence[str], inches: float) -> None:
    """The methods' names under their columns, slanted where axes ``inches`` wide have no room."""
    longest = max((len(line) for name in methods for line in wrapped(name).split("\n")), default=0)
    slanted = len(methods) * (longest + 1.5) * LETTER > inches
    axes.set_xticks(
        range(len(methods)),
        [shortened(name) if slanted else wrapped(name) for name in methods],
        rotation=40 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
    axes.set_xlim(-0.6, len(methods) - 0.4)
    axes.tick_params(axis="x", length=0)


def by_method(rows: Sequence[Mapping[str, Any]], methods: Sequence[str]) -> dict[str, list]:
    """The rows of each method, in the order of the methods; only of those that have any."""
    found: dict[str, list] = {method: [] for method in methods}
    for row in rows:
        found[row["method"]].append(row)
    return {method: own for method, own in found.items() if own}


def scattered(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """How far (n,) each dot stands beside the middle, -1 to 1, so that equal values lie side by side.

    In the order in which they come, not that of their size: that would draw slanted lines. The same
    values give the same places: nothing is drawn at random.
    """
    n_bins = 40
    bins = np.clip(((values - low) / max(high - low, 1e-9) * n_bins).astype(int), 0, n_bins)
    places = np.zeros(len(values))
    most = max(int(np.bincount(bins).max(initial=1)), 1)
    for number in np.unique(bins):
        own = np.flatnonzero(bins == number)
        steps = np.arange(len(own)) - (len(own) - 1) / 2
        room = min(1.0, len(own) / most + 0.15)
        places[own] = steps / max((len(own) - 1) / 2, 1) * room
    return places


def thin(values: np.ndarray) -> np.ndarray:
    """Positions of at most ``MOST_DOTS`` of ``values``, evenly spread over their order."""
    if len(values) <= MOST_DOTS:
        return np.arange(len(values))
    order = np.argsort(values, kind="stable")
    return np.sort(order[np.unique(np.linspace(0, len(order) - 1, MOST_DOTS).astype(int))])


def box(axes: Axes, place: float, values: Sequence[float | None], half: float = 0.38) -> None:
    """Median and quartiles over a column of dots."""
    spread = quartiles(values)
    if spread is None:
        axes.text(place, 0.5, "–", transform=axes.get_xaxis_transform(), ha="center", va="center",
                  fontsize=LABEL, color=palette.FAINT)  # fmt: skip
        return
    axes.fill_between((place - half, place + half), spread.q1, spread.q3, facecolor="none",
                      edgecolor=palette.INK, linewidth=0.8, zorder=4)  # fmt: skip
    axes.plot((place - half, place + half), [spread.median] * 2, color=palette.INK,
              linewidth=1.8, zorder=5, solid_capstyle="butt")  # fmt: skip


def say_nothing(axes: Axes, reason: str) -> None:
    """Why axes are empty, in their middle."""
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    axes.text(0.5, 0.5, reason, transform=axes.transAxes, ha="center", va="center",
              fontsize=LABEL, color=palette.NOTE, wrap=True)  # fmt: skip


def legend_below(figure: Figure, handles: Sequence[Any], n_columns: int = 4) -> None:
    """A legend under all axes."""
    figure.legend(handles=list(handles), loc="outside lower center", ncols=n_columns,
                  frameon=False, fontsize=TICK, handlelength=2.4, columnspacing=1.6)  # fmt: skip
