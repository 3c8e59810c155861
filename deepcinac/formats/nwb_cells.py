"""Cells of an NWB file: the masks of a PlaneSegmentation, read with h5py alone.

``pixel_mask`` lists x, y and weight of every pixel; x is the column and y the row of the frames as they
lie in the file. suite2p writes y in the place of x, which its description gives away; in other files
they are exchanged where the pixels fit the movie only so, or where the user says so. ``image_mask`` is
an image per cell. A ``voxel_mask`` is of a volume and is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.formats.cell_readers import Field, cells_reader, require_field
from deepcinac.formats.choices import CellOptions, chosen
from deepcinac.formats.nwb_file import groups_of, is_of_suite2p
from deepcinac.recording.cells import Cells, as_verdicts, make_cells

SEGMENTATION = ("PlaneSegmentation",)
VERDICTS = ("iscell", "is_cell", "accepted", "Accepted")
"""Columns in which programs say whether a ROI is a cell; the first column where there are two."""


def recognises(path: Path) -> bool:
    """A file called ``.nwb``."""
    return path.is_file() and path.suffix.lower() == ".nwb"


@cells_reader("the plane segmentation of an NWB file", recognises=recognises, has_variables=True)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """The ROIs of one segmentation, those that a program rejected as invalid cells."""
    options = options or CellOptions()
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        tables = {group.name: group for group in groups_of(file, SEGMENTATION)}
        candidates = {name: f"{name}: {_what(table)}" for name, table in tables.items()}
        if options.variable is not None:
            options = options.with_variable("/" + options.variable.strip("/"))
        name = chosen(candidates, options, "plane segmentation", path)
        return cells_of_table(tables[name], movie_shape, options, path)


def _what(table: Any) -> str:
    masks = [name for name in ("pixel_mask", "image_mask", "voxel_mask") if name in table]
    n_rois = len(table["id"]) if "id" in table else "?"
    return f"{n_rois} ROIs, {masks[0] if masks else 'no mask'}"


def cells_of_table(
    table: Any, movie_shape: Field | None, options: CellOptions, path: Path
) -> Cells:
    """The cells of a PlaneSegmentation (an open h5py group)."""
    where = f"{path}#{table.name}"
    if "pixel_mask" in table:
        footprints = _pixel_masks(table, where)
        y_first = is_of_suite2p(table) != options.swap_xy
        footprints, turned = _oriented(footprints, movie_shape, y_first)
        field = movie_shape
    elif "image_mask" in table:
        footprints, field, turned = _image_masks(table, movie_shape, options.swap_xy, where)
    else:
        found = "a mask of a volume (voxel_mask)" if "voxel_mask" in table else "none"
        raise InputError("a mask of pixels or an image of every ROI", found, where)
    height, width = field or (None, None)
    source = "NWB, x and y exchanged" if turned else "NWB"
    if turned and is_of_suite2p(table) and "pixel_mask" in table:
        source = "NWB of suite2p"
    valid = _verdicts(table, len(footprints))
    names = _names(table, len(footprints))
    return make_cells(
        footprints,
        height,
        width,
        source,
        valid=valid,
        names=names,
        where=where,
        accepted=options.accepted,
    )


def _pixel_masks(table: Any, where: str) -> list[tuple[Any, Any, Any]]:
    """``(y, x, weight)`` of each ROI; all pixels lie in one list, with the end of each ROI."""
    pixels = table["pixel_mask"]
    ends = table.get("pixel_mask_index")
    names = pixels.dtype.names or ()
    if not {"x", "y"} <= set(names) or ends is None:
        raise InputError("lists of x, y and weight with an index", "another form", where)
    listed, stops = whole_array(pixels), whole_array(ends).astype(np.int64)
    ordered = stops.ndim == 1 and len(stops) and (np.diff(stops, prepend=0) >= 0).all()
    if not ordered or stops[-1] != len(listed):
        found = f"{len(listed)} pixels"
        raise InputError("pixels as the index of the ROIs adds them up", found, where)
    footprints = []
    for part in np.split(listed, stops[:-1]):
        weight = part["weight"].astype(np.float32) if "weight" in names else None
        if weight is not None and not (weight > 0).any():
            weight = None  # written as 0 by programs that have none
        footprints.append((part["y"].astype(np.int64), part["x"].astype(np.int64), weight))
    return footprints


def _oriented(
    footprints: list[tuple[Any, Any, Any]], field: Field | None, swap: bool
) -> tuple[list[tuple[Any, Any, Any]], bool]:
    """The footprints on a field, exchanged where they fit it only then."""
    turned = swap
    if not swap and field is not None:
        height, width = field
        last_y = max((int(y.max()) for y, _, _ in footprints if len(y)), default=0)
        last_x = max((int(x.max()) for _, x, _ in footprints if len(x)), default=0)
        as_it_is = last_y < height and last_x < width
        turned = not as_it_is and last_x < height and last_y < width
    return ([(x, y, w) for y, x, w in footprints] if turned else footprints), turned


def _image_masks(
    table: Any, field: Field | None, swap: bool, where: str
) -> tuple[list[tuple[Any, Any, Any]], Field, bool]:
    """Footprints, the field of the images, and whether they were turned to fit the movie."""
    images = table["image_mask"]
    if images.ndim != 3 or images.dtype.kind not in "biuf" or 0 in images.shape:
        raise InputError("an image of every ROI", f"shape {images.shape}", where)
    height, width = images.shape[1:]
    turned = swap or (field is not None and field != (height, width) and field == (width, height))
    own = (width, height) if turned else (height, width)
    require_field(own, field, where)
    footprints = []
    for number in range(len(images)):
        image = images[number].T if turned else images[number]
        ypix, xpix = np.nonzero(image)
        weight = image[ypix, xpix].astype(np.float32) if image.dtype.kind == "f" else None
        footprints.append((ypix, xpix, weight))
    return footprints, own, turned


def _verdicts(table: Any, n_rois: int) -> np.ndarray | None:
    for name in VERDICTS:
        column = table.get(name)
        if column is None or column.dtype.kind not in "biuf" or len(column) != n_rois:
            continue
        values = whole_array(column)
        return as_verdicts(values if values.ndim == 1 else values[:, 0], f"{table.name}/{name}")
    return None


def _names(table: Any, n_rois: int) -> list[str] | None:
    """The ids where they are more than the numbers from 0."""
    ids = whole_array(table["id"]) if "id" in table else np.arange(n_rois)
    if ids.shape != (n_rois,) or (ids == np.arange(n_rois)).all():
        return None
    return [str(number) for number in ids.tolist()]
