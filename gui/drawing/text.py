"""Text on a canvas, and text that fits where it is written."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import font as tkfont
from typing import Any, Literal

from deepcinac.gui.drawing.item_pool import ItemPool
from deepcinac.gui.drawing.look import Look

Anchor = Literal["nw", "n", "ne", "w", "center", "e", "sw", "s", "se"]
SMALL, NORMAL, LARGE = 8, 9, 10
"""Points of numbers at an axis, of a verdict, and of a sentence in an empty view."""


def write(
    canvas: tk.Canvas | ItemPool,
    x: float,
    y: float,
    text: str,
    look: Look,
    anchor: Anchor = "center",
    size: int = SMALL,
    colour: str | None = None,
    room: float = 0,
    tags: str = "text",
) -> int:
    """Write ``text`` on a canvas and return its item; broken into lines of ``room`` px when not 0."""
    return canvas.create_text(
        x,
        y,
        text=text,
        anchor=anchor,
        width=room,
        justify="center",
        fill=colour or look.faint,
        font=look.font(size),
        tags=tags,
    )


def shortened(widget: tk.Misc, text: str, font: Any, room: float) -> str:
    """``text``, cut with an ellipsis where it is wider than ``room`` px in ``font``."""
    measured = tkfont.Font(root=widget, font=font)
    return cut(text, measured.measure, room)


def cut(text: str, measure: Callable[[str], float], room: float) -> str:
    """``text``, cut with an ellipsis where ``measure`` finds it wider than ``room``.

    >>> cut("neuropil", len, 8), cut("expert Anna", len, 8)
    ('neuropil', 'expert…')
    """
    if measure(text) <= room:
        return text
    kept = len(text) - 1
    while kept > 0 and measure(text[:kept].rstrip() + "…") > room:
        kept -= 1
    return text[:kept].rstrip() + "…" if kept else ""
