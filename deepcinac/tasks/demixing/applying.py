"""From a prepared movie to its cells: seeds, tiles with overlap through the network, and one answer for all.

Every seed is judged in the tile in which it lies farthest from the edge, together with all seeds around it;
so a cell that two tiles see is told once, and none is cut by an edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcinac.learning.backend import load_keras, load_weights
from deepcinac.learning.card import WEIGHTS_FILE
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.tasks.demixing.model import build_network, parts_of
from deepcinac.tasks.demixing.prepare import Prepared
from deepcinac.tasks.demixing.seeds import find_seeds
from deepcinac.tasks.demixing.unrolled import Architecture

OVERLAP_SHARE = 3 / 8
"""Of a tile, that it shares with the next one at the least."""
SLOTS_AT_ONCE = 16
"""Tiles are filled up to a multiple of so many seeds, so that Keras compiles few shapes."""
LONGEST = 1500
"""Averaged frames that the network looks at together; of a longer movie, pieces spread over it."""
PIECES = 6
SAME_IOU = 0.5
SAME_SHAPE = 0.75
FEWEST_PIXELS = 8


@dataclass(frozen=True, eq=False)
class Slots:
    """What the network says of seeds.

    ``places`` (k, 2), ``shapes`` and ``masks`` (k, w, w) in windows around them: light over the noise of a
    pixel, and the probability that a pixel belongs to the cell; ``confidence`` (k,); ``strengths`` (k,).
    """

    places: np.ndarray
    shapes: np.ndarray
    masks: np.ndarray
    confidence: np.ndarray
    strengths: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def subset(self, chosen: np.ndarray) -> Slots:
        """Some of them."""
        return Slots(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def on_field(self, values: np.ndarray, rows: int, columns: int) -> np.ndarray:
        """Windows (k, w, w), such as ``shapes``, in the field: (k, rows, columns)."""
        reach = values.shape[1] // 2
        out = np.zeros((len(values), rows + 2 * reach, columns + 2 * reach), values.dtype)
        for whole, window, (y, x) in zip(out, values, self.places.tolist(), strict=True):
            whole[y : y + 2 * reach + 1, x : x + 2 * reach + 1] = window
        return out[:, reach : reach + rows, reach : reach + columns]


class LoadedNetwork:
    """A trained network, ready to be asked."""

    def __init__(self, classifier: ClassifierFolder) -> None:
        self.architecture, _ = parts_of(classifier.card, classifier.path)
        self._calibration = classifier.card.calibration
        self._model = build_network(self.architecture, 0)
        load_weights(self._model, classifier.path / WEIGHTS_FILE)

    def look(self, frames: np.ndarray, places: np.ndarray, strengths: np.ndarray) -> np.ndarray:
        """Outputs (k, 2 tile^2 + n + 1) for the seeds of one tile (n, tile, tile), confidence calibrated."""
        room = -(-len(places) // SLOTS_AT_ONCE) * SLOTS_AT_ONCE
        padded = np.zeros((1, room, 2), np.int32)
        strong = np.full((1, room), -1, np.float32)
        padded[0, : len(places)], strong[0, : len(places)] = places, strengths
        said = self._model([frames[None], padded, strong], training=False)
        told = np.array(load_keras().ops.convert_to_numpy(said)[0, : len(places)])
        told[:, -1] = self._calibration.slope * told[:, -1] + self._calibration.offset
        return told


def find_slots(
    ready: Prepared, network: Any, architecture: Architecture, progress: Progress = silent
) -> Slots:
    """All seeds of a prepared movie, and what a network (with ``look``) says of them."""
    progress(ProgressEvent("looking for seeds"))
    places, strengths = find_seeds(ready.frames, ready.rate_hz)
    side, reach = architecture.tile_px, architecture.reach_px
    width, pixels = 2 * reach + 1, side * side
    shapes = np.zeros((len(places), width, width), np.float32)
    masks, confidence = shapes.copy(), np.zeros(len(places))
    rows, columns = ready.frames.shape[1:]
    corners = tile_corners(rows, columns, side)
    owner = owners(places, corners, side)
    chosen = _spread(len(ready.frames))
    for number, (top, left) in enumerate(corners):
        own = np.flatnonzero(owner == number)
        inside = np.flatnonzero(
            ((places >= (top, left)) & (places < (top + side, left + side))).all(1)
        )
        if len(own):
            frames = np.zeros((len(chosen), side, side), np.float32)
            cut = ready.frames[chosen, top : top + side, left : left + side]
            frames[:, : cut.shape[1], : cut.shape[2]] = cut
            local = places[inside] - (top, left)
            said = network.look(frames, local, strengths[inside])
            kept = np.isin(inside, own)
            for target, part in (
                (shapes, said[kept, :pixels]),
                (masks, said[kept, pixels : 2 * pixels]),
            ):
                target[inside[kept]] = _windows(part.reshape(-1, side, side), local[kept], reach)
            confidence[inside[kept]] = 1 / (1 + np.exp(-said[kept, -1].astype(float)))
        progress(ProgressEvent("demixing tiles", number + 1, len(corners)))
    return Slots(places, shapes, masks, confidence, strengths)


def tile_corners(rows: int, columns: int, side: int) -> list[tuple[int, int]]:
    """Upper left corners of tiles that cover a field and overlap by :data:`OVERLAP_SHARE` at least.

    >>> tile_corners(96, 64, 64)
    [(0, 0), (32, 0)]
    """

    def starts(size: int) -> list[int]:
        last = max(0, size - side)
        count = -(-last // round((1 - OVERLAP_SHARE) * side)) + 1
        return [round(last * k / max(1, count - 1)) for k in range(count)]

    return [(top, left) for top in starts(rows) for left in starts(columns)]


def owners(places: np.ndarray, corners: list[tuple[int, int]], side: int) -> np.ndarray:
    """The tile in whose middle each seed lies most, (k,)."""
    middle = np.array(corners) + (side - 1) / 2
    far = np.abs(places[:, None] - middle).max(-1)
    return far.argmin(1) if len(places) else np.zeros(0, int)


def _spread(n: int) -> np.ndarray:
    """Frames to look at: all of them, or pieces spread over the movie."""
    if n <= LONGEST:
        return np.arange(n)
    length = LONGEST // PIECES
    starts = np.linspace(0, n - length, PIECES).astype(int)
    return (starts[:, None] + np.arange(length)).ravel()


def _windows(maps: np.ndarray, places: np.ndarray, reach: int) -> np.ndarray:
    padded = np.pad(maps, ((0, 0), (reach, reach), (reach, reach)))
    width = 2 * reach + 1
    return np.stack(
        [
            one[y : y + width, x : x + width]
            for one, (y, x) in zip(padded, places.tolist(), strict=True)
        ]
    )


def choose_cells(slots: Slots, rows: int, columns: int, threshold: float) -> Slots:
    """The slots that are cells, the surest first; of two that are one cell the surer."""
    from scipy.sparse import csr_array

    order = np.argsort(-slots.confidence, kind="stable")
    order = order[slots.confidence[order] >= threshold]
    slots = slots.subset(order)
    masks = slots.on_field(slots.masks > 0.5, rows, columns).reshape(len(slots), rows * columns)
    shapes = slots.on_field(slots.shapes, rows, columns).reshape(len(slots), rows * columns)
    flat = csr_array(masks.astype(np.float32))
    shared = (flat @ flat.T).toarray()
    area = masks.sum(1)
    overlap = shared / np.maximum(area[:, None] + area - shared, 1)
    light = csr_array(shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-9))
    alike = (light @ light.T).toarray()
    kept: list[int] = []
    for k in range(len(slots)):
        is_new = not kept or (
            overlap[k, kept].max() < SAME_IOU and alike[k, kept].max() < SAME_SHAPE
        )
        if area[k] >= FEWEST_PIXELS and is_new:
            kept.append(k)
    return slots.subset(np.array(kept, int))


def footprints_of(
    slots: Slots, noise: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Footprints in grey levels with maximum 1, and masks, (k, height, width) of the movie's own pixels.

    ``noise`` (rows, columns): of the grid that the network saw.
    """
    from scipy.ndimage import map_coordinates

    rows, columns = noise.shape
    light = slots.on_field(slots.shapes, rows, columns) * noise
    share = slots.on_field(slots.masks, rows, columns)
    if (rows, columns) != (height, width):
        y = (np.arange(height) + 0.5) * rows / height - 0.5
        x = (np.arange(width) + 0.5) * columns / width - 0.5
        grid = np.meshgrid(y, x, indexing="ij")
        light, share = (
            np.stack([map_coordinates(one, grid, order=1, mode="nearest") for one in images])
            for images in (light, share)
        )
    peak = np.maximum(light.max((1, 2), keepdims=True), 1e-9)
    return (light / peak).astype(np.float32), share > 0.5
