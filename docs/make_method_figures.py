"""Make the pictures of docs/method.md and docs/thresholds.md from the recording that ships.

    python docs/make_method_figures.py

The masks and inputs are what ``general`` gets to see, made by the code that feeds it; the sizes in the
drawing of the network are read from its card.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import deepcinac as dc
from deepcinac.data import shipped
from deepcinac.evaluation.field_panel import CONTRAST
from deepcinac.evaluation.figure_style import (
    LABEL_SIZE,
    NOTE_SIZE,
    TICK_SIZE,
    new_figure,
    plain,
    save_figure,
)
from deepcinac.evaluation.palette import BLUE, CROSSTALK, FAINT, INK, NOTE, ORANGE, SKY_BLUE
from deepcinac.evaluation.truth import load_truth
from deepcinac.inputs.crops import masked_inputs
from deepcinac.inputs.network_input import NetworkInput, cell_pixels, open_input
from deepcinac.results import Results
from deepcinac.tasks.activity.model import Architecture, parts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deepcinac.recording.cells import Cells

IMAGES = Path(__file__).resolve().parent / "images"
CLASSIFIER = "general"
FRAME_RATE_HZ, PIXEL_SIZE_UM = 10.0, 2.0
INPUTS = (("cell", ORANGE), ("overlapping cells", SKY_BLUE), ("the rest", FAINT))
AROUND = 30
"""Frames of the traces before and after an event."""
SHOWN = (-4, 0, 2, 4, 8)
"""Frames of the movie that are shown, from the onset of an event on."""
THRESHOLDS = np.linspace(0.05, 0.95, 19)
SHADOWS = (-2.0, 7.0)
"""Brightness, in SD of a pixel's noise, that is drawn black and white."""


class Event(NamedTuple):
    """A rise in the trace of a cell, and whose light it is."""

    title: str
    onset: int
    peak: int


class Example(NamedTuple):
    """A cell with a transient of its own and a rise that is a neighbour's light."""

    cell: int
    events: tuple[Event, Event]


def find_example(truth: dict[str, np.ndarray], cells: Cells, patch_px: int) -> Example:
    """The cell in which both kinds of event stand out most.

    Its square lies within the field, and the events are far from both ends of the movie.
    """
    room = patch_px / 2 + 1
    y, x = cells.centres().T
    inside = (np.minimum(y, x) > room) & (y < cells.height - room) & (x < cells.width - room)

    def strongest(rows: np.ndarray, z: np.ndarray, cell: int) -> tuple[float, int, int]:
        n_frames = truth["active"].shape[1]
        onset, peak = rows[:, -2], rows[:, -1]
        good = (rows[:, 0] == cell) & (onset > AROUND) & (peak < n_frames - AROUND)
        if not good.any():
            return 0.0, 0, 0
        best = int(np.flatnonzero(good)[np.argmax(z[good])])
        return float(z[best]), int(onset[best]), int(peak[best])

    crosstalk = truth["crosstalk"]
    masked = crosstalk[:, 1] >= 0
    found = []
    for cell in np.intersect1d(crosstalk[masked, 0], np.flatnonzero(inside)).tolist():
        own = strongest(truth["transients"], truth["transient_z"], cell)
        leak = strongest(crosstalk[masked], truth["crosstalk_z"][masked], cell)
        found.append((min(own[0], leak[0]), cell, own, leak))
    _, cell, own, leak = max(found)
    return Example(
        cell,
        (
            Event("a transient of the cell", own[1], own[2]),
            Event("light of a neighbour", leak[1], leak[2]),
        ),
    )


def draw_masks(mean_image: np.ndarray, source: NetworkInput, cell: int, patch_px: int) -> None:
    """The field, the square around a cell, and its three masks."""
    from matplotlib.patches import Rectangle

    figure = new_figure(9.0, 2.6)
    field, *parts = figure.subplots(1, 4, width_ratios=(1.35, 1, 1, 1))
    low, high = np.percentile(mean_image, CONTRAST)
    field.imshow(mean_image, cmap="gray", vmin=low, vmax=high)
    y, x = (float(np.rint(place)) for place in source.cells.centres()[cell])
    neighbours = source.cells.overlaps.neighbours(cell).tolist()
    for other in range(len(source.cells)):
        colour = ORANGE if other == cell else SKY_BLUE if other in neighbours else "white"
        for outline in source.cells.contour(other):
            field.plot(*outline.T, color=colour, linewidth=1.4 if colour != "white" else 0.5)
    field.set(xlim=(-0.5, mean_image.shape[1] - 0.5), ylim=(mean_image.shape[0] - 0.5, -0.5))
    half = patch_px / 2
    field.add_patch(
        Rectangle((x - half, y - half), patch_px, patch_px, fill=False, color="yellow", lw=1.4)
    )
    _without_axes(field, f"cell {cell}, and the square around it")
    pixels, masks = cell_pixels(source, patch_px)
    patch = np.append(mean_image, 0.0)[pixels[cell]].reshape(patch_px, patch_px)
    for axes, mask, (name, colour) in zip(parts, masks[cell], INPUTS, strict=True):
        axes.imshow(patch, cmap="gray", vmin=low, vmax=high)
        shade = np.zeros((patch_px, patch_px, 4))
        shade[~mask.reshape(patch_px, patch_px)] = (0, 0, 0, 1)
        axes.imshow(shade)
        for spine in axes.spines.values():
            spine.set(color=colour, linewidth=3)
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=LABEL_SIZE, color=INK)
    figure.tight_layout()
    save_figure(figure, IMAGES / "method-masks.png")


