"""``.npz``: everything that results can hold, compressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.files import read_npz
from deepcinac.results.arrays import from_arrays, to_arrays
from deepcinac.results.result import Results


def write(path: Path, results: Results) -> tuple[str, ...]:
    """Write all of the results; nothing is left out."""
    arrays: dict[str, Any] = dict(to_arrays(results))
    with open(path, "wb") as stream:
        np.savez_compressed(stream, **arrays)
    return ()


def read(path: Path, shape: tuple[int, int] | None = None) -> Results:
    """Read results; the arrays are those of ours, of DeepCINAC 1 or of another method."""
    return from_arrays(read_npz(path), path, shape)
