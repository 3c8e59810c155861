"""A short question as a dialog over the window; the labelling can go on beside it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from deepcinac.gui.widgets.theme import Theme

WRAP = 420
HEIGHT = 0.3
"""Where a question stands: this share of the window's height from its upper edge."""


@dataclass(frozen=True)
class Field:
    """A thing to ask for: its label, first value, and the choices of a list (or none)."""

    label: str
    value: str = ""
    choices: Sequence[str] = ()
    width: int = 24


class Prompt:
    """One question at a time; Enter answers, Esc forgets it.

    ``window`` is the dialog while a question waits, otherwise None.
    """

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        self._parent, self._theme = parent, theme
        self.window: tk.Toplevel | None = None
        self.buttons: dict[str, ttk.Button] = {}
        self.text = ""
        self.entries: list[ttk.Entry] = []
        self._answer: Callable[..., None] | None = None
        self._given_back_to: tk.Misc | None = None

    def ask(self, action: str, fields: Sequence[Field], answer: Callable[..., None]) -> None:
        """Ask for one text per field; ``answer(*texts)`` is called when they are given."""
        self.hide()
        self._answer, self._given_back_to = answer, self._parent.focus_get()
        body = self._open(action)
        px = self._theme.px
        for row, field in enumerate(fields):
            ttk.Label(body, text=field.label, wraplength=px(WRAP), justify="left").grid(
                row=2 * row, column=0, sticky="w"
            )
            entry = self._entry(body, field)
            entry.grid(row=2 * row + 1, column=0, sticky="ew", pady=(px(2), px(8)))
        body.columnconfigure(0, weight=1)
        self._foot(body, 2 * len(fields), {"Cancel": self.hide, action: self.give}, action)
        self._show()
        self.entries[0].focus_force()
        self.entries[0].selection_range(0, "end")

    def _entry(self, body: ttk.Frame, field: Field) -> ttk.Entry:
        entry: ttk.Entry = (
            ttk.Combobox(body, values=list(field.choices), width=field.width)
            if field.choices
            else ttk.Entry(body, width=field.width)
        )
        entry.insert(0, field.value)
        self.entries.append(entry)
        return entry

    def choose(self, text: str, choices: dict[str, Callable[[], object]]) -> None:
        """Ask which of some things to do; the first is marked, and the last is the harmless one."""
        self.hide()
        self._given_back_to = None
        body = self._open("Please choose")
        self.text = text
        ttk.Label(body, text=text, wraplength=self._theme.px(WRAP), justify="left").grid(
            row=0, column=0, sticky="w", pady=(0, self._theme.px(10))
        )
        self._foot(body, 1, dict(reversed(choices.items())), next(iter(choices)))
        self._show()

    def _open(self, title: str) -> ttk.Frame:
        self.window = window = tk.Toplevel(self._parent)
        window.withdraw()
        window.title(title)
        window.configure(background=self._theme.palette.panel)
        window.bind("<Return>", lambda _event: self.give())
        window.bind("<KP_Enter>", lambda _event: self.give())
        window.bind("<Escape>", lambda _event: self.hide())
        window.protocol("WM_DELETE_WINDOW", self.hide)
        body = ttk.Frame(window, padding=self._theme.px(14))
        body.pack(fill="both", expand=True)
        return body

    def _foot(
        self, body: ttk.Frame, row: int, actions: dict[str, Callable[[], object]], marked: str
    ) -> None:
        """The buttons, from the left."""
        px, foot = self._theme.px, ttk.Frame(body)
        foot.grid(row=row, column=0, sticky="e", pady=(px(6), 0))
        for text, action in actions.items():
            style = "Accent.TButton" if text == marked else "TButton"
            button = ttk.Button(foot, text=text, command=action, style=style)
            button.pack(side="left", padx=(px(6), 0))
            self.buttons[text] = button

    def _show(self) -> None:
        """Over the middle of the window, in front of it."""
        window, over = self.window, self._parent.winfo_toplevel()
        if window is None:
            return
        window.transient(over)
        window.resizable(False, False)
        window.update_idletasks()
        x = over.winfo_rootx() + (over.winfo_width() - window.winfo_reqwidth()) // 2
        y = over.winfo_rooty() + round(HEIGHT * over.winfo_height())
        window.geometry(f"+{max(0, x)}+{max(0, y)}")
        window.deiconify()
        window.lift()

    @property
    def is_open(self) -> bool:
        """Whether a question waits."""
        return self.window is not None

    def fill(self, *texts: str) -> None:
        """Type an answer, for tests and scripts."""
        for entry, text in zip(self.entries, texts, strict=True):
            entry.delete(0, "end")
            entry.insert(0, text)

    def give(self) -> None:
        """Answer with what is typed."""
        texts, answer = [entry.get().strip() for entry in self.entries], self._answer
        if answer is not None:
            self.hide()
            answer(*texts)

    def hide(self) -> None:
        """Forget the question and give the focus back."""
        window, self.window = self.window, None
        self.buttons, self.entries, self._answer = {}, [], None
        if window is None:
            return
        window.destroy()
        if self._given_back_to is not None:
            try:
                self._given_back_to.focus_set()
            except tk.TclError:
                self._parent.winfo_toplevel().focus_set()
