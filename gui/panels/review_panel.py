"""The review queue: what to look at next and why, with a button and a key for every answer."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font, ttk
from typing import Any

from deepcinac.gui.drawing.view import bind_right_button
from deepcinac.gui.session.review_queue import KIND_NAMES, ReviewQueue
from deepcinac.gui.widgets.parts import Panel, ScrolledTree, Tooltip
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.review import ReviewItem

MOST_ROWS = 2000
ANSWERS = {"accepted": "yes", "rejected": "no", "done": "as is"}
"""What was answered, short enough for its column."""
BLIND = "Hidden in blind mode: the queue tells what others and the classifier see."


class ReviewPanel(Panel):
    """``button(parent, command_id, text)`` makes a button of a command; right clicks are reported."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        queue: ReviewQueue,
        button: Callable[..., ttk.Button],
        on_context: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        super().__init__(parent, theme, "Review queue")
        self._queue, px = queue, theme.px
        self._on_context = on_context
        button(self.head, "make_queue", "Make", style="Head.TButton").pack(side="right", padx=px(4))
        foot = ttk.Frame(self.body)
        foot.pack(side="bottom", fill="x", padx=px(4), pady=px(4))
        for column, (command, text) in enumerate(
            (("accept", "Accept"), ("reject", "Reject"), ("skip", "Skip"))
        ):
            button(foot, command, text).grid(row=0, column=column, sticky="ew", padx=px(2))
            foot.columnconfigure(column, weight=1, uniform="answers")
        self._reason = ttk.Label(self.body, justify="left", anchor="nw")
        self._reason.pack(side="bottom", fill="x", padx=px(6), pady=(px(4), 0))
        holder = ScrolledTree(
            self.body,
            columns=("cell", "frame", "why", "score"),
            show="headings",
            selectmode="browse",
            height=8,
        )
        holder.pack(side="top", fill="both", expand=True)
        self.tree = holder.tree
        digit = font.nametofont("TkDefaultFont", root=parent).measure("0")
        for name, heading, width in (
            ("cell", "Cell", 4),
            ("frame", "Frame", 7),
            ("why", "Why", 12),
            ("score", "Rank", 6),
        ):
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(
                name, width=digit * width, minwidth=digit * 3, anchor="w", stretch=name == "why"
            )
        self.tree.tag_configure("decided", foreground=theme.palette.text_dim)
        self.tree.bind("<<TreeviewSelect>>", self._selected, add=True)
        for key in ("<Up>", "<Down>"):
            self.tree.bind(key, lambda _event: "break")
        self.tree.bind("<Motion>", self._pointed, add=True)
        bind_right_button(self.tree, self._right_clicked)
        self._over = ""
        Tooltip(self.tree, theme, lambda: self._over)
        self._theme = theme
        self.bind("<Configure>", self._wrap, add=True)
        self._listed: list[ReviewItem] | None = None
        self._answers: dict[int, str] = {}
        self._is_hidden = False

    def _right_clicked(self, event: Any) -> None:
        """Go to the item first."""
        row = self.tree.identify_row(event.y)
        if row:
            self.tree.selection_set(row)
            self.update_idletasks()
        self._on_context(event.x_root, event.y_root)

    def _wrap(self, event: Any) -> None:
        if event.widget is self:
            self._reason.configure(wraplength=max(80, event.width - 16))

    def theme_changed(self) -> None:
        """Other colours."""
        self.tree.tag_configure("decided", foreground=self._theme.palette.text_dim)

    def _pointed(self, event: Any) -> None:
        """The whole reason of the row under the mouse is its tooltip."""
        row = self.tree.identify_row(event.y)
        item = self._queue.items[int(row)] if row and int(row) < len(self._queue.items) else None
        self._over = _reason_of(item, True, 0) if item is not None else ""

    def hide(self) -> None:
        """Blind: what others and the classifier see is in every line of the queue."""
        self._listed, self._is_hidden = None, True
        self.tree.delete(*self.tree.get_children())
        self.title.configure(text="Review queue")
        self._reason.configure(text=BLIND)

    def show(self) -> None:
        """Take over the state of the queue."""
        queue = self._queue
        self._is_hidden = False
        if self._listed is not queue.items:
            self._listed, self._answers = queue.items, {}
            self.tree.delete(*self.tree.get_children())
            for place, item in enumerate(queue.items[:MOST_ROWS]):
                why = reasons_in_words(item.kinds)
                values = (item.cell, item.first, why, f"{item.score:.2f}")
                self.tree.insert("", "end", iid=str(place), values=values)
        self._show_answers()
        left = len(queue.items) - len(queue.decided)
        self.title.configure(text=f"Review queue  {left}" if queue.items else "Review queue")
        current = queue.current
        self._reason.configure(text=_reason_of(current, bool(queue.items), left))
        if current is not None and self.tree.exists(str(queue.index)):
            if self.tree.selection() != (str(queue.index),):
                self.tree.selection_set(str(queue.index))
            self.tree.see(str(queue.index))

    def _show_answers(self) -> None:
        """The answer in place of the number, and the number again where it was taken back."""
        now = dict(self._queue.decided)
        for place in {*now, *self._answers}:
            word = now.get(place)
            if self.tree.exists(str(place)):
                score = f"{self._queue.items[place].score:.2f}"
                self.tree.set(str(place), "score", ANSWERS.get(word, word) if word else score)
                self.tree.item(str(place), tags=("decided",) if word else ())
        self._answers = now

    def show_away(self, item: ReviewItem | None, is_in_view: bool) -> None:
        """Say when what is asked about is not on the screen."""
        if item is not None and not self._is_hidden:
            away = "" if is_in_view else "Not in view: y, e or s shows it again.  "
            self._reason.configure(text=away + _reason_of(item, True, 0))

    def _selected(self, _event: object) -> None:
        chosen = self.tree.selection()
        if chosen and int(chosen[0]) != self._queue.index:
            self._queue.go_to(int(chosen[0]))


def reasons_in_words(kinds: Sequence[str]) -> str:
    """The first reason and how many more, short enough for the column; the sentence below has all.

    >>> reasons_in_words(("classifier", "uncertain"))
    'classifier +1'
    """
    names = [KIND_NAMES.get(kind, kind) for kind in kinds]
    return f"{names[0]} +{len(names) - 1}" if len(names) > 1 else "".join(names)


def _reason_of(item: ReviewItem | None, is_filled: bool, left: int) -> str:
    if item is not None:
        return f"Cell {item.cell}, frames {item.first} to {item.last}: {item.reason}."
    if is_filled:
        return f"{left} to look at: next (f), or click one."
    return ""
