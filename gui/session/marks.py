"""What lies at a frame of the current cell, and which layers are beside the current one. No Tk."""

from __future__ import annotations

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
    return [layer for layer in work.session.layers() if layer.id not in shown]
