"""GPFA of elephant on trials of the Lorenz benchmark; run in an environment of its own.

    PYTHON benchmarks/latents_gpfa.py TRIALS.npz          writes TRIALS-by-gpfa.npz

The file holds ``train`` (n, n_bins, n_cells), ``chosen`` and ``judged`` of the same kind: counts with nothing
missing. GPFA models their square roots as a linear function of smooth latents plus noise; the answer is the
square of what the latents say of each cell, plus the variance of the noise: the mean of a count. The number
of latents is the one under which ``chosen``, trials that taught nothing, are the most likely.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
LATENTS = (3, 5)
BIN_MS = 20.0


def sequences(counts: np.ndarray) -> np.ndarray:
    """Trials as the functions of elephant take them: square roots (n_cells, n_bins)."""
    kind = [("y", "O"), ("T", int)]
    found = np.empty(len(counts), dtype=kind)
    for place, own in enumerate(counts):
        found[place] = np.sqrt(own.T), len(own)
    return found


def main(path: Path) -> None:
    """Fit, choose the number of latents, and tell the judged trials."""
    from elephant.gpfa import gpfa_core

    held = np.load(path)
    best, said, chosen = -np.inf, None, 0
    for n in LATENTS:
        parameters, _ = gpfa_core.fit(
            sequences(held["train"]), x_dim=n, bin_width=BIN_MS, em_max_iters=100
        )
        _, likelihood = gpfa_core.exact_inference_with_ll(
            sequences(held["chosen"]), parameters, get_ll=True
        )
        print(n, likelihood, flush=True)
        if likelihood > best:
            latents, _ = gpfa_core.exact_inference_with_ll(sequences(held["judged"]), parameters)
            loadings, offset = parameters["C"], parameters["d"]
            noise = np.diag(parameters["R"])
            told = [(loadings @ one["latent_variable"]).T + offset for one in latents]
            said = np.stack([one**2 + noise for one in told])
            best, chosen = likelihood, n
    assert said is not None  # one of them is the most likely
    np.savez(path.with_name(f"{path.stem}-by-gpfa.npz"), said=said, latents=chosen)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
