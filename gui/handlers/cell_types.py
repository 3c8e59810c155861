"""Types of cells: ask for suggestions, take one over."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from deepcinac.errors import InputError
from deepcinac.gui.jobs.board import DONE, Job
from deepcinac.gui.session import workspace as topic

if TYPE_CHECKING:
    from deepcinac.gui.shell.app import App
    from deepcinac.labelling.session import Session


class TypeActions:
    """What the commands about suggested types do."""

    def __init__(self, app: App) -> None:
        self._app, self._work = app, app.work

    @property
    def _session(self) -> Session:
        if self._work.session is None:
            raise InputError("an open session", "none")
        return self._work.session

    def suggest(self) -> Job:
        """Learn from the typed cells of this session; too few are told at once, not by the job."""
        from deepcinac.cell_types.learning import require_enough
        from deepcinac.cell_types.sessions import given_types

        require_enough(given_types(self._session))
        return self._start([])

    def suggest_with_file(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._app.root,
            title="Cell type classifier",
            filetypes=[("Cell type classifiers", "*.json")],
        )
        if path:
            self.suggest_with(Path(path))

    def suggest_with(self, classifier: Path) -> Job:
        """Use a classifier that was learned elsewhere."""
        from deepcinac.cell_types.model import load_classifier

        load_classifier(classifier)  # what is wrong with the file is told before anything starts
        return self._start(["--type-classifier", str(classifier)])

    def _start(self, options: list[str]) -> Job:
        session = self._session
        folder = Path(tempfile.mkdtemp(prefix="deepcinac-types-"))
        out = folder / "types.json"
        arguments = ["gui", str(session.path), "--types", str(out), *options]

        def end(job: Job) -> None:
            try:
                if job.state == DONE and self._work.session is session:
                    self._take_over(out)
                self._app.tell_of_failure(job)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        return self._app.jobs.start("Cell types", [*arguments, "--progress", "jsonl"], end)

    def _take_over(self, path: Path) -> None:
        from deepcinac.gui.jobs.type_suggestions import take_over

        _, text = take_over(self._session, path)
        self._work.edited(topic.LAYER)
        self._app.say(text)

    def accept(self) -> None:
        """The suggestion becomes the type that the expert gives; undone like any other."""
        cell = self._work.cell
        found = self._work.type_predictions().get(cell)
        if found is None:
            self._app.say("There is no suggestion for this cell")
            return
        session = self._session
        with session.group(f"set cell {cell}: type {found.type}, as suggested"):
            if found.type not in session.cell_types():
                session.add_cell_type(found.type)
            session.set_cell_type(cell, found.type)
        self._work.edited(topic.CELLS)
        self._app.say(f"Cell {cell} is of the type {found.type} now")
