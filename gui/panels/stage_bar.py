"""The line at the head of the window: label, predict, review, train, each with its state and its button."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk

from deepcinac.gui.commands.stages import Stage
from deepcinac.gui.drawing.text import shortened
from deepcinac.gui.panels.controls import ActionButton, Controls
from deepcinac.gui.widgets.parts import Tooltip
from deepcinac.gui.widgets.theme import Theme

NAMES = ("Label", "Predict", "Review", "Train")


class StageBar(ttk.Frame):
    """Four equal parts, in the order of the work."""

    def __init__(self, parent: tk.Misc, theme: Theme, controls: Controls) -> None:
        super().__init__(parent, style="Stages.TFrame")
        self.parts = [StagePart(self, theme, controls, name) for name in NAMES]
        for place, part in enumerate(self.parts):
            self.columnconfigure(2 * place, weight=1, uniform="stages")
            part.grid(row=0, column=2 * place, sticky="nsew")
            if place:
                ttk.Label(self, text="\u203a", style="StageNext.TLabel").grid(
                    row=0, column=2 * place - 1
                )

    def show(self, stages: Sequence[Stage]) -> None:
        """The state of each."""
        for part, stage in zip(self.parts, stages, strict=True):
            part.show(stage)


class StagePart(ttk.Frame):
    """Name, state and button of a stage; a state that is too long is shortened, and whole in the tooltip."""

    def __init__(self, parent: tk.Misc, theme: Theme, controls: Controls, name: str) -> None:
        super().__init__(parent, style="Stages.TFrame")
        px = theme.px
        self._stage: Stage | None = None
        ttk.Label(self, text=name, style="StageName.TLabel").pack(
            side="left", padx=(px(10), px(6)), pady=px(4)
        )
        self.button: ActionButton = controls.action(self, style="Stage.TButton")
        self.button.widget.pack(side="right", padx=(px(4), px(8)), pady=px(2))
        self.said = ttk.Label(self, style="Stage.TLabel", anchor="w", width=1)
        self.said.pack(side="left", fill="x", expand=True)
        self.said.bind("<Configure>", lambda _event: self._write(), add=True)
        Tooltip(self.said, theme, self._whole)

    def show(self, stage: Stage) -> None:
        """Another state."""
        if stage != self._stage:
            self._stage = stage
            self.button.show(stage.command, stage.action)
            self._write()

    def _write(self) -> None:
        if self._stage is not None:
            room = self.said.winfo_width() - 2
            self.said.configure(text=shortened(self, self._stage.state, "SmallFont", room))

    def _whole(self) -> str:
        if self._stage is None:
            return ""
        return ". ".join(text for text in (self._stage.state, self._stage.detail) if text)
