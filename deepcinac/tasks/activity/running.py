"""The two halves of the network at work: frames become features once, windows of features become answers."""

from __future__ import annotations

import numpy as np

from deepcinac.inputs.crops import N_INPUTS
from deepcinac.tasks.activity.model import Network

_ENCODER_IMAGES = 6000
_SEQUENCE_WINDOWS = 128


def empty_features(network: Network) -> np.ndarray:
    """Features of an all-zero image: the second input of a cell without neighbours."""
    size = network.architecture.patch_px
    image = np.zeros((1, size, size, 1), np.float32)
    return np.asarray(network.encoder.predict_on_batch(image))[0]


def encode(
    network: Network,
    block: np.ndarray,
    pixels: np.ndarray,
    masks: np.ndarray,
    empty: np.ndarray,
) -> np.ndarray:
    """Features (n_cells, n_frames, 3, width) of a block of frames (n_frames, n_pixels + 1).

    An input whose mask is empty (no neighbour) is not computed: its features are those of a black image.
    """
    n_frames, size = len(block), network.architecture.patch_px
    features = np.empty((len(pixels), n_frames, N_INPUTS, len(empty)), np.float32)
    filled = np.asarray(masks.any(axis=2))
    features.transpose(0, 2, 1, 3)[~filled] = empty
    at_once = max(1, _ENCODER_IMAGES // (N_INPUTS * n_frames))
    for group in range(0, len(pixels), at_once):
        cells = range(group, min(group + at_once, len(pixels)))
        images = np.empty((int(filled[cells].sum()), n_frames, size * size), np.float32)
        chosen = [(cell, k) for cell in cells for k in np.flatnonzero(filled[cell])]
        patch, shown = np.empty((n_frames, size * size), np.float32), -1
        for image, (cell, k) in zip(images, chosen, strict=True):
            if cell != shown:
                np.take(block, pixels[cell], axis=1, out=patch, mode="clip")
                shown = cell
            np.multiply(patch, masks[cell, k], out=image)
        coded = np.asarray(network.encoder.predict_on_batch(images.reshape(-1, size, size, 1)))
        for (cell, k), values in zip(chosen, coded.reshape(len(chosen), n_frames, -1), strict=True):
            features[cell, :, k] = values
    return features


def run_windows(
    network: Network, features: np.ndarray, scalars: np.ndarray | None, windows: list[slice]
) -> np.ndarray:
    """Outputs (n_windows, n_cells, frames, n_outputs) of windows of all cells."""
    jobs = [(window, cell) for window in windows for cell in range(len(features))]
    outputs = []
    for first in range(0, len(jobs), _SEQUENCE_WINDOWS):
        part = jobs[first : first + _SEQUENCE_WINDOWS]
        inputs = [np.stack([features[cell, window] for window, cell in part])]
        if scalars is not None:
            inputs.append(np.stack([scalars[cell, window] for window, cell in part]))
        answer = network.sequence.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
        outputs.append(np.asarray(answer))
    joined = np.concatenate(outputs)
    return joined.reshape(len(windows), len(features), *joined.shape[1:])


def pad_to_window(features: list[np.ndarray], scalars: list[np.ndarray], frames: int) -> None:
    """Repeat the last frame of a movie that is shorter than a window."""
    for parts in (features, scalars):
        if parts:
            joined = np.concatenate(parts, axis=1)
            short = frames - joined.shape[1]
            pad = [(0, 0), (0, short)] + [(0, 0)] * (joined.ndim - 2)
            parts[:] = [np.pad(joined, pad, mode="edge")]
