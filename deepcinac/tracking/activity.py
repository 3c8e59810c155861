"""The activity of the cells of a session, from a layer or from traces; NaN where nothing is known."""

from __future__ import annotations

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.layer_kinds import RESULT_KINDS
from deepcinac.opening import OpenRecording
from deepcinac.recording.trace_cache import TRACE_CHOICE
from deepcinac.results.kinds import CURVE, PROBABILITY
from deepcinac.tracking.session import NAME

TRACES = "smoothed"


def activity_of(
    recording: OpenRecording, source: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (n,) of valid cells, and their activity (n, n_frames).

    ``source``: the name of a layer of a classifier or method, or of a trace. By default the only
    classifier's layer, else the layer of ``deepcinac track``, else smoothed traces.
    """
    session = recording.require_session()
    layers = {one.name: one for one in session.layers() if one.kind in RESULT_KINDS}
    valid = np.flatnonzero(recording.cells.valid)
    if source is None:
        classifiers = [one.name for one in layers.values() if one.kind == "classifier"]
        source = classifiers[0] if len(classifiers) == 1 else NAME if NAME in layers else TRACES
    if source in TRACE_CHOICE:
        rows = [recording.traces.trace(source, int(cell)) for cell in valid]
        return valid, np.asarray(rows, float)
    if source not in layers:
        known = ", ".join([*layers, *TRACE_CHOICE])
        raise InputError(f"traces or a layer among {known}", repr(source), session.path)
    results = session.results(layers[source].id)
    found = results.get(PROBABILITY) or results.get(CURVE)
    if found is None:
        raise InputError("a layer with a value for each cell and frame", source, session.path)
    cells = found.require_cells()
    kept = np.isin(cells, valid)
    return cells[kept], np.asarray(found.array[kept], float)
