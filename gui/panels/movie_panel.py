"""The movie around the cell: play, step, speed, and what the classifier sees."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.views.movie import MovieView
from deepcinac.gui.widgets.parts import Panel
from deepcinac.gui.widgets.theme import Theme

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
FIRST_RATE_HZ = 10.0
"""Until a movie is there."""


class MoviePanel(Panel):
    """``view`` is the movie; ``on_speed(factor)`` is called when the user chooses another speed."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        controls: Controls,
        *,
        on_speed: Callable[[float], None],
        on_frame: Callable[[int], None],
        on_playing: Callable[[bool], None],
        on_context: Callable[[int, int], None],
    ) -> None:
        super().__init__(parent, theme, "Movie")
        px = theme.px
        self._on_playing = on_playing
        self.speed_box = ttk.Combobox(
            self.head,
            state="readonly",
            width=4,
            takefocus=False,
            values=[_in_words(speed) for speed in SPEEDS],
        )
        self.speed_box.pack(side="right", padx=px(4), pady=px(1))
        self.speed_box.bind(
            "<<ComboboxSelected>>",
            lambda _event: on_speed(float(self.speed_box.get().rstrip("x"))),
            add=True,
        )
        for command, text in (("inputs", "Inputs"), ("smooth_movie", "Smooth"), ("loop", "Loop")):
            made = controls.tick(self.head, command, text, style="Head.Toolbutton")
            made.pack(side="right", padx=px(1))
        controls.button(self.head, "next_frame", "\u25b8", style="Head.TButton").pack(side="right")
        self.play_button = controls.button(self.head, "play", "Play", style="Head.TButton")
        self.play_button.configure(width=5)
        self.play_button.pack(side="right")
        controls.button(self.head, "previous_frame", "\u25c2", style="Head.TButton").pack(
            side="right"
        )
        self.view = MovieView(
            self.body,
            theme.look(),
            FIRST_RATE_HZ,
            on_frame=on_frame,
            on_playing=self._playing,
            on_context=on_context,
        )
        self.view.pack(fill="both", expand=True)

    def _playing(self, playing: bool) -> None:
        self.play_button.configure(text="Pause" if playing else "Play")
        self._on_playing(playing)

    def show_speed(self, speed: float) -> None:
        """Play that many times as fast as it was recorded."""
        self.view.set_speed(speed)
        self.speed_box.set(_in_words(speed))


def _in_words(speed: float) -> str:
    return f"{speed:g}x"
