"""Rows of a dialog in one grid: label, what is filled in, unit, and a note that turns into the mistake."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from deepcinac.gui.widgets.theme import Theme

NOTE_WIDTH = 430
ENTRY_WIDTH = 12


class Row:
    """One row; ``variable`` holds what is filled in, as text or as a tick."""

    def __init__(self, label: str, variable: tk.Variable, note: ttk.Label, text: str) -> None:
        self.label, self.variable = label, variable
        self.widgets: list[tk.Widget] = []
        self._note, self._text = note, text
        self.mistake = ""

    def say(self, mistake: str) -> None:
        """Show what is wrong beside the field, or the note again where ``mistake`` is ""."""
        self.mistake = mistake
        text, style = (f"! {mistake}", "Mistake.TLabel") if mistake else (self._text, "Dim.TLabel")
        self._note.configure(text=text, style=style)

    def renote(self, text: str) -> None:
        """Another note."""
        self._text = text
        self.say(self.mistake)

    def show(self, shown: bool) -> None:
        """Show the row, or fold it away."""
        for widget in (*self.widgets, self._note):
            (widget.grid if shown else widget.grid_remove)()


class FormGrid(ttk.Frame):
    """``on_change()`` is called at every change of a field."""

    def __init__(self, parent: tk.Misc, theme: Theme, on_change: Callable[[], None]) -> None:
        super().__init__(parent)
        self._theme, self._on_change = theme, on_change
        self.rows: list[Row] = []
        self.columnconfigure(3, weight=1, minsize=theme.px(NOTE_WIDTH))

    def add_heading(self, text: str) -> None:
        """A line over the rows that follow."""
        label = ttk.Label(self, text=text, style="Strong.TLabel")
        label.grid(row=self._next_line(), column=0, columnspan=4, sticky="w",
                   pady=(self._theme.px(8), self._theme.px(2)))  # fmt: skip

    def _next_line(self) -> int:
        return int(self.grid_size()[1])

    def add_text(
        self,
        label: str,
        value: str,
        note: str = "",
        *,
        unit: str = "",
        width: int = ENTRY_WIDTH,
        browse: Callable[[], str] | None = None,
    ) -> Row:
        """A text to type; ``browse()`` gives one from a file dialog, or "" when it was closed."""
        variable = tk.StringVar(self, value)
        entry = ttk.Entry(self, textvariable=variable, width=width)
        return self._add(label, variable, entry, note, unit, browse)

    def add_choice(
        self,
        label: str,
        value: str,
        choices: Sequence[str],
        note: str = "",
        *,
        open_ended: bool = False,
        width: int = ENTRY_WIDTH,
        browse: Callable[[], str] | None = None,
    ) -> Row:
        """One of some texts; others can be typed where ``open_ended``."""
        variable = tk.StringVar(self, value)
        state = "normal" if open_ended else "readonly"
        box = ttk.Combobox(
            self, textvariable=variable, values=list(choices), width=width, state=state
        )
        box.bind("<<ComboboxSelected>>", lambda _event: box.selection_clear(), add=True)
        return self._add(label, variable, box, note, "", browse)

    def add_tick(self, label: str, value: bool, note: str = "") -> Row:
        """Yes or no."""
        variable = tk.BooleanVar(self, value)
        return self._add(label, variable, ttk.Checkbutton(self, variable=variable), note, "", None)

    def _add(
        self,
        label: str,
        variable: tk.Variable,
        widget: tk.Widget,
        note: str,
        unit: str,
        browse: Callable[[], str] | None,
    ) -> Row:
        px, line = self._theme.px, self._next_line()
        name = ttk.Label(self, text=label)
        name.grid(row=line, column=0, sticky="w", padx=(0, px(10)), pady=px(2))
        sticky = "w" if browse is None else "ew"  # numbers are short, paths are long
        widget.grid(row=line, column=1, sticky=sticky, pady=px(2))
        after: ttk.Button | ttk.Label = ttk.Label(self, text=unit, style="Dim.TLabel")
        if browse is not None:
            after = ttk.Button(self, text="Browse...", command=self._browser(variable, browse))
        after.grid(row=line, column=2, sticky="w", padx=px(4), pady=px(2))
        said = ttk.Label(
            self, text=note, style="Dim.TLabel", wraplength=px(NOTE_WIDTH), justify="left"
        )
        said.grid(row=line, column=3, sticky="w", padx=(px(6), 0), pady=px(2))
        row = Row(label, variable, said, note)
        row.widgets = [name, widget, after]
        self.rows.append(row)
        variable.trace_add("write", lambda *_: self._on_change())
        return row

    def _browser(self, variable: tk.Variable, browse: Callable[[], str]) -> Callable[[], None]:
        def choose() -> None:
            found = browse()
            if found:
                variable.set(found)
                self.after_idle(self.show_end)

        return choose

    def show_end(self) -> None:
        """Show the end of every text, which tells paths apart, and not the beginning."""
        for row in self.rows:
            entry = row.widgets[1]
            if isinstance(entry, ttk.Entry):
                entry.xview_moveto(1.0)
