"""A network of the kind of CASCADE: spikes from one trace alone, learned from recordings with spikes.

After Rupprecht et al. 2021 (Nature Neuroscience): three convolutions over a window of 64 frames around the
frame asked about, trained on recorded fluorescence to which noise was added until it is as noisy as the
traces in question. Their trained networks are not on the package index, so this one is trained here, on the
neurons that may train (:func:`deepcinac.simulation.recorded.part_of`). Two things differ: traces are in units
of their noise, since a mask's dF/F depends on how much background it holds, and one network serves all noise
levels of the recording in question.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d

from deepcinac.learning.backend import load_keras
from deepcinac.recording.traces import dff, noise_sd
from deepcinac.simulation.recorded import RecordedTrial, read_recordings

WINDOW_FRAMES = 64
STEPS, BATCH = 2000, 512
TARGET_SMOOTHING_S = 0.1
REACH_PERCENTILE = 99.0


def by_network(
    trace: np.ndarray, frame_rate_hz: float, folder: Path, generator: np.random.Generator
) -> np.ndarray:
    """Expected spikes per frame of traces (n_cells, n_frames), by a network trained for them."""
    given = in_noise_units(dff(trace, frame_rate_hz))
    reaches = np.percentile(given, REACH_PERCENTILE, axis=1)
    known = [
        pair for pair in map(_on_frames(frame_rate_hz), read_recordings(folder, "training")) if pair
    ]
    network = _network()
    for _ in range(STEPS):
        windows, targets = _batch(known, reaches, frame_rate_hz, generator)
        network.train_on_batch(windows, targets)
    padded = np.pad(given, ((0, 0), (WINDOW_FRAMES // 2, WINDOW_FRAMES // 2 - 1)), mode="edge")
    rates = []
    for row in padded:
        windows = np.lib.stride_tricks.sliding_window_view(row, WINDOW_FRAMES)
        rates.append(network.predict(windows[..., None], batch_size=2048, verbose=0)[:, 0])
    return np.stack(rates)


def in_noise_units(values: np.ndarray) -> np.ndarray:
    """Traces (n_cells, n_frames) over their median, divided by the noise of a frame."""
    centred = values - np.median(values, axis=-1, keepdims=True)
    return centred / np.maximum(noise_sd(values), 1e-9)[..., None]


def with_reach(values: np.ndarray, reach: float, generator: np.random.Generator) -> np.ndarray:
    """A trace in units of its noise, made noisier until its high percentile is ``reach`` at most."""
    own = float(np.percentile(values, REACH_PERCENTILE))
    extra = np.sqrt(max((own / max(reach, 0.1)) ** 2 - 1, 0.0))
    return (values + extra * generator.standard_normal(values.shape)) / np.sqrt(1 + extra**2)


def _on_frames(frame_rate_hz: float) -> Any:
    def put(trial: RecordedTrial) -> tuple[np.ndarray, np.ndarray] | None:
        """dF/F in units of its noise, and spikes, on frames of the movie."""
        start = trial.time_s[0]
        n_frames = int((trial.time_s[-1] - start) * frame_rate_hz)
        if n_frames < 2 * WINDOW_FRAMES:
            return None
        edges = start + np.arange(n_frames + 1) / frame_rate_hz
        count, _ = np.histogram(trial.time_s, edges)
        total, _ = np.histogram(trial.time_s, edges, weights=trial.dff)
        between = np.interp((edges[:-1] + edges[1:]) / 2, trial.time_s, trial.dff)
        values = np.where(count > 0, total / np.maximum(count, 1), between)
        spikes, _ = np.histogram(trial.spikes_s, edges)
        smoothed = gaussian_filter1d(spikes.astype(float), TARGET_SMOOTHING_S * frame_rate_hz)
        return in_noise_units(values), smoothed

    return put


def _batch(
    known: list[tuple[np.ndarray, np.ndarray]],
    reaches: np.ndarray,
    frame_rate_hz: float,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Windows of a few trials, each as noisy as one of the cells in question."""
    windows, targets = [], []
    for _ in range(16):
        values, spikes = known[generator.integers(len(known))]
        noisy = with_reach(values, float(generator.choice(reaches)), generator)
        starts = generator.integers(0, len(noisy) - WINDOW_FRAMES, BATCH // 16)
        windows.append(noisy[starts[:, None] + np.arange(WINDOW_FRAMES)])
        targets.append(spikes[starts + WINDOW_FRAMES // 2])
    return np.concatenate(windows)[..., None], np.concatenate(targets)[:, None]


def _network() -> Any:
    keras = load_keras()
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((WINDOW_FRAMES, 1)),
            layers.Conv1D(30, 31, activation="relu"),
            layers.Conv1D(40, 19, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(50, 5, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Flatten(),
            layers.Dense(10, activation="relu"),
            layers.Dense(1, activation="softplus"),
        ]
    )
    network.compile(keras.optimizers.Adam(1e-3), "mean_squared_error", jit_compile=False)
    return network
