"""What the files are that somebody opens or drops onto the window, by their names. No Tk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deepcinac.files import SESSION_ENDING

SESSIONS = (SESSION_ENDING,)
STARTS = (".cinac", ".nwb")
"""Files of other programs that the form for a new session begins from."""
CELLS = (".zip", ".roi", ".npz", ".mat")
CELL_FILES = ("stat.npy", "iscell.npy")
MOVIES = (".tif", ".tiff", ".npy", ".h5", ".hdf5", ".bin", ".raw", ".zarr")


@dataclass(frozen=True)
class Opened:
    """What to open: a session or a file to begin from, or a movie and cells for the form; "" for none."""

    start: str = ""
    movie: str = ""
    cells: str = ""


def sorted_out(paths: Iterable[Path]) -> Opened:
    """Which of some files is what; of several of a kind the first.

    >>> sorted_out([Path("cells.zip"), Path("mouse.tif")])
    Opened(start='', movie='mouse.tif', cells='cells.zip')
    >>> sorted_out([Path("mouse.tif"), Path("mouse.deepcinac")]).start
    'mouse.deepcinac'
    """
    start = movie = cells = ""
    for path in paths:
        ending = path.suffix.lower()
        if ending in (*SESSIONS, *STARTS):
            start = start or str(path)
        elif path.is_dir() and (path / "stat.npy").is_file():  # a folder of suite2p has both
            movie, cells = movie or str(path), cells or str(path)
        elif ending in CELLS or path.name in CELL_FILES:
            cells = cells or str(path)
        elif ending in MOVIES or path.is_dir():
            movie = movie or str(path)
        else:
            start = start or str(path)
    return Opened(start) if start else Opened("", movie, cells)
