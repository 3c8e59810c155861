"""What a probability means: windows are drawn rich in transients for training, which biases them.

Two steps, both on recordings that trained nothing. First the slope and offset of the log odds that make
the single frames most likely. At that, 0.5 is a conservative threshold for transients: when an onset is
uncertain by a frame or two, a transient that nobody doubts may reach 0.5 in no single frame. The offset
is therefore moved to where 0.5 gives the best F1 of transients; since F1 hardly changes around its best,
the most cautious of the nearly best places is taken: a false transient does more harm than a missed one.

One offset does not serve all recordings: where few transients are real, more of what looks like one is false.
Where many recordings were held out, the offset follows the recording (:meth:`Calibration.for_recording`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepcinac.settings import checked, option

COARSE_SHIFTS = tuple(np.arange(-0.25, 1.3, 0.25).tolist())
FINE_SHIFTS = tuple(np.arange(-1.0, 2.01, 0.125).tolist())
NEARLY_BEST = 0.01
_EDGE = 1e-6
_SHIFTS = (0.0, 0.25, 0.5, 0.75)
_BY_ACTIVITY = (0.0, 0.4, 0.8, 1.2, 1.6)
_BY_OTHERS = (-1.2, -0.8, -0.4, 0.0, 0.4)


@dataclass(frozen=True)
class RecordingLevel:
    """What a calibration wants to know of a recording as a whole.

    ``mean_probability``: of all its cells and frames, as the network says it; ``reach_sd``: how far its
    median cell rises above the noise; ``time_bin``: how many of its frames the classifier averages.
    """

    mean_probability: float
    reach_sd: float
    time_bin: int

    @property
    def numbers(self) -> np.ndarray:
        """(3,): the log odds of the first, the logarithms of the others."""
        reach = max(self.reach_sd, _EDGE)
        return np.array([logit(self.mean_probability), np.log(reach), np.log(self.time_bin)])


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope x logit + offset): fitted on recordings that trained nothing.

    With ``by_activity``, ``by_reach`` or ``by_time_bin`` the offset is another one for each recording.
    """

    slope: float = option(1.0, "factor on the log odds", minimum=-1e3, maximum=1e3)
    offset: float = option(0.0, "added to the log odds", minimum=-1e3, maximum=1e3)
    by_activity: float = option(
        0.0, "added for each unit of the log odds of the mean probability", minimum=-10, maximum=10
    )
    by_reach: float = option(
        0.0, "added for each unit of the logarithm of the reach", minimum=-10, maximum=10
    )
    by_time_bin: float = option(
        0.0, "added for each unit of the logarithm of the time bin", minimum=-10, maximum=10
    )

    def __post_init__(self) -> None:
        checked(self, "calibration")

    @property
    def follows_recording(self) -> bool:
        """Whether the offset depends on the recording."""
        return any((self.by_activity, self.by_reach, self.by_time_bin))

    def for_recording(self, level: RecordingLevel) -> Calibration:
        """The calibration of one recording.

        >>> quiet = RecordingLevel(mean_probability=0.01, reach_sd=4.0, time_bin=1)
        >>> Calibration(1.0, 0.5, by_activity=0.4).for_recording(quiet)
        Calibration(slope=1.0, offset=-1.33805, by_activity=0.0, by_reach=0.0, by_time_bin=0.0)
        """
        if not self.follows_recording:
            return self
        factors = np.array([self.by_activity, self.by_reach, self.by_time_bin])
        return Calibration(self.slope, round(float(self.offset + factors @ level.numbers), 5))


def logit(probability: np.ndarray | float) -> np.ndarray:
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


def following_recordings(
    calibration: Calibration,
    levels: Sequence[RecordingLevel],
    quality: Callable[[np.ndarray], float],
) -> Calibration:
    """The calibration whose offset follows the recording as it is best for all of them together.

    ``quality`` takes the shift of each recording's offset (n,) and gives what is to be large, F1 at 0.5
    for instance. A factor that does not help is 0.
    """
    numbers = np.array([level.numbers for level in levels])
    centred = numbers - numbers.mean(0)

    def value(candidate: tuple[float, ...]) -> tuple[float, float]:
        shift, factors = candidate[0], np.array(candidate[1:])
        return quality(shift + centred @ factors), -float(np.abs(factors).sum())

    best = max(itertools.product(_SHIFTS, _BY_ACTIVITY, _BY_OTHERS, _BY_OTHERS), key=value)
    factors = np.array(best[1:])
    offset = calibration.offset + best[0] - float(factors @ numbers.mean(0))
    return Calibration(calibration.slope, round(offset, 5), *factors.tolist())
