"""The classifiers at hand: their cards, copies in and out, and whether they suit the recording."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path

from deepcinac.files import read_json
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.requests import MeasureFits
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.panels.classifiers_window import ClassifiersWindow
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.known_classifiers import KnownClassifiers
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.learning.zoo_files import (
    export_classifier,
    import_classifier,
    remove_classifier,
    removed_classifiers,
    restore_classifier,
)
from deepcinac.tasks import check_card
from deepcinac.tasks.activity.fit import Fit, fit_of
from deepcinac.tasks.activity.model import TASK, parts_of


class ZooHandlers:
    """Handlers of *Manage classifiers*; ``predict_with(name)`` opens the dialog of a prediction."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        work: Workspace,
        settings: SettingsStore,
        jobs: JobBoard,
        talk: Talk,
        predict_with: Callable[[str], object],
    ) -> None:
        self._root, self._theme = root, theme
        self._work, self._jobs, self._talk = work, jobs, talk
        self._known = KnownClassifiers(settings)
        self._predict_with = predict_with
        self._measured: dict[str, list[Fit]] = {}
        self.window: ClassifiersWindow | None = None
        work.observe(self._work_changed)

    def show(self) -> None:
        """The classifiers, in a window beside the labelling."""
        if self.window is not None:
            self.window.destroy()
        self.window = ClassifiersWindow(self._root, self._theme, self, self._talk)

    def renew(self) -> None:
        """List them anew where they are shown: one was trained, or another session opened."""
        if self.window is not None and self.window.winfo_exists():
            self.window.refresh()

    def _work_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics:
            self._measured = {}
            self.renew()

    # What the window asks for

    def listed(self) -> list[ClassifierFolder]:
        """Those that predict activity."""
        session = self._work.session
        found = self._known.listed(session.path if session is not None else None)
        return [one for one in found if one.card.task == TASK]

    def fits(self, found: ClassifierFolder) -> Sequence[Fit] | None:
        """By the recording's figures, and by its signal once the movie was looked at."""
        work = self._work
        if work.cells is None or work.pixel_size_um is None:
            return None
        measured = self._measured.get(str(found.path))
        if measured is not None:
            return measured
        shape = (work.cells.height, work.cells.width)
        form = parts_of(found.card).input_form
        return fit_of(form, shape, work.frame_rate_hz, work.pixel_size_um)

    def look(self) -> Job:
        """Look at the movie in a process of its own."""
        session = self._work.require_session()
        folder = new_folder()
        out = folder / "fits.json"

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE and self._work.session is session:
                found = read_json(out)
                self._measured = {
                    path: [Fit(**fit) for fit in fits] for path, fits in found.items()
                }
            self.renew()

        paths = tuple(str(one.path) for one in self.listed())
        request = MeasureFits(str(session.path), paths, str(out))
        return self._jobs.start_request("Looking at the signal", request, end, folder)

    def predict_with(self, found: ClassifierFolder) -> None:
        """Open the dialog of a prediction with this one in it."""
        self._known.used(str(found.path))
        self._predict_with(str(found.path))

    def export(self, found: ClassifierFolder, path: Path) -> None:
        """Write a copy; the dialog has asked about what is there already."""
        export_classifier(found, path)

    def import_from(self, path: Path) -> ClassifierFolder:
        """Make a folder or a .zip one of the user's own; nothing of it is executed."""
        return import_classifier(path, check_card)

    def remove(self, found: ClassifierFolder) -> None:
        """Set one of the user's own aside."""
        remove_classifier(found)

    def removed(self) -> list[str]:
        """Names of those that were set aside."""
        return [one.name for one in removed_classifiers()]

    def restore(self, name: str) -> ClassifierFolder:
        """Bring one back."""
        return restore_classifier(name)
