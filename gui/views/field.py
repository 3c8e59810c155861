"""The field: the mean image or another, or the live frame, with the outlines of the cells."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deepcinac.gui.drawing import image_canvas
from deepcinac.gui.drawing.contrast import automatic_limits
from deepcinac.gui.drawing.field_images import LIVE, FieldImages
from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.gui.drawing.field_overlay import NUMBERS_FROM_PX, FieldOverlay
from deepcinac.gui.drawing.look import Look, rgb
from deepcinac.gui.drawing.outline_style import PLAIN, OutlineStyle, outline_style
from deepcinac.gui.drawing.photo import CanvasPhoto
from deepcinac.gui.drawing.scale_bar import draw_scale_bar
from deepcinac.gui.drawing.text import LARGE, write
from deepcinac.gui.drawing.view import View, bind_right_button, bind_wheel, nothing
from deepcinac.gui.drawing.viewport import ImageAxes

WHEEL_ZOOM = 1.25
MAX_SCALE = 60.0
CLICK_PX = 4
MARGIN = 6


class FieldView(View):
    """Images of the whole field with the outlines of the cells.

    Callbacks: ``on_select(cell)`` click; ``on_hover(x, y, value)`` pointer over pixel (x, y), all
    None beside the image; ``on_context(cell | None, x_root, y_root)`` right click.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        *,
        on_select: Callable[[int], object] = nothing,
        on_hover: Callable[[int | None, int | None, float | None], object] = nothing,
        on_context: Callable[[int | None, int, int], object] = nothing,
    ) -> None:
        super().__init__(parent, look, 360, 360)
        self._on_select, self._on_hover, self._on_context = on_select, on_hover, on_context
        self.images = FieldImages()
        self.axes: ImageAxes | None = None
        self.selected: int | None = None
        self.note = ""
        self._fitted = True
        self._outlines: list[list[np.ndarray]] = []
        self._boxes, self._centres = np.empty((0, 4)), np.empty((0, 2))
        self._states: list[str] = []
        self._neighbours: set[int] = set()
        self._with_outlines = True
        self._pixel_size_um: float | None = None
        self._outlines_at: ImageAxes | None = None
        self._photo = CanvasPhoto(self.canvas)
        self._overlay = FieldOverlay(self.canvas)
        self._press_at: tuple[int, int] | None = None
        self._pan_from: tuple[int, int] | None = None
        self._bind_hand()

    # ---- what is shown -------------------------------------------------------------------------

    def set_images(self, images: Mapping[str, np.ndarray]) -> None:
        """Images (h, w) by name; the first is shown unless the present one is among them."""
        self.images.take(images)
        self.ask_to_draw()

    def show_image(self, name: str) -> None:
        """Show one of the images, or the "live" frame."""
        self.images.shown = name
        self.ask_to_draw()

    def set_live_frame(self, frame: np.ndarray) -> None:
        """The present frame (h, w); drawn at once while "live" is shown."""
        self.images.take_live(frame)
        if self.images.shown == LIVE:
            self._draw_image()

    def set_map(self, field_map: FieldMap | None) -> None:
        """Values over the image, with a bar that explains their colours; None: the image alone."""
        if self._overlay.set_map(field_map):
            self.ask_to_draw()

    def set_cells(self, outlines: Sequence[Sequence[np.ndarray]], states: Sequence[str]) -> None:
        """Outlines of all cells, closed loops (k, 2) of x, y each, and their states.

        States: "plain", "labelled", "predicted", "invalid", "review".
        """
        self._outlines = [[np.asarray(loop, float) for loop in loops] for loops in outlines]
        self._boxes = image_canvas.outline_boxes(self._outlines)
        self._centres = np.column_stack(
            [self._boxes[:, [0, 2]].mean(axis=1), self._boxes[:, [1, 3]].mean(axis=1)]
        )
        self._states = list(states)
        self.selected, self._neighbours = None, set()
        self._outlines_at = None
        self.ask_to_draw()

    def set_states(self, states: Sequence[str]) -> None:
        """Other states; only the cells that changed are drawn again."""
        before, self._states = self._states, list(states)
        changed = [i for i, state in enumerate(before) if state != self._state(i)]
        for cell in changed:
            self._style(cell)

    def select(self, cell: int | None, neighbours: Sequence[int] = ()) -> None:
        """Mark a cell and the cells that overlap it."""
        before = {self.selected, *self._neighbours} - {None}
        self.selected, self._neighbours = cell, {int(i) for i in neighbours}
        for i in before | {cell, *self._neighbours} - {None}:
            self._style(int(i))  # type: ignore[arg-type]
        if cell is not None:
            self.canvas.tag_raise(f"cell{cell}")
        self._draw_numbers()

    def _state(self, cell: int) -> str:
        return self._states[cell] if cell < len(self._states) else PLAIN

    def reveal(self, cell: int) -> None:
        """Bring a cell into view, at the zoom there is; the whole field shows them all."""
        if not 0 <= cell < len(self._outlines) or self.axes is None or self._fitted:
            return
        self._bring(*self._centres[cell])

    def _bring(self, x: float, y: float) -> None:
        """Move a point of the image into the middle, where it is near the border or outside."""
        if self.axes is None:
            return
        width, height = self._room()
        at_x, at_y = self.axes.to_screen(x, y)
        inside = 0.1 * width < at_x < 0.9 * width and 0.1 * height < at_y < 0.9 * height
        if not inside and not self._fitted:
            self._move(self.axes.panned(width / 2 - at_x, height / 2 - at_y))

    def cells_in_view(self) -> list[int]:
        """Cells whose centre is on the canvas; all of them before anything is drawn."""
        if self.axes is None:
            return list(range(len(self._outlines)))
        points = self.axes.points(self._centres)
        inside = (points >= 0).all(axis=1) & (points <= self._room()).all(axis=1)
        return np.flatnonzero(inside).tolist()

    def set_proposals(
        self, loops: Sequence[Sequence[np.ndarray]], chosen: int | None = None
    ) -> None:
        """Outlines that are no cells, dashed; the ``chosen`` one is thick and brought into view."""
        self._overlay.propose(loops, chosen)
        middle = self._overlay.middle_of_chosen()
        if middle is not None:
            self._bring(*middle)
        self._overlay.draw_proposals(self.axes, self.look)

    def set_box(self, box: tuple[int, int, int, int] | None) -> None:
        """The part that the movie shows (top, bottom, left, right; ends excluded), dashed."""
        self._overlay.box = box
        self._overlay.draw_box(self.axes, self.look)

    def show_outlines(self, on: bool) -> None:
        """With or without outlines."""
        self._with_outlines = on
        self.canvas.itemconfigure("outline", state="normal" if on else "hidden")

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Micrometres of a pixel, for the scale bar; without them there is none."""
        self._pixel_size_um = pixel_size_um
        self._draw_scale_bar()

    def set_note(self, note: str) -> None:
        """A text where there is nothing to show."""
        self.note = note
        self.ask_to_draw()

    def set_theme(self, look: Look) -> None:
        """Other colours."""
        self._outlines_at = None
        super().set_theme(look)

    # ---- contrast ------------------------------------------------------------------------------

    def contrast(self) -> tuple[float, float]:
        """The values shown black and white in the present image."""
        return self.images.limits

    def set_contrast(self, low: float, high: float) -> None:
        """Values shown black and white; each image keeps its own."""
        self.images.limits = (low, high)
        self._draw_image()

    def auto_contrast(self) -> tuple[float, float]:
        """Set black and white to percentiles of the present image, and return them."""
        image = self.images.image()
        if image is not None:
            self.set_contrast(*automatic_limits(image))
        return self.contrast()

    def data_range(self) -> tuple[float, float]:
        """Lowest and highest value of the present image, for the ends of sliders."""
        return self.images.extremes()

    # ---- zoom ----------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole field."""
        self._fitted, self.axes = True, None
        self.ask_to_draw()

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """``factor`` times larger about a point of the canvas (its middle)."""
        image = self.images.image()
        if self.axes is None or image is None:
            return
        width, height = self._room()
        smallest = ImageAxes.fitting(width, height, image.shape[1], image.shape[0], 0).scale * 0.5
        factor = float(np.clip(self.axes.scale * factor, smallest, MAX_SCALE)) / self.axes.scale
        x, y = at or (width / 2, height / 2)
        self._move(self.axes.zoomed(factor, x, y))

    def _move(self, axes: ImageAxes) -> None:
        image = self.images.image()
        if image is None:
            return
        self._fitted = False
        self.axes = axes.kept(*self._room(), image.shape[1], image.shape[0])
        self.ask_to_draw()

    def _room(self) -> tuple[int, int]:
        return self.canvas.winfo_width(), self.canvas.winfo_height()

    # ---- drawing -------------------------------------------------------------------------------

    def draw(self, width: int, height: int) -> None:
        """The image, the outlines and the numbers."""
        image = self.images.image()
        self.canvas.delete("note")
        if image is None:
            self._photo.hide()
            self.canvas.delete("outline", "number", "box", "bar", "map")
            self._outlines_at = None
            middle, room = (width / 2, height / 2), width * 0.8
            write(self.canvas, *middle, self.note, self.look, size=LARGE, room=room, tags="note")
            return
        if self.axes is None or self._fitted:
            self.axes = ImageAxes.fitting(
                width, height, image.shape[1], image.shape[0], self.px(MARGIN)
            )
        self._draw_image()
        self._draw_outlines(self.axes)
        self._overlay.draw(self.axes, self.look)
        self._draw_numbers()
        self._draw_scale_bar()

    def _draw_image(self) -> None:
        shades = self.images.shades()
        if shades is not None and self.axes is not None:
            outside = round(sum(rgb(self.look.panel)) / 3)
            width, height = self._room()
            shown = image_canvas.visible_part(shades, self.axes, width, height, outside)
            self._photo.show(self._overlay.over(shown, shades.shape, self.axes))

    def _draw_outlines(self, axes: ImageAxes) -> None:
        """Outlines are made once; Tk itself moves and scales them, whatever their number."""
        canvas, before = self.canvas, self._outlines_at
        if before is None:
            canvas.delete("outline")
            for cell, loops in enumerate(self._outlines):
                for loop in loops:
                    points = axes.points(loop).ravel().tolist()
                    canvas.create_line(points, tags=("outline", f"cell{cell}"))
                self._mark(cell, axes)
                self._style(cell)
            self.show_outlines(self._with_outlines)
        elif before != axes:
            factor = axes.scale / before.scale
            canvas.scale("outline", before.left, before.top, factor, factor)
            canvas.move("outline", axes.left - before.left, axes.top - before.top)
        self._outlines_at = axes
        if self.selected is not None:
            canvas.tag_raise(f"cell{self.selected}")

    def _mark(self, cell: int, axes: ImageAxes) -> None:
        """A sign at the centre, kept empty until the state asks for one."""
        if self._outlines[cell]:
            self.canvas.create_text(
                *axes.to_screen(*self._centres[cell]),
                text="",
                font=(*self.look.font(10)[:2], "bold"),
                tags=("outline", f"marked{cell}"),
            )

    def _style_of(self, cell: int) -> OutlineStyle:
        return outline_style(
            self._state(cell), self.look, cell == self.selected, cell in self._neighbours
        )

    def _style(self, cell: int) -> None:
        if not 0 <= cell < len(self._outlines):
            return
        style = self._style_of(cell)
        self.canvas.itemconfigure(
            f"cell{cell}", fill=style.colour, width=style.width, dash=style.dash
        )
        self.canvas.itemconfigure(
            f"marked{cell}", text={"x": "×"}.get(style.mark, style.mark), fill=style.colour
        )

    def _draw_numbers(self) -> None:
        """Numbers of the selected cell and its neighbours; of all, inside, where there is room."""
        shown = [] if self.axes is None or not self._outlines else self._numbered(self.axes)
        colours = {cell: self._style_of(cell).colour for cell in shown}
        self._overlay.draw_numbers(self.axes, self.look, self._boxes, colours)

    def _numbered(self, axes: ImageAxes) -> list[int]:
        chosen = [] if self.selected is None else [self.selected]
        chosen += sorted(self._neighbours)
        if not self._with_outlines:
            return chosen
        sizes = (self._boxes[:, 2] - self._boxes[:, 0]) * axes.scale
        if np.nanmedian(sizes) < NUMBERS_FROM_PX * self.look.scale:
            return chosen
        return chosen + [cell for cell in self.cells_in_view() if cell not in chosen]

    def _draw_scale_bar(self) -> None:
        self.canvas.delete("bar")
        image, um = self.images.image(), self._pixel_size_um
        if self.axes is not None and image is not None and um:
            draw_scale_bar(self.canvas, self.look, self.axes, image.shape[:2], self._room(), um)

    # ---- the mouse -----------------------------------------------------------------------------

    def _bind_hand(self) -> None:
        bind = self.canvas.bind
        bind("<ButtonPress-1>", self._press, add=True)
        bind("<B1-Motion>", self._drag, add=True)
        bind("<ButtonRelease-1>", self._release, add=True)
        bind("<Motion>", self._hover, add=True)
        bind("<Leave>", lambda _: self._on_hover(None, None, None), add=True)
        bind("<Double-Button-1>", lambda event: self._centre(event), add=True)
        bind_wheel(self.canvas, lambda e, steps: self.zoom(WHEEL_ZOOM**steps, (e.x, e.y)))
        bind_right_button(self.canvas, self._context)

    def cell_at(self, screen_x: float, screen_y: float) -> int | None:
        """The cell under a point of the canvas."""
        if self.axes is None or not self._outlines:
            return None
        x, y = self.axes.to_image(screen_x, screen_y)
        return image_canvas.outline_at(self._outlines, self._boxes, self._centres, x, y)

    def _press(self, event: Any) -> None:
        self.canvas.focus_set()
        self._press_at, self._pan_from = (event.x, event.y), None

    def _drag(self, event: Any) -> None:
        if self._press_at is None or self.axes is None:
            return
        moved = max(abs(event.x - self._press_at[0]), abs(event.y - self._press_at[1]))
        if self._pan_from is None and moved < self.px(CLICK_PX):
            return
        from_x, from_y = self._pan_from or self._press_at
        self._pan_from = (event.x, event.y)
        self.canvas.configure(cursor="fleur")
        self._move(self.axes.panned(event.x - from_x, event.y - from_y))

    def _release(self, event: Any) -> None:
        clicked = self._press_at is not None and self._pan_from is None
        self._press_at = self._pan_from = None
        self.canvas.configure(cursor="")
        if clicked:
            cell = self.cell_at(event.x, event.y)
            if cell is not None:
                self._on_select(cell)

    def _centre(self, event: Any) -> None:
        """A double click beside all cells shows the whole field."""
        if self.cell_at(event.x, event.y) is None:
            self.fit()

    def _hover(self, event: Any) -> None:
        image = self.images.image()
        if image is None or self.axes is None:
            return
        x, y = self.axes.pixel(event.x, event.y)
        if not (0 <= x < image.shape[1] and 0 <= y < image.shape[0]):
            self._on_hover(None, None, None)
            return
        self._on_hover(x, y, float(image[y, x]))

    def _context(self, event: Any) -> None:
        self._on_context(self.cell_at(event.x, event.y), event.x_root, event.y_root)
