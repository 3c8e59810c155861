"""Suggested types of cells as the window gets them: a job writes a file, the window takes it over. No Tk.

The job uses the traces that the window has made already.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepcinac.cell_types.features import features
from deepcinac.cell_types.model import load_classifier
from deepcinac.cell_types.sessions import (
    AUTHOR,
    LAYER_NAME,
    Suggestions,
    TypedRecording,
    given_types,
    in_words,
    suggest_from_own,
    suggest_with,
)
from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json
from deepcinac.gui.session import data
from deepcinac.labelling.session import Layer, Session
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.progress import Progress, silent


def make_suggestions(
    session_path: str | Path,
    out: str | Path,
    classifier_path: str | Path | None = None,
    progress: Progress = silent,
) -> str:
    """Write suggestions for all cells as JSON; returns what to tell the user."""
    classifier = load_classifier(classifier_path) if classifier_path else None
    data.prepare(session_path, progress)
    with Session.open(session_path, read_only=True) as session:
        recording = _recording(session, progress)
    if classifier is None:
        found, learned = suggest_from_own(recording)
        said = learned.in_words()
    else:
        found, said = suggest_with(classifier, recording), ""
        found.meta["classifier"] = Path(str(classifier_path)).name
    text = ". ".join([in_words(found, recording.types), *([said] if said else [])]) + "."
    cells = {
        str(cell): {"probability": dict(one.probability), "unlike": one.unlike}
        for cell, one in found.cells.items()
    }
    write_json(out, {"text": text, "meta": found.meta, "cells": cells})
    return text


def _recording(session: Session, progress: Progress) -> TypedRecording:
    known, recording = data.open_data(session), session.recording
    if known is None:
        raise InputError("the traces of the session", "none", session.path, "open it once more")
    table = features(
        session.cells(),
        known.raw,
        known.without_overlap,
        known.neuropil,
        recording.frame_rate_hz,
        recording.pixel_size_um,
        progress,
    )
    return TypedRecording(session.path.stem, table, given_types(session))


def take_over(session: Session, path: str | Path) -> tuple[Layer, str]:
    """Put the suggestions of a file into the session, in the place of earlier ones; and their text."""
    content = read_json(path)
    try:
        found = Suggestions(
            {int(cell): _prediction(row) for cell, row in content["cells"].items()},
            dict(content["meta"]),
        )
        text = str(content["text"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError("suggested types of cells", "something else", path) from error
    return session.renew_type_layer(LAYER_NAME, found.cells, AUTHOR, found.meta), text


def _prediction(row: dict[str, Any]) -> TypePrediction:
    shares = {str(name): float(share) for name, share in row["probability"].items()}
    return TypePrediction(shares, str(row["unlike"]))
