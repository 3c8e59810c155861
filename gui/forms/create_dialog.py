"""The form for a new session in a window of its own, over the session that is open meanwhile."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from deepcinac.gui.forms.create_form import CreateForm
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme

SIZE = (900, 640)


class CreateDialog(tk.Toplevel):
    """``form`` is the form; Cancel and Esc lead back to the session as it was."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        jobs: JobBoard,
        talk: Talk,
        open_path: Callable[[Path], object],
    ) -> None:
        super().__init__(root)
        self.title("New session")
        self.configure(background=theme.palette.window)
        px = theme.px
        width = min(px(SIZE[0]), root.winfo_screenwidth())
        height = min(px(SIZE[1]), root.winfo_screenheight() - px(60))
        x = root.winfo_rootx() + max(0, (root.winfo_width() - width) // 2)
        y = root.winfo_rooty() + max(0, (root.winfo_height() - height) // 3)
        self.geometry(f"{width}x{height}+{x}+{y}")
        self.transient(root)
        self.form = CreateForm(self, theme, jobs, talk, open_path, self.destroy)
        self.form.pack(fill="both", expand=True, padx=px(14), pady=px(10))
        self.bind("<Escape>", lambda _event: self.destroy())
