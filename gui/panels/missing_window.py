"""Places that are lit like a cell and have no mask: look at each, and accept it as a cell or dismiss it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.theme import Theme
from deepcinac.inputs.missing_cells import ProposedCell

COLUMNS = (("number", "Place", 60), ("pixels", "Pixels", 70), ("events", "Times lit", 80),
           ("highest", "Highest (SD)", 100), ("like", "Most like cell", 110))  # fmt: skip
LEAD = (
    "Dashed in the field: light that no mask, background or motion explains. Look at the movie before you "
    "accept one: it may be a dendrite, or a part of a cell beside it."
)


class MissingWindow(tk.Toplevel):
    """A line for each place.

    Callbacks: ``on_show(place)`` one was chosen, or None; ``on_lit(frame)`` show when it is lit;
    ``on_accept(place)``, which calls :meth:`answered` when it is done.
    """

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        found: Sequence[ProposedCell],
        on_show: Callable[[int | None], object],
        on_lit: Callable[[int], object],
        on_accept: Callable[[int], object],
    ) -> None:
        super().__init__(root)
        self.title("Cells without a mask?")
        self._theme, self._found = theme, list(found)
        self._on_show, self._on_lit, self._on_accept = on_show, on_lit, on_accept
        self._event = 0
        px = theme.px
        self.configure(background=theme.palette.panel)
        body = ttk.Frame(self, padding=px(12))
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=LEAD, wraplength=px(440), justify="left").pack(
            anchor="w", pady=(0, px(8))
        )
        line = ttk.Frame(body)
        line.pack(side="bottom", fill="x", pady=(px(8), 0))
        self.buttons = {}
        for text, action in (
            ("Next time it is lit", self._next_event), ("Accept as a cell", self._accept),
            ("Dismiss", self._dismiss), ("Close", self.destroy),
        ):  # fmt: skip
            self.buttons[text] = made = ttk.Button(line, text=text, command=action)
            made.pack(side="right" if text == "Close" else "left", padx=(0, px(6)))
        holder = ScrolledTree(body, columns=[c[0] for c in COLUMNS], show="headings", height=8)
        holder.pack(fill="both", expand=True)
        self.tree = holder.tree
        for name, heading, width in COLUMNS:
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(name, width=px(width), anchor="w")
        for number, one in enumerate(self._found):
            like = "" if one.neighbour < 0 else f"{one.neighbour} ({one.likeness:.2f})"
            values = (number, len(one.ypix), len(one.events), f"{one.peak_z:.1f}", like)
            self.tree.insert("", "end", iid=str(number), values=values)
        self.tree.bind("<<TreeviewSelect>>", lambda _event: self._chosen_changed(), add=True)
        self.bind("<Escape>", lambda _event: self.destroy())
        self.bind("<Destroy>", self._gone, add=True)
        over = root.winfo_toplevel()
        self.transient(over)
        self.update_idletasks()
        # Over the lower right: the field and the movie are what has to be seen.
        x = over.winfo_rootx() + over.winfo_width() - self.winfo_reqwidth() - px(20)
        y = over.winfo_rooty() + over.winfo_height() - self.winfo_reqheight() - px(60)
        self.geometry(f"+{max(0, x)}+{max(0, y)}")
        self._choose_first()

    @property
    def open_places(self) -> list[int]:
        """Places that wait for an answer."""
        return [int(row) for row in self.tree.get_children()]

    @property
    def chosen(self) -> int | None:
        """The place whose line is marked."""
        rows = self.tree.selection()
        return int(rows[0]) if rows else None

    def _choose_first(self) -> None:
        rows = self.tree.get_children()
        if rows:
            self.tree.selection_set(rows[0])
        else:
            self._chosen_changed()

    def _chosen_changed(self) -> None:
        place = self.chosen
        for text in ("Next time it is lit", "Accept as a cell", "Dismiss"):
            self.buttons[text].state(["disabled" if place is None else "!disabled"])
        self._event = -1
        self._on_show(place)
        if place is not None:
            self._next_event()

    def _next_event(self) -> None:
        place = self.chosen
        if place is not None and len(self._found[place].events):
            events = self._found[place].events
            self._event = (self._event + 1) % len(events)
            self._on_lit(int(events[self._event, 0]))

    def _accept(self) -> None:
        place = self.chosen
        if place is not None:
            self._on_accept(place)

    def _dismiss(self) -> None:
        place = self.chosen
        if place is not None:
            self.answered(place)

    def answered(self, place: int) -> None:
        """Take a place off the list, and go on to the next."""
        self.tree.delete(str(place))
        self._choose_first()

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self._on_show(None)
