"""Sessions and exports: open, create, find the movie again, write what is seen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tkinter import filedialog

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.files import read_json
from deepcinac.formats.label_files import load_labels, save_labels
from deepcinac.gui.forms.detect_dialog import DetectDialog
from deepcinac.gui.forms.question_dialog import QuestionDialog
from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.jobs import label_import
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.label_import import free_name
from deepcinac.gui.jobs.requests import DrawView, ReadLabels, ViewToDraw
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.session.cell_csv import write_cell_csv
from deepcinac.gui.session.marks import other_layers
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.settings_store import SettingsStore, settings_folder
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.questions import Field
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.layer_labels import add_labels, read_labels
from deepcinac.labelling.session import Session
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.cells import read_cells

SESSIONS = [
    ("Sessions, and files to make one of", "*.deepcinac *.cinac *.nwb *.tif *.tiff *.h5 *.npy"),
    ("Sessions", "*.deepcinac"),
    ("All files", "*"),
]
LABELS = "*.csv *.npz *.mat *.npy *.cinac *.nwb *.hdf5 *.h5"
DEMO_NAME = "demo.deepcinac"
LEAVE_OUT = {"leave out": "Leave it out, import the rest"}


def demo_session(folder: Path) -> Path:
    """The session of the shipped recording in ``folder``, made when it is not there."""
    from deepcinac.data import shipped

    path = folder / DEMO_NAME
    if not path.exists():
        source = shipped("demo")
        meta = read_json(source / "meta.json")
        settings = meta["settings"]
        shape = (settings["n_frames"], settings["height"], settings["width"])
        rates = (float(meta["frame_rate_hz"]), float(meta["pixel_size_um"]))
        cells = read_cells(source / "cells.npz")
        Session.create(path, source / "movie.tif", shape, cells, *rates).close()
    return path


class FileHandlers:
    """Handlers of the menu File."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        sessions: Sessions,
        work: Workspace,
        options: ViewOptions,
        settings: SettingsStore,
        jobs: JobBoard,
        talk: Talk,
        quit: Callable[[], None],
    ) -> None:
        self._root, self._theme, self._sessions = root, theme, sessions
        self._work, self._options = work, options
        self.question: QuestionDialog | None = None
        self.dialog: DetectDialog | None = None
        self._settings, self._jobs, self._talk, self._quit = settings, jobs, talk, quit

    def _folder(self) -> str:
        """Where a dialog begins: beside the session, or beside the one that was open last."""
        session = self._work.session
        known = [session.path] if session is not None else self._settings.recent_sessions()
        return str(known[0].parent) if known and known[0].parent.is_dir() else str(Path.home())

    def open(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._root,
            initialdir=self._folder(),
            title="Open session",
            filetypes=SESSIONS,
        )
        if path:
            self._sessions.open_path(Path(path))

    def create(self) -> None:
        self._sessions.begin_new()

    def detect(self) -> None:
        """Ask for a movie whose cells suite2p is to find; that of the open session at first."""
        session, first = self._work.session, {}
        if session is not None:
            recording = session.recording
            out = session.path.with_name(f"{session.path.stem}-detected.deepcinac")
            first = {
                "movie": session.movie_address(),
                "out": str(out),
                "rate": f"{recording.frame_rate_hz:g}",
                "size": f"{recording.pixel_size_um:g}",
            }
        if self.dialog is not None:
            self.dialog.destroy()
        self.dialog = DetectDialog(
            self._root, self._theme, self._jobs, self._talk, self._sessions.open_path, first
        )
        self.dialog.open()

    def demo(self) -> None:
        self._sessions.open_path(demo_session(settings_folder()))

    def close(self) -> None:
        self._sessions.close_session()

    def quit(self) -> None:
        self._quit()

    def relink(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._root, initialdir=self._folder(), title="Where is the movie now?"
        )
        if path:
            self.relink_to(Path(path))

    def relink_to(self, path: Path) -> None:
        """The movie is here now; another movie is refused."""
        session = self._work.session
        if session is not None:
            session.relink(path)
            self._work.edited()
            self._talk.notice.hide()
            self._sessions.load_data()

    def take_over(self) -> None:
        session = self._work.session
        if session is not None:
            path = session.path
            self._sessions.close_session()
            self._sessions.open_session(path, take_over=True)

    def import_labels(self) -> None:
        path = filedialog.askopenfilename(
            parent=self._root,
            initialdir=self._folder(),
            title="Labels",
            filetypes=[("Labels", LABELS)],
        )
        if path:
            self.read_labels(Path(path))

    def read_labels(self, path: Path) -> None:
        """Every layer of a file of labels into a new layer of the session; one step of undo."""
        session = self._work.session
        if session is None:
            return
        taken = {layer.name for layer in session.layers()}
        if path.suffix.lower() in (".npy", ".hdf5", ".h5"):
            self.read_curve(path)
            return
        if path.suffix.lower() in label_import.ENDINGS:
            self.read_beside(path)
            return
        found = load_labels(path, self._work.n_cells, self._work.n_frames)
        names = []
        with session.group(f"import {path.name}"):
            for labels in found:
                name = free_name(labels.name, taken)
                taken.add(name)
                names.append(add_labels(session, replace(labels, name=name)).name)
        self._work.edited()
        self._talk.say(f"Imported: {', '.join(names)}")

    def read_curve(
        self, path: Path, variable: str | None = None, accepted: tuple[str, ...] = ()
    ) -> None:
        """What another method says, an array of cells x frames; asks which where there are several."""
        from deepcinac.formats.choices import CellOptions
        from deepcinac.formats.method_curves import import_curves

        session = self._work.session
        if session is None:
            return
        try:
            with session.group(f"import {path.name}"):
                said = import_curves(session, path, CellOptions(variable, accepted=accepted))
                session.note_accepted(accepted)
        except NeedsAnswer as asked:
            again = (*accepted, asked.accept)
            self._ask(Question.of_error(asked), lambda _: self.read_curve(path, variable, again))
            return
        except SeveralChoices as several:
            names = [address.rpartition("#")[2] for address in several.choices]
            fields = [Field(f"Which array of {path.name}", names[0], names, width=28)]
            self._talk.ask("Import", fields, lambda name: self.read_curve(path, name))
            return
        self._work.edited()
        self._talk.warn(". ".join(said))

    def _ask(
        self, question: Question, go_on: Callable[[str], object], more: dict[str, str] | None = None
    ) -> None:
        """Ask in a dialog; ``go_on(choice)`` unless the answer is no."""

        def answered(choice: str) -> None:
            if choice != "no":
                self._talk.attempt(go_on, choice)

        self.question = QuestionDialog(self._root, self._theme, question, answered, None, more)

    def read_beside(
        self, path: Path, accepted: tuple[str, ...] = (), leave_out: bool = False
    ) -> Job | None:
        """The labels of a .cinac, or the series of an .nwb, read by a process of its own."""
        session = self._work.session
        if session is None:
            return None
        folder = new_folder()
        copy = folder / "copy.deepcinac"

        def go_on(question: Question, choice: str) -> None:
            if self._work.session is session:
                self.read_beside(path, (*accepted, question.accept), choice == "leave out")

        def end(job: Job) -> None:
            question = Question.of_job(job)
            if question is not None and self._work.session is session:
                self._ask(question, lambda choice: go_on(question, choice), LEAVE_OUT)
                return
            tell_of_failure(self._talk, job)
            if job.state != DONE:
                return
            if self._work.session is not session:
                self._talk.warn(f"{path.name} was not imported: its session was closed")
                return
            with session.group(f"import {path.name}"):
                said = label_import.take_over(session, copy, path.name)
                session.note_accepted(() if leave_out else accepted)
            self._work.edited()
            self._talk.warn(". ".join(said))

        self._talk.say(f"Reading {path.name}...")
        request = ReadLabels(str(session.path), str(path), str(copy), accepted, leave_out)
        return self._jobs.start_request("Import", request, end, folder)

    def export_layer(self) -> None:
        session, layer = self._work.session, self._work.layer_id
        if session is None or layer is None:
            return
        name = f"{session.path.stem}-{session.layer(layer).name}.csv"
        path = filedialog.asksaveasfilename(
            parent=self._root,
            initialdir=self._folder(),
            title="Labels of the layer",
            initialfile=name,
            defaultextension=".csv",
            filetypes=[("Labels", "*.csv *.npz *.mat")],
        )
        if path:
            self.write_layer(Path(path))

    def write_layer(self, path: Path) -> None:
        """Write the current layer."""
        session, layer = self._work.session, self._work.layer_id
        if session is not None and layer is not None:
            labels = read_labels(session, layer)
            movie = Path(session.recording.movie_absolute).name
            save_labels(path, [labels], self._work.frame_rate_hz, movie)
            self._talk.say(f"{counted(len(labels.transients), 'transient')} written to {path}")

    def export_corrections(self) -> None:
        """A bundle of what was answered in the review; under which licence is for the user to say."""
        session = self._work.require_session()

        def answer(licence: str) -> None:
            if not licence:
                raise InputError("a licence, such as CC-BY-4.0", "nothing")
            path = filedialog.asksaveasfilename(
                parent=self._root,
                initialdir=self._folder(),
                title="Bundle of corrections",
                initialfile=f"{session.path.stem}-corrections.h5",
                defaultextension=".h5",
                filetypes=[("Bundles", "*.h5")],
            )
            if path:
                self.write_corrections(Path(path), licence)

        self._talk.ask("Export", [Field("Licence for those who use it")], answer)

    def write_corrections(self, path: Path, licence: str) -> Job:
        """Write the corrections of the current layer, in a process of its own: it reads the movie."""
        session = self._work.require_session()
        layer = session.layer(self._work.require_layer())

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE:
                job.result = f"The corrections are in {path}"
                self._talk.say(job.result)

        arguments = ["export", str(session.path), "--corrections", "--layer", layer.name]
        arguments += ["--licence", licence, "--out", str(path), "--force"]
        return self._jobs.start("Export", arguments, end)

    def _ask_where(self, title: str, ending: str, kinds: list[tuple[str, str]]) -> Path | None:
        """Where to write something of the current cell; None when the dialog was closed."""
        session = self._work.session
        if session is None:
            return None
        path = filedialog.asksaveasfilename(
            parent=self._root,
            initialdir=self._folder(),
            title=title,
            initialfile=f"{session.path.stem}-cell-{self._work.cell}{ending}",
            defaultextension=ending,
            filetypes=kinds,
        )
        return Path(path) if path else None

    def export_cell(self) -> None:
        path = self._ask_where("Traces and labels of the cell", ".csv", [("CSV", "*.csv")])
        if path:
            self.write_cell(path)

    def write_cell(self, path: Path) -> None:
        """Write the CSV of the current cell."""
        write_cell_csv(path, self._work)
        self._talk.say(f"Cell {self._work.cell} is in {path}")

    def export_view(self) -> None:
        path = self._ask_where("Export the view", ".png", [("PNG", "*.png"), ("SVG", "*.svg")])
        if path:
            self.draw_view(path)

    def draw_view(self, path: Path) -> Job:
        """Draw the visible traces and labels into a file, in a process of its own."""
        work, session = self._work, self._work.require_session()
        view = ViewToDraw(
            cell=work.cell,
            visible=work.visible,
            layer=work.layer_id,
            prediction=None if work.blind else work.prediction_id,
            threshold=work.threshold,
            traces=tuple(self._options["traces"]),
            lanes=tuple(layer.id for layer in other_layers(work)),
        )

        def end(job: Job) -> None:
            if job.state == DONE:
                self._talk.say(f"The view is in {path}")
            tell_of_failure(self._talk, job)

        request = DrawView(str(session.path), str(path), view)
        return self._jobs.start_request("Export", request, end)
