"""How well suggested cell types are right: simulated recordings, each held out whole in turn.

    python benchmarks/cell_types.py RECORDING [RECORDING ...]

A recording is a folder of ``deepcinac simulate``; the kind of each of its cells is in ``truth.npz``.
Cells animated by recorded traces are left out. The second part learns within each field alone, from
a few cells of each type drawn at random, as an expert would begin.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from deepcinac.files import read_json, read_npz
from deepcinac.recording.cells import read_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.traces import extract_traces
from deepcinac.tasks.cell_types.features import features
from deepcinac.tasks.cell_types.model import fitted
from deepcinac.tasks.cell_types.targets import TypedRecording
from deepcinac.tasks.cell_types.task import learn_from

KINDS = ("interneuron", "pyramidal")
N_DRAWS = 50


def typed_cells(folder: Path) -> tuple[np.ndarray, list[str]]:
    """Features (n, n_features) and true types of the simulated cells of a recording."""
    meta = read_json(folder / "meta.json")
    kinds = read_npz(folder / "truth.npz", ("kind",))["kind"]
    cells = read_cells(folder / "cells.npz")
    with open_movie(folder / "movie.tif") as movie:
        found = extract_traces(movie, cells)
    table = features(
        cells,
        found.raw,
        found.without_overlap,
        found.neuropil,
        meta["frame_rate_hz"],
        meta["pixel_size_um"],
    )
    known = np.isin(kinds, KINDS)
    return table[known], kinds[known].tolist()


def within_field(
    table: np.ndarray, types: list[str], n_each: int, generator: np.random.Generator
) -> tuple[float, float] | None:
    """Learn from ``n_each`` cells of each type: mean share right over types, share marked as unlike."""
    names = np.array(types)
    counts = Counter(types)
    if len(counts) < 2 or min(counts.values()) < n_each + 2:
        return None
    balanced, unlike = [], []
    for _ in range(N_DRAWS):
        drawn = [generator.permutation(np.flatnonzero(names == name))[:n_each] for name in KINDS]
        chosen = np.concatenate(drawn)
        rest = np.setdiff1d(np.arange(len(names)), chosen)
        classifier = fitted(table[chosen], names[chosen].tolist())
        best = classifier.probabilities(table[rest]).argmax(1)
        right = np.array(classifier.types)[best] == names[rest]
        balanced.append(np.mean([right[names[rest] == name].mean() for name in KINDS]))
        unlike.append(np.mean([bool(classifier.unlike(values)) for values in table[rest]]))
    return float(np.mean(balanced)), float(np.mean(unlike))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", nargs="+", type=Path)
    found = [typed_cells(folder) for folder in parser.parse_args().recordings]
    types = [name for _, own in found for name in own]
    typed = [TypedRecording(str(k), table, tuple(own)) for k, (table, own) in enumerate(found)]
    scores = learn_from(typed).scores
    print(f"{len(found)} recordings, {dict(Counter(types))}")
    print(scores.sentence())
    generator = np.random.default_rng(0)
    for n_each in (5, 8):
        each = [within_field(*one, n_each, generator) for one in found]
        known = np.array([one for one in each if one is not None])
        if len(known):
            right, unlike = known.mean(axis=0)
            print(
                f"within a field, {n_each} typed cells of each: {right:.0%} right, mean over types "
                f"(chance 50%); {unlike:.0%} marked as unlike; {len(known)} fields"
            )


if __name__ == "__main__":
    main()
