"""The window while a session is open: which view stands where, and the small controls beside them.

Only the arrangement. What the views show is the business of :mod:`deepcinac.gui.presenters.presenter`, what a
control does that of the command table.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import TYPE_CHECKING, Any

from deepcinac.gui.commands.keymap import tooltip_of
from deepcinac.gui.commands.table import COMMANDS
from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.swatch import swatch
from deepcinac.gui.drawing.view import bind_right_button
from deepcinac.gui.panels.cells_table import CellsTable
from deepcinac.gui.panels.review_panel import ReviewPanel
from deepcinac.gui.views.field import FieldView
from deepcinac.gui.views.movie import MovieView
from deepcinac.gui.views.overview import OverviewStrip
from deepcinac.gui.views.profiles import ProfilesView
from deepcinac.gui.views.raster import RasterView
from deepcinac.gui.views.traces import TraceView
from deepcinac.gui.widgets.parts import Panel, Panes, Tooltip, slide_to_pointer

if TYPE_CHECKING:
    from deepcinac.gui.shell.app import App

SHARES = {
    "columns": {"left": 0.26, "centre": 0.55, "right": 0.19},
    "left": {"field": 0.55, "cells": 0.45},
    "centre": {"top": 0.37, "traces": 0.43, "raster": 0.20},
    "top": {"movie": 0.5, "profiles": 0.5},
}
"""Shares of the window at first; the user's own come from the settings."""
NARROW = 1100
"""Logical pixels under which the review queue is folded away at first."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
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
TRACE_BUTTONS = (
    ("trace_raw", "Raw", picture.RAW),
    ("trace_smoothed", "Smoothed", picture.SMOOTHED),
    ("trace_overlap", "No overlap", picture.WITHOUT_OVERLAP),
    ("trace_neuropil", "Neuropil", picture.NEUROPIL),
    ("trace_minus_neuropil", "\u2212 Neuropil", picture.MINUS_NEUROPIL),
    ("trace_dff", "dF/F", picture.DFF),
)
"""Command, text and the trace whose line is drawn on the button."""


class MainWindow(ttk.Frame):
    """All views of an open session; ``app`` supplies theme, commands and callbacks."""

    def __init__(self, parent: tk.Misc, app: App) -> None:
        super().__init__(parent, style="Window.TFrame")
        self._app = app
        self.theme = app.theme
        self._ticks: list[tuple[str, tk.BooleanVar]] = []
        self._buttons: list[tuple[str, ttk.Button]] = []
        self.cell_name = ""
        self._swatched: dict[str, ttk.Checkbutton] = {}
        self._swatches: dict[str, Any] = {}
        self._make_toolbar().pack(side="top", fill="x")
        remembered = app.settings.get("panes", {})
        shares = {name: _shares(remembered.get(name), first) for name, first in SHARES.items()}
        columns = Panes(self, "horizontal", shares["columns"])
        columns.pack(side="top", fill="both", expand=True)
        left = Panes(columns, "vertical", shares["left"])
        centre = Panes(columns, "vertical", shares["centre"])
        top = Panes(centre, "horizontal", shares["top"])
        self.panes = {"columns": columns, "left": left, "centre": centre, "top": top}
        look = self.theme.look()
        self._make_left(left, look)
        self._make_top(top, look)
        self._make_lower(centre, top, look)
        self.review = ReviewPanel(columns, self.theme, app.queue, self.button)
        bind_right_button(self.review.tree, app.queue_context)
        columns.add_pane("left", left, weight=2)
        columns.add_pane("centre", centre, weight=5)
        columns.add_pane("right", self.review, weight=2)

    # Controls made from the table

    def button(self, parent: tk.Misc, command_id: str, text: str, **options: Any) -> ttk.Button:
        """A button of a command, with its tooltip; it is greyed like the menu."""
        made = ttk.Button(
            parent,
            text=text,
            command=lambda: self._app.run_command(command_id),
            takefocus=False,
            **options,
        )
        self._explain(made, command_id)
        self._buttons.append((command_id, made))
        return made

    def _tick(self, parent: tk.Misc, command_id: str, text: str, **options: Any) -> ttk.Checkbutton:
        variable = tk.BooleanVar(self, value=False)
        made = ttk.Checkbutton(
            parent,
            text=text,
            variable=variable,
            command=lambda: self._app.run_command(command_id),
            takefocus=False,
            **options,
        )
        self._explain(made, command_id)
        self._ticks.append((command_id, variable))
        return made

    def _explain(self, widget: tk.Widget, command_id: str) -> None:
        command = next(c for c in COMMANDS if c.id == command_id)
        Tooltip(widget, self.theme, lambda: tooltip_of(command, self._app.keymap))

    def refresh_controls(self) -> None:
        """Ticks and greys after a change."""
        commands = {c.id: c for c in COMMANDS}
        test = self._app.conditions.test
        for command_id, variable in self._ticks:
            wanted = test(commands[command_id].checked)
            if variable.get() != wanted:
                variable.set(wanted)
        for command_id, made in self._buttons:
            state = "!disabled" if test(commands[command_id].enabled) else "disabled"
            made.state([state])

    # The parts

    def _make_toolbar(self) -> ttk.Frame:
        px = self.theme.px
        bar = ttk.Frame(self)
        self.cell_label = ttk.Label(bar, style="Strong.TLabel", anchor="center", width=13)
        Tooltip(self.cell_label, self.theme, lambda: self.cell_name)
        self.button(bar, "previous_cell", "\u25c2").pack(side="left", padx=(px(6), 0), pady=px(3))
        self.cell_label.pack(side="left")
        self.button(bar, "next_cell", "\u25b8").pack(side="left")
        self.layer_box = ttk.Combobox(bar, state="readonly", width=14, takefocus=False)
        self.layer_box.pack(side="left", padx=(px(10), 0))
        self.layer_box.bind("<<ComboboxSelected>>", self._app.layer_chosen, add=True)
        Tooltip(self.layer_box, self.theme, lambda: "The layer that labels go into")
        self._tick(bar, "blind", "Blind", style="Tool.Toolbutton").pack(side="left", padx=px(4))
        _separator(bar, px)
        for command_id, text in TOOL_BUTTONS:
            self._tick(bar, command_id, text, style="Tool.Toolbutton").pack(side="left", padx=px(1))
        _separator(bar, px)
        self.button(bar, "undo", "Undo").pack(side="left", padx=px(1))
        self.button(bar, "redo", "Redo").pack(side="left", padx=px(1))
        self.button(bar, "keys", "?").pack(side="right", padx=px(6))
        self.counts = ttk.Label(bar, style="Dim.TLabel", anchor="e")
        self.counts.pack(side="right", padx=px(6))
        return bar

    def _make_left(self, left: Panes, look: Any) -> None:
        app, px = self._app, self.theme.px
        panel = Panel(left, self.theme, "Field")
        self.image_box = ttk.Combobox(panel.head, state="readonly", width=10, takefocus=False)
        self.image_box.pack(side="right", padx=px(4), pady=px(1))
        self.image_box.bind("<<ComboboxSelected>>", app.image_chosen, add=True)
        self.field = FieldView(
            panel.body,
            look,
            on_select=app.cell_clicked,
            on_hover=app.field_hovered,
            on_context=app.field_context,
        )
        self.field.pack(fill="both", expand=True)
        foot = ttk.Frame(panel.body)
        foot.pack(side="bottom", fill="x", before=self.field)
        self.low = self._contrast_slider(foot, "Dark")
        self.high = self._contrast_slider(foot, "Bright")
        self.button(foot, "auto_contrast", "Auto", style="Flat.TButton").pack(
            side="right", padx=px(3)
        )
        self.cells = CellsTable(left, self.theme, app.cell_clicked)
        bind_right_button(self.cells.tree, app.table_context)
        left.add_pane("field", panel, weight=3)
        left.add_pane("cells", self.cells, weight=2)

    def _contrast_slider(self, parent: tk.Misc, text: str) -> ttk.Scale:
        px = self.theme.px
        ttk.Label(parent, text=text, style="Dim.TLabel").pack(side="left", padx=(px(4), px(2)))
        slider = ttk.Scale(
            parent, from_=0.0, to=1.0, length=px(60), takefocus=False,
            command=lambda _value: self._app.contrast_moved(),
        )  # fmt: skip
        slider.pack(side="left", fill="x", expand=True)
        slide_to_pointer(slider)
        return slider

    def _make_top(self, top: Panes, look: Any) -> None:
        app, px = self._app, self.theme.px
        panel = Panel(top, self.theme, "Movie")
        self.speed_box = ttk.Combobox(
            panel.head,
            state="readonly",
            width=4,
            takefocus=False,
            values=[f"{speed:g}x" for speed in SPEEDS],
        )
        self.speed_box.pack(side="right", padx=px(4), pady=px(1))
        self.speed_box.bind("<<ComboboxSelected>>", app.speed_chosen, add=True)
        for command_id, text in (
            ("inputs", "Inputs"),
            ("smooth_movie", "Smooth"),
            ("loop", "Loop"),
        ):
            self._tick(panel.head, command_id, text, style="Head.Toolbutton").pack(
                side="right", padx=px(1)
            )
        self.button(panel.head, "next_frame", "\u25b8", style="Head.TButton").pack(side="right")
        self.play_button = self.button(panel.head, "play", "Play", style="Head.TButton")
        self.play_button.configure(width=5)
        self.play_button.pack(side="right")
        self.button(panel.head, "previous_frame", "\u25c2", style="Head.TButton").pack(side="right")
        self.movie = MovieView(
            panel.body,
            look,
            10.0,
            on_frame=app.movie_frame,
            on_playing=app.movie_playing,
            on_context=app.movie_context,
        )
        self.movie.pack(fill="both", expand=True)
        profiles = Panel(top, self.theme, "Profiles")
        self.profiles = ProfilesView(profiles.body, look, on_select=app.cell_clicked)
        self.profiles.pack(fill="both", expand=True)
        top.add_pane("movie", panel, weight=1)
        top.add_pane("profiles", profiles, weight=1)

    def _make_lower(self, centre: Panes, top: Panes, look: Any) -> None:
        app, px = self._app, self.theme.px
        traces = Panel(centre, self.theme, "Traces")
        self._tick(traces.head, "judge_peaks", "Whose light", style="Head.Toolbutton").pack(
            side="right", padx=(px(6), px(2)), pady=px(1)
        )
        for command_id, text, trace in reversed(TRACE_BUTTONS):
            made = self._tick(traces.head, command_id, text, style="Head.Toolbutton")
            made.configure(compound="left")
            made.pack(side="right", padx=px(1), pady=px(1))
            self._swatched[trace] = made
        self._draw_swatches()
        self.overview = OverviewStrip(
            traces.body, look, on_range=app.range_chosen, on_seek=app.frame_chosen
        )
        self.overview.pack(side="top", fill="x")
        self.traces = TraceView(
            traces.body,
            look,
            on_range=app.range_chosen,
            on_seek=app.frame_chosen,
            on_hover=app.trace_hovered,
            on_select=app.transient_selected,
            on_add=app.trace_clicked,
            on_add_transient=app.transient_dragged,
            on_move=app.transient_moved,
            on_span=app.span_dragged,
            on_threshold=app.threshold_dragged,
            on_context=app.trace_context,
        )
        self.traces.pack(side="top", fill="both", expand=True)
        raster = Panel(centre, self.theme, "Raster")
        self.raster_panel = raster
        self.raster = RasterView(
            raster.body, look, on_jump=app.raster_jump, on_range=app.range_chosen
        )
        self.raster.pack(fill="both", expand=True)
        centre.add_pane("top", top, weight=3)
        centre.add_pane("traces", traces, weight=3)
        centre.add_pane("raster", raster, weight=1)

    def _draw_swatches(self) -> None:
        """The legend of the traces: each button shows the line of its trace."""
        look = self.theme.look()
        pens = picture.pens(look)
        for trace, button in self._swatched.items():
            self._swatches[trace] = swatch(self, pens[trace], look)
            button.configure(image=self._swatches[trace])

    def theme_changed(self) -> None:
        """Other colours."""
        for view in self.views:
            view.set_theme(self.theme.look())
        self._draw_swatches()
        self.review.theme_changed()

    @property
    def views(self) -> list[Any]:
        """Every view, for what concerns all of them."""
        return [self.field, self.movie, self.profiles, self.overview, self.traces, self.raster]

    def shares(self) -> dict[str, dict[str, float]]:
        """Sizes of all panes, for the settings."""
        return {name: panes.shares() for name, panes in self.panes.items()}


def _separator(bar: ttk.Frame, px: Callable[[float], int]) -> None:
    ttk.Separator(bar, orient="vertical").pack(side="left", fill="y", padx=px(6), pady=px(4))


def _shares(remembered: Any, first: dict[str, float]) -> dict[str, float]:
    """The user's shares where they are sound."""
    good = isinstance(remembered, dict) and set(remembered) == set(first)
    good = good and all(isinstance(v, float) and 0.02 < v < 1 for v in remembered.values())
    return dict(remembered) if good else dict(first)
