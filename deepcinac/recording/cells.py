"""Cells of a recording: footprints with weights, and what follows from them.

A footprint is a list of pixels (``ypix``, ``xpix``) with a positive ``weight`` each. Masks,
contours and overlaps are derived. :func:`deepcinac.formats.load_cells` reads other programs' files.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import parsed_json, read_npz, write_npz
from deepcinac.recording.bad_cells import BadCell, leave_out
from deepcinac.recording.outlines import trace_outlines
from deepcinac.recording.overlaps import Overlaps, find_overlaps

if TYPE_CHECKING:
    import scipy.sparse

Footprint = tuple[Any, Any, Any]
"""``(ypix, xpix, weight)``: array-likes of one length; ``weight`` may be None (equal weights)."""

_LARGEST_SIDE = 1 << 20  # pixels; a claim beyond it is damage, not a movie
_NAMED_IN_WARNING = 10
_VERDICT = 0.5


@dataclass(frozen=True, eq=False)
class Cell:
    """One footprint, row by row: ``ypix``, ``xpix`` int32, ``weight`` float32 > 0, (n_pixels,)."""

    ypix: np.ndarray
    xpix: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.ypix)


@dataclass(frozen=True, eq=False)
class Cells:
    """All cells of a recording on a field of ``height`` x ``width`` pixels.

    ``valid`` (n_cells,) bool: False for a cell that was rejected (by suite2p's classifier, by an
    expert). ``source`` says where the cells come from ("suite2p"); ``names`` are those given by
    the program that drew the cells, if any. Build with :func:`make_cells`, which checks.
    """

    cells: tuple[Cell, ...]
    height: int
    width: int
    valid: np.ndarray
    source: str
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, cell: int) -> Cell:
        return self.cells[cell]

    @cached_property
    def n_pixels(self) -> np.ndarray:
        """Pixels of each cell, (n_cells,) int64."""
        return np.array([len(cell) for cell in self.cells], dtype=np.int64)

    @cached_property
    def overlaps(self) -> Overlaps:
        """Which cells share pixels."""
        return find_overlaps(self.mask_matrix())

    def mask(self, cell: int) -> np.ndarray:
        """The (height, width) boolean mask of one cell."""
        mask = np.zeros((self.height, self.width), dtype=bool)
        mask[self.cells[cell].ypix, self.cells[cell].xpix] = True
        return mask

    def masks(self) -> np.ndarray:
        """Boolean masks of all cells, (n_cells, height, width)."""
        masks = np.zeros((len(self), self.height, self.width), dtype=bool)
        for mask, cell in zip(masks, self.cells, strict=True):
            mask[cell.ypix, cell.xpix] = True
        return masks

    def mask_matrix(self) -> scipy.sparse.csr_matrix:
        """Sparse (n_cells, height * width) float64 matrix: 1 in a cell; pixels row by row."""
        return self._matrix(np.ones(int(self.n_pixels.sum())))

    def weight_matrix(self, normalised: bool = True) -> scipy.sparse.csr_matrix:
        """Sparse (n_cells, height * width) float64 matrix of weights, pixels row by row.

        Each row sums to 1 when ``normalised``: its product with a frame is a weighted mean.
        """
        weights = [cell.weight.astype(float) for cell in self.cells]
        if normalised:
            weights = [weight / weight.sum() for weight in weights]
        return self._matrix(np.concatenate(weights))

    def _matrix(self, values: np.ndarray) -> scipy.sparse.csr_matrix:
        import scipy.sparse

        pixels = np.concatenate(
            [cell.ypix.astype(np.int64) * self.width + cell.xpix for cell in self.cells]
        )
        row_starts = np.concatenate([[0], np.cumsum(self.n_pixels)])
        shape = (len(self), self.height * self.width)
        return scipy.sparse.csr_matrix((values, pixels, row_starts), shape=shape)

    def centres(self) -> np.ndarray:
        """Mean pixel of each cell, (n_cells, 2) float: y, x."""
        return np.array([(cell.ypix.mean(), cell.xpix.mean()) for cell in self.cells])

    def contour(self, cell: int) -> list[np.ndarray]:
        """Closed outlines of one cell along its pixel edges: (k, 2) float arrays of x, y.

        A cell in pieces has several; a hole has one of its own. Pixel centres lie at whole numbers
        (see :mod:`deepcinac.recording.outlines`).
        """
        footprint = self.cells[cell]
        top, left = int(footprint.ypix.min()), int(footprint.xpix.min())
        box = np.zeros(
            (int(footprint.ypix.max()) - top + 1, int(footprint.xpix.max()) - left + 1), dtype=bool
        )
        box[footprint.ypix - top, footprint.xpix - left] = True
        return [outline + (left, top) for outline in trace_outlines(box)]

    def subset(self, indices: Sequence[int] | np.ndarray) -> Cells:
        """The cells with these numbers, in this order; they are numbered anew from 0."""
        chosen = [int(index) for index in indices]
        return Cells(
            cells=tuple(self.cells[index] for index in chosen),
            height=self.height,
            width=self.width,
            valid=self.valid[chosen],
            source=self.source,
            names=None if self.names is None else tuple(self.names[index] for index in chosen),
        )


def make_cells(
    footprints: Iterable[Footprint | BadCell],
    height: int | None,
    width: int | None,
    source: str = "",
    *,
    valid: Any = None,
    names: Sequence[str] | None = None,
    where: str | Path | None = None,
    accepted: Collection[str] | None = None,
) -> Cells:
    """Check footprints against a field of ``height`` x ``width`` pixels and build the cells.

    Without height or width, the field is as large as the pixels need.
    Pixels outside the field are dropped with a warning, those whose weight is not positive without;
    a pixel listed twice is kept once, with the larger weight. Pixels are sorted row by row.
    Cells that cannot be used (without pixels, wholly outside, broken) are all named in one
    :class:`InputError` (``where`` is the file that it names); with "bad-cells" among what is
    ``accepted`` they are left out with a warning, and the others keep their numbers as ``names``.
    An empty list is an InputError.
    """
    listed = list(footprints)
    if not listed:
        raise InputError("at least one cell", "none", where)
    flags = _checked_valid(valid, len(listed), where)
    named = _checked_names(names, len(listed), where)
    given, bad = _sorted_out(listed)
    if given:
        height = _checked_side(height, [ypix for ypix, _, _ in given.values()], "height", where)
        width = _checked_side(width, [xpix for _, xpix, _ in given.values()], "width", where)
        bad |= _outside(given, height, width, where)
    leave_out(dict(sorted(bad.items())), len(listed), where, accepted)
    assert height is not None
    assert width is not None
    kept = [number for number in range(len(listed)) if number not in bad]
    clipped = []
    cells = []
    for number in kept:
        ypix, xpix, weight = given[number]
        inside = _inside(ypix, xpix, height, width)
        if not inside.all():
            clipped.append(number)
        cells.append(_sorted_cell(ypix[inside], xpix[inside], weight[inside], width))
    _warn_about_clipping(clipped, len(listed), height, width)
    if bad:
        named = tuple(str(number) if named is None else named[number] for number in kept)
    return Cells(tuple(cells), height, width, flags[kept], str(source), named)


def _sorted_out(
    footprints: list[Footprint | BadCell],
) -> tuple[dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]], dict[int, str]]:
    """Footprints that can be used, and why the others cannot, by number."""
    usable, bad = {}, {}
    for number, footprint in enumerate(footprints):
        if isinstance(footprint, BadCell):
            bad[number] = footprint.reason
            continue
        try:
            usable[number] = _checked_footprint(footprint)
        except _Unusable as error:
            bad[number] = str(error)
    return usable, bad


def _checked_side(
    side: int | None, pixels: list[np.ndarray], name: str, where: str | Path | None
) -> int:
    """Height or width of the field; where it is not given, what the pixels need."""
    if side is None:
        side = max(1, 1 + max(int(coordinates.max()) for coordinates in pixels))
    if not 1 <= int(side) <= _LARGEST_SIDE:
        raise InputError(f"a {name} of 1 to {_LARGEST_SIDE} pixels", str(side), where)
    return int(side)


class _Unusable(Exception):
    """What is wrong with a footprint, in a few words."""


def _checked_footprint(footprint: Footprint) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One footprint as int64, int64 and float32 vectors, without pixels of no weight."""
    given_y, given_x, given_weight = footprint
    ypix, xpix = _whole_numbers(given_y), _whole_numbers(given_x)
    if len(ypix) != len(xpix):
        raise _Unusable(f"{len(ypix)} y and {len(xpix)} x coordinates")
    if not len(ypix):
        raise _Unusable("no pixels")
    if given_weight is None:
        return ypix, xpix, np.ones(len(ypix), np.float32)
    try:
        weight = np.asarray(given_weight, dtype=np.float32).ravel()
    except (TypeError, ValueError) as error:
        raise _Unusable("weights that are not numbers") from error
    if len(weight) != len(ypix):
        raise _Unusable(f"{len(weight)} weights for {len(ypix)} pixels")
    if not np.isfinite(weight).all():
        raise _Unusable("NaN or infinity as weight")
    positive = weight > 0
    if not positive.any():
        raise _Unusable("no pixels of a weight above 0")
    return ypix[positive], xpix[positive], weight[positive]


