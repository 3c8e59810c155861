"""Our own cells files, among the formats that :func:`deepcinac.formats.load_cells` reads."""

from __future__ import annotations

from pathlib import Path

from deepcinac.containers.variables import names_in_npz
from deepcinac.formats.cell_readers import Field, cells_reader, require_field
from deepcinac.formats.choices import CellOptions
from deepcinac.recording import cells as recording_cells
from deepcinac.recording.cells import Cells


def recognises(path: Path) -> bool:
    """An ``.npz`` that holds lists of pixels and how many each cell has."""
    return {"ypix", "xpix", "n_pixels"} <= names_in_npz(path)


@cells_reader("a cells file of this program (.npz)", recognises=recognises)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """The cells that :func:`deepcinac.recording.cells.save_cells` wrote."""
    cells = recording_cells.read_cells(path)
    require_field((cells.height, cells.width), movie_shape, path)
    return cells
