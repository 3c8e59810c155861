"""The field of view: mean image, outlines of all cells, numbers of those whose traces are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepcinac.evaluation.figure_scene import FigureScene, colour_of
from deepcinac.evaluation.figure_style import LABEL_SIZE, heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deepcinac.recording.cells import Cells

CONTRAST = (1.0, 99.8)  # percentiles of the mean image that become black and white
GAMMA = 0.6  # lifts dim cells beside bright ones


def draw_field(axes: Axes, mean_image: np.ndarray, cells: Cells, scene: FigureScene) -> None:
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
                color=colour_of(scene, cell) if shown else "white",
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
            color=colour_of(scene, cell),
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
    heading(axes, "Mean image with the cells")


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
