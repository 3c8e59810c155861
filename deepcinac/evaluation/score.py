"""One method's predictions against the truth of one recording: everything that is reported.

Three scores stand side by side, with the same recall:

- *as in the paper* (section 2.5): precision over the putative transients that are predicted;
- *strict*: predicted activity outside any putative transient also counts as false;
- *by predicted run*: precision over maximal runs of predicted frames, whatever the trace does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation import frame_metrics as frame_rules
from deepcinac.evaluation.crosstalk import (
    CrosstalkEvents,
    CrosstalkScore,
    score_crosstalk,
    score_profile_events,
)
from deepcinac.evaluation.frame_metrics import Ranking, ReliabilityCurve
from deepcinac.evaluation.graded import GradedTransients, grade_cell, onset_errors
from deepcinac.evaluation.intervals import over_cells
from deepcinac.evaluation.matching import CellMatch, frames_in, match_cell
from deepcinac.evaluation.metrics import (
    Counts,
    Quartiles,
    Share,
    quartiles,
    ratio,
    total,
)
from deepcinac.evaluation.truth import Truth
from deepcinac.labelling.transients import raster, runs
from deepcinac.results.kinds import DEFAULT_THRESHOLD

RULES = {"paper": "as in the paper", "strict": "strict", "runs": "by predicted run"}
VISIBILITY_EDGES = (3.0, 6.0)  # noise SD: hard to see, visible, obvious
N_CURVE_POINTS = 500


@dataclass(frozen=True)
class RuleScore:
    """One of the three scores: all transients together, and cell by cell.

    ``interval``: confidence interval of the pooled F1 over cells. ``recall``, ``precision``,
    ``f1``: spread over the cells in which they are defined.
    """

    pooled: Counts
    interval: tuple[float, float] | None
    recall: Quartiles | None
    precision: Quartiles | None
    f1: Quartiles | None


@dataclass(frozen=True)
class FrameScores:
    """All frames of all cells that are not doubtful, together."""

    n_frames: int
    active_share: float | None
    average_precision: float | None
    roc_auc: float | None
    recall: float | None
    precision: float | None
    curve: Ranking


@dataclass(frozen=True)
class Proportion:
    """Share of a real transient's frames that is predicted: of the detected ones, and of all."""

    detected: Quartiles | None
    all_real: Quartiles | None


@dataclass(frozen=True)
class Scores:
    """Everything that is reported about one method on one recording.

    ``rules`` is keyed by ``RULES``; "paper" and "strict" are missing where there is no trace.
    ``cells`` (n,): number of each scored cell in the truth. ``visibility``: per cell, height of its
    real transients in noise SD, NaN where unknown. ``share_without_value``: part of the frames about which
    the method says nothing (NaN); they are part of the doubtful ones. ``profile_events``: cross-talk by
    the paper's rule in judged frames, ``profile_events_anywhere`` wherever no activity is known.
    ``graded``: per cell, the highest value in each transient. ``onsets``: per cell, rows of a real onset
    and how many frames later the predicted one is.
    """

    threshold: float
    n_frames: int
    cells: np.ndarray
    kinds: np.ndarray | None
    doubtful_share: float
    per_cell: tuple[CellMatch, ...]
    rules: dict[str, RuleScore]
    frames: FrameScores
    proportion: Proportion
    calibration: ReliabilityCurve
    crosstalk: CrosstalkScore | None
    profile_events: Share | None
    n_profile_events_left_out: int
    visibility: tuple[np.ndarray, ...] | None
    share_without_value: float = 0.0
    profile_events_anywhere: Share | None = None
    graded: tuple[GradedTransients, ...] = ()
    onsets: tuple[np.ndarray, ...] = ()
    frame_rate_hz: float | None = None

    @property
    def recall_by_visibility(self) -> dict[str, Share]:
        """Recall of transients that are hard to see, visible, and obvious."""
        if self.visibility is None:
            return {}
        height = np.concatenate(self.visibility)
        found = np.concatenate([match.share for match in self.per_cell]) > 0
        low, high = VISIBILITY_EDGES
        groups = {
            f"below {low:g} SD": height < low,
            f"{low:g} to {high:g} SD": (height >= low) & (height < high),
            f"{high:g} SD and more": height >= high,
        }
        return {name: Share(int(found[in_].sum()), int(in_.sum())) for name, in_ in groups.items()}

    @property
    def recall_by_kind(self) -> dict[str, Share]:
        """Recall for each kind of cell."""
        if self.kinds is None:
            return {}
        counted: dict[str, Share] = {}
        for kind in sorted(set(self.kinds)):
            counts = [
                m.runs for m, own in zip(self.per_cell, self.kinds, strict=True) if own == kind
            ]
            together = total(counts)
            counted[str(kind)] = Share(together.n_detected, together.n_real)
        return counted


