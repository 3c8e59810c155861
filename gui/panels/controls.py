"""Buttons and ticks made from the command table, offered and ticked like the menu."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from deepcinac.gui.commands.conditions import Conditions
from deepcinac.gui.commands.keymap import Keymap, tooltip_of
from deepcinac.gui.commands.table import BY_ID
from deepcinac.gui.widgets.parts import Tooltip
from deepcinac.gui.widgets.theme import Theme


class Controls:
    """Makes controls of commands and keeps them true; ``run(command_id)`` is called by them."""

    def __init__(
        self, theme: Theme, keymap: Keymap, conditions: Conditions, run: Callable[[str], object]
    ) -> None:
        self._theme, self._keymap, self._conditions, self._run = theme, keymap, conditions, run
        self._ticks: list[tuple[str, tk.BooleanVar]] = []
        self._buttons: list[tuple[str, ttk.Button]] = []

    def button(self, parent: tk.Misc, command_id: str, text: str, **options: Any) -> ttk.Button:
        """A button of a command, with its tooltip."""
        made = ttk.Button(
            parent, text=text, command=lambda: self._run(command_id), takefocus=False, **options
        )
        self._explain(made, command_id)
        self._buttons.append((command_id, made))
        return made

    def tick(self, parent: tk.Misc, command_id: str, text: str, **options: Any) -> ttk.Checkbutton:
        """A button that stays down while its command is ticked."""
        variable = tk.BooleanVar(parent, value=False)
        made = ttk.Checkbutton(
            parent,
            text=text,
            variable=variable,
            command=lambda: self._run(command_id),
            takefocus=False,
            **options,
        )
        self._explain(made, command_id)
        self._ticks.append((command_id, variable))
        return made

    def _explain(self, widget: tk.Widget, command_id: str) -> None:
        Tooltip(widget, self._theme, lambda: tooltip_of(BY_ID[command_id], self._keymap))

    def refresh(self) -> None:
        """Update what is ticked and what is offered after a change."""
        test = self._conditions.test
        for command_id, variable in self._ticks:
            wanted = test(BY_ID[command_id].checked)
            if variable.get() != wanted:
                variable.set(wanted)
        for command_id, made in self._buttons:
            made.state(["!disabled" if test(BY_ID[command_id].enabled) else "disabled"])
