"""MiniRocket of aeon on the windows of cultures; run in an environment of its own.

    PYTHON benchmarks/dynamics_rocket.py WINDOWS.npz         writes WINDOWS-by-rocket.npz

The file holds ``series`` (n_recordings, n_windows, n_points), ``truth`` (n_recordings,), and of each fold
``train`` (n_folds, n_recordings) bool and ``test`` (n_folds,). ``said`` (n_folds, n_windows): classes.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")


def main(path: Path) -> None:
    """Fit with its defaults to every fold."""
    from aeon.classification.convolution_based import MiniRocketClassifier

    held = np.load(path)
    series, truth = held["series"], held["truth"]
    n_windows, n_points = series.shape[1:]
    said = []
    for train, test in zip(held["train"], held["test"], strict=True):
        classifier = MiniRocketClassifier(random_state=0)
        inputs = series[train].reshape(-1, 1, n_points)
        classifier.fit(inputs, np.repeat(truth[train], n_windows))
        said.append(classifier.predict(series[test][:, None]))
        print(test, truth[test], np.bincount(said[-1]).tolist(), flush=True)
    np.savez(path.with_name(f"{path.stem}-by-rocket.npz"), said=np.array(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
