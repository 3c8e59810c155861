"""The figures of a report on demixing: the cells on the field, and light that was taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.report_style import LABEL, TICK, legend_below, print_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepcinac.recording.cells import Cells

Rows = Sequence[dict[str, Any]]


def field_figure(
    rows: Rows, methods: Sequence[str], cells: Cells, mean: np.ndarray, strongest: np.ndarray
) -> Figure:
    """Outlines on the mean image, and on the most that the cells light up, (height, width) both."""
    figure = print_figure(3.6)
    for axes, picture, title in zip(
        figure.subplots(1, 2),
        (mean, strongest),
        ("mean of the movie", "what the cells do"),
        strict=True,
    ):
        low, high = np.percentile(picture, [1, 99.8])
        axes.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, loc="left", fontsize=LABEL, color=palette.INK)
        for cell in range(len(cells)):
            colour = palette.ON_BLACK[cell % len(palette.ON_BLACK)]
            for outline in cells.contour(cell):
                axes.plot(*outline.T, color=colour, linewidth=0.8)
        axes.set(xlim=(-0.5, mean.shape[1] - 0.5), ylim=(mean.shape[0] - 0.5, -0.5))
    return figure


def traces_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """A lane a cell: the mean of its pixels, and its own light."""
    cells = list(dict.fromkeys(row["cell"] for row in rows))
    figure = print_figure(0.8 + 0.75 * len(cells))
    lanes = np.atleast_1d(figure.subplots(len(cells), 1, sharex=True))
    handles: list[Any] = []
    for axes, cell in zip(lanes, cells, strict=True):
        own = [row for row in rows if row["cell"] == cell]
        seconds = [row["time_s"] for row in own]
        [mixed] = axes.plot(seconds, [row["mean_of_pixels"] for row in own], color=palette.FAINT,
                            linewidth=0.9, label="mean of its pixels")  # fmt: skip
        [alone] = axes.plot(seconds, [row["demixed"] for row in own], color=palette.BLUE,
                            linewidth=0.9, label="demixed")  # fmt: skip
        handles = [mixed, alone]
        tidy(axes, y=f"{cell}")
        axes.set_yticks([])
    lanes[-1].set_xlabel("s", fontsize=TICK)
    legend_below(figure, handles, 2)
    return figure
