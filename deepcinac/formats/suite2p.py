"""suite2p's results: the cells (``stat.npy``, ``iscell.npy``) and the registered movie (``data.bin``).

The files are pickles and are read by :mod:`deepcinac.containers.restricted_pickle`. Only ``ypix`` and
``xpix`` are needed in each cell; ``lam`` becomes its weights. ``data.bin`` has no header: int16 frames
one after the other. Before version 1.0 suite2p wrote their size to ``ops.npy``; since then ``db.npy``
holds ``Ly``, ``Lx`` and ``nframes``, ``settings.npy`` holds ``fs``, and ``ops.npy`` (all of it together)
is optional.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.restricted_pickle import is_pickled_npy, load_npy
from deepcinac.errors import InputError
from deepcinac.formats.cell_readers import Field, cells_reader, require_field
from deepcinac.formats.choices import CellOptions
from deepcinac.recording.bad_cells import BadCell
from deepcinac.recording.cells import Cells, Footprint, as_verdicts, make_cells
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_folder import tiff_files
from deepcinac.recording.movie_readers import NPY_HEAD, MovieSource, movie_reader


def recognises(path: Path) -> bool:
    """A folder of suite2p results, ``stat.npy`` under any name, or the ``iscell.npy`` beside it."""
    if path.is_dir():
        return bool(_stat_files(path))
    if path.name == "iscell.npy":
        return path.with_name("stat.npy").is_file()
    return is_pickled_npy(path) and not path.name.endswith("_seg.npy")


@cells_reader("suite2p's stat.npy or its plane folder", recognises=recognises)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """All ROIs of a plane; ``valid`` are those that suite2p (or its user) called cells.

    The field is the movie's, else the one in ``ops.npy`` or ``db.npy``, else the smallest with all
    ROIs in it.
    """
    stat_path = stat_file(path)
    footprints = footprints_of(stat_entries(stat_path))
    field = _field_in(stat_path.with_name("ops.npy")) or _field_in(stat_path.with_name("db.npy"))
    if field is not None:
        require_field(field, movie_shape, stat_path.parent)
    height, width = movie_shape or field or (None, None)
    iscell = stat_path.with_name("iscell.npy")
    valid = verdicts(load_npy(iscell), len(footprints), iscell) if iscell.is_file() else None
    accepted = CellOptions.accepted_in(options)
    return make_cells(
        footprints, height, width, "suite2p", valid=valid, where=stat_path, accepted=accepted
    )


def _stat_files(folder: Path) -> list[Path]:
    here = folder / "stat.npy"
    if here.is_file():
        return [here]
    return sorted(folder.glob("plane*/stat.npy")) or sorted(folder.glob("suite2p/plane*/stat.npy"))


def stat_file(path: Path) -> Path:
    """The list of ROIs that a path means; one plane of several must be named."""
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


def footprints_of(stat: Sequence[Any]) -> list[Footprint | BadCell]:
    """``(ypix, xpix, weight)`` of each entry, or what is wrong with it."""
    footprints: list[Footprint | BadCell] = []
    for entry in stat:
        keys = entry.keys() if isinstance(entry, dict) else ()
        missing = [key for key in ("ypix", "xpix") if key not in keys]
        if missing:
            footprints.append(BadCell(f"no {missing[0]}"))
        else:
            footprints.append((entry["ypix"], entry["xpix"], entry.get("lam")))
    return footprints


def stat_entries(path: Path) -> list[dict[str, Any]]:
    """The ROIs in a ``stat.npy``, whatever each of them holds."""
    stat = load_npy(path)
    if stat.ndim != 1 or (len(stat) and not any(isinstance(e, dict) for e in stat)):
        found = f"an array of shape {stat.shape} with other content"
        raise InputError("suite2p's list of cells (dicts with ypix and xpix)", found, path)
    return list(stat)


def verdicts(iscell: np.ndarray, n_cells: int, path: Path) -> np.ndarray:
    """Which ROIs are cells: ``iscell`` (n_cells,), or the first of its two columns."""
    if iscell.ndim not in (1, 2) or iscell.dtype.kind not in "biuf" or len(iscell) != n_cells:
        found = f"an array of shape {iscell.shape}"
        hint = "iscell.npy and stat.npy must come from the same run"
        raise InputError(f"a flag for each of the {n_cells} cells of stat.npy", found, path, hint)
    flags = iscell if iscell.ndim == 1 else iscell[:, 0]
    return as_verdicts(flags, path)


def _field_in(path: Path) -> Field | None:
    """Height and width in suite2p's options; None where they are missing or cannot be read."""
    if not path.is_file():
        return None
    try:
        options = load_npy(path).item()
        return int(options["Ly"]), int(options["Lx"])
    except InputError as error:
        warnings.warn(f"The size of the field is not known: {error}", stacklevel=3)
        return None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def spikes_file(path: Path) -> Path | None:
    """The deconvolved activity of a plane (``spks.npy``), None where it is not there."""
    if not recognises(path):
        return None
    spikes = stat_file(path).with_name("spks.npy")
    return spikes if spikes.is_file() else None


