"""The labelled segments of a .cinac whose movie is gone, in the form for a new session."""

from __future__ import annotations

from collections.abc import Callable
from tkinter import ttk

from deepcinac.formats.cinac import CinacFile, described
from deepcinac.formats.cinac_segments import cells_address, crop_address
from deepcinac.gui.forms.rows import ChoiceRow
from deepcinac.gui.widgets.parts import Tooltip
from deepcinac.gui.widgets.theme import Theme

TIP = (
    "What the .cinac file holds of the movie: the surroundings of the cell, in the frames labelled"
)


class SegmentRow:
    """A row to choose one segment instead of a movie, shown only where there is need and choice.

    ``on_choice(movie, cells)`` is called with the addresses of the crop and of the cells in it.
    """

    def __init__(
        self, form: ttk.Frame, theme: Theme, row: int, on_choice: Callable[[str, str], None]
    ) -> None:
        self._numbers: dict[str, int] = {}
        self._cells: dict[str, str] = {}
        self._whole = ""
        self.row = ChoiceRow(
            form, theme, row, "or segment", lambda movie: on_choice(movie, self._cells[movie])
        )
        Tooltip(self.row.box, theme, lambda: TIP)

    def offer(self, content: CinacFile) -> str:
        """Show the segments that hold their part of the movie; a sentence about them."""
        places = {number: content.segments[number] for number in described(content)}
        movies = {number: crop_address(content, place) for number, place in places.items()}
        self._numbers = {movie: number for number, movie in movies.items()}
        self._cells = {movies[n]: cells_address(content, place) for n, place in places.items()}
        self._whole = str(content.path) if content.outlines is not None else ""
        if not movies:
            self.row.clear()
            return "The file holds no part of the movie that could be shown instead."
        self.row.offer({movies[n]: text for n, text in described(content).items()}, "")
        return "Or look at one labelled segment, as it is stored in the file."

    def clear(self) -> None:
        """There is nothing to choose."""
        self._numbers, self._cells = {}, {}
        self.row.clear()

    def number(self, movie: str) -> int | None:
        """The segment whose crop stands in the place of a movie; None for any other movie."""
        return self._numbers.get(movie)

    def cells_for(self, movie: str, cells: str) -> str:
        """The cells that belong to the movie: those of a segment go with it, and only with it."""
        if movie in self._cells:
            return self._cells[movie]
        if self._numbers:
            self.row.box.set("")
        return self._whole if cells in self._cells.values() else cells
