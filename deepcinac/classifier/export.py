"""Predictions on disk: ``.npz`` (ours), ``.npy``, ``.mat`` and ``.csv`` (NWB: ``formats.nwb``).

Each is written beside and moved into place. ``.npz`` and ``.mat`` hold ``probability`` (n_cells, n_frames),
``cells`` (numbers from 0, ``.mat`` too), ``meta`` (JSON text) and, from a classifier that knows spikes,
``spike_rate_hz`` (n_cells, n_frames); ``.npy`` the probability alone; ``.csv``
one transient a row: runs of frames at or above the threshold, numbered from 0, both ends included.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import written_atomically
from deepcinac.results import Results
from deepcinac.results.kinds import PROBABILITY, SPIKE_RATE


def write_prediction(path: str | Path, prediction: Results) -> None:
    """Write a prediction in the form that the ending of ``path`` names."""
    path = Path(path)
    check_ending(path)
    with written_atomically(path) as temporary:
        _WRITERS[path.suffix](temporary, prediction)


def check_ending(path: Path, others: tuple[str, ...] = ()) -> None:
    """Refuse a file name whose ending names no form (``others``: forms written elsewhere)."""
    known = (*_WRITERS, *others)
    if path.suffix not in known:
        raise InputError(
            f"a file name ending in {', '.join(known)}", repr(path.suffix or path.name), path
        )


def predicted_transients(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Runs of frames with probability at or above the threshold, (k, 3): row, onset, peak (included).

    >>> predicted_transients(np.array([[0.1, 0.9, 0.8, 0.2, 0.6]]), 0.5).tolist()
    [[0, 1, 2], [0, 4, 4]]
    """
    above = np.pad(probability >= threshold, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(above, axis=1)
    row, onset = np.nonzero(change == 1)
    _, after = np.nonzero(change == -1)
    return np.stack([row, onset, after - 1], axis=1)


def _write_npz(path: Path, prediction: Results) -> None:
    with open(path, "wb") as stream:
        arrays = _arrays(prediction)
        np.savez_compressed(stream, **arrays, meta=np.array(json.dumps(meta_of(prediction))))


def _arrays(prediction: Results) -> dict[str, Any]:
    found = prediction[PROBABILITY]
    arrays: dict[str, Any] = {"probability": found.array, "cells": found.require_cells()}
    rate = prediction.get(SPIKE_RATE)
    if rate is not None:
        arrays["spike_rate_hz"] = rate.array
    return arrays


def meta_of(prediction: Results) -> dict[str, Any]:
    """What made the results, in the words of the files' ``meta``."""
    maker = prediction.maker
    return {
        **prediction.info,
        "classifier": maker.name,
        "classifier_version": maker.version,
        "weights_sha256": maker.weights_sha256,
        "threshold": prediction.threshold,
        "version": maker.program_version,
        "warnings": list(prediction.warnings),
        "maker": maker.to_dict(),
    }


def _write_npy(path: Path, prediction: Results) -> None:
    with open(path, "wb") as stream:
        np.save(stream, prediction[PROBABILITY].array)


def _write_mat(path: Path, prediction: Results) -> None:
    from scipy.io import savemat

    content = {**_arrays(prediction), "meta": json.dumps(meta_of(prediction))}
    savemat(path, content, appendmat=False, do_compression=True)


def _write_csv(path: Path, prediction: Results) -> None:
    meta, found = meta_of(prediction), prediction[PROBABILITY]
    probability, cells = found.array, found.require_cells()
    threshold, rate = float(meta["threshold"]), float(meta["frame_rate_hz"])
    lines = [
        f"# transients predicted by {meta['classifier']} "
        f"(deepcinac {meta['version']}, threshold {threshold:g}, {rate:g} Hz)",
        "# cells and frames are counted from 0; onset and peak are both active",
        "cell,onset_frame,peak_frame,onset_s,peak_s,max_probability,mean_probability",
    ]
    for row, onset, peak in predicted_transients(probability, threshold).tolist():
        values = probability[row, onset : peak + 1]
        lines.append(
            f"{cells[row]},{onset},{peak},{onset / rate:.3f},{peak / rate:.3f},"
            f"{values.max():.4f},{values.mean():.4f}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_WRITERS: dict[str, Callable[[Path, Results], None]] = {
    ".npz": _write_npz,
    ".npy": _write_npy,
    ".mat": _write_mat,
    ".csv": _write_csv,
}
