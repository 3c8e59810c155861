"""The questions before a session is made: asked one after the other, with a picture, and remembered."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from deepcinac.gui.forms.question_dialog import HEADINGS, MERGE, CellPicture, QuestionDialog
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.jobs.preview import Preview
from deepcinac.gui.session.cell_doubts import CellDoubts, doubts_of
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.session import Session
from deepcinac.recording.bad_cells import ACCEPT as BAD_CELLS
from deepcinac.recording.plausible_cells import ACCEPT as UNLIKELY
from deepcinac.recording.plausible_cells import ACCEPT_DUPLICATES as DUPLICATES

WITH_PICTURE = (UNLIKELY, DUPLICATES, BAD_CELLS, "grey-picture")
INVALID = "Keep them as invalid"


class CreateAsking:
    """``accepted`` are the names that were answered with yes for the files that are named now."""

    def __init__(self, form: tk.Misc, theme: Theme) -> None:
        self._form, self._theme = form, theme
        self.dialog: QuestionDialog | None = None
        self.forget()

    def forget(self) -> None:
        """Other files are named: nothing is answered yet."""
        self.accepted: list[str] = []
        self._merges = self._makes_invalid = False
        if self.dialog is not None and self.dialog.winfo_exists():
            self.dialog.destroy()

    def arguments(self) -> list[str]:
        """The answers as options of ``deepcinac create``."""
        merge = ["--merge-duplicates"] if self._merges else []
        return merge + [part for name in self.accepted for part in ("--accept", name)]

    def ask_all(self, preview: Preview, done: Callable[[str], object]) -> None:
        """Ask what there is to ask about the files; ``done("")``, or with what was refused."""
        pending = [asked for asked in preview.questions if asked.accept not in self.accepted]
        if not pending:
            done("")
            return

        def answered(choice: str) -> None:
            if choice != "yes":
                done(HEADINGS.get(pending[0].accept, pending[0].found))
                return
            self.accepted.append(pending[0].accept)
            self.ask_all(preview, done)

        self._open(pending[0], answered, preview, None)

    def ask(
        self,
        question: Question,
        preview: Preview | None,
        again: Callable[[], object],
        pixel_size_um: float,
    ) -> None:
        """Ask what stopped the making of the session; ``again()`` once it is answered."""

        def answered(choice: str) -> None:
            if choice == "no":
                return
            if choice == "merge":
                self._merges = True
            else:
                self.accepted.append(question.accept)
            self._makes_invalid = self._makes_invalid or choice == "invalid"
            again()

        self._open(question, answered, preview, pixel_size_um)

    def _open(
        self,
        question: Question,
        answered: Callable[[str], object],
        preview: Preview | None,
        pixel_size_um: float | None,
    ) -> None:
        picture, more = None, {}
        if preview is not None and question.accept in WITH_PICTURE:
            doubts = preview.doubts(pixel_size_um)
            if question.accept == UNLIKELY:
                doubts, more = CellDoubts(doubts.odd), {"invalid": INVALID}
            elif question.accept == DUPLICATES:
                doubts, more = CellDoubts(pairs=doubts.pairs), {"merge": MERGE}
            else:
                doubts = CellDoubts()
            picture = CellPicture(preview.mean, preview.outlines, doubts)
        self.dialog = QuestionDialog(self._form, self._theme, question, answered, picture, more)

    def finish(self, path: Path) -> None:
        """The session was made: what can hardly be a cell becomes invalid where that was the answer."""
        if not self._makes_invalid:
            return
        with Session.open(path) as session, session.group("mark doubtful cells as invalid"):
            cells = session.cells()
            odd = doubts_of(cells, session.recording.pixel_size_um).of_valid(cells.valid).odd
            for cell in odd:
                session.set_valid(cell, False)
