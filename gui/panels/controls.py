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


class ActionButton:
    """A button whose command changes with the state: what goes on with the work from here."""

    def __init__(
        self,
        parent: tk.Misc,
        run: Callable[[str], object],
        tip: Callable[[str], str],
        theme: Theme,
        options: dict[str, Any],
    ) -> None:
        self.command_id = ""
        self.widget = ttk.Button(
            parent, command=lambda: run(self.command_id), takefocus=False, **options
        )
        Tooltip(self.widget, theme, lambda: tip(self.command_id))

    def show(self, command_id: str, text: str) -> None:
        """Another command."""
        self.command_id = command_id
        self.widget.configure(text=text)


class Controls:
    """Makes controls of commands and keeps them true; ``run(command_id)`` is called by them."""

    def __init__(
        self, theme: Theme, keymap: Keymap, conditions: Conditions, run: Callable[[str], object]
    ) -> None:
        self._theme, self._keymap, self._conditions, self._run = theme, keymap, conditions, run
        self._ticks: list[tuple[str, tk.BooleanVar]] = []
        self._buttons: list[tuple[str, ttk.Button]] = []
        self._actions: list[ActionButton] = []

    def button(self, parent: tk.Misc, command_id: str, text: str, **options: Any) -> ttk.Button:
        """A button of a command, with its tooltip."""
        made = ttk.Button(
            parent, text=text, command=lambda: self._run(command_id), takefocus=False, **options
        )
        self._explain(made, command_id)
        self._buttons.append((command_id, made))
        return made

    def action(self, parent: tk.Misc, **options: Any) -> ActionButton:
        """A button that is told its command later, and again."""
        made = ActionButton(parent, self._run, self._tip, self._theme, options)
        self._actions.append(made)
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
        Tooltip(widget, self._theme, lambda: self._tip(command_id))

    def _tip(self, command_id: str) -> str:
        return tooltip_of(BY_ID[command_id], self._keymap) if command_id else ""

    def refresh(self) -> None:
        """Update what is ticked and what is offered after a change."""
        test = self._conditions.test
        for command_id, variable in self._ticks:
            wanted = test(BY_ID[command_id].checked)
            if variable.get() != wanted:
                variable.set(wanted)
        for action in self._actions:
            offered = action.command_id and test(BY_ID[action.command_id].enabled)
            action.widget.state(["!disabled" if offered else "disabled"])
        for command_id, made in self._buttons:
            made.state(["!disabled" if test(BY_ID[command_id].enabled) else "disabled"])
