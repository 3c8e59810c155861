"""The jobs, running and finished: how far, what came of them, and their log."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.history import LASTING, earlier_jobs
from deepcinac.gui.jobs.job import RUNNING, Job, in_words
from deepcinac.gui.views.curve import CurveView, curves_of
from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.text_window import TextWindow
from deepcinac.gui.widgets.theme import Theme

REFRESH_MS = 500
NOTHING = "Nothing has run yet: predictions, trainings and queues appear here."
WIDTHS = {"name": 130, "state": 80, "result": 430}


class JobsWindow(tk.Toplevel):
    """A line for each job; below it the result of the chosen one in full, its log, and the stop."""

    def __init__(
        self, root: tk.Misc, theme: Theme, jobs: JobBoard, cancel: Callable[[Job], object]
    ) -> None:
        super().__init__(root)
        self.title("Jobs")
        self._theme, self._jobs, self._cancel = theme, jobs, cancel
        px = theme.px
        self.configure(background=theme.palette.panel)
        body = ttk.Frame(self, padding=px(12))
        body.pack(fill="both", expand=True)
        foot = ttk.Frame(body)
        foot.pack(side="bottom", fill="x", pady=(px(10), 0))
        self.log_button = ttk.Button(foot, text="Show the log", command=self._show_log)
        self.log_button.pack(side="left")
        self.stop_button = ttk.Button(foot, text="Stop", command=self._stop)
        self.stop_button.pack(side="left", padx=px(6))
        ttk.Button(foot, text="Close", command=self.destroy).pack(side="right")
        self.said = ttk.Label(body, justify="left", wraplength=px(620), text=NOTHING)
        self.said.pack(side="bottom", fill="x", pady=(px(8), 0))
        self.curve = CurveView(body, theme.look())
        holder = ScrolledTree(body, columns=tuple(WIDTHS), show="headings", height=8)
        holder.pack(fill="both", expand=True)
        self.tree = holder.tree
        for name, heading in (("name", "Job"), ("state", "State"), ("result", "Result")):
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(name, width=px(WIDTHS[name]), anchor="w", stretch=name == "result")
        self.tree.bind("<<TreeviewSelect>>", lambda _event: self._show_chosen(), add=True)
        self.bind("<Escape>", lambda _event: self.destroy())
        over = root.winfo_toplevel()
        self.transient(over)
        self.geometry(f"+{over.winfo_rootx() + px(60)}+{over.winfo_rooty() + px(60)}")
        self._held: dict[str, Job] = {}
        # Those of this window are in the history too, once they have ended.
        n_own = sum(job.name in LASTING and job.state != RUNNING for job in jobs.jobs)
        earlier = earlier_jobs()
        self._earlier = earlier[: max(0, len(earlier) - n_own)]
        self._timer: str | None = None
        self.bind("<Destroy>", self._gone, add=True)
        self._refresh()
        newest = self.tree.get_children()[:1]
        if newest:
            self.tree.selection_set(*newest)

    def _refresh(self) -> None:
        """The newest first."""
        listed = [*self._earlier, *self._jobs.jobs]
        for job in listed:
            row = str(id(job))
            if row not in self._held:
                self._held[row] = job
                self.tree.insert("", 0, iid=row)
            self.tree.item(row, values=(job.name, job.state, result_of(job)))
        for row in set(self._held) - {str(id(job)) for job in listed}:
            self.tree.delete(row)
            del self._held[row]
        self._show_chosen()
        self._timer = self.after(REFRESH_MS, self._refresh)

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self and self._timer is not None:
            self.after_cancel(self._timer)

    @property
    def chosen(self) -> Job | None:
        """The job whose line is marked."""
        rows = self.tree.selection()
        return self._held.get(rows[0]) if rows else None

    def _show_chosen(self) -> None:
        job = self.chosen
        if job is not None and any(curves_of(job.history)):
            self.curve.show(job.history)
            if not self.curve.winfo_manager():
                self.curve.pack(side="bottom", fill="x", pady=(self._theme.px(8), 0))
        else:
            self.curve.pack_forget()
        self.said.configure(text=NOTHING if not self._held else result_of(job) if job else "")
        self.log_button.state(["!disabled" if job and job.log else "disabled"])
        self.stop_button.state(["!disabled" if job and job.state == RUNNING else "disabled"])

    def _show_log(self) -> None:
        job = self.chosen
        if job is not None:
            TextWindow(self, self._theme, f"Log: {job.name}", job.log)

    def _stop(self) -> None:
        job = self.chosen
        if job is not None:
            self._cancel(job)


def result_of(job: Job) -> str:
    """How far a job is, or what came of it, in a sentence."""
    if job.state == RUNNING:
        share, remaining = job.share, job.remaining_s()
        parts = [job.said, "" if share is None else f"{100 * share:.0f} %",
                 "" if remaining is None else f"{in_words(remaining)} left"]  # fmt: skip
        return ", ".join(part for part in parts if part)
    return job.result or job.message or job.state
