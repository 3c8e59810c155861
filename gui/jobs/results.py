"""Prediction files into layers of the session. No Tk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_npz
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
