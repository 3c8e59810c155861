"""How often a trace rises out of its noise: the plainest count of events, without a classifier."""

from __future__ import annotations

import numpy as np

from deepcinac.recording.traces import noise_sd, smooth


def rise_frames(light: np.ndarray, frame_rate_hz: float, event_sd: float) -> np.ndarray:
    """Frames (n_cells, n_frames) bool in which a trace rises over its median by so many SD.

    Traces are smoothed over 0.66 s; the noise is that of the smoothed trace, as white noise would have it.
    A trace that stays up counts once.
    """
    smoothed = smooth(light, frame_rate_hz)
    impulse = np.zeros(light.shape[-1])
    impulse[len(impulse) // 2] = 1.0
    shrunk = float(np.linalg.norm(smooth(impulse, frame_rate_hz)))
    limit = np.median(smoothed, axis=1) + event_sd * shrunk * noise_sd(light)
    above = smoothed > limit[:, None]
    return np.diff(above.astype(int), axis=1, prepend=0) == 1


def event_rate(light: np.ndarray, frame_rate_hz: float, event_sd: float) -> np.ndarray:
    """Events a minute of traces (n_cells, n_frames), (n_cells,); see :func:`rise_frames`."""
    events = rise_frames(light, frame_rate_hz, event_sd).sum(1)
    return events / (light.shape[1] / frame_rate_hz / 60)
