"""Predict and train, beside the window: processes of our own command line and their results."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.classifier.zoo import DEFAULT_CLASSIFIER, list_classifiers
from deepcinac.errors import InputError
from deepcinac.gui import workspace as topic
from deepcinac.gui.dialogs import Field
from deepcinac.gui.jobs import DONE, Job
from deepcinac.gui.results import add_prediction, read_prediction

if TYPE_CHECKING:
    from deepcinac.gui.app import App


class ClassifierActions:
    """Handlers of the menu Classifier."""

    def __init__(self, app: App) -> None:
        self._app, self._work = app, app.work
        self._last = DEFAULT_CLASSIFIER

    def predict_cell(self) -> None:
        self.predict(str(self._work.cell), self._last)

    def predict_all(self) -> None:
        known = [found.name for found in list_classifiers()] or [DEFAULT_CLASSIFIER]
        everything = f"0-{self._work.n_cells - 1}"
        fields = [
            Field("Cells", everything, width=12),
            Field("Classifier (name or folder)", self._last, known, width=20),
        ]
        self._app.ask("Predict", fields, self.predict)

    def predict(self, select: str, classifier: str) -> Job:
        """Start a prediction; its result becomes a layer as soon as it is there."""
        session = self._work.session
        if session is None:
            raise InputError("an open session", "none")
        self._last = classifier or DEFAULT_CLASSIFIER
        folder = Path(tempfile.mkdtemp(prefix="deepcinac-predict-"))
        out = folder / "prediction.npz"
        arguments = ["predict", str(session.path), "--select", select]
        arguments += ["--classifier", self._last, "--out", str(out), "--progress", "jsonl"]

        def end(job: Job) -> None:
            try:
                if job.state == DONE and self._work.session is session:
                    self.take_over(out)
                self._app.tell_of_failure(job)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        return self._app.jobs.start("Prediction", arguments, end)

    def import_file(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._app.root, title="Prediction", filetypes=[("Predictions", "*.npz")]
        )
        if path:
            self.take_over(Path(path))

    def take_over(self, path: Path) -> None:
        """Put a prediction file into a layer and draw it."""
        session = self._work.session
        if session is None:
            return
        cells, probability, meta = read_prediction(path)
        layer = add_prediction(session, cells, probability, meta)
        with self._work.changing():
            self._work.choose_prediction(layer.id)
            self._work.edited(topic.LAYER, topic.LABELS)
        warnings = [str(text) for text in meta.get("warnings", [])]
        text = f"{len(np.unique(cells))} cells predicted into the layer {layer.name}"
        self._app.say(". ".join([text, *warnings]))

    def train(self) -> None:
        session = self._work.session
        if session is None:
            return
        out = session.path.with_name(f"{session.path.stem}-classifier")
        fields = [
            Field("Learn from (session or folder)", str(session.path), width=34),
            Field("Folder of the new classifier", str(out), width=34),
        ]
        self._app.ask("Train", fields, self.start_training)

    def start_training(self, source: str, out: str) -> Job:
        """Start a training; the remaining time is in the status bar."""

        def end(job: Job) -> None:
            if job.state == DONE:
                self._last = out
                self._app.say(f"The classifier is in {out}; Predict uses it from now on")
            self._app.tell_of_failure(job)

        arguments = ["train", source, "--out", out, "--progress", "jsonl"]
        arguments += self._layer_arguments(source)
        return self._app.jobs.start("Training", arguments, end)

    def _layer_arguments(self, source: str) -> list[str]:
        """Our own session teaches what the current layer says."""
        session, layer = self._work.session, self._work.layer_id
        if session is None or layer is None or Path(source) != session.path:
            return []
        return ["--layer", session.layer(layer).name]

    def cancel(self) -> None:
        for job in self._app.jobs.running:
            self._app.jobs.cancel(job)

    def values_of(self, job: Job) -> list[dict[str, Any]]:
        """The numbers that a job has reported so far (a loss curve)."""
        return list(job.history)
