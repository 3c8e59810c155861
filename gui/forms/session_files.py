"""The file dialogs of movies, cells and sessions, and fields that name several sessions."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog

from deepcinac.files import SESSION_ENDING
from deepcinac.recording.movie_readers import split_dataset

MOVIES = [("Movies", "*.tif *.tiff *.npy *.bin *.h5 *.hdf5 *.nwb"), ("All files", "*")]
CELLS = [
    ("Cells", "*.npy *.npz *.mat *.hdf5 *.h5 *.nwb *.zip *.roi *.cinac *.tif *.tiff *.png"),
    ("All files", "*"),
]
SESSIONS = [("Sessions", f"*{SESSION_ENDING}")]
BETWEEN = ";"
"""Separates paths in a field."""


def choose_movie(parent: tk.Misc, *beside: str) -> str:
    """The path of a movie, "" if none was chosen; the dialog begins ``beside`` what is named already."""
    folder = _folder_of(beside)
    return str(
        filedialog.askopenfilename(
            parent=parent, title="Movie", filetypes=MOVIES, initialdir=folder
        )
        or ""
    )


def choose_cells(parent: tk.Misc, *beside: str) -> str:
    """The path of a file of cells, or ""."""
    folder = _folder_of(beside)
    return str(
        filedialog.askopenfilename(parent=parent, title="Cells", filetypes=CELLS, initialdir=folder)
        or ""
    )


def choose_folder(parent: tk.Misc, title: str, *beside: str) -> str:
    """A folder, or ""."""
    return str(
        filedialog.askdirectory(parent=parent, title=title, initialdir=_folder_of(beside)) or ""
    )


def choose_session(parent: tk.Misc) -> str:
    """Where to write the new session, or ""."""
    return str(
        filedialog.asksaveasfilename(
            parent=parent, title="New session", defaultextension=SESSION_ENDING, filetypes=SESSIONS
        )
        or ""
    )


def choose_sessions(parent: tk.Misc, title: str) -> str:
    """Sessions that are there, as a field holds them, or ""."""
    paths = filedialog.askopenfilenames(parent=parent, title=title, filetypes=SESSIONS)
    return f" {BETWEEN} ".join(paths)


def sessions_in(field: str) -> tuple[Path, ...]:
    """The paths that a field names.

    >>> [path.name for path in sessions_in("a.deepcinac ; b.deepcinac;")]
    ['a.deepcinac', 'b.deepcinac']
    """
    return tuple(Path(part.strip()) for part in field.split(BETWEEN) if part.strip())


def suggested_name(movie: str) -> str:
    """The session beside its movie: movie.tif, and movie.nwb:/series, give movie.deepcinac."""
    path = split_dataset(movie)[0]
    return str(path.with_name(f"{path.stem or path.name}.deepcinac"))


def _folder_of(named: tuple[str, ...]) -> str | None:
    """The folder of the first path that is named and there."""
    for path in named:
        folder: Path = split_dataset(path.strip() or ".")[0].parent
        if str(folder) != "." and folder.is_dir():
            return str(folder)
    return None
