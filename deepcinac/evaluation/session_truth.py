"""Truth out of a session file: the layer of an expert, or a consensus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from deepcinac.evaluation.matching import frames_in
from deepcinac.evaluation.truth import Truth
from deepcinac.labelling.judgement import judgement, truth_layer
from deepcinac.labelling.layer_labels import Labels
from deepcinac.labelling.transients import raster
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, silent


def read_truth_session(
    path: str | Path, layer: str | None = None, progress: Progress = silent
) -> Truth:
    """The judged frames of a layer (the consensus, or the only expert, when none is named).

    A transient counts when all of its frames were judged; touching ones stay two. The traces, which the
    score of the paper needs, come from the cache where the movie was reduced before.
    """
    path = Path(path)
    with open_recording(path, working_copy=False, progress=progress) as recording:
        session = recording.require_session()
        said = judgement(session, truth_layer(session, layer))
        rate, cells = recording.frame_rate_hz, recording.cells
        kinds = np.array([state.type or "unknown" for state in session.cell_states()])
        trace = np.asarray(recording.traces.raw)
    return Truth(
        transients=tuple(
            _judged(said.transients[said.transients[:, 0] == cell, 1:], ~said.doubtful[cell])
            for cell in range(len(cells))
        ),
        doubtful=said.doubtful,
        trace=trace,
        frame_rate_hz=rate,
        kinds=kinds,
        cells=cells,
        path=path,
    )


def truth_of_labels(recording: Truth, labels: Labels) -> Truth:
    """The same recording with the word of other labels for the truth."""
    transients, doubtful = [], np.ones(recording.shape, dtype=bool)
    for cell in range(labels.n_cells):
        judged = raster(labels.judged(cell), labels.n_frames)
        judged &= ~raster(labels.spans_of_cell(cell, "doubtful"), labels.n_frames)
        transients.append(_judged(labels.of_cell(cell), judged))
        doubtful[cell] = ~judged
    return replace(recording, transients=tuple(transients), doubtful=doubtful, visibility=None)


def _judged(intervals: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """The intervals all of whose frames were judged."""
    length = intervals[:, 1] - intervals[:, 0] + 1
    return intervals[frames_in(intervals, judged) == length]
