"""The menu bar and the menus of a right click, made from the command table."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

from deepcinac.gui.commands.conditions import Conditions
from deepcinac.gui.commands.keymap import Keymap
from deepcinac.gui.commands.mnemonics import OF_COMMANDS, OF_MENUS, place
from deepcinac.gui.commands.table import BY_ID, COMMANDS, MENUS, Command


class Menus:
    """All menus of a window; ``run(command_id)`` is called when an entry is chosen."""

    def __init__(
        self,
        root: tk.Tk,
        keymap: Keymap,
        conditions: Conditions,
        run: Callable[[str], object],
    ) -> None:
        self._root, self._keymap, self._conditions, self._run = root, keymap, conditions, run
        self._ticks: dict[str, tk.BooleanVar] = {}
        self._context: tk.Menu | None = None
        self.by_name: dict[str, tk.Menu] = {}
        self.build()

    def renew(self) -> None:
        """Keys or colours changed. The bar stays: a maximised window loses one that is exchanged."""
        for name, menu in self.by_name.items():
            _colour(menu)
            row = -1
            for command in COMMANDS:
                if command.menu == name:
                    row += 1 + command.line
                    menu.entryconfigure(row, accelerator=self._accelerator(command))
        _colour(self._root.nametowidget(self._root.cget("menu")))

    def _accelerator(self, command: Command) -> str:
        return "  ".join(self._keymap.keys(command.id)[:1])

    def build(self) -> None:
        """Make the menu bar."""
        bar = tk.Menu(self._root, tearoff=False)
        self.by_name = {}
        for name in MENUS:
            menu = tk.Menu(bar, tearoff=False, postcommand=self._refresher(name))
            bar.add_cascade(label=name, menu=menu, underline=place(OF_MENUS[name], name))
            self.by_name[name] = menu
            for command in COMMANDS:
                if command.menu == name:
                    if command.line:
                        menu.add_separator()
                    self._add(menu, command)
        self._root.configure(menu=bar)

    def remove(self) -> None:
        """Take the menu bar away."""
        old = self._root.cget("menu")
        self._root["menu"] = ""
        if old:
            self._root.nametowidget(old).destroy()

    def _refresher(self, name: str) -> Callable[[], None]:
        return lambda: self.refresh(name)

    def refresh(self, name: str) -> None:
        """Labels, check marks and disabled entries of a menu, just before it opens."""
        row = -1
        for command in COMMANDS:
            if command.menu == name:
                row += 1 + command.line
                self._refresh_entry(self.by_name[name], row, command)

    def context(self, command_ids: tuple[str, ...]) -> tk.Menu:
        """A menu of some commands, with their labels of this moment."""
        if self._context is not None:
            self._context.destroy()
        self._context = menu = tk.Menu(self._root, tearoff=False)
        for row, command_id in enumerate(command_ids):
            self._add(menu, BY_ID[command_id])
            self._refresh_entry(menu, row, BY_ID[command_id])
        return menu

    def pop_up(self, command_ids: tuple[str, ...], x_root: int, y_root: int) -> None:
        """Open a menu of some commands at a place of the screen."""
        self.context(command_ids).tk_popup(x_root, y_root)

    def _add(self, menu: tk.Menu, command: Command) -> None:
        options: dict[str, Any] = {
            "label": command.label,
            "underline": place(OF_COMMANDS[command.id], command.label),
            "accelerator": self._accelerator(command),
            "command": lambda: self._run(command.id),
        }
        if command.checked:
            tick = self._ticks.setdefault(command.id, tk.BooleanVar(self._root))
            menu.add_checkbutton(variable=tick, **options)
        else:
            menu.add_command(**options)

    def _refresh_entry(self, menu: tk.Menu, row: int, command: Command) -> None:
        test = self._conditions.test
        label = self._conditions.text(command.text) if command.text else command.label
        menu.entryconfigure(
            row,
            label=label,
            underline=place(OF_COMMANDS[command.id], label),
            state="normal" if test(command.enabled) else "disabled",
        )
        if command.checked:
            self._ticks[command.id].set(test(command.checked))


COLOURS = ("background", "foreground", "activeBackground", "activeForeground",
           "disabledForeground", "selectColor")  # fmt: skip


def _colour(menu: tk.Menu) -> None:
    """The colours that a new menu would have."""
    for name in COLOURS:
        value = menu.option_get(name, name[0].upper() + name[1:])
        if value:
            menu.configure({name.lower(): value})
