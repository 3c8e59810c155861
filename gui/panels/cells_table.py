"""The table of cells: sorted by any column, filtered by a line of words, a click jumps."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import replace
from tkinter import font, ttk

from deepcinac.gui.drawing.view import bind_right_button
from deepcinac.gui.panels.cells_rows import (
    COLUMNS,
    ODD,
    SUGGESTED,
    CellRow,
    Column,
    columns_of,
    filtered,
    in_order,
)
from deepcinac.gui.widgets.parts import Panel, ScrolledTree, Tooltip
from deepcinac.gui.widgets.theme import Theme

ROWS_AT_ONCE = 2000
EMPTY_IT = "Esc in the filter shows all cells again."


class CellsTable(Panel):
    """``on_select(cell)`` is called when the user chooses a row, ``on_context`` at a right click."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        on_select: Callable[[int], None],
        on_context: Callable[[int | None, int, int], None] = lambda *_: None,
    ) -> None:
        super().__init__(parent, theme, "Cells")
        self._on_select, self._on_context = on_select, on_context
        self._rows: list[CellRow] = []
        self._order = ("cell", False)
        self._current: int | None = None
        self._texts: dict[str, tuple[str, ...]] = {}
        self._drawn: dict[str, CellRow] = {}
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
                "reviewed, unreviewed, valid, invalid, overlapping, typed, untyped, differing "
                "(from the suggested type), unlike, odd, double"
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
        self._theme = theme
        self._digit = font.nametofont("TkDefaultFont", root=parent).measure("0")
        for column in COLUMNS:
            self.tree.heading(column.key, text=column.heading, command=self._sorter(column.key))
            self.tree.column(
                column.key,
                width=self._wanted(column),
                minwidth=self._digit * 3,
                anchor="e",
                stretch=True,
            )
        for key in ("type", SUGGESTED, ODD):
            self.tree.column(key, anchor="w")
        self._nothing = ttk.Label(self.tree, style="Nothing.TLabel", justify="center")
        self._columns: list[Column] = []
        self._fitted = 0
        self._choose_columns()
        self.tree.bind("<Configure>", lambda event: self._choose_columns(event.width), add=True)
        self.tree.tag_configure("invalid", font="SmallFont")
        self.tree.bind("<<TreeviewSelect>>", self._selected, add=True)
        self.tree.bind("<Up>", lambda _event: "break")  # the window's own keys go on to next cell
        self.tree.bind("<Down>", lambda _event: "break")
        bind_right_button(self.tree, self._right_clicked)
        self._tips(theme)

    def _right_clicked(self, event: tk.Event[tk.Misc]) -> None:
        row = self.tree.identify_row(event.y)
        self._on_context(int(row) if row else None, event.x_root, event.y_root)

    def _tips(self, theme: Theme) -> None:
        """What the tooltip says: of a heading what the column is, of a suggested type all of it."""
        self.hovered_text = ""

        def moved(event: tk.Event[tk.Misc]) -> None:
            number = self.tree.identify_column(event.x)[1:]
            place = int(number) - 1 if number.isdigit() else -1
            column = self._columns[place] if 0 <= place < len(self._columns) else None
            region = self.tree.identify_region(event.x, event.y)
            self.hovered_text = ""
            if column is not None and region == "heading":
                self.hovered_text = column.tooltip
            elif column is not None and region == "cell" and column.key == SUGGESTED:
                self.hovered_text = self._suggestion_of(self.tree.identify_row(event.y))
            elif column is not None and region == "cell" and column.key == ODD:
                item = self.tree.identify_row(event.y)
                self.hovered_text = next(
                    (r.odd or "" for r in self._rows if str(r.cell) == item), ""
                )

        self.tree.bind("<Motion>", moved, add=True)
        Tooltip(self.tree, theme, lambda: self.hovered_text)

    def _suggestion_of(self, item: str) -> str:
        """Every suggested type of a row with its probability, and what is unusual about the cell."""
        found = next((row.suggestion for row in self._rows if str(row.cell) == item), None)
        if found is None:
            return ""
        unlike = f"; unlike all that was learned from: {found.unlike}" if found.unlike else ""
        return found.in_words() + unlike

    def _choose_columns(self, width: int | None = None) -> None:
        """Show the columns in which there is something, as far as they fit, and share the width."""
        width = self.tree.winfo_width() if width is None else width

        def fits(columns: Sequence[Column]) -> bool:
            return width <= 1 or sum(map(self._wanted, columns)) <= width  # 1: not drawn yet

        columns = columns_of(self._rows, fits)
        if columns == self._columns and width == self._fitted:
            return  # widths that the user has dragged stay
        self._columns, self._fitted = columns, width
        self.tree.configure(displaycolumns=[column.key for column in columns])
        if width > 1:
            wanted = sum(map(self._wanted, columns))
            for column in columns:
                self.tree.column(column.key, width=width * self._wanted(column) // wanted)

    def _wanted(self, column: Column) -> int:
        """Pixels that a column needs for its usual text."""
        return self._digit * column.width + self._theme.px(4)

    def show(self, rows: Sequence[CellRow]) -> None:
        """Show these rows, in the order and under the filter that the user has chosen."""
        self._rows = list(rows)
        self._fill()

    def refresh(self, rows: Sequence[CellRow]) -> None:
        """Rows whose values changed but not their order: only what differs is drawn again."""
        new = {row.cell: row for row in rows}
        self._rows = [new.get(row.cell, row) for row in self._rows]
        self._choose_columns()
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
        self._choose_columns()
        rows = in_order(filtered(self._rows, self._filter.get()), *self._order)[:ROWS_AT_ONCE]
        self.title.configure(
            text="Cells"
            if len(rows) == len(self._rows)
            else f"Cells  {len(rows)}/{len(self._rows)}"
        )
        self.tree.delete(*self.tree.get_children())
        self._texts.clear()
        self._drawn.clear()
        for row in rows:
            self.tree.insert("", "end", iid=str(row.cell))
            self._write(row)
        if rows or not self._rows:
            self._nothing.place_forget()
        else:
            self._nothing.configure(text=f"No cell passes '{self._filter.get()}'.\n{EMPTY_IT}")
            self._nothing.place(relx=0.5, rely=0.5, anchor="center")
        if self._current is not None:
            self.select(self._current)

    def _write(self, row: CellRow) -> None:
        item = str(row.cell)
        if self._drawn.get(item) == row:
            return
        self._drawn[item] = replace(row)
        texts = tuple(column.text(row) for column in COLUMNS)
        if self._texts.get(item) != texts and self.tree.exists(item):
            self._texts[item] = texts
            self.tree.item(item, values=texts, tags=() if row.valid else ("invalid",))

    def _sorter(self, key: str) -> Callable[[], None]:
        return lambda: self._sort_by(key)

    def _sort_by(self, key: str) -> None:
        first_descending = key not in ("cell", "type", SUGGESTED, ODD)
        same = self._order[0] == key
        self.set_order((key, not self._order[1] if same else first_descending))

    @property
    def order(self) -> tuple[str, bool]:
        """The column that the table is sorted by, and whether the largest come first."""
        return self._order

    def set_order(self, order: tuple[str, bool]) -> None:
        """Sort by another column."""
        key, _ = self._order = order
        for column in COLUMNS:
            arrow = ("\u25be" if self._order[1] else "\u25b4") if column.key == key else ""
            self.tree.heading(column.key, text=column.heading + arrow)
        self._fill()
        self.tree.yview_moveto(0)  # who sorts wants to see what comes first

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
