"""A question of the program as a dialog: what was expected and found, a picture of the cells, the answers.

On the command line the same questions end the command and are answered with ``--accept NAME``.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

import numpy as np

from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.session.cell_doubts import CellDoubts
from deepcinac.gui.views.field import FieldView
from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.theme import Theme
from deepcinac.recording.bad_cells import ACCEPT as BAD_CELLS
from deepcinac.recording.plausible_cells import ACCEPT as UNLIKELY
from deepcinac.recording.plausible_cells import ACCEPT_DUPLICATES as DUPLICATES

WRAP, PICTURE_HEIGHT = 620, 300
YES, NO = "It is right as it is", "Go back"
MERGE = "Make one of each pair"

HEADINGS = {
    "missing-frames": "Frames are missing",
    "repeated-frames": "Frames appear more than once",
    "left-out-files": "Some files would be left out",
    "header": "The header does not say how the frames are arranged",
    "one-series": "Several series would become one movie",
    "frame-rate": "An unusual frame rate",
    "pixel-size": "An unusual pixel size",
    UNLIKELY: "Some of these can hardly be cells",
    DUPLICATES: "One cell under several outlines",
    BAD_CELLS: "Some cells cannot be used",
    "grey-picture": "This looks like a picture, not like labels",
    "percent": "These look like percent",
    "raw-curve": "This looks like raw fluorescence, not like activity",
}
ANSWERS = {
    UNLIKELY: "Use them all the same",
    DUPLICATES: "Keep all outlines",
    BAD_CELLS: "Leave them out",
    "grey-picture": "They are labels",
    "percent": "Divide by 100",
    "raw-curve": "Import it all the same",
}
"""What the button says that accepts, where it is more than :data:`YES`."""
ADVICE = {
    DUPLICATES: "Activity of a cell that is drawn twice is counted twice, and each outline hides the "
    "other from the classifier. Merged, a pair keeps the pixels of both.",
}
"""In the place of advice that is about the command line."""


@dataclass(frozen=True, eq=False)
class CellPicture:
    """The field (h, w) with the outlines of all cells, and what is in doubt about them."""

    image: np.ndarray
    outlines: Sequence[Sequence[np.ndarray]]
    doubts: CellDoubts


class QuestionDialog(tk.Toplevel):
    """``answer(choice)`` is called with "yes", "no" or the key of one of ``more`` (key -> text).

    Enter takes the answer that is safe: to go back, or the first of ``more``. A click on a cell of
    the list shows it in the picture.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        question: Question,
        answer: Callable[[str], object],
        picture: CellPicture | None = None,
        more: dict[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.withdraw()
        self.title("A question")
        self._theme, self._answer = theme, answer
        self.question = question
        self.field: FieldView | None = None
        self.list: ttk.Treeview | None = None
        self.configure(background=theme.palette.panel)
        body = ttk.Frame(self, padding=theme.px(16))
        body.pack(fill="both", expand=True)
        heading = HEADINGS.get(question.accept, "Is this right?")
        ttk.Label(body, text=heading, style="Strong.TLabel").pack(anchor="w")
        self._add_buttons(body, more or {})
        self._add_text(body, listed=picture is not None)
        if picture is not None:
            self._add_picture(body, picture)
        self.protocol("WM_DELETE_WINDOW", lambda: self._choose("no"))
        self.bind("<Escape>", lambda _event: self._choose("no"))
        self._show_over(parent.winfo_toplevel())

    def _add_text(self, body: ttk.Frame, listed: bool) -> None:
        """Expected, found, where and what to check, a row each."""
        px, asked = self._theme.px, self.question
        grid = ttk.Frame(body)
        grid.pack(fill="x", pady=(px(8), px(6)))
        found = asked.found.partition(":")[0] if listed else asked.found
        rows = (
            ("Expected", asked.expected),
            ("Found", found),
            ("In", asked.where),
            ("Advice", ADVICE.get(asked.accept, asked.advice)),
        )
        for line, (name, text) in enumerate((name, text) for name, text in rows if text):
            ttk.Label(grid, text=name, style="Dim.TLabel").grid(
                row=line, column=0, sticky="nw", padx=(0, px(12)), pady=px(2)
            )
            said = ttk.Label(
                grid, text=_capital(text), wraplength=px(WRAP), justify="left", anchor="w"
            )
            said.grid(row=line, column=1, sticky="w", pady=px(2))

    def _add_picture(self, body: ttk.Frame, picture: CellPicture) -> None:
        px, doubts = self._theme.px, picture.doubts
        row = ttk.Frame(body)
        row.pack(fill="both", expand=True, pady=(px(4), 0))
        in_doubt = set(doubts.cells)
        self.field = FieldView(row, self._theme.look(), on_select=self._cell_clicked)
        self.field.canvas.configure(width=px(340), height=px(PICTURE_HEIGHT))
        self.field.pack(side="left", fill="both", expand=True)
        self.field.set_images({"mean": picture.image})
        states = ["odd" if c in in_doubt else "plain" for c in range(len(picture.outlines))]
        self.field.set_cells(picture.outlines, states)
        self.field.auto_contrast()
        if not in_doubt:
            return
        holder = ScrolledTree(row, columns=("cell", "why"), show="headings", height=8)
        holder.pack(side="left", fill="both", expand=True, padx=(px(10), 0))
        self.list = holder.tree
        for name, text, width in (("cell", "Cell", 60), ("why", "What is odd", 250)):
            self.list.heading(name, text=text, anchor="w")
            self.list.column(name, width=px(width), anchor="w", stretch=name == "why")
        for cell in doubts.cells:
            self.list.insert("", "end", iid=str(cell), values=(cell, doubts.of(cell)))
        self.list.bind("<<TreeviewSelect>>", self._row_chosen, add=True)
        self.list.selection_set(str(doubts.cells[0]))
        self._doubts = doubts

    def _row_chosen(self, _event: object) -> None:
        if self.list is not None and self.field is not None and self.list.selection():
            cell = int(self.list.selection()[0])
            double = self._doubts.double_of(cell)
            self.field.select(cell, [] if double is None else [double])

    def _cell_clicked(self, cell: int) -> None:
        if self.list is not None and self.list.exists(str(cell)):
            self.list.selection_set(str(cell))
            self.list.see(str(cell))

    def _add_buttons(self, body: ttk.Frame, more: dict[str, str]) -> None:
        px = self._theme.px
        foot = ttk.Frame(body)
        foot.pack(side="bottom", fill="x", pady=(px(12), 0))
        yes = ANSWERS.get(self.question.accept, YES)
        choices = {**more, "yes": yes, "no": NO} if more else {"no": NO, "yes": yes}
        safe = next(iter(choices))
        self.buttons: dict[str, ttk.Button] = {}
        for key, text in reversed(choices.items()):
            style = "Accent.TButton" if key == safe else "TButton"
            made = ttk.Button(foot, text=text, style=style, command=self._chooser(key))
            made.pack(side="right", padx=(px(6), 0))
            self.buttons[key] = made
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, self._enter)
        self._safe = safe

    def _enter(self, _event: object) -> None:
        """The button that has the keyboard, or else the safe one."""
        focus = self.focus_get()
        held = [key for key, button in self.buttons.items() if button is focus]
        self._choose(held[0] if held else self._safe)

    def _chooser(self, key: str) -> Callable[[], None]:
        return lambda: self._choose(key)

    def _choose(self, key: str) -> None:
        self.destroy()
        self._answer(key)

    def _show_over(self, over: tk.Misc) -> None:
        self.update_idletasks()
        width, height = self.winfo_reqwidth(), self.winfo_reqheight()
        x = over.winfo_rootx() + (over.winfo_width() - width) // 2
        y = over.winfo_rooty() + (over.winfo_height() - height) // 3
        x = min(x, self.winfo_screenwidth() - width)
        y = min(y, self.winfo_screenheight() - height - self._theme.px(32))
        self.geometry(f"+{max(0, x)}+{max(0, y)}")
        self.transient(over)  # type: ignore[call-overload]
        self.deiconify()
        self.buttons[self._safe].focus_set()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
