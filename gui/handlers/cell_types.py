"""Types of cells: ask for suggestions, take one over."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.requests import SuggestTypes
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk
from deepcinac.labelling.session import Session


class TypeHandlers:
    """What the commands about suggested types do."""

    def __init__(self, root: tk.Misc, work: Workspace, jobs: JobBoard, talk: Talk) -> None:
        self._root, self._work, self._jobs, self._talk = root, work, jobs, talk

    @property
    def _session(self) -> Session:
        return self._work.require_session()

    def suggest(self) -> Job:
        """Learn from the typed cells of this session; too few are told at once, not by the job."""
        from deepcinac.tasks.cell_types.targets import given_types, require_enough

        require_enough(given_types(self._session))
        return self._start(None)

    def suggest_with_file(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._root,
            title="Cell type classifier",
            filetypes=[("Cell type classifiers", "*.json")],
        )
        if path:
            self.suggest_with(Path(path))

    def suggest_with(self, classifier: Path) -> Job:
        """Use a classifier that was learned elsewhere."""
        from deepcinac.tasks.cell_types.model import load_classifier

        load_classifier(
            classifier
        )  # what is wrong with the file is reported before anything starts
        return self._start(str(classifier))

    def _start(self, classifier: str | None) -> Job:
        session = self._session
        folder = new_folder()
        out = folder / "types.json"

        def end(job: Job) -> None:
            if job.state == DONE and self._work.session is session:
                self._take_over(out)
            tell_of_failure(self._talk, job)

        request = SuggestTypes(str(session.path), str(out), classifier)
        return self._jobs.start_request("Cell types", request, end, folder)

    def _take_over(self, path: Path) -> None:
        from deepcinac.gui.jobs.type_suggestions import take_over

        _, text = take_over(self._session, path)
        self._work.edited(topic.LAYER)
        self._talk.say(text)

    def accept(self) -> None:
        """The suggestion becomes the type that the expert gives; undone like any other."""
        cell = self._work.cell
        found = self._work.type_predictions().get(cell)
        if found is None:
            self._talk.say("There is no suggestion for this cell")
            return
        session = self._session
        with session.group(f"set cell {cell}: type {found.type}, as suggested"):
            if found.type not in session.cell_types():
                session.add_cell_type(found.type)
            session.set_cell_type(cell, found.type)
        self._work.edited(topic.CELLS)
        self._talk.say(f"Cell {cell} is of the type {found.type} now")
