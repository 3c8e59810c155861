"""One recording at a glance: where the cells are, what they did, what was predicted, and how well.

Predicted activity is drawn from the probabilities; where the truth is known it runs beside them, and
cross-talk is marked as refused or taken for real.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.crosstalk import CrosstalkEvents, rejected
from deepcinac.evaluation.figure_style import (
    LABEL_SIZE,
    NOTE_SIZE,
    TITLE_SIZE,
    new_figure,
    plain,
    save_figure,
)
from deepcinac.evaluation.matching import runs
from deepcinac.evaluation.score import THRESHOLD, Scores
from deepcinac.evaluation.showcase import choose_cells, choose_window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from deepcinac.recording.cells import Cells

__all__ = ["recording_figure", "save_figure"]

N_SHOWN = 8
WINDOW_S = 60.0
CONTRAST = (1.0, 99.8)  # percentiles of the mean image that become black and white
DOUBTFUL = {"facecolor": palette.GRID, "edgecolor": palette.FAINT, "hatch": "//////"}
GAMMA = 0.6  # lifts dim cells beside bright ones


@dataclass(frozen=True)
class _Scene:
    """What the panels draw; frames are turned into seconds by ``rate`` (Hz)."""

    traces: np.ndarray
    probability: np.ndarray
    predicted: np.ndarray
    truth: np.ndarray | None
    doubtful: np.ndarray | None
    crosstalk: CrosstalkEvents | None
    rate: float
    window: tuple[int, int]
    shown: list[int]
    threshold: float


def recording_figure(
    mean_image: np.ndarray,
    cells: Cells,
    traces: np.ndarray,
    probability: np.ndarray,
    frame_rate_hz: float,
    truth_active: np.ndarray | None = None,
    crosstalk: CrosstalkEvents | np.ndarray | None = None,
    threshold: float = THRESHOLD,
    title: str = "",
    scores: Scores | None = None,
    doubtful: np.ndarray | None = None,
) -> Figure:
    """Draw a recording and its prediction.

    Parameters
    ----------
    mean_image
        (height, width), any unit.
    traces, probability, truth_active, doubtful
        (n_cells, n_frames): mean of each cell's pixels, 0..1, bool, bool.
    crosstalk
        Events, or rows (target, source or -1, onset, peak).
    scores
        Shown as numbers where they are given; otherwise what was found is counted.
    """
    if isinstance(crosstalk, np.ndarray):
        crosstalk = CrosstalkEvents.from_table(crosstalk)
    probability = np.asarray(probability)
    predicted = probability >= threshold
    known = predicted if truth_active is None else np.asarray(truth_active, dtype=bool)
    window = choose_window(known, round(WINDOW_S * frame_rate_hz), crosstalk)
    scene = _Scene(
        traces=np.asarray(traces, dtype=float),
        probability=probability,
        predicted=predicted,
        truth=None if truth_active is None else known,
        doubtful=None if doubtful is None else np.asarray(doubtful, dtype=bool) & ~known,
        crosstalk=crosstalk,
        rate=frame_rate_hz,
        window=window,
        shown=choose_cells(known, window, min(N_SHOWN, len(known)), crosstalk),
        threshold=threshold,
    )
    figure = new_figure(15, 9.6)
    grid = figure.add_gridspec(
        2,
        2,
        width_ratios=(1, 2.15),
        height_ratios=(1.5, 1),
        left=0.04,
        right=0.985,
        bottom=0.06,
        top=0.895,
        wspace=0.18,
        hspace=0.27,
    )
    _draw_heading(figure, title, scene)
    _draw_field(figure.add_subplot(grid[0, 0]), mean_image, cells, scene)
    _draw_traces(figure.add_subplot(grid[0, 1]), scene, cells)
    _draw_numbers(figure.add_subplot(grid[1, 0]), scene, scores)
    _draw_population(figure, grid[1, 1], scene)
    return figure


def _draw_heading(figure: Figure, title: str, scene: _Scene) -> None:
    n_cells, n_frames = scene.probability.shape
    figure.text(
        0.04,
        0.968,
        title or "Predicted activity",
        fontsize=16,
        fontweight="bold",
        color=palette.INK,
    )
    about = (
        f"{n_cells} cells, {n_frames} frames at {scene.rate:g} Hz "
        f"({_duration(n_frames / scene.rate)})"
    )
    figure.text(0.04, 0.942, about, fontsize=LABEL_SIZE + 1, color=palette.INK, va="center")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _draw_field(axes: Axes, mean_image: np.ndarray, cells: Cells, scene: _Scene) -> None:
    """Mean image with all outlines; the shown cells thick, numbered and in the colour of their row."""
    from matplotlib.colors import PowerNorm
    from matplotlib.patheffects import withStroke

    low, high = np.percentile(mean_image, CONTRAST)
    norm = PowerNorm(GAMMA, low, max(high, low + 1e-9), clip=True)
    axes.imshow(mean_image, cmap="gray", norm=norm, interpolation="nearest")
    for cell in range(len(cells)):
        shown = cell in scene.shown
        for outline in cells.contour(cell):
            axes.plot(
                *outline.T,
                color=_colour(scene, cell) if shown else "white",
                linewidth=1.8 if shown else 0.6,
                alpha=1.0 if shown else 0.6,
                zorder=3 if shown else 2,
            )
    halo = [withStroke(linewidth=2.5, foreground="black")]
    places = label_places(cells.centres(), cells.n_pixels, scene.shown, mean_image.shape)
    for cell, (y, x) in zip(scene.shown, places, strict=True):
        axes.text(
            x,
            y,
            str(cell),
            color=_colour(scene, cell),
            fontsize=LABEL_SIZE + 1,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=halo,
            zorder=4,
        )
    axes.set_xlim(-0.5, mean_image.shape[1] - 0.5)
    axes.set_ylim(mean_image.shape[0] - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(
        "Mean image with the cells",
        loc="left",
        fontsize=TITLE_SIZE,
        fontweight="bold",
        color=palette.INK,
    )


def _colour(scene: _Scene, cell: int) -> str:
    return palette.ON_BLACK[scene.shown.index(cell) % len(palette.ON_BLACK)]


def label_places(
    centres: np.ndarray, n_pixels: np.ndarray, shown: list[int], shape: tuple[int, ...]
) -> np.ndarray:
    """Where to write the numbers of the ``shown`` cells, (n, 2) y, x: beside them, apart.

    A number stands above its cell, or on the side that is farther from the other shown cells and
    numbers, and within the image of ``shape`` (height, width). ``centres`` (n_cells, 2) y, x;
    ``n_pixels`` (n_cells,).
    """
    margin = 0.035 * max(shape)
    last = np.array(shape[:2]) - 1 - margin
    angles = 2 * np.pi * np.arange(16) / 16
    directions = np.column_stack((-np.cos(angles), np.sin(angles)))  # the first one is upwards
    places: list[np.ndarray] = []
    for cell in shown:
        radius = np.sqrt(n_pixels[cell] / np.pi)
        around = centres[cell] + directions * (radius + margin)
        inside = ((around >= margin) & (around <= last)).all(axis=1)
        taken = np.array([centres[other] for other in shown if other != cell] + places)
        room = np.full(len(around), np.inf)
        if len(taken):
            room = np.hypot(*(around[:, None] - taken).transpose(2, 0, 1)).min(axis=1)
        enough = np.minimum(room, 2 * (radius + margin))
        best = int(np.argmax(np.where(inside, enough, -1.0)))
        places.append(np.clip(around[best], margin, last))
    return np.array(places).reshape(-1, 2)


def _draw_traces(axes: Axes, scene: _Scene, cells: Cells) -> None:
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


def _draw_bars(axes: Axes, scene: _Scene, cell: int, bottom: float) -> None:
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


def _draw_crosstalk(axes: Axes, scene: _Scene, cell: int, line: np.ndarray) -> None:
    """A triangle over each rise that is not the cell's own: hollow when refused, else filled."""
    if scene.crosstalk is None:
        return
    first, after = scene.window
    events = scene.crosstalk
    own = (events.target == cell) & (events.onset >= first) & (events.peak < after)
    refused = rejected(events, scene.predicted)
    for kind, face in ((own & refused, "white"), (own & ~refused, palette.CROSSTALK)):
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


