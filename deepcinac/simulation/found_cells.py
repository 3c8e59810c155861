"""A simulated movie with the cells that a segmentation found in it, and what is known of each of them.

Masks that a program draws differ from simulated ones: they follow the correlated pixels of the movie, take
in those of a neighbour, and leave cells out. A found cell has the truth of the simulated one that it covers;
of one that covers none, nothing is known, and each of its frames is doubtful.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_json, read_npz, write_json, write_npz
from deepcinac.recording.cells import Cells, read_cells, save_cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.truth import mask_overlap

LEAST_OVERLAP = 0.3
_BLOCK_FRAMES = 256
_UNKNOWN = {"kind": "unknown", "indicator": ""}


def matched(found: Cells, true: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which found and true cells belong together, one to one: their numbers, and how much they overlap.

    The sum of all overlaps (intersection over union) is the largest possible; pairs of ``LEAST_OVERLAP``
    or less belong to nobody.
    """
    from scipy.optimize import linear_sum_assignment

    a, b = (_flat_masks(cells).astype(np.float32) for cells in (found, true))
    shared = a @ b.T
    overlap = shared / (a.sum(1)[:, None] + b.sum(1)[None] - shared)
    rows, columns = linear_sum_assignment(-overlap)
    kept = overlap[rows, columns] > LEAST_OVERLAP
    return rows[kept], columns[kept], overlap[rows, columns][kept]


def with_found_cells(folder: Path, found: Cells, kind: str, out: Path) -> np.ndarray:
    """Write the folder ``out``: the movie of ``folder`` with other cells, and their truth.

    Parameters
    ----------
    folder
        A folder of ``deepcinac simulate``; its movie is linked where the disk allows it, or else copied.
    found
        The cells that were found in its movie.
    kind
        The kind of recording that scores call it.
    out
        The new folder.

    Returns
    -------
    For each found cell the number of the simulated one, or -1.
    """
    true = read_cells(folder / "cells.npz")
    if (found.height, found.width) != (true.height, true.width):
        expected = f"cells in a field of {true.height} x {true.width} pixels"
        raise InputError(expected, f"{found.height} x {found.width}", folder)
    truth_of = np.full(len(found), -1)
    rows, columns, _ = matched(found, true)
    truth_of[rows] = columns
    with open_movie(str(folder / "movie.tif"), axes_known=True) as movie:
        trace = mean_traces(movie, found)
    out.mkdir(parents=True)
    try:
        os.link(folder / "movie.tif", out / "movie.tif")
    except OSError:
        shutil.copyfile(folder / "movie.tif", out / "movie.tif")
    save_cells(out / "cells.npz", found)
    masks = _flat_masks(found)
    write_npz(
        out / "truth.npz",
        **truth_of_found(read_npz(folder / "truth.npz", ("active",)), truth_of, masks, trace),
    )
    meta = read_json(folder / "meta.json")
    cells = meta.get("cells", [])
    known = [cells[k] if 0 <= k < len(cells) else _UNKNOWN for k in truth_of.tolist()]
    write_json(out / "meta.json", {**meta, "kind": kind, "cells": known})
    return truth_of


def truth_of_found(
    truth: dict[str, np.ndarray], truth_of: np.ndarray, masks: np.ndarray, trace: np.ndarray
) -> dict[str, np.ndarray]:
    """The arrays of ``truth.npz`` (:func:`deepcinac.simulation.truth.truth_arrays`) for found cells.

    ``truth_of`` (n,) numbers of the simulated cells, -1 where there is none; ``masks`` (n, n_pixels) bool and
    ``trace`` (n, n_frames) of the found ones. Heights, visibilities and causes stay those of the simulated
    masks. A leak from a cell that was not found comes from a source without a mask.
    """
    n_true = len(truth["active"])
    known = truth_of >= 0
    number = np.full(n_true + 1, -1)  # of the found cell; the last place is that of no source
    number[truth_of[known]] = np.flatnonzero(known)
    made = dict(truth)
    for name, empty in (("active", False), ("doubtful", True), ("spikes", 0), ("dff", 0)):
        made[name] = truth[name][truth_of]
        made[name][~known] = empty
    made["kind"] = np.where(known, truth["kind"][truth_of], _UNKNOWN["kind"])
    made["indicator"] = np.where(known, truth["indicator"][truth_of], _UNKNOWN["indicator"])
    made["snr"] = np.where(known, truth["snr"][truth_of], np.nan).astype(np.float32)
    for table in ("transients", "false_rises", "crosstalk"):
        whose = number[truth[table][:, 0]]
        kept = whose >= 0
        for name in [key for key in truth if key == table or _belongs(key, table)]:
            made[name] = truth[name][kept]
        made[table][:, 0] = whose[kept]
    made["crosstalk"][:, 1] = number[made["crosstalk"][:, 1]]
    made["overlap"] = mask_overlap(masks)
    source = made["crosstalk"][:, 1]
    shared = made["overlap"][made["crosstalk"][:, 0], source]
    made["crosstalk_overlap"] = np.where(source >= 0, shared, 0).astype(np.float32)
    made["trace"] = trace
    return made


def mean_traces(movie: Movie, cells: Cells) -> np.ndarray:
    """Mean of each mask in each frame, (n_cells, n_frames) float32."""
    masks = _flat_masks(cells).astype(np.float32)
    masks /= masks.sum(1, keepdims=True)
    blocks = []
    for first in range(0, movie.n_frames, _BLOCK_FRAMES):
        frames = movie.frames(first, min(first + _BLOCK_FRAMES, movie.n_frames))
        blocks.append(masks @ frames.reshape(len(frames), -1).astype(np.float32).T)
    return np.concatenate(blocks, axis=1)


def _belongs(name: str, table: str) -> bool:
    """Whether an array has a row for each row of a table: ``transient_z`` of ``transients``."""
    return name.startswith(f"{table.removesuffix('s')}_")


def _flat_masks(cells: Cells) -> np.ndarray:
    masks = np.zeros((len(cells), cells.height * cells.width), bool)
    for number, cell in enumerate(cells.cells):
        masks[number, cell.ypix * cells.width + cell.xpix] = True
    return masks
