"""Suggested types of cells as the window gets them: a job writes a file, the window takes it over. No Tk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json
from deepcinac.labelling.session import Layer, Session
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.progress import Progress, silent
from deepcinac.tasks.cell_types.model import load_classifier
from deepcinac.tasks.cell_types.targets import read_recording
from deepcinac.tasks.cell_types.task import (
    AUTHOR,
    LAYER_NAME,
    in_words,
    suggest_from_own,
    suggest_with,
    type_predictions,
)


def make_suggestions(
    session_path: str | Path,
    out: str | Path,
    classifier_path: str | Path | None = None,
    progress: Progress = silent,
) -> str:
    """Write suggestions for all cells as JSON; returns what to tell the user."""
    classifier = load_classifier(classifier_path) if classifier_path else None
    with Session.open(session_path, read_only=True) as session:
        recording = read_recording(session, progress)
    used: dict[str, str] = {}
    if classifier is None:
        found, learned = suggest_from_own(recording)
        said = learned.in_words()
    else:
        found, said = suggest_with(classifier, recording), ""
        used["classifier"] = Path(str(classifier_path)).name
    text = ". ".join([in_words(found, recording.types), *([said] if said else [])]) + "."
    cells = {
        str(cell): {"probability": dict(one.probability), "unlike": one.unlike}
        for cell, one in type_predictions(found).items()
    }
    write_json(out, {"text": text, "meta": {**found.info, **used}, "cells": cells})
    return text


def take_over(session: Session, path: str | Path) -> tuple[Layer, str]:
    """Put the suggestions of a file into the session, in the place of earlier ones; and their text."""
    content = read_json(path)
    try:
        cells = {int(cell): _prediction(row) for cell, row in content["cells"].items()}
        meta = dict(content["meta"])
        text = str(content["text"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError("suggested types of cells", "something else", path) from error
    return session.renew_type_layer(LAYER_NAME, cells, AUTHOR, meta), text


def _prediction(row: dict[str, Any]) -> TypePrediction:
    shares = {str(name): float(share) for name, share in row["probability"].items()}
    return TypePrediction(shares, str(row["unlike"]))
