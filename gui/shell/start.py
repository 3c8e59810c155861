"""The start screen: go on where you were, open, create, try the demo, and what is new."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from typing import Any

from deepcinac.gui.forms.create_form import CreateForm
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.session.recent import RecentSession, recent_sessions
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.views.signs import SignsView
from deepcinac.gui.widgets.parts import Tooltip
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.version import __version__

MOST_SHOWN = 6
MOST_WITH_SIGNS = 3
"""Recent sessions beside which there is room for the signs."""
LEFT_WIDTH = 300
PICTURE_PX, SMALL_PICTURE_PX = 96, 40
ACTIONS = (
    ("New session...", "create", "Accent.TButton", "From a movie and its cells"),
    ("Open session...", "open", "TButton", "Or a movie, .cinac or .nwb to make one of"),
    ("Try the demo recording", "demo", "TButton", "Two minutes, 46 cells, simulated: to play with"),
)
FIRST_STEPS = (
    ("Open the demo recording", "It comes with everything; nothing you do there can do harm."),
    (
        "Press i and click where a rise begins",
        "The peak is found in the trace. Ctrl+Z takes it back.",
    ),
    ("Watch before you believe", "Space plays the movie; Profiles tell whose light it is."),
    ("Press g when all in view is marked", "Only frames that you have judged train and score."),
    ("Shift+E predicts the cell", "Shift+Q then lists where you and the classifier differ."),
)
WHAT_IS_NEW = (
    "Each peak can tell whose light it is: 7 in the traces.",
    "Every edit is on disk at once; undo is endless, also after closing.",
    "Predict and train run beside the window, which never waits.",
    "Each expert has a layer; blind mode hides all others.",
    "The review queue lists what deserves a second look, and why.",
    "Press ? for every key; all of them can be changed.",
)


class StartScreen(ttk.Frame):
    """Shown while no session is open; ``form`` takes the right side when a session is created.

    ``run(command_id)`` and ``open_path(path)`` do what is chosen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        settings: SettingsStore,
        jobs: JobBoard,
        talk: Talk,
        run: Callable[[str], object],
        open_path: Callable[[Path], object],
    ) -> None:
        super().__init__(parent, style="Window.TFrame")
        self._theme, self._settings, self._jobs, self._talk = theme, settings, jobs, talk
        self._run, self._open_path = run, open_path
        self._pictures: list[Any] = []
        px = self._theme.px
        holder = ttk.Frame(self, style="Window.TFrame")
        holder.pack(fill="both", expand=True, padx=px(44), pady=px(30))
        holder.columnconfigure(0, minsize=px(LEFT_WIDTH))
        holder.columnconfigure(1, weight=1)
        holder.rowconfigure(0, weight=1)
        self._left = ttk.Frame(holder, style="Window.TFrame")
        self._left.grid(row=0, column=0, sticky="nsew", padx=(0, px(44)))
        self._right = ttk.Frame(holder, style="Window.TFrame")
        self._right.grid(row=0, column=1, sticky="nsew")
        self.form: CreateForm | None = None
        self._shows_steps = False
        self.signs: SignsView | None = None
        self._fill_left()
        self._fill_right()

    def _label(self, parent: tk.Misc, text: str, style: str, **options: Any) -> ttk.Label:
        return ttk.Label(parent, text=text, style=style, justify="left", **options)

    def _fill_left(self) -> None:
        px, left = self._theme.px, self._left
        self._label(left, "DeepCINAC", "Title.TLabel").pack(anchor="w")
        self._label(left, "The activity of every cell, from the movie",
                    "DimWindow.TLabel").pack(anchor="w", pady=(0, px(22)))  # fmt: skip
        for text, command, style, explained in ACTIONS:
            ttk.Button(left, text=text, style=style, command=self._runner(command)).pack(
                anchor="w", fill="x", ipady=px(4)
            )
            self._label(left, explained, "DimWindow.TLabel", font="SmallFont").pack(
                anchor="w", padx=px(2), pady=(px(2), px(12))
            )
        self._label(left, f"Version {__version__}", "DimWindow.TLabel", font="SmallFont").pack(
            side="bottom", anchor="w"
        )

    def _runner(self, command: str) -> Callable[[], object]:
        return lambda: self._run(command)

    # The right side

    def _fill_right(self) -> None:
        px = self._theme.px
        recent = [] if self._shows_steps else recent_sessions(self._settings)[:MOST_SHOWN]
        heading = "Go on where you were" if recent else "The first quarter of an hour"
        self._label(self._right, heading, "Section.TLabel").pack(anchor="w", pady=(px(6), px(8)))
        if recent:
            for place, session in enumerate(recent):
                self._session_card(session, large=place == 0)
        else:
            self._first_steps()
        self._new_things()
        if len(recent) <= MOST_WITH_SIGNS:
            self._signs()

    def _session_card(self, session: RecentSession, large: bool) -> None:
        """The session left last with all that is known of it, the others in a line."""
        px = self._theme.px
        card = ttk.Frame(self._right, style="Card.TFrame", padding=px(8) if large else px(5))
        card.pack(fill="x", pady=(0, px(10) if large else px(4)))
        card.columnconfigure(1, weight=1)
        picture = self._picture(session, px(PICTURE_PX if large else SMALL_PICTURE_PX))
        label = ttk.Label(card, style="Card.TLabel", image=picture)
        label.grid(row=0, column=0, rowspan=4, sticky="n", padx=(0, px(12)))
        head = ttk.Frame(card, style="CardPlain.TFrame")
        head.grid(row=0, column=1, sticky="ew")
        ttk.Button(
            head,
            text=session.path.stem,
            style="CardLink.TButton",
            state="normal" if session.there else "disabled",
            command=lambda: self._open_path(session.path),
        ).pack(side="left")
        self._label(head, session.when, "CardDim.TLabel").pack(side="right")
        if not session.there:
            forget = ttk.Button(head, text="Take off the list", style="Flat.TButton")
            forget.configure(command=lambda: self._forget(session))
            forget.pack(side="right", padx=px(6))
        lines = [session.progress, session.movie, session.folder] if large else []
        if large and session.place:
            lines[0] = f"{session.progress}.  {session.place}"
        small = session.progress if session.there and session.progress else session.folder
        for row, text in enumerate(lines or [small], start=1):
            style = "Card.TLabel" if row == 1 and session.there else "CardDim.TLabel"
            self._label(card, text, style).grid(row=row, column=1, sticky="w", padx=px(2))
        if session.there:
            for widget in (card, label, *card.winfo_children()[1:]):
                widget.bind("<Button-1>", lambda _event: self._open_path(session.path))
        Tooltip(card, self._theme, lambda: str(session.path))

    def _picture(self, session: RecentSession, side: int) -> Any:
        """The field as it was seen last; a plain ground where it never was."""
        from PIL import Image, ImageTk

        try:
            with Image.open(session.thumbnail) as opened:
                image = opened.convert("RGB").resize((side, side))
        except (OSError, ValueError):
            image = Image.new("RGB", (side, side), self._theme.palette.raised)
        self._pictures.append(ImageTk.PhotoImage(image, master=self))
        return self._pictures[-1]

    def _forget(self, session: RecentSession) -> None:
        self._settings.forget_recent(session.path)
        self.hide_form()

    def _first_steps(self) -> None:
        px = self._theme.px
        card = ttk.Frame(self._right, style="Card.TFrame", padding=px(14))
        card.pack(fill="x")
        card.columnconfigure(1, weight=1)
        for place, (text, why) in enumerate(FIRST_STEPS):
            self._label(card, str(place + 1), "CardNumber.TLabel").grid(
                row=2 * place, column=0, rowspan=2, sticky="n", padx=(px(2), px(14))
            )
            self._label(card, text, "CardStrong.TLabel").grid(row=2 * place, column=1, sticky="w")
            below = 0 if place == len(FIRST_STEPS) - 1 else px(10)
            self._label(card, why, "CardDim.TLabel").grid(
                row=2 * place + 1, column=1, sticky="w", pady=(0, below)
            )

    def _new_things(self) -> None:
        px = self._theme.px
        self._label(self._right, "What is new", "Section.TLabel").pack(
            anchor="w", pady=(px(16), px(6))
        )
        sheet = ttk.Frame(self._right, style="Window.TFrame")
        sheet.pack(fill="x")
        for place, text in enumerate(WHAT_IS_NEW):
            row, column = divmod(place, 2)
            sheet.columnconfigure(column, weight=1, uniform="news")
            line = self._label(sheet, f"\u2022  {text}", "Window.TLabel")
            line.grid(row=row, column=column, sticky="new", padx=(0, px(18)), pady=px(2))
            line.configure(wraplength=px(300))
            line.bind("<Configure>", _wrap_to_width, add=True)

    def _signs(self) -> None:
        px = self._theme.px
        self._label(self._right, "What the signs mean", "Section.TLabel").pack(
            anchor="w", pady=(px(16), px(6))
        )
        self.signs = SignsView(self._right, self._theme.look())
        self.signs.pack(fill="both", expand=True)

    def set_theme(self) -> None:
        """Other colours."""
        if self.signs is not None and self.signs.winfo_exists():
            self.signs.set_theme(self._theme.look())
        if self.form is not None:
            self.form.field.set_theme(self._theme.look())

    def toggle_first_steps(self) -> None:
        """The first steps in the place of the recent sessions, or these again; a form stays."""
        if self.form is not None:
            self._talk.say("Cancel the form first: the first steps take its place")
            return
        self._shows_steps = not self._shows_steps
        self.hide_form()

    def show_form(self) -> CreateForm:
        """Put the form for a new session into the right side."""
        if self.form is None:
            for child in self._right.winfo_children():
                child.destroy()
            self.form = CreateForm(
                self._right, self._theme, self._jobs, self._talk, self._open_path, self.hide_form
            )
            self.form.pack(fill="both", expand=True)
        return self.form

    def hide_form(self) -> None:
        """Back to the sessions and what is new."""
        for child in self._right.winfo_children():
            child.destroy()
        self._pictures.clear()
        self.form = None
        self._fill_right()


def _wrap_to_width(event: Any) -> None:
    """A text takes the width that its column has; nothing is cut at any resolution."""
    event.widget.configure(wraplength=max(80, event.width))