def score_recording(
    active: np.ndarray,
    doubtful: np.ndarray | None,
    probability: np.ndarray,
    trace: np.ndarray | None,
    frame_rate_hz: float | None,
    threshold: float = DEFAULT_THRESHOLD,
    crosstalk: CrosstalkEvents | np.ndarray | None = None,
    *,
    generator: np.random.Generator | None = None,
) -> Scores:
    """Score probabilities against a raster of activity; all arrays (n_cells, n_frames).

    Real transients are the maximal runs of ``active``; use ``score`` with a ``Truth`` where they
    are known as intervals. ``crosstalk``: rows (target, source or -1, onset, peak), or the events.
    Without ``trace`` there are no putative transients, and so no score as in the paper.
    """
    active = np.asarray(active, dtype=bool)
    if active.ndim != 2:
        raise InputError("activity (n_cells, n_frames)", f"shape {active.shape}", "the truth")
    quiet = np.zeros_like(active) if doubtful is None else np.asarray(doubtful, bool) & ~active
    if quiet.shape != active.shape:
        raise InputError(f"doubtful frames of shape {active.shape}", f"{quiet.shape}", "the truth")
    if isinstance(crosstalk, np.ndarray):
        crosstalk = CrosstalkEvents.from_table(crosstalk)
    truth = Truth(
        transients=tuple(runs(row) for row in active),
        doubtful=quiet,
        trace=trace,
        frame_rate_hz=frame_rate_hz,
        crosstalk=crosstalk,
    )
    return score(truth, probability, threshold=threshold, generator=generator)


def score(
    truth: Truth,
    probability: np.ndarray,
    cells: np.ndarray | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    generator: np.random.Generator | None = None,
    where: str | Path = "the predictions",
) -> Scores:
    """Score ``probability`` (n, n_frames) of the cells with the numbers ``cells`` (n,); None: all.

    ``generator`` draws the cells for the confidence intervals (None: a fixed seed); ``where`` names
    the predictions in a complaint about them.
    """
    n_cells, n_frames = truth.shape
    cells = np.arange(n_cells) if cells is None else np.asarray(cells)
    probability = _checked(probability, cells, n_cells, n_frames, where)
    if not 0 < threshold <= 1:
        raise InputError("a threshold above 0, at most 1", f"{threshold:g}", "the threshold")
    known, probability, n_without = _where_said(truth.of_cells(cells), probability)
    active = np.array([raster(real, n_frames) for real in known.transients])
    doubtful = known.doubtful & ~active
    predicted = probability >= threshold
    putative = find_putative(known.trace, known.frame_rate_hz, (len(cells), n_frames))
    matches = tuple(
        match_cell(real, rises, *rows)
        for real, rises, *rows in zip(known.transients, putative, predicted, doubtful, strict=True)
    )
    counted = ~doubtful
    active_frames, frame_probability = active[counted], probability[counted]
    by_profile, anywhere, n_left_out = None, None, 0
    if known.profile_events is not None:
        anywhere, _ = score_profile_events(known.profile_events, predicted, active)
        by_profile, n_left_out = score_profile_events(
            known.profile_events, predicted, active | doubtful
        )
    return Scores(
        threshold=threshold,
        n_frames=n_frames,
        cells=cells,
        kinds=known.kinds,
        doubtful_share=float(doubtful.mean()),
        share_without_value=n_without / probability.size,
        per_cell=matches,
        rules=_rules(matches, generator or np.random.default_rng(0)),
        frames=_frame_scores(active_frames, frame_probability, threshold),
        proportion=_proportion(matches),
        calibration=frame_rules.reliability_curve(active_frames, frame_probability),
        crosstalk=score_crosstalk(known.crosstalk, predicted) if known.crosstalk else None,
        profile_events=by_profile,
        n_profile_events_left_out=n_left_out,
        visibility=known.visibility,
        profile_events_anywhere=anywhere,
        graded=tuple(
            grade_cell(real, rises, row, unsure)
            for real, rises, row, unsure in zip(
                known.transients, putative, probability, doubtful, strict=True
            )
        ),
        onsets=tuple(
            onset_errors(real, row) for real, row in zip(known.transients, predicted, strict=True)
        ),
        frame_rate_hz=known.frame_rate_hz,
    )


