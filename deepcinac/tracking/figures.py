"""The figures of a tracking report: tracks over the movie, when cells are seen, gaps, traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.report_style import LABEL, print_figure, say_nothing, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]
MOST_TRACES = 8


def tracks_figure(
    rows: Rows, methods: Sequence[str], before: np.ndarray, after: np.ndarray
) -> Figure:
    """Tracks over the brightest light of the movie (height, width), and that of the stabilised movie."""
    figure = print_figure(3.6)
    left, right = figure.subplots(1, 2)
    for axes, picture, title in (
        (left, before, "the movie"),
        (right, after, "the stabilised movie"),
    ):
        low, high = np.percentile(picture, [5, 99.8])
        axes.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"brightest light of {title}", loc="left", fontsize=LABEL, color=palette.INK)
    for place, points in enumerate(_by_cell(rows).values()):
        colour = palette.ON_BLACK[place % len(palette.ON_BLACK)]
        left.plot(points[:, 2], points[:, 1], color=colour, linewidth=0.5, alpha=0.8)
    rest = np.array([[row["rest_y_px"], row["rest_x_px"]] for row in _first_rows(rows)])
    right.plot(
        rest[:, 1], rest[:, 0], linestyle="", marker=".", markersize=1.5, color=palette.ORANGE
    )
    for axes in (left, right):
        axes.set(xlim=(-0.5, before.shape[1] - 0.5), ylim=(before.shape[0] - 0.5, -0.5))
    return figure


def _by_cell(rows: Rows) -> dict[int, np.ndarray]:
    found: dict[int, list[tuple[float, float, float]]] = {}
    for row in rows:
        found.setdefault(row["cell"], []).append((row["frame"], row["y_px"], row["x_px"]))
    return {cell: np.array(points) for cell, points in found.items()}


def _first_rows(rows: Rows) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["cell"], row)
    return list(found.values())


def seen_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """A line for each cell: dark where it is seen, pale where it is carried through a gap."""
    cells = sorted({row["cell"] for row in rows})
    figure = print_figure(min(1.2 + 0.018 * len(cells), 6.0))
    axes = figure.subplots()
    for how, colour in (("carried", palette.SKY_BLUE), ("seen", palette.INK)):
        own = [row for row in rows if row["how"] == how]
        axes.hlines(
            [row["cell"] for row in own],
            [row["first_frame"] - 0.5 for row in own],
            [row["last_frame"] + 0.5 for row in own],
            color=colour, linewidth=1.4, label=how,
        )  # fmt: skip
    tidy(axes, x="frame", y="cell")
    axes.set_ylim(max(cells) + 1, -1)
    axes.legend(frameon=False, fontsize=LABEL, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def joins_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """How long the joined gaps are, and how close the two paths pass."""
    figure = print_figure(2.3)
    left, right = figure.subplots(1, 2)
    if not rows:
        say_nothing(left, "no gap was joined")
        say_nothing(right, "")
        return figure
    left.hist([row["gap_frames"] for row in rows], bins=30, color=palette.BLUE)
    tidy(left, x="frames of the gap", y="joined gaps", grid="y")
    right.plot([row["gap_frames"] for row in rows], [row["apart_px"] for row in rows],
               linestyle="", marker="o", markersize=2.5, color=palette.BLUE, alpha=0.6)  # fmt: skip
    tidy(right, x="frames of the gap", y="how far the paths pass (px)", grid="y")
    return figure


def traces_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """The traces of some cells at their places; nothing where a cell is not followed."""
    cells = list(dict.fromkeys(row["cell"] for row in rows))[:MOST_TRACES]
    figure = print_figure(0.6 + 0.5 * len(cells))
    lanes = np.atleast_1d(figure.subplots(len(cells), 1, sharex=True))
    for axes, cell in zip(lanes, cells, strict=True):
        own = [row for row in rows if row["cell"] == cell]
        light = [np.nan if row["light"] is None else row["light"] for row in own]
        axes.plot([row["time_s"] for row in own], light, color=palette.INK, linewidth=0.8)
        tidy(axes, y=f"{cell}")
        axes.set_yticks([])
    lanes[-1].set_xlabel("s", fontsize=LABEL)
    return figure
