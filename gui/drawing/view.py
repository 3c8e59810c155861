"""The base of all views: one canvas, redrawn once however often it was asked to be."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from deepcinac.gui.drawing.look import Look, px


def nothing(*_: Any, **__: Any) -> None:
    """The callback of whoever does not want to know."""


class View(ttk.Frame):
    """A frame around ``self.canvas``. Subclasses draw in ``draw``; everything else asks for it.

    ``ask_to_draw`` draws at the next idle moment, so ten setters in a row cost one drawing;
    ``draw_now`` draws at once (playback, tests, screenshots).
    """

    def __init__(self, parent: tk.Misc, look: Look, width: int = 320, height: int = 240) -> None:
        super().__init__(parent)
        self.look = look
        self._asked: str | None = None
        self.canvas = tk.Canvas(
            self,
            width=px(look, width),
            height=px(look, height),
            background=look.panel,
            highlightthickness=0,
            borderwidth=0,
            takefocus=1,
        )
        self.canvas.pack(side="top", fill="both", expand=True)
        self.canvas.bind("<Configure>", self._resized, add=True)
        self.bind("<Destroy>", self._forget, add=True)

    def px(self, logical: float) -> int:
        """Pixels of the screen for ``logical`` pixels at 96 dpi."""
        return px(self.look, logical)

    def set_theme(self, look: Look) -> None:
        """Take other colours or another scale."""
        self.look = look
        self.canvas.configure(background=look.panel)
        self.ask_to_draw()

    def ask_to_draw(self) -> None:
        """Draw once, at the next idle moment."""
        if self._asked is None:
            self._asked = self.after_idle(self.draw_now)

    def draw_now(self) -> None:
        """Draw at once what is to be drawn."""
        self._forget()
        width, height = self.canvas.winfo_width(), self.canvas.winfo_height()
        if width > 1 and height > 1:
            self.draw(width, height)

    def draw(self, width: int, height: int) -> None:
        """Draw on a canvas of ``width`` x ``height`` px; for subclasses."""
        raise NotImplementedError

    def _resized(self, _event: object) -> None:
        self.ask_to_draw()

    def _forget(self, event: tk.Event[tk.Misc] | None = None) -> None:
        if event is not None and event.widget is not self:
            return
        if self._asked is not None:
            self.after_cancel(self._asked)
            self._asked = None


def bind_wheel(canvas: tk.Canvas, on_wheel: Callable[[Any, int], None]) -> None:
    """Call ``on_wheel(event, steps)``, steps > 0 away from the hand, on every system."""

    def turned(event: Any) -> None:
        if event.delta:
            steps = event.delta / 120 if abs(event.delta) >= 120 else event.delta
            on_wheel(event, round(steps) or (1 if steps > 0 else -1))

    canvas.bind("<MouseWheel>", turned, add=True)
    canvas.bind("<Button-4>", lambda event: on_wheel(event, 1), add=True)
    canvas.bind("<Button-5>", lambda event: on_wheel(event, -1), add=True)


def bind_right_button(canvas: tk.Widget, on_press: Callable[[Any], object]) -> None:
    """Bind the button that opens menus: the second on macOS, the third elsewhere."""
    if canvas.tk.call("tk", "windowingsystem") == "aqua":
        canvas.bind("<Button-2>", on_press, add=True)
        canvas.bind("<Control-Button-1>", on_press, add=True)
    else:
        canvas.bind("<Button-3>", on_press, add=True)
