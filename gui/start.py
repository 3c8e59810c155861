"""The start screen: go on where you were, open, create, try the demo, and what is new."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from typing import TYPE_CHECKING

from deepcinac.gui.create_form import CreateForm
from deepcinac.version import __version__

if TYPE_CHECKING:
    from deepcinac.gui.app import App

MOST_SHOWN = 8
LONGEST_FOLDER = 60
WHAT_IS_NEW = (
    "Label on the trace with one hand on the keyboard; press ? for every key.",
    "Every edit is on disk at once, and undo goes back without end, also after closing.",
    "Predict and train run beside the window, which never waits for them.",
    "Each expert has a layer; blind mode hides the others' and the predictions.",
    "The review queue lists what is worth a second look, and why.",
)


class StartScreen(ttk.Frame):
    """Shown while no session is open; ``form`` replaces the right half when a session is created."""

    def __init__(self, parent: tk.Misc, app: App) -> None:
        super().__init__(parent, style="Window.TFrame")
        self._app, self._theme = app, app.theme
        px = self._theme.px
        holder = ttk.Frame(self, style="Window.TFrame")
        holder.pack(fill="both", expand=True, padx=px(40), pady=px(28))
        ttk.Label(holder, text="DeepCINAC", style="Title.TLabel").pack(anchor="w")
        ttk.Label(
            holder,
            text=f"Watch, label and infer the activity of every cell.  Version {__version__}",
            style="DimWindow.TLabel",
        ).pack(anchor="w", pady=(0, px(16)))
        columns = ttk.Frame(holder, style="Window.TFrame")
        columns.pack(fill="both", expand=True)
        columns.columnconfigure(0, weight=2, uniform="halves")
        columns.columnconfigure(1, weight=3, uniform="halves")
        columns.rowconfigure(0, weight=1)
        self._left = ttk.Frame(columns, style="Window.TFrame")
        self._left.grid(row=0, column=0, sticky="nsew", padx=(0, px(32)))
        self._right = ttk.Frame(columns, style="Window.TFrame")
        self._right.grid(row=0, column=1, sticky="nsew")
        self.form: CreateForm | None = None
        self._fill_left()
        self._fill_right()

    def _fill_left(self) -> None:
        px = self._theme.px
        for text, command, style in (
            ("New session...", "create", "Accent.TButton"),
            ("Open session...", "open", "TButton"),
            ("Try the demo recording", "demo", "TButton"),
        ):
            ttk.Button(
                self._left,
                text=text,
                style=style,
                command=self._runner(command),
            ).pack(anchor="w", fill="x", pady=(0, px(6)), ipady=px(3))
        ttk.Label(self._left, text="Recent sessions", style="Section.TLabel").pack(
            anchor="w", pady=(px(14), px(4))
        )
        recent = self._app.settings.recent_sessions()[:MOST_SHOWN]
        if not recent:
            ttk.Label(self._left, text="None yet", style="DimWindow.TLabel").pack(anchor="w")
        for path in recent:
            self._recent_row(path)

    def _runner(self, command: str) -> Callable[[], object]:
        return lambda: self._app.run_command(command)

    def _recent_row(self, path: Path) -> None:
        px = self._theme.px
        row = ttk.Frame(self._left, style="Window.TFrame")
        row.pack(fill="x", anchor="w")
        there = path.is_file()
        ttk.Button(
            row,
            text=path.stem,
            style="Link.TButton",
            state="normal" if there else "disabled",
            command=lambda: self._app.open_path(path),
        ).pack(side="left")
        folder = str(path.parent) if there else f"not found in {path.parent}"
        if len(folder) > LONGEST_FOLDER:
            folder = "..." + folder[-LONGEST_FOLDER:]
        ttk.Label(row, text=folder, style="DimWindow.TLabel").pack(side="left", padx=px(6))

    def _fill_right(self) -> None:
        px = self._theme.px
        ttk.Label(self._right, text="What is new", style="Section.TLabel").pack(
            anchor="w", pady=(0, px(6))
        )
        for text in WHAT_IS_NEW:
            line = ttk.Frame(self._right, style="Window.TFrame")
            line.pack(fill="x", anchor="w", pady=px(3))
            ttk.Label(line, text="\u2022", style="Window.TLabel").pack(side="left", anchor="n")
            label = ttk.Label(line, text=text, style="Window.TLabel", justify="left")
            label.pack(side="left", fill="x", expand=True, padx=px(6))
            label.bind(
                "<Configure>",
                lambda event: event.widget.configure(wraplength=max(100, event.width)),
            )

    def show_form(self) -> CreateForm:
        """Put the form for a new session into the right half."""
        if self.form is None:
            for child in self._right.winfo_children():
                child.destroy()
            self.form = CreateForm(self._right, self._app, on_cancel=self.hide_form)
            self.form.pack(fill="both", expand=True)
        return self.form

    def hide_form(self) -> None:
        """Back to what is new."""
        for child in self._right.winfo_children():
            child.destroy()
        self.form = None
        self._fill_right()
