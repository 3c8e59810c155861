"""Traces of some cells with what was predicted, what is true, and the light of other cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.crosstalk import rejected
from deepcinac.evaluation.figure_scene import FigureScene, colour_of
from deepcinac.evaluation.figure_style import NOTE_SIZE, plain
from deepcinac.labelling.transients import runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deepcinac.recording.cells import Cells

DOUBTFUL: dict[str, Any] = {
    "facecolor": palette.GRID,
    "edgecolor": palette.FAINT,
    "hatch": "//////",
}


def draw_traces(axes: Axes, scene: FigureScene, cells: Cells) -> None:
    """One row per shown cell: trace above, then bars of truth and prediction."""
    from deepcinac.recording.traces import baseline, smooth

    first, after = scene.window
    seconds = np.arange(first, after) / scene.rate
    overlapping = [set(cells.overlaps.neighbours(cell).tolist()) for cell in scene.shown]
    for row, cell in enumerate(scene.shown):
        bottom = float(-row)
        raw = scene.traces[cell] - baseline(scene.traces[cell], scene.rate)
        smoothed = smooth(raw, scene.rate)
        unit = 0.56 / max(float(np.ptp(raw[first:after])), 1e-9)
        foot = bottom + 0.3 - unit * float(raw[first:after].min())
        axes.plot(seconds, foot + unit * raw[first:after], color=palette.PALE, linewidth=0.5)
        line = foot + unit * smoothed[first:after]
        axes.plot(seconds, line, color=palette.INK, linewidth=0.8)
        inside = scene.predicted[cell, first:after]
        axes.plot(
            seconds,
            np.where(inside, line, np.nan),
            color=palette.PREDICTION,
            linewidth=2.2,
            zorder=3,
        )
        _draw_bars(axes, scene, cell, bottom)
        _draw_crosstalk(axes, scene, cell, line)
    _finish_traces(axes, scene, overlapping)


def _draw_bars(axes: Axes, scene: FigureScene, cell: int, bottom: float) -> None:
    """Truth as a black bar, the probability as a blue curve under it with predicted frames filled."""
    first, after = scene.window
    bars = ((scene.truth, {"color": palette.TRUTH}), (scene.doubtful, DOUBTFUL))
    for mask, style in bars:
        if mask is None:
            continue
        for onset, peak in runs(mask[cell, first:after]) + first:
            start, width = (onset - 0.5) / scene.rate, (peak - onset + 1) / scene.rate
            axes.barh(bottom + 0.235, width, left=start, height=0.07, linewidth=0, **style)
    seconds = np.arange(first, after) / scene.rate
    floor = bottom + 0.02
    height = floor + 0.16 * scene.probability[cell, first:after]
    axes.fill_between(
        seconds, floor, height, color=palette.SKY_BLUE, alpha=0.6, linewidth=0, step="mid"
    )
    axes.fill_between(
        seconds,
        floor,
        height,
        where=scene.predicted[cell, first:after].tolist(),
        color=palette.PREDICTION,
        linewidth=0,
        step="mid",
    )


def _draw_crosstalk(axes: Axes, scene: FigureScene, cell: int, line: np.ndarray) -> None:
    """A triangle over each rise that is not the cell's own: hollow when rejected, otherwise filled."""
    if scene.crosstalk is None:
        return
    first, after = scene.window
    events = scene.crosstalk
    own = (events.target == cell) & (events.onset >= first) & (events.peak < after)
    is_rejected = rejected(events, scene.predicted)
    for kind, face in ((own & is_rejected, "white"), (own & ~is_rejected, palette.CROSSTALK)):
        peaks = events.peak[kind]
        axes.plot(
            peaks / scene.rate,
            line[peaks - first] + 0.14,
            "v",
            markersize=6.5,
            markerfacecolor=face,
            markeredgecolor=palette.CROSSTALK,
            markeredgewidth=1.3,
            clip_on=False,
            zorder=4,
        )


def _finish_traces(axes: Axes, scene: FigureScene, overlapping: list[set[int]]) -> None:
    first, after = scene.window
    n = len(scene.shown)
    axes.set_xlim(first / scene.rate, (after - 1) / scene.rate)
    axes.set_ylim(-n + 0.95, 1.12)
    plain(axes, x="time (s)")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    left = axes.get_yaxis_transform()
    for row, (cell, others) in enumerate(zip(scene.shown, overlapping, strict=True)):
        colour = colour_of(scene, cell)
        axes.plot(
            (-0.008, -0.008),
            (0.05 - row, 0.9 - row),
            transform=left,
            color=colour,
            lw=4,
            clip_on=False,
        )
        beside = ", ".join(str(other) for other in scene.shown if other in others)
        axes.text(-0.018, 0.55 - row, f"cell {cell}", transform=left, ha="right", va="center")
        if beside:
            axes.text(
                -0.018,
                0.25 - row,
                f"overlaps {beside}",
                transform=left,
                ha="right",
                va="center",
                fontsize=NOTE_SIZE,
                color=palette.NOTE,
            )
    axes.legend(
        handles=_legend(scene),
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=7,
        frameon=False,
        fontsize=NOTE_SIZE + 0.5,
        handlelength=1.6,
        columnspacing=1.4,
        borderpad=0.2,
    )


def _legend(scene: FigureScene) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list = [
        Line2D([], [], color=palette.INK, linewidth=1, label="trace, smoothed"),
        Line2D([], [], color=palette.PREDICTION, linewidth=2.2, label="predicted active"),
        Patch(color=palette.PREDICTION, label="probability"),
    ]
    if scene.truth is not None:
        handles.append(Line2D([], [], color=palette.TRUTH, linewidth=4, label="truth"))
    if scene.doubtful is not None:
        handles.append(Patch(**DOUBTFUL, linewidth=0, label="doubtful"))
    if scene.crosstalk is not None:
        for face, name in (
            ("none", "cross-talk, rejected"),
            (palette.CROSSTALK, "… taken for real"),
        ):
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="",
                    marker="v",
                    markerfacecolor=face,
                    markeredgecolor=palette.CROSSTALK,
                    label=name,
                )
            )
    return handles
