"""The figures of a report around events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.report_style import (
    LABEL,
    TICK,
    WIDTH,
    looks,
    name_ticks,
    print_figure,
    shortened,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]


def _distinct(rows: Rows, key: str) -> list[Any]:
    return list(dict.fromkeys(row[key] for row in rows))


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def traces_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Somata, ring and what exceeds it, a panel each; a line for each condition."""
    kinds, look = _distinct(rows, "kind"), looks(methods)
    figure = print_figure(2.5)
    for axes, kind in zip(figure.subplots(1, len(kinds), sharey=True), kinds, strict=True):
        for condition in methods:
            own = [r for r in rows if r["kind"] == kind and r["condition"] == condition]
            seconds = np.array([row["time_s"] for row in own])
            value = np.array([_or_nan(row["dff"]) for row in own])
            spread = np.array([row["sem"] for row in own])
            axes.plot(seconds, value, color=look[condition].colour, linestyle=look[condition].line,
                      linewidth=1, label=shortened(condition))  # fmt: skip
            axes.fill_between(seconds, value - spread, value + spread, color=look[condition].colour,
                              alpha=0.2, linewidth=0)  # fmt: skip
        axes.axvline(0, color=palette.FAINT, linewidth=0.6)
        axes.axhline(0, color=palette.FAINT, linewidth=0.6)
        tidy(axes, title=kind, x="s from the onset", y="dF/F" if kind == kinds[0] else "")
    axes.legend(frameon=False, fontsize=TICK)
    return figure


def shares_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Activated and depressed shares by condition, for somata, ring, and somata over ring."""
    look, kinds = looks(methods), _distinct(rows, "kind")
    figure = print_figure(2.6)
    for axes, what in zip(figure.subplots(1, 2, sharey=True), _distinct(rows, "what"), strict=True):
        width = 0.7 / max(len(methods), 1)
        for place, kind in enumerate(kinds):
            for number, condition in enumerate(methods):
                own = [r for r in rows
                       if (r["what"], r["kind"], r["condition"]) == (what, kind, condition)]  # fmt: skip
                at = place + (number - (len(methods) - 1) / 2) * width
                one = look[condition]
                dots = [r["share"] for r in own if r["unit"] != ""]
                axes.plot([at] * len(dots), dots, linestyle="", marker=one.marker, markersize=3.5,
                          color=one.colour, alpha=0.6)  # fmt: skip
                total = next(r for r in own if r["unit"] == "")
                axes.plot([at - width / 3, at + width / 3], [total["share"]] * 2, color=one.colour,
                          linewidth=1.8, label=shortened(condition) if place == 0 else None)  # fmt: skip
                if total["low"] is not None:
                    axes.plot([at + width / 3] * 2, [total["low"], total["high"]], color=one.colour,
                              linewidth=1)  # fmt: skip
        tidy(axes, title=what, y="share of cells" if what == "activated" else "", grid="y")
        name_ticks(axes, kinds, WIDTH / 2 - 0.5)
        axes.set_ylim(-0.03, 1.03)
    axes.legend(frameon=False, fontsize=TICK)
    return figure


def distance_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Share of activated cells, and mean response, by distance from the point."""
    look = looks(methods)
    figure = print_figure(2.4)
    left, right = figure.subplots(1, 2)
    for condition in methods:
        own = [row for row in rows if row["condition"] == condition and row["cells"]]
        middles = [(row["from_um"] + row["to_um"]) / 2 for row in own]
        one = look[condition]
        style = {"color": one.colour, "marker": one.marker, "linestyle": one.line, "markersize": 4,
                 "linewidth": 1}  # fmt: skip
        left.plot(middles, [row["activated"] for row in own], label=shortened(condition), **style)
        left.vlines(middles, [_or_nan(row["low"]) for row in own], [_or_nan(row["high"]) for row in own],
                    color=one.colour, linewidth=0.8)  # fmt: skip
        right.plot(middles, [row["dff"] for row in own], **style)
    tidy(left, x="distance (um)", y="share activated over the ring", grid="y")
    tidy(right, x="distance (um)", y="dF/F of somata during", grid="y")
    left.set_ylim(-0.03, 1.03)
    left.legend(frameon=False, fontsize=TICK)
    return figure


def maps_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Response and latency of the squares of a field; a row of panels for each condition."""
    conditions = [name for name in methods if any(row["condition"] == name for row in rows)]
    figure = print_figure(2.6 * len(conditions))
    panels = np.atleast_2d(figure.subplots(len(conditions), 2))
    top = max(row["dff"] for row in rows)
    late = [row["latency_s"] for row in rows if row["latency_s"] is not None]
    for axes, condition in zip(panels, conditions, strict=True):
        own = [row for row in rows if row["condition"] == condition]
        shape = (max(r["row"] for r in own) + 1, max(r["column"] for r in own) + 1)
        rise, when = np.full(shape, np.nan), np.full(shape, np.nan)
        for row in own:
            rise[row["row"], row["column"]] = row["dff"]
            when[row["row"], row["column"]] = _or_nan(row["latency_s"])
        limits = (min(late), max(late)) if late else (0.0, 1.0)
        for panel, values, low, high, colours, label in (
            (axes[0], rise, 0.0, top, "viridis", "dF/F"),
            (axes[1], when, *limits, "plasma", "latency (s)"),
        ):
            shown = panel.imshow(values, vmin=low, vmax=high, cmap=colours, interpolation="nearest")
            panel.set(xticks=[], yticks=[])
            panel.set_facecolor(palette.GRID)
            panel.set_title(f"{shortened(condition)}: {label}", loc="left", fontsize=LABEL,
                            color=palette.INK)  # fmt: skip
            figure.colorbar(shown, ax=panel, shrink=0.8).ax.tick_params(labelsize=TICK)
    return figure


def wave_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Latency against the distance from where the wave begins."""
    look = looks(methods)
    figure = print_figure(2.6)
    axes = figure.subplots()
    for condition in methods:
        own = sorted(
            (row for row in rows if row["condition"] == condition),
            key=lambda row: row["distance_um"],
        )
        if not own:
            continue
        one = look[condition]
        apart = [row["distance_um"] for row in own]
        axes.plot(apart, [row["latency_s"] for row in own], linestyle="", marker=one.marker, markersize=3,
                  color=one.colour, alpha=0.5)  # fmt: skip
        label = f"{shortened(condition)}: {own[0]['speed_um_s']:.0f} um/s"
        axes.plot(apart, [row["fitted_s"] for row in own], color=one.colour, linestyle=one.line,
                  linewidth=1.2, label=label)  # fmt: skip
    tidy(axes, x="distance from the origin (um)", y="latency (s)", grid="y")
    axes.legend(frameon=False, fontsize=TICK)
    return figure
