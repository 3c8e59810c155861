"""Do the spike times of a recording fit its fluorescence? The lag from a spike to the steepest rise after it.

A wrong clock, or a wrong file, shifts every label of the traces animated by it. The lag of one neuron is
compared with the median of its data set (same indicator, same microscope).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.recording.noise import MAD_TO_SD
from deepcinac.simulation.recorded import RecordedTrial

MAX_LAG_S = 2.0
STEP_S = 0.01
QUIET_BEFORE_S = 0.5
MIN_SPIKES = 8
TOLERANCE_S = 0.06
MIN_CONTRAST_SD = 6.0


@dataclass(frozen=True)
class SpikeLag:
    """Lag of one neuron in seconds; how far its steepest rise stands out, in SD; events it was read from."""

    data_set: str
    neuron: str
    lag_s: float
    contrast_sd: float
    n_events: int

    @property
    def is_sure(self) -> bool:
        """Whether the rise stands out enough for the lag to mean anything."""
        return self.n_events >= MIN_SPIKES and self.contrast_sd >= MIN_CONTRAST_SD


def spike_rise_lag(trials: Sequence[RecordedTrial]) -> SpikeLag:
    """The lag of one neuron from all its trials.

    The trace is averaged around the first spikes of events (no spike in the half second before), on a grid
    of 10 ms, so that the lag is finer than a frame. The steepest rise is sought within 2 s either way.
    """
    from scipy.ndimage import gaussian_filter1d

    lags = np.arange(-MAX_LAG_S, MAX_LAG_S + STEP_S / 2, STEP_S)
    rows = []
    for trial in trials:
        spikes = trial.spikes_s
        firsts = spikes[np.diff(spikes, prepend=-np.inf) > QUIET_BEFORE_S]
        inside = (firsts > trial.time_s[0] + MAX_LAG_S) & (firsts < trial.time_s[-1] - MAX_LAG_S)
        rows += [np.interp(spike + lags, trial.time_s, trial.dff) for spike in firsts[inside]]
    first = trials[0]
    if not rows:
        return SpikeLag(first.data_set, first.neuron, float("nan"), 0.0, 0)
    frame_s = 1.0 / first.frame_rate_hz
    width = max(0.03, 0.5 * frame_s) / STEP_S
    slope = np.gradient(gaussian_filter1d(np.mean(rows, axis=0), width))
    best = int(slope.argmax())
    spread = MAD_TO_SD * float(np.median(np.abs(slope - np.median(slope))))
    contrast = float(slope[best]) / max(spread, 1e-12)
    return SpikeLag(first.data_set, first.neuron, float(lags[best]), contrast, len(rows))


def spike_rise_lags(trials: Sequence[RecordedTrial]) -> list[SpikeLag]:
    """The lag of every neuron, in the order of data sets and neurons."""
    neurons: dict[tuple[str, str], list[RecordedTrial]] = {}
    for trial in trials:
        neurons.setdefault((trial.data_set, trial.neuron), []).append(trial)
    return [spike_rise_lag(own) for _, own in sorted(neurons.items())]


def out_of_step(lags: Sequence[SpikeLag], tolerance_s: float = TOLERANCE_S) -> list[SpikeLag]:
    """The neurons whose lag is further than ``tolerance_s`` from the median of their data set."""
    sure: dict[str, list[float]] = {}
    for lag in lags:
        if lag.is_sure:
            sure.setdefault(lag.data_set, []).append(lag.lag_s)
    return [
        lag
        for lag in lags
        if lag.is_sure and abs(lag.lag_s - float(np.median(sure[lag.data_set]))) > tolerance_s
    ]
