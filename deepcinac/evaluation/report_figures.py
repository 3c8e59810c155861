"""The figures of the report about transients; each draws the rows of its table and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.graded import OUTCOMES
from deepcinac.evaluation.metrics import quartiles
from deepcinac.evaluation.report_style import (
    LABEL,
    NOTE,
    SPREAD,
    Look,
    box,
    by_method,
    legend_below,
    looks,
    name_ticks,
    plain_text,
    print_figure,
    say_nothing,
    scattered,
    thin,
    tidy,
    wrapped,
)
from deepcinac.evaluation.score import RULES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
Rows = Sequence[Row]
NUMBERED_CELLS = (
    30  # up to so many cells a method, their numbers stand in the dots, as in the paper
)
RULE_MARKS = {"paper": "o", "strict": "s", "runs": "^"}


def cells_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Recall, precision and F1 of each cell; a colour for each recording, as in the paper's Figure 3."""
    rules = [rule for rule in RULES if rows and f"f1_{rule}" in rows[0]]
    main = rules[0]
    panels = [("recall", "Recall"), (f"precision_{main}", "Precision"), (f"f1_{main}", "F1")]
    if main == "paper" and "strict" in rules:
        panels.append(("f1_strict", "F1, strict"))
    recordings = list(dict.fromkeys(row["recording"] for row in rows))
    recording_looks = looks(recordings)
    grouped = by_method(rows, methods)
    numbered = max(map(len, grouped.values()), default=0) <= NUMBERED_CELLS
    is_wide = len(panels) == 3 or len(methods) < 5
    figure = print_figure(3.2 if is_wide else 5.2)
    shape = (1, len(panels)) if is_wide else (2, 2)
    all_axes = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (key, title) in zip(all_axes, panels, strict=False):
        for place, own in enumerate(grouped.values()):
            _cell_dots(axes, place, own, key, recording_looks, numbered and len(methods) <= 8)
            box(axes, place, [row[key] for row in own])
        axes.set_ylim(-0.03, 1.05)
        tidy(axes, title, grid="y")
        axes.set_yticks(np.linspace(0, 1, 6))
        name_ticks(axes, list(grouped), 6.4 / shape[1])
    if len(recordings) > 1:
        legend_below(figure, [_handle(r, recording_looks[r], "") for r in recordings])
    return figure


def _cell_dots(
    axes: Axes, place: int, rows: Rows, key: str, look_of: Mapping[str, Look], numbered: bool
) -> None:
    known = [row for row in rows if row[key] is not None]
    values = np.array([row[key] for row in known], dtype=float)
    places = place + SPREAD * scattered(values, 0, 1)
    recordings = np.array([row["recording"] for row in known])
    for name in dict.fromkeys(recordings.tolist()):
        own, look = recordings == name, look_of[name]
        axes.plot(places[own], values[own], "o" if numbered else look.marker, color=look.colour,
                  markersize=7 if numbered else 3.6, alpha=0.9 if numbered else 0.6,
                  markeredgewidth=0, clip_on=False, zorder=2)  # fmt: skip
    if numbered:
        for row, x, y in zip(known, places, values, strict=True):
            axes.text(x, y, str(row["cell"]), ha="center", va="center_baseline", fontsize=4,
                      color="white", clip_on=False, zorder=6)  # fmt: skip


def totals_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """All transients together, each rule beside the others, with their intervals."""
    rules = [rule for rule in RULES if any(row["rule"] == rule for row in rows)]
    figure = print_figure(0.95 + 0.2 * len(methods) * len(rules) + 0.12 * len(methods))
    all_axes = figure.subplots(1, 3, sharey=True, squeeze=False)[0]
    look_of = looks(methods)
    step = 1 / (len(rules) + 1)
    for axes, measure in zip(all_axes, ("recall", "precision", "f1"), strict=True):
        for row in rows:
            if row["measure"] != measure or row["value"] is None:
                continue
            number = rules.index(row["rule"])
            y = methods.index(row["method"]) + (number - (len(rules) - 1) / 2) * step
            _interval(axes, y, row, look_of[row["method"]], hollow=number > 0)
        axes.set_xlim(_start(rows, measure), 1.01)
        tidy(axes, {"f1": "F1"}.get(measure, measure.capitalize()), grid="x")
    all_axes[0].set_yticks(range(len(methods)), [wrapped(name, 26) for name in methods])
    all_axes[0].set_ylim(len(methods) - 0.45, -0.55)
    for axes in all_axes:
        axes.tick_params(axis="y", length=0)
    with_recordings = any(row["low_over_recordings"] is not None for row in rows)
    legend_below(figure, _rule_handles(rules, with_recordings), 5)
    return figure


def _start(rows: Rows, measure: str) -> float:
    """Where the axis of a measure begins: at a tenth below everything that is drawn."""
    keys = ("value", "low_over_cells", "low_over_recordings")
    values = [row[key] for row in rows if row["measure"] == measure for key in keys]
    lowest = min([value for value in values if value is not None], default=0.0)
    return max(0.0, float(np.floor((lowest - 0.02) * 10)) / 10)


