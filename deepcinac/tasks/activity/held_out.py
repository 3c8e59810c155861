"""What is held out, looked at more closely: how sure its score is, and where the network is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.intervals import CONFIDENCE, N_RESAMPLES, Interval
from deepcinac.evaluation.score import score_recording
from deepcinac.labelling.transients import runs
from deepcinac.learning.calibration import Calibration, calibrated
from deepcinac.results.kinds import DEFAULT_THRESHOLD
from deepcinac.tasks.activity.score import level_of_example
from deepcinac.tasks.activity.targets import Example

MISSED, FALSE = "missed", "false"
MOST_MISTAKES = 20


def f1_interval(
    held: Sequence[Example], probabilities: Sequence[np.ndarray], calibration: Calibration
) -> Interval | None:
    """95 % interval of F1 of transients: over the cells of one recording, else over the recordings.

    None where there are fewer than two of them, and for recordings of several kinds, whose score is no
    mean of them.
    """
    if not held or len({one.kind for one in held}) > 1:
        return None
    rules = []
    for one, probability in zip(held, probabilities, strict=True):
        scores = score_recording(
            one.targets.active[one.cells],
            one.targets.doubtful[one.cells],
            _seen(one, probability, calibration),
            one.input.trace[one.cells],
            one.input.frame_rate_hz,
        )
        rules.append(scores.rules.get("paper", scores.rules["runs"]))
    if len(rules) == 1:
        return rules[0].interval
    f1 = np.array([rule.pooled.f1 for rule in rules if rule.pooled.f1 is not None], float)
    if len(f1) < 2:
        return None
    drawn = np.random.default_rng(0).choice(f1, (N_RESAMPLES, len(f1))).mean(axis=1)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return float(low), float(high)


def _seen(one: Example, probability: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Calibrated as a prediction of this recording would be."""
    return calibrated(probability, calibration.for_recording(level_of_example(one, probability)))


def mistakes_of(
    held: Sequence[Example],
    probabilities: Sequence[np.ndarray],
    calibration: Calibration,
    paths: Sequence[Path],
    most: int = MOST_MISTAKES,
) -> list[dict[str, Any]]:
    """Where the network is wrong, the surest mistakes first, in frames of the movies.

    ``paths``: the recordings by the numbers that their inputs are named by. A record has "path", "cell",
    "first" and "last" frame, "kind" ("missed" or "false"), and "probability", the highest in these frames.
    """
    found: list[tuple[float, dict[str, Any]]] = []
    for one, probability in zip(held, probabilities, strict=True):
        seen = _seen(one, probability, calibration)
        step, path = one.input.source.plan.time_bin, paths[int(one.input.name)]
        for row, cell in enumerate(one.cells.tolist()):
            active, doubtful = one.targets.active[cell], one.targets.doubtful[cell]
            for kind, first, last in _mistakes(active, doubtful, seen[row]):
                highest = float(seen[row, first : last + 1].max())
                record = {
                    "path": str(path),
                    "cell": cell,
                    "first": (one.first_frame + first) * step,
                    "last": (one.first_frame + last + 1) * step - 1,
                    "kind": kind,
                    "probability": round(highest, 3),
                }
                found.append((highest if kind == FALSE else 1 - highest, record))
    found.sort(key=lambda pair: -pair[0])
    return [record for _, record in found[:most]]


def _mistakes(
    active: np.ndarray, doubtful: np.ndarray, probability: np.ndarray
) -> list[tuple[str, int, int]]:
    """Kind, first and last frame of the mistakes in one cell; all arrays (n_frames,).

    >>> active = np.array([0, 1, 1, 0, 0, 0, 0, 0], bool)
    >>> _mistakes(active, np.zeros(8, bool), np.array([0, 0.2, 0.1, 0, 0, 0.9, 0.8, 0]))
    [('missed', 1, 2), ('false', 5, 6)]
    """
    predicted = probability >= DEFAULT_THRESHOLD
    missed = [
        (MISSED, first, last)
        for first, last in runs(active).tolist()
        if not predicted[first : last + 1].any()
    ]
    false = [
        (FALSE, first, last)
        for first, last in runs(predicted).tolist()
        if not (active | doubtful)[first : last + 1].any()
    ]
    return missed + false
