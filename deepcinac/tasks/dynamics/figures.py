"""The figures of a report on dynamics: examples of images, scores beside chance, confusions, recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.report_style import (
    LABEL,
    NOTE,
    TICK,
    WIDTH,
    by_method,
    looks,
    name_ticks,
    plain_text,
    print_figure,
    shortened,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]
DECISIONS, WINDOWS = "recordings", "windows"


def examples_figure(
    rows: Rows, methods: Sequence[str], images: Sequence[np.ndarray], window_s: float
) -> Figure:
    """A window of each class as the network sees it; ``images`` (side, side), one for each row."""
    figure = print_figure(1.75)
    parts = np.atleast_1d(figure.subplots(1, len(rows)))
    for axes, row, image in zip(parts, rows, images, strict=True):
        axes.imshow(255 - image, cmap="gray", vmin=0, vmax=255, aspect="auto",
                    interpolation="nearest")  # fmt: skip
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_color(palette.FAINT)
            spine.set_linewidth(0.6)
        axes.set_title(plain_text(row["class"]), loc="left", fontsize=LABEL, color=palette.INK)
        axes.set_xlabel(f"{window_s:g} s", fontsize=TICK)
    return figure


def scores_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Balanced accuracy with its interval, accuracy with Wilson's, and what chance exceeds once in twenty."""
    figure = print_figure(2.8)
    axes = figure.subplots()
    look = looks(methods)
    names = [row["method"] for row in rows]
    for place, row in enumerate(rows):
        colour = look[row["method"]].colour
        for shift, name, marker in ((-0.12, "balanced", "o"), (0.12, "accuracy", "s")):
            low, high = row[f"{name}_low"], row[f"{name}_high"]
            if low is not None:
                axes.plot([place + shift] * 2, [low, high], color=palette.INK, linewidth=1)
            axes.plot(place + shift, row[name], marker=marker, markersize=6, color=colour,
                      markerfacecolor=colour if name == "balanced" else "white")  # fmt: skip
        if row["null_95"] is not None:
            axes.plot([place - 0.3, place + 0.05], [row["null_95"]] * 2, color=palette.FAINT,
                      linewidth=1.4, linestyle="--")  # fmt: skip
    tidy(axes, y="share right", grid="y")
    axes.set_ylim(-0.02, 1.02)
    name_ticks(axes, names, WIDTH - 0.8)
    return figure


def confusions_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """For each method how often each class (row) was taken for each: recordings above, windows below."""
    grouped = by_method(rows, methods)
    classes = list(dict.fromkeys(row["class"] for row in rows))
    side = min(1.6, (WIDTH - 0.9) / len(grouped))
    figure = print_figure(2 * side + 1.05)
    parts = figure.subplots(2, len(grouped), squeeze=False, sharex=True, sharey=True)
    for column, (method, own) in enumerate(grouped.items()):
        for line, of in enumerate((DECISIONS, WINDOWS)):
            axes = parts[line, column]
            counts = _table([row for row in own if row["of"] == of], classes)
            shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
            axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15, interpolation="nearest")
            if of == DECISIONS or len(classes) <= 5:
                _numbers(axes, counts if of == DECISIONS else np.round(100 * shares))
            axes.set_xticks(range(len(classes)), [shortened(name, 10) for name in classes],
                            rotation=60, ha="right", rotation_mode="anchor", fontsize=NOTE)  # fmt: skip
            axes.set_yticks(range(len(classes)), [shortened(name, 10) for name in classes],
                            fontsize=NOTE)  # fmt: skip
            axes.tick_params(length=0)
            for spine in axes.spines.values():
                spine.set_visible(False)
            if line == 0:
                title = "\n".join(_lines(method))
                axes.set_title(title, loc="left", fontsize=TICK, color=palette.INK)
            if column == 0:
                name = "recordings" if of == DECISIONS else "windows (%)"
                axes.set_ylabel(f"class of {name}", fontsize=TICK)
    return figure


def _lines(name: str) -> list[str]:
    import textwrap

    return [plain_text(line) for line in textwrap.wrap(name, 20)][:3]


def _table(rows: Rows, classes: Sequence[str]) -> np.ndarray:
    place = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)))
    for row in rows:
        counts[place[row["class"]], place[row["said"]]] = row["count"]
    return counts


def _numbers(axes: Any, counts: np.ndarray) -> None:
    totals = np.maximum(counts.sum(1, keepdims=True), 1)
    for (line, column), count in np.ndenumerate(counts):
        if count:
            dark = count / totals[line, 0] > 0.55
            axes.text(column, line, f"{count:.0f}", ha="center", va="center", fontsize=TICK,
                      color="white" if dark else palette.INK)  # fmt: skip


def recordings_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """For each recording the share that each method gives to its true class, class after class."""
    look = looks(methods)
    names = list(dict.fromkeys(row["recording"] for row in rows))
    place = {name: number for number, name in enumerate(names)}
    figure = print_figure(2.6)
    axes = figure.subplots()
    grouped = by_method(rows, methods)
    for number, (method, own) in enumerate(grouped.items()):
        shift = 0.5 * ((number + 0.5) / len(grouped) - 0.5)
        axes.plot([place[row["recording"]] + shift for row in own], [row["share"] for row in own],
                  linestyle="", marker=look[method].marker, markersize=3.5,
                  color=look[method].colour, label=shortened(method, 40))  # fmt: skip
    first = {row["recording"]: row["class"] for row in rows}
    edges = [n for n, name in enumerate(names) if n == 0 or first[name] != first[names[n - 1]]]
    for begin, end in zip(edges, [*edges[1:], len(names)], strict=True):
        axes.axvline(begin - 0.5, color=palette.GRID, linewidth=1)
        axes.text((begin + end - 1) / 2, 1.04, plain_text(first[names[begin]]), ha="center",
                  fontsize=TICK, color=palette.INK)  # fmt: skip
    tidy(axes, y="share given to its class", grid="y")
    axes.set_xticks([])
    axes.set_xlabel("recordings", fontsize=TICK)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(-0.02, 1.1)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=TICK)
    return figure
