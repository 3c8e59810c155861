"""The scale bar of an image."""

from __future__ import annotations

import tkinter as tk

from deepcinac.gui.drawing.look import Look, px
from deepcinac.gui.drawing.text import write
from deepcinac.gui.drawing.viewport import ImageAxes, scale_bar


def draw_scale_bar(
    canvas: tk.Canvas,
    look: Look,
    axes: ImageAxes,
    shape: tuple[int, ...],
    room: tuple[int, int],
    pixel_size_um: float,
) -> None:
    """A bar of a round length in the lower right corner of an image of ``shape`` (h, w), tagged "bar".

    On the image, where the ground is dark whatever the theme; ``room`` is the canvas's width, height.
    """
    length, bar = scale_bar(axes.scale / pixel_size_um, room[0] * 0.25)
    right = min(room[0], axes.left + shape[1] * axes.scale) - px(look, 10)
    bottom = min(room[1], axes.top + shape[0] * axes.scale) - px(look, 10)
    thick, text_y = px(look, 3), bottom - px(look, 4)
    for shift, colour in ((1, "#000000"), (0, "#ffffff")):
        ends = right - bar + shift, bottom - thick + shift, right + shift, bottom + shift
        canvas.create_rectangle(*ends, fill=colour, outline="", tags="bar")
        at = right - bar / 2 + shift, text_y + shift
        write(canvas, *at, f"{length:g} \u00b5m", look, "s", colour=colour, tags="bar")
