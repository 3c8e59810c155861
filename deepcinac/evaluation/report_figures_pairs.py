"""The figures of the report about frames, cross-talk and pairs of methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.report_style import (
    LETTER,
    LONGEST,
    NOTE,
    SPREAD,
    TICK,
    WIDTH,
    by_method,
    legend_below,
    looks,
    plain_text,
    print_figure,
    say_nothing,
    scattered,
    shortened,
    tidy,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
Rows = Sequence[Row]


def reliability_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Share of active frames against the probability given; below, how many frames each bin holds."""
    from matplotlib.lines import Line2D

    figure = print_figure(4.6, 4.2)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
    look_of = looks(methods)
    grouped = by_method(rows, methods)
    axes.plot((0, 1), (0, 1), color=palette.FAINT, linewidth=0.8, linestyle=":")
    handles = [Line2D([], [], color=palette.FAINT, linewidth=0.8, linestyle=":", label="perfect")]
    width = 0.08 / max(len(grouped), 1)
    for place, (method, own) in enumerate(grouped.items()):
        look = look_of[method]
        filled = [row for row in own if row["n_frames"]]
        axes.plot([row["mean_probability"] for row in filled], [row["share_active"] for row in filled],
                  look.line, marker=look.marker, color=look.colour, markersize=4, linewidth=1.4,
                  clip_on=False)  # fmt: skip
        middle = np.array([(row["from_probability"] + row["to_probability"]) / 2 for row in filled])
        counts.bar(middle - 0.04 + (place + 0.5) * width, [row["n_frames"] for row in filled], width=width,
                   color=look.colour)  # fmt: skip
        handles.append(
            Line2D([], [], color=look.colour, linestyle=look.line, marker=look.marker, markersize=4,
                   linewidth=1.4, label=plain_text(method))
        )  # fmt: skip
    tidy(axes, "", "", "Share of frames active", grid="both")
    tidy(counts, "", "Probability given", "Frames")
    if not grouped:
        say_nothing(axes, "no method gives probabilities")
        counts.set_axis_off()
        return figure
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    counts.set_yscale("log")
    legend_below(figure, handles, 3)
    return figure