def _finish_traces(axes: Axes, scene: _Scene, overlapping: list[set[int]]) -> None:
    first, after = scene.window
    n = len(scene.shown)
    axes.set_xlim(first / scene.rate, (after - 1) / scene.rate)
    axes.set_ylim(-n + 0.95, 1.12)
    plain(axes, x="time (s)")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    left = axes.get_yaxis_transform()
    for row, (cell, others) in enumerate(zip(scene.shown, overlapping, strict=True)):
        colour = _colour(scene, cell)
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


def _legend(scene: _Scene) -> list:
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
            ("none", "cross-talk, refused"),
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


def _draw_population(figure: Figure, place: object, scene: _Scene) -> None:
    """Raster of all cells with the share of active cells under it, over the whole recording."""
    inner = place.subgridspec(2, 1, height_ratios=(2.2, 1), hspace=0.08)  # type: ignore[attr-defined]
    raster_axes = figure.add_subplot(inner[0])
    n_cells, n_frames = scene.probability.shape
    raster_axes.imshow(
        scene.probability,
        aspect="auto",
        cmap="Blues",
        vmin=0,
        vmax=1,
        interpolation="antialiased",
        extent=(0, n_frames / scene.rate, n_cells - 0.5, -0.5),
    )
    plain(raster_axes, y="cell")
    raster_axes.set_title(
        f"All {n_cells} cells: probability of activity",
        loc="left",
        pad=17,
        fontsize=TITLE_SIZE,
        fontweight="bold",
        color=palette.INK,
    )
    raster_axes.tick_params(labelbottom=False)
    sum_axes = figure.add_subplot(inner[1], sharex=raster_axes)
    seconds = np.arange(n_frames) / scene.rate
    share = 100 * scene.predicted.mean(axis=0)
    sum_axes.fill_between(seconds, 0, share, color=palette.PREDICTION, alpha=0.85, linewidth=0)
    top = float(share.max(initial=0))
    if scene.truth is not None:
        truth = 100 * scene.truth.mean(axis=0)
        sum_axes.plot(seconds, truth, color=palette.TRUTH, linewidth=0.7)
        top = max(top, float(truth.max(initial=0)))
    sum_axes.set_ylim(0, max(top * 1.1, 1))
    sum_axes.set_xlim(0, n_frames / scene.rate)
    plain(sum_axes, x="time (s)", y="cells\nactive (%)")
    sum_axes.legend(
        handles=_population_legend(scene),
        loc="lower right",
        bbox_to_anchor=(1.0, 0.86),
        ncols=2,
        frameon=False,
        fontsize=NOTE_SIZE,
        borderpad=0,
    )
    _mark_window(raster_axes, scene)


