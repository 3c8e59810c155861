"""Why a rise is false: what lifted the mean of a mask while its cell did nothing.

The light of a mask is a sum of parts (its own cell, its neighbours, sources without a mask, neuropil,
motion and so on), and the simulator knows each of them. A false rise is a rise that can be seen in the
movie's own trace and touches no active or doubtful frame of the cell. Its cause is the part that rose most
during it; where no part explains it, it is noise, and the cause says where that noise stood: on a plateau,
on a decay, during bleaching, or nowhere in particular.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.simulation.cell_truth import rises, window_frames

NEIGHBOUR = "neighbour"
UNMASKED = "unmasked source"
DENDRITE = "dendrite"
NEUROPIL = "neuropil"
WHOLE_FIELD = "whole-field event"
DEPTH = "depth motion"
PLANE = "plane motion"
BORDER = "border"
DRIFT = "baseline drift"
PLATEAU = "plateau"
DECAY_BUMP = "decay bump"
BLEACHING = "bleaching"
NOISE = "noise"
CAUSES = (
    NEIGHBOUR,
    UNMASKED,
    DENDRITE,
    NEUROPIL,
    WHOLE_FIELD,
    DEPTH,
    PLANE,
    BORDER,
    DRIFT,
    PLATEAU,
    DECAY_BUMP,
    BLEACHING,
    NOISE,
)

SMOOTHING_S = 0.3
MIN_RISE_SD = 4.0  # of the smoothed trace
MAX_RISE_S = 6.0  # a longer one is drift that nobody takes for a transient
MIN_SHARE = 0.4  # of the rise, for a part to be its cause
FOOT_SHARE = 0.1  # a rise begins where it has risen by no more than this
PLATEAU_SHARE = 0.6  # of the cell's own ceiling
DECAY_MIN_SD = 3.0
BLEACHING_S = 10.0


@dataclass(frozen=True)
class FalseRises:
    """``rows`` (k, 3) cell, onset, peak, both included; ``cause`` (k,) str; ``z`` (k,) height in SD."""

    rows: np.ndarray
    cause: np.ndarray
    z: np.ndarray


def false_rises(
    traces: np.ndarray,
    busy: np.ndarray,
    parts: dict[str, np.ndarray],
    own: np.ndarray,
    bleached: np.ndarray,
    noise: np.ndarray,
    frame_rate_hz: float,
) -> FalseRises:
    """Every visible rise of a quiet cell's mask, with its cause.

    Parameters
    ----------
    traces
        Mean of each mask in the movie, (n_cells, n_frames), in photons.
    busy
        (n_cells, n_frames) bool: active or doubtful.
    parts
        What lifts each mask, by cause, each (n_cells, n_frames) in photons.
    own
        Light of the cell's own activity in its mask, of the same shape; ``bleached`` what bleaching has
        taken from the mask (0 at the start, negative later).
    noise
        SD of the mask's mean in one frame, (n_cells,).
    """
    kernel = _hann(frame_rate_hz)
    smooth = _convolved(traces, kernel)
    smooth_noise = noise * np.sqrt(np.sum(kernel**2))
    window_noise = noise / np.sqrt(window_frames(frame_rate_hz))
    rows: list[tuple[int, int, int]] = []
    causes: list[str] = []
    heights: list[float] = []
    for cell, trace in enumerate(smooth):
        for trough, peak in rises(trace, MIN_RISE_SD * smooth_noise[cell]).tolist():
            onset = _foot(trace, trough, peak)
            if busy[cell, onset : peak + 1].any() or peak - onset > MAX_RISE_S * frame_rate_hz:
                continue
            height = float(trace[peak] - trace[onset])
            rows.append((cell, onset, peak))
            heights.append(height / window_noise[cell])
            growth = {
                name: float(part[cell, peak] - part[cell, onset]) for name, part in parts.items()
            }
            name = max(growth, key=growth.__getitem__, default=NOISE)
            if not growth or growth[name] < MIN_SHARE * height:
                name = _where_noise_stood(
                    own[cell], bleached[cell], onset, float(window_noise[cell]), frame_rate_hz
                )
            causes.append(name)
    return FalseRises(
        np.array(rows, int).reshape(-1, 3),
        np.array(causes, dtype="<U17").reshape(-1),
        np.array(heights, np.float32),
    )


def _hann(frame_rate_hz: float) -> np.ndarray:
    n_frames = max(3, int(round(SMOOTHING_S * frame_rate_hz)) | 1)
    kernel = np.hanning(n_frames + 2)[1:-1]
    return kernel / kernel.sum()


def _convolved(traces: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    from scipy.ndimage import convolve1d

    return convolve1d(np.asarray(traces, np.float64), kernel, axis=1, mode="nearest")


def _foot(trace: np.ndarray, trough: int, peak: int) -> int:
    level = trace[trough] + FOOT_SHARE * (trace[peak] - trace[trough])
    low = np.flatnonzero(trace[trough : peak + 1] <= level)
    return int(trough + low[-1])


def _where_noise_stood(
    own: np.ndarray, bleached: np.ndarray, onset: int, noise: float, frame_rate_hz: float
) -> str:
    ceiling = float(own.max())
    if ceiling > DECAY_MIN_SD * noise:
        if own[onset] > PLATEAU_SHARE * ceiling and ceiling > 2 * DECAY_MIN_SD * noise:
            return PLATEAU
        if own[onset] > DECAY_MIN_SD * noise:
            return DECAY_BUMP
    back = max(0, onset - int(BLEACHING_S * frame_rate_hz))
    return BLEACHING if bleached[back] - bleached[onset] > noise else NOISE