def _whole_numbers(values: Any) -> np.ndarray:
    try:
        coordinates = np.asarray(values).ravel()
        whole = coordinates.astype(np.int64)
        exact = bool(np.all(whole == coordinates))
    except (TypeError, ValueError, OverflowError) as error:
        raise _Unusable("coordinates that are not numbers") from error
    if not exact:
        raise _Unusable("coordinates that are not whole numbers")
    return whole


def _inside(ypix: np.ndarray, xpix: np.ndarray, height: int, width: int) -> np.ndarray:
    return (ypix >= 0) & (ypix < height) & (xpix >= 0) & (xpix < width)


def _outside(
    given: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]],
    height: int,
    width: int,
    where: str | Path | None,
) -> dict[int, str]:
    """Cells wholly outside; where all fit with x and y exchanged, or none fits, the file is wrong."""
    outside = {
        number: f"at y {ypix.min()} to {ypix.max()}, x {xpix.min()} to {xpix.max()}, outside"
        for number, (ypix, xpix, _) in given.items()
        if not _inside(ypix, xpix, height, width).any()
    }
    if not outside:
        return {}
    fits_swapped = all(_inside(x, y, height, width).all() for y, x, _ in given.values())
    if fits_swapped or len(outside) == len(given):
        number, reason = next(iter(outside.items()))
        raise InputError(
            f"cells within a movie of {height} x {width} pixels (height x width)",
            f"{len(outside)} of {len(given)} elsewhere, the first cell {number} {reason}",
            where,
            "x and y seem to be swapped: all cells fit when they are exchanged"
            if fits_swapped
            else "x and y may be swapped, or the cells belong to another movie",
        )
    return {number: f"{reason} the {height} x {width} movie" for number, reason in outside.items()}