def _population_legend(scene: _Scene) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list = [Patch(color=palette.PREDICTION, label="predicted")]
    if scene.truth is not None:
        handles.append(Line2D([], [], color=palette.TRUTH, linewidth=1, label="truth"))
    return handles


def _mark_window(axes: Axes, scene: _Scene) -> None:
    """A bar over the raster where the traces above come from."""
    first, after = (frame / scene.rate for frame in scene.window)
    over = axes.get_xaxis_transform()
    axes.fill_between(
        (first, after), 1.02, 1.1, transform=over, color=palette.INK, lw=0, clip_on=False
    )
    axes.text(
        (first + after) / 2,
        1.058,
        "traces above",
        transform=over,
        ha="center",
        va="center",
        fontsize=NOTE_SIZE - 1,
        color="white",
    )


def _draw_numbers(axes: Axes, scene: _Scene, scores: Scores | None) -> None:
    """The score as dots on a line from 0 to 1 with the numbers beside them."""
    if scores is None:
        _draw_counts(axes, scene)
        return
    rows = _score_rows(scores)
    for row, (name, value, note) in enumerate(rows):
        axes.plot((0, 1), (-row, -row), color=palette.GRID, linewidth=1, zorder=1)
        if value is not None:
            axes.plot((0, value), (-row, -row), color=palette.PREDICTION, linewidth=3, zorder=2)
            axes.plot(value, -row, "o", color=palette.PREDICTION, markersize=8, zorder=3)
        shown = "–" if value is None else f"{value:.2f}"
        axes.text(-0.86, -row, name, va="center", fontsize=LABEL_SIZE)
        axes.text(1.08, -row, shown, va="center", fontsize=LABEL_SIZE + 2, fontweight="bold")
        axes.text(1.36, -row, note, va="center", fontsize=NOTE_SIZE, color=palette.NOTE)
    axes.set_xlim(-0.86, 2.0)
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_axis_off()
    axes.set_title(
        "Score, all transients together",
        loc="left",
        fontsize=TITLE_SIZE,
        fontweight="bold",
        color=palette.INK,
    )


def _score_rows(scores: Scores) -> list[tuple[str, float | None, str]]:
    result = scores.rules.get("paper", scores.rules["runs"])
    counts = result.pooled
    rows: list[tuple[str, float | None, str]] = [
        ("recall", counts.recall, f"{counts.n_detected} of {counts.n_real}"),
        ("precision", counts.precision, f"{counts.n_true} of {counts.n_predicted}"),
        (
            "F1",
            counts.f1,
            "95 %: {:.2f}–{:.2f}".format(*result.interval) if result.interval else "",
        ),
    ]
    if "strict" in scores.rules:
        rows.append(("strict F1", scores.rules["strict"].pooled.f1, ""))
    rows.append(("average precision", scores.frames.average_precision, "frame by frame"))
    if scores.crosstalk is not None:
        refused = scores.crosstalk.all
        note = f"{refused.n_part} of {refused.n}"
        rows.append(("cross-talk refused", refused.value, note))
    return rows


def _draw_counts(axes: Axes, scene: _Scene) -> None:
    n_transients = sum(len(runs(row)) for row in scene.predicted)
    n_active = int(scene.predicted.any(axis=1).sum())
    minutes = scene.predicted.shape[1] / scene.rate / 60
    lines = [
        (f"{n_transients}", "transients predicted"),
        (f"{n_active} of {len(scene.predicted)}", "cells active at least once"),
        (f"{n_transients / minutes / len(scene.predicted):.2f}", "transients per cell and minute"),
    ]
    for row, (value, name) in enumerate(lines):
        height = 0.8 - 0.3 * row
        axes.text(0.0, height, value, fontsize=18, fontweight="bold", color=palette.PREDICTION)
        axes.text(0.0, height - 0.1, name, fontsize=LABEL_SIZE, color=palette.INK)
    axes.set_axis_off()
    axes.set_title(
        "What was found", loc="left", fontsize=TITLE_SIZE, fontweight="bold", color=palette.INK
    )
