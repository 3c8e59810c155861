"""Whether a file holds results, as opposed to a movie, cells or labels. Little of it is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.containers.variables import list_variables, names_in_npz
from deepcinac.errors import InputError
from deepcinac.files import require_results
from deepcinac.results import csv_form, nwb, zarr_form
from deepcinac.results.arrays import PROBABILITY_NAMES


def holds_results(path: Path) -> bool:
    """Whether :func:`deepcinac.results.files.read_results` should read a file.

    A ``.npz`` or ``.mat`` with an array of probabilities, a ``.npy`` of floats (n_cells, n_frames), and a
    ``.csv``, ``.nwb`` or ``.zarr`` that says what made it. A damaged ``.mat``, ``.npy`` or ``.nwb`` does not.
    """
    ending = require_results(path, "a file").suffix.lower()
    try:
        if ending == zarr_form.ENDING:
            return zarr_form.is_ours(path)
        if ending == ".npz":
            return bool(names_in_npz(path) & set(PROBABILITY_NAMES))
        if ending == ".mat":
            names = {variable.name for variable in list_variables(path)}
            return bool(names & set(PROBABILITY_NAMES))
        if ending == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            return array.ndim == 2 and array.dtype.kind == "f"
        if ending == ".csv":
            return csv_form.is_prediction(path)
        return ending == ".nwb" and nwb.is_ours(path)
    except (InputError, ValueError, OSError, EOFError):
        if ending == ".npz":
            raise
        return False