# The registered movie

_DTYPE = np.dtype("<i2")
_SIZES = ("nframes", "Ly", "Lx")


def find_data_file(folder: Path) -> Path | None:
    """The ``data.bin`` of a suite2p folder (``plane0``, ``suite2p`` or the one above), or None.

    None means that the folder is not suite2p's. Several planes, or results whose ``data.bin`` has
    been deleted, raise an InputError.
    """
    here = folder / "data.bin"
    if here.is_file():
        return here
    planes = [
        path
        for pattern in ("plane*/data.bin", "suite2p/plane*/data.bin")
        for path in sorted(folder.glob(pattern))
    ]
    if len(planes) == 1:
        return planes[0]
    if planes:
        names = ", ".join(path.parent.name for path in planes)
        raise InputError("one plane", f"{len(planes)} ({names})", folder, "Name one plane's folder")
    if (folder / "ops.npy").is_file() or (folder / "db.npy").is_file():
        raise InputError(
            "suite2p's registered movie (data.bin)",
            "results without it",
            folder,
            "Run suite2p with delete_bin off, or open the original movie",
        )
    return None


def _files(folder: Path) -> list[Path]:
    data = find_data_file(folder)
    return [] if data is None else [data]


def _is_movie(source: MovieSource) -> bool:
    """A .bin file (raw pixels may look like anything), or a folder of results.

    suite2p puts its results beside the TIFFs it was given: their folder means the TIFFs.
    """
    if not source.is_folder:
        return source.suffix == ".bin" and not source.head.startswith(NPY_HEAD)
    if (source.path / "data.bin").is_file():
        return True
    return not tiff_files(source.path) and find_data_file(source.path) is not None


@movie_reader("suite2p's folder or data.bin", recognises=_is_movie, files=_files)
def open_suite2p(source: MovieSource) -> FlatMovie:
    """Open ``data.bin``, or another .bin of the same plane."""
    data = find_data_file(source.path) if source.is_folder else source.path
    if data is None:
        raise InputError("suite2p's data.bin", "none", source.path)
    return _open_data(data, source.path)


def _open_data(data: Path, path: Path) -> FlatMovie:
    folder = data.parent
    options = _read_options(folder)
    shape = _shape(options, folder)
    mean = np.shape(options.get("meanImg", ()))
    if len(mean) == 2 and mean != shape[1:]:
        raise InputError(
            f"one frame size, {shape[1]} x {shape[2]} pixels as in Ly and Lx",
            f"a mean image of {mean[0]} x {mean[1]} pixels",
            folder,
            "Run suite2p again: its files do not belong together",
        )
    expected, size = math.prod(shape) * _DTYPE.itemsize, data.stat().st_size
    if size != expected:
        n_frames = size / (shape[1] * shape[2] * _DTYPE.itemsize)
        raise InputError(
            f"{shape[0]} frames of {shape[1]} x {shape[2]} pixels ({expected:,} bytes), "
            "as the files beside it say",
            f"{size:,} bytes, or {n_frames:.6g} frames",
            data,
            "The file was cut short or belongs to another run: copy it again or run suite2p again",
        )
    rate = _positive(options.get("fs"))
    return FlatMovie(path, shape, _DTYPE, 0, data_file=data, frame_rate_hz=rate)


def _read_options(folder: Path) -> dict[str, Any]:
    """What suite2p knew about the movie; newer files (``db.npy``) win over ``ops.npy``."""
    options: dict[str, Any] = {}
    for name in ("ops.npy", "settings.npy", "db.npy"):
        file = folder / name
        if not file.is_file():
            continue
        content = load_npy(file)
        if isinstance(content, np.ndarray) and content.ndim == 0:
            content = content.item()
        if not isinstance(content, dict):
            kind = type(content).__name__
            raise InputError("suite2p's options (a dictionary)", f"a {kind}", file)
        options.update(content)
    if not options:
        raise InputError(
            "ops.npy, or db.npy and settings.npy, beside the .bin file",
            "neither",
            folder,
            "Copy suite2p's whole plane folder, not the .bin file alone",
        )
    return options


def _shape(options: dict[str, Any], folder: Path) -> tuple[int, int, int]:
    sizes = []
    for name in _SIZES:
        value = options.get(name)
        number = _positive(value)
        if number is None or number != int(number):
            found = "nothing" if value is None else repr(value)[:60]
            raise InputError(f"a whole number for {name}", found, folder, "Run suite2p again")
        sizes.append(int(number))
    return sizes[0], sizes[1], sizes[2]


def _positive(value: Any) -> float | None:
    """``value`` as a float when it is one finite number above zero."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and number > 0:
            return number
    return None
