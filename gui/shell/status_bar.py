"""The line at the foot of the window: who labels, where the mouse is, what is on disk, what runs."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Literal

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import in_words
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.theme import Theme


class StatusBar(ttk.Frame):
    """From the left: expert and layer, frame and seconds and value, jobs; at the right the disk."""

    def __init__(self, parent: tk.Misc, theme: Theme, work: Workspace, jobs: JobBoard) -> None:
        super().__init__(parent, style="Status.TFrame")
        self._work, self._jobs = work, jobs
        px = theme.px
        self._layer = self._label("left", width=46)
        self._place = self._label("left", width=44)
        self._disk = ttk.Label(self, style="StatusGood.TLabel", anchor="e")
        self._disk.pack(side="right", padx=px(8), pady=px(2))
        self._cancel = ttk.Button(self, text="Cancel", style="Head.TButton", takefocus=False)
        self._cancel.configure(command=self._cancel_job)
        self._bar = ttk.Progressbar(self, length=px(120), mode="determinate", maximum=1.0)
        self._job = ttk.Label(self, style="Status.TLabel", anchor="e")

    def _label(self, side: Literal["left", "right"], width: int) -> ttk.Label:
        label = ttk.Label(self, style="Status.TLabel", width=width, anchor="w")
        label.pack(side=side, padx=(8, 0))
        return label

    def show_layer(self) -> None:
        """Expert, layer and tool; nothing while no session is open."""
        session, text = self._work.session, ""
        if session is not None:
            if self._work.layer_id is not None:
                layer = session.layer(self._work.layer_id)
                expert = f"expert {layer.author}   " if layer.author else ""
                text = f"{expert}layer {layer.name}"
            text += f"   tool {self._work.tool}"
        self._layer.configure(text=text)

    def show_place(self, text: str) -> None:
        """Frame, seconds and value under the mouse."""
        self._place.configure(text=text)

    def show_disk(self) -> None:
        """Whether everything is on disk."""
        session = self._work.session
        text, style = "", "StatusGood.TLabel"
        if session is not None:
            text = "read only" if session.read_only else "saved"
            style = "StatusBad.TLabel" if session.read_only else style
        self._disk.configure(text=text, style=style)

    @property
    def texts(self) -> dict[str, str]:
        """What the line says, for tests and for screen readers."""
        labels = {"layer": self._layer, "place": self._place, "disk": self._disk, "job": self._job}
        return {name: str(label.cget("text")) for name, label in labels.items()}

    def show_jobs(self) -> None:
        """The newest running job: its stage, its share and the remaining time."""
        running = self._jobs.running
        if not running:
            for widget in (self._job, self._bar, self._cancel):
                widget.pack_forget()
            return
        job = running[-1]
        text = f"{job.name}: {job.said}"
        remaining = job.remaining_s()
        if remaining is not None:
            text += f", {in_words(remaining)} left"
        if len(running) > 1:
            text += f"  (+{len(running) - 1})"
        self._job.configure(text=text)
        self._bar.configure(value=job.share or 0.0)
        if not self._cancel.winfo_manager():
            self._cancel.pack(side="right")
            self._bar.pack(side="right", padx=4)
            self._job.pack(side="right", padx=4)

    def _cancel_job(self) -> None:
        for job in self._jobs.running[-1:]:
            self._jobs.cancel(job)
