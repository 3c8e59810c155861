"""One cell under two outlines becomes one: a single step of undo. No Tk.

The footprints stay as they are, because traces and predictions belong to them. The outline that gives way
becomes invalid, and what experts marked in it alone goes to the other.
"""

from __future__ import annotations

import numpy as np

from deepcinac.labelling import agreement
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.session import Session
from deepcinac.recording.plausible_cells import SameCell


def better_of(session: Session, pair: SameCell) -> tuple[int, int]:
    """Which outline stays and which gives way: the one with more labels stays, or else the larger."""
    counts = {pair.first: 0, pair.second: 0}
    for layer in session.layers():
        if layer.kind in LABEL_KINDS:
            for cell in counts:
                counts[cell] += len(session.transients(layer.id, cell))
    areas = session.cells().n_pixels
    kept = max(counts, key=lambda cell: (counts[cell], int(areas[cell]), -cell))
    return kept, pair.second if kept == pair.first else pair.first


def merge_double(session: Session, kept: int, other: int) -> int:
    """Make ``other`` invalid and bring its labels to ``kept``; how many transients were brought.

    A transient that shares frames with one of ``kept`` in the same layer is the same one and stays
    where it is. Judged and doubtful frames are those of either.
    """
    brought = 0
    with session.group(f"merge cell {other} into {kept}"):
        for layer in session.layers():
            if layer.kind not in LABEL_KINDS:
                continue
            own = session.transients(layer.id, kept)
            for onset, peak in _new(session.transients(layer.id, other), own):
                session.add_transient(layer.id, kept, onset, peak)
                brought += 1
            for kind in ("labelled", "doubtful"):
                for first, last in session.spans(layer.id, other, kind).tolist():
                    session.add_span(layer.id, kept, kind, first, last)
        session.set_valid(other, False)
    return brought


def _new(theirs: np.ndarray, own: np.ndarray) -> list[tuple[int, int]]:
    """Intervals (k, 2) that share no frame with ours."""
    shared = agreement.overlap(theirs, own)
    return [
        (int(onset), int(peak))
        for (onset, peak), row in zip(theirs.tolist(), shared, strict=True)
        if not row.any()
    ]
