"""The jobs, running and finished: how far, what came of them, what a network gets wrong, and their log."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Any, Protocol

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.history import LASTING, earlier_jobs
from deepcinac.gui.jobs.job import ROUND_ENDED, RUNNING, Job, in_words
from deepcinac.gui.views.curve import CurveView, curves_of
from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.text_window import TextWindow
from deepcinac.gui.widgets.theme import Theme

REFRESH_MS = 500
NOTHING = "Nothing has run yet: predictions, trainings and queues appear here."
WIDTHS = {"name": 160, "state": 80, "result": 430}
MISTAKES = "What it gets wrong in what is held out, the surest first: click to go there"
PLACES = {"cell": 60, "frames": 120, "what": 250, "probability": 90}


class JobActions(Protocol):
    """What can be done with a job."""

    def cancel(self, job: Job) -> object:
        """Ask it to clean up and stop."""

    def can_keep(self, job: Job) -> bool:
        """Whether it is a training, which can end early with the best of its epochs."""

    def keep_best(self, job: Job) -> object:
        """Let it end so."""

    def can_resume(self, job: Job) -> bool:
        """Whether it has ended and can go on where it was."""

    def resume(self, job: Job) -> object:
        """Let it go on."""

    def go_to(self, mistake: dict[str, Any]) -> object:
        """Show the place of a mistake."""


class JobsWindow(tk.Toplevel):
    """A line for each job; below it the result of the chosen one in full, its curves, mistakes and log."""

    def __init__(self, root: tk.Misc, theme: Theme, jobs: JobBoard, actions: JobActions) -> None:
        super().__init__(root)
        self.title("Jobs")
        self._theme, self._jobs, self._actions = theme, jobs, actions
        px = theme.px
        self.configure(background=theme.palette.panel)
        body = ttk.Frame(self, padding=px(12))
        body.pack(fill="both", expand=True)
        foot = ttk.Frame(body)
        foot.pack(side="bottom", fill="x", pady=(px(10), 0))
        self.log_button = ttk.Button(foot, text="Show the log", command=self._show_log)
        self.log_button.pack(side="left")
        self.keep_button = ttk.Button(foot, text="Stop and keep the best", command=self._keep)
        self.keep_button.pack(side="left", padx=(px(6), 0))
        self.stop_button = ttk.Button(foot, text="Cancel", command=self._stop)
        self.stop_button.pack(side="left", padx=px(6))
        self.resume_button = ttk.Button(foot, text="Resume", command=self._resume)
        self.resume_button.pack(side="left")
        ttk.Button(foot, text="Close", command=self.destroy).pack(side="right")
        self.said = ttk.Label(body, justify="left", wraplength=px(620), text=NOTHING)
        self.said.pack(side="bottom", fill="x", pady=(px(8), 0))
        self.curve = CurveView(body, theme.look())
        self._make_mistakes(body)
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

    def _make_mistakes(self, body: ttk.Frame) -> None:
        """The list of what a training gets wrong, shown where there is something."""
        px = self._theme.px
        self.mistakes = ttk.Frame(body)
        ttk.Label(self.mistakes, text=MISTAKES, style="Dim.TLabel").pack(anchor="w")
        holder = ScrolledTree(
            self.mistakes, columns=tuple(PLACES), show="headings", height=5, selectmode="browse"
        )
        holder.pack(fill="x")
        self.places = holder.tree
        for name, width in PLACES.items():
            self.places.heading(name, text=name.capitalize(), anchor="w")
            self.places.column(name, width=px(width), anchor="w", stretch=name == "what")
        self.places.bind("<<TreeviewSelect>>", self._place_chosen, add=True)
        self._mistakes_of: list[dict[str, Any]] = []

    def _show_mistakes(self, job: Job | None) -> None:
        found = [] if job is None else job.mistakes
        if found == self._mistakes_of:
            return
        self._mistakes_of = found
        self.places.delete(*self.places.get_children())
        for number, one in enumerate(found):
            missed = one.get("kind") == "missed"
            what = "a transient that it does not see" if missed else "a transient that is none"
            frames = f"{one.get('first')} to {one.get('last')}"
            self.places.insert(
                "", "end", iid=str(number), values=(one.get("cell"), frames, what, one.get("probability"))
            )  # fmt: skip
        if found:
            self.mistakes.pack(side="bottom", fill="x", pady=(self._theme.px(8), 0))
        else:
            self.mistakes.pack_forget()

    def _place_chosen(self, _event: object) -> None:
        for row in self.places.selection():
            self._actions.go_to(self._mistakes_of[int(row)])

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
        self._show_mistakes(job)
        said = "" if job is None else "\n".join(filter(None, (result_of(job), score_of(job))))
        self.said.configure(text=said if self._held else NOTHING)
        runs = job is not None and job.state == RUNNING
        for button, is_offered in (
            (self.log_button, job is not None and bool(job.log)),
            (self.stop_button, runs),
            (self.keep_button, runs and job is not None and self._actions.can_keep(job)),
            (self.resume_button, job is not None and self._actions.can_resume(job)),
        ):
            button.state(["!disabled" if is_offered else "disabled"])

    def _show_log(self) -> None:
        job = self.chosen
        if job is not None:
            TextWindow(self, self._theme, f"Log: {job.name}", job.log)

    def _stop(self) -> None:
        job = self.chosen
        if job is not None:
            self._actions.cancel(job)

    def _keep(self) -> None:
        job = self.chosen
        if job is not None:
            self._actions.keep_best(job)

    def _resume(self) -> None:
        job = self.chosen
        if job is not None:
            self._actions.resume(job)


def result_of(job: Job) -> str:
    """How far a job is, or what came of it, in a sentence."""
    if job.state == RUNNING:
        share, remaining = job.share, job.remaining_s()
        parts = [job.said, "" if share is None else f"{100 * share:.0f} %",
                 "" if remaining is None else f"{in_words(remaining)} left"]  # fmt: skip
        return ", ".join(part for part in parts if part)
    return job.result or job.message or job.state


def score_of(job: Job) -> str:
    """The last score of a training with its interval; "" for other jobs.

    >>> job = Job("Training", [])
    >>> job.history = [{"stage": "validated", "epoch": 2, "score": 0.71, "score_interval": [0.62, 0.8]}]
    >>> score_of(job)
    'Score after epoch 2: 0.71 (95 % interval 0.62 to 0.80)'
    """
    for record in reversed(job.history):
        score = record.get("score")
        if record.get("stage") != ROUND_ENDED or not isinstance(score, (int, float)):
            continue
        within = record.get("score_interval")
        known = isinstance(within, list) and len(within) == 2
        sure = " (95 % interval {:.2f} to {:.2f})".format(*within) if known else ""
        return f"Score after epoch {record.get('epoch')}: {score:.2f}{sure}"
    return ""
