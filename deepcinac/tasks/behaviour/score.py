"""How well behaviour is decoded: AUC of yes and no, mean AUC of classes, R2 of real values."""

from __future__ import annotations

import numpy as np

from deepcinac.evaluation.frame_metrics import rank, roc_auc
from deepcinac.learning.cross_validation import Score
from deepcinac.tasks.behaviour.targets import CLASSES, REAL, YES_NO

SCORE_NAMES = {YES_NO: "AUC", CLASSES: "mean AUC of the classes", REAL: "R2"}
CHANCE = {YES_NO: 0.5, CLASSES: 0.5, REAL: 0.0}
"""What a method that knows nothing gets."""


def auc(truth: np.ndarray, said: np.ndarray) -> float | None:
    """Area under the ROC curve of answers (n, 1) to 0 and 1 (n,); None of one kind only."""
    return roc_auc(rank(truth > 0.5, said[:, 0]))


def mean_auc(truth: np.ndarray, said: np.ndarray) -> float | None:
    """Mean over the classes that occur of the AUC of each against the others; answers (n, n_classes)."""
    found = [auc(truth == number, said[:, number : number + 1]) for number in range(said.shape[1])]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else None


def r2(truth: np.ndarray, said: np.ndarray) -> float | None:
    """Share of the variance that answers (n, 1) explain; below 0 where the mean would be better.

    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [2.0]]))
    0.5
    """
    spread = float(((truth - truth.mean()) ** 2).sum()) if len(truth) else 0.0
    return 1 - float(((truth - said[:, 0]) ** 2).sum()) / spread if spread > 0 else None


SCORES: dict[str, Score] = {YES_NO: auc, CLASSES: mean_auc, REAL: r2}
