"""Sparse coding unrolled into steps, as a Keras layer.

A prepared movie is footprints times courses. From a bump at each seed, every step improves all courses and
then all footprints of a tile along the gradient of the squared error, as ISTA does, and shrinks them: not by
one number, but by what a small network over the window of a cell (footprints) or over time (courses) says.
So a step costs products of matrices, whatever the number of cells and the length of the movie.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from deepcinac.settings import checked, option

BUMP_PX = 1.8
TINY = 1e-6
SCALE = 8.0
"""Makes a footprint of norm 1 about 1 in its pixels."""
N_STATISTICS = 12
COURSE_CHANNELS, SHAPE_CHANNELS = 4, 6


@dataclass(frozen=True)
class Architecture:
    """The sizes of the network."""

    steps: int = option(4, "unrolled steps", minimum=1, maximum=32)
    channels: int = option(16, "of the shrinkage", minimum=1, maximum=256)
    reach_px: int = option(10, "of a footprint around its seed", minimum=3, maximum=40)
    tile_px: int = option(64, "side of a tile", minimum=16, maximum=512)

    def __post_init__(self) -> None:
        checked(self, "architecture")


@dataclass(frozen=True)
class Geometry:
    """Where the pixels of windows lie in a tile that is padded by their reach."""

    reach: int
    side: int

    @property
    def width(self) -> int:
        """Of a window."""
        return 2 * self.reach + 1

    @property
    def padded(self) -> int:
        """Side of the padded tile."""
        return self.side + 2 * self.reach

    @cached_property
    def offsets(self) -> np.ndarray:
        """Of the pixels of a window from its first one, (w^2,)."""
        line = np.arange(self.width)
        return (line[:, None] * self.padded + line).ravel().astype(np.int32)

    @cached_property
    def distance(self) -> np.ndarray:
        """Of the pixels of a window from its middle, (w^2,)."""
        line = np.arange(self.width) - self.reach
        return np.hypot(line[:, None], line).ravel().astype(np.float32)

    @cached_property
    def bump(self) -> np.ndarray:
        """What a footprint starts from, (w^2,)."""
        return np.exp(-0.5 * (self.distance / BUMP_PX) ** 2)

    @cached_property
    def inside(self) -> np.ndarray:
        """Which pixels of the padded tile are its own, (p,)."""
        tile = np.ones((self.side, self.side), np.float32)
        return np.pad(tile, self.reach).ravel()

    @cached_property
    def round_window(self) -> np.ndarray:
        """Which pixels of a window are near enough, (w^2,)."""
        return (self.distance <= self.reach + 0.5).astype(np.float32)

    def index(self, ops: Any, places: Any) -> Any:
        """Pixels (n, k, w^2) of the windows around places (n, k, 2).

        The first pixel of a window is, in the padded tile, where the seed is in the tile itself.
        """
        corner = places[..., 0] * self.padded + places[..., 1]
        return corner[..., None] + ops.convert_to_tensor(self.offsets)

    def flat_movie(self, ops: Any, frames: Any) -> Any:
        """Tiles (n, t, side, side) padded, (n, t, p)."""
        room = [self.reach, self.reach]
        padded = ops.pad(frames, [[0, 0], [0, 0], room, room])
        shape = ops.shape(frames)
        return ops.reshape(padded, (shape[0], shape[1], self.padded**2))

    def whole(self, ops: Any, windows: Any, index: Any) -> Any:
        """Windows (n, k, w^2) in the padded tile, (n, k, p)."""
        n, k = ops.shape(windows)[0], ops.shape(windows)[1]
        pixels = self.padded**2
        slots = ops.reshape(ops.arange(n * k, dtype="int32") * pixels, (n, k, 1))
        flat = ops.reshape(slots + index, (-1, 1))
        return ops.reshape(
            ops.scatter(flat, ops.reshape(windows, (-1,)), (n * k * pixels,)), (n, k, pixels)
        )

    def cropped(self, ops: Any, maps: Any) -> Any:
        """Maps (n, k, p) without the padding, (n, k, side^2)."""
        n, k = ops.shape(maps)[0], ops.shape(maps)[1]
        square = ops.reshape(maps, (n, k, self.padded, self.padded))
        own = slice(self.reach, self.reach + self.side)
        return ops.reshape(square[:, :, own, own], (n, k, self.side**2))


def unrolled_layer(keras: Any, one: Architecture) -> Any:
    """The layer, from tiles, places and strengths to what :func:`build_network` says."""
    ops, layers = keras.ops, keras.layers
    place = Geometry(one.reach_px, one.tile_px)
    width, n_channels = place.width, one.channels

    class Unrolled(keras.layers.Layer):
        """Unrolled sparse coding of tiles; a class of its own because shapes may be unknown."""

        def __init__(self) -> None:
            super().__init__(name="unrolled")
            self.space = [_space_chain(keras, n_channels) for _ in range(one.steps)]
            self.time = [_time_chain(keras, n_channels) for _ in range(one.steps)]
            sizes = ((2 * n_channels, "swish"), (n_channels, "swish"), (1, None))
            self.judge = [layers.Dense(size, activation=kind) for size, kind in sizes]

        def build(self, shapes: Any) -> None:
            """Fix what comes into each part."""
            self.rates = self.add_weight(
                shape=(one.steps, 2), initializer=keras.initializers.Constant(0.7), name="rates"
            )
            _build_chains(self.space, (None, width, width, SHAPE_CHANNELS), n_channels)
            _build_chains(self.time, (None, None, COURSE_CHANNELS), n_channels)
            _build_dense(self.judge, N_STATISTICS + 2 * n_channels)
            self.built = True

        def call(self, inputs: Any) -> Any:
            """Footprints, masks, courses, confidence of each slot."""
            frames, places, strengths = inputs
            movie = place.flat_movie(ops, frames)
            movie_t = ops.transpose(movie, (0, 2, 1))
            used = ops.cast(strengths > 0, frames.dtype)[..., None]
            index = place.index(ops, places)
            near = ops.take(ops.convert_to_tensor(place.inside), index)
            allowed = near * ops.convert_to_tensor(place.round_window) * used
            shape = unit(ops, ops.convert_to_tensor(place.bump) * allowed)
            mask = features = None
            full = place.whole(ops, shape, index)
            seen = ops.matmul(full, movie_t)
            course = ops.relu(seen - 1.0) * used
            for step in range(one.steps):
                course = self._course(step, course, seen, full) * used
                shape, mask, features = self._shape(
                    step, shape, course, full, movie, index, allowed
                )
                full = place.whole(ops, shape, index)
                seen = ops.matmul(full, movie_t)
            statistics = statistics_of(ops, shape, mask, course, seen, full, strengths)
            own = ops.square(shape)[..., None]
            pooled = [ops.sum(features * own, 2), ops.mean(features, 2)]
            confidence = ops.concatenate([statistics, *pooled], -1)
            for layer in self.judge:
                confidence = layer(confidence)
            maps = (full, place.whole(ops, mask, index))
            return ops.concatenate(
                [*(place.cropped(ops, one) for one in maps), course, confidence], -1
            )

        def _course(self, step: int, course: Any, seen: Any, full: Any) -> Any:
            """A step of the courses (n, k, t): along the gradient, then smoothed and shrunk as is learnt."""
            leak = ops.matmul(ops.matmul(full, ops.transpose(full, (0, 2, 1))), course)
            better = course + self.rates[step, 0] * (seen - leak)
            channels = [better, course, seen, leak - course]
            stacked = ops.stack([ops.arcsinh(one) / 2 for one in channels], -1)
            n, k, t = (ops.shape(course)[axis] for axis in range(3))
            said = _last(self.time[step], ops.reshape(stacked, (-1, t, COURSE_CHANNELS)))[1]
            said = ops.reshape(said, (n, k, t, 4))
            once = smoothed(ops, better)
            choices = ops.stack([better, once, smoothed(ops, smoothed(ops, once))], -1)
            chosen = ops.sum(ops.softmax(said[..., :3], -1) * choices, -1)
            return ops.relu(chosen - ops.softplus(said[..., 3]))

        def _shape(
            self,
            step: int,
            shape: Any,
            course: Any,
            full: Any,
            movie: Any,
            index: Any,
            allowed: Any,
        ) -> tuple[Any, Any, Any]:
            """A step of the footprints (n, k, w^2), their masks, and what was seen in their windows."""
            power = ops.sum(ops.square(course), -1, keepdims=True) + 1.0
            image = ops.matmul(course, movie) / power
            inner = ops.matmul(course, ops.transpose(course, (0, 2, 1)))
            change = image - ops.matmul(inner, full) / power

            def windows(maps: Any) -> Any:
                return ops.take_along_axis(maps, index, axis=2)

            better = (shape + self.rates[step, 1] * windows(change)) * allowed
            snr = ops.sqrt(power)
            others = windows(ops.sum(full, 1, keepdims=True) - full)
            away = ops.convert_to_tensor(place.distance / place.reach)
            channels = [
                better * SCALE,
                ops.arcsinh(better * snr) / 2,
                shape * SCALE,
                others * SCALE,
                ops.arcsinh(windows(image) * snr) / 2,
                ops.broadcast_to(away, ops.shape(better)),
            ]
            n, k = ops.shape(shape)[0], ops.shape(shape)[1]
            stacked = ops.reshape(ops.stack(channels, -1), (-1, width, width, SHAPE_CHANNELS))
            features, said = _last(self.space[step], stacked)
            said = ops.reshape(said, (n, k, width * width, 2))
            shape = unit(ops, ops.relu(better + said[..., 0] / SCALE) * allowed)
            mask = ops.sigmoid(4 * (shape * SCALE - 0.6) + said[..., 1]) * allowed
            return shape, mask, ops.reshape(features, (n, k, width * width, n_channels))

        def compute_output_shape(self, shapes: Any) -> tuple[int | None, ...]:
            """Unknown where the movie or the number of seeds is."""
            frames, places, _ = shapes
            known = 2 * one.tile_px**2 + 1
            return (frames[0], places[1], None if frames[1] is None else known + frames[1])

    return Unrolled()


def statistics_of(
    ops: Any, shape: Any, mask: Any, course: Any, seen: Any, full: Any, strengths: Any
) -> Any:
    """What each slot became, and stronger ones that are like it, as numbers (n, k, 12)."""
    norm = ops.sqrt(ops.sum(ops.square(course), -1) + 1.0)
    alike = ops.matmul(full, ops.transpose(full, (0, 2, 1)))
    together = ops.matmul(course, ops.transpose(course, (0, 2, 1)))
    together = together / (norm[..., None] * norm[:, None, :])
    stronger = ops.cast(strengths[:, None, :] > strengths[..., None], alike.dtype)
    n_frames = ops.cast(ops.shape(course)[-1], course.dtype)
    each = [
        ops.arcsinh(strengths) / 3,
        ops.log(norm),
        ops.log(1.0 + ops.max(course, -1)),
        ops.sum(course, -1) / norm / ops.sqrt(n_frames),
        ops.log(1.0 + ops.mean(ops.square(seen - course), -1)),
        ops.log(1.0 + ops.sum(mask, -1)) / 2,
        ops.sum(shape, -1) / SCALE,
        ops.max(shape, -1) * SCALE / 2,
        ops.max(alike * stronger, -1),
        ops.max(together * alike * stronger, -1),
        ops.sum(alike * together, -1) - 1.0,
        ops.sum(ops.square(shape) * mask, -1),
    ]
    return ops.stack(each, -1)


def unit(ops: Any, x: Any) -> Any:
    """Of norm 1 along the last axis; nothing stays nothing."""
    return x / ops.sqrt(ops.sum(ops.square(x), -1, keepdims=True) + TINY)


def smoothed(ops: Any, course: Any) -> Any:
    """Each frame mixed with the ones beside it."""
    before = ops.concatenate([course[..., :1], course[..., :-1]], -1)
    after = ops.concatenate([course[..., 1:], course[..., -1:]], -1)
    return (before + course + after) / 3


def _space_chain(keras: Any, channels: int) -> list[Any]:
    """Convolutions over a window; the last one says shrinkage and mask."""
    kind, same = keras.layers.Conv2D, {"padding": "same"}
    return [
        *(kind(channels, 3, dilation_rate=d, activation="swish", **same) for d in (1, 2, 4)),
        kind(2, 3, kernel_initializer=_small(keras), **same),
    ]


def _time_chain(keras: Any, channels: int) -> list[Any]:
    """Convolutions over time; the last one says how much to smooth and to shrink."""
    kind, same = keras.layers.Conv1D, {"padding": "same"}
    return [
        *(kind(channels, 5, dilation_rate=d, activation="swish", **same) for d in (1, 2)),
        kind(4, 3, kernel_initializer=_small(keras), **same),
    ]


def _small(keras: Any) -> Any:
    return keras.initializers.RandomNormal(stddev=0.01)


def _build_chains(chains: list[list[Any]], shape: tuple[int | None, ...], channels: int) -> None:
    for chain in chains:
        chain[0].build(shape)
        for layer in chain[1:]:
            layer.build((*shape[:-1], channels))


def _build_dense(chain: list[Any], size: int) -> None:
    for layer in chain:
        layer.build((None, size))
        size = layer.units


def _last(chain: list[Any], x: Any) -> tuple[Any, Any]:
    """What goes into the last layer of a chain, and what comes out of it."""
    for layer in chain[:-1]:
        x = layer(x)
    return x, chain[-1](x)
