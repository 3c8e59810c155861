"""A window with a text to read and copy."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from deepcinac.gui.widgets.theme import Theme


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
