"""One recording at a glance: where the cells are, what they did, what was predicted, and how well.

Predicted activity is drawn from the probabilities; where the truth is known it runs beside them, and
cross-talk is marked as rejected or mistaken for activity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.crosstalk import CrosstalkEvents
from deepcinac.evaluation.field_panel import draw_field
from deepcinac.evaluation.figure_scene import FigureScene
from deepcinac.evaluation.figure_style import (
    LABEL_SIZE,
    NOTE_SIZE,
    heading,
    new_figure,
    plain,
    save_figure,
)
from deepcinac.evaluation.score import Scores
from deepcinac.evaluation.showcase import choose_cells, choose_window
from deepcinac.evaluation.trace_panel import draw_traces
from deepcinac.labelling.transients import runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from deepcinac.recording.cells import Cells
from deepcinac.results.kinds import DEFAULT_THRESHOLD

__all__ = ["recording_figure", "save_figure"]

N_SHOWN = 8
WINDOW_S = 60.0


def recording_figure(
    mean_image: np.ndarray,
    cells: Cells,
    traces: np.ndarray,
    probability: np.ndarray,
    frame_rate_hz: float,
    truth_active: np.ndarray | None = None,
    crosstalk: CrosstalkEvents | np.ndarray | None = None,
    threshold: float = DEFAULT_THRESHOLD,
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
    scene = FigureScene(
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
    draw_field(figure.add_subplot(grid[0, 0]), mean_image, cells, scene)
    draw_traces(figure.add_subplot(grid[0, 1]), scene, cells)
    _draw_numbers(figure.add_subplot(grid[1, 0]), scene, scores)
    _draw_population(figure, grid[1, 1], scene)
    return figure


def _draw_heading(figure: Figure, title: str, scene: FigureScene) -> None:
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


def _draw_population(figure: Figure, place: object, scene: FigureScene) -> None:
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
    heading(raster_axes, f"All {n_cells} cells: probability of activity", pad=17)
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


def _population_legend(scene: FigureScene) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list = [Patch(color=palette.PREDICTION, label="predicted")]
    if scene.truth is not None:
        handles.append(Line2D([], [], color=palette.TRUTH, linewidth=1, label="truth"))
    return handles


def _mark_window(axes: Axes, scene: FigureScene) -> None:
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


def _draw_numbers(axes: Axes, scene: FigureScene, scores: Scores | None) -> None:
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
    heading(axes, "Score, all transients together")


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
        share = scores.crosstalk.all
        note = f"{share.n_part} of {share.n}"
        rows.append(("cross-talk rejected", share.value, note))
    return rows


def _draw_counts(axes: Axes, scene: FigureScene) -> None:
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
    heading(axes, "What was found")
