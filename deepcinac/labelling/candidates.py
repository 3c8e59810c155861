"""Where a transient may begin and peak: help for manual labelling.

Candidates are the onsets and peaks of the putative transients of a smoothed trace (paper, section
2.5; :func:`deepcinac.recording.traces.putative_transients`). They only suggest: a click that is far
from all of them stays where it is.
"""

from __future__ import annotations

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.traces import putative_transients

SNAP_REACH_S = 0.5
"""How far a click may jump."""
AUTOMATIC_PEAK_REACH_S = 1.0
"""How far after an onset its peak is looked for; the published program took 10 frames at 10 Hz."""


def reach_frames(seconds: float, frame_rate_hz: float) -> int:
    """A reach in whole frames, at least 1."""
    return max(1, round(seconds * frame_rate_hz))


def candidate_onsets(smoothed: np.ndarray) -> np.ndarray:
    """Frames from which a smoothed trace (n_frames,) rises, (k,) int64."""
    return putative_transients(smoothed)[:, 0].astype(np.int64)


def candidate_peaks(smoothed: np.ndarray) -> np.ndarray:
    """Frames at which a smoothed trace (n_frames,) stops rising, (k,) int64."""
    return putative_transients(smoothed)[:, 1].astype(np.int64)


def snap(frame: int, candidates: np.ndarray, reach: int) -> int:
    """The candidate nearest to ``frame`` and at most ``reach`` frames away, otherwise ``frame``.

    Of two equally near candidates the earlier one counts.
    """
    candidates = np.sort(np.asarray(candidates))
    if not len(candidates):
        return int(frame)
    distance = np.abs(candidates - frame)
    nearest = int(np.argmin(distance))
    return int(candidates[nearest]) if distance[nearest] <= reach else int(frame)


def automatic_peak(trace: np.ndarray, onset: int, reach: int) -> int:
    """The frame of the peak that belongs to an onset; there always is one, ``onset`` or later.

    The highest frame from ``onset`` to ``reach`` frames after it (the first, where several are
    equally high); when the trace still rises at the end of the reach, the frame where that rise
    ends. Only the order of the values counts, not their size or sign.
    """
    trace = np.asarray(trace)
    if not 0 <= onset < len(trace):
        raise InputError(f"an onset within frames 0 to {len(trace) - 1}", f"frame {onset}")
    peak = onset + int(np.argmax(trace[onset : onset + reach + 1]))
    if peak == onset + reach:
        while peak + 1 < len(trace) and trace[peak + 1] > trace[peak]:
            peak += 1
    return peak