def _interval(axes: Axes, y: float, row: Row, look: Look, hollow: bool) -> None:
    for name, width in (("recordings", 0.7), ("cells", 2.2)):
        low, high = row[f"low_over_{name}"], row[f"high_over_{name}"]
        if low is not None:
            axes.plot((low, high), (y, y), color=look.colour, linewidth=width,
                      solid_capstyle="butt", alpha=0.9 if width < 1 else 0.55, zorder=2)  # fmt: skip
    axes.plot(row["value"], y, RULE_MARKS[row["rule"]], color=look.colour, markersize=4.5,
              markerfacecolor="white" if hollow else look.colour, zorder=3)  # fmt: skip


def _rule_handles(rules: Sequence[str], with_recordings: bool) -> list[Any]:
    from matplotlib.lines import Line2D

    found = [
        Line2D([], [], color=palette.INK, marker=RULE_MARKS[rule], linestyle="none", markersize=4.5,
               markerfacecolor="white" if place else palette.INK, label=RULES[rule])
        for place, rule in enumerate(rules)
    ]  # fmt: skip
    found.append(Line2D([], [], color=palette.FAINT, linewidth=2.2, label="95 % over cells"))
    if with_recordings:
        found.append(Line2D([], [], color=palette.INK, linewidth=0.7, label="95 % over recordings"))
    return found


def _handle(name: str, look: Look, line: str | None = None) -> Any:
    from matplotlib.lines import Line2D

    style = look.line if line is None else line
    return Line2D([], [], color=look.colour, marker=look.marker, markersize=4,
                  linestyle=style or "none", linewidth=1.4, label=plain_text(name))  # fmt: skip


def curve_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Precision against recall of transients; the mark is the chosen threshold."""
    figure = print_figure(4.2, 4.9)
    axes = figure.subplots()
    look_of = looks(methods)
    for f1 in (0.2, 0.4, 0.6, 0.8, 0.9):
        _equal_f1(axes, f1)
    handles = []
    for method, own in by_method(rows, methods).items():
        look = look_of[method]
        curve = [row for row in own if not row["chosen"]]
        axes.plot([row["recall"] for row in curve], [row["precision"] for row in curve],
                  look.line, color=look.colour, linewidth=1.4, zorder=3)  # fmt: skip
        for row in own:
            if row["chosen"]:
                axes.plot(row["recall"], row["precision"], look.marker, color=look.colour,
                          markersize=7, markeredgecolor="white", markeredgewidth=0.8,
                          clip_on=False, zorder=5)  # fmt: skip
                known = curve and row["threshold"] is not None and row["threshold"] > 1e-6
                at = f" (at {row['threshold']:.2g})" if known else ""
                handles.append(_handle(f"{method}{at}", look, look.line if curve else ""))
    axes.set_xlim(0, 1.005)
    axes.set_ylim(0, 1.02)
    axes.set_aspect("equal")
    tidy(axes, "", "Recall of transients", "Precision")
    if not rows:
        say_nothing(axes, "no real transient to be found")
        return figure
    legend_below(figure, handles, 2)
    return figure


def _equal_f1(axes: Axes, f1: float) -> None:
    recall = np.linspace(f1 / (2 - f1) + 1e-6, 1, 100)
    axes.plot(recall, f1 * recall / (2 * recall - f1), color=palette.GRID, linewidth=0.8, zorder=1)
    axes.text(0.992, f1 / (2 - f1) - 0.004, f"F1 {f1:g}", fontsize=NOTE - 1, color=palette.FAINT,
              ha="right", va="top")  # fmt: skip


def share_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """The share of the frames of each real transient that was predicted, as in the paper's Figure S2."""
    return _columns(rows, methods, "share_predicted", 100, "Frames of the transient predicted (%)",
                    (-3, 103), "no real transient")  # fmt: skip


def onset_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """How much later (or earlier) the predicted onset is than the real one."""
    known = [row for row in rows if row["error_ms"] is not None]
    unit = "ms" if known else "frames"
    key = f"error_{unit}"
    values = np.array([row[key] for row in rows if row[key] is not None], dtype=float)
    reach = float(np.percentile(np.abs(values), 99)) if len(values) else 1.0
    reach = max(reach, 1.0) * 1.08
    inside = [row for row in rows if row[key] is not None and abs(row[key]) <= reach]
    figure = _columns(inside, methods, key, 1, f"Predicted minus real onset ({unit})",
                      (-reach, reach), "no transient was found")  # fmt: skip
    axes = figure.axes[0]
    axes.axhline(0, color=palette.INK, linewidth=0.8, zorder=1)
    return figure


