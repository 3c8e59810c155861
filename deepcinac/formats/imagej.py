"""Cells drawn in ImageJ or Fiji: one selection (``.roi``) or a ROI manager's list (``RoiSet.zip``).

ImageJ counts coordinates at the corners of pixels. A pixel belongs to a selection when its centre
does, and one that lies exactly on an edge belongs to the selection on its right or below, so that
selections that touch share no pixel: a rectangle of 4 x 3 has 12.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import readable, require_plausible_size, require_whole_list
from deepcinac.formats.cell_readers import Field, cells_reader
from deepcinac.formats.choices import CellOptions
from deepcinac.recording.bad_cells import BadCell
from deepcinac.recording.cells import Cells, Footprint, make_cells

if TYPE_CHECKING:
    from roifile import ImagejRoi

_LARGEST_MEMBER = 1 << 24  # bytes; an outline of a cell has some hundred
_LARGEST_LIST = 1 << 28  # bytes of all selections together
_MOST_PIXELS = 1 << 26
_FARTHEST = 1e6  # pixels; beyond is damage
_POINTS_PER_CORNER = 32
_CURVE_STEPS = np.linspace(0, 1, 17)[1:, None]

Loops = list[np.ndarray]
"""Closed polygons, (k, 2) float arrays of x, y at pixel corners."""


def recognises(path: Path) -> bool:
    """A file called ``.roi``, or a ``.zip`` with at least one inside."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                return bool(_members(archive))
        except Exception:  # zipfile raises many kinds for a damaged table of contents
            return False
    return path.suffix.lower() == ".roi"


@cells_reader("ImageJ selections (.roi or a .zip of them)", recognises=recognises)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """The area selections of a file, named as in ImageJ, with equal weights."""
    footprints: list[Footprint | BadCell] = []
    names = []
    with readable(path, "a readable list of selections"):
        contents = _contents(path)
    for name, content in contents:
        footprint, own_name = _footprint(content, name)
        footprints.append(footprint)
        names.append(own_name)
    height, width = movie_shape or (None, None)
    accepted = CellOptions.accepted_in(options)
    return make_cells(
        footprints, height, width, "ImageJ", names=names, where=path, accepted=accepted
    )


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The selections in an archive; macOS adds files called ``._something`` that are none."""
    return [
        member
        for member in archive.infolist()
        if member.filename.lower().endswith(".roi")
        and not Path(member.filename).name.startswith("._")
    ]


def _contents(path: Path) -> list[tuple[str, bytes | BadCell]]:
    """Name and bytes of every selection, in the order of the file; or what is wrong with it."""
    if path.suffix.lower() != ".zip":
        return [(path.stem, path.read_bytes())]
    contents: list[tuple[str, bytes | BadCell]] = []
    with zipfile.ZipFile(path) as archive:
        require_whole_list(archive, path)
        _refuse_other_names(archive, path)
        members = _members(archive)
        require_plausible_size(sum(m.file_size for m in members), path, path, _LARGEST_LIST)
        for member in members:
            if member.file_size > _LARGEST_MEMBER:
                raise InputError("outlines of cells", f"{member.file_size} bytes", path)
            try:
                contents.append((Path(member.filename).stem, archive.read(member)))
            except Exception:  # zipfile and its decompressors raise many kinds
                contents.append((Path(member.filename).stem, BadCell("damaged in the zip file")))
    return contents


def _refuse_other_names(archive: zipfile.ZipFile, path: Path) -> None:
    """A selection whose name was damaged would be passed over, as remarks and pictures are."""
    odd = [
        one.filename
        for one in archive.infolist()
        if not one.is_dir()
        and not one.filename.lower().endswith(".roi")
        and not Path(one.filename).name.startswith("._")
        and _may_be_a_selection(archive, one)
    ]
    if odd:
        shown = ", ".join(repr(name[:40]) for name in odd[:3])
        hint = "the file may be damaged: save the list again from ImageJ's ROI manager"
        raise InputError("selections with names that end in .roi", shown, path, hint)


def _may_be_a_selection(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether an entry begins as selections do, or cannot be read at all."""
    try:
        with archive.open(member) as stream:
            return stream.read(4) == b"Iout"
    except Exception:  # zipfile and its decompressors raise many kinds
        return True