def draw_inputs(
    source: NetworkInput, example: Example, probability: np.ndarray, patch_px: int
) -> None:
    """What the network gets of two rises of one cell that look alike in the trace."""
    figure = new_figure(9.0, 4.9)
    halves = figure.subfigures(1, 2, wspace=0.02)
    pixels, masks = cell_pixels(source, patch_px)
    for half, event in zip(halves, example.events, strict=True):
        grid = half.add_gridspec(4, len(SHOWN), height_ratios=(1, 1, 1, 1.35), hspace=0.1, wspace=0.05,
                                 left=0.13, right=0.92, top=0.89, bottom=0.1)  # fmt: skip
        half.suptitle(event.title, x=0.13, ha="left", fontsize=LABEL_SIZE + 1, fontweight="bold")
        first, last = event.onset - AROUND, event.onset + AROUND
        frames, _ = source.block(first, last)
        patch = frames[:, pixels[example.cell]]
        inputs = masked_inputs(patch, masks[example.cell])
        for column, offset in enumerate(SHOWN):
            for row, (name, _colour) in enumerate(INPUTS):
                axes = half.add_subplot(grid[row, column])
                image = inputs[AROUND + offset, row].reshape(patch_px, patch_px)
                axes.imshow(image, cmap="gray", vmin=SHADOWS[0], vmax=SHADOWS[1])
                axes.set(xticks=[], yticks=[])
                if row == 0:
                    axes.set_title(f"{offset / FRAME_RATE_HZ:+.1f} s", fontsize=TICK_SIZE)
                if column == 0:
                    axes.set_ylabel(name.replace(" ", "\n"), fontsize=TICK_SIZE)
        axes = half.add_subplot(grid[3, :])
        mask = masks[example.cell, 0]
        seconds = (np.arange(first, last) - event.onset) / FRAME_RATE_HZ
        axes.plot(seconds, patch[:, mask].mean(1), color=INK, lw=1.1, label="trace (SD of a pixel)")
        plain(axes, x="s from the onset")
        axes.set_ylim(-0.6, 2)
        chance = axes.twinx()
        chance.plot(seconds, probability[first:last], color=BLUE, lw=1.6, label="probability")
        chance.set_ylim(-0.33, 1.1)
        chance.set_yticks([0, 0.5, 1], ["0", ".5", "1"], fontsize=TICK_SIZE, color=BLUE)
        for side in ("top", "left", "bottom", "right"):
            chance.spines[side].set_visible(False)
        axes.axvspan(
            0, (event.peak - event.onset) / FRAME_RATE_HZ, color=CROSSTALK, alpha=0.15, lw=0
        )
        lines = axes.get_lines() + chance.get_lines()
        axes.legend(handles=lines, fontsize=TICK_SIZE, frameon=False, loc="upper left")
    save_figure(figure, IMAGES / "method-inputs.png")


