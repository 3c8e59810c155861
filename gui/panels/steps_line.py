"""The first steps in a line under the head of the window: what is done, and what comes next."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk

from deepcinac.gui.commands.first_steps import DONE, STEPS
from deepcinac.gui.drawing.text import shortened
from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.widgets.theme import Theme

TICK = "\u2713"


class StepsLine(ttk.Frame):
    """The names of the steps, those taken with a tick, and how to take the next one."""

    def __init__(self, parent: tk.Misc, theme: Theme, controls: Controls) -> None:
        super().__init__(parent, style="Steps.TFrame")
        px = theme.px
        self._how = ""
        ttk.Label(self, text="First steps", style="StepsDim.TLabel").pack(
            side="left", padx=(px(10), px(8)), pady=px(2)
        )
        self.labels = [ttk.Label(self, text=step.name, style="StepsDim.TLabel") for step in STEPS]
        for label in self.labels:
            label.pack(side="left", padx=(0, px(10)))
        controls.button(self, "first_steps", "Hide", style="Steps.TButton").pack(
            side="right", padx=px(8)
        )
        self.how = ttk.Label(self, style="Steps.TLabel", anchor="w", width=1)
        self.how.pack(side="left", fill="x", expand=True, padx=(px(8), 0))
        self.how.bind("<Configure>", lambda _event: self._write(), add=True)

    def show(self, done: Sequence[bool], following: int | None, how: str) -> None:
        """Tick off what is done; ``following`` is the next step, ``how`` says how to take it."""
        for place, (label, step) in enumerate(zip(self.labels, STEPS, strict=True)):
            text = f"{TICK} {step.name}" if done[place] else step.name
            style = "StepsStrong.TLabel" if place == following else "StepsDim.TLabel"
            label.configure(text=text, style=style)
        self._how = DONE if following is None else f"{STEPS[following].name}: {how}"
        self._write()

    def _write(self) -> None:
        room = self.how.winfo_width() - 2
        self.how.configure(text=shortened(self, self._how, "SmallFont", room))
