"""What is scored: the activity that results claim, of which cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.curves import of_largest
from deepcinac.files import SESSION_ENDING
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import raster
from deepcinac.recording.cells import Cells
from deepcinac.results import Results
from deepcinac.results.files import read_results
from deepcinac.results.footprint_matching import matched_to
from deepcinac.results.kinds import CURVE, PROBABILITY, TRANSIENTS

LAYER_SIGN = "#"


class Predictions(NamedTuple):
    """``probability`` (n, n_frames) of the cells numbered ``cells`` (n,), and facts about them.

    ``notes`` say how the cells were found. ``is_curve``: what stands for the probability is a curve in
    units of its own, each cell's divided by its largest value (see :mod:`~deepcinac.evaluation.curves`).
    NaN: nothing is said about the frame.
    """

    probability: np.ndarray
    cells: np.ndarray
    meta: dict[str, Any]
    notes: tuple[str, ...] = ()
    is_curve: bool = False


def load_predictions(
    path: str | Path, shape: tuple[int, int], cells: Cells | None = None
) -> Predictions:
    """Read predictions of a recording with ``shape`` (n_cells, n_frames).

    ``path``: a file of results, an array or a list of transients of another method
    (:func:`deepcinac.results.files.read_results`); or a layer of a session, ``mouse.deepcinac#general``,
    whose name may be left out where the session has results in one layer only. With the ``cells`` of
    the truth, cells are found by their footprints, and by their numbers where none are known.
    """
    file, _, layer = str(path).partition(f"{SESSION_ENDING}{LAYER_SIGN}")
    if layer or str(path).endswith(SESSION_ENDING):
        results = results_of_layer(f"{file}{SESSION_ENDING}" if layer else path, layer or None)
    else:
        results = read_results(path, shape)
    notes: tuple[str, ...] = ()
    if cells is not None:
        results, notes = matched_to(results, cells, path)
    return predictions_from(results, shape[1], notes)


def results_of_layer(path: str | Path, layer: str | None = None) -> Results:
    """What a layer of a session says; without a name that of its only layer with results."""
    with Session.open(path, read_only=True) as session:
        if layer is not None:
            return session.results(session.find_layer(layer).id)
        found = [x for x in session.layers() if len(session.predicted_cells(x.id))]
        if len(found) != 1:
            held = ", ".join(f"{x.name}" for x in found) or "none"
            raise InputError(
                "one layer with predictions", held, path, f"name one: {path}{LAYER_SIGN}NAME"
            )
        return session.results(found[0].id)


def predictions_from(results: Results, n_frames: int, notes: tuple[str, ...] = ()) -> Predictions:
    """The probability, else a curve, else transients as 0 and 1.

    A curve is divided by its largest value, cell by cell, and marked as one.
    """
    item = results.get(PROBABILITY) or results.get(CURVE)
    maker = results.maker
    meta = {**results.info, "classifier": maker.name, "threshold": results.threshold}
    meta["weights_sha256"] = maker.weights_sha256
    if item is not None:
        values = item.array
        is_curve = item.kind == CURVE
        if is_curve:
            values = np.array([of_largest(row) for row in values]).reshape(values.shape)
        return Predictions(values, item.require_cells(), meta, notes, is_curve)
    item = results[TRANSIENTS]
    rows = item.array.astype(int)
    cells = np.unique(rows[:, 0]) if item.cells is None else item.cells
    rasters = [raster(rows[rows[:, 0] == cell, 1:], n_frames) for cell in cells.tolist()]
    return Predictions(np.array(rasters, dtype=np.float32), cells, meta, notes)
