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

from deepcinac.files import read_json, read_npz, write_json, write_npz
from deepcinac.recording.cells import Cells, read_cells, save_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.overlaps import iou, matched
from deepcinac.recording.traces import extract_traces
from deepcinac.simulation.truth import mask_overlap

LEAST_OVERLAP = 0.3
"""Shared over joint area of a found and a simulated cell that are taken for the same."""
_UNKNOWN = {"kind": "unknown", "indicator": ""}


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
    with open_movie(str(folder / "movie.tif"), axes_known=True) as movie:
        trace = extract_traces(movie, found).raw
    masks = found.masks()
    rows, columns = matched(iou(masks, true.masks()), LEAST_OVERLAP)
    truth_of = np.full(len(found), -1)
    truth_of[rows] = columns
    out.mkdir(parents=True)
    try:
        os.link(folder / "movie.tif", out / "movie.tif")
    except OSError:
        shutil.copyfile(folder / "movie.tif", out / "movie.tif")
    save_cells(out / "cells.npz", found)
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

    ``truth_of`` (n,) numbers of the simulated cells, -1 where there is none; ``masks`` (n, height, width)
    bool and ``trace`` (n, n_frames) of the found ones. Heights, visibilities and causes stay those of the
    simulated masks. A leak from a cell that was not found comes from a source without a mask.
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


def _belongs(name: str, table: str) -> bool:
    """Whether an array has a row for each row of a table: ``transient_z`` of ``transients``."""
    return name.startswith(f"{table.removesuffix('s')}_")
