"""The published DeepCINAC's ``.cinac`` files (HDF5): cells, where the movie was, and labels.

``/full_data`` describes the recording: ``n_frames``, ``n_cells``, ``ci_movie_file_name`` (an absolute
path) or the movie itself (``ci_movie``), the outlines of all cells (``cells_contour``: x and y of each)
and ``invalid_cells``. ``/cell_<cell>_<first>_<last>`` (the last frame included) is a stretch that an
expert judged: ``raster_dur``, its active frames, ``doubtful_frames``, and the attribute ``cell_type``.

Neither onsets nor peaks are stored: transients that followed each other without a gap are one in
such a file, and what the file lost cannot be found again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import readable, require_file
from deepcinac.formats.cell_readers import Field, cells_reader
from deepcinac.formats.choices import CellOptions
from deepcinac.formats.coordinate_lists import pixels_within
from deepcinac.labelling.layer_labels import Labels, make_labels
from deepcinac.labelling.transients import runs
from deepcinac.recording.bad_cells import BadCell
from deepcinac.recording.cells import Cells, Footprint, make_cells

MOVIE_INSIDE = "/full_data/ci_movie"
_WIDEST_CROP = 1024  # pixels; DeepCINAC 1 stored 25
_SEGMENT = re.compile(r"cell_(\d{1,9})_(\d{1,9})_(\d{1,9})")
READABLE = "a readable .cinac file"


@dataclass(frozen=True, eq=False)
class Segment:
    """Frames ``first`` to ``last`` (included) of a cell that were judged.

    ``active`` and ``doubtful`` (last - first + 1,) bool; ``cell_type`` "" where none was given;
    ``crop`` height and width of the part of the movie that is stored with it, None without one.
    """

    cell: int
    first: int
    last: int
    active: np.ndarray
    doubtful: np.ndarray
    cell_type: str
    name: str
    crop: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class CinacFile:
    """What a file holds, without the crops of the movie and the traces.

    ``n_cells`` and ``n_frames`` are None where only segments were saved; ``outlines`` holds x and y
    (k, 2) of every cell, ``invalid`` (n_cells,) bool, each None likewise. ``movie`` is the path that
    was written down, "" without one.
    """

    path: Path
    n_cells: int | None
    n_frames: int | None
    movie: str
    has_movie: bool
    outlines: list[np.ndarray] | None
    invalid: np.ndarray | None
    segments: tuple[Segment, ...]


def recognises(path: Path) -> bool:
    """A file called ``.cinac``."""
    return path.is_file() and path.suffix.lower() == ".cinac"


@cells_reader("cells of a .cinac file", recognises=recognises, has_variables=True)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """All cells of the recording, their outlines filled; invalid ones are kept as such.

    With a variable ``cell_<cell>_<first>_<last>``: the cells in the crop of that segment.
    """
    if options is not None and options.variable is not None:
        return cells_of_segment(path, options.variable, movie_shape)
    return cells_in(read_cinac(path), movie_shape, CellOptions.accepted_in(options))


def cells_in(
    content: CinacFile, movie_shape: Field | None = None, accepted: Collection[str] = ()
) -> Cells:
    """The cells of a file that was read."""
    if content.outlines is None:
        found = f"only {len(content.segments)} labelled stretches, cut out around their cells"
        hint = "name the file of cells that the labels were made with"
        raise InputError("the outlines of all cells", found, content.path, hint)
    footprints: list[Footprint | BadCell] = []
    for number, outline in enumerate(content.outlines):
        try:
            footprints.append((*_filled(outline, number, content.path), None))
        except InputError as error:
            footprints.append(BadCell(error.found.partition(": ")[2]))
    height, width = movie_shape or (None, None)
    valid = None if content.invalid is None else ~content.invalid
    return make_cells(
        footprints, height, width, ".cinac", valid=valid, where=content.path, accepted=accepted
    )


def _filled(outline: np.ndarray, cell: int, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """ypix, xpix of the pixels within the outline (k, 2) of a cell."""
    try:
        return pixels_within([outline])
    except ValueError as error:
        raise InputError("outlines within an image", f"cell {cell}: {error}", path) from error


def cells_of_segment(path: Path, name: str, field: Field | None = None) -> Cells:
    """The labelled cell, and those overlapping it as far as they lie in the crop of (height, width).

    Where no field is named it is that of the crop.
    """
    import h5py

    with readable(path, READABLE), open_hdf5_file(path, READABLE) as file:
        group = file.get(name)
        if not isinstance(group, h5py.Group) or "cells_contour" not in group:
            raise InputError(f"a labelled segment called {name} with outlines", "none", path)
        outlines = _outlines(group["cells_contour"], path)
        valid = np.ones(len(outlines), dtype=bool)
        if "invalid_cells" in group:
            flags = _flags(
                whole_array(group["invalid_cells"]), len(outlines), "invalid_cells", path
            )
            valid = ~flags
        if field is None and "ci_movie" in group:
            field = group["ci_movie"].shape[1:]
    if field is None:
        raise InputError(f"the crop of the movie in {name}", "none", path)
    return _cells_within(outlines, valid, field, path)


def _cells_within(outlines: list[np.ndarray], valid: np.ndarray, field: Field, path: Path) -> Cells:
    """Cells cut at the edges of the crop; those that lie beyond it are left out, never the first."""
    footprints, kept = [], []
    for number, outline in enumerate(outlines):
        ypix, xpix = _filled(outline, number, path)
        inside = (ypix >= 0) & (ypix < field[0]) & (xpix >= 0) & (xpix < field[1])
        if inside.any() or number == 0:
            cut = inside if inside.any() else slice(None)
            footprints.append((ypix[cut], xpix[cut], None))
            kept.append(number)
    return make_cells(footprints, *field, ".cinac", valid=valid[kept], where=path)


def read_cinac(path: str | Path) -> CinacFile:
    """Read a file; it is opened for reading only and closed again."""
    path = require_file(path, "a .cinac file")
    with readable(path, READABLE), open_hdf5_file(path, READABLE) as file:
        segments = tuple(
            _segment(file[name], tuple(map(int, match.groups())), path)
            for name in file
            if (match := _SEGMENT.fullmatch(name))
        )
        full = file.get("full_data")
        if full is None and not segments:
            raise InputError("/full_data or labelled stretches", "neither", path)
        return _with_recording(full, segments, path)


def _with_recording(full: Any, segments: tuple[Segment, ...], path: Path) -> CinacFile:
    segments = tuple(sorted(segments, key=lambda s: (s.cell, s.first, s.last)))
    if full is None:
        return CinacFile(path, None, None, "", False, None, None, segments)
    outlines = _outlines(full["cells_contour"], path) if "cells_contour" in full else None
    n_cells = len(outlines) if outlines is not None else _count(full, "n_cells", path)
    invalid = None
    if "invalid_cells" in full:
        invalid = _flags(whole_array(full["invalid_cells"]), n_cells or 0, "invalid_cells", path)
    n_frames = _count(full, "n_frames", path)
    for segment in segments:
        outside = (n_frames is not None and segment.last >= n_frames) or (
            n_cells is not None and segment.cell >= n_cells
        )
        if outside:
            found = f"cell {segment.cell}, frames {segment.first} to {segment.last}"
            raise InputError(f"stretches of {n_cells} cells and {n_frames} frames", found, path)
    movie = full.attrs.get("ci_movie_file_name", "")
    movie = movie.decode(errors="replace") if isinstance(movie, bytes) else str(movie)
    has_movie = "ci_movie" in full
    return CinacFile(path, n_cells, n_frames, movie, has_movie, outlines, invalid, segments)


def _count(full: Any, name: str, path: Path) -> int | None:
    value = full.attrs.get(name)
    if value is None:
        return None
    number = int(np.ravel(value)[0])
    if number < 1:
        raise InputError(f"{name} of at least 1", str(number), path)
    return number


def _outlines(dataset: Any, path: Path) -> list[np.ndarray]:
    if dataset.ndim != 2 or dataset.shape[1] != 2:
        raise InputError("x and y of every outline", f"shape {dataset.shape}", path)
    outlines = []
    for number, (xs, ys) in enumerate(whole_array(dataset)):
        if len(xs) != len(ys) or not len(xs):
            found = f"{len(xs)} and {len(ys)} in cell {number}"
            raise InputError("as many x as y in an outline", found, path)
        outlines.append(np.column_stack([xs, ys]).astype(float))
    return outlines


def _segment(group: Any, place: tuple[int, ...], path: Path) -> Segment:
    cell, first, last = place
    where = f"{path}:{group.name}"
    if last < first or "raster_dur" not in group:
        raise InputError("a stretch of frames with raster_dur", "another", where)
    n_frames = last - first + 1
    active = _flags(whole_array(group["raster_dur"]), n_frames, "raster_dur", where)
    doubtful = np.zeros(n_frames, dtype=bool)
    if "doubtful_frames" in group:
        doubtful = _flags(whole_array(group["doubtful_frames"]), n_frames, "doubtful_frames", where)
    cell_type = group.attrs.get("cell_type", "")
    if isinstance(cell_type, bytes):
        cell_type = cell_type.decode(errors="replace")
    name, crop = group.name.lstrip("/"), _crop_of(group, n_frames)
    return Segment(cell, first, last, active, doubtful, str(cell_type).strip(), name, crop)


def _crop_of(group: Any, n_frames: int) -> tuple[int, int] | None:
    """Height and width of the crop, if there is one of all frames; its values are not read."""
    try:
        shape = group["ci_movie"].shape
    except (KeyError, OSError, RuntimeError, AttributeError):
        return None
    fits = len(shape) == 3 and shape[0] == n_frames > 1 and min(shape[1:]) > 0
    fits = fits and max(shape[1:]) <= _WIDEST_CROP
    return (int(shape[1]), int(shape[2])) if fits else None


def _flags(values: Any, length: int, name: str, where: str | Path) -> np.ndarray:
    array = np.asarray(values)
    if array.shape != (length,) or array.dtype.kind not in "biuf":
        found = f"shape {array.shape} of {array.dtype}"
        raise InputError(f"{name} of {length} numbers", found, where)
    return array != 0


def labels_in(content: CinacFile, n_cells: int, n_frames: int) -> Labels:
    """The labels of a file: transients are runs of active frames, stretches are ``labelled``.

    Stretches of one cell that touch or overlap are put together first, so that a transient across
    their border stays one.
    """
    transients, labelled, doubtful = [], [], []
    for cell in sorted({segment.cell for segment in content.segments}):
        active, doubted = np.zeros(n_frames, dtype=bool), np.zeros(n_frames, dtype=bool)
        for segment in (s for s in content.segments if s.cell == cell):
            if cell >= n_cells or segment.last >= n_frames:
                raise InputError(
                    f"labels of a recording with {n_cells} cells and {n_frames} frames",
                    f"cell {cell}, frames {segment.first} to {segment.last}",
                    content.path,
                    "the labels seem to be of another recording",
                )
            active[segment.first : segment.last + 1] |= segment.active
            doubted[segment.first : segment.last + 1] |= segment.doubtful
            labelled.append((cell, segment.first, segment.last))
        transients += [(cell, *frames) for frames in runs(active).tolist()]
        doubtful += [(cell, *frames) for frames in runs(doubted).tolist()]
    spans = {"labelled": labelled, "doubtful": doubtful}
    return make_labels(
        n_cells, n_frames, transients, spans, where=str(content.path), name=content.path.stem
    )


def cut_transients(labels: Labels) -> int:
    """How many transients reach the edge of a labelled stretch inside the movie: perhaps cut."""
    n_cut = 0
    for cell in np.unique(labels.transients[:, 0]).tolist():
        transients = labels.of_cell(cell)
        for first, last in labels.spans_of_cell(cell, "labelled").tolist():
            begins = (transients[:, 0] == first) & (first > 0)
            ends = (transients[:, 1] == last) & (last < labels.n_frames - 1)
            n_cut += int((begins | ends).sum())
    return n_cut


def cell_types_in(content: CinacFile) -> dict[int, str]:
    """The type of each cell that was given one."""
    return {segment.cell: segment.cell_type for segment in content.segments if segment.cell_type}


def movie_of(content: CinacFile) -> str:
    """The movie's address: in the file, at the path that was written down, or beside the file.

    The path may come from another computer and another system.
    """
    if content.has_movie:
        return f"{content.path}:{MOVIE_INSIDE}"
    if content.movie:
        name = PureWindowsPath(PurePosixPath(content.movie).name).name
        for place in (Path(content.movie), content.path.parent / name):
            if name and place.is_file():
                return str(place)
    raise InputError(
        "the movie that the labels were made on",
        f"nothing at {content.movie}" if content.movie else "none named",
        content.path,
        _without_movie(content),
    )


def described(content: CinacFile) -> dict[int, str]:
    """The segments that hold a crop of the movie, by number: "3: cell 12, frames 0-1999"."""
    return {
        number: f"{number}: cell {segment.cell}, frames {segment.first}-{segment.last}"
        for number, segment in enumerate(content.segments)
        if segment.crop is not None
    }


def _without_movie(content: CinacFile) -> str:
    """What can be done where the movie is not found."""
    find_it = "name the movie (--movie), or put it beside the .cinac file"
    listed = described(content)
    if not listed:
        return f"{find_it}; the file holds no part of it that could be shown instead"
    command = f"deepcinac create --from {content.path} --segment N OUT.deepcinac"
    listing = "\n".join(listed.values())
    return f"{find_it}, or see one labelled segment as it is stored: {command}, N being one of\n{listing}"
