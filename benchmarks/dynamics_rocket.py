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
    """The transform of all windows, which knows no classes, and a ridge classifier for every fold."""
    from aeon.transformations.collection.convolution_based import MiniRocket
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    held = np.load(path)
    series, truth = held["series"], held["truth"]
    n_recordings, n_windows, n_points = series.shape
    features = MiniRocket(random_state=0).fit_transform(series.reshape(-1, 1, n_points))
    features = np.asarray(features).reshape(n_recordings, n_windows, -1)
    said = []
    for train, test in zip(held["train"], held["test"], strict=True):
        ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
        classifier = make_pipeline(StandardScaler(with_mean=False), ridge)
        classifier.fit(np.concatenate(features[train]), np.repeat(truth[train], n_windows))
        said.append(classifier.predict(features[test]))
        print(test, truth[test], np.bincount(said[-1]).tolist(), flush=True)
    np.savez(path.with_name(f"{path.stem}-by-rocket.npz"), said=np.array(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