def _sorted_cell(ypix: np.ndarray, xpix: np.ndarray, weight: np.ndarray, width: int) -> Cell:
    """Pixels row by row, each once, with the largest of its weights."""
    pixels, place = np.unique(ypix * width + xpix, return_inverse=True)
    largest = np.zeros(len(pixels), np.float32)
    np.maximum.at(largest, place.ravel(), weight)
    return Cell((pixels // width).astype(np.int32), (pixels % width).astype(np.int32), largest)


def _warn_about_clipping(clipped: list[int], n_cells: int, height: int, width: int) -> None:
    if not clipped:
        return
    named = ", ".join(map(str, clipped[:_NAMED_IN_WARNING]))
    if len(clipped) > _NAMED_IN_WARNING:
        named += ", …"
    warnings.warn(
        f"{len(clipped)} of {n_cells} cells cross the border of the {height} x {width} movie; "
        f"their pixels outside were dropped (cells {named})",
        stacklevel=3,
    )


def as_verdicts(values: Any, where: str | Path | None = None) -> np.ndarray:
    """Verdicts of any type as bool: true, 1 and 1.0 are alike; of probabilities, those above 0.5."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and np.isnan(array).any()):
        raise InputError("verdicts as true and false, or numbers", f"{array.dtype}", where)
    return array if array.dtype == bool else array > _VERDICT


def _checked_valid(valid: Any, n_cells: int, where: str | Path | None) -> np.ndarray:
    if valid is None:
        return np.ones(n_cells, dtype=bool)
    flags = as_verdicts(valid, where).ravel()
    if len(flags) != n_cells:
        raise InputError(f"a valid flag for each of {n_cells} cells", f"{len(flags)}", where)
    return flags


def _checked_names(
    names: Sequence[str] | None, n_cells: int, where: str | Path | None
) -> tuple[str, ...] | None:
    if names is None:
        return None
    if len(names) != n_cells:
        raise InputError(f"a name for each of {n_cells} cells", f"{len(names)}", where)
    return tuple(str(name) for name in names)


def save_cells(path: str | Path, cells: Cells) -> None:
    """Write cells as our ``.npz``: all pixels one after the other, and how many each cell has."""
    names = {} if cells.names is None else {"names": np.array(json.dumps(list(cells.names)))}
    write_npz(
        path,
        ypix=np.concatenate([cell.ypix for cell in cells.cells]),
        xpix=np.concatenate([cell.xpix for cell in cells.cells]),
        weight=np.concatenate([cell.weight for cell in cells.cells]),
        n_pixels=cells.n_pixels,
        height=np.int64(cells.height),
        width=np.int64(cells.width),
        valid=cells.valid,
        source=np.array(cells.source),
        **names,
    )


def read_cells(path: str | Path) -> Cells:
    """Read the ``.npz`` that :func:`save_cells` writes."""
    arrays = read_npz(path, required=("ypix", "xpix", "weight", "n_pixels", "height", "width"))
    counts = arrays["n_pixels"]
    flat = {name: arrays[name] for name in ("ypix", "xpix", "weight")}
    vectors = all(values.ndim == 1 for values in (*flat.values(), counts))
    if not vectors or counts.dtype.kind not in "iu":
        raise InputError("lists of pixels, weights and counts", "arrays of another kind", path)
    impossible = (counts < 1) | (counts > len(flat["ypix"]))
    if impossible.any() or any(len(values) != int(counts.sum()) for values in flat.values()):
        lengths = ", ".join(f"{len(values)} {name}" for name, values in flat.items())
        raise InputError("the pixels that n_pixels adds up to, at least 1 a cell", lengths, path)
    ends = np.cumsum(counts)[:-1]
    footprints = zip(*(np.split(flat[name], ends) for name in flat), strict=True)
    return make_cells(
        footprints if len(counts) else [],
        _single(arrays["height"], "height", path),
        _single(arrays["width"], "width", path),
        str(arrays.get("source", "")),
        valid=arrays.get("valid"),
        names=_read_names(arrays, path),
        where=path,
    )


def _single(value: np.ndarray, name: str, path: str | Path) -> int:
    if value.size != 1 or value.dtype.kind not in "iu":
        raise InputError(f"one whole number as {name}", f"shape {value.shape}", path)
    return int(value.item())


def _read_names(arrays: dict[str, np.ndarray], path: str | Path) -> list[str] | None:
    if "names" not in arrays:
        return None
    try:
        names = parsed_json(str(arrays["names"].item()))
    except ValueError as error:
        raise InputError("a JSON list as names", "something else", path) from error
    if not isinstance(names, list):
        raise InputError("a JSON list as names", type(names).__name__, path)
    return names
