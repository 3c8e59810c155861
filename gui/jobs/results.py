"""Prediction files into layers of the session; what a stopped training leaves behind. No Tk."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_json, read_npz
from deepcinac.labelling.session import Layer, Session


def read_prediction(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Cells (n,), probability (n, n_frames) and meta of an .npz of ``deepcinac predict``."""
    arrays = read_npz(path, ("probability", "cells"))
    meta: dict[str, Any] = {}
    if "meta" in arrays:
        try:
            meta = dict(json.loads(str(arrays["meta"][()])))
        except (ValueError, TypeError) as error:
            raise InputError("meta as a JSON object", "something else", path) from error
    return arrays["cells"].astype(np.int64).ravel(), np.atleast_2d(arrays["probability"]), meta


def add_prediction(
    session: Session, cells: np.ndarray, probability: np.ndarray, meta: dict[str, Any]
) -> Layer:
    """Write a prediction into the layer of its classifier, beside cells predicted earlier.

    A classifier is known by its name and hash: another one gets a layer of its own.
    """
    name = str(meta.get("classifier") or "prediction")
    layer = next((x for x in session.layers("classifier") if _same(x, name, meta)), None)
    if layer is None:
        layer = session.add_layer("classifier", _free_name(session, name), name, meta)
    else:
        old_cells, old = session.predictions(layer.id)
        kept = ~np.isin(old_cells, cells)
        cells = np.concatenate([old_cells[kept], cells])
        probability = np.concatenate([old[kept], probability])
    session.write_prediction(layer.id, cells, probability, meta)
    return session.layer(layer.id)


def _same(layer: Layer, name: str, meta: dict[str, Any]) -> bool:
    return layer.author == name and layer.meta.get("hash") == meta.get("hash")


def _free_name(session: Session, name: str) -> str:
    taken = {layer.name for layer in session.layers()}
    number, found = 2, name
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found


# The folder of a training


def is_new(folder: Path) -> bool:
    """Whether a training may make this folder: it is not there, or empty."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def can_go_on(folder: Path) -> bool:
    """Whether a training was stopped in this folder after at least one epoch."""
    return _finished_epochs(folder) > 0 and not (folder / "card.json").exists()


def free_folder(wanted: Path) -> Path:
    """``wanted``, or the first of ``wanted``-2, ... that a training can use."""
    for number in itertools.count(1):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if is_new(folder) or can_go_on(folder):
            return folder
    raise AssertionError("unreachable")


def tidy_training(folder: Path, was_new: bool) -> int:
    """Remove what a stopped training left half-written; how many epochs are there to go on from.

    A folder that was not new is touched only where a training that can go on was writing.
    """
    n_epochs = _finished_epochs(folder)
    if not folder.is_dir() or not (was_new or can_go_on(folder)):
        return 0
    if was_new and n_epochs == 0:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    shutil.rmtree(folder / "prepared", ignore_errors=True)
    for part in folder.glob(".part-*"):
        part.unlink(missing_ok=True)
    return n_epochs


def _finished_epochs(folder: Path) -> int:
    try:
        return int(read_json(folder / "state.json")["epoch"])
    except (InputError, KeyError, TypeError, ValueError):
        return 0