def _columns(
    rows: Rows, methods: Sequence[str], key: str, factor: float, label: str,
    limits: tuple[float, float], nothing: str,
) -> Figure:  # fmt: skip
    """A column of dots for each method, with its median and quartiles."""
    grouped = by_method(rows, methods)
    figure = print_figure(3.4, min(7.2, 2.2 + 0.85 * max(len(grouped), 1)))
    axes = figure.subplots()
    tidy(axes, "", "", label, grid="y")
    if not grouped:
        say_nothing(axes, nothing)
        return figure
    recordings = looks(list(dict.fromkeys(row["recording"] for row in rows)))
    for place, own in enumerate(grouped.values()):
        values = factor * np.array([row[key] for row in own], dtype=float)
        shown = thin(values)
        places = place + SPREAD * scattered(values[shown], *limits)
        colours = [recordings[own[i]["recording"]].colour for i in shown.tolist()]
        axes.scatter(places, values[shown], s=7, c=colours, alpha=0.45, linewidths=0, zorder=2,
                     rasterized=True)  # fmt: skip
        box(axes, place, values.tolist())
        spread = quartiles(values.tolist())
        if spread is not None:
            text = f"{spread.median:.0f}\n({spread.q1:.0f} to {spread.q3:.0f})"
            axes.text(place, 1.02, text, transform=axes.get_xaxis_transform(), ha="center",
                      va="bottom", fontsize=NOTE, color=palette.INK)  # fmt: skip
    axes.set_ylim(*limits)
    name_ticks(axes, list(grouped), figure.get_figwidth() - 0.7)
    if len(recordings) > 1:
        round_ones = {name: Look(look.colour, "o", "") for name, look in recordings.items()}
        legend_below(figure, [_handle(name, look, "") for name, look in round_ones.items()])
    return figure


def visibility_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Recall of transients that are higher and higher over the noise."""
    grouped = by_method(rows, methods)
    figure = print_figure(3.4, 4.6)
    axes = figure.subplots()
    look_of = looks(methods)
    tidy(axes, "", "Height (noise SD), and number of transients", "Recall", grid="y")
    if not grouped:
        say_nothing(axes, "the truth does not say how visible its transients are")
        return figure
    for method, own in grouped.items():
        look = look_of[method]
        known = [place for place, row in enumerate(own) if row["recall"] is not None]
        axes.plot(known, [own[place]["recall"] for place in known], look.line, marker=look.marker,
                  color=look.colour, markersize=4, linewidth=1.4, clip_on=False)  # fmt: skip
    first = next(iter(grouped.values()))
    names = [f"{row['from_noise_sd']:g}–{row['to_noise_sd']:g}" for row in first]
    names[-1] = f"≥ {first[-1]['from_noise_sd']:g}"
    labels = [f"{name}\n{row['n_real']}" for name, row in zip(names, first, strict=True)]
    axes.set_xticks(range(len(first)), labels)
    axes.set_ylim(0, 1.02)
    legend_below(figure, [_handle(method, look_of[method]) for method in grouped], 3)
    return figure


def outcome_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """The highest value in each transient, by what became of it, as in the paper's Figure S3."""
    grouped = by_method(rows, methods)
    n_columns = min(max(len(grouped), 1), 3)
    n_rows = -(-max(len(grouped), 1) // n_columns)
    figure = print_figure(0.5 + 2.5 * n_rows, max(3.4, 2.4 * n_columns))
    all_axes = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).ravel()
    colours = dict(
        zip(OUTCOMES, (palette.BLUE, palette.VERMILION, palette.PURPLE, palette.GREEN), strict=True)
    )
    for axes, (method, own) in zip(all_axes, grouped.items(), strict=False):
        for place, outcome in enumerate(OUTCOMES):
            values = np.array([row["value"] for row in own if row["outcome"] == outcome])
            shown = values[thin(values)]
            axes.scatter(place + SPREAD * scattered(shown, 0, 1), shown, s=6,
                         color=colours[outcome], alpha=0.5, linewidths=0, rasterized=True)  # fmt: skip
            box(axes, place, values.tolist())
        thresholds = {row["threshold"] for row in own}
        for threshold in thresholds if len(thresholds) == 1 else ():
            axes.axhline(threshold, color=palette.INK, linewidth=0.7, linestyle=":", zorder=1)
        counted = [sum(row["outcome"] == outcome for row in own) for outcome in OUTCOMES]
        axes.set_xticks(
            range(4), [f"{name}\n{n}" for name, n in zip(OUTCOMES, counted, strict=True)]
        )
        axes.set_xlim(-0.6, 3.6)
        axes.set_ylim(-0.03, 1.05)
        tidy(axes, wrapped(method, 30), grid="y")
        axes.tick_params(axis="x", length=0)
    for axes in all_axes[len(grouped) :]:
        axes.set_axis_off()
    if not grouped:
        tidy(all_axes[0])
        say_nothing(all_axes[0], "no method gives graded values")
    else:
        figure.supylabel("Highest value in the transient", fontsize=LABEL, color=palette.INK)
    return figure
