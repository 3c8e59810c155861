"""suite2p's ``Fall.mat``: its results as one MATLAB file.

The ``stat.npy`` of the same run holds the same cells and is read in its place where it lies beside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.formats import suite2p
from deepcinac.formats.cell_readers import Field, cells_reader, require_field
from deepcinac.formats.choices import CellOptions
from deepcinac.recording.cells import Cells, make_cells

_VARIABLES = {"stat", "F", "Fneu", "iscell"}


def recognises(path: Path) -> bool:
    """A ``.mat`` with suite2p's variables; only their names are read."""
    if not path.is_file() or path.suffix.lower() != ".mat":
        return False
    try:
        return {variable.name for variable in list_variables(path)} >= _VARIABLES
    except InputError:
        return False  # whoever reads MATLAB files says what is wrong


@cells_reader("suite2p's Fall.mat", recognises=recognises, has_variables=True)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """All ROIs; ``valid`` are those that suite2p (or its user) called cells."""
    if options is not None and options.variable not in (None, "stat"):
        raise InputError("suite2p's stat", f"{options.variable}", path)
    stat = path.with_name("stat.npy")
    if stat.is_file():
        return suite2p.read_cells(stat, movie_shape, options)
    entries = [_only(entry) for entry in np.ravel(read_variable(path, "stat"))]
    footprints = suite2p.footprints_of([_flat(entry) for entry in entries])
    valid = suite2p.verdicts(read_variable(path, "iscell"), len(footprints), path)
    field = _field(path)
    if field is not None:
        require_field(field, movie_shape, path)
    height, width = movie_shape or field or (None, None)
    accepted = CellOptions.accepted_in(options)
    return make_cells(
        footprints, height, width, "suite2p", valid=valid, where=path, accepted=accepted
    )


def _only(entry: Any) -> Any:
    """What MATLAB keeps as an array of one."""
    return entry.ravel()[0] if isinstance(entry, np.ndarray) and entry.size == 1 else entry


def _flat(entry: Any) -> Any:
    """A cell with its lists as vectors: MATLAB has none but matrices."""
    if not isinstance(entry, dict):
        return entry
    return {key: np.ravel(entry[key]) for key in ("ypix", "xpix", "lam") if key in entry}


def _field(path: Path) -> Field | None:
    """Height and width in its options; None where they are missing or cannot be read."""
    try:
        options = _only(read_variable(path, "ops"))
        return int(_only(options["Ly"])), int(_only(options["Lx"]))
    except (InputError, KeyError, TypeError, ValueError, IndexError):
        return None
