"""Whether the class of a held-out recording is told: by the mean of what is said of its windows."""

from __future__ import annotations

import numpy as np

SCORE_NAME = "balanced accuracy"
LEAST = 1e-4
"""No class is ruled out altogether when answers are scored by their logarithm."""


def decided(said: np.ndarray) -> int:
    """The class of a recording from shares (n_windows, n_classes)."""
    return int(said.mean(0).argmax())


def is_right(truth: np.ndarray, said: np.ndarray) -> float | None:
    """1 where the class (n_windows,), the same for all windows, is the one decided on; 0 otherwise.

    >>> is_right(np.array([1.0, 1.0]), np.array([[0.6, 0.4], [0.1, 0.9]]))
    1.0
    """
    return float(decided(said) == int(truth[0])) if len(truth) else None


def log_likelihood(truth: np.ndarray, said: np.ndarray) -> float:
    """Mean over windows of the logarithm of the share given to the right class; at most 0."""
    given = said[np.arange(len(truth)), truth.astype(int)]
    return float(np.log(np.maximum(given, LEAST)).mean())