def crosstalk_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Share of cross-talk that was rejected, by how it is known and where the masks come from."""
    groups = list(dict.fromkeys((row["masks"], row["kind"]) for row in rows))
    figure = print_figure(1.1 + 0.24 * max(len(groups), 1) * (1 + 0.55 * len(methods)))
    axes = figure.subplots()
    tidy(axes, "", "Cross-talk rejected (%)", "", grid="x")
    if not rows:
        say_nothing(axes, "no cross-talk is known or was found")
        return figure
    look_of = looks(methods)
    grouped = by_method(rows, methods)
    step = 0.8 / len(grouped)
    for number, (method, own) in enumerate(grouped.items()):
        look = look_of[method]
        for row in own:
            y = groups.index((row["masks"], row["kind"])) + (number - (len(grouped) - 1) / 2) * step
            percent = 100 * row["share_rejected"]
            axes.plot((0, percent), (y, y), color=look.colour, linewidth=1.4, alpha=0.6)
            axes.plot(percent, y, look.marker, color=look.colour, markersize=4.5, clip_on=False)
            axes.text(103, y, f"{percent:.1f} % of {row['n_events']}", va="center", fontsize=NOTE,
                      color=palette.INK, clip_on=False)  # fmt: skip
    several = len({masks for masks, _ in groups}) > 1
    names = [f"{kind}\nmasks: {masks}" if several else kind for masks, kind in groups]
    axes.set_yticks(range(len(groups)), [plain_text(name) for name in names])
    axes.set_ylim(len(groups) - 0.45, -0.55)
    axes.set_xlim(0, 101)
    axes.tick_params(axis="y", length=0)
    legend_below(figure, [_mark(method, look_of[method]) for method in grouped])
    return figure


def _mark(name: str, look: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=look.colour, marker=look.marker, markersize=4.5, linewidth=1.4,
                  label=plain_text(name))  # fmt: skip


def agreement_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """Everybody against everybody: F1 of transients and kappa of frames."""
    names = list(dict.fromkeys([row["first"] for row in rows] + [row["second"] for row in rows]))
    label = LETTER * min(max((len(name) for name in names), default=0), LONGEST)
    side = min((WIDTH - label - 0.6) / 2, 0.62 * max(len(names), 2))
    figure = print_figure(side + 0.68 * label + 0.5, 2 * side + label + 0.6)
    all_axes = figure.subplots(1, 2)
    for axes, (key, title) in zip(
        all_axes, (("f1", "F1 of transients"), ("kappa", "Cohen's kappa of frames")), strict=True
    ):
        if names:
            _matrix(axes, rows, names, key)
        else:
            say_nothing(axes, "nobody to compare")
        axes.set_title(title, loc="left", fontsize=TICK + 2, fontweight="bold", color=palette.INK)
    if names:
        all_axes[1].set_yticklabels([])
    return figure


def _matrix(axes: Axes, rows: Rows, names: Sequence[str], key: str) -> None:
    """Numbers on shades, the darker the better; a star where two share labels."""
    n = len(names)
    values = np.full((n, n), np.nan)
    shared = np.zeros((n, n), bool)
    for row in rows:
        i, j = names.index(row["first"]), names.index(row["second"])
        values[i, j] = values[j, i] = np.nan if row[key] is None else row[key]
        shared[i, j] = shared[j, i] = bool(row["share_labels"])
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1.15, aspect="equal")
    size = NOTE + 0.5 if n <= 9 else NOTE - 1.5
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            known = np.isfinite(values[i, j])
            text = f"{values[i, j]:.2f}{'*' if shared[i, j] else ''}" if known else "–"
            dark = known and values[i, j] > 0.65
            axes.text(j, i, text, ha="center", va="center", fontsize=size,
                      color="white" if dark else palette.INK)  # fmt: skip
    labels = [shortened(name) for name in names]
    axes.set_xticks(range(n), labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(n), labels)
    axes.tick_params(labelsize=TICK, length=0, labelcolor=palette.INK)
    for spine in axes.spines.values():
        spine.set_visible(False)


def differences_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """The difference of F1 of two methods in each cell (or recording), with median and quartiles."""
    pairs = list(dict.fromkeys((row["first"], row["second"]) for row in rows))
    units = list(dict.fromkeys(row["unit"] for row in rows)) or ["cell"]
    figure = print_figure(0.9 + 0.26 * max(len(pairs), 1))
    all_axes = figure.subplots(1, len(units), sharey=True, squeeze=False)[0]
    looks_of = {"cell": (palette.SKY_BLUE, "o", 9), "recording": (palette.VERMILION, "D", 16)}
    for axes, unit in zip(all_axes, units, strict=True):
        tidy(axes, f"By {unit}" if len(units) > 1 else "", "First minus second, F1", "", grid="x")
        largest = max([abs(row["difference"]) for row in rows if row["unit"] == unit], default=0)
        largest = largest or 0.1
        colour, marker, size = looks_of[unit]
        for place, pair in enumerate(pairs):
            own = [r for r in rows if (r["first"], r["second"], r["unit"]) == (*pair, unit)]
            values = np.array([row["difference"] for row in own], dtype=float)
            if not len(values):
                continue
            places = place + 0.9 * SPREAD * scattered(values, -largest, largest)
            axes.scatter(values, places, s=size, color=colour, alpha=0.7, marker=marker,
                         linewidths=0, zorder=2, rasterized=True)  # fmt: skip
            _lying_box(axes, place, values)
        axes.axvline(0, color=palette.INK, linewidth=0.8, zorder=1)
        axes.set_xlim(-1.08 * largest, 1.08 * largest)
        axes.tick_params(axis="y", length=0)
    if not pairs:
        say_nothing(all_axes[0], "two methods are needed")
        return figure
    names = [wrapped(f"{first} – {second}", 40) for first, second in pairs]
    all_axes[0].set_yticks(range(len(pairs)), names)
    all_axes[0].set_ylim(len(pairs) - 0.4, -0.6)
    return figure


def _lying_box(axes: Axes, place: float, values: np.ndarray, half: float = 0.3) -> None:
    q1, median, q3 = np.percentile(values, [25, 50, 75])
    axes.fill_betweenx((place - half, place + half), q1, q3, facecolor="none",
                       edgecolor=palette.INK, linewidth=0.8, zorder=4)  # fmt: skip
    axes.plot(
        [median] * 2, (place - half, place + half), color=palette.INK, linewidth=1.8, zorder=5
    )
