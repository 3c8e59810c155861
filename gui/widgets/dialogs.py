"""What the window says and asks without stopping the work: notices, questions in a line, texts.

Nothing here is modal: a notice stays until it is read, a question waits in its line while the
labelling goes on. The log file collects the tracebacks of our own mistakes.
"""

from __future__ import annotations

import platform
import sys
import time
import tkinter as tk
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import ttk
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import cache_folder
from deepcinac.gui.widgets.theme import Theme
from deepcinac.version import __version__

LOG_TAIL_LINES = 60
LONGEST_LOG_BYTES = 1_000_000
INFO_MS = 5000
READING_MS = 60
"""How long a letter takes to read; long sentences stay for longer than :data:`INFO_MS`."""
FOOT = 30
"""Logical pixels from the foot of the window: just above the status bar."""
ABOVE_A_NOTICE = 46
"""How much higher a question stands, so that a notice beneath it can be read too."""
NARROW_WRAP, WIDE_WRAP, LONG_TEXT = 520, 780, 150
"""Logical pixels of a line, and the letters from which on it is a long one: two lines are enough."""


def log_file() -> Path:
    """The file that collects the tracebacks; the command line writes the same one."""
    return cache_folder() / "deepcinac.log"


def write_log(text: str) -> None:
    """Add to the log file; a log that cannot be written must not be a second failure."""
    try:
        path = log_file()
        if path.exists() and path.stat().st_size > LONGEST_LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')}  window\n{text}\n")
    except (OSError, InputError):
        print(text, file=sys.stderr)


def sentence_of(error: BaseException) -> str:
    """What to tell the user; our own mistakes go into the log with their traceback."""
    if isinstance(error, InputError):
        return str(error)
    write_log("".join(traceback.format_exception(error)))
    what = f"{type(error).__name__}: {error}".rstrip(".: ")
    return f"A mistake of the program, not yours ({what}). Your labels are safe on disk."


def report_text(what: str = "") -> str:
    """What to paste into a message: the failure, the versions, the end of the log."""
    import numpy

    lines = [
        what,
        "",
        f"DeepCINAC {__version__}, Python {platform.python_version()}, numpy {numpy.__version__}, "
        f"Tk {tk.TkVersion}",
        platform.platform(),
        "",
    ]
    try:
        log = log_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, InputError):
        log = ["(no log)"]
    return "\n".join([*lines, *log[-LOG_TAIL_LINES:]]).strip() + "\n"


class NoticeBar(ttk.Frame):
    """A sentence over the foot of the window; away while there is nothing to say.

    It lies over the views and does not push them, so that nothing moves under the hand.
    """

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Warning.TFrame", relief="solid", borderwidth=1)
        self._theme = theme
        self._timer: str | None = None
        self.text = ""
        px = theme.px
        self._label = ttk.Label(self, style="Warning.TLabel", justify="left", anchor="w")
        self._close = ttk.Button(self, text="Close", command=self.hide, takefocus=False)
        self._copy = ttk.Button(
            self, text="Copy report", command=self._copy_report, takefocus=False
        )
        self._label.grid(row=0, column=0, sticky="ew", padx=px(8), pady=px(4))
        self._copy.grid(row=0, column=1, padx=px(4), pady=px(3))
        self._close.grid(row=0, column=2, padx=(0, px(6)), pady=px(3))
        self.columnconfigure(0, weight=1)

    def warn(self, text: str) -> None:
        """Show what went wrong until it is closed."""
        self._show(text, "! ", "Warning.TLabel")
        self._copy.grid()

    def inform(self, text: str) -> None:
        """Show something for a few seconds."""
        self._show(text, "", "Said.TLabel")
        self._copy.grid_remove()
        self._timer = self.after(max(INFO_MS, READING_MS * len(text)), self.hide)

    def _show(self, text: str, mark: str, style: str) -> None:
        self._stop_timer()
        self.text = text
        wrap = self._theme.px(NARROW_WRAP if len(text) <= LONG_TEXT else WIDE_WRAP)
        self._label.configure(text=mark + text, style=style, wraplength=wrap)
        self.place(relx=0.5, rely=1.0, y=-self._theme.px(FOOT), anchor="s")
        self.lift()

    def hide(self) -> None:
        """Say nothing any more."""
        self._stop_timer()
        self.text = ""
        self.place_forget()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self.after_cancel(self._timer)
            self._timer = None

    def _copy_report(self) -> None:
        self.clipboard_clear()
        self.clipboard_append(report_text(self.text))
        self._copy.configure(text="Copied")
        self.after(1500, lambda: self._copy.configure(text="Copy report"))


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
        self._entries: list[Any] = []
        self._choices: list[ttk.Button] = []
        self._answer: Callable[..., None] | None = None
        self._given_back_to: Any = None

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
        if field.choices:
            entry: Any = ttk.Combobox(row, values=list(field.choices), width=field.width)
        else:
            entry = ttk.Entry(row, width=field.width)
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


class TextWindow(tk.Toplevel):
    """A text to read and copy: the log, the card of a classifier."""

    def __init__(self, parent: tk.Misc, theme: Theme, title: str, text: str) -> None:
        super().__init__(parent)
        p, px = theme.palette, theme.px
        self.title(title)
        self.configure(background=p.panel)
        box = tk.Text(
            self,
            width=96,
            height=30,
            wrap="none",
            font="TkFixedFont",
            background=p.field,
            foreground=p.text,
            insertbackground=p.text,
            relief="flat",
            padx=px(8),
            pady=px(6),
        )
        bar = ttk.Scrollbar(self, orient="vertical", command=box.yview)
        box.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        box.pack(side="left", fill="both", expand=True)
        box.insert("1.0", text)
        box.configure(state="disabled")
        box.see("end")
        self.bind("<Escape>", lambda _event: self.destroy())
