"""Find the cells of a movie with suite2p: what will happen, what is missing, and the session of it."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING
from deepcinac.formats.suite2p_detection import (
    folder_of,
    how_to_install_suite2p,
    is_installed,
)
from deepcinac.gui.forms.classifier_dialogs import PATH_WIDTH, Plan
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme

LEAD = (
    "suite2p registers the movie, finds its cells and extracts their activity, into a new session. Every "
    "outline is kept; those that suite2p does not call cells are marked invalid."
)


class DetectDialog(FormDialog):
    """``first`` fills fields in: movie, rate, size and out, as texts; ``open_path`` opens the session."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        jobs: JobBoard,
        talk: Talk,
        open_path: Callable[[Path], object],
        first: dict[str, str],
    ) -> None:
        super().__init__(parent, theme, "Detect cells with suite2p", "Detect", self._start, LEAD)
        self._jobs, self._talk, self._open_path = jobs, talk, open_path
        rows = self.grid_of_rows
        self.movie = rows.add_text(
            "Movie", first.get("movie", ""), "Whatever a session can be made of", width=PATH_WIDTH,
            browse=lambda: str(filedialog.askopenfilename(parent=self, title="Movie") or ""),
        )  # fmt: skip
        self.rate = rows.add_text("Frame rate", first.get("rate", ""), "As the file says if empty",
                                  unit="Hz")  # fmt: skip
        self.pixel_size = rows.add_text("Pixel size", first.get("size", ""), "As the file says if empty",
                                  unit="um")  # fmt: skip
        self.out = rows.add_text("Session", first.get("out", ""), "The new file", width=PATH_WIDTH)
        self.python = rows.add_text(
            "Python with suite2p", sys.executable, "suite2p may have an environment of its own",
            width=PATH_WIDTH,
            browse=lambda: str(filedialog.askopenfilename(parent=self, title="Python") or ""),
        )  # fmt: skip
        self.add_plan(self._planned)

    def _planned(self) -> Plan:
        installed = is_installed(self.python.variable.get().strip())
        out = self.out.variable.get().strip()
        lines = []
        if installed is False:
            text = f"suite2p is not installed in this Python: {how_to_install_suite2p()}"
            lines.append(("Not possible", text.replace("--suite2p-python", "the field"), True))
        if out:
            where = f"its results and the registered movie lie in {folder_of(Path(out))}"
            lines.append(("Writes", f"{out}; {where}", False))
        lines.append(("Takes", "minutes to hours, by the size of the movie; all cores", False))
        return lines

    def _start(self) -> bool:
        texts = {name: getattr(self, name).variable.get().strip()
                 for name in ("movie", "rate", "pixel_size", "out", "python")}  # fmt: skip
        for name, what in (("movie", "a movie"), ("out", "a name for the session")):
            if not texts[name]:
                raise InputError(what, "nothing")
        out = Path(texts["out"]).with_suffix(SESSION_ENDING)
        arguments = ["detect", texts["movie"], "--out", str(out)]
        arguments += ["--suite2p-python", texts["python"]]
        for option, name in (("--frame-rate", "rate"), ("--pixel-size", "pixel_size")):
            arguments += [option, texts[name].replace(",", ".")] if texts[name] else []
        self._jobs.start(
            "Detection", [*arguments, "--progress", "jsonl"], lambda job: self._ended(job, out)
        )
        return True

    def _ended(self, job: Job, out: Path) -> None:
        tell_of_failure(self._talk, job)
        if job.state == DONE:
            job.result = f"The cells that suite2p found are in {out}"
            self._talk.warn(job.result, ("Open it", lambda: self._open_path(out)))
