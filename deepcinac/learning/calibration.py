"""What a probability means: windows are drawn rich in transients for training, which biases them.

Two steps, both on recordings that trained nothing. First the slope and offset of the log odds that make
the single frames most likely. At that, 0.5 is a conservative threshold for transients: when an onset is
uncertain by a frame or two, a transient that nobody doubts may reach 0.5 in no single frame. The offset
is therefore moved to where 0.5 gives the best F1 of transients; since F1 hardly changes around its best,
the most cautious of the nearly best places is taken: a false transient does more harm than a missed one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from deepcinac.settings import checked, option

COARSE_SHIFTS = tuple(np.arange(-0.25, 1.3, 0.25).tolist())
FINE_SHIFTS = tuple(np.arange(-1.0, 2.01, 0.125).tolist())
NEARLY_BEST = 0.01
_EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope x logit + offset): fitted on recordings that trained nothing."""

    slope: float = option(1.0, "factor on the log odds", minimum=-1e3, maximum=1e3)
    offset: float = option(0.0, "added to the log odds", minimum=-1e3, maximum=1e3)

    def __post_init__(self) -> None:
        checked(self, "calibration")


def logit(probability: np.ndarray) -> np.ndarray:
    """Log odds, with probabilities kept off 0 and 1."""
    p = np.clip(np.asarray(probability, np.float64), _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))


def calibrated(probability: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Probabilities after the calibration, in the same shape.

    >>> calibrated(np.array([0.5, 0.9]), Calibration(1.0, 0.0)).astype(float).round(3).tolist()
    [0.5, 0.9]
    """
    z = calibration.slope * logit(probability) + calibration.offset
    return (1 / (1 + np.exp(-z))).astype(np.float32)


def fit_calibration(active: np.ndarray, probability: np.ndarray) -> Calibration:
    """Slope and offset of the log odds that make the probabilities most likely (Platt scaling).

    ``active`` and ``probability`` are flat, over frames that are not doubtful and trained nothing. With
    only one kind of frame there is nothing to fit and the probabilities stay as they are.
    """
    from scipy.optimize import minimize

    active = np.asarray(active, bool)
    if not active.any() or active.all():
        return Calibration()
    x, sign = logit(probability), np.where(active, 1.0, -1.0)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (parameters[0] * x + parameters[1])
        pull = -sign / (1 + np.exp(np.clip(margin, -500, 500)))
        value = np.logaddexp(0, -margin).mean()
        return float(value), np.array([(pull * x).mean(), pull.mean()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B")
    return Calibration(round(float(found.x[0]), 5), round(float(found.x[1]), 5))


def centred_on_best(
    calibration: Calibration,
    quality: Callable[[Calibration], float],
    shifts: tuple[float, ...] = FINE_SHIFTS,
    nearly: float = NEARLY_BEST,
) -> Calibration:
    """The calibration with its offset moved by the lowest shift whose ``quality`` is ``nearly`` the best.

    ``quality`` is the F1 at 0.5 of a calibration; a lower shift means fewer, surer transients.
    """
    moved = [
        replace(calibration, offset=round(calibration.offset + shift, 5))
        for shift in sorted(shifts)
    ]
    qualities = [quality(candidate) for candidate in moved]
    good_enough = max(qualities) - nearly
    return next(c for c, value in zip(moved, qualities, strict=True) if value >= good_enough)
