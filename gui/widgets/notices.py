"""A sentence over the foot of the window: what was done, or what went wrong."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from deepcinac.gui.widgets.report import report_text
from deepcinac.gui.widgets.theme import Theme

INFO_MS = 5000
READING_MS = 60
"""How long a letter takes to read; long sentences stay for longer than :data:`INFO_MS`."""
FOOT = 30
"""Logical pixels from the foot of the window: just above the status bar."""
NARROW_WRAP, WIDE_WRAP, LONG_TEXT = 520, 780, 150
"""Logical pixels of a line, and the letters from which on it is a long one: two lines are enough."""


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
        self._action = ttk.Button(self, style="Accent.TButton", takefocus=False)
        self._action.grid(row=0, column=3, padx=(0, px(6)), pady=px(3))
        self._label.grid(row=0, column=0, sticky="ew", padx=px(8), pady=px(4))
        self._copy.grid(row=0, column=1, padx=px(4), pady=px(3))
        self._close.grid(row=0, column=2, padx=(0, px(6)), pady=px(3))
        self.columnconfigure(0, weight=1)

    def warn(self, text: str, action: tuple[str, Callable[[], object]] | None = None) -> None:
        """Show what went wrong until it is closed; ``action``: the button that mends it."""
        self._show(text, "! ", "Warning.TLabel")
        self._copy.grid()
        if action is not None:
            self._action.configure(text=action[0], command=action[1])
            self._action.grid()

    def inform(self, text: str) -> None:
        """Show something for a few seconds."""
        self._show(text, "", "Said.TLabel")
        self._copy.grid_remove()
        self._timer = self.after(max(INFO_MS, READING_MS * len(text)), self.hide)

    def _show(self, text: str, mark: str, style: str) -> None:
        self._stop_timer()
        self.text = text
        self._action.grid_remove()
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
