"""The traces of the cell with its labels, and the strip with the whole recording over them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.swatch import swatch
from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.panels.view_events import ViewEvents
from deepcinac.gui.views.overview import OverviewStrip
from deepcinac.gui.views.traces import TraceView
from deepcinac.gui.widgets.parts import Panel
from deepcinac.gui.widgets.theme import Theme

TRACE_BUTTONS = (
    ("trace_raw", "Raw", picture.RAW),
    ("trace_smoothed", "Smoothed", picture.SMOOTHED),
    ("trace_overlap", "No overlap", picture.WITHOUT_OVERLAP),
    ("trace_neuropil", "Neuropil", picture.NEUROPIL),
    ("trace_minus_neuropil", "\u2212 Neuropil", picture.MINUS_NEUROPIL),
    ("trace_dff", "dF/F", picture.DFF),
)
"""Command, text and the trace whose line is drawn on the button."""
SNAP_PX = 7
"""A click jumps to a candidate within this many pixels of a 96 dpi screen, never farther."""


class TracePanel(Panel):
    """``view`` shows the visible frames, ``overview`` the whole recording."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        controls: Controls,
        events: ViewEvents,
        on_seek: Callable[[int], None],
    ) -> None:
        super().__init__(parent, theme, "Traces")
        px = theme.px
        self._theme, self._events = theme, events
        self._swatched: dict[str, ttk.Checkbutton] = {}
        self._swatches: dict[str, Any] = {}
        controls.tick(self.head, "judge_peaks", "Whose light", style="Head.Toolbutton").pack(
            side="right", padx=(px(6), px(2)), pady=px(1)
        )
        for command_id, text, trace in reversed(TRACE_BUTTONS):
            made = controls.tick(self.head, command_id, text, style="Head.Toolbutton")
            made.configure(compound="left")
            made.pack(side="right", padx=px(1), pady=px(1))
            self._swatched[trace] = made
        self.draw_legend()
        self.overview = OverviewStrip(
            self.body, theme.look(), on_range=events.range_chosen, on_seek=on_seek
        )
        self.overview.pack(side="top", fill="x")
        self.view = TraceView(
            self.body,
            theme.look(),
            on_range=events.range_chosen,
            on_seek=on_seek,
            on_hover=events.trace_hovered,
            on_select=events.transient_selected,
            on_add=self._clicked,
            on_add_transient=events.transient_dragged,
            on_move=events.transient_moved,
            on_span=events.span_dragged,
            on_threshold=events.threshold_dragged,
            on_context=events.trace_context,
        )
        self.view.pack(side="top", fill="both", expand=True)

    def _clicked(self, what: str, frame: int) -> None:
        width = self.view.canvas.winfo_width() / self._theme.scale
        self._events.trace_clicked(what, frame, SNAP_PX / max(1.0, width))

    def draw_legend(self) -> None:
        """The legend of the traces: each button shows the line of its trace."""
        look = self._theme.look()
        pens = picture.pens(look)
        for trace, button in self._swatched.items():
            self._swatches[trace] = swatch(self, pens[trace], look)
            button.configure(image=self._swatches[trace])
