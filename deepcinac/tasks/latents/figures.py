"""The figures of a report on latent dynamics: scores of cells, a stretch, the shared factors."""

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
    legend_below,
    looks,
    name_ticks,
    print_figure,
    scattered,
    shortened,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]
LOWEST = -0.5
"""Scores below are drawn here: one cell that is told badly must not flatten all others."""


def scores_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Each cell a dot, their mean and its interval."""
    figure = print_figure(2.6)
    axes = figure.subplots()
    look = looks(methods)
    grouped = by_method(rows, methods)
    for place, (method, own) in enumerate(grouped.items()):
        values = np.clip([row["score"] for row in own if row["unit"] != ""], LOWEST, 1)
        beside = 0.25 * scattered(values, LOWEST, 1)
        axes.plot(place + beside, values, linestyle="", marker=look[method].marker, markersize=3.5,
                  color=look[method].colour, alpha=0.6)  # fmt: skip
        total = next(row for row in own if row["unit"] == "")
        mean = max(total["score"], LOWEST)
        axes.plot([place - 0.34, place + 0.34], [mean] * 2, color=palette.INK, linewidth=1.6)
        if total["low"] is not None:
            ends = np.clip([total["low"], total["high"]], LOWEST, 1)
            axes.plot([place + 0.34] * 2, ends, color=palette.INK, linewidth=1)
    axes.axhline(0, color=palette.FAINT, linewidth=0.8, linestyle=":")
    axes.set_ylim(LOWEST - 0.04, 1.02)
    tidy(axes, y="share explained", grid="y")
    name_ticks(axes, list(grouped), WIDTH - 0.8)
    return figure


def example_figure(rows: Rows, methods: Sequence[str], units: str) -> Figure:
    """A lane a cell: samples as dots, methods and truth as lines."""
    look = looks(methods)
    cells = list(dict.fromkeys(row["cell"] for row in rows))
    figure = print_figure(0.9 + 0.95 * len(cells))
    lanes = np.atleast_1d(figure.subplots(len(cells), 1, sharex=True))
    handles: dict[str, Any] = {}
    for axes, cell in zip(lanes, cells, strict=True):
        own = [row for row in rows if row["cell"] == cell]
        seconds = [row["time_s"] for row in own]
        if own[0]["truth"] is not None:
            [handles["truth"]] = axes.plot(seconds, [row["truth"] for row in own], color=palette.TRUTH,
                                           linewidth=1.6, alpha=0.55)  # fmt: skip
        for name in methods:
            values = [np.nan if row[name] is None else row[name] for row in own]
            [handles[shortened(name)]] = axes.plot(seconds, values, color=look[name].colour,
                                                   linestyle=look[name].line, linewidth=1)  # fmt: skip
        known = [(row["time_s"], row["sample"]) for row in own if row["sample"] is not None]
        shown: np.ndarray = np.array(known).reshape(-1, 2)
        tops = [np.nanmax([r[n] for r in own if r[n] is not None], initial=0) for n in methods]
        top = 1.25 * max([*tops, *(row["truth"] or 0 for row in own), 1e-9])
        if units not in ("Hz", "events/s"):
            top = max(top, float(np.percentile(shown[:, 1], 99.5)) if len(shown) else top)
        inside = np.minimum(shown[:, 1], top)
        [handles["sample"]] = axes.plot(shown[:, 0], inside, linestyle="", marker=".", markersize=3,
                                        color=palette.FAINT)  # fmt: skip
        tidy(axes, title=cell, y=units)
    lanes[-1].set_xlabel("s", fontsize=TICK)
    for name, handle in handles.items():
        handle.set_label(name)
    legend_below(figure, list(handles.values()), 5)
    return figure


def factors_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """A lane an axis, a line a trial."""
    names = [name for name in rows[0] if name.startswith("axis")]
    figure = print_figure(0.6 + 0.85 * len(names))
    lanes = np.atleast_1d(figure.subplots(len(names), 1, sharex=True))
    trials = list(dict.fromkeys(row["trial"] for row in rows))
    for axes, name in zip(lanes, names, strict=True):
        for trial in trials:
            own = [row for row in rows if row["trial"] == trial]
            values = [np.nan if row[name] is None else row[name] for row in own]
            colour = palette.METHODS[trial % len(palette.METHODS)]
            axes.plot(
                [row["time_s"] for row in own], values, color=colour, linewidth=0.8, alpha=0.8
            )
        tidy(axes, title=name)
    lanes[-1].set_xlabel("s", fontsize=LABEL)
    return figure
