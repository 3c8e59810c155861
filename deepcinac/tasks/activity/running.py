"""The two halves of the network at work: frames become features once, windows of features become answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepcinac.inputs.crops import CELL, N_INPUTS
from deepcinac.learning.backend import load_keras
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
    some: np.ndarray | None = None,
) -> np.ndarray:
    """Features (n_cells, n_frames, 3, width) of a block of frames (n_frames, n_pixels + 1).

    An input whose mask is empty (no neighbour) is not computed: its features are those of a black image.
    ``some``: the places in the block of the frames that are wanted (default all).
    """
    n_frames, size = len(block if some is None else some), network.architecture.patch_px
    features = np.empty((len(pixels), n_frames, N_INPUTS, len(empty)), np.float32)
    filled = np.asarray(masks.any(axis=2))
    features.transpose(0, 2, 1, 3)[~filled] = empty
    at_once = max(1, _ENCODER_IMAGES // n_frames)
    by_pixel = block.T  # of a streamed movie the frames of a pixel lie side by side
    patch, shown = by_pixel[:0], -1
    inputs = np.argwhere(filled).tolist()
    for first in range(0, len(inputs), at_once):
        group = inputs[first : first + at_once]
        images = np.empty((len(group), n_frames, size * size), np.float32)
        for image, (cell, k) in zip(images, group, strict=True):
            if cell != shown:
                seen = by_pixel[pixels[cell]]
                patch, shown = (seen if some is None else seen[:, some]).T, cell
            np.multiply(patch, masks[cell, k].astype(np.float32), out=image)
        coded = answers(network.encoder, [images.reshape(-1, size, size, 1)])
        for (cell, k), values in zip(group, coded.reshape(len(group), n_frames, -1), strict=True):
            features[cell, :, k] = values
    return features


class FeatureBuffer:
    """Features and scalars of the frames from ``base`` on, until the windows over them have been run.

    The cell itself is looked at in every frame; its surroundings (the second and third input) change less
    from frame to frame, and are looked at in the movie's frames 0, ``every``, 2 ``every``, ... and its last
    one. Between these their features are interpolated: those of the frames before ``known`` are complete.
    """

    def __init__(
        self,
        network: Network,
        pixels: np.ndarray,
        masks: np.ndarray,
        n_frames: int,
        every: int = 1,
        start: int = 0,
    ) -> None:
        self._network, self._pixels, self._masks = network, pixels, masks
        self._n_frames, self._every = n_frames, every
        self._empty = empty_features(network)
        self._surroundings = masks.copy()
        self._surroundings[:, CELL] = False
        self._features: list[np.ndarray] = []
        self._scalars: list[np.ndarray] = []
        self.base = self.known = self._last = start // every * every

    def add(self, block: np.ndarray, scalars: np.ndarray | None) -> None:
        """The next frames (n, n_pixels + 1), and their scalars (n_cells, n, k)."""
        first, last = self._last, self._last + len(block)
        looked = frames_looked_at(first, last, self._every, self._n_frames)
        if len(looked) == len(block):
            features = encode(self._network, block, self._pixels, self._masks, self._empty)
        else:
            own = self._masks & ~self._surroundings
            features = encode(self._network, block, self._pixels, own, self._empty)
            if len(looked):
                some = looked - first
                around = encode(
                    self._network, block, self._pixels, self._surroundings, self._empty, some
                )
                features[:, some, CELL + 1 :] = around[:, :, CELL + 1 :]
        self._features.append(features)
        if scalars is not None:
            self._scalars.append(scalars)
        self._last = last
        if len(looked):
            self._interpolate(looked)
            self.known = int(looked[-1]) + 1

    def _interpolate(self, looked: np.ndarray) -> None:
        """Fill the surroundings between the last known frame and the newly looked-at ones."""
        if self._every == 1:
            return
        features = self._joined(self._features)
        self._features = [features]
        anchors = looked if self.known == self.base == looked[0] else np.r_[self.known - 1, looked]
        frames = np.setdiff1d(np.arange(anchors[0], anchors[-1]), anchors)
        after = np.searchsorted(anchors, frames)
        low, high = anchors[after - 1], anchors[after]
        share = ((frames - low) / (high - low)).astype(np.float32)[:, None, None]
        around = features[:, :, CELL + 1 :]
        before, behind = around[:, low - self.base], around[:, high - self.base]
        around[:, frames - self.base] = before + (behind - before) * share

    def joined(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Features (n_cells, n, 3, width) and scalars (n_cells, n, k) of the frames from ``base`` on."""
        self._features = [self._joined(self._features)]
        if self._scalars:
            self._scalars = [self._joined(self._scalars)]
        return self._features[0], self._scalars[0] if self._scalars else None

    def drop(self, frame: int) -> None:
        """Forget what is before a frame that no window begins before."""
        features, scalars = self.joined()
        keep = max(min(frame, self.known - 1) - self.base, 0)
        self._features = [features[:, keep:]]
        self._scalars = [] if scalars is None else [scalars[:, keep:]]
        self.base += keep

    def pad_to_window(self) -> None:
        """Repeat the last frame of a movie that is shorter than a window."""
        frames = self._network.architecture.window_frames
        pad_to_window(self._features, self._scalars, frames)
        self.known = frames

    @staticmethod
    def _joined(parts: list[np.ndarray]) -> np.ndarray:
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def frames_looked_at(first: int, last: int, every: int, n_frames: int) -> np.ndarray:
    """The multiples of ``every`` from frame ``first`` to ``last`` (excluded), and the movie's last frame.

    >>> frames_looked_at(5, 10, 2, 10).tolist(), frames_looked_at(0, 5, 2, 10).tolist()
    ([6, 8, 9], [0, 2, 4])
    """
    looked = np.arange(-(-first // every) * every, last, every)
    at_end = last == n_frames and (not len(looked) or looked[-1] != last - 1)
    return np.append(looked, last - 1) if at_end else looked


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
        outputs.append(answers(network.sequence, inputs))
    joined = np.concatenate(outputs)
    return joined.reshape(len(windows), len(features), *joined.shape[1:])


def answers(model: Any, inputs: list[np.ndarray]) -> np.ndarray:
    """What a model says of some rows.

    JAX compiles anew for every number of rows: there they are filled up to a power of two.
    """
    rows = len(inputs[0])
    if load_keras().backend.backend() == "jax":
        more = (1 << (rows - 1).bit_length()) - rows
        inputs = [np.pad(one, [(0, more)] + [(0, 0)] * (one.ndim - 1)) for one in inputs]
    said = model.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
    return np.asarray(said)[:rows]


def pad_to_window(features: list[np.ndarray], scalars: list[np.ndarray], frames: int) -> None:
    """Repeat the last frame of a movie that is shorter than a window."""
    for parts in (features, scalars):
        if parts:
            joined = np.concatenate(parts, axis=1)
            short = frames - joined.shape[1]
            pad = [(0, 0), (0, short)] + [(0, 0)] * (joined.ndim - 2)
            parts[:] = [np.pad(joined, pad, mode="edge")]
