"""What a layer of a session says of every frame, in the form that training and scoring work with.

Only what has been judged counts: frames inside a *labelled* span (of the cell or of the whole field), or
answered in a review, that are in no *doubtful* span. Everything else is doubtful, so that a frame nobody
looked at is never taken for a quiet one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.corrections import corrections, judged_frames
from deepcinac.labelling.session import Layer, Session
from deepcinac.labelling.transients import raster


@dataclass(frozen=True)
class LayerJudgement:
    """What one layer says of the cells and frames.

    ``transients`` (k, 3): cell, onset, peak. ``active`` and ``doubtful`` (n_cells, n_frames), bool,
    never both. ``judged`` (n,): the valid cells with any judged frame.
    """

    layer: Layer
    transients: np.ndarray
    active: np.ndarray
    doubtful: np.ndarray
    judged: np.ndarray


def truth_layer(session: Session, name: str | None = None) -> Layer:
    """The layer to believe: the one of this name, else the consensus, else the only expert."""
    if name is not None:
        return session.layer(name)
    for kind in ("consensus", "expert"):
        found = session.layers(kind)
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(layer.name for layer in found)
            raise InputError(
                "one layer to believe", f"several: {names}", session.path, "name one with --layer"
            )
    hint = "label some stretches in the window ('deepcinac gui'), or bring labels in ('deepcinac import')"
    raise InputError("an expert's labels", "no expert layer", session.path, hint=hint)


def judgement(session: Session, layer: Layer) -> LayerJudgement:
    """Everything a layer says, as rasters."""
    n_cells, n_frames = session.n_cells, session.recording.n_frames
    active = np.zeros((n_cells, n_frames), bool)
    transients = session.all_transients(layer.id)
    for cell, onset, peak in transients.tolist():
        active[cell, onset : peak + 1] = True
    seen = np.stack([session.span_raster(layer.id, cell, "labelled") for cell in range(n_cells)])
    for cell, frames in judged_frames(corrections(session, layer.id)).items():
        seen[cell] |= raster(frames, n_frames)
    unsure = np.stack([session.span_raster(layer.id, cell, "doubtful") for cell in range(n_cells)])
    counted = seen & ~unsure
    if not counted.any():
        raise InputError(
            "frames marked as labelled",
            "none",
            f"{session.path}, layer {layer.name}",
            "mark what has been judged with a labelled span, or answer what the review queue asks",
        )
    valid = np.array([state.valid for state in session.cell_states()])
    judged = np.flatnonzero(counted.any(1) & valid)
    return LayerJudgement(layer, transients, active & counted, ~counted, judged)
