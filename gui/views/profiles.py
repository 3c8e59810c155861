"""Whose light a transient is: source profiles of the cell and its neighbours, and the transient's."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcinac.gui.drawing import paint
from deepcinac.gui.drawing.contrast import automatic_limits, grey
from deepcinac.gui.drawing.image_canvas import visible_part
from deepcinac.gui.drawing.look import Look
from deepcinac.gui.drawing.outline_style import NEIGHBOUR, SELECTED
from deepcinac.gui.drawing.peak_marks import in_words
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.profile_layout import ProfileGrid, profile_grid
from deepcinac.gui.drawing.text import LARGE, NORMAL, SMALL, Anchor, shortened, write
from deepcinac.gui.drawing.view import View, nothing
from deepcinac.gui.drawing.viewport import ImageAxes

PERCENTILES = (2.0, 99.8)
VERDICT_PX = 22


@dataclass(frozen=True)
class ProfilePanel:
    """One column: a cell's source profile and the transient's profile in the same box.

    ``source`` and ``transient`` are (h, w); ``outline`` has loops (k, 2) of x, y inside the box;
    ``correlation`` is that of the two. ``own`` is the cell itself, the others overlap it.
    """

    cell: int
    source: np.ndarray | None
    transient: np.ndarray | None = None
    correlation: float | None = None
    outline: Sequence[np.ndarray] = field(default_factory=tuple)
    own: bool = False


class ProfilesView(View):
    """A column for the cell and each overlapping cell: source above, transient below.

    ``on_select(cell)``: a neighbour's column was clicked.
    """

    def __init__(
        self, parent: tk.Misc, look: Look, *, on_select: Callable[[int], object] = nothing
    ) -> None:
        super().__init__(parent, look, 320, 180)
        self._on_select = on_select
        self.panels: list[ProfilePanel] = []
        self.verdict, self.title, self.note = "", "", ""
        self.grid_shown: ProfileGrid | None = None
        self._photo = CanvasPhoto(self.canvas)
        self.canvas.bind("<ButtonRelease-1>", self._clicked, add=True)

    def set_profiles(
        self, panels: Sequence[ProfilePanel], verdict: str = "", title: str = ""
    ) -> None:
        """Show these columns; ``title`` names the transient, ``verdict`` says whose it is."""
        self.panels, self.verdict, self.title = list(panels), verdict, title
        self.ask_to_draw()

    def clear(self, note: str = "") -> None:
        """Show a text instead."""
        self.panels, self.verdict, self.title, self.note = [], "", "", note
        self.ask_to_draw()

    def draw(self, width: int, height: int) -> None:
        """A row of profiles for each cell, and the verdict."""
        self.canvas.delete("over")
        pixels = paint.new_pixels(height, width, self.look.panel)
        if not self.panels:
            self._photo.show(pixels)
            self._write(width / 2, height / 2, self.note, "center", size=LARGE, room=width * 0.8)
            return
        head = self.px(VERDICT_PX) if self.verdict or self.title else 0
        grid = profile_grid(width, height, len(self.panels), self.look.scale, head)
        self.grid_shown = grid
        self._write_head(width)
        self._write_names(grid)
        transient_limits = self._limits([panel.transient for panel in self.panels])
        for i, panel in enumerate(self.panels[: grid.n]):
            limits = self._limits([panel.source])
            self._draw_image(pixels, panel, panel.source, limits, grid.sources[i], grid.size)
            self._draw_image(
                pixels, panel, panel.transient, transient_limits, grid.transients[i], grid.size
            )
            self._write_panel(panel, i, grid)
        hidden = len(self.panels) - grid.n
        if hidden > 0:
            self._write(width - self.px(4), height - self.px(2), f"+{hidden} more", "se")
        self._photo.show(pixels)

    def _limits(self, images: Sequence[np.ndarray | None]) -> tuple[float, float]:
        """One contrast for all that is compared: a neighbour's light must look as strong as it is."""
        values = [image.ravel() for image in images if image is not None]
        return automatic_limits(np.concatenate(values), PERCENTILES) if values else (0.0, 1.0)

    def _draw_image(
        self,
        pixels: np.ndarray,
        panel: ProfilePanel,
        image: np.ndarray | None,
        limits: tuple[float, float],
        corner: tuple[int, int],
        size: int,
    ) -> None:
        left, top = corner
        part = paint.area(pixels, left, top, left + size, top + size)
        if image is None:
            paint.words(part)[...] = paint.word(self.look.grid)
            self._write(left + size / 2, top + size / 2, "none", "center")
            return
        axes = ImageAxes.fitting(size, size, image.shape[1], image.shape[0])
        shades = grey(np.asarray(image, dtype=np.float32), *limits)
        inner = paint.area(
            part, axes.left, axes.top, size - axes.left, size - axes.top
        )  # images need not be square; beside them the panel stays
        corner_axes = ImageAxes(
            axes.scale, axes.left - round(axes.left), axes.top - round(axes.top)
        )
        shown = visible_part(shades, corner_axes, inner.shape[1], inner.shape[0], 0)
        inner[..., :3] = shown[..., None]
        colour = SELECTED if panel.own else NEIGHBOUR
        placed = ImageAxes(axes.scale, axes.left + left, axes.top + top)
        for loop in panel.outline:
            self.canvas.create_line(
                placed.points(np.asarray(loop, float)).ravel().tolist(),
                fill=colour,
                width=self.px(1.4),
                dash=() if panel.own else (self.px(4), self.px(3)),
                tags="over",
            )

    def _write_head(self, width: int) -> None:
        y = self.px(VERDICT_PX) / 2
        title = self._write(self.px(6), y, self.title, "w")
        start = (self.canvas.bbox(title) or (0, 0, 0, 0))[2] + self.px(8)
        font = self.look.font(NORMAL)
        text = shortened(self.canvas, self.verdict, font, width - start - self.px(4))
        self._write(start, y, text, "w", size=NORMAL, colour=self.look.ink)

    def _write_names(self, grid: ProfileGrid) -> None:
        """What the two rows (or columns) of images are."""
        for name, (left, top) in zip(
            ("source", "transient"), (grid.sources[0], grid.transients[0]), strict=True
        ):
            if grid.upright:
                self._write(left + grid.size / 2, top - self.px(3), name, "s")
            else:
                self._write(self.px(6), top + grid.size / 2, name, "w")

    def _write_panel(self, panel: ProfilePanel, i: int, grid: ProfileGrid) -> None:
        """The number of the cell and its correlation."""
        colour = self.look.ink if panel.own else self.look.faint
        value = panel.correlation
        known = value is not None and bool(np.isfinite(value))
        left, top = grid.sources[i]
        end_left, end_top = grid.transients[i]
        wide = grid.upright or grid.size >= self.px(46)
        name = f"cell {panel.cell}" if wide else str(panel.cell)
        text = in_words(value) if known and value is not None else ""
        text = f"r = {text}" if text and wide else text
        if grid.upright:
            middle = top + grid.size / 2
            self._write(self.px(6), middle, name, "w", colour=colour)
            self._write(end_left + grid.size + self.px(6), middle, text, "w", colour=self.look.ink)
        else:
            middle = left + grid.size / 2
            self._write(middle, top - self.px(3), name, "s", colour=colour)
            y = end_top + grid.size + self.px(2)
            self._write(middle, y, text, "n", colour=self.look.ink)

    def _write(
        self,
        x: float,
        y: float,
        text: str,
        anchor: Anchor,
        size: int = SMALL,
        room: float = 0,
        colour: str | None = None,
    ) -> int:
        return write(self.canvas, x, y, text, self.look, anchor, size, colour, room, tags="over")

    def _clicked(self, event: Any) -> None:
        grid = self.grid_shown
        at = None if grid is None or not self.panels else grid.at(event.x, event.y)
        if at is not None and at < len(self.panels) and not self.panels[at].own:
            self._on_select(self.panels[at].cell)
