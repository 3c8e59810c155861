"""One picture of a canvas that is pasted into: ten times cheaper than a new one for every frame."""

from __future__ import annotations

import tkinter as tk

import numpy as np
from PIL import Image, ImageTk


class CanvasPhoto:
    """A picture at (left, top) of a canvas; a new one is made only when its size changes."""

    def __init__(self, canvas: tk.Canvas, left: int = 0, top: int = 0) -> None:
        self._canvas = canvas
        self.item = canvas.create_image(left, top, anchor="nw")
        canvas.tag_lower(self.item)
        self._photo: ImageTk.PhotoImage | None = None
        self._size = ("", 0, 0)

    def show(self, pixels: np.ndarray) -> None:
        """Show grey (h, w) or coloured (h, w, 4) uint8 pixels (see :mod:`.paint`)."""
        height, width = pixels.shape[:2]
        # Four bytes a pixel are handed to Tk as they are; three would have to be picked out first.
        mode = "L" if pixels.ndim == 2 else "RGBA"
        pixels = np.ascontiguousarray(pixels)
        picture = Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1)
        if self._photo is None or self._size != (mode, width, height):
            self._photo = ImageTk.PhotoImage(picture, master=self._canvas)
            self._size = (mode, width, height)
            self._canvas.itemconfigure(self.item, image=self._photo)
        else:
            self._photo.paste(picture)

    def move(self, left: float, top: float) -> None:
        """Put the upper left corner there."""
        self._canvas.coords(self.item, left, top)

    def hide(self) -> None:
        """Take the picture off the canvas and its memory with it."""
        self._canvas.itemconfigure(self.item, image="")
        self._photo = None
        self._size = ("", 0, 0)
