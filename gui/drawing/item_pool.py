"""Texts and lines of a canvas that are drawn again and again: moved and changed, not made anew."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from typing import Any

from deepcinac.gui.drawing.look import Look


@dataclass
class _Item:
    number: int
    coordinates: tuple[float, ...]
    options: dict[str, Any]


class ItemPool:
    """Stands in for a canvas while a picture is drawn: between ``begin`` and ``end``.

    The first text that is created becomes the first text of the drawing before, and so on; only
    what differs is sent to Tk. What is left over at the end is hidden.
    """

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self._items: dict[str, list[_Item]] = {}
        self._n_used: dict[str, int] = {}
        self._look: Look | None = None

    def begin(self, look: Look) -> None:
        """Nothing is drawn yet. Another look takes new items: a font keeps the size it was made with."""
        if look != self._look:
            self._canvas.delete(*(item.number for items in self._items.values() for item in items))
            self._items, self._look = {}, look
        self._n_used = dict.fromkeys(self._items, 0)

    def end(self) -> None:
        """Hide what is not drawn this time."""
        for kind, items in self._items.items():
            for item in items[self._n_used[kind] :]:
                self._change(item, {"state": "hidden"})

    def create_text(self, *coordinates: float, **options: Any) -> int:
        """A text, as of a canvas."""
        return self._create("text", coordinates, options)

    def create_line(self, *coordinates: float, **options: Any) -> int:
        """A line, as of a canvas."""
        return self._create("line", coordinates, options)

    def create_polygon(self, *coordinates: float, **options: Any) -> int:
        """A polygon, as of a canvas."""
        return self._create("polygon", coordinates, options)

    def _create(self, kind: str, coordinates: tuple[float, ...], options: dict[str, Any]) -> int:
        items = self._items.setdefault(kind, [])
        place = self._n_used.get(kind, 0)
        self._n_used[kind] = place + 1
        options = {**options, "state": "normal", "tags": "kept"}
        if place == len(items):
            make = getattr(self._canvas, f"create_{kind}")
            items.append(_Item(make(*coordinates, **options), coordinates, options))
            return items[place].number
        item = items[place]
        if item.coordinates != coordinates:
            self._canvas.coords(item.number, *coordinates)
            item.coordinates = coordinates
        self._change(item, options)
        return item.number

    def _change(self, item: _Item, options: dict[str, Any]) -> None:
        new = {name: value for name, value in options.items() if item.options.get(name) != value}
        if new:
            self._canvas.itemconfigure(item.number, **new)
            item.options.update(new)
