"""The numbers behind each figure of the report, as rows: what a figure draws is what its CSV holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcinac.evaluation.frame_metrics import N_BINS
from deepcinac.evaluation.graded import FN, FP, TN, TP, transient_curve
from deepcinac.evaluation.intervals import MEASURES, over_cells, over_recordings
from deepcinac.evaluation.metrics import Share, ratio, total
from deepcinac.evaluation.study import PROBABILITY, TRANSIENTS, Entry, Study

Row = dict[str, Any]
N_CURVE_POINTS = 400
HEIGHT_EDGES = (0.0, 2.0, 3.0, 4.0, 6.0, 10.0, float("inf"))  # noise SD
PAPER_JUDGED, PAPER_ANYWHERE = "paper's rule, judged frames", "paper's rule, all frames"


def cell_rows(study: Study) -> list[Row]:
    """A row for each method and cell: recall, precision and F1 by each rule."""
    rows = []
    for entry in study.entries:
        scores = entry.scores
        for place, (cell, match) in enumerate(zip(scores.cells, scores.per_cell, strict=True)):
            row: Row = {
                "method": entry.method,
                "recording": entry.recording,
                "cell": int(cell),
                "kind": "" if scores.kinds is None else str(scores.kinds[place]),
                "against": entry.against,
                "n_real": match.runs.n_real,
                "n_detected": match.runs.n_detected,
                "recall": match.runs.recall,
            }
            for rule in study.rules:
                counts = getattr(match, rule)
                row[f"precision_{rule}"] = counts.precision
                row[f"f1_{rule}"] = counts.f1
            rows.append(row)
    return rows


def total_rows(study: Study) -> list[Row]:
    """A row for each method, rule and measure: all transients together, with both intervals."""
    rows = []
    for method in study.methods:
        for rule in study.rules:
            counts = study.counts(method, rule)
            pooled = total(count for cells in counts for count in cells)
            by_cell = over_cells(counts, np.random.default_rng(study.seed))
            by_recording = over_recordings(counts, np.random.default_rng(study.seed))
            for measure in MEASURES:
                low, high = getattr(by_cell, measure) or (None, None)
                lowest, highest = getattr(by_recording, measure) or (None, None)
                rows.append(
                    {
                        "method": method,
                        "rule": rule,
                        "measure": measure,
                        "value": getattr(pooled, measure),
                        "low_over_cells": low,
                        "high_over_cells": high,
                        "low_over_recordings": lowest,
                        "high_over_recordings": highest,
                        "n_cells": sum(len(cells) for cells in counts),
                        "n_recordings": len(counts),
                        "n_real": pooled.n_real,
                        "n_detected": pooled.n_detected,
                        "n_predicted": pooled.n_predicted,
                        "n_true": pooled.n_true,
                    }
                )
    return rows


def curve_rows(study: Study) -> list[Row]:
    """Precision against recall of transients as in the paper; one row is marked as the chosen threshold.

    A method that says yes and no is one point. With several recordings the points of the curve are at
    a threshold common to all, and the chosen one is what each recording's own threshold gives.
    """
    rows = []
    for method in study.methods:
        entries = study.of(method)
        pooled = total(count for cells in study.counts(method, study.main_rule) for count in cells)
        if pooled.recall is None:
            continue
        if study.says(method) != TRANSIENTS:
            rows += _curve_points(method, entries)
        if pooled.precision is not None:
            thresholds = {entry.scores.threshold for entry in entries}
            threshold = thresholds.pop() if len(thresholds) == 1 else None
            rows.append(_point(method, threshold, pooled.recall, pooled.precision, True))
    return rows


def _curve_points(method: str, entries: Sequence[Entry]) -> list[Row]:
    curve = transient_curve([cell for entry in entries for cell in entry.scores.graded])
    if curve is None:
        return []
    n = len(curve.threshold)
    kept = np.arange(n)
    if n > N_CURVE_POINTS:
        kept = np.unique(np.linspace(0, n - 1, N_CURVE_POINTS).round().astype(int))
    return [
        _point(method, float(t), float(r), float(p), False)
        for t, r, p in zip(
            curve.threshold[kept], curve.recall[kept], curve.precision[kept], strict=True
        )
    ]


def _point(
    method: str, threshold: float | None, recall: float, precision: float, chosen: bool
) -> Row:
    return {
        "method": method,
        "threshold": threshold,
        "recall": recall,
        "precision": precision,
        "chosen": int(chosen),
    }


def share_rows(study: Study) -> list[Row]:
    """A row for each method and real transient: the share of its frames that was predicted."""
    return [
        {
            "method": entry.method,
            "recording": entry.recording,
            "cell": int(cell),
            "onset_frame": int(onset),
            "peak_frame": int(peak),
            "share_predicted": float(share),
        }
        for entry in study.entries
        for cell, match in zip(entry.scores.cells, entry.scores.per_cell, strict=True)
        for (onset, peak), share in zip(match.real, match.share, strict=True)
    ]


def outcome_rows(study: Study) -> list[Row]:
    """A row for each transient, real or putative: its highest value and what became of it.

    Only of methods whose values are graded. FP and TN need traces, which putative transients are rises of.
    """
    rows = []
    for entry in study.entries:
        if entry.says == TRANSIENTS:
            continue
        scores = entry.scores
        cells = zip(scores.cells, scores.per_cell, scores.graded, strict=True)
        for cell, match, graded in cells:
            groups = [(match.real, graded.real, (TP, FN))]
            if graded.quiet is not None and graded.false is not None:
                groups.append((graded.quiet, graded.false, (FP, TN)))
            for intervals, values, (above, below) in groups:
                for (onset, peak), value in zip(intervals, values, strict=True):
                    rows.append(
                        {
                            "method": entry.method,
                            "recording": entry.recording,
                            "cell": int(cell),
                            "onset_frame": int(onset),
                            "peak_frame": int(peak),
                            "outcome": above if value >= scores.threshold else below,
                            "value": float(value),
                            "threshold": scores.threshold,
                        }
                    )
    return rows


def reliability_rows(study: Study) -> list[Row]:
    """A row for each bin of probability: what was promised, and how often it happened."""
    rows = []
    for method in study.methods:
        if study.says(method) != PROBABILITY:
            continue
        curves = [entry.scores.calibration for entry in study.of(method)]
        n_frames = np.sum([curve.n_frames for curve in curves], axis=0)
        sums = [
            np.nansum([getattr(curve, name) * curve.n_frames for curve in curves], axis=0)
            for name in ("mean_probability", "observed")
        ]
        for place in range(N_BINS):
            n = int(n_frames[place])
            rows.append(
                {
                    "method": method,
                    "from_probability": float(curves[0].edges[place]),
                    "to_probability": float(curves[0].edges[place + 1]),
                    "n_frames": n,
                    "mean_probability": ratio(float(sums[0][place]), n),
                    "share_active": ratio(float(sums[1][place]), n),
                }
            )
    return rows


def onset_rows(study: Study) -> list[Row]:
    """A row for each matched transient: how much later than the real onset the predicted one is."""
    rows = []
    for entry in study.entries:
        rate = entry.scores.frame_rate_hz
        for cell, found in zip(entry.scores.cells, entry.scores.onsets, strict=True):
            for onset, late in found.tolist():
                rows.append(
                    {
                        "method": entry.method,
                        "recording": entry.recording,
                        "cell": int(cell),
                        "onset_frame": onset,
                        "error_frames": late,
                        "error_ms": None if rate is None else 1000 * late / rate,
                    }
                )
    return rows


def crosstalk_rows(study: Study) -> list[Row]:
    """A row for each method, origin of the masks and kind of cross-talk: the share that was rejected."""
    masks = {recording.name: recording.masks or "unknown" for recording in study.recordings}
    rows = []
    for method in study.methods:
        found: dict[tuple[str, str], list[Share]] = {}
        for entry in study.of(method):
            for kind, share in _crosstalk_groups(entry).items():
                if share is not None:
                    found.setdefault((masks[entry.recording], kind), []).append(share)
        for (origin, kind), shares in found.items():
            together = Share(sum(s.n_part for s in shares), sum(s.n for s in shares))
            if together.n:
                rows.append(
                    {
                        "method": method,
                        "masks": origin,
                        "kind": kind,
                        "n_events": together.n,
                        "n_rejected": together.n_part,
                        "share_rejected": together.value,
                    }
                )
    return rows


def _crosstalk_groups(entry: Entry) -> dict[str, Share | None]:
    scores = entry.scores
    judged, anywhere = scores.profile_events, scores.profile_events_anywhere
    groups: dict[str, Share | None] = {PAPER_JUDGED: judged}
    if anywhere is not None and judged is not None and anywhere.n > judged.n:
        groups[PAPER_ANYWHERE] = anywhere
    if scores.crosstalk is not None:
        known = scores.crosstalk
        groups |= {
            "known, all": known.all,
            "known, overlap of 15 % and more": known.overlapping,
            "known, from outside any cell": known.from_elsewhere,
        }
    return groups


def agreement_rows(study: Study) -> list[Row]:
    """A row for each two of all: F1 of transients matched one to one, and kappa of frames."""
    return [
        {
            "first": first,
            "second": second,
            "f1": found.f1,
            "kappa": found.kappa,
            "n_matched": found.n_matched,
            "n_first": found.n_first,
            "n_second": found.n_second,
            "n_frames": found.frames.n,
            "n_cells": found.n_cells,
            "share_labels": int(frozenset((first, second)) in study.related),
        }
        for (first, second), found in study.agreements.items()
    ]


def pair_rows(study: Study) -> list[Row]:
    """A row for each two methods and each cell (or recording): both F1 and their difference."""
    rows = []
    units = [("cell", study.f1_of_cells)]
    if len(study.recordings) > 1:
        units.append(("recording", study.f1_of_recordings))
    for gap in study.differences:
        f1_of = dict(units)[gap.unit]
        first, second = f1_of(gap.first), f1_of(gap.second)
        for unit in first:
            if unit not in second:
                continue
            recording, cell = unit if isinstance(unit, tuple) else (unit, None)
            rows.append(
                {
                    "first": gap.first,
                    "second": gap.second,
                    "unit": gap.unit,
                    "recording": recording,
                    "cell": cell,
                    "f1_first": first[unit],
                    "f1_second": second[unit],
                    "difference": first[unit] - second[unit],
                }
            )
    return rows


def visibility_rows(study: Study) -> list[Row]:
    """A row for each method and range of heights over the noise: how many transients, how many found."""
    rows = []
    for method in study.methods:
        known = [entry.scores for entry in study.of(method) if entry.scores.visibility is not None]
        if not known:
            continue
        height = np.concatenate([h for scores in known for h in scores.visibility or ()])
        found = np.concatenate([m.share for scores in known for m in scores.per_cell]) > 0
        for low, high in zip(HEIGHT_EDGES, HEIGHT_EDGES[1:], strict=False):
            inside = (height >= low) & (height < high)
            share = Share(int(found[inside].sum()), int(inside.sum()))
            rows.append(
                {
                    "method": method,
                    "from_noise_sd": low,
                    "to_noise_sd": high,
                    "n_real": share.n,
                    "n_detected": share.n_part,
                    "recall": share.value,
                }
            )
    return rows


def frame_rows(study: Study) -> list[Row]:
    """A row for each method and recording: scores of frames, and what was left out."""
    return [
        {
            "method": entry.method,
            "recording": entry.recording,
            "threshold": entry.scores.threshold,
            "average_precision": entry.scores.frames.average_precision,
            "roc_auc": entry.scores.frames.roc_auc,
            "recall_of_frames": entry.scores.frames.recall,
            "precision_of_frames": entry.scores.frames.precision,
            "calibration_error": entry.scores.calibration.error
            if entry.says == PROBABILITY
            else None,
            "share_doubtful": entry.scores.doubtful_share,
        }
        for entry in study.entries
    ]
