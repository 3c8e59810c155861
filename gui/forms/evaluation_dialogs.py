"""The dialogs before an evaluation, an agreement of experts, and the merging of two sessions."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog

from deepcinac.errors import InputError
from deepcinac.gui.forms.classifier_dialogs import PATH_WIDTH, browsed_folder
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.session_files import BETWEEN, SESSIONS, choose_sessions, sessions_in
from deepcinac.gui.widgets.theme import Theme

EVALUATE_LEAD = (
    "Every other layer is scored against the truth, here and in the other sessions, with intervals over "
    "cells and recordings. The report opens in the browser; figures and tables "
    "are in the folder beside it. An expert who is part of a consensus is scored against the others."
)
AGREEMENT_LEAD = "Only the frames that both have judged count."
MERGE_LEAD = (
    "A new session with the layers of both files. They must be of the same movie; cells are recognised by "
    "their outlines, no label is lost, and both files stay as they are."
)
EVERYBODY = "all"


class EvaluationDialog(FormDialog):
    """Whose word is the truth, in which sessions, and where the report goes.

    ``on_start(layer, folder, crosstalk, others)`` starts it.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        layers: Sequence[str],
        out: Path,
        on_start: Callable[[str, Path, bool, Sequence[Path]], object],
    ) -> None:
        super().__init__(parent, theme, "Evaluate", "Evaluate", self._start, EVALUATE_LEAD)
        self._on_start = on_start
        rows = self.grid_of_rows
        self.truth = rows.add_choice("Truth", layers[0], layers, "The layer to believe", width=28)
        self.out = rows.add_text(
            "Report",
            str(out),
            "Its folder",
            width=PATH_WIDTH,
            browse=lambda: browsed_folder(self, "Folder of the report"),
        )
        self.others = rows.add_text(
            "Other sessions",
            "",
            f"Scored together, each by its layer of this name; separated by {BETWEEN}",
            width=PATH_WIDTH,
            browse=lambda: choose_sessions(self, "Other sessions"),
        )
        self.crosstalk = rows.add_tick(
            "Look for cross-talk", True, "By the paper's rule; this reads the movie"
        )

    def _start(self) -> bool:
        out = self.out.variable.get().strip()
        if not out:
            raise InputError("a folder for the report", "nothing")
        others = sessions_in(self.others.variable.get())
        crosstalk = bool(self.crosstalk.variable.get())
        self._on_start(self.truth.variable.get(), Path(out), crosstalk, others)
        return True


class AgreementDialog(FormDialog):
    """Which two layers, or all; ``on_show(layers)`` shows their agreement."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        layers: Sequence[str],
        on_show: Callable[[list[str]], object],
    ) -> None:
        super().__init__(parent, theme, "Agreement", "Show", self._show, AGREEMENT_LEAD)
        self._on_show, self._layers = on_show, list(layers)
        rows, choices = self.grid_of_rows, [EVERYBODY, *layers]
        self.first = rows.add_choice("First", EVERYBODY, choices, "Every two of them", width=28)
        self.second = rows.add_choice("Second", EVERYBODY, choices, width=28)

    def _show(self) -> bool:
        chosen = [row.variable.get() for row in (self.first, self.second)]
        if EVERYBODY in chosen:
            chosen = self._layers
        elif chosen[0] == chosen[1]:
            raise InputError("two different layers", f"{chosen[0]} twice")
        self._on_show(chosen)
        return True


class MergeDialog(FormDialog):
    """The other session and the new file; ``on_start(other, out)`` starts it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        out: Path,
        on_start: Callable[[Path, Path], object],
    ) -> None:
        super().__init__(parent, theme, "Merge sessions", "Merge", self._start, MERGE_LEAD)
        self._on_start = on_start
        rows = self.grid_of_rows
        self.other = rows.add_text(
            "Other session",
            "",
            "Of the same movie",
            width=PATH_WIDTH,
            browse=lambda: str(
                filedialog.askopenfilename(
                    parent=self,
                    title="Other session",
                    initialdir=str(out.parent),
                    filetypes=SESSIONS,
                )
                or ""
            ),
        )
        self.out = rows.add_text("New session", str(out), "Its file", width=PATH_WIDTH)

    def _start(self) -> bool:
        other, out = (row.variable.get().strip() for row in (self.other, self.out))
        if not other or not out:
            raise InputError("two files", "nothing")
        self._on_start(Path(other), Path(out))
        return True
