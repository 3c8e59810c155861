"""Labels in a MATLAB file: the arrays of :mod:`deepcinac.formats.labels_npz` under the same names.

Numbers of cells and frames start from 0 in this file too; its ``remark`` says so.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import require_file, written_atomically
from deepcinac.formats.labels_npz import from_arrays, to_arrays
from deepcinac.labelling.labels import Labels

TEXTS = ("layer", "info", "remark")


def write_labels(path: str | Path, labels: Labels, frame_rate_hz: float | None = None) -> None:
    """Write one layer (MATLAB version 5 file, as ``save -v7`` does)."""
    from scipy.io import savemat

    arrays = to_arrays(labels, frame_rate_hz)
    content = {name: str(value) if name in TEXTS else value for name, value in arrays.items()}
    with written_atomically(path) as temporary, open(temporary, "wb") as stream:
        savemat(stream, content, do_compression=True)


def read_labels(path: str | Path) -> Labels:
    """Read one layer, a raster ``active``, or ``onsets`` and ``peaks``."""
    from scipy.io import loadmat

    path = require_file(path, "a MATLAB file")
    try:
        content = loadmat(path, appendmat=False)
    except NotImplementedError as error:
        raise InputError(
            "a MATLAB file of version 7 or older", "version 7.3", path, "save it with '-v7'"
        ) from error
    except Exception as error:  # a damaged file raises many kinds
        raise InputError(
            "a readable MATLAB file", " ".join(str(error).split())[:160], path
        ) from error
    arrays = {name: np.asarray(value) for name, value in content.items() if name[:2] != "__"}
    return from_arrays(arrays, path)
