"""The window while a session is open: which panel stands where.

Only the arrangement. What the views show is the business of :mod:`deepcinac.gui.presenters`, what a
control does that of the command table.
"""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Any

from deepcinac.gui.drawing.view import View
from deepcinac.gui.panels.cells_table import CellsTable
from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.panels.field_panel import FieldPanel
from deepcinac.gui.panels.movie_panel import MoviePanel
from deepcinac.gui.panels.review_panel import ReviewPanel
from deepcinac.gui.panels.stage_bar import StageBar
from deepcinac.gui.panels.steps_line import StepsLine
from deepcinac.gui.panels.toolbar import Toolbar
from deepcinac.gui.panels.trace_panel import TracePanel
from deepcinac.gui.panels.view_events import ViewEvents
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.views.profiles import ProfilesView
from deepcinac.gui.views.raster import RasterView
from deepcinac.gui.widgets.parts import Panel, Panes
from deepcinac.gui.widgets.theme import Theme

SHARES = {
    "columns": {"left": 0.24, "centre": 0.58, "right": 0.18},
    "left": {"field": 0.5, "cells": 0.5},
    "centre": {"top": 0.30, "traces": 0.55, "raster": 0.15},
    "top": {"movie": 0.5, "profiles": 0.5},
}
"""Shares of the window at first; the user's own come from the settings."""
NARROW = 1100
"""Logical pixels under which the review queue is folded away at first."""


class MainWindow(ttk.Frame):
    """All panels of an open session.

    ``field``, ``movie``, ``profiles``, ``overview``, ``traces`` and ``raster`` are the views;
    ``cells`` and ``review`` the lists; ``events`` hears what they report; ``remembered`` are the
    user's sizes of the panes.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        controls: Controls,
        events: ViewEvents,
        queue: ReviewQueue,
        remembered: dict[str, Any],
    ) -> None:
        super().__init__(parent, style="Window.TFrame")
        self._theme, self._controls, self.events = theme, controls, events
        self.stages = StageBar(self, theme, controls)
        self.stages.pack(side="top", fill="x")
        self.steps = StepsLine(self, theme, controls)
        self.toolbar = Toolbar(self, theme, controls, self._layer_chosen, self._prediction_chosen)
        self.toolbar.pack(side="top", fill="x")
        shares = {name: _shares(remembered.get(name), first) for name, first in SHARES.items()}
        columns = Panes(self, "horizontal", shares["columns"])
        columns.pack(side="top", fill="both", expand=True)
        left = Panes(columns, "vertical", shares["left"])
        centre = Panes(columns, "vertical", shares["centre"])
        top = Panes(centre, "horizontal", shares["top"])
        self.panes = {"columns": columns, "left": left, "centre": centre, "top": top}
        self._make_left(left)
        self._make_top(top)
        self._make_lower(centre, top)
        self.review = ReviewPanel(columns, theme, queue, controls.button, events.queue_context)
        columns.add_pane("left", left, weight=2)
        columns.add_pane("centre", centre, weight=5)
        columns.add_pane("right", self.review, weight=2)

    def _make_left(self, left: Panes) -> None:
        events = self.events
        self.field_panel = FieldPanel(
            left,
            self._theme,
            self._controls,
            on_image=self._image_chosen,
            on_map=self._map_chosen,
            on_select=events.cell_clicked,
            on_hover=events.field_hovered,
            on_context=events.cell_context,
        )
        self.field = self.field_panel.view
        self.cells = CellsTable(left, self._theme, events.cell_clicked, events.cell_context)
        left.add_pane("field", self.field_panel, weight=3)
        left.add_pane("cells", self.cells, weight=2)

    def _make_top(self, top: Panes) -> None:
        events = self.events
        self.movie_panel = MoviePanel(
            top,
            self._theme,
            self._controls,
            on_speed=self._speed_chosen,
            on_frame=events.movie_frame,
            on_playing=events.movie_playing,
            on_context=events.movie_context,
        )
        self.movie = self.movie_panel.view
        profiles = Panel(top, self._theme, "Profiles")
        self.profiles = ProfilesView(
            profiles.body, self._theme.look(), on_select=events.cell_clicked
        )
        self.profiles.pack(fill="both", expand=True)
        top.add_pane("movie", self.movie_panel, weight=1)
        top.add_pane("profiles", profiles, weight=1)

    def _make_lower(self, centre: Panes, top: Panes) -> None:
        events = self.events
        self.trace_panel = TracePanel(
            centre, self._theme, self._controls, events, on_seek=self._frame_chosen
        )
        self.traces, self.overview = self.trace_panel.view, self.trace_panel.overview
        raster = Panel(centre, self._theme, "Raster")
        self.raster = RasterView(
            raster.body,
            self._theme.look(),
            on_jump=events.raster_jump,
            on_range=events.range_chosen,
        )
        self.raster.pack(fill="both", expand=True)
        centre.add_pane("top", top, weight=3)
        centre.add_pane("traces", self.trace_panel, weight=3)
        centre.add_pane("raster", raster, weight=1)

    # What concerns more than one panel

    def _layer_chosen(self, name: str) -> None:
        self.events.layer_chosen(name)
        self.release_focus()

    def _prediction_chosen(self, name: str) -> None:
        self.events.prediction_chosen(name)
        self.release_focus()

    def _speed_chosen(self, speed: float) -> None:
        self.events.speed_chosen(speed)
        self.release_focus()

    def _image_chosen(self, name: str) -> None:
        self.field_panel.show_image(name)
        self.release_focus()

    def _map_chosen(self, name: str) -> None:
        self.events.map_chosen(name)
        self.release_focus()

    def _frame_chosen(self, frame: int) -> None:
        self.movie.pause()
        self.events.frame_chosen(frame)

    def release_focus(self) -> None:
        """Give the keys back to the commands after a control was used."""
        self.traces.canvas.focus_set()

    def refresh_controls(self) -> None:
        """Update what is ticked and what is offered after a change."""
        self._controls.refresh()

    def show_steps(self, shown: bool) -> None:
        """With or without the line of first steps."""
        if shown and not self.steps.winfo_manager():
            self.steps.pack(side="top", fill="x", after=self.stages)
        elif not shown:
            self.steps.pack_forget()

    def theme_changed(self) -> None:
        """Other colours."""
        for view in self.views:
            view.set_theme(self._theme.look())
        self.trace_panel.draw_legend()
        self.review.theme_changed()

    @property
    def views(self) -> list[View]:
        """Every view, for what concerns all of them."""
        return [self.field, self.movie, self.profiles, self.overview, self.traces, self.raster]

    def shares(self) -> dict[str, dict[str, float]]:
        """Sizes of all panes, for the settings."""
        return {name: panes.shares() for name, panes in self.panes.items()}


def _shares(remembered: Any, first: dict[str, float]) -> dict[str, float]:
    """The user's shares where they are sound."""
    good = isinstance(remembered, dict) and set(remembered) == set(first)
    good = good and all(isinstance(v, float) and 0.02 < v < 1 for v in remembered.values())
    return dict(remembered) if good else dict(first)