def _footprint(content: bytes | BadCell, name: str) -> tuple[Footprint | BadCell, str]:
    """The pixels of one selection, or what is wrong with it; and its name."""
    from roifile import ImagejRoi

    if isinstance(content, BadCell):
        return content, name
    try:
        roi = ImagejRoi.frombytes(content)
    except Exception:  # damaged headers raise many kinds
        return BadCell(f"{name}: damaged"), name
    own_name = roi.name or name
    try:
        ypix, xpix = _pixels(roi)
    except _NoArea as error:
        return BadCell(f"{name}: {error}"), own_name
    except (ValueError, TypeError, IndexError) as error:
        return BadCell(f"{name}: damaged, {error}"), own_name
    if not len(ypix):
        return BadCell(f"{name}: no centre of a pixel lies in it"), own_name
    return (ypix, xpix, None), own_name


class _NoArea(Exception):
    """What a selection is instead of an area."""


def _pixels(roi: ImagejRoi) -> tuple[np.ndarray, np.ndarray]:
    """ypix, xpix of one selection."""
    from roifile import ROI_SUBTYPE, ROI_TYPE

    areas = (
        ROI_TYPE.POLYGON,
        ROI_TYPE.RECT,
        ROI_TYPE.OVAL,
        ROI_TYPE.FREEHAND,
        ROI_TYPE.TRACED,
    )
    if roi.roitype not in areas or roi.subtype in (ROI_SUBTYPE.TEXT, ROI_SUBTYPE.IMAGE):
        kind = (roi.roitype if roi.roitype not in areas else roi.subtype).name.lower()
        raise _NoArea(f"a {kind}, which has no area")
    _refuse_huge(roi)
    if roi.roitype == ROI_TYPE.OVAL:
        return fill_ellipse(*_box(roi))
    return fill_polygons(_loops(roi))


_LARGEST_AREA = 1 << 24


def _refuse_huge(roi: ImagejRoi) -> None:
    """A damaged corner makes an outline of gigapixels, which would take long to fill."""
    from roifile import ROI_TYPE

    if roi.roitype == ROI_TYPE.OVAL:
        _, _, width, height = _box(roi)
    else:
        corners = np.concatenate(_loops(roi))
        width, height = np.ptp(corners, axis=0).tolist()
    if abs(width) * abs(height) > _LARGEST_AREA:
        raise ValueError(f"an outline of {width:.0f} x {height:.0f} pixels")


def _box(roi: ImagejRoi) -> tuple[float, float, float, float]:
    """left, top, width, height of the bounding box."""
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.widthd, roi.heightd
    return roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top


def _loops(roi: ImagejRoi) -> Loops:
    if roi.multi_coordinates is not None:
        return _path_loops(roi.multi_coordinates.astype(float).tolist())
    if roi.subpixel_coordinates is not None or roi.integer_coordinates is not None:
        corners = np.asarray(roi.coordinates(), dtype=float)
        return [_spline(corners) if _is_spline(roi) else corners]
    left, top, width, height = _box(roi)
    box = [(0, 0), (width, 0), (width, height), (0, height)]
    return [np.array(box, dtype=float) + (left, top)]


def _is_spline(roi: ImagejRoi) -> bool:
    """Whether "Fit Spline" was chosen: the file then keeps the corners that the curve goes through."""
    from roifile import ROI_OPTIONS

    return bool(int(roi.options) & ROI_OPTIONS.SPLINE_FIT) and roi.n_coordinates > 2


def _spline(corners: np.ndarray) -> np.ndarray:
    """Points on the smooth closed curve through corners (k, 2): a periodic cubic spline of x and y.

    Corners are equally far from each other along the parameter, as in ImageJ.
    """
    from scipy.interpolate import CubicSpline

    closed = np.vstack([corners, corners[:1]])
    at = np.linspace(0, len(corners), len(corners) * _POINTS_PER_CORNER + 1)[:-1]
    return np.asarray(CubicSpline(np.arange(len(closed)), closed, bc_type="periodic")(at))


