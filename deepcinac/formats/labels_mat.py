"""Labels in a MATLAB file: the arrays of :mod:`deepcinac.formats.labels_npz` under the same names.

Numbers of cells and frames start from 0 in this file too; its ``remark`` says so.
"""

from __future__ import annotations

from pathlib import Path

from deepcinac.containers import matlab
from deepcinac.files import require_file
from deepcinac.formats.label_files import LABELS_FORMS, LabelsForm
from deepcinac.formats.labels_npz import from_arrays, to_arrays
from deepcinac.labelling.layer_labels import Labels

TEXTS = ("layer", "info", "remark")


def write_labels(path: str | Path, labels: Labels, frame_rate_hz: float | None = None) -> None:
    """Write one layer (MATLAB version 5 file, as ``save -v7`` does)."""
    arrays = to_arrays(labels, frame_rate_hz)
    content = {name: str(value) if name in TEXTS else value for name, value in arrays.items()}
    matlab.write_arrays(path, content)


def read_labels(path: str | Path) -> Labels:
    """Read one layer, a raster ``active``, or ``onsets`` and ``peaks``."""
    path = require_file(path, "a MATLAB file")
    return from_arrays(matlab.read_arrays(path), path)


LABELS_FORMS.add(
    __name__,
    LabelsForm(
        ".mat",
        read=lambda path, n_cells, n_frames: [read_labels(path)],
        write=lambda path, layers, rate, movie: write_labels(path, layers[0], rate),
    ),
)
