"""The form for a new session: movie, cells, rates, and a look at the cells before accepting."""

from __future__ import annotations

import tempfile
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING, Any

from deepcinac.errors import InputError
from deepcinac.formats import load_cells
from deepcinac.gui.jobs import DONE, Job
from deepcinac.gui.preview import Preview, read_preview
from deepcinac.gui.views.field import FieldView
from deepcinac.gui.widgets import Tooltip
from deepcinac.labelling.session import Session
from deepcinac.recording.movie import open_movie

if TYPE_CHECKING:
    from deepcinac.gui.app import App

MOVIES = [("Movies", "*.tif *.tiff *.npy *.bin *.h5 *.hdf5 *.nwb"), ("All files", "*")]
CELLS = [("Cells", "stat.npy *.zip *.roi *.npy *.npz *.tif *.tiff"), ("All files", "*")]


def suggested_name(movie: str) -> str:
    """The session beside its movie: movie.tif gives movie.deepcinac."""
    path = Path(movie)
    return str(path.with_name(f"{path.stem or path.name}.deepcinac"))


class CreateForm(ttk.Frame):
    """Fields in ``values``; :meth:`create` makes the session and opens it."""

    def __init__(self, parent: tk.Misc, app: App, on_cancel: Callable[[], None]) -> None:
        super().__init__(parent, style="Window.TFrame")
        self._app, px = app, app.theme.px
        self._job: Job | None = None
        self._looked_at: tuple[str, str] | None = None
        self.preview: Preview | None = None
        self.values = {
            name: tk.StringVar(self) for name in ("movie", "cells", "rate", "size", "out")
        }
        ttk.Label(self, text="New session", style="Section.TLabel").grid(
            row=0, column=0, columnspan=3, sticky="w", pady=(0, px(6))
        )
        self.columnconfigure(1, weight=1)
        self._path_row(1, "Movie", "movie", self._choose_movie, "TIFF, folder of TIFFs, suite2p "
                       "data.bin, .npy, HDF5")  # fmt: skip
        self._path_row(2, "Cells", "cells", self._choose_cells, "suite2p stat.npy, ImageJ RoiSet.zip, "
                       "label image, stack of masks, cells.npz")  # fmt: skip
        self._rate_row(3)
        self._path_row(4, "Session", "out", self._choose_out, "The new file; every label goes here")
        self.note = ttk.Label(self, style="DimWindow.TLabel", justify="left")
        self.note.grid(row=5, column=0, columnspan=3, sticky="ew", pady=px(4))
        self.note.configure(text="Choose a movie and its cells: they are shown here first.")
        self.note.bind(
            "<Configure>", lambda e: self.note.configure(wraplength=max(100, e.width)), add=True
        )
        buttons = ttk.Frame(self, style="Window.TFrame")
        buttons.grid(row=6, column=0, columnspan=3, sticky="ew", pady=(0, px(6)))
        self.accept = ttk.Button(
            buttons, text="Create and open", style="Accent.TButton", command=self._create_told
        )
        self.accept.pack(side="left")
        self.accept.state(["disabled"])
        ttk.Button(buttons, text="Cancel", command=on_cancel).pack(side="left", padx=px(6))
        self.field = FieldView(self, app.theme.look())
        self.field.grid(row=7, column=0, columnspan=3, sticky="nsew")
        self.rowconfigure(7, weight=1)

    def _path_row(
        self, row: int, label: str, name: str, choose: Callable[[], None], tooltip: str
    ) -> None:
        px = self._app.theme.px
        ttk.Label(self, text=label, style="Window.TLabel").grid(row=row, column=0, sticky="w")
        entry = ttk.Entry(self, textvariable=self.values[name])
        entry.grid(row=row, column=1, sticky="ew", padx=px(6), pady=px(2))
        for event in ("<Return>", "<FocusOut>"):
            entry.bind(event, lambda _event: self.look(), add=True)
        Tooltip(entry, self._app.theme, lambda: tooltip)
        ttk.Button(self, text="Choose...", command=choose, takefocus=False).grid(row=row, column=2)

    def _rate_row(self, row: int) -> None:
        px = self._app.theme.px
        ttk.Label(self, text="Frame rate", style="Window.TLabel").grid(
            row=row, column=0, sticky="w"
        )
        line = ttk.Frame(self, style="Window.TFrame")
        line.grid(row=row, column=1, sticky="w", padx=px(6), pady=px(2))
        for name, after in (("rate", "Hz      Pixel size"), ("size", "\u00b5m")):
            ttk.Entry(line, textvariable=self.values[name], width=8).pack(side="left")
            ttk.Label(line, text=after, style="Window.TLabel").pack(side="left", padx=px(4))

    def _choose_movie(self) -> None:
        path = filedialog.askopenfilename(parent=self, title="Movie", filetypes=MOVIES)
        if path:
            self.fill(movie=path)

    def _choose_cells(self) -> None:
        path = filedialog.askopenfilename(parent=self, title="Cells", filetypes=CELLS)
        if path:
            self.fill(cells=path)

    def _choose_out(self) -> None:
        path = filedialog.asksaveasfilename(
            parent=self, title="New session", defaultextension=".deepcinac",
            filetypes=[("Sessions", "*.deepcinac")],
        )  # fmt: skip
        if path:
            self.fill(out=path)

    def fill(self, **values: str) -> None:
        """Set fields and look at the files when both are named."""
        for name, value in values.items():
            self.values[name].set(value)
        if "movie" in values and not self.values["out"].get():
            self.values["out"].set(suggested_name(values["movie"]))
        self.look()

    def look(self) -> None:
        """Make the preview, in a process of its own, when movie and cells are named and new."""
        pair = (self.values["movie"].get().strip(), self.values["cells"].get().strip())
        if not all(pair) or pair == self._looked_at:
            return
        self._looked_at = pair
        self.preview = None
        self.accept.state(["disabled"])
        self.note.configure(text="Looking at the files...")
        if self._job is not None:
            self._app.jobs.cancel(self._job)
        out = Path(tempfile.mkdtemp(prefix="deepcinac-preview-")) / "preview.npz"
        arguments = ["gui", "--preview", str(out), "--movie", pair[0], "--cells", pair[1]]
        self._job = self._app.jobs.start(
            "Preview", [*arguments, "--progress", "jsonl"], lambda job: self._looked(job, out)
        )

    def _looked(self, job: Job, out: Path) -> None:
        superseded = self._job is not job
        if superseded or not self.winfo_exists():
            return
        if job.state != DONE:
            self.note.configure(text=job.message)
            return
        self.preview = preview = read_preview(out)
        out.unlink(missing_ok=True)
        out.parent.rmdir()
        for name, found in (("rate", preview.frame_rate_hz), ("size", preview.pixel_size_um)):
            if found is not None and not self.values[name].get():
                self.values[name].set(f"{found:.6g}")
        missing = [
            what for name, what in (("rate", "frame rate"), ("size", "pixel size"))
            if not self.values[name].get()
        ]  # fmt: skip
        more = f"  The files do not say the {' and the '.join(missing)}." if missing else ""
        self.note.configure(
            text=f"{preview.sentence}.  Do the outlines lie on the cells? Then create.{more}"
        )
        self.accept.state(["!disabled"])
        self.field.set_images({"mean": preview.mean})
        self.field.show_image("mean")
        self.field.set_cells(preview.outlines, ["labelled"] * len(preview.outlines))
        self.field.auto_contrast()
        self.field.fit()

    def _create_told(self) -> None:
        try:
            self.create()
        except InputError as error:
            self._app.tell(error)

    def create(self) -> None:
        """Write the session file and open it."""
        text = {name: variable.get().strip() for name, variable in self.values.items()}
        rate, size = _number(text["rate"], "frame rate"), _number(text["size"], "pixel size")
        with open_movie(text["movie"], working_copy=False) as movie:
            cells = load_cells(text["cells"], (movie.height, movie.width))
            shape: Any = movie.shape
        out = Path(text["out"])
        if out.suffix != ".deepcinac":
            out = out.with_name(out.name + ".deepcinac")
        Session.create(out, text["movie"], shape, cells, rate, size).close()
        self._app.open_path(out)


def _number(text: str, what: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InputError(f"the {what} as a number", repr(text) if text else "nothing") from None
