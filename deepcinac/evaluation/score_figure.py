"""The scores of one or several methods in one picture, from single cells to calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.figure_style import (
    LABEL_SIZE,
    NOTE_SIZE,
    TICK_SIZE,
    new_figure,
    nothing_to_show,
    plain,
)
from deepcinac.evaluation.metrics import Counts, Share, quartiles
from deepcinac.evaluation.report import Method
from deepcinac.evaluation.score import RULES, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT_EDGES = (0.0, 2.0, 3.0, 4.0, 6.0, 10.0, np.inf)  # noise SD
MEASURES: dict[str, Callable[[Counts], float | None]] = {
    "recall": lambda counts: counts.recall,
    "precision": lambda counts: counts.precision,
    "F1": lambda counts: counts.f1,
}
WIDTH_OF_A_GROUP = 0.8


def scores_figure(methods: Sequence[Method], title: str = "") -> Figure:
    """Six panels for one method, or for several side by side.

    Cells, share of frames, precision-recall, calibration, visibility and cross-talk.
    """
    figure = new_figure(15, 9)
    grid = figure.add_gridspec(
        2, 12, left=0.05, right=0.985, bottom=0.105, top=0.84, wspace=5.5, hspace=0.42
    )
    figure.text(0.05, 0.955, title or "Scores", fontsize=16, fontweight="bold", color=palette.INK)
    _draw_legend(figure, methods)
    rules = [rule for rule in RULES if rule in methods[0].scores.rules and rule != "runs"] or [
        "runs"
    ]
    _draw_cells(figure.add_subplot(grid[0, :8]), methods, rules)
    _draw_share(figure.add_subplot(grid[0, 8:]), methods)
    _draw_curve(figure.add_subplot(grid[1, :3]), methods)
    _draw_calibration(figure.add_subplot(grid[1, 3:6]), methods)
    _draw_visibility(figure.add_subplot(grid[1, 6:9]), methods)
    _draw_crosstalk(figure.add_subplot(grid[1, 9:]), methods)
    return figure


def _colour(number: int) -> str:
    return palette.METHODS[number % len(palette.METHODS)]


def _marker(number: int) -> str:
    return palette.MARKERS[number % len(palette.MARKERS)]


def _line(number: int) -> str:
    return palette.LINES[number % len(palette.LINES)]


def _offsets(n_methods: int) -> np.ndarray:
    """Where the methods of a group stand beside its middle, (n_methods,)."""
    return (np.arange(n_methods) - (n_methods - 1) / 2) * WIDTH_OF_A_GROUP / n_methods


def _draw_legend(figure: Figure, methods: Sequence[Method]) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for number, method in enumerate(methods):
        result = method.scores.rules.get("paper", method.scores.rules["runs"])
        f1 = result.pooled.f1
        shown = "–" if f1 is None else f"{f1:.3f}"
        interval = " ({:.3f}–{:.3f})".format(*result.interval) if result.interval else ""
        handles.append(
            Line2D(
                [],
                [],
                color=_colour(number),
                marker=_marker(number),
                linestyle=_line(number),
                label=f"{method.name}: F1 {shown}{interval}",
            )
        )
    rule = RULES["paper" if "paper" in methods[0].scores.rules else "runs"]
    figure.text(
        0.05,
        0.93,
        f"F1 of all transients together, {rule}, with its 95 % interval over cells:",
        fontsize=LABEL_SIZE,
        color=palette.INK,
        va="center",
    )
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.042, 0.922),
        ncols=4,
        frameon=False,
        fontsize=LABEL_SIZE,
        handlelength=3,
    )


def _draw_cells(axes: Axes, methods: Sequence[Method], rules: Sequence[str]) -> None:
    """One dot per cell, with the median and the quartiles."""
    generator = np.random.default_rng(0)
    groups = [("recall", rules[0])] + [(m, rule) for rule in rules for m in ("precision", "F1")]
    offsets = _offsets(len(methods))
    width = WIDTH_OF_A_GROUP / len(methods)
    for place, (measure, rule) in enumerate(groups):
        for number, method in enumerate(methods):
            counts = [getattr(match, rule) for match in method.scores.per_cell]
            values = [MEASURES[measure](count) for count in counts if count is not None]
            _strip(axes, values, place + offsets[number], width, number, generator)
    names = [m if m == "recall" else f"{m}\n{RULES[rule]}" for m, rule in groups]
    axes.set_xticks(range(len(groups)), names)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_ylim(-0.03, 1.1)
    plain(axes, "Cell by cell: one dot a cell, box = median and quartiles", grid="y")
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.tick_params(axis="x", labelsize=LABEL_SIZE, length=0)


def _strip(
    axes: Axes,
    values: Sequence[float | None],
    place: float,
    width: float,
    number: int,
    generator: np.random.Generator,
) -> None:
    """Dots scattered sideways around ``place``, with a box of the quartiles and its median."""
    spread = quartiles(values)
    if spread is None:
        axes.text(place, 0.5, "–", ha="center", va="center", fontsize=14, color=palette.FAINT)
        return
    defined = np.array([value for value in values if value is not None])
    sideways = place + generator.uniform(-0.3, 0.3, len(defined)) * width
    colour = _colour(number)
    axes.plot(
        sideways,
        defined,
        _marker(number),
        color=colour,
        markersize=4,
        alpha=0.45,
        markeredgewidth=0,
    )
    half = 0.4 * width
    axes.fill_between(
        (place - half, place + half),
        spread.q1,
        spread.q3,
        facecolor="none",
        edgecolor=palette.INK,
        linewidth=1,
        zorder=3,
    )
    axes.plot(
        (place - half, place + half),
        [spread.median] * 2,
        color=palette.INK,
        linewidth=2.5,
        zorder=4,
    )
    axes.text(
        place,
        1.055,
        f"{spread.median:.2f}",
        ha="center",
        va="center",
        fontsize=LABEL_SIZE,
        fontweight="bold",
        color=palette.INK,
    )


def _draw_share(axes: Axes, methods: Sequence[Method]) -> None:
    """How the share of predicted frames is distributed over the real transients."""
    names = ("none", "≤ 25", "25–50", "50–75", "75–99", "all")
    edges = (-1.0, 0.0, 0.25, 0.5, 0.75, 1 - 1e-9, 1.0)  # a share lies above one and up to the next
    for number, method in enumerate(methods):
        share = np.concatenate([match.share for match in method.scores.per_cell])
        if not len(share):
            continue
        group = np.searchsorted(edges, share, side="left") - 1
        axes.bar(
            np.arange(len(names)) + _offsets(len(methods))[number],
            100 * np.bincount(group, minlength=len(names)) / len(share),
            width=WIDTH_OF_A_GROUP / len(methods),
            color=_colour(number),
            hatch=("", "///", "...", "xx")[number % 4],
            edgecolor="white",
            linewidth=0.5,
        )
    axes.set_xticks(range(len(names)), names)
    plain(
        axes,
        "Share of a transient's frames predicted",
        "frames of the transient (%)",
        "real transients (%)",
        grid="y",
    )


def _draw_curve(axes: Axes, methods: Sequence[Method]) -> None:
    """Precision against recall of frames, with the threshold marked and the area in the legend."""
    for number, method in enumerate(methods):
        frames = method.scores.frames
        if frames.average_precision is None:
            continue
        axes.plot(
            frames.curve.recall,
            frames.curve.precision,
            _line(number),
            color=_colour(number),
            linewidth=2,
            label=f"average precision {frames.average_precision:.3f}",
        )
        if frames.recall is not None and frames.precision is not None:
            axes.plot(
                frames.recall,
                frames.precision,
                _marker(number),
                color=_colour(number),
                markersize=9,
                markeredgecolor="white",
                zorder=4,
            )
    _square(axes)
    plain(axes, "Frame by frame", "recall", "precision", grid="both")
    chance = methods[0].scores.frames.active_share
    if chance is None or not axes.lines:
        nothing_to_show(axes, "no active frame")
        return
    axes.axhline(chance, color=palette.FAINT, linewidth=1, linestyle=":")
    axes.text(0.02, chance + 0.015, "by chance", fontsize=NOTE_SIZE, color=palette.NOTE)
    threshold = methods[0].scores.threshold
    axes.legend(
        loc="best",
        fontsize=NOTE_SIZE,
        frameon=False,
        title=f"marker: threshold {threshold:g}",
        title_fontsize=NOTE_SIZE,
    )


def _draw_calibration(axes: Axes, methods: Sequence[Method]) -> None:
    axes.plot((0, 1), (0, 1), color=palette.FAINT, linewidth=1, linestyle=":")
    for number, method in enumerate(methods):
        calibration = method.scores.calibration
        filled = calibration.n_frames > 0
        error = "–" if calibration.error is None else f"{calibration.error:.3f}"
        axes.plot(
            calibration.mean_probability[filled],
            calibration.observed[filled],
            _line(number),
            marker=_marker(number),
            color=_colour(number),
            label=f"mean gap {error}",
        )
    _square(axes)
    plain(axes, "Calibration", "probability given", "share of frames active", grid="both")
    axes.legend(loc="upper left", fontsize=NOTE_SIZE, frameon=False)


def _draw_visibility(axes: Axes, methods: Sequence[Method]) -> None:
    """Recall of transients that are higher and higher over the noise."""
    for number, method in enumerate(methods):
        groups = recall_by_height(method.scores)
        known = [i for i, group in enumerate(groups) if group.n]
        axes.plot(
            known,
            [groups[i].value for i in known],
            _line(number),
            marker=_marker(number),
            color=_colour(number),
        )
    plain(
        axes,
        "Recall by visibility",
        "height (noise SD) and number of transients",
        "recall",
        grid="y",
    )
    if not axes.lines or not len(axes.lines[0].get_xdata()):
        nothing_to_show(axes, "the truth does not say\nhow visible the transients are")
        return
    names = [f"{low:g}–{high:g}" for low, high in zip(HEIGHT_EDGES, HEIGHT_EDGES[1:], strict=False)]
    names[-1] = f">{HEIGHT_EDGES[-2]:g}"
    counted = recall_by_height(methods[0].scores)
    axes.set_xticks(
        range(len(names)),
        [f"{name}\n{group.n}" for name, group in zip(names, counted, strict=True)],
    )
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(-0.03, 1.05)


def recall_by_height(scores: Scores) -> list[Share]:
    """Recall of the transients whose height lies between neighbouring ``HEIGHT_EDGES``."""
    if scores.visibility is None:
        return []
    height = np.concatenate(scores.visibility)
    found = np.concatenate([match.share for match in scores.per_cell]) > 0
    groups = []
    for low, high in zip(HEIGHT_EDGES, HEIGHT_EDGES[1:], strict=False):
        inside = (height >= low) & (height < high)
        groups.append(Share(int(found[inside].sum()), int(inside.sum())))
    return groups


def _draw_crosstalk(axes: Axes, methods: Sequence[Method]) -> None:
    """Share of cross-talk rejected, group by group."""
    names = ["all\n", "from a\ncell", "from\nelsewhere", "overlap\n≥ 15 %", "strong\n≥ 5 SD"]
    plain(axes, "Cross-talk rejected", "kind and number of events", "share rejected", grid="y")
    offsets = _offsets(len(methods))
    drawn = False
    for number, method in enumerate(methods):
        known = method.scores.crosstalk
        if known is None:
            continue
        groups = (
            known.all,
            known.from_cells,
            known.from_elsewhere,
            known.overlapping,
            known.strong,
        )
        if number == 0:
            names = [f"{n}\n{g.n if g else '–'}" for n, g in zip(names, groups, strict=True)]
        for place, group in enumerate(groups):
            if group is None or group.value is None:
                continue
            drawn = True
            x = place + offsets[number]
            axes.plot((x, x), (0, group.value), color=_colour(number), linewidth=2)
            axes.plot(x, group.value, _marker(number), color=_colour(number), markersize=7)
    if not drawn:
        nothing_to_show(axes, "no cross-talk is known\nin this recording")
        return
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(-0.03, 1.05)
    axes.tick_params(axis="x", length=0, labelsize=TICK_SIZE - 0.8)


def _square(axes: Axes) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.05)
