"""Which cells have been judged, and what the current layer holds so far. No Tk."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.session.workspace import Workspace


def judged_cells(work: Workspace) -> set[int]:
    """Cells with judged frames in the current layer; all cells where a stretch of the field is judged."""
    if work.session is None or work.layer_id is None:
        return set()
    owners = np.unique(work.session.all_spans(work.layer_id, "labelled")[:, 0])
    return set(range(work.n_cells)) if (owners < 0).any() else set(owners.tolist())


def n_transients(work: Workspace) -> int:
    """Transients of the current layer."""
    if work.session is None or work.layer_id is None:
        return 0
    return work.session.n_transients(work.layer_id)
