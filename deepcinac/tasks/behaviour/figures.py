"""The figures of a decoding report: shares of behaviour, scores by method, importance, an example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.report_style import (
    LABEL,
    TICK,
    WIDTH,
    by_method,
    looks,
    name_ticks,
    print_figure,
    shortened,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]
MOST_BARS = 24


def shares_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """A bar a recording: the share of frames of each answer, or the mean of a real value."""
    figure = print_figure(2.3)
    axes = figure.subplots()
    names = list(dict.fromkeys(row["recording"] for row in rows))
    answers = list(dict.fromkeys(row["answer"] for row in rows))
    bottom = np.zeros(len(names))
    for place, answer in enumerate(answers):
        own = {row["recording"]: row["value"] for row in rows if row["answer"] == answer}
        heights = np.array([own[name] for name in names])
        colour = palette.METHODS[place % len(palette.METHODS)]
        axes.bar(range(len(names)), heights, bottom=bottom, color=colour, label=answer, width=0.7)
        bottom += heights
    tidy(axes, y=str(rows[0]["what"]), grid="y")
    name_ticks(axes, names, WIDTH - 0.8)
    if len(answers) > 1:
        axes.legend(frameon=False, fontsize=TICK)
    return figure


def scores_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Each unit a dot, the mean and its interval, and what chance exceeds once in twenty."""
    figure = print_figure(2.9)
    axes = figure.subplots()
    look = looks(methods)
    grouped = by_method(rows, methods)
    for place, (method, own) in enumerate(grouped.items()):
        values = [row["score"] for row in own if row["unit"] != ""]
        spread = np.linspace(-0.12, 0.12, len(values)) if len(values) > 1 else [0.0]
        axes.plot(place + np.asarray(spread), values, linestyle="", marker=look[method].marker,
                  markersize=4, color=look[method].colour, alpha=0.7)  # fmt: skip
        total = next(row for row in own if row["unit"] == "")
        axes.plot(
            [place - 0.2, place + 0.2], [total["score"]] * 2, color=palette.INK, linewidth=1.6
        )
        if total["low"] is not None:
            axes.plot(
                [place + 0.2] * 2, [total["low"], total["high"]], color=palette.INK, linewidth=1
            )
        if total["null_95"] is not None:
            axes.plot([place - 0.3, place + 0.3], [total["null_95"]] * 2, color=palette.FAINT,
                      linewidth=1.2, linestyle="--")  # fmt: skip
    tidy(axes, y=str(rows[0]["measure"]), grid="y")
    name_ticks(axes, list(grouped), WIDTH - 0.8)
    return figure


def importance_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """The inputs that matter most: what is lost without each, without the pair, and the score alone."""
    names = list(dict.fromkeys(row["input"] for row in rows))
    columns = ("needed", "needed_with_partner", "alone")
    table = {
        name: np.array([[row[c] for c in columns] for row in rows if row["input"] == name])
        for name in names
    }
    order = sorted(names, key=lambda name: -table[name][:, 1].mean())[:MOST_BARS]
    figure = print_figure(0.9 + 0.2 * len(order))
    parts = figure.subplots(1, 3, sharey=True)
    titles = ("without it", "without it and its partner", "by itself")
    labels = ("loss of score", "loss of score", "score")
    for column, (axes, title, label) in enumerate(zip(parts, titles, labels, strict=True)):
        means = [table[name][:, column].mean() for name in order]
        colour = palette.METHODS[column]
        axes.barh(range(len(order)), means, color=colour, height=0.6, alpha=0.75)
        for place, name in enumerate(order):
            values = table[name][:, column]
            axes.plot(values, [place] * len(values), linestyle="", marker=".", markersize=3,
                      color=palette.INK)  # fmt: skip
        tidy(axes, x=label, grid="x")
        axes.set_title(title, loc="left", fontsize=LABEL, color=palette.INK)
    low = float(min(table[name][:, 2].min() for name in order))
    parts[2].set_xlim(left=min(0.5, low - 0.02))
    parts[0].set_yticks(range(len(order)), [shortened(name) for name in order])
    parts[0].invert_yaxis()
    return figure


def maps_figure(rows: Rows, methods: Sequence[str], still: np.ndarray) -> Figure:
    """The mean picture (height, width), and three maps of its squares, means over units."""
    n = max(row["row"] for row in rows) + 1
    figure = print_figure(2.2)
    parts = figure.subplots(1, 4)
    parts[0].imshow(still, cmap="gray", interpolation="nearest")
    titles = ("mean picture", "cut out", "cut out with its mirror", "kept alone")
    for column, name in enumerate(("needed", "needed_with_mirror", "alone"), 1):
        sums, counts = np.zeros((n, n)), np.zeros((n, n))
        for row in rows:
            sums[row["row"], row["column"]] += row[name]
            counts[row["row"], row["column"]] += 1
        shown = parts[column].imshow(sums / counts, cmap="viridis", interpolation="nearest")
        bar = figure.colorbar(shown, ax=parts[column], shrink=0.8)
        bar.ax.tick_params(labelsize=TICK)
    for axes, title in zip(parts, titles, strict=True):
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, loc="left", fontsize=LABEL, color=palette.INK)
    return figure


def example_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """A minute of behaviour, and what each method says of it while that was held out."""
    look = looks(methods)
    seconds = [row["time_s"] for row in rows]
    names = [name for name in methods if rows[0].get(name) is not None]
    figure = print_figure(0.8 + 0.75 * (1 + len(names)))
    lanes = np.atleast_1d(figure.subplots(1 + len(names), 1, sharex=True, sharey=True))
    lanes[0].fill_between(seconds, [row["truth"] for row in rows], step="mid", color=palette.PALE)
    tidy(lanes[0], title="what the animal did")
    for axes, name in zip(lanes[1:], names, strict=True):
        axes.plot(seconds, [row[name] for row in rows], color=look[name].colour, linewidth=0.9)
        tidy(axes, title=shortened(name))
    lanes[-1].set_xlabel("s", fontsize=TICK)
    return figure
