"""How good the probabilities are frame by frame: ranking and calibration.

Every function takes flat arrays of the frames that count (doubtful frames already left out):
``active`` (n,) bool and ``probability`` (n,) in 0..1. Frames with equal probability stand or fall
together, so nothing depends on the order of the frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_BINS = 10


@dataclass(frozen=True)
class Ranking:
    """Frames counted from the highest probability down, one entry per distinct probability.

    ``threshold`` (k,) falling; ``n_true`` and ``n_false`` (k,): active and quiet frames whose
    probability is at least the threshold.
    """

    threshold: np.ndarray
    n_true: np.ndarray
    n_false: np.ndarray

    @property
    def recall(self) -> np.ndarray:
        """Share of the active frames that are predicted, (k,); NaN where no frame is active."""
        with np.errstate(invalid="ignore"):
            return self.n_true / np.float64(self.n_true[-1] if len(self.n_true) else 0)

    @property
    def precision(self) -> np.ndarray:
        """Share of the predicted frames that are active, (k,)."""
        return self.n_true / (self.n_true + self.n_false)


def rank(active: np.ndarray, probability: np.ndarray) -> Ranking:
    """Sort the frames by falling probability and count; the base of the curves and areas."""
    order = np.argsort(-probability, kind="stable")
    sorted_probability = probability[order]
    n_true = np.cumsum(active[order], dtype=np.int64)
    last_of_value = np.append(sorted_probability[1:] != sorted_probability[:-1], True)
    last = np.flatnonzero(last_of_value[: len(order)])
    return Ranking(sorted_probability[last], n_true[last], last + 1 - n_true[last])


def average_precision(ranking: Ranking) -> float | None:
    """Precision averaged over the steps of recall; None where no frame is active."""
    if not len(ranking.n_true) or ranking.n_true[-1] == 0:
        return None
    steps = np.diff(ranking.recall, prepend=0.0)
    return float(np.sum(steps * ranking.precision))


def roc_auc(ranking: Ranking) -> float | None:
    """Chance that an active frame has a higher probability than a quiet one (a tie counts half).

    None unless there are frames of both kinds.
    """
    if not len(ranking.n_true) or ranking.n_true[-1] == 0 or ranking.n_false[-1] == 0:
        return None
    hit = np.concatenate(([0], ranking.n_true)) / ranking.n_true[-1]
    false_alarm = np.concatenate(([0], ranking.n_false)) / ranking.n_false[-1]
    return float(np.sum(np.diff(false_alarm) * (hit[1:] + hit[:-1]) / 2))


@dataclass(frozen=True)
class ReliabilityCurve:
    """Frames sorted into bins of probability: what was promised and what was observed.

    ``edges`` (n_bins + 1,); ``mean_probability``, ``observed`` (n_bins,): mean probability and
    share of active frames, NaN in an empty bin; ``n_frames`` (n_bins,). ``error`` is the mean gap
    between the two, weighted by frames (expected calibration error), ``brier`` the mean squared
    error.
    """

    edges: np.ndarray
    mean_probability: np.ndarray
    observed: np.ndarray
    n_frames: np.ndarray
    error: float | None
    brier: float | None


def reliability_curve(
    active: np.ndarray, probability: np.ndarray, n_bins: int = N_BINS
) -> ReliabilityCurve:
    """Reliability curve in ``n_bins`` equal bins of probability; 1 belongs to the last."""
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    chosen = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, n_bins - 1)
    n_frames = np.bincount(chosen, minlength=n_bins)
    promised = np.bincount(chosen, weights=probability, minlength=n_bins)
    happened = np.bincount(chosen, weights=active, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        mean_probability, observed = promised / n_frames, happened / n_frames
    error = brier = None
    if len(probability):
        error = float(np.abs(promised - happened).sum() / len(probability))
        brier = float(np.mean((probability - active) ** 2))
    return ReliabilityCurve(edges, mean_probability, observed, n_frames, error, brier)


def thinned(ranking: Ranking, n_points: int) -> Ranking:
    """At most ``n_points`` entries of a ranking, evenly spread along the recall, both ends kept."""
    n = len(ranking.threshold)
    if n <= n_points:
        return ranking
    wanted = np.linspace(ranking.n_true[0], ranking.n_true[-1], n_points - 1)
    kept = np.unique(np.append(np.searchsorted(ranking.n_true, wanted), n - 1))
    return Ranking(ranking.threshold[kept], ranking.n_true[kept], ranking.n_false[kept])
