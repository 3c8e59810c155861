"""Judging a network on what was held out: its calibration and its scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcinac.classifier.calibration import (
    FINE_SHIFTS,
    calibrated,
    centred_on_best,
    fit_calibration,
)
from deepcinac.classifier.card import Calibration
from deepcinac.classifier.network import Network
from deepcinac.classifier.options import PredictionSettings
from deepcinac.classifier.prediction import predict_blocks
from deepcinac.classifier.recordings import PreparedRecording, cell_pixels

# (active, doubtful, probability, trace, frame_rate_hz) -> named scores; "f1" decides.
Score = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float], dict[str, float]]


@dataclass
class Held:
    """A recording and the cells of it that are only ever scored."""

    prepared: PreparedRecording
    cells: np.ndarray
    kind: str = ""


def predict_held(
    network: Network, prepared: PreparedRecording, cells: np.ndarray, calibration: Calibration
) -> np.ndarray:
    """Probability (n chosen cells, n_frames) from a prepared recording."""
    pixels, masks = cell_pixels(prepared.recording, network.architecture.patch_px)
    return predict_blocks(
        network, prepared, pixels[cells], masks[cells], calibration, PredictionSettings(), cells
    )[..., 0]


def decision_calibration(
    held: list[Held],
    probabilities: list[np.ndarray],
    score: Score,
    shifts: tuple[float, ...] = FINE_SHIFTS,
) -> Calibration:
    """Calibrate raw probabilities of everything held out: single frames first, then the decision."""
    judged = [~one.prepared.doubtful[one.cells] for one in held]
    active = [one.prepared.active[one.cells][keep] for one, keep in zip(held, judged, strict=True)]
    chosen = [values[keep] for values, keep in zip(probabilities, judged, strict=True)]
    frames = fit_calibration(np.concatenate(active), np.concatenate(chosen))
    return centred_on_best(
        frames, lambda c: held_scores(held, probabilities, c, score)["f1"], shifts
    )


def judge(
    network: Network, held: list[Held], score: Score, fallback: dict[str, float]
) -> tuple[Calibration, dict[str, Any]]:
    """The final calibration of a network, and its scores over all held-out recordings and by kind.

    Without held-out recordings the ``fallback`` (slope, offset) stays and there is nothing to report.
    """
    if not held:
        return Calibration(**fallback), {}
    probabilities = [predict_held(network, one.prepared, one.cells, Calibration()) for one in held]
    calibration = decision_calibration(held, probabilities, score)
    scores: dict[str, Any] = {"validation": held_scores(held, probabilities, calibration, score)}
    for kind in sorted({one.kind for one in held if one.kind}):
        chosen = [k for k, one in enumerate(held) if one.kind == kind]
        scores[f"validation, {kind}"] = {
            "recordings": len(chosen),
            **held_scores(
                [held[k] for k in chosen], [probabilities[k] for k in chosen], calibration, score
            ),
        }
    return calibration, scores


def held_scores(
    held: list[Held], probabilities: list[np.ndarray], calibration: Calibration, score: Score
) -> dict[str, float]:
    """Mean over the recordings of the scores of their held-out cells.

    A score that is undefined everywhere (no transient was held out) is left out; F1 is then 0, so that
    every epoch is as good as the last.
    """
    results = [
        score(
            one.prepared.active[one.cells],
            one.prepared.doubtful[one.cells],
            calibrated(probability, calibration),
            one.prepared.trace[one.cells],
            one.prepared.recording.plan.frame_rate_hz,
        )
        for one, probability in zip(held, probabilities, strict=True)
    ]
    means = {"f1": 0.0}
    for name in results[0]:
        defined = [result[name] for result in results if np.isfinite(result[name])]
        if defined:
            means[name] = round(float(np.mean(defined)), 5)
    return means
