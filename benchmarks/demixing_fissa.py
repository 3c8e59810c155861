"""Traces of given masks by FISSA; run in an environment of its own.

    PYTHON benchmarks/demixing_fissa.py MASKS.npz OUT.npz        (``masks`` and ``movie``, the path of a TIFF)

FISSA runs with its defaults, on one core.
"""

from __future__ import annotations

import sys

import fissa
import numpy as np
import tifffile


def main(given: str, out: str) -> None:
    """Separate every mask from its surroundings."""
    held = np.load(given)
    movie = tifffile.imread(str(held["movie"])).astype(float)
    experiment = fissa.Experiment(
        [movie], [list(held["masks"])], ncores_preparation=1, ncores_separation=1
    )
    experiment.separate()
    traces = np.stack([own[0][0] for own in experiment.result])
    np.savez(out, traces=traces.astype(np.float32))


if __name__ == "__main__":
    main(*sys.argv[1:])
