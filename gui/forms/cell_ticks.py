"""The boxes to tick below the cells of a new session: what is asked only of some sources."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from deepcinac.formats.choices import CellOptions
from deepcinac.gui.widgets.parts import Tooltip
from deepcinac.gui.widgets.theme import Theme

COORDINATES, NWB = "coordinates", "NWB"
"""How the sources of cells begin whose orientation the user may have to correct."""

TICKS = (
    ("labels", "Import its labels",
     "What the .cinac file says of transients, doubtful frames, types and invalid cells"),
    ("one", "Counted from 1 (MATLAB)",
     "The first pixel is 1, not 0: the outlines lie a pixel too low and too far right if not"),
    ("swap", "Exchange x and y", "Where the outlines are mirrored along the diagonal"),
)  # fmt: skip


class CellTicks:
    """``values`` by name: "labels", "one", "swap"; ``on_change()`` when the coordinates are read anew."""

    def __init__(
        self, form: ttk.Frame, theme: Theme, row: int, on_change: Callable[[], None]
    ) -> None:
        self._px, self._on_change = theme.px, on_change
        self._one_chosen = False
        self._line = ttk.Frame(form, style="Window.TFrame")
        self._line.grid(row=row, column=1, columnspan=3, sticky="w", padx=theme.px(6))
        self.values = {name: tk.BooleanVar(form) for name, *_ in TICKS}
        self.widgets: dict[str, ttk.Checkbutton] = {}
        commands = {"one": self._one_ticked, "swap": on_change}
        for name, text, tip in TICKS:
            made = ttk.Checkbutton(
                self._line, text=text, variable=self.values[name], style="Window.TCheckbutton",
                command=commands.get(name, lambda: None), takefocus=False,
            )  # fmt: skip
            Tooltip(made, theme, tip)
            self.widgets[name] = made
        self._line.grid_remove()

    @property
    def options(self) -> CellOptions:
        """What is ticked about the coordinates; nothing where nobody has touched them."""
        return CellOptions(
            counted_from_one=self.values["one"].get() if self._one_chosen else None,
            swap_xy=self.values["swap"].get(),
        )

    def forget(self) -> None:
        """Other cells are named: nothing is said about their coordinates."""
        self.values["swap"].set(False)
        self._one_chosen = False

    def show(self, source: str, labels: bool) -> None:
        """Show what can be asked of this source of cells, and of ``labels`` that come with them."""
        shown = {
            "labels": labels,
            "one": source.startswith(COORDINATES),
            "swap": source.startswith((COORDINATES, NWB)),
        }
        if source.startswith(COORDINATES):
            self.values["one"].set(source.endswith("1"))
        for name, widget in self.widgets.items():
            widget.pack_forget()
            if shown[name]:
                widget.pack(side="left", padx=(0, self._px(14)), pady=self._px(2))
        if any(shown.values()):
            self._line.grid()
        else:
            self._line.grid_remove()

    def _one_ticked(self) -> None:
        self._one_chosen = True
        self._on_change()
