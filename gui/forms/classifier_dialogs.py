"""The dialogs before a prediction and before a training: what with, on what, and how."""

from __future__ import annotations

import dataclasses
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import filedialog
from typing import Any

from deepcinac.errors import InputError
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.form_grid import FormGrid
from deepcinac.gui.forms.session_files import BETWEEN, choose_sessions, sessions_in
from deepcinac.gui.forms.settings_form import SettingsRows
from deepcinac.gui.jobs.arguments import arguments_of
from deepcinac.gui.widgets.theme import Theme
from deepcinac.learning.settings import TrainingSettings
from deepcinac.tasks.activity.settings import (
    FINE_TUNING,
    AugmentationSettings,
    PredictionSettings,
    WindowSettings,
)

Plan = Sequence[tuple[str, str, bool]]
"""Lines of name, text and whether it is a warning."""
SCRATCH = "nothing (new weights)"
"""In the place of a classifier: training starts from random weights."""
PATH_WIDTH = 44
TRAINING = "Training"
FIRST = ("epochs", "windows_per_epoch")
"""The settings that most will look at; the others are folded away."""
PREDICT_LEAD = (
    "The result is drawn as it arrives. It is worked out beside the window, and goes on when the window "
    "is closed."
)
TRAIN_LEAD = (
    "The classifier learns from the frames that were marked as judged. It is trained beside the window, and "
    "goes on when the window is closed."
)


@dataclass(frozen=True)
class PredictionOrder:
    """What is to be predicted: cells (words or numbers), by which classifier, and in which other sessions."""

    cells: str
    classifier: str
    others: tuple[Path, ...] = ()


class PredictionDialog(FormDialog):
    """Which cells, by which classifier, and where else; ``on_start(order)`` starts it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        scopes: Sequence[str],
        classifiers: Sequence[str],
        on_start: Callable[[PredictionOrder], object],
        plan: Callable[[PredictionOrder], Plan],
    ) -> None:
        super().__init__(parent, theme, "Predict", "Predict", self._start, PREDICT_LEAD)
        self._on_start = on_start
        rows = self.grid_of_rows
        self.cells = rows.add_choice(
            "Cells",
            scopes[0],
            scopes,
            "Or numbers and ranges, such as 0-9,12",
            open_ended=True,
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
        self.others = rows.add_text(
            "Other sessions",
            "",
            f"Predicted afterwards, one after the other; separated by {BETWEEN}",
            width=PATH_WIDTH,
            browse=lambda: choose_sessions(self, "Other sessions"),
        )
        self.add_plan(lambda: plan(self._given()))

    def _given(self) -> PredictionOrder:
        cells, classifier, others = (
            row.variable.get().strip() for row in (self.cells, self.classifier, self.others)
        )
        return PredictionOrder(cells, classifier, sessions_in(others))

    def _start(self) -> bool:
        self._on_start(self._given())
        return True


@dataclass(frozen=True)
class TrainingPlan:
    """What is to be trained; ``start_from`` is None for new weights.

    ``arguments`` are the settings that differ from what the command line would choose by itself.
    """

    source: str
    out: Path
    start_from: str | None
    epochs: int
    arguments: tuple[str, ...] = ()


def first_settings(start_from: str | None) -> dict[str, Any]:
    """Sheet of the dialog -> the record on it, where the user says nothing.

    The training goes in small steps where a classifier is the start.
    """
    return {
        TRAINING: FINE_TUNING if start_from else TrainingSettings(),
        "Network and windows": WindowSettings(),
        "Augmentation": AugmentationSettings(),
        "Prediction": PredictionSettings(),
    }


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
        plan: Callable[[str, str | None, TrainingSettings], Plan],
        title: str = "Train a classifier",
        start: str | None = None,
    ) -> None:
        super().__init__(parent, theme, title, "Train", self._start, TRAIN_LEAD)
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
            start or (classifiers[0] if classifiers else SCRATCH),
            [*classifiers, SCRATCH],
            "With a classifier as the start a few labelled cells are enough",
            open_ended=True,
            browse=lambda: browsed_folder(self, "Folder of a classifier"),
        )
        self._groups: list[tuple[str, FormGrid, SettingsRows[Any]]] = []
        for title, base in first_settings(self._start_chosen()).items():
            if title == TRAINING:
                self._groups.append((title, rows, SettingsRows(rows, base, FIRST)))
            sheet = self.add_tab(title)
            names = [f.name for f in dataclasses.fields(base) if f.name not in (*FIRST, "name")]
            self._groups.append((title, sheet, SettingsRows(sheet, base, names)))
        self.start_from.variable.trace_add("write", lambda *_: self._start_changed())
        self._plan = plan
        self.add_plan(self._planned)

    def _planned(self) -> Plan:
        """What would happen with what is filled in; with the usual settings while a field is wrong."""
        start = self._start_chosen()
        settings = first_settings(start)[TRAINING]
        for title, _, rows in self._groups:
            found = rows.value() if title == TRAINING else None
            if found is not None:
                values = {name: getattr(found, name) for name in rows.rows}
                settings = dataclasses.replace(settings, **values)
        return self._plan(self.source.variable.get().strip(), start, settings)

    def _start_chosen(self) -> str | None:
        text = self.start_from.variable.get().strip()
        return None if text in ("", SCRATCH) else text

    def _start_changed(self) -> None:
        base = first_settings(self._start_chosen())
        for title, _, rows in self._groups:
            rows.set_base(base[title])

    def _settings(self) -> dict[str, Any] | None:
        """All records, or None where a field cannot be: it is told beside it."""
        settings, good = first_settings(self._start_chosen()), True
        for title, grid, rows in self._groups:
            found = rows.value()
            if found is None:
                self.reveal(grid)
                good = False
            else:
                values = {name: getattr(found, name) for name in rows.rows}
                settings[title] = dataclasses.replace(settings[title], **values)
        return settings if good else None

    def _start(self) -> bool:
        settings = self._settings()
        if settings is None:
            return False
        source, out = (row.variable.get().strip() for row in (self.source, self.out))
        for text, what in ((source, "a session or folder"), (out, "a folder for the classifier")):
            if not text:
                raise InputError(what, "nothing")
        start = self._start_chosen()
        base = first_settings(start)
        given = [part for title in base for part in arguments_of(settings[title], base[title])]
        epochs = settings[TRAINING].epochs
        self._on_start(TrainingPlan(source, Path(out), start, epochs, tuple(given)))
        return True


def browsed_folder(parent: tk.Misc, title: str) -> str:
    """A folder from a file dialog; "" when it was closed."""
    return str(filedialog.askdirectory(parent=parent, title=title) or "")
