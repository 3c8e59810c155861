"""The few numbers by which training compares one epoch with another."""

from __future__ import annotations

import numpy as np

from deepcinac.evaluation.score import score_recording


def validation_scores(
    active: np.ndarray,
    doubtful: np.ndarray | None,
    probability: np.ndarray,
    trace: np.ndarray | None,
    frame_rate_hz: float | None,
) -> dict[str, float]:
    """Pooled recall, precision and F1 as in the paper, strict F1, and average precision of frames.

    All arrays (n_cells, n_frames). What is undefined is NaN.
    """
    scores = score_recording(active, doubtful, probability, trace, frame_rate_hz)
    together = {rule: result.pooled for rule, result in scores.rules.items()}
    paper = together.get("paper", together["runs"])
    strict = together.get("strict", together["runs"])
    named = {
        "f1": paper.f1,
        "recall": paper.recall,
        "precision": paper.precision,
        "strict_f1": strict.f1,
        "average_precision": scores.frames.average_precision,
    }
    return {name: float("nan") if value is None else value for name, value in named.items()}
