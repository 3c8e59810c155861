"""Which footprints can hardly be cells, and which are one cell drawn twice.

A whole field taken for one cell, grey levels taken for labels, or one cell under two outlines pass every
reader and spoil every result. These functions look at areas, pieces and shared pixels alone, and say
what is odd about each cell; whoever makes something of the cells asks first (:func:`ask_about`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.questions import ask
from deepcinac.recording.bad_cells import listed
from deepcinac.recording.cells import Cell, Cells

ACCEPT = "unlikely-cells"
"""What is accepted to use cells that :func:`oddities` finds."""
ACCEPT_DUPLICATES = "duplicate-cells"
"""What is accepted to keep one cell under several outlines."""

SMALLEST_UM, LARGEST_UM = 5.0, 40.0
"""Diameters of neurons in micrometres; what lies outside is asked about."""
LARGEST_SHARE = 0.25
"""Part of the field that one cell may cover."""
MOST_PIECES = 5
"""Separate pieces of one footprint; programs leave a few crumbs beside the soma."""
LEAST_COMPACT = 0.15
"""Part of its bounding box that a footprint fills; a ring or a branched cell fills a quarter."""
FEWEST_PIXELS = 4
"""Below this a footprint is a point or a speck."""
SAME_CELL_IOU = 0.7
"""Pixels in both over pixels in either: above this two outlines are one cell."""
SAME_CELL_HELD = 0.9
"""Part of the smaller cell inside the larger one that makes them one cell ..."""
SAME_CELL_SIZE = 0.5
"""... where the smaller one has at least this part of the larger one's pixels."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """Numbers of each footprint, all (n_cells,).

    ``area_px``: its pixels; ``diameter_um``: of a circle of the same area, NaN where the size of a
    pixel is unknown; ``n_pieces``: groups of pixels that touch (corners count); ``compactness``: its part
    of its bounding box; ``thickness_px``: the shorter side of that box; ``share``: its part of the field.
    """

    area_px: np.ndarray
    diameter_um: np.ndarray
    n_pieces: np.ndarray
    compactness: np.ndarray
    thickness_px: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class SameCell:
    """Two outlines of one cell: their numbers, and the pixels in both over those in either."""

    first: int
    second: int
    iou: float


def shapes_of(cells: Cells, pixel_size_um: float | None = None) -> Shapes:
    """Measure every footprint; without ``pixel_size_um`` no diameter is known."""
    measured = np.array([_measured(cell) for cell in cells.cells], dtype=float).reshape(-1, 3)
    area = cells.n_pixels
    size = np.nan if pixel_size_um is None else pixel_size_um
    return Shapes(
        area_px=area,
        diameter_um=2 * np.sqrt(area / np.pi) * size,
        n_pieces=measured[:, 0].astype(int),
        compactness=measured[:, 1],
        thickness_px=measured[:, 2].astype(int),
        share=area / (cells.height * cells.width),
    )


def _measured(cell: Cell) -> tuple[int, float, int]:
    """Pieces, compactness and thickness of one footprint."""
    import scipy.ndimage

    top, left = int(cell.ypix.min()), int(cell.xpix.min())
    height, width = int(np.ptp(cell.ypix)) + 1, int(np.ptp(cell.xpix)) + 1
    box = np.zeros((height, width), dtype=bool)
    box[cell.ypix - top, cell.xpix - left] = True
    n_pieces = scipy.ndimage.label(box, np.ones((3, 3)))[1]
    return n_pieces, len(cell) / box.size, min(height, width)


def oddities(cells: Cells, pixel_size_um: float | None = None) -> dict[int, str]:
    """What makes it unlikely that a footprint is a cell, by number; the others are not named."""
    shapes = shapes_of(cells, pixel_size_um)
    found = {cell: _oddity(shapes, cell) for cell in range(len(cells))}
    return {cell: reason for cell, reason in found.items() if reason}


def _oddity(shapes: Shapes, cell: int) -> str:
    area, n_pieces = int(shapes.area_px[cell]), int(shapes.n_pieces[cell])
    diameter, share = float(shapes.diameter_um[cell]), float(shapes.share[cell])
    if share > LARGEST_SHARE:
        return f"{share:.0%} of the field"
    if n_pieces > MOST_PIECES:
        return f"{n_pieces} separate pieces"
    if area < FEWEST_PIXELS:
        return f"{area} pixel{'s' if area > 1 else ''}"
    if shapes.thickness_px[cell] == 1:
        return f"a line of {area} pixels"
    if shapes.compactness[cell] < LEAST_COMPACT:
        return f"scattered: {shapes.compactness[cell]:.0%} of its box"
    if diameter < SMALLEST_UM or diameter > LARGEST_UM:
        return f"{diameter:.3g} um across"
    return ""


def same_cells(cells: Cells) -> list[SameCell]:
    """Pairs of outlines that are one cell, by number: near-identical ones, or one within the other."""
    pairs = []
    areas = cells.n_pixels
    shared = cells.mask_matrix() @ cells.mask_matrix().T
    rows, columns = shared.nonzero()
    both = np.asarray(shared[rows, columns]).ravel()
    for first, second, n_both in zip(rows.tolist(), columns.tolist(), both.tolist(), strict=True):
        if first >= second:
            continue
        small, large = sorted((int(areas[first]), int(areas[second])))
        iou = n_both / (small + large - n_both)
        is_held = n_both >= SAME_CELL_HELD * small and small >= SAME_CELL_SIZE * large
        if iou >= SAME_CELL_IOU or is_held:
            pairs.append(SameCell(first, second, round(iou, 3)))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def merge_same(cells: Cells, pairs: Collection[SameCell]) -> Cells:
    """The cells with each group of :func:`same_cells` as one: the pixels of all, the larger weights.

    The group takes the place and name of its first cell, and is valid where any of it was. Where cells
    have no names they get their numbers, so that they are found again.
    """
    first_of = list(range(len(cells)))
    for pair in sorted(pairs, key=lambda pair: (pair.first, pair.second)):
        low, high = sorted((_root(first_of, pair.first), _root(first_of, pair.second)))
        first_of[high] = low
    roots = [_root(first_of, cell) for cell in range(len(cells))]
    kept = sorted(set(roots))
    merged = []
    for root in kept:
        members = [cells[cell] for cell in range(len(cells)) if roots[cell] == root]
        merged.append(_united(members, cells.width))
    names = cells.names or tuple(map(str, range(len(cells))))
    valid = [any(cells.valid[c] for c in range(len(cells)) if roots[c] == root) for root in kept]
    return Cells(
        cells=tuple(merged),
        height=cells.height,
        width=cells.width,
        valid=np.array(valid, dtype=bool),
        source=cells.source,
        names=tuple(names[root] for root in kept),
    )


def _root(first_of: list[int], cell: int) -> int:
    while first_of[cell] != cell:
        cell = first_of[cell]
    return cell


def _united(members: list[Cell], width: int) -> Cell:
    if len(members) == 1:
        return members[0]
    pixels = np.concatenate([c.ypix.astype(np.int64) * width + c.xpix for c in members])
    weights = np.concatenate([cell.weight / cell.weight.max() for cell in members])
    found, place = np.unique(pixels, return_inverse=True)
    weight = np.zeros(len(found), np.float32)
    np.maximum.at(weight, place.ravel(), weights)
    return Cell((found // width).astype(np.int32), (found % width).astype(np.int32), weight)


def ask_about(
    cells: Cells,
    pixel_size_um: float | None,
    where: str | Path | None = None,
    accepted: Collection[str] = (),
) -> None:
    """Ask about cells that can hardly be cells, and about one cell under several outlines.

    A :class:`~deepcinac.questions.NeedsAnswer` names them; nothing is asked about rejected cells.
    """
    odd = {cell: why for cell, why in oddities(cells, pixel_size_um).items() if cells.valid[cell]}
    if odd:
        diameter = np.median(shapes_of(cells, pixel_size_um).diameter_um)
        median = "" if np.isnan(diameter) else f"; the median of all is {diameter:.3g} um across"
        ask(
            ACCEPT,
            f"cells of {SMALLEST_UM:g} to {LARGEST_UM:g} um across, each in one piece",
            f"{len(odd)} of {len(cells)} that can hardly be cells: {listed(odd)}{median}",
            where,
            "check the file of cells, and the size of a pixel",
            frozenset(accepted),
        )
    pairs = [pair for pair in same_cells(cells) if cells.valid[[pair.first, pair.second]].all()]
    if pairs:
        ask(
            ACCEPT_DUPLICATES,
            "one outline for each cell",
            f"{len(pairs)} {'pair that shares' if len(pairs) == 1 else 'pairs that share'} "
            "nearly all pixels: "
            f"{listed_pairs(pairs)}",
            where,
            "activity of a cell drawn twice is counted twice, and each hides the other: add "
            "--merge-duplicates to make one of each",
            frozenset(accepted),
        )


def listed_pairs(pairs: Collection[SameCell], n_named: int = 10) -> str:
    """Pairs for people: ``3 and 8 (91 % shared)``."""
    named = [f"{p.first} and {p.second} ({p.iou:.0%} shared)" for p in list(pairs)[:n_named]]
    return ", ".join(named) + (f" and {len(pairs) - n_named} more" if len(pairs) > n_named else "")
