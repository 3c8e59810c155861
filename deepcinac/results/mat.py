"""``.mat`` (MATLAB 5, up to 2 GiB a variable): the same arrays as ``.npz``.

Cells and frames are counted from 0, in MATLAB too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.containers import matlab
from deepcinac.errors import InputError
from deepcinac.results.arrays import from_arrays, to_arrays
from deepcinac.results.result import Results

_LARGEST = 1 << 31  # bytes, the limit of the format


def write(path: Path, results: Results) -> tuple[str, ...]:
    """Write all of the results; nothing is left out."""
    content = {}
    for name, array in to_arrays(results).items():
        if array.nbytes >= _LARGEST:
            found = f"{name} of {array.nbytes / 2**30:.1f} GiB"
            raise InputError("arrays under 2 GiB in a .mat", found, hint="write an .npz instead")
        content[name] = array.item() if array.dtype.kind == "U" and array.ndim == 0 else array
    matlab.write_arrays(path, content)
    return ()


def read(path: Path, shape: tuple[int, int] | None = None) -> Results:
    """Read results; of a single cell or frame as well, which MATLAB keeps in two dimensions."""
    arrays = {name: np.asarray(array) for name, array in matlab.read_arrays(path).items()}
    return from_arrays(arrays, path, shape)
