"""Truth from a noise-free trace and its spikes: which rises are transients, which are false, which doubtful.

The rule. The noise-free dF/F of a cell is cut into rises and falls with a hysteresis (the smallest swing
that counts). A rise with a spike between 0.2 s before its trough and its peak is *supported*. A supported
rise that is high enough is a transient: its onset is the frame of its first spike (a later one when the
trace had risen by no more than a tenth until then), its peak the frame of the maximum, both included.
Small supported rises, large unsupported ones, spikes outside of any rise, joints between recordings, and
transients too weak to be seen in the movie are doubtful: left out of training and of every score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_SWING_DFF = 0.04
MIN_HEIGHT_DFF = 0.05
MIN_HEIGHT_SHARE = 0.10
SUPPORT_S = 0.2
FLAT_TOP_SHARE = 0.95
SLOW_ONSET_SHARE = 0.10
LONE_SPIKE_S = 0.3
UNSUPPORTED_MAX_S = 4.0
MIN_VISIBILITY_SD = 1.5
CROSSTALK_MIN_SD = 2.5


@dataclass(frozen=True)
class CellTruth:
    """Truth of one cell: transients (k, 3) onset, peak, spikes; their heights (k,); doubtful (n_frames,)."""

    transients: np.ndarray
    heights: np.ndarray
    doubtful: np.ndarray


def rises(trace: np.ndarray, swing: float) -> np.ndarray:
    """Troughs and peaks (k, 2) of the rises of at least ``swing``, by a zig-zag with hysteresis.

    A rise ends at its highest frame once the trace has fallen by ``swing`` from there; the next one
    starts at the lowest frame since.

    >>> rises(np.array([0, 0, 1, 2, 2, 0, 0.1, 0, 3.0, 1]), swing=0.5).tolist()
    [[1, 3], [7, 8]]
    """
    found: list[tuple[int, int]] = []
    low = high = 0
    rising = False
    for frame, value in enumerate(trace):
        if rising:
            if value > trace[high]:
                high = frame
            elif trace[high] - value >= swing:
                found.append((low, high))
                rising, low = False, frame
        elif value <= trace[low]:
            low = frame
        elif value - trace[low] >= swing:
            rising, high = True, frame
    if rising:
        found.append((low, high))
    return np.array(found, dtype=int).reshape(-1, 2)


def label_cell(
    trace: np.ndarray,
    spikes: np.ndarray,
    frame_rate_hz: float,
    noise: float = 0.0,
    joints: np.ndarray | None = None,
) -> CellTruth:
    """Transients and doubtful frames of one cell.

    Parameters
    ----------
    trace, spikes
        Noise-free dF/F and spikes per frame, both (n_frames,).
    noise
        SD of the residual noise in a recorded trace (0 for a simulated one).
    joints
        Frames at which two recordings were joined; 0.6 s around each is doubtful.
    """
    n_frames = len(trace)
    doubtful = np.zeros(n_frames, bool)
    reach = int(np.ceil(SUPPORT_S * frame_rate_hz))
    swings = rises(trace, max(MIN_SWING_DFF, 3 * noise))
    spike_frames = np.flatnonzero(spikes)
    heights = trace[swings[:, 1]] - trace[swings[:, 0]]
    supported = np.array(
        [
            bool(_between(spike_frames, trough - reach, peak).size)
            for trough, peak in swings.tolist()
        ],
        dtype=bool,
    )
    typical = np.percentile(heights[supported], 95) if supported.any() else 0.0
    enough = max(MIN_HEIGHT_DFF, 3 * noise, MIN_HEIGHT_SHARE * typical)
    kept: list[tuple[int, int, int]] = []
    kept_heights: list[float] = []
    covered = np.zeros(n_frames, bool)
    for (trough, peak), height, has_spikes in zip(
        swings.tolist(), heights.tolist(), supported, strict=True
    ):
        top = _first_high_frame(trace, trough, peak)
        covered[max(0, trough - reach) : peak + 1] = True
        if has_spikes:
            onset = _onset(trace, _between(spike_frames, trough - reach, peak), trough, peak)
            onset = min(onset, top)
            if height >= enough:
                count = int(spikes[max(0, trough - reach) : peak + 1].sum())
                kept.append((onset, top, count))
                kept_heights.append(height)
            else:
                doubtful[onset : peak + 1] = True
        elif height >= 3 * enough and peak - trough <= UNSUPPORTED_MAX_S * frame_rate_hz:
            doubtful[trough : peak + 1] = True
    after = int(np.ceil(LONE_SPIKE_S * frame_rate_hz))
    for frame in spike_frames[~covered[spike_frames]]:
        doubtful[frame : frame + after + 1] = True
    around = int(np.ceil(0.6 * frame_rate_hz))
    for joint in [] if joints is None else joints:
        doubtful[max(0, joint - around) : joint + around + 1] = True
    return CellTruth(
        np.array(kept, dtype=int).reshape(-1, 3), np.array(kept_heights, float), doubtful
    )


def _between(frames: np.ndarray, first: int, last: int) -> np.ndarray:
    return frames[np.searchsorted(frames, first) : np.searchsorted(frames, last, side="right")]


def _first_high_frame(trace: np.ndarray, trough: int, peak: int) -> int:
    high = trace[trough] + FLAT_TOP_SHARE * (trace[peak] - trace[trough])
    frames = np.flatnonzero(trace[trough : peak + 1] >= high)
    flat = peak - trough - frames[0] > 2
    return int(trough + frames[0]) if flat else peak


def _onset(trace: np.ndarray, spike_frames: np.ndarray, trough: int, peak: int) -> int:
    """The first spike, or the last one before which the trace had risen by no more than a tenth."""
    start = np.maximum(spike_frames, trough)
    risen = (trace[start] - trace[trough]) / max(trace[peak] - trace[trough], 1e-12)
    early = start[risen <= SLOW_ONSET_SHARE]
    return int(early[-1] if len(early) else start[0])


def crosstalk_events(
    sources: list[CellTruth],
    leak: np.ndarray,
    noise: np.ndarray,
    active: np.ndarray,
    doubtful: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """False rises: transients of another source that lift a quiet cell's mask above its noise.

    Parameters
    ----------
    sources
        Truth of every source; the first n_cells of them are the cells with a mask.
    leak
        (n_cells, n_sources): rise of the mean over a cell's mask per unit of dF/F of a source, in photons.
    noise
        (n_cells,): SD of that mean in one frame, in photons.
    active, doubtful
        (n_cells, n_frames): truth of the cells; a false rise touches neither.

    Returns
    -------
    events (k, 4) target, source (-1 when it has no mask), onset, peak; and their heights in SD (k,).
    """
    n_cells, n_frames = active.shape
    busy = active | doubtful
    events: list[tuple[int, int, int, int]] = []
    heights: list[float] = []
    for target, source in zip(*np.nonzero(leak > 0), strict=True):
        if target == source:
            continue
        truth = sources[source]
        strength = truth.heights * leak[target, source] / noise[target]
        for (onset, peak, _), z in zip(truth.transients.tolist(), strength.tolist(), strict=True):
            if z < CROSSTALK_MIN_SD or busy[target, max(0, onset - 1) : peak + 2].any():
                continue
            events.append((int(target), int(source) if source < n_cells else -1, onset, peak))
            heights.append(z)
    order = sorted(range(len(events)), key=events.__getitem__)
    return (
        np.array([events[k] for k in order], dtype=int).reshape(-1, 4),
        np.array([heights[k] for k in order], dtype=np.float32),
    )
