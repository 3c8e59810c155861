"""The keys at a glance, and their editor; both are made from the command table."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Any

from deepcinac.errors import InputError
from deepcinac.gui.commands.keymap import Keymap
from deepcinac.gui.commands.left_hand import LEFT_HAND
from deepcinac.gui.commands.table import COMMANDS, MENUS, Command
from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.theme import Theme

COLUMNS_OF_MENUS = (("File", "Edit", "Cell", "Help"), ("Label",), ("View",),
                    ("Movie", "Classifier", "Review", "Evaluate", "Analyse"))  # fmt: skip
assert {menu for column in COLUMNS_OF_MENUS for menu in column} == set(MENUS)

MOUSE = (
    ("Click, drag", "What the tool in the hand does"),
    ("Drag a mark", "Moves the onset or the peak"),
    ("Wheel", "Zoom; Shift: along; Ctrl: in height"),
    ("Time axis", "Drag to scrub"),
    ("Right", "What can be done here"),
)

LEFT_HAND_NOTE = (
    "d next rise, s back, f label it, c doubtful; e it is one, r it is none, w as it is, t next "
    "question; v next cell, Space plays, g judged."
)


class KeyOverlay(tk.Frame):
    """A sheet over the window with every key; a click or a key takes it away."""

    def __init__(self, root: tk.Misc, theme: Theme, keymap: Keymap) -> None:
        p, px = theme.palette, theme.px
        super().__init__(root, background=p.field, highlightthickness=1,
                         highlightbackground=p.border)  # fmt: skip
        for place, menus in enumerate(COLUMNS_OF_MENUS):
            column = tk.Frame(self, background=p.field)
            column.grid(row=0, column=place, sticky="n", padx=px(14), pady=px(10))
            for menu in menus:
                self._menu(column, theme, menu, keymap)
            if "Label" in menus:
                self._sheet(column, theme, "Mouse in the traces", MOUSE)
        tk.Label(
            self,
            text="? or Esc closes this sheet. Change keys: File, Change keys...",
            background=p.field,
            foreground=p.text_dim,
        ).grid(row=1, column=0, columnspan=len(COLUMNS_OF_MENUS), pady=(0, px(8)))
        self.bind("<Button-1>", lambda _event: self.destroy())
        self.place(relx=0.5, rely=0.5, anchor="center")
        self.lift()

    def _menu(self, column: tk.Frame, theme: Theme, menu: str, keymap: Keymap) -> None:
        held = [(c, keymap.keys(c.id)) for c in COMMANDS if c.menu == menu and keymap.keys(c.id)]
        rows = [("  ".join(keys), command.label.rstrip(".")) for command, keys in held]
        if rows:
            self._sheet(column, theme, menu, rows)

    def _sheet(
        self, column: tk.Frame, theme: Theme, title: str, rows: Sequence[tuple[str, str]]
    ) -> None:
        p, px = theme.palette, theme.px
        options: dict[str, Any] = {"background": p.field, "foreground": p.text, "anchor": "w"}
        tk.Label(column, text=title, font="StrongFont", **options).pack(anchor="w", pady=(px(4), 0))
        sheet = tk.Frame(column, background=p.field)
        sheet.pack(fill="x")
        small = {**options, "font": "SmallFont", "pady": 0}
        for row, (key, meaning) in enumerate(rows):
            key_label = tk.Label(sheet, text=key, **small)
            key_label.configure(foreground=p.accent)
            key_label.grid(row=row, column=0, sticky="w", padx=(0, px(10)))
            tk.Label(sheet, text=meaning, **small).grid(row=row, column=1, sticky="w")
        sheet.columnconfigure(0, minsize=px(84))


class KeyEditor(tk.Toplevel):
    """All commands with their keys; write others and press Enter. Saved at once."""

    def __init__(
        self, root: tk.Misc, theme: Theme, keymap: Keymap, on_change: Callable[[], None]
    ) -> None:
        super().__init__(root)
        self._keymap, self._on_change = keymap, on_change
        p, px = theme.palette, theme.px
        self.title("Change keys")
        self.configure(background=p.panel)
        foot = ttk.Frame(self)
        foot.pack(side="bottom", fill="x", padx=px(8), pady=px(8))
        holder = ScrolledTree(self, columns=("menu", "label", "keys"), show="headings", height=18)
        holder.pack(side="top", fill="both", expand=True, padx=px(8), pady=(px(8), 0))
        self.tree = holder.tree
        for name, heading, width in (("menu", "Menu", 90), ("label", "Command", 280),
                                     ("keys", "Keys", 160)):  # fmt: skip
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(name, width=px(width), anchor="w")
        for command in COMMANDS:
            self.tree.insert("", "end", iid=command.id, values=self._row(command))
        self.tree.bind("<<TreeviewSelect>>", self._chosen, add=True)
        ttk.Label(foot, text="Keys, separated by blanks").pack(side="left")
        self.entry = ttk.Entry(foot, width=22)
        self.entry.pack(side="left", padx=px(6))
        self.entry.bind("<Return>", lambda _event: self.change())
        ttk.Button(foot, text="Change", command=self.change).pack(side="left")
        ttk.Button(foot, text="As delivered", command=self.restore).pack(side="right")
        ttk.Button(foot, text="For the left hand", command=self.left_hand).pack(
            side="right", padx=px(6)
        )
        self.note = ttk.Label(self, style="Dim.TLabel", justify="left", wraplength=px(520))
        self.note.pack(side="bottom", fill="x", padx=px(8), pady=(px(6), 0), before=holder)
        self.bind("<Escape>", lambda _event: self.destroy())

    def _row(self, command: Command) -> tuple[str, str, str]:
        return command.menu, command.label, "  ".join(self._keymap.keys(command.id))

    def _chosen(self, _event: object) -> None:
        for name in self.tree.selection():
            self.entry.delete(0, "end")
            self.entry.insert(0, " ".join(self._keymap.keys(name)))

    def change(self) -> None:
        """Give the chosen command the keys of the entry."""
        for name in self.tree.selection():
            try:
                self._keymap.change(name, self.entry.get().split())
                self.note.configure(text="")
            except InputError as error:
                self.note.configure(text=str(error))
        self._done()

    def restore(self) -> None:
        """All keys as they were delivered."""
        self._keymap.use({})
        self._done()

    def left_hand(self) -> None:
        """The keys with which the left hand labels alone; each can be changed again."""
        self._keymap.use(LEFT_HAND)
        self.note.configure(text=LEFT_HAND_NOTE)
        self._done()

    def _done(self) -> None:
        for command in COMMANDS:
            self.tree.item(command.id, values=self._row(command))
        self._on_change()
