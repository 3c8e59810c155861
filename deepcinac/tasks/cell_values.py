"""The values of cells of a session, frame by frame: traces, or what a classifier or method says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.layer_kinds import RESULT_KINDS
from deepcinac.labelling.session import Session
from deepcinac.opening import OpenRecording
from deepcinac.recording.trace_cache import TRACE_CHOICE
from deepcinac.results.result import footprint_keys

CLASSIFIER, METHOD = "classifier", "method"


@dataclass(frozen=True, eq=False)
class CellValues:
    """Values (n_frames, n_cells) of valid cells.

    ``source``: a trace such as "raw", or a layer; ``made_by``: "" for traces, else the kind of the layer.
    ``cells`` (n_cells,): numbers in the session; ``names``: for people; ``keys``: footprints.
    """

    values: np.ndarray
    source: str
    made_by: str
    cells: np.ndarray
    names: tuple[str, ...]
    keys: tuple[str, ...]


def cell_values(
    session: Session, recording: OpenRecording, source: str | None, trace: str
) -> CellValues:
    """The values that ``source`` names; without one, those of the only classifier, or the ``trace``."""
    cells = recording.cells
    source = source or _default_source(session, trace)
    numbers = np.flatnonzero(cells.valid)
    made_by = ""
    if source in TRACE_CHOICE:
        values = np.stack([recording.traces.trace(source, int(cell)) for cell in numbers])
    else:
        numbers, values, made_by = _of_layer(session, source, numbers)
    given = cells.names
    names = tuple(f"cell {n}" if given is None else given[n] for n in numbers.tolist())
    keys = footprint_keys(cells, numbers)
    return CellValues(np.asarray(values, float).T, source, made_by, numbers, names, keys)


def _default_source(session: Session, trace: str) -> str:
    """The only classifier's layer; the trace where there is none or several."""
    layers = [layer for layer in session.layers() if layer.kind == CLASSIFIER]
    return layers[0].name if len(layers) == 1 else trace


def _of_layer(session: Session, name: str, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    layers = {one.name: one for one in session.layers() if one.kind in RESULT_KINDS}
    if name not in layers:
        known = ", ".join([*layers, *TRACE_CHOICE])
        raise InputError(f"traces or a layer among {known}", repr(name), session.path)
    cells, values = session.predictions(layers[name].id)
    kept = np.isin(cells, valid)
    if not kept.any():
        raise InputError("values for each frame of valid cells", "none", f"layer {name}")
    return cells[kept], values[kept], layers[name].kind
