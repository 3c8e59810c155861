"""Judging a network of activity on what was held out: its calibration and its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from deepcinac.evaluation.score import score_recording
from deepcinac.inputs.network_input import cell_pixels
from deepcinac.learning.calibration import (
    COARSE_SHIFTS,
    FINE_SHIFTS,
    Calibration,
    RecordingLevel,
    calibrated,
    centred_on_best,
    fit_calibration,
    following_recordings,
)
from deepcinac.learning.task import Judgement
from deepcinac.tasks.activity.model import Network
from deepcinac.tasks.activity.prediction import predict_blocks
from deepcinac.tasks.activity.settings import PredictionSettings
from deepcinac.tasks.activity.targets import Example

DECIDES = "f1"
SCORE_NAME = "F1 of transients"
RECORDING_SHIFTS = tuple(np.arange(-4.0, 3.6, 0.25).tolist())


class Score(Protocol):
    """Named scores of one recording; "f1" decides, and None is a score that is not defined there."""

    def __call__(
        self,
        active: np.ndarray,
        doubtful: np.ndarray,
        probability: np.ndarray,
        trace: np.ndarray,
        frame_rate_hz: float,
        /,
    ) -> dict[str, float | None]:
        """Score one recording; arrays (n_cells, n_frames)."""


def transient_scores(
    active: np.ndarray,
    doubtful: np.ndarray | None,
    probability: np.ndarray,
    trace: np.ndarray | None,
    frame_rate_hz: float | None,
) -> dict[str, float | None]:
    """Pooled recall, precision and F1 as in the paper, strict F1, and average precision of frames.

    All arrays (n_cells, n_frames).
    """
    scores = score_recording(active, doubtful, probability, trace, frame_rate_hz)
    together = {rule: result.pooled for rule, result in scores.rules.items()}
    paper = together.get("paper", together["runs"])
    strict = together.get("strict", together["runs"])
    return {
        DECIDES: paper.f1,
        "recall": paper.recall,
        "precision": paper.precision,
        "strict_f1": strict.f1,
        "average_precision": scores.frames.average_precision,
    }


def predict_held(
    network: Network, example: Example, settings: PredictionSettings | None = None
) -> np.ndarray:
    """Raw probability (n cells of the example, n_frames), before any calibration."""
    pixels, masks = cell_pixels(example.input.source, network.architecture.patch_px)
    return predict_blocks(
        network,
        example.input,
        pixels[example.cells],
        masks[example.cells],
        Calibration(),
        settings or PredictionSettings(),
        example.cells,
    )[..., 0]


def decision_calibration(
    held: Sequence[Example],
    probabilities: Sequence[np.ndarray],
    score: Score,
    shifts: tuple[float, ...] = FINE_SHIFTS,
) -> Calibration:
    """Calibrate raw probabilities of everything held out: single frames first, then the decision."""
    judged = [~one.targets.doubtful[one.cells] for one in held]
    active = [one.targets.active[one.cells][keep] for one, keep in zip(held, judged, strict=True)]
    chosen = [values[keep] for values, keep in zip(probabilities, judged, strict=True)]
    frames = fit_calibration(np.concatenate(active), np.concatenate(chosen))

    def quality(candidate: Calibration) -> float:
        return decision_score(held, scores_of_each(held, probabilities, candidate, score)) or 0.0

    return centred_on_best(frames, quality, shifts)


def level_of_example(example: Example, probability: np.ndarray) -> RecordingLevel:
    """The level of a recording, from the raw probabilities of its held-out cells."""
    source = example.input.source
    return RecordingLevel(float(probability.mean()), source.reach_sd or 1.0, source.plan.time_bin)


def calibration_by_recording(
    held: Sequence[Example],
    probabilities: Sequence[np.ndarray],
    calibration: Calibration,
    score: Score,
) -> Calibration:
    """The calibration with an offset that follows the recording, fitted to many held-out recordings.

    With few of them, or of one kind, it would follow what they happen to have in common.
    """
    values = np.zeros((len(held), len(RECORDING_SHIFTS)))
    for place, shift in enumerate(RECORDING_SHIFTS):
        moved = replace(calibration, offset=calibration.offset + shift)
        each = scores_of_each(held, probabilities, moved, score)
        values[:, place] = [one[DECIDES] or 0.0 for one in each]

    def quality(shifts: np.ndarray) -> float:
        found = [
            np.interp(shift, RECORDING_SHIFTS, row)
            for shift, row in zip(shifts, values, strict=True)
        ]
        return decision_score(held, [{DECIDES: float(value)} for value in found]) or 0.0

    pairs = zip(held, probabilities, strict=True)
    return following_recordings(calibration, [level_of_example(*pair) for pair in pairs], quality)


def judge(
    held: Sequence[Example],
    probabilities: Sequence[np.ndarray],
    score: Score,
    final: bool,
    calibration: Calibration | None = None,
) -> Judgement:
    """Calibration and scores of raw probabilities, over all that is held out and by kind of recording.

    With a ``calibration`` that one stays: for too little held out to fit another.
    """
    if calibration is None:
        shifts = FINE_SHIFTS if final else COARSE_SHIFTS
        calibration = decision_calibration(held, probabilities, score, shifts)
    each = scores_of_each(held, probabilities, calibration, score)
    values = mean_scores(each)
    details: dict[str, Any] = {"validation": values}
    for kind, chosen in _by_kind(held).items():
        if kind:
            own = mean_scores([each[k] for k in chosen])
            details[f"validation, {kind}"] = {"recordings": len(chosen), **own}
    return Judgement(decision_score(held, each), values, calibration, details)


def decision_score(
    held: Sequence[Example], each: Sequence[dict[str, float | None]]
) -> float | None:
    """What decides between epochs and between calibrations: F1 of transients, the worst kind first.

    With recordings of several kinds, the mean of the kinds' F1 and the lowest of them count the same,
    so that one threshold serves all kinds; None where F1 is defined nowhere.
    """
    kinds = [mean_scores([each[k] for k in chosen]) for chosen in _by_kind(held).values()]
    defined = [one[DECIDES] for one in kinds if DECIDES in one]
    if not defined:
        return None
    return round(float(np.mean(defined) + min(defined)) / 2, 5)


def _by_kind(held: Sequence[Example]) -> dict[str, list[int]]:
    """Kind -> the places of its recordings, in the order of the alphabet."""
    kinds: dict[str, list[int]] = {}
    for k, one in enumerate(held):
        kinds.setdefault(one.kind, []).append(k)
    return dict(sorted(kinds.items()))


def held_scores(
    held: Sequence[Example],
    probabilities: Sequence[np.ndarray],
    calibration: Calibration,
    score: Score,
) -> dict[str, float]:
    """Mean over the recordings of the scores of their held-out cells."""
    return mean_scores(scores_of_each(held, probabilities, calibration, score))


def scores_of_each(
    held: Sequence[Example],
    probabilities: Sequence[np.ndarray],
    calibration: Calibration,
    score: Score,
) -> list[dict[str, float | None]]:
    """The scores of the held-out cells of each recording."""
    return [
        score(
            one.targets.active[one.cells],
            one.targets.doubtful[one.cells],
            calibrated(probability, calibration.for_recording(level_of_example(one, probability))),
            one.input.trace[one.cells],
            one.input.frame_rate_hz,
        )
        for one, probability in zip(held, probabilities, strict=True)
    ]


def mean_scores(each: Sequence[dict[str, float | None]]) -> dict[str, float]:
    """Mean of each score over the recordings in which it is defined; one defined in none is left out."""
    means = {}
    for name in each[0]:
        values = [one[name] for one in each]
        defined = [value for value in values if value is not None and np.isfinite(value)]
        if defined:
            means[name] = round(float(np.mean(defined)), 5)
    return means
