"""The line over the views: which cell, whose layer, which tool, undo."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.widgets.parts import Tooltip, keys_go_to_window
from deepcinac.gui.widgets.theme import Theme

TOOL_BUTTONS = (
    ("tool_select", "Select"),
    ("tool_onset", "Onset"),
    ("tool_peak", "Peak"),
    ("tool_both", "Both"),
    ("tool_erase", "Remove"),
    ("tool_doubtful", "Doubtful"),
    ("tool_movement", "Movement"),
    ("tool_labelled", "Judged"),
)


class Toolbar(ttk.Frame):
    """``on_layer(name)`` and ``on_prediction(name)`` are called when the user chooses one."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        controls: Controls,
        on_layer: Callable[[str], None],
        on_prediction: Callable[[str], None],
    ) -> None:
        super().__init__(parent)
        px = theme.px
        self._cell_name = ""
        self.cell_label = ttk.Label(self, style="Strong.TLabel", anchor="center", width=12)
        Tooltip(self.cell_label, theme, lambda: self._cell_name)
        back = controls.button(self, "previous_cell", "\u25c2")
        back.pack(side="left", padx=(px(6), 0), pady=px(3))
        self.cell_label.pack(side="left")
        controls.button(self, "next_cell", "\u25b8").pack(side="left")
        self.layer_box = ttk.Combobox(self, state="readonly", width=10, takefocus=False)
        keys_go_to_window(self.layer_box)
        self.layer_box.pack(side="left", padx=(px(8), 0))
        self.layer_box.bind(
            "<<ComboboxSelected>>", lambda _event: on_layer(self.layer_box.get()), add=True
        )
        Tooltip(self.layer_box, theme, lambda: "The layer that labels go into")
        controls.tick(self, "blind", "Blind", style="Tool.Toolbutton").pack(side="left", padx=px(4))
        self._prediction_label = ttk.Label(self, text="Prediction", style="Dim.TLabel")
        self.prediction_box = ttk.Combobox(self, state="readonly", width=10, takefocus=False)
        keys_go_to_window(self.prediction_box)
        self.prediction_box.bind(
            "<<ComboboxSelected>>",
            lambda _event: on_prediction(self.prediction_box.get()),
            add=True,
        )
        Tooltip(self.prediction_box, theme, lambda: "The result that is the prediction")
        self._px = px
        self._line(theme)
        for command_id, text in TOOL_BUTTONS:
            made = controls.tick(self, command_id, text, style="Tool.Toolbutton")
            made.pack(side="left", padx=px(1))
        self._line(theme)
        controls.button(self, "undo", "Undo").pack(side="left", padx=px(1))
        controls.button(self, "redo", "Redo").pack(side="left", padx=px(1))
        controls.button(self, "keys", "?").pack(side="right", padx=px(6))

    def _line(self, theme: Theme) -> None:
        line = ttk.Separator(self, orient="vertical")
        line.pack(side="left", fill="y", padx=theme.px(6), pady=theme.px(4))

    def show_cell(self, cell: int, n_cells: int, name: str) -> None:
        """Number of the current cell; its name is the tooltip."""
        self.cell_label.configure(text=f"Cell {cell} of {n_cells}")
        self._cell_name = name

    def show_layers(self, names: Sequence[str], current: str) -> None:
        """The layers to choose from, and the one that labels go into."""
        self.layer_box.configure(values=list(names))
        self.layer_box.set(current)

    def show_predictions(self, names: Sequence[str], current: str) -> None:
        """The results to choose from; the box is there only when there are any."""
        self.prediction_box.configure(values=list(names))
        self.prediction_box.set(current)
        if not names:
            self._prediction_label.pack_forget()
            self.prediction_box.pack_forget()
        elif not self.prediction_box.winfo_manager():
            self._prediction_label.pack(side="left", padx=(self._px(6), 0), after=self.layer_box)
            self.prediction_box.pack(
                side="left", padx=(self._px(3), 0), after=self._prediction_label
            )
