"""What is in a session file, as plain JSON; the only module here that knows the program's inside.

When the way to ask a session changes, change it here, never what is expected.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepcinac.labelling.session import SPAN_KINDS, Layer, Session


def content(session: Session) -> dict[str, Any]:
    """Everything that people and programs have said; layers by name."""
    recording, states = session.recording, session.cell_states()
    return {
        "movie": session.movie_path().name,
        "fingerprint": recording.fingerprint,
        "shape": [recording.n_frames, recording.height, recording.width],
        "rates": [recording.frame_rate_hz, recording.pixel_size_um],
        "pixels": [len(cell.ypix) for cell in session.cells().cells],
        "cells": [[state.valid, state.type, state.note, state.reviewed] for state in states],
        "cell_types": session.cell_types(),
        "layers": {layer.name: _layer(session, layer) for layer in session.layers()},
        "marks": sorted(
            [m.cell, m.onset, m.peak, m.kind, m.author, m.note, m.created] for m in session.marks()
        ),
        "undo": session.undo_text,
        "redo": session.redo_text,
    }


def _layer(session: Session, layer: Layer) -> dict[str, Any]:
    events = session.all_transients(layer.id).tolist()
    cells = session.predicted_cells(layer.id).tolist()
    return {
        "kind": layer.kind,
        "author": layer.author,
        "created": layer.created,
        "threshold": layer.threshold,
        "weights_sha256": (layer.maker.weights_sha256 or None) if layer.maker else None,
        "transients": events,
        "info": {str(cell): session.transient_info(layer.id, cell) for cell, _, _ in events},
        "spans": {kind: session.all_spans(layer.id, kind).tolist() for kind in SPAN_KINDS},
        "probability": {str(cell): _rounded(session.prediction(layer.id, cell)) for cell in cells},
        "types": {
            str(cell): [dict(said.probability), said.unlike]
            for cell, said in session.type_predictions(layer.id).items()
        },
    }


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 4) for value in values]


def open_content(path: Path) -> dict[str, Any]:
    """The content of a session that is opened for writing, so that older tables are migrated."""
    with Session.open(path) as session:
        assert not session.read_only, session.read_only_reason
        return content(session)


def replay(path: Path, steps: str) -> dict[str, Any]:
    """The content after "undo all" or "redo all", and the text of each step on the way."""
    with Session.open(path) as session:
        step: Callable[[], str] = session.undo if steps == "undo all" else session.redo
        texts = []
        while session.undo_text if steps == "undo all" else session.redo_text:
            texts.append(step())
        return {"steps": texts, **content(session)}


def all_states(path: Path, folder: Path) -> dict[str, Any]:
    """A session as it is, with every step redone, and with every step undone; on a copy."""
    work = folder / "states"
    shutil.copytree(path.parent, work)
    try:
        copy = work / path.name
        now = open_content(copy)
        redone = without_results(replay(copy, "redo all"))
        undone = without_results(replay(copy, "undo all"))
    finally:
        shutil.rmtree(work)
    return {"opened": now, "redone": redone, "undone": undone}


def without_results(state: dict[str, Any]) -> dict[str, Any]:
    """A state without its probabilities, which no step of the history touches."""
    layers = {name: {**layer, "probability": {}} for name, layer in state["layers"].items()}
    return {**state, "layers": layers}


def kept_scores(method: dict[str, Any]) -> dict[str, Any]:
    """What of a method's scores (``evaluate --json``) must stay the same; intervals are not part of it."""
    pooled = {way: method["transients"][way]["pooled"] for way in ("paper", "strict", "runs")}
    return {
        **{name: method[name] for name in ("n_cells", "n_frames", "threshold")},
        **{way: _without(found, "f1_95_percent") for way, found in pooled.items()},
        "frames": dict(method["frames"]),
        "crosstalk": method["crosstalk"]["all"],
    }


def _without(content: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != name}
