"""A piece of a trace's line for the button that shows it: the legend, where it can hide nothing."""

from __future__ import annotations

import tkinter as tk

import numpy as np
from PIL import Image, ImageTk

from deepcinac.gui.drawing.look import Look, px, rgb
from deepcinac.gui.drawing.trace_picture import Pen

LENGTH, HEIGHT = 18, 9


def line_pixels(pen: Pen, width: int, height: int) -> np.ndarray:
    """A level line drawn with ``pen``, (height, width, 4) uint8 with a see-through ground."""
    pixels = np.zeros((height, width, 4), dtype=np.uint8)
    thickness = max(2, round(pen.thickness))
    top = (height - thickness) // 2
    columns = np.arange(width)
    if pen.dash is not None:
        columns = columns[columns % sum(pen.dash) < pen.dash[0]]
    pixels[top : top + thickness, columns] = (*rgb(pen.colour), 255)
    return pixels


def swatch(master: tk.Misc, pen: Pen, look: Look) -> ImageTk.PhotoImage:
    """The line as a picture for a button; whoever uses it has to keep it."""
    pixels = line_pixels(pen, px(look, LENGTH), px(look, HEIGHT))
    return ImageTk.PhotoImage(Image.fromarray(pixels, "RGBA"), master=master)
