"""What lies at a frame of the current cell, and which layers are beside the current one. No Tk."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling import transients
from deepcinac.labelling.session import Layer


def transient_at(work: Workspace, frame: int) -> tuple[int, int] | None:
    """The transient (onset, peak) of the current cell that a frame belongs to."""
    known = work.transients()
    place = transients.index_at(known, frame)
    return None if place is None else (int(known[place, 0]), int(known[place, 1]))


def span_at(work: Workspace, frame: int) -> tuple[str, int, int] | None:
    """Kind, first and last frame of the span at a frame: doubt before movement before judged."""
    for kind in ("doubtful", "movement", "labelled"):
        spans = work.spans(kind)
        inside = spans[transients.overlapping(spans, frame, frame)]
        if len(inside):
            return kind, int(inside[0, 0]), int(inside[0, 1])
    return None


def other_layers(work: Workspace) -> list[Layer]:
    """Layers beside the one that is labelled and the prediction; none in blind mode."""
    if work.session is None or work.blind:
        return []
    shown = {work.layer_id, work.prediction_id}
    shown |= {layer.id for layer in work.session.type_layers()}  # they say nothing of frames
    found = [x for x in work.session.layers() if x.visible and x.id not in shown]
    return sorted(found, key=lambda layer: (layer.position, layer.id))


def intervals_of(work: Workspace, layer: Layer, cell: int) -> np.ndarray:
    """Transients (k, 2) of a cell in a layer: labelled ones, or a prediction cut at its threshold."""
    session = work.require_session()
    if layer.kind != "classifier":
        return session.transients(layer.id, cell)
    probability = session.prediction(layer.id, cell)
    if probability is None:
        return transients.no_transients()
    cut = work.threshold if layer.id == work.prediction_id else layer.cut
    return transients.runs(probability >= cut)


def curve_of(work: Workspace, layer: Layer, cell: int) -> np.ndarray | None:
    """What a method says of a cell in every frame (n_frames,), 0 to 1; None: transients, or nothing."""
    if layer.kind != "method":
        return None
    return work.require_session().prediction(layer.id, cell)


def differences(work: Workspace, cell: int) -> np.ndarray:
    """What only one of the prediction and the layer compared with has (k, 2), in order of time."""
    one, other = work.prediction_layer, work.compared_layer
    if one is None or other is None:
        return transients.no_transients()
    first, second = (intervals_of(work, layer, cell) for layer in (one, other))
    alone = [
        span
        for spans, rest in ((first, second), (second, first))
        for span in spans.tolist()
        if not transients.overlapping(rest, *span).any()
    ]
    return np.array(sorted(alone), dtype=np.int64).reshape(-1, 2)
