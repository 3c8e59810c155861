"""The table of cells: sorted by any column, filtered by a line of words, a click jumps."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font, ttk

from deepcinac.gui.cells_rows import COLUMNS, CellRow, filtered, in_order
from deepcinac.gui.theme import Theme
from deepcinac.gui.widgets import Panel, ScrolledTree, Tooltip

ROWS_AT_ONCE = 2000


class CellsTable(Panel):
    """``on_select(cell)`` is called when the hand chooses a row."""

    def __init__(self, parent: tk.Misc, theme: Theme, on_select: Callable[[int], None]) -> None:
        super().__init__(parent, theme, "Cells")
        self._on_select = on_select
        self._rows: list[CellRow] = []
        self._order = ("cell", False)
        self._current: int | None = None
        self._texts: dict[str, tuple[str, ...]] = {}
        px = theme.px
        self._filter = ttk.Entry(self.head, width=14)
        self._filter.pack(side="right", padx=px(4), pady=px(2))
        ttk.Label(self.head, text="Filter", style="PanelHead.TLabel", font="SmallFont").pack(
            side="right"
        )
        Tooltip(
            self._filter,
            theme,
            lambda: (
                "A number, a range (3-9), a type, or: labelled, unlabelled, predicted, due, "
                "reviewed, unreviewed, valid, invalid, overlapping"
            ),
        )
        self._filter.bind("<KeyRelease>", lambda _event: self._fill(), add=True)
        for key in ("<Return>", "<Escape>"):
            self._filter.bind(key, self._leave_filter, add=True)
        holder = ScrolledTree(
            self.body,
            columns=[column.key for column in COLUMNS],
            show="headings",
            selectmode="browse",
            height=6,
        )
        holder.pack(fill="both", expand=True)
        self.tree = holder.tree
        digit = font.nametofont("TkDefaultFont", root=parent).measure("0")
        for column in COLUMNS:
            self.tree.heading(
                column.key, text=column.heading, command=lambda k=column.key: self._sort_by(k)
            )
            width = digit * column.width + px(5)
            self.tree.column(column.key, width=width, minwidth=digit * 3, anchor="e", stretch=True)
        self.tree.column("type", anchor="w")
        self.tree.tag_configure("invalid", font="SmallFont")
        self.tree.bind("<<TreeviewSelect>>", self._selected, add=True)
        self.tree.bind("<Up>", lambda _event: "break")  # the window's own keys go on to next cell
        self.tree.bind("<Down>", lambda _event: "break")
        self._tips(theme)

    def _tips(self, theme: Theme) -> None:
        """The head's tooltip says what the column under the mouse is."""
        self._over = ""

        def moved(event: tk.Event[tk.Misc]) -> None:
            column = self.tree.identify_column(event.x)
            inside = self.tree.identify_region(event.x, event.y) == "heading"
            place = int(column[1:]) - 1 if inside and column[1:].isdigit() else -1
            self._over = COLUMNS[place].tooltip if 0 <= place < len(COLUMNS) else ""

        self.tree.bind("<Motion>", moved, add=True)
        Tooltip(self.tree, theme, lambda: self._over)

    def show(self, rows: Sequence[CellRow]) -> None:
        """Show these rows, in the order and under the filter that the hand has chosen."""
        self._rows = list(rows)
        self._fill()

    def refresh(self, rows: Sequence[CellRow]) -> None:
        """Rows whose values changed but not their order: only what differs is drawn again."""
        new = {row.cell: row for row in rows}
        self._rows = [new.get(row.cell, row) for row in self._rows]
        for row in rows:
            self._write(row)

    def select(self, cell: int) -> None:
        """Highlight a cell without calling back."""
        self._current = cell
        item = str(cell)
        if self.tree.exists(item) and self.tree.selection() != (item,):
            self.tree.selection_set(item)
            self.tree.see(item)

    def shown_cells(self) -> list[int]:
        """Cells in the order of the table."""
        return [int(item) for item in self.tree.get_children()]

    def _fill(self) -> None:
        rows = in_order(filtered(self._rows, self._filter.get()), *self._order)[:ROWS_AT_ONCE]
        self.title.configure(
            text="Cells"
            if len(rows) == len(self._rows)
            else f"Cells  {len(rows)}/{len(self._rows)}"
        )
        self.tree.delete(*self.tree.get_children())
        self._texts.clear()
        for row in rows:
            self.tree.insert("", "end", iid=str(row.cell))
            self._write(row)
        if self._current is not None:
            self.select(self._current)

    def _write(self, row: CellRow) -> None:
        item = str(row.cell)
        texts = tuple(column.text(row) for column in COLUMNS)
        if self._texts.get(item) != texts and self.tree.exists(item):
            self._texts[item] = texts
            self.tree.item(item, values=texts, tags=() if row.valid else ("invalid",))

    def _sort_by(self, key: str) -> None:
        first_descending = key not in ("cell", "type")
        same = self._order[0] == key
        self._order = (key, not self._order[1] if same else first_descending)
        for column in COLUMNS:
            arrow = (" \u25be" if self._order[1] else " \u25b4") if column.key == key else ""
            self.tree.heading(column.key, text=column.heading + arrow)
        self._fill()

    def _selected(self, _event: object) -> None:
        chosen = self.tree.selection()
        if chosen and int(chosen[0]) != self._current:
            self._current = int(chosen[0])
            self._on_select(self._current)

    def _leave_filter(self, event: tk.Event[tk.Misc]) -> str:
        if event.keysym == "Escape":
            self._filter.delete(0, "end")
            self._fill()
        self.tree.focus_set()
        return "break"
