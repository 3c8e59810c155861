"""Cells found by suite2p: ``stat.npy``, with ``iscell.npy`` and its options beside it.

The files are pickles and are read by :mod:`deepcinac.recording.safe_pickle`. Only ``ypix`` and
``xpix`` are needed in each cell; ``lam`` becomes its weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.formats.cells import Field, require_field
from deepcinac.formats.options import CellOptions
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.safe_pickle import is_pickled_npy, load_npy

DESCRIPTION = "suite2p's stat.npy or its plane folder"
HAS_VARIABLES = False

_CELL_PROBABILITY = 0.5  # iscell.npy holds 0 and 1; a hand-made one may hold probabilities


def recognises(path: Path) -> bool:
    """A folder of suite2p results, ``stat.npy`` under any name, or the ``iscell.npy`` beside it."""
    if path.is_dir():
        return bool(_stat_files(path))
    if path.name == "iscell.npy":
        return path.with_name("stat.npy").is_file()
    return is_pickled_npy(path) and not path.name.endswith("_seg.npy")


def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """All ROIs of a plane; ``valid`` are those that suite2p (or its user) called cells.

    The field is the movie's, else the one in ``ops.npy`` or ``db.npy``, else the smallest with all
    ROIs in it.
    """
    stat_path = _stat_file(path)
    footprints = _footprints(load_npy(stat_path), stat_path)
    field = _field_in(stat_path.with_name("ops.npy")) or _field_in(stat_path.with_name("db.npy"))
    if field is not None:
        require_field(field, movie_shape, stat_path.parent)
    height, width = movie_shape or field or (None, None)
    valid = _valid(stat_path.with_name("iscell.npy"), len(footprints))
    return make_cells(footprints, height, width, "suite2p", valid=valid, where=stat_path)


def _stat_files(folder: Path) -> list[Path]:
    here = folder / "stat.npy"
    if here.is_file():
        return [here]
    return sorted(folder.glob("plane*/stat.npy")) or sorted(folder.glob("suite2p/plane*/stat.npy"))


def _stat_file(path: Path) -> Path:
    if path.name == "iscell.npy":
        return path.with_name("stat.npy")
    if not path.is_dir():
        return path
    files = _stat_files(path)
    if len(files) > 1:
        planes = ", ".join(file.parent.name for file in files)
        hint = "name the plane folder of the movie"
        raise InputError("one suite2p plane", f"{len(files)} ({planes})", path, hint)
    return files[0]


def _footprints(stat: np.ndarray, path: Path) -> list[tuple[Any, Any, Any]]:
    if stat.ndim != 1 or not all(isinstance(entry, dict) for entry in stat):
        found = f"an array of shape {stat.shape} with other content"
        raise InputError("suite2p's list of cells (dicts with ypix and xpix)", found, path)
    for i, entry in enumerate(stat):
        missing = [key for key in ("ypix", "xpix") if key not in entry]
        if missing:
            raise InputError("ypix and xpix in each cell", f"no {missing[0]} in cell {i}", path)
    return [(entry["ypix"], entry["xpix"], entry.get("lam")) for entry in stat]


def _valid(path: Path, n_cells: int) -> np.ndarray | None:
    """Which ROIs are cells, from ``iscell.npy``: (n_cells,), or the first of its two columns."""
    if not path.is_file():
        return None
    iscell = load_npy(path)
    if iscell.ndim not in (1, 2) or iscell.dtype.kind not in "biuf" or len(iscell) != n_cells:
        found = f"an array of shape {iscell.shape}"
        hint = "iscell.npy and stat.npy must come from the same run"
        raise InputError(f"a flag for each of the {n_cells} cells of stat.npy", found, path, hint)
    flags = iscell if iscell.ndim == 1 else iscell[:, 0]
    return flags > _CELL_PROBABILITY


def _field_in(path: Path) -> Field | None:
    """Height and width in suite2p's options; None where they are missing or cannot be read."""
    if not path.is_file():
        return None
    try:
        options = load_npy(path).item()
        return int(options["Ly"]), int(options["Lx"])
    except (InputError, KeyError, TypeError, ValueError, AttributeError):
        return None
