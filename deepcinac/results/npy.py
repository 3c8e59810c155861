"""``.npy``: one array (n_cells, n_frames) and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.files import read_npy
from deepcinac.results.arrays import from_arrays
from deepcinac.results.kinds import PROBABILITY
from deepcinac.results.result import Results


def write(path: Path, results: Results) -> tuple[str, ...]:
    """Write the probability (or the first result); returns what the form cannot hold."""
    chosen = results.get(PROBABILITY) or results.items[0]
    with open(path, "wb") as stream:
        np.save(stream, chosen.array)
    left_out = [item.kind for item in results if item is not chosen] + ["the numbers of the cells"]
    left_out += ["what made it"]
    return (f"An .npy file holds {chosen.kind} alone: not {', not '.join(left_out)}",)


def read(path: Path, shape: tuple[int, int] | None = None) -> Results:
    """Read one array: probabilities, or a curve where values leave 0 to 1; its rows are cells 0, 1, ..."""
    return from_arrays({"values": read_npy(path)}, path, shape)
