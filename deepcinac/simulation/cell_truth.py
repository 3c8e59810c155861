"""Truth from a noise-free trace and its spikes: which rises are transients, which are false, which doubtful.

The rule. The noise-free dF/F of a cell is cut into rises and falls with a hysteresis (the smallest swing
that counts). A rise with a spike between 0.2 s before its trough and its peak is *supported*. A supported
rise that is high enough is a transient: its onset is the frame of its first spike (a later one when the
trace had risen by no more than a tenth until then), its peak the frame of the maximum, both included.
Small supported rises, large unsupported ones, spikes outside of any rise, joints between recordings,
transients too weak to be seen in the movie, and rises of the cell's own light that can be seen but hold no
recorded spike (noise of the source recording, rendered as light) are doubtful: left out of training and of
every score.

Visibility is a height over the noise of the mask's mean in 0.1 s, so that it means the same at any frame
rate: at 10 Hz the noise of one frame; at 30 Hz that of three, where the transient stays up as long.
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
VISIBILITY_WINDOW_S = 0.1
SUMMATION_S = 0.3
DECAY_SHARE = 0.2
CONTEXTS = ("alone", "decay", "summation")


@dataclass(frozen=True)
class CellTruth:
    """Truth of one cell.

    ``transients`` (k, 3) onset, peak, spikes; ``heights`` (k,) in dF/F; ``doubtful`` (n_frames,) bool;
    ``lasting`` (k,): frames around the peak at more than half of the height.
    """

    transients: np.ndarray
    heights: np.ndarray
    doubtful: np.ndarray
    lasting: np.ndarray

    def seen_heights(self, frame_rate_hz: float) -> np.ndarray:
        """Heights (k,) to be compared with the noise of one frame: several frames show more than one."""
        window = window_frames(frame_rate_hz)
        return self.heights * np.sqrt(np.clip(self.lasting, 1, window))


def window_frames(frame_rate_hz: float) -> int:
    """Frames within the time over which visibility is judged, at least one.

    >>> [window_frames(rate) for rate in (5.0, 10.0, 30.0, 60.0)]
    [1, 1, 3, 6]
    """
    return max(1, round(VISIBILITY_WINDOW_S * frame_rate_hz))


def rises(values: np.ndarray, swing: float) -> np.ndarray:
    """Troughs and peaks (k, 2) of the rises of at least ``swing``, by a zig-zag with hysteresis.

    A rise ends at its highest frame once the trace has fallen by ``swing`` from there; the next one
    starts at the lowest frame since.

    >>> rises(np.array([0, 0, 1, 2, 2, 0, 0.1, 0, 3.0, 1]), swing=0.5).tolist()
    [[1, 3], [7, 8]]
    """
    found: list[tuple[int, int]] = []
    low = high = 0
    rising = False
    trace = np.asarray(values, float).tolist()  # plain numbers: four times as fast in a loop
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
    transients = np.array(kept, dtype=int).reshape(-1, 3)
    tall = np.array(kept_heights, float)
    lasting = [
        _frames_above(trace, peak, trace[peak] - height / 2)
        for peak, height in zip(transients[:, 1].tolist(), tall.tolist(), strict=True)
    ]
    return CellTruth(transients, tall, doubtful, np.array(lasting, int))


def _frames_above(trace: np.ndarray, peak: int, level: float) -> int:
    """Length of the unbroken stretch around ``peak`` in which the trace is above ``level``."""
    below = np.flatnonzero(trace <= level)
    k = int(np.searchsorted(below, peak))
    first = below[k - 1] + 1 if k else 0
    after = below[k] if k < len(below) else len(trace)
    return max(1, int(after - first))


def unsupported_rises(
    trace: np.ndarray, spikes: np.ndarray, frame_rate_hz: float, swing: float
) -> np.ndarray:
    """Rises (m, 2) trough, peak of a cell's own light by at least ``swing`` that hold no recorded spike.

    ``swing`` is what can be seen in the movie. The trace is averaged over the time in which visibility is
    judged. Rises longer than 4 s are drift, not light that anybody would take for a transient.
    """
    from scipy.ndimage import uniform_filter1d

    window = window_frames(frame_rate_hz)
    averaged = uniform_filter1d(np.asarray(trace, float), window) if window > 1 else trace
    reach = int(np.ceil(SUPPORT_S * frame_rate_hz))
    spike_frames = np.flatnonzero(spikes)
    found = [
        (trough, peak)
        for trough, peak in rises(averaged, swing).tolist()
        if peak - trough <= UNSUPPORTED_MAX_S * frame_rate_hz
        and not _between(spike_frames, trough - reach, peak).size
    ]
    return np.array(found, int).reshape(-1, 2)


def contexts(trace: np.ndarray, transients: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """What each transient (k, 3 or 2) stands on, (k,) str: 'alone', 'decay' or 'summation'.

    A summation follows the peak before it within 0.3 s; one on a decay starts while the trace is still
    above a fifth of that peak.
    """
    names = []
    last_peak = None
    for onset, peak in transients[:, :2].tolist():
        name = "alone"
        if last_peak is not None:
            if onset - last_peak <= SUMMATION_S * frame_rate_hz:
                name = "summation"
            elif trace[onset] > DECAY_SHARE * trace[last_peak]:
                name = "decay"
        names.append(name)
        last_peak = peak
    return np.array(names, dtype="<U9").reshape(-1)


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
    frame_rate_hz: float,
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
    events (k, 4) target, source (-1 when it has no mask), onset, peak; and their heights in SD (k,), over
    the time in which visibility is judged.
    """
    n_cells, n_frames = active.shape
    busy = active | doubtful
    events: list[tuple[int, int, int, int]] = []
    heights: list[float] = []
    for target, source in zip(*np.nonzero(leak > 0), strict=True):
        if target == source:
            continue
        truth = sources[source]
        strength = truth.seen_heights(frame_rate_hz) * leak[target, source] / noise[target]
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
