"""Rows of a form: a path with its buttons, a choice that shows only where there is one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk

from deepcinac.gui.widgets.parts import Tooltip
from deepcinac.gui.widgets.theme import Theme


class PathRow:
    """A path to type, and a button for each way to choose it: ``(text, handler)``."""

    def __init__(
        self,
        form: ttk.Frame,
        theme: Theme,
        row: int,
        label: str,
        variable: tk.StringVar,
        buttons: tuple[tuple[str, Callable[[], None]], ...],
        tooltip: str,
        done: Callable[[], None],
    ) -> None:
        px = theme.px
        ttk.Label(form, text=label, style="Window.TLabel").grid(row=row, column=0, sticky="w")
        entry = ttk.Entry(form, textvariable=variable)
        entry.grid(row=row, column=1, sticky="ew", padx=px(6), pady=px(2))
        for event in ("<Return>", "<FocusOut>"):
            entry.bind(event, lambda _event: done(), add=True)
        Tooltip(entry, theme, lambda: tooltip)
        span = 3 if len(buttons) == 1 else 1
        for place, (text, handler) in enumerate(buttons):
            ttk.Button(form, text=text, command=handler, takefocus=False).grid(
                row=row, column=2 + place, columnspan=span, sticky="ew", padx=(0, px(4))
            )


class ChoiceRow:
    """One of several things in a file, shown only while there are several.

    ``on_choice(address)`` is called with what to write in place of the path.
    """

    def __init__(
        self,
        form: ttk.Frame,
        theme: Theme,
        row: int,
        label: str,
        on_choice: Callable[[str], None],
    ) -> None:
        px = theme.px
        self._choices: dict[str, str] = {}
        self._on_choice = on_choice
        self._label = ttk.Label(form, text=label, style="DimWindow.TLabel")
        self._label.grid(row=row, column=0, sticky="w", padx=(px(10), 0))
        self.box = ttk.Combobox(form, state="readonly")
        self.box.grid(row=row, column=1, columnspan=4, sticky="ew", padx=(px(6), px(4)), pady=px(2))
        self.box.bind("<<ComboboxSelected>>", self._selected)
        self.clear()

    @property
    def choices(self) -> dict[str, str]:
        """What there is to choose from: address -> what it is."""
        return dict(self._choices)

    def offer(self, choices: Mapping[str, str], current: str) -> None:
        """Show these choices with one of them taken."""
        self._choices = dict(choices)
        self.box.configure(values=list(choices.values()))
        self.box.set(choices.get(current, ""))
        self._label.grid()
        self.box.grid()

    def clear(self) -> None:
        """There is nothing to choose."""
        self._choices = {}
        self._label.grid_remove()
        self.box.grid_remove()

    def _selected(self, _event: object) -> None:
        place = self.box.current()
        if place >= 0:
            self._on_choice(list(self._choices)[place])
        self.box.selection_clear()
