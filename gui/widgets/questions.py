"""A question in a line at the foot of the window: it waits there while the labelling goes on."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from deepcinac.gui.widgets.notices import FOOT
from deepcinac.gui.widgets.theme import Theme

ABOVE_A_NOTICE = 46
"""How much higher a question stands, so that a notice beneath it can be read too."""
FIELDS_IN_A_ROW = 3


@dataclass(frozen=True)
class Field:
    """A thing to ask for: its label, first value, and the choices of a list (or none)."""

    label: str
    value: str = ""
    choices: Sequence[str] = ()
    width: int = 16


class PromptBar(ttk.Frame):
    """A question at the foot of the window, in a line or two; Enter answers, Esc forgets it."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Warning.TFrame", relief="solid", borderwidth=1)
        self._theme = theme
        self._entries: list[ttk.Entry] = []
        self._choices: list[ttk.Button] = []
        self._answer: Callable[..., None] | None = None
        self._given_back_to: tk.Misc | None = None

    def ask(self, action: str, fields: Sequence[Field], answer: Callable[..., None]) -> None:
        """Ask for one text per field; ``answer(*texts)`` is called when they are given."""
        self.hide()
        px = self._theme.px
        self._answer, self._given_back_to = answer, self.focus_get()
        row = ttk.Frame(self, style="Warning.TFrame")
        for number, field in enumerate(fields):
            if number and number % FIELDS_IN_A_ROW == 0:
                row.pack(side="top", anchor="w")
                row = ttk.Frame(self, style="Warning.TFrame")
            self._add_field(row, field)
        row.pack(side="top", anchor="w", fill="x")
        ttk.Button(row, text=action, command=self._give, style="Accent.TButton").pack(
            side="left", padx=px(8), pady=px(4)
        )
        ttk.Button(row, text="Cancel", command=self.hide).pack(side="left", padx=(0, px(8)))
        self._put()
        self._entries[0].focus_set()
        self._entries[0].selection_range(0, "end")

    def _add_field(self, row: ttk.Frame, field: Field) -> None:
        px = self._theme.px
        ttk.Label(row, text=field.label, style="Said.TLabel").pack(
            side="left", padx=(px(8), px(4)), pady=px(4)
        )
        entry: ttk.Entry = (
            ttk.Combobox(row, values=list(field.choices), width=field.width)
            if field.choices
            else ttk.Entry(row, width=field.width)
        )
        entry.insert(0, field.value)
        entry.pack(side="left", pady=px(4))
        entry.bind("<Return>", self._give)
        entry.bind("<KP_Enter>", self._give)
        entry.bind("<Escape>", lambda _event: self.hide())
        self._entries.append(entry)

    def _put(self) -> None:
        above = self._theme.px(FOOT + ABOVE_A_NOTICE)
        self.place(relx=0.5, rely=1.0, y=-above, anchor="s")
        self.lift()

    def choose(self, text: str, choices: dict[str, Callable[[], object]]) -> None:
        """Ask which of some things to do; the first is marked. The keys stay with the labelling."""
        self.hide()
        px = self._theme.px
        self._given_back_to = None
        ttk.Label(self, text=text, style="Said.TLabel").pack(
            side="left", padx=(px(8), px(4)), pady=px(4)
        )
        for label, action in choices.items():
            style = "TButton" if self._choices else "Accent.TButton"
            button = ttk.Button(self, text=label, command=action, style=style, takefocus=False)
            button.pack(side="left", padx=px(4), pady=px(4))
            self._choices.append(button)
        self._put()

    @property
    def is_open(self) -> bool:
        """Whether a question waits."""
        return bool(self._entries or self._choices)

    def fill(self, *texts: str) -> None:
        """Type an answer, for tests and scripts."""
        for entry, text in zip(self._entries, texts, strict=True):
            entry.delete(0, "end")
            entry.insert(0, text)

    def _give(self, _event: object = None) -> str:
        texts, answer = [entry.get().strip() for entry in self._entries], self._answer
        self.hide()
        if answer is not None:
            answer(*texts)
        return "break"

    def hide(self) -> None:
        """Forget the question and give the focus back."""
        was_open = self.is_open
        for child in self.winfo_children():
            child.destroy()
        self._entries, self._choices, self._answer = [], [], None
        self.place_forget()
        if was_open and self._given_back_to is not None:
            try:
                self._given_back_to.focus_set()
            except tk.TclError:
                self.winfo_toplevel().focus_set()