def _path_loops(path: list[float]) -> Loops:
    """Polygons of a composite selection; its curves are cut into short straight pieces."""
    n_points = {0: 1, 1: 1, 2: 2, 3: 3, 4: 0}  # move, line, quadratic, cubic, close
    loops: list[list[np.ndarray]] = []
    at = 0
    while at < len(path):
        if path[at] not in n_points:
            raise ValueError(f"unknown path command {path[at]}")
        command = int(path[at])
        end = at + 1 + 2 * n_points[command]
        if end > len(path):
            raise ValueError("a truncated path")
        points = np.array(path[at + 1 : end]).reshape(-1, 2)
        at = end
        if command == 0:
            loops.append([points])
        elif not loops:
            raise ValueError("a path without a start")
        elif command == 1:
            loops[-1].append(points)
        elif command in (2, 3):
            loops[-1].append(_curve(np.vstack([loops[-1][-1][-1:], points])))
    return [np.vstack(loop) for loop in loops]


def _curve(control: np.ndarray) -> np.ndarray:
    """Points on a Bezier curve behind its start, from its 3 or 4 control points (k, 2)."""
    points = [np.repeat(point[None], len(_CURVE_STEPS), axis=0) for point in control]
    while len(points) > 1:
        points = [a + (b - a) * _CURVE_STEPS for a, b in zip(points, points[1:], strict=False)]
    return points[0]


def fill_polygons(loops: Loops) -> tuple[np.ndarray, np.ndarray]:
    """ypix, xpix of the pixels whose centres lie inside an odd number of closed polygons.

    Vertices are x, y at pixel corners: the centre of pixel (y, x) is at x + 0.5, y + 0.5.
    """
    loops = [loop for loop in loops if len(loop)]
    if not loops:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    start = np.vstack(loops) - 0.5  # pixel centres at whole numbers
    end = np.vstack([np.roll(loop, -1, axis=0) for loop in loops]) - 0.5
    if not (np.abs(start) < _FARTHEST).all():
        raise ValueError("coordinates far from any image")
    rows, crossings = _crossings(start, end)
    order = np.lexsort((crossings, rows))
    rows = rows[order][::2]
    # Inside runs from each odd crossing of a row to the next even one.
    first, behind = np.ceil(crossings[order]).astype(np.int64).reshape(-1, 2).T
    return _expanded(rows, first, behind - first)


def _crossings(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and x of every place where an edge (start to end) crosses the middle of a row."""
    top = np.ceil(np.minimum(start[:, 1], end[:, 1])).astype(np.int64)
    bottom = np.ceil(np.maximum(start[:, 1], end[:, 1])).astype(np.int64)
    edge, rows = _expanded(np.arange(len(start)), top, bottom - top)
    run, rise = (end - start)[edge].T
    return rows, start[edge, 0] + (rows - start[edge, 1]) / rise * run


def _expanded(
    label: np.ndarray, first: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each run (label, first, length): its label repeated, and first, first + 1, ..."""
    total = int(length.sum())
    if total > _MOST_PIXELS:
        raise ValueError(f"{total} pixels")
    ends = np.cumsum(length)
    within = np.arange(total) - np.repeat(ends - length, length)
    return np.repeat(label, length), np.repeat(first, length) + within


def fill_ellipse(
    left: float, top: float, width: float, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """ypix, xpix of the pixels whose centres lie inside the ellipse of a bounding box."""
    box = np.array([left, top, width, height], dtype=float)
    if not (np.abs(box) < _FARTHEST).all() or width * height > _MOST_PIXELS:
        raise ValueError("an oval far larger than any image")
    if width <= 0 or height <= 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows = np.arange(np.floor(top), np.ceil(top + height)).astype(np.int64)
    columns = np.arange(np.floor(left), np.ceil(left + width)).astype(np.int64)
    down = (rows + 0.5 - top - height / 2) / (height / 2)
    across = (columns + 0.5 - left - width / 2) / (width / 2)
    y, x = np.nonzero(down[:, None] ** 2 + across**2 <= 1)
    return rows[y], columns[x]
