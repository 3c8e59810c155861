"""How active a recording is as a whole, from some windows of some of its cells.

A calibration may follow the recording, and what is said of a cell must not depend on which others are asked
about: so the same cells are looked at whatever is selected, evenly chosen, in windows all over the movie.
"""

from __future__ import annotations

import numpy as np

from deepcinac.inputs.network_input import NetworkInput
from deepcinac.learning.calibration import RecordingLevel
from deepcinac.recording.cells import Cells
from deepcinac.tasks.activity.model import Network
from deepcinac.tasks.activity.running import (
    empty_features,
    encode,
    pad_to_window,
    run_windows,
)

N_CELLS, N_WINDOWS = 24, 12


def probed_cells(cells: Cells) -> np.ndarray:
    """Numbers (n,) of at most 24 cells, evenly chosen from the valid ones (from all where none is)."""
    numbers = np.flatnonzero(cells.valid)
    return evenly(numbers if len(numbers) else np.arange(len(cells)), N_CELLS)


def evenly(numbers: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of some numbers, from the first to the last.

    >>> evenly(np.arange(10), 3).tolist(), evenly(np.arange(2), 3).tolist()
    ([0, 4, 9], [0, 1])
    """
    places = np.linspace(0, len(numbers) - 1, min(count, len(numbers)))
    return numbers[places.astype(int)]


def level_of(
    network: Network,
    source: NetworkInput,
    pixels: np.ndarray,
    masks: np.ndarray,
    cells: np.ndarray,
) -> RecordingLevel:
    """The level of a recording, from windows of these ``cells``; pixels and masks are those of all cells."""
    frames = network.architecture.window_frames
    n_windows = min(N_WINDOWS, max(1, source.n_frames // frames))
    starts = np.linspace(0, max(source.n_frames - frames, 0), n_windows).astype(int)
    empty = empty_features(network)
    said = []
    for start in starts.tolist():
        block, values = source.block(start, min(start + frames, source.n_frames))
        features = [encode(network, block, pixels[cells], masks[cells], empty)]
        scalars = [] if values is None else [values[cells]]
        pad_to_window(features, scalars, frames)
        window = [slice(0, frames)]
        outputs = run_windows(network, features[0], scalars[0] if scalars else None, window)
        said.append(outputs[0, :, : len(block), 0])
    logits = np.clip(np.concatenate(said, axis=1), -60, 60).astype(float)
    probability = float((1 / (1 + np.exp(-logits))).mean())
    return RecordingLevel(probability, source.reach_sd or 1.0, source.plan.time_bin)
