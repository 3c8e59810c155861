"""Which transients were found: intervals of frames against a raster of predicted frames.

All intervals are pairs (first, last), both included, as an integer array (n, 2). Truth comes as
intervals, so that two transients that touch stay two; a raster is derived from them. The rules are
those of the DeepCINAC paper, section 2.5, made exact where the text leaves a choice:

- a transient is predicted when at least one of its frames is;
- a putative transient is real when it shares a frame with a real transient;
- a putative transient that touches doubtful frames and no real transient is left out;
- a predicted real transient that no putative transient touches counts as one true detection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.metrics import Counts
from deepcinac.labelling.transients import raster, runs


def frames_in(intervals: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Number of true frames of ``mask`` in each of the ``intervals``, (n,) int."""
    total = np.concatenate(([0], np.cumsum(np.asarray(mask, bool))))
    return total[intervals[:, 1] + 1] - total[intervals[:, 0]]


def touches(intervals: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Whether each of the ``intervals`` holds a true frame of ``mask``, (n,) bool."""
    return frames_in(intervals, mask) > 0


def share_of_frames(intervals: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """True frames of ``mask`` over all frames, for each of the ``intervals``, (n,) in 0..1."""
    return frames_in(intervals, mask) / (intervals[:, 1] - intervals[:, 0] + 1)


@dataclass(frozen=True)
class CellMatch:
    """What became of the transients of one cell.

    ``real`` (n, 2) with ``share`` (n,), the share of each one's frames that was predicted;
    ``false`` (n, 2): putative transients predicted though nothing real touches them; ``outside``
    (n, 2): predicted runs that touch no putative transient, nothing real and nothing doubtful. The
    first two counts, and ``n_putative`` and ``n_excluded``, are None without putative transients.
    """

    real: np.ndarray
    share: np.ndarray
    false: np.ndarray
    outside: np.ndarray
    n_putative: int | None
    n_excluded: int | None
    paper: Counts | None
    strict: Counts | None
    runs: Counts


def match_cell(
    real: np.ndarray,
    putative: np.ndarray | None,
    predicted: np.ndarray,
    doubtful: np.ndarray,
) -> CellMatch:
    """Match one cell's predicted frames with its real and putative transients.

    Parameters
    ----------
    real, putative
        Intervals (n, 2); ``putative`` None when there is no trace to find them on.
    predicted, doubtful
        (n_frames,) bool. A frame inside a real transient is never doubtful.
    """
    active = raster(real, len(predicted))
    doubtful = np.asarray(doubtful, bool) & ~active
    share = share_of_frames(real, predicted)
    found = runs(predicted)
    judged = found[touches(found, active) | ~touches(found, doubtful)]
    by_run = _counts(share, int(touches(judged, active).sum()), len(judged))
    nothing = np.empty((0, 2), dtype=np.int64)
    if putative is None:
        return CellMatch(real, share, nothing, nothing, None, None, None, None, by_run)

    is_real = touches(putative, active)
    excluded = ~is_real & touches(putative, doubtful)
    hit = touches(putative, predicted)
    false = putative[hit & ~is_real & ~excluded]
    rising = raster(putative, len(predicted))
    without_rise = (share > 0) & ~touches(real, rising)
    n_true = int((hit & is_real).sum() + without_rise.sum())
    outside = judged[~touches(judged, active) & ~touches(judged, rising)]
    return CellMatch(
        real=real,
        share=share,
        false=false,
        outside=outside,
        n_putative=int((~excluded).sum()),
        n_excluded=int(excluded.sum()),
        paper=_counts(share, n_true, n_true + len(false)),
        strict=_counts(share, n_true, n_true + len(false) + len(outside)),
        runs=by_run,
    )


def _counts(share: np.ndarray, n_true: int, n_predicted: int) -> Counts:
    return Counts(
        n_real=len(share),
        n_detected=int((share > 0).sum()),
        n_predicted=n_predicted,
        n_true=n_true,
    )
