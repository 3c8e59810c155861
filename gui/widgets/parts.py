"""Small parts of the window: panels with a head, tooltips, panes that can be folded away."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from deepcinac.gui.widgets.theme import Theme

TOOLTIP_DELAY_MS = 500
TYPING = ("Entry", "TEntry", "Spinbox", "TSpinbox", "TCombobox", "Text")
"""Widget classes that text is typed into."""


def is_typing(widget: Any) -> bool:
    """Whether keys belong to this widget."""
    try:
        if widget is None or widget.winfo_class() not in TYPING:
            return False
        return str(widget.cget("state")) not in ("disabled", "readonly")
    except (tk.TclError, AttributeError):
        return False


def select_all_with_control_a(root: tk.Misc) -> None:
    """Ctrl+A selects the whole text of a field; Tk's own meaning on X11 is the start of the line."""

    def select(event: Any) -> str:
        event.widget.selection_range(0, "end")
        event.widget.icursor("end")
        return "break"

    for name in ("TEntry", "TCombobox", "TSpinbox"):
        for keys in ("<Control-a>", "<Control-A>"):
            root.bind_class(name, keys, select)


def keys_go_to_window(box: ttk.Combobox) -> None:
    """A list to choose from with the mouse: keys pressed on it are those of the window.

    Tk would open the list with Down, or step through it; here Down goes to the next cell as everywhere.
    """
    tags = box.bindtags()
    box.bindtags((tags[0], tags[2], tags[1], *tags[3:]))


def slide_to_pointer(slider: ttk.Scale) -> None:
    """A press anywhere takes the knob there; ttk itself runs to the end of the trough."""

    def follow(event: Any) -> str:
        slider.set(slider.get(event.x, event.y))
        return "break"

    for event in ("<ButtonPress-1>", "<B1-Motion>"):
        slider.bind(event, follow)


class Panel(ttk.Frame):
    """A titled area: ``head`` takes small controls at its right, ``body`` the content."""

    def __init__(self, parent: tk.Misc, theme: Theme, title: str) -> None:
        super().__init__(parent)
        self.head = ttk.Frame(self, style="PanelHead.TFrame")
        self.head.pack(side="top", fill="x")
        self.title = ttk.Label(self.head, text=title, style="PanelHead.TLabel")
        self.title.pack(side="left", padx=theme.px(6), pady=theme.px(2))
        self.body = ttk.Frame(self)
        self.body.pack(side="top", fill="both", expand=True)


class Tooltip:
    """A text, or what ``text()`` gives, beside a widget while the mouse rests on it."""

    def __init__(self, widget: tk.Widget, theme: Theme, text: str | Callable[[], str]) -> None:
        self._widget, self._theme, self._text = widget, theme, text
        self._window: tk.Toplevel | None = None
        self._waiting: str | None = None
        widget.bind("<Enter>", self._enter, add=True)
        for event in ("<Leave>", "<ButtonPress>", "<Destroy>"):
            widget.bind(event, self._leave, add=True)

    def _enter(self, _event: object) -> None:
        self._leave(None)
        self._waiting = self._widget.after(TOOLTIP_DELAY_MS, self._show)

    def _leave(self, _event: object) -> None:
        if self._waiting is not None:
            self._widget.after_cancel(self._waiting)
            self._waiting = None
        if self._window is not None:
            self._window.destroy()
            self._window = None

    def _show(self) -> None:
        self._waiting = None
        text = self._text if isinstance(self._text, str) else self._text()
        if not text or not self._widget.winfo_viewable():
            return
        p, px = self._theme.palette, self._theme.px
        self._window = window = tk.Toplevel(self._widget)
        window.wm_overrideredirect(True)
        window.configure(background=p.border)
        tk.Label(
            window,
            text=text,
            background=p.field,
            foreground=p.text,
            font="TkTooltipFont",
            justify="left",
            wraplength=px(320),
            padx=px(6),
            pady=px(3),
        ).pack(padx=1, pady=1)
        window.update_idletasks()
        right = self._widget.winfo_screenwidth() - window.winfo_reqwidth()
        bottom = self._widget.winfo_screenheight() - window.winfo_reqheight()
        x = min(self._widget.winfo_rootx(), right)
        y = self._widget.winfo_rooty() + self._widget.winfo_height() + px(4)
        if y > bottom:
            y = self._widget.winfo_rooty() - window.winfo_reqheight() - px(4)
        window.wm_geometry(f"+{max(0, x)}+{max(0, y)}")