def _where_said(truth: Truth, probability: np.ndarray) -> tuple[Truth, np.ndarray, int]:
    """The truth about frames with a value, the values with 0 for NaN, and the number of frames without.

    Many methods say nothing at both ends of a recording (NaN). Such frames are not judged, and a
    transient that lies in them alone is neither found nor missed.
    """
    silent = np.isnan(probability)
    if not silent.any():
        return truth, probability, 0
    kept = [frames_in(real, ~own) > 0 for real, own in zip(truth.transients, silent, strict=True)]
    pairs = zip(truth.transients, kept, strict=True)
    visibility = truth.visibility
    if visibility is not None:
        visibility = tuple(h[own] for h, own in zip(visibility, kept, strict=True))
    known = replace(
        truth,
        transients=tuple(real[own] for real, own in pairs),
        doubtful=truth.doubtful | silent,
        visibility=visibility,
    )
    return known, np.where(silent, 0, probability), int(silent.sum())


def find_putative(
    trace: np.ndarray | None, frame_rate_hz: float | None, shape: tuple[int, int]
) -> Sequence[np.ndarray | None]:
    """Putative transients of each cell, intervals (n, 2); None for each without a ``trace``."""
    from deepcinac.recording.traces import putative_transients, smooth

    if trace is None:
        return [None] * shape[0]
    if np.shape(trace) != shape:
        raise InputError(f"traces of shape {shape}", f"{np.shape(trace)}", "the traces")
    if frame_rate_hz is None:
        raise InputError(
            "a frame rate, to smooth the traces",
            "none",
            "the truth",
            "give it in Hz with --frame-rate",
        )
    traces = np.asarray(trace, dtype=float)
    return [putative_transients(smooth(row, frame_rate_hz)) for row in traces]


def _checked(
    probability: np.ndarray, cells: np.ndarray, n_cells: int, n_frames: int, where: str | Path
) -> np.ndarray:
    probability = np.asarray(probability, dtype=float)
    if not len(cells):
        raise InputError("predictions of at least one cell", "none", where)
    if probability.shape != (len(cells), n_frames):
        raise InputError(
            f"{len(cells)} cells x {n_frames} frames, as in the truth",
            f"shape {probability.shape}",
            where,
            "Predictions of some of the cells must say which, in an array named cells",
        )
    if np.isinf(probability).any() or np.isnan(probability).all():
        raise InputError("a probability for every frame, or NaN", "infinity or NaN alone", where)
    low, high = np.nanmin(probability), np.nanmax(probability)
    if low < 0 or high > 1:
        raise InputError("probabilities from 0 to 1", f"values from {low:g} to {high:g}", where)
    whole = np.issubdtype(cells.dtype, np.integer)
    if (
        not whole
        or len(set(cells.tolist())) != len(cells)
        or ((cells < 0) | (cells >= n_cells)).any()
    ):
        raise InputError(
            f"different cell numbers from 0 to {n_cells - 1}", "others", f"cells of {where}"
        )
    return probability


def _rules(matches: Sequence[CellMatch], generator: np.random.Generator) -> dict[str, RuleScore]:
    scores = {}
    for rule in RULES:
        counts = [getattr(match, rule) for match in matches]
        if None in counts or not counts:
            continue
        counts = cast(list[Counts], counts)
        scores[rule] = RuleScore(
            pooled=total(counts),
            interval=over_cells([counts], generator).f1,
            recall=quartiles(c.recall for c in counts),
            precision=quartiles(c.precision for c in counts),
            f1=quartiles(c.f1 for c in counts),
        )
    return scores


def _frame_scores(active: np.ndarray, probability: np.ndarray, threshold: float) -> FrameScores:
    ranking = frame_rules.rank(active, probability)
    predicted = probability >= threshold
    n_true = int((predicted & active).sum())
    return FrameScores(
        n_frames=len(active),
        active_share=ratio(float(active.sum()), len(active)),
        average_precision=frame_rules.average_precision(ranking),
        roc_auc=frame_rules.roc_auc(ranking),
        recall=ratio(n_true, float(active.sum())),
        precision=ratio(n_true, float(predicted.sum())),
        curve=frame_rules.thinned(ranking, N_CURVE_POINTS),
    )


def _proportion(matches: Sequence[CellMatch]) -> Proportion:
    share = np.concatenate([match.share for match in matches]) if matches else np.empty(0)
    return Proportion(detected=quartiles(share[share > 0]), all_real=quartiles(share))
