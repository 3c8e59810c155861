"""The form for a new session: movie, cells, rates, and a look at the cells before accepting."""

from __future__ import annotations

import contextlib
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING
from deepcinac.gui.forms import session_files
from deepcinac.gui.forms.cell_ticks import CellTicks
from deepcinac.gui.forms.create_asking import CreateAsking
from deepcinac.gui.forms.detect_dialog import DetectDialog
from deepcinac.gui.forms.rows import ChoiceRow, PathRow
from deepcinac.gui.forms.segments import SegmentRow
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.preview import Preview, read_preview
from deepcinac.gui.jobs.requests import MakePreview
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.views.field import FieldView
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme

MOVIE_TIP = "TIFF, folder of TIFFs, suite2p data.bin, .npy, HDF5, .nwb"
CELLS_TIP = (
    "suite2p (stat.npy or its folder), CaImAn (.hdf5, or its matrix A or outlines in .npy, .npz, "
    ".mat), ImageJ RoiSet.zip, .nwb, .cinac, label image, stack of masks, cells.npz"
)
FIRST_NOTE = "Choose a movie and its cells: they are shown here first."


class CreateForm(ttk.Frame):
    """Fields in ``values``; :meth:`create` makes the session and opens it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        jobs: JobBoard,
        talk: Talk,
        open_path: Callable[[Path], object],
        on_cancel: Callable[[], None],
    ) -> None:
        super().__init__(parent, style="Window.TFrame")
        self._theme, self._jobs, self._talk, self._open_path = theme, jobs, talk, open_path
        self._job: Job | None = None
        self._looked_at: tuple[str, ...] = ()
        self._labels: Path | None = None
        self.preview: Preview | None = None
        self.detection: DetectDialog | None = None
        self.asking = CreateAsking(self, theme)
        self.values = {
            name: tk.StringVar(self) for name in ("movie", "cells", "rate", "size", "out")
        }
        self._make_rows()
        self._make_foot(on_cancel)

    # The widgets

    def _make_rows(self) -> None:
        px, theme = self._theme.px, self._theme
        ttk.Label(self, text="New session", style="Section.TLabel").grid(
            row=0, column=0, columnspan=5, sticky="w", pady=(0, px(6))
        )
        self.columnconfigure(1, weight=1)
        files = ("File...", self._choose_movie), ("Folder...", self._choose_movie_folder)
        PathRow(self, theme, 1, "Movie", self.values["movie"], files, MOVIE_TIP, self.look)
        self.movie_choice = ChoiceRow(
            self, theme, 2, "which", lambda address: self.fill(movie=address)
        )
        self.segments = SegmentRow(self, theme, 3, self._take_segment)
        ways = (("File...", self._choose_cells), ("Folder...", self._choose_cells_folder),
                ("Find them...", self._detect))  # fmt: skip
        PathRow(self, theme, 4, "Cells", self.values["cells"], ways, CELLS_TIP, self.look)
        self.cell_choice = ChoiceRow(
            self, theme, 5, "which", lambda address: self.fill(cells=address)
        )
        self.ticks = CellTicks(self, theme, 6, self.look)
        self._make_rates(7)
        one = (("Choose...", self._choose_out),)
        PathRow(self, theme, 8, "Session", self.values["out"], one,
                "The new file; every label goes here", lambda: None)  # fmt: skip

    def _make_rates(self, row: int) -> None:
        px = self._theme.px
        ttk.Label(self, text="Frame rate", style="Window.TLabel").grid(
            row=row, column=0, sticky="w"
        )
        line = ttk.Frame(self, style="Window.TFrame")
        line.grid(row=row, column=1, sticky="w", padx=px(6), pady=px(2))
        for name, after in (("rate", "Hz      Pixel size"), ("size", "\u00b5m")):
            ttk.Entry(line, textvariable=self.values[name], width=8).pack(side="left")
            ttk.Label(line, text=after, style="Window.TLabel").pack(side="left", padx=px(4))

    def _make_foot(self, on_cancel: Callable[[], None]) -> None:
        px = self._theme.px
        self.note = ttk.Label(self, style="DimWindow.TLabel", justify="left", text=FIRST_NOTE)
        self.note.grid(row=9, column=0, columnspan=5, sticky="ew", pady=px(4))
        self.note.bind(
            "<Configure>", lambda e: self.note.configure(wraplength=max(100, e.width)), add=True
        )
        buttons = ttk.Frame(self, style="Window.TFrame")
        buttons.grid(row=10, column=0, columnspan=5, sticky="ew", pady=(0, px(6)))
        self.accept = ttk.Button(
            buttons, text="Create and open", style="Accent.TButton", command=self._create_told
        )
        self.accept.pack(side="left")
        self.accept.state(["disabled"])
        ttk.Button(buttons, text="Cancel", command=on_cancel).pack(side="left", padx=px(6))
        self.field = FieldView(self, self._theme.look())
        self.field.grid(row=11, column=0, columnspan=5, sticky="nsew")
        self.rowconfigure(11, weight=1)

    # Choosing

    def _choose_movie(self) -> None:
        self._fill_chosen(movie=session_files.choose_movie(self, *self._named()))

    def _choose_movie_folder(self) -> None:
        title = "Folder of TIFFs, or of suite2p"
        self._fill_chosen(movie=session_files.choose_folder(self, title, *self._named()))

    def _choose_cells(self) -> None:
        self._fill_chosen(cells=session_files.choose_cells(self, *self._named()))

    def _choose_cells_folder(self) -> None:
        title = "Folder of suite2p"
        self._fill_chosen(cells=session_files.choose_folder(self, title, *self._named()))

    def _choose_out(self) -> None:
        self._fill_chosen(out=session_files.choose_session(self))

    def _fill_chosen(self, **chosen: str) -> None:
        """Fill in what was chosen in a dialog; nothing where it was cancelled."""
        if all(chosen.values()):
            self.fill(**chosen)

    def _named(self) -> tuple[str, str]:
        return self.values["movie"].get(), self.values["cells"].get()

    def _detect(self) -> None:
        """There are no cells yet: suite2p can find them."""
        first = {name: variable.get().strip() for name, variable in self.values.items()}
        if self.detection is not None:
            self.detection.destroy()
        self.detection = DetectDialog(
            self, self._theme, self._jobs, self._talk, self._open_path, first
        )
        self.detection.open()

    def fill(self, **values: str) -> None:
        """Set fields and look at the files when both are named."""
        for name, value in values.items():
            self.values[name].set(value)
        self.after_idle(self._show_ends)
        if "movie" in values and not self.values["out"].get():
            self.values["out"].set(session_files.suggested_name(values["movie"]))
        self.look()

    def _show_ends(self) -> None:
        """The end of a path tells it apart, not its beginning."""
        for child in self.winfo_children():
            if isinstance(child, ttk.Entry):
                child.xview_moveto(1.0)

    def fill_from(self, path: Path) -> None:
        """Begin with a .cinac or .nwb file: its cells, its movie if it can be found, its labels."""
        self.values["out"].set(str(path.with_suffix(SESSION_ENDING)))
        if path.suffix.lower() == ".cinac":
            self._fill_from_cinac(path)
        else:
            self.fill(movie=str(path), cells=str(path))

    def _fill_from_cinac(self, path: Path) -> None:
        from deepcinac.formats.cinac import movie_of, read_cinac

        content = read_cinac(path)
        self._labels = path
        self.segments.clear()
        self.ticks.values["labels"].set(True)
        self._show_ticks("")
        found = {"cells": str(path)} if content.outlines is not None else {}
        with contextlib.suppress(InputError):
            found["movie"] = movie_of(content)
        self.fill(**found)
        missing = [name for name in ("movie", "cells") if name not in found]
        if missing:
            choose = f"{path.name} does not lead to its {' and '.join(missing)}: choose."
            was = f" It was made on {content.movie}." if content.movie else ""
            instead = "" if "movie" in found else f" {self.segments.offer(content)}"
            self.note.configure(text=f"{choose}{was}{instead}")

    def _take_segment(self, movie: str, cells: str) -> None:
        """Show a segment; the suggested name of the session goes with it."""
        if self._labels is None:
            return
        stem, out = self._labels.stem, Path(self.values["out"].get())
        if out.stem.partition("-segment-")[0] == stem:
            name = f"{stem}-segment-{self.segments.number(movie)}.deepcinac"
            self.values["out"].set(str(out.with_name(name)))
        self.fill(movie=movie, cells=cells)

    # Looking

    @property
    def _segment(self) -> int | None:
        """The number of the labelled segment that stands in for the movie."""
        return self.segments.number(self.values["movie"].get().strip())

    @property
    def _has_cells(self) -> bool:
        return bool(self.values["cells"].get().strip())

    def look(self) -> None:
        """Make the preview, in a process of its own, when movie and cells are named and new."""
        movie, cells = (self.values[name].get().strip() for name in ("movie", "cells"))
        cells = self.segments.cells_for(movie, cells)
        self.values["cells"].set(cells)
        if self._looked_at[1:2] != (cells,) and cells not in self.cell_choice.choices:
            self.ticks.forget()
        asked = (movie, cells, *self.ticks.options.as_arguments())
        if not movie or asked == self._looked_at:
            return
        if self._looked_at[:2] != (movie, cells):
            self.asking.forget()
        self._looked_at = asked
        self.preview = None
        self.accept.state(["disabled"])
        self.note.configure(text="Looking at the files...")
        if self._job is not None:
            self._jobs.cancel(self._job)
        folder = new_folder()
        out = folder / "preview.npz"
        request = MakePreview(movie, cells, str(out), self.ticks.options)
        self._job = self._jobs.start_request(
            "Preview", request, lambda job: self._looked(job, out), folder
        )

    def _looked(self, job: Job, out: Path) -> None:
        superseded = self._job is not job
        if superseded or not self.winfo_exists():
            return
        if job.state != DONE:
            self.note.configure(text=job.message)
            return
        self.preview = preview = read_preview(out)
        self._offer(preview)
        self._show_ticks(preview.source)
        self._fill_rates(preview)
        self.note.configure(text=self._advice(preview))
        self.field.set_images({"mean": preview.mean})
        self.field.show_image("mean")
        in_doubt = set(preview.doubts().cells)
        states = [
            "invalid" if cell in preview.rejected else "odd" if cell in in_doubt else "labelled"
            for cell in range(len(preview.outlines))
        ]
        self.field.set_cells(preview.outlines, states)
        self.field.auto_contrast()
        self.field.fit()
        self.asking.ask_all(preview, self._answered)

    def _answered(self, refused: str) -> None:
        """All that was asked about the files is answered; ``refused``: what was not right, if any."""
        self.accept.state(["!disabled" if self._has_cells else "disabled"])
        if refused:
            self.note.configure(text=f"{refused}. Choose other files, or another series of them.")

    def _offer(self, preview: Preview) -> None:
        """Show what there is to choose, with the first taken; what is taken stands in the field."""
        for name, row, choices in (
            ("movie", self.movie_choice, preview.movie_choices),
            ("cells", self.cell_choice, preview.cell_choices),
        ):
            current = self.values[name].get().strip()
            if choices:
                current = next(iter(choices))
                self.values[name].set(current)
                row.offer(choices, current)
            elif current not in row.choices:
                row.clear()
        movie, cells = (self.values[name].get().strip() for name in ("movie", "cells"))
        self._looked_at = (movie, cells, *self._looked_at[2:])

    def _show_ticks(self, source: str) -> None:
        self.ticks.show(source, labels=self._labels is not None and self._segment is None)

    def _fill_rates(self, preview: Preview) -> None:
        for name, found in (("rate", preview.frame_rate_hz), ("size", preview.pixel_size_um)):
            if found is not None and not self.values[name].get():
                self.values[name].set(f"{found:.6g}")

    def _advice(self, preview: Preview) -> str:
        missing = [
            what for name, what in (("rate", "frame rate"), ("size", "pixel size"))
            if not self.values[name].get()
        ]  # fmt: skip
        more = f"  The files do not say the {' and the '.join(missing)}." if missing else ""
        several = ""
        if preview.cell_choices or preview.movie_choices:
            several = "  There is more than one in the file: the first is shown."
        if self._segment is not None:
            several = "  Frames count from the first of the segment, with its labels."
        odd = len(preview.doubts().cells)
        if odd:
            several += f"  {counted(odd, 'outline')} marked ? will be asked about."
        if not self._has_cells:
            return f"{preview.sentence}.  Choose the cells of this movie, or find them.{more}"
        return f"{preview.sentence}.  Do the outlines lie on the cells? Then create.{several}{more}"

    # Making it

    def _create_told(self) -> None:
        """What was refused is asked once more first."""
        if self.preview is not None:
            self.asking.ask_all(self.preview, self._create_accepted)

    def _create_accepted(self, refused: str) -> None:
        self._answered(refused)
        if not refused:
            self._talk.attempt(self.create)

    def create(self) -> None:
        """Write the session file, in a process of its own, and open it."""
        text = {name: variable.get().strip() for name, variable in self.values.items()}
        rate, size = _number(text["rate"], "frame rate"), _number(text["size"], "pixel size")
        if not text["out"]:
            raise InputError("a name for the session", "none")
        out = Path(text["out"])
        if out.suffix != SESSION_ENDING:
            out = out.with_name(out.name + SESSION_ENDING)
        arguments = ["create", str(out), *self._sources(text["movie"], text["cells"])]
        arguments += ["--frame-rate", repr(rate), "--pixel-size", repr(size)]
        arguments += ["--progress", "jsonl"]
        self._start(arguments, out)

    def _start(self, arguments: list[str], out: Path) -> None:
        self.accept.state(["disabled"])
        given = [*arguments, *self.asking.arguments()]
        self._jobs.start("New session", given, lambda job: self._created(job, arguments, out))

    def _sources(self, movie: str, cells: str) -> list[str]:
        """What the session is made of, as arguments."""
        if self._segment is not None:
            return ["--from", str(self._labels), "--segment", str(self._segment)]
        labels = self._labels if self.ticks.values["labels"].get() else None
        whole = ["--from", str(labels)] if labels is not None else []
        return ["--movie", movie, "--cells", cells, *whole, *self.ticks.options.as_arguments()]

    def _created(self, job: Job, arguments: list[str], out: Path) -> None:
        if job.state != DONE:
            self._not_created(job, arguments, out)
            return
        said = [line for line in job.log.splitlines() if line.startswith(f"{out}: ")]
        self.asking.finish(out)
        self._open_path(out)
        if said[1:]:
            self._talk.warn(". ".join(line.removeprefix(f"{out}: ") for line in said[1:]))

    def _not_created(self, job: Job, arguments: list[str], out: Path) -> None:
        """A question is asked, and the session made when it is answered; anything else is told."""
        if not self.winfo_exists():
            tell_of_failure(self._talk, job)
            return
        self.accept.state(["!disabled"])
        question = Question.of_job(job)
        if question is None:
            tell_of_failure(self._talk, job)
            return
        size = self.values["size"].get()
        self.asking.ask(
            question, self.preview, lambda: self._start(arguments, out), _number(size, "pixel size")
        )


def _number(text: str, what: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InputError(f"the {what} as a number", repr(text) if text else "nothing") from None
