"""Scores as plain JSON, and as tables with one row per cell or per transient."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deepcinac.evaluation.metrics import Counts, Quartiles, Share
from deepcinac.evaluation.report import Method
from deepcinac.evaluation.score import RULES, RuleScore, Scores
from deepcinac.files import defused, written_atomically
from deepcinac.version import __version__


def as_dict(method: Method) -> dict[str, Any]:
    """Everything, in plain JSON types; None stands where a number is undefined."""
    scores = method.scores
    frames, calibration = scores.frames, scores.calibration
    return {
        "method": method.name,
        "version": __version__,
        "threshold": scores.threshold,
        "n_cells": len(scores.cells),
        "n_frames": scores.n_frames,
        "doubtful_share": scores.doubtful_share,
        "transients": {rule: _rule_dict(result) for rule, result in scores.rules.items()},
        "frames": {
            "n": frames.n_frames,
            "active_share": frames.active_share,
            "average_precision": frames.average_precision,
            "roc_auc": frames.roc_auc,
            "recall": frames.recall,
            "precision": frames.precision,
        },
        "proportion_of_frames": {
            "detected": _spread_dict(scores.proportion.detected),
            "all_real": _spread_dict(scores.proportion.all_real),
        },
        "crosstalk": _crosstalk_dict(scores),
        "recall_by_visibility": {k: _share(v) for k, v in scores.recall_by_visibility.items()},
        "recall_by_kind": {k: _share(v) for k, v in scores.recall_by_kind.items()},
        "calibration": {
            "error": calibration.error,
            "brier": calibration.brier,
            "edges": [round(float(edge), 6) for edge in calibration.edges],
            "mean_probability": [_finite(v) for v in calibration.mean_probability],
            "observed": [_finite(v) for v in calibration.observed],
            "n_frames": [int(n) for n in calibration.n_frames],
        },
        "cells": per_cell_rows([method]),
    }


def _rule_dict(result: RuleScore) -> dict[str, Any]:
    counts = result.pooled
    return {
        "pooled": {
            "recall": counts.recall,
            "precision": counts.precision,
            "f1": counts.f1,
            "f1_95_percent": result.interval,
            "n_real": counts.n_real,
            "n_detected": counts.n_detected,
            "n_predicted": counts.n_predicted,
            "n_true": counts.n_true,
        },
        "per_cell": {
            "recall": _spread_dict(result.recall),
            "precision": _spread_dict(result.precision),
            "f1": _spread_dict(result.f1),
        },
    }


def _crosstalk_dict(scores: Scores) -> dict[str, Any] | None:
    known, by_rule = scores.crosstalk, scores.profile_events
    if known is None and by_rule is None:
        return None
    content: dict[str, Any] = {
        "paper_rule": _share(by_rule),
        "paper_rule_left_out": scores.n_profile_events_left_out,
    }
    if known is not None:
        content |= {
            "all": _share(known.all),
            "from_cells": _share(known.from_cells),
            "from_elsewhere": _share(known.from_elsewhere),
            "overlap_15_percent": _share(known.overlapping),
            "strong": _share(known.strong),
            "n_targets": known.n_targets,
        }
    return content


def _spread_dict(value: Quartiles | None) -> dict[str, float] | None:
    return (
        None
        if value is None
        else {"median": value.median, "q1": value.q1, "q3": value.q3, "n": value.n}
    )


def _share(value: Share | None) -> dict[str, Any] | None:
    return None if value is None else {"share": value.value, "n": value.n}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def per_cell_rows(methods: Sequence[Method]) -> list[dict[str, Any]]:
    """One row per method and cell: counts and ratios of each score."""
    rows = []
    for method in methods:
        scores = method.scores
        for row, (cell, match) in enumerate(zip(scores.cells, scores.per_cell, strict=True)):
            content: dict[str, Any] = {
                "method": method.name,
                "cell": int(cell),
                "kind": "" if scores.kinds is None else str(scores.kinds[row]),
                "n_real": match.runs.n_real,
                "n_detected": match.runs.n_detected,
                "n_putative": match.n_putative,
                "n_putative_excluded": match.n_excluded,
                "recall": match.runs.recall,
            }
            for rule in RULES:
                counts: Counts | None = getattr(match, rule)
                content[f"n_predicted_{rule}"] = counts and counts.n_predicted
                content[f"n_true_{rule}"] = counts and counts.n_true
                content[f"precision_{rule}"] = counts and counts.precision
                content[f"f1_{rule}"] = counts and counts.f1
            rows.append(content)
    return rows


def transient_rows(methods: Sequence[Method]) -> list[dict[str, Any]]:
    """One row per method and transient that is real or was predicted, in the order of the frames.

    ``outcome``: "detected", "missed", "false" (a putative transient, predicted, nothing real in it)
    or "outside" (a predicted run away from every putative transient). Frames are counted from 0.
    """
    rows = []
    for method in methods:
        scores = method.scores
        for row, (cell, match) in enumerate(zip(scores.cells, scores.per_cell, strict=True)):
            heights = scores.visibility[row] if scores.visibility else [math.nan] * len(match.real)
            found: list[tuple[int, int, str, float | None, float | None]] = []
            for (onset, peak), part, height in zip(match.real, match.share, heights, strict=True):
                outcome = "detected" if part > 0 else "missed"
                found.append((int(onset), int(peak), outcome, float(part), _finite(height)))
            for outcome, intervals in (("false", match.false), ("outside", match.outside)):
                found += [(int(a), int(b), outcome, None, None) for a, b in intervals]
            for onset, peak, outcome, share, height in sorted(found, key=lambda entry: entry[:2]):
                rows.append(
                    {
                        "method": method.name,
                        "cell": int(cell),
                        "onset_frame": onset,
                        "peak_frame": peak,
                        "outcome": outcome,
                        "share_predicted": share,
                        "height_sd": height,
                    }
                )
    return rows


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows that share their keys; undefined numbers are empty."""
    with (
        written_atomically(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else ["method"])
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return defused(value)
    return f"{value:.6g}" if isinstance(value, float) else value
