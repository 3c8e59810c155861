"""SEUDO's verdict on rises of given masks; run in an environment of its own (``pip install seudo``).

    PYTHON benchmarks/judging_rises_seudo.py GIVEN.npz OUT.npz

``GIVEN.npz`` holds ``movie`` (n_frames, height, width) over its rest, ``profiles`` (height, width, n_cells),
``traces`` and ``rising`` (n_frames, n_cells). Each stretch of rising frames is judged as one transient.
"""

from __future__ import annotations

import sys

import numpy as np
from seudo.core import Seudo


def main(given: str, out: str) -> None:
    """Judge every rise: its likeness to the profile, and the residual left with and without the cell."""
    held = np.load(given)
    movie = np.moveaxis(held["movie"], 0, 2)
    judged = Seudo(movie, held["profiles"].astype(float), time_courses=held["traces"])
    judged.compute_transient_info(transient_frames=held["rising"].astype(bool), t_pre=0, t_post=0)
    said = judged.auto_classify_transients()
    rows = []
    for cell, (info, metric) in enumerate(
        zip(judged.tc_default["transient_info"], said, strict=True)
    ):
        if len(info["times"]):
            number = np.full(len(info["times"]), cell)
            rows.append(
                np.column_stack([number, info["times"], metric["corrs"], metric["resRatios"]])
            )
    np.savez(out, rises=np.concatenate(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
