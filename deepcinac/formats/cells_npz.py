"""Our own cells files, among the formats that :func:`deepcinac.formats.load_cells` reads."""

from __future__ import annotations

import zipfile
from pathlib import Path

from deepcinac.formats.cells import Field, require_field
from deepcinac.formats.options import CellOptions
from deepcinac.recording import cells as recording_cells
from deepcinac.recording.cells import Cells

DESCRIPTION = "a cells file of this program (.npz)"
HAS_VARIABLES = False


def recognises(path: Path) -> bool:
    """An ``.npz`` that holds lists of pixels and how many each cell has."""
    return {"ypix", "xpix", "n_pixels"} <= array_names(path)


def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """The cells that :func:`deepcinac.recording.cells.save_cells` wrote."""
    cells = recording_cells.read_cells(path)
    require_field((cells.height, cells.width), movie_shape, path)
    return cells


def array_names(path: Path) -> set[str]:
    """Names of the arrays in an ``.npz``, without reading them; empty for any other file."""
    if path.suffix.lower() != ".npz" or not zipfile.is_zipfile(path):
        return set()
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return set()