class Panes(ttk.Panedwindow):
    """Panes whose shares of the length are remembered and of which some can be folded away.

    ``shares``: name -> share (0 to 1) of the whole; what is folded away gives its room to the rest.
    """

    def __init__(self, parent: tk.Misc, orient: str, shares: dict[str, float]) -> None:
        super().__init__(parent, orient=orient)  # type: ignore[arg-type]
        self._sideways = orient == "horizontal"
        self._shares = dict(shares)
        self._widgets: dict[str, tk.Widget] = {}
        self._shown: list[str] = []
        self._placed = (0, 0)
        self._pending: str | None = None
        self.bind("<Configure>", self._resized, add=True)
        self._held = False
        self.bind("<ButtonPress-1>", self._pressed, add=True)
        self.bind("<ButtonRelease-1>", self._dragged, add=True)

    def add_pane(self, name: str, widget: tk.Widget, weight: int = 1) -> None:
        """Add a pane at the end."""
        self._widgets[name] = widget
        self._shown.append(name)
        self.add(widget, weight=weight)
        widget.bind("<Configure>", self._pane_resized, add=True)

    def show(self, name: str, shown: bool) -> None:
        """Fold a pane away, or unfold it at its old place."""
        if (name in self._shown) == shown:
            return
        widget = self._widgets[name]
        if shown:
            order = list(self._widgets)
            after = [n for n in self._shown if order.index(n) > order.index(name)]
            place = self._shown.index(after[0]) if after else len(self._shown)
            self.insert(place if after else "end", widget)
            self._shown.insert(place, name)
        else:
            self.forget(widget)
            self._shown.remove(name)
        self._place_later()

    def shares(self) -> dict[str, float]:
        """Name -> share of the length, also of panes that are folded away."""
        return dict(self._shares)

    def _length(self) -> int:
        return self.winfo_width() if self._sideways else self.winfo_height()

    def _resized(self, event: Any) -> None:
        if event.widget is self and (event.width, event.height) != self._placed:
            self._placed = (event.width, event.height)
            self._place_later()

    def _pane_resized(self, event: Any) -> None:
        """A pane whose content wants another size moves the sashes: put them back."""
        if event.widget in self._widgets.values() and not self._held:
            self._place_later()

    def _pressed(self, _event: object) -> None:
        self._held = True

    def _place_later(self) -> None:
        if self._pending is None:
            self._pending = self.after_idle(self.place_sashes)

    def place_sashes(self) -> None:
        """Put the sashes where the shares say."""
        self._pending = None
        length = self._length()
        if length < 10 or len(self._shown) < 2:
            return
        self.update_idletasks()
        total = sum(self._shares.get(name, 0.1) for name in self._shown)
        position = 0.0
        for place, name in enumerate(self._shown[:-1]):
            position += self._shares.get(name, 0.1) / total * length
            if abs(self.sashpos(place) - round(position)) > 1:
                self.sashpos(place, round(position))

    def _dragged(self, _event: object) -> None:
        self._held = False
        length = self._length()
        if length < 10:
            return
        folded = sum(s for n, s in self._shares.items() if n not in self._shown)
        ends = [self.sashpos(place) for place in range(len(self._shown) - 1)] + [length]
        start = 0
        for name, end in zip(self._shown, ends, strict=True):
            self._shares[name] = round((end - start) / length * (1 - folded), 4)
            start = end


class ScrolledTree(ttk.Frame):
    """A table with its scroll bar, which is there only when it is needed."""

    def __init__(self, parent: tk.Misc, **options: Any) -> None:
        super().__init__(parent)
        self.tree = ttk.Treeview(self, **options)
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self.tree.yview)
        self.tree.configure(yscrollcommand=self._scrolled)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.tree.grid(row=0, column=0, sticky="nsew")

    def _scrolled(self, first: float, last: float) -> None:
        if float(first) <= 0 and float(last) >= 1:
            self._bar.grid_remove()
        else:
            self._bar.grid(row=0, column=1, sticky="ns")
        self._bar.set(first, last)