def draw_network(sizes: Architecture) -> None:
    """The layers as boxes, from the images to the two numbers of a frame."""
    figure = new_figure(9.0, 4.0)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 90), ylim=(0, 40))
    axes.axis("off")
    side, encoder = sizes.patch_px, []
    for filters, kernel, stride in zip(sizes.filters, sizes.kernels, sizes.strides, strict=True):
        side = -(-side // stride)
        every = "" if stride == 1 else f"\nevery {stride} px"
        encoder.append(f"convolution\n{kernel} x {kernel} px{every}\n{side} x {side} x {filters}")
    frames, width = sizes.window_frames, sizes.frame_features
    above = [
        f"3 images\nof a frame\n{sizes.patch_px} x {sizes.patch_px} px each",
        *encoder,
        f"dense layer\n{width} features\nof each image",
    ]
    below = [
        f"{frames} frames x\n({len(INPUTS) * width} features\n+ {sizes.n_scalars} numbers)",
        f"convolution\nover 5 frames\n{sizes.temporal_filters} features",
        "attention:\nwhich frames of\nthe window matter",
        f"{sizes.recurrent.upper()} forwards\nand backwards\n2 x {sizes.recurrent_units} features",
        "for each frame:\nprobability,\nexpected spikes",
    ]
    _row(axes, above, 28, (ORANGE, INK))
    _row(axes, below, 2, (INK, BLUE))
    _box(axes, 2, 14.5, f"{sizes.n_scalars} numbers\nof a frame,\nfrom demixing", SKY_BLUE)
    _arrow(axes, (9, 14.5), (9, 11))
    axes.plot([81, 81, 18.5, 18.5], [28, 25.5, 25.5, 12.5], color=NOTE, lw=1.2)
    _arrow(axes, (18.5, 12.5), (14, 11))
    about = {"ha": "center", "fontsize": LABEL_SIZE, "color": NOTE}
    axes.text(45, 38.3, "the same small network for each image of each frame", **about)
    axes.text(54, 12.6, f"windows of {frames} frames overlap and are averaged", **about)
    save_figure(figure, IMAGES / "method-network.png")


BOX = (14.0, 9.0)
"""Width and height of a box, in hundredths of the figure's width."""


def _row(axes: Axes, texts: list[str], y: float, ends: tuple[str, str]) -> None:
    """Boxes from left to right with arrows between; the colours of the first and the last."""
    step = (90 - 4 - BOX[0]) / (len(texts) - 1)
    for place, text in enumerate(texts):
        x = 2 + step * place
        colour = {0: ends[0], len(texts) - 1: ends[1]}.get(place, INK)
        _box(axes, x, y, text, colour)
        if place:
            _arrow(axes, (x - step + BOX[0], y + BOX[1] / 2), (x, y + BOX[1] / 2))


def _box(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    shape = "round,pad=0,rounding_size=0.8"
    axes.add_patch(
        FancyBboxPatch((x, y), *BOX, boxstyle=shape, facecolor="white", edgecolor=colour, lw=1.6)
    )
    middle = (x + BOX[0] / 2, y + BOX[1] / 2)
    axes.text(*middle, text, ha="center", va="center", fontsize=NOTE_SIZE, color=INK)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": NOTE, "shrinkA": 0, "shrinkB": 0}
    )


def _without_axes(axes: Axes, title: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=LABEL_SIZE, color=INK)


def draw_thresholds(results: Results, truth_path: Path) -> None:
    """Recall and precision at every threshold, and one trace cut at three of them."""
    truth = load_truth(truth_path)
    scores = [dc.evaluate(truth, results, threshold=float(cut)) for cut in THRESHOLDS]
    pooled = [one.rules["strict"].pooled for one in scores]
    figure = new_figure(6.2, 3.2)
    axes = figure.add_subplot()
    for name, colour, line in (
        ("recall", BLUE, "--"),
        ("precision", ORANGE, "-."),
        ("f1", INK, "-"),
    ):
        values = [getattr(one, name) for one in pooled]
        axes.plot(
            THRESHOLDS, values, line, color=colour, lw=1.8, label="F1" if name == "f1" else name
        )
    plain(axes, x="threshold", y="of transients", grid="y")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(fontsize=LABEL_SIZE, frameon=False, loc="lower left")
    figure.tight_layout()
    save_figure(figure, IMAGES / "thresholds.png")


def make() -> None:
    """Write the pictures."""
    folder = shipped("demo")
    classifier = dc.find_classifier(CLASSIFIER)
    parts = parts_of(classifier.card)
    sizes = parts.architecture
    with dc.open_recording(
        folder / "movie.tif", folder / "cells.npz",
        frame_rate_hz=FRAME_RATE_HZ, pixel_size_um=PIXEL_SIZE_UM,
    ) as recording:  # fmt: skip
        results = dc.predict(recording, classifier)
        movie, cells = recording.movie, recording.cells
        with np.load(folder / "truth.npz") as arrays:
            example = find_example(dict(arrays), cells, sizes.patch_px)
        rates = (recording.frame_rate_hz, recording.pixel_size_um)
        source = open_input(movie, cells, *rates, parts.input_form, sizes.n_scalars)
        mean_image = movie.frames(0, movie.n_frames).mean(0)
        draw_masks(mean_image, source, example.cell, sizes.patch_px)
        draw_inputs(source, example, results["probability"].array[example.cell], sizes.patch_px)
    draw_network(sizes)
    draw_thresholds(results, folder / "truth.npz")


if __name__ == "__main__":
    make()
