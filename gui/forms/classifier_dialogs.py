"""The dialogs before a prediction and before a training: what with, on what, and how."""

from __future__ import annotations

import dataclasses
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import filedialog
from typing import Any

from deepcinac.classifier.options import FINE_TUNING, TrainingSettings
from deepcinac.errors import InputError
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.form_grid import FormGrid
from deepcinac.gui.forms.settings_form import SettingsRows
from deepcinac.gui.jobs.arguments import arguments_of
from deepcinac.gui.widgets.theme import Theme

SCRATCH = "nothing (new weights)"
"""In the place of a classifier: training starts from random weights."""
PATH_WIDTH = 44
FIRST = ("epochs", "windows_per_epoch")
"""The settings that most will look at; the others are folded away."""
PREDICT_LEAD = (
    "The result becomes a layer of its own, beside what was predicted before. It is worked out beside "
    "the window, and goes on when the window is closed."
)
TRAIN_LEAD = (
    "The classifier learns from the frames that were marked as judged. Some of the cells are held out to "
    "judge it by. It is trained beside the window, and goes on when the window is closed."
)


class PredictionDialog(FormDialog):
    """Which cells, and by which classifier; ``on_start(cells, classifier)`` starts it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        n_cells: int,
        classifiers: Sequence[str],
        on_start: Callable[[str, str], object],
    ) -> None:
        super().__init__(parent, theme, "Predict", "Predict", self._start, PREDICT_LEAD)
        self._on_start = on_start
        everything = f"0-{n_cells - 1}"
        rows = self.grid_of_rows
        self.cells = rows.add_text(
            "Cells", everything, "Numbers and ranges, such as 0-9,12; all of them at first"
        )
        self.classifier = rows.add_choice(
            "Classifier",
            classifiers[0],
            classifiers,
            "A shipped one by its name, or the folder of one of yours",
            open_ended=True,
            width=PATH_WIDTH,
            browse=lambda: browsed_folder(self, "Folder of a classifier"),
        )

    def _start(self) -> bool:
        self._on_start(self.cells.variable.get().strip(), self.classifier.variable.get().strip())
        return True


@dataclass(frozen=True)
class TrainingPlan:
    """What is to be trained; ``start_from`` is None for new weights."""

    source: str
    out: Path
    start_from: str | None
    settings: TrainingSettings

    @property
    def arguments(self) -> list[str]:
        """The settings that differ from what the command line would choose by itself."""
        return arguments_of(self.settings, first_settings(self.start_from))


def first_settings(start_from: str | None) -> TrainingSettings:
    """What is chosen where the user says nothing: small steps where a classifier is the start."""
    return FINE_TUNING if start_from else TrainingSettings()


class TrainingDialog(FormDialog):
    """From what, into which folder, from which start, and every setting of the training."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        source: str,
        out: Path,
        classifiers: Sequence[str],
        on_start: Callable[[TrainingPlan], object],
    ) -> None:
        super().__init__(parent, theme, "Train a classifier", "Train", self._start, TRAIN_LEAD)
        self._on_start = on_start
        rows = self.grid_of_rows
        self.source = rows.add_text(
            "Learn from",
            source,
            "A labelled session, or a folder with several",
            width=PATH_WIDTH,
            browse=lambda: browsed_folder(self, "Folder of labelled recordings"),
        )
        self.out = rows.add_text(
            "New classifier",
            str(out),
            "Its folder; one that was stopped goes on from there",
            width=PATH_WIDTH,
            browse=lambda: browsed_folder(self, "Folder of the new classifier"),
        )
        self.start_from = rows.add_choice(
            "Start from",
            classifiers[0] if classifiers else SCRATCH,
            [*classifiers, SCRATCH],
            "With a classifier as the start a few labelled cells are enough",
            open_ended=True,
            browse=lambda: browsed_folder(self, "Folder of a classifier"),
        )
        base = first_settings(self._start_chosen())
        more = [f.name for f in dataclasses.fields(base) if f.name not in (*FIRST, "name")]
        self._groups: list[tuple[FormGrid, SettingsRows[Any]]] = []
        self._add_group(rows, SettingsRows(rows, base, FIRST))
        sheet = self.add_tab("Training")
        self._add_group(sheet, SettingsRows(sheet, base, more))
        self.start_from.variable.trace_add("write", lambda *_: self._start_changed())

    def _add_group(self, grid: FormGrid, rows: SettingsRows[Any]) -> None:
        self._groups.append((grid, rows))

    def _start_chosen(self) -> str | None:
        text = self.start_from.variable.get().strip()
        return None if text in ("", SCRATCH) else text

    def _start_changed(self) -> None:
        for _, rows in self._groups:
            rows.set_base(first_settings(self._start_chosen()))

    def _settings(self) -> TrainingSettings | None:
        """All settings, or None where one cannot be: it is told beside its field."""
        settings, good = first_settings(self._start_chosen()), True
        for grid, rows in self._groups:
            found = rows.value()
            if found is None:
                self.reveal(grid)
                good = False
            else:
                values = {name: getattr(found, name) for name in rows.rows}
                settings = dataclasses.replace(settings, **values)
        return settings if good else None

    def _start(self) -> bool:
        settings = self._settings()
        if settings is None:
            return False
        source, out = (row.variable.get().strip() for row in (self.source, self.out))
        for text, what in ((source, "a session or folder"), (out, "a folder for the classifier")):
            if not text:
                raise InputError(what, "nothing")
        self._on_start(TrainingPlan(source, Path(out), self._start_chosen(), settings))
        return True


def browsed_folder(parent: tk.Misc, title: str) -> str:
    """A folder from a file dialog; "" when it was closed."""
    return str(filedialog.askdirectory(parent=parent, title=title) or "")
