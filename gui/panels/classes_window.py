"""The classes that recordings were taken for: a line for each of a run, the open one marked."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.told_classes import ToldClasses
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.theme import Theme

COLUMNS = (("name", "Recording", 190), ("label", "Class", 130), ("told", "Taken for", 130),
           ("right", "Right", 60), ("share", "Share", 70))  # fmt: skip


class ClassesWindow(tk.Toplevel):
    """What 'deepcinac dynamics' said; with a choice of runs where there are several."""

    def __init__(self, root: tk.Misc, theme: Theme, work: Workspace) -> None:
        super().__init__(root)
        self.title("Classes of recordings")
        self._work = work
        px = theme.px
        self.configure(background=theme.palette.panel)
        body = ttk.Frame(self, padding=px(12))
        body.pack(fill="both", expand=True)
        self.run_box = ttk.Combobox(body, state="readonly", width=60)
        self.run_box.bind("<<ComboboxSelected>>", lambda _event: self._show(), add=True)
        self.said = ttk.Label(body, wraplength=px(580), justify="left")
        self.said.pack(side="top", anchor="w", pady=(0, px(8)))
        holder = ScrolledTree(body, columns=[c[0] for c in COLUMNS], show="headings", height=12)
        holder.pack(fill="both", expand=True)
        self.tree = holder.tree
        for name, heading, width in COLUMNS:
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(name, width=px(width), anchor="w", stretch=name == "name")
        self._gap = px(8)
        self.bind("<Escape>", lambda _event: self.destroy())
        over = root.winfo_toplevel()
        self.transient(over)
        self.geometry(f"+{over.winfo_rootx() + px(60)}+{over.winfo_rooty() + px(60)}")
        work.observe(self._work_changed)
        self.refresh()

    def _work_changed(self, topics: frozenset[str]) -> None:
        if not self.winfo_exists():
            return
        if topic.SESSION in topics:
            self.destroy()
        elif topics & {topic.LAYER, topic.BLIND}:
            self.refresh()

    def refresh(self) -> None:
        """The runs anew; the chosen one stays chosen, the newest is the first choice."""
        runs, before = self._work.told_classes(), self.run_box.get()
        names = [one.layer for one in runs]
        self.run_box.configure(values=names)
        self.run_box.set(before if before in names else (names or [""])[-1])
        if len(names) > 1 and not self.run_box.winfo_manager():
            self.run_box.pack(side="top", fill="x", pady=(0, self._gap), before=self.said)
        self._show()

    @property
    def run(self) -> ToldClasses | None:
        """The run that is shown."""
        name = self.run_box.get()
        return next((one for one in self._work.told_classes() if one.layer == name), None)

    def _show(self) -> None:
        self.tree.delete(*self.tree.get_children())
        run, session = self.run, self._work.session
        if run is None or session is None:
            self.said.configure(text="Nothing is said of the class of this recording.")
            return
        self.said.configure(text=f"{run.in_words} Told while left out: {run.held_out}.")
        for row in run.rows:
            right = "yes" if row.is_right else "no"
            line = self.tree.insert("", "end", values=(row.name, row.label, row.told, right,
                                                       f"{row.share:.2f}"))  # fmt: skip
            if row.name == session.path.stem:
                self.tree.selection_set(line)
                self.tree.see(line)
