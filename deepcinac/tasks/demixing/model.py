"""The network: sparse coding unrolled into a few steps, with shrinkage that is learnt.

A prepared movie is footprints times courses. From a bump at each seed, every step improves all courses and
then all footprints of a tile along the gradient of the squared error, as ISTA does, and shrinks them: not by
one number, but by what a small network over the window of a cell (footprints) or over time (courses) says.
So a step costs products of matrices, whatever the number of cells and the length of the movie. At the end
each slot has a footprint, a mask, a course, and a confidence that it is a cell of its own.

After the idea of DeepCaImX (Zhang et al., Nature Machine Intelligence, 2025), without its fixed numbers of
cells and frames, and with slots that stand at seeds.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras
from deepcinac.learning.card import Card
from deepcinac.settings import checked, from_mapping, option
from deepcinac.tasks.demixing.prepare import FRAME_RATE_HZ, PIXEL_UM

TASK = "demixing"
BUMP_PX = 1.8
TINY = 1e-6
SCALE = 8.0
"""Makes a footprint of norm 1 about 1 in its pixels."""
N_STATISTICS = 12
DUSTBIN = 0.25
TEMPERATURE = 0.03
SINKHORN_STEPS = 30
USUAL_CELLS = 16.0
"""In a tile: the scale of what wrong claims cost, beside how well cells are drawn."""


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
class InputForm:
    """The movies that the network learnt from, once they were averaged."""

    pixel_size_um: float = option(PIXEL_UM, "size of a pixel", unit="um", minimum=0.1, maximum=50)
    frame_rate_hz: float = option(
        FRAME_RATE_HZ, "frames per second", unit="Hz", minimum=0.1, maximum=100
    )


def build_network(architecture: Architecture, seed: int) -> Any:
    """The Keras model.

    Inputs: tiles (n, n_frames, tile, tile); places of seeds (n, k, 2) in pixels; their strengths (n, k), below
    0 where there is no seed. Output (n, k, 2 tile^2 + n_frames + 1): footprints, masks (probabilities),
    courses, logit of the confidence.
    """
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    side = architecture.tile_px
    frames = keras.Input((None, side, side))
    places = keras.Input((None, 2), dtype="int32")
    strengths = keras.Input((None,))
    outputs = _unrolled(keras, architecture)([frames, places, strengths])
    return keras.Model([frames, places, strengths], outputs)


def _unrolled(keras: Any, one: Architecture) -> Any:
    """The layer that does all of it; a class of its own only so that shapes may be unknown."""
    ops, layers = keras.ops, keras.layers
    reach, side = one.reach_px, one.tile_px
    width, padded = 2 * reach + 1, side + 2 * reach
    window = np.arange(width)
    offsets = (window[:, None] * padded + window).ravel()
    distance = np.hypot(window[:, None] - reach, window - reach).ravel()
    bump = np.exp(-0.5 * (distance / BUMP_PX) ** 2)
    bump = (bump / np.linalg.norm(bump)).astype(np.float32)
    round_window = (distance <= reach + 0.5).astype(np.float32)

    def convolved(rank: int, filters: int, size: int, dilation: int, last: bool = False) -> Any:
        kind = layers.Conv2D if rank == 2 else layers.Conv1D
        starts = (
            {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.01)} if last else {}
        )
        activation = None if last else "swish"
        return kind(
            filters, size, padding="same", dilation_rate=dilation, activation=activation, **starts
        )

    def chained(chain: list[Any], x: Any) -> tuple[Any, Any]:
        for layer in chain[:-1]:
            x = layer(x)
        return x, chain[-1](x)

    class Unrolled(layers.Layer):
        """Unrolled sparse coding of tiles."""

        def __init__(self) -> None:
            super().__init__(name="unrolled")
            n = one.channels
            self.space = [
                [convolved(2, n, 3, 1), convolved(2, n, 3, 2), convolved(2, n, 3, 4),
                 convolved(2, 2, 3, 1, last=True)]
                for _ in range(one.steps)
            ]  # fmt: skip
            self.time = [
                [convolved(1, n, 5, 1), convolved(1, n, 5, 2), convolved(1, 4, 3, 1, last=True)]
                for _ in range(one.steps)
            ]
            self.judge = [
                layers.Dense(2 * n, activation="swish"),
                layers.Dense(n, activation="swish"),
                layers.Dense(1),
            ]

        def build(self, shapes: Any) -> None:
            """Fix what comes into each part."""
            n = one.channels
            self.rates = self.add_weight(
                shape=(one.steps, 2), initializer=keras.initializers.Constant(0.7), name="rates"
            )
            for chain in self.space:
                _build_chain(chain, (None, width, width, 6), n)
            for chain in self.time:
                _build_chain(chain, (None, None, 4), n)
            size = N_STATISTICS + 2 * n
            for layer in self.judge:
                layer.build((None, size))
                size = layer.units
            self.built = True

        def call(self, inputs: Any) -> Any:
            """Footprints, masks, courses, confidence of each slot."""
            frames, places, strengths = inputs
            n_tiles, n_frames = ops.shape(frames)[0], ops.shape(frames)[1]
            n_slots = ops.shape(places)[1]
            movie = ops.reshape(
                ops.pad(frames, [[0, 0], [0, 0], [reach, reach], [reach, reach]]),
                (n_tiles, n_frames, padded * padded),
            )
            used = ops.cast(strengths > 0, frames.dtype)[..., None]
            # the upper left corner of a window, in the padded tile, lies at the seed itself
            corner = places[..., 0] * padded + places[..., 1]
            index = corner[..., None] + ops.convert_to_tensor(offsets, "int32")
            inside = ops.reshape(
                ops.pad(ops.ones((side, side)), [[reach, reach], [reach, reach]]), (-1,)
            )
            allowed = ops.take(inside, index) * round_window * used

            def whole(windows: Any) -> Any:
                """Windows (n, k, w^2) in the padded tile (n, k, p)."""
                slots = ops.arange(n_tiles * n_slots, dtype="int32") * (padded * padded)
                flat = ops.reshape(slots, (n_tiles, n_slots, 1)) + index
                return ops.reshape(
                    ops.scatter(
                        ops.reshape(flat, (-1, 1)),
                        ops.reshape(windows, (-1,)),
                        (n_tiles * n_slots * padded * padded,),
                    ),
                    (n_tiles, n_slots, padded * padded),
                )

            def in_window(maps: Any) -> Any:
                return ops.take_along_axis(maps, index, axis=2)

            shape = _unit(ops, ops.convert_to_tensor(bump) * allowed)
            full = whole(shape)
            movie_t = ops.transpose(movie, (0, 2, 1))
            seen = ops.matmul(full, movie_t)
            course = ops.relu(seen - 1.0) * used
            features = mask = None
            for step in range(one.steps):
                # courses
                gram = ops.matmul(full, ops.transpose(full, (0, 2, 1)))
                leak = ops.matmul(gram, course)
                better = course + self.rates[step, 0] * (seen - leak)
                channels = [better, course, seen, leak - course]
                stacked = ops.stack([ops.arcsinh(c) / 2 for c in channels], -1)
                _, said = chained(self.time[step], ops.reshape(stacked, (-1, n_frames, 4)))
                said = ops.reshape(said, (n_tiles, n_slots, n_frames, 4))
                shares = ops.softmax(said[..., :3], -1)
                once = _smoothed(ops, better)
                smooth = ops.stack([better, once, _smoothed(ops, _smoothed(ops, once))], -1)
                threshold = ops.softplus(said[..., 3])
                course = ops.relu(ops.sum(shares * smooth, -1) - threshold) * used
                # footprints
                power = ops.sum(ops.square(course), -1, keepdims=True) + 1.0
                inner = ops.matmul(course, ops.transpose(course, (0, 2, 1)))
                image = ops.matmul(course, movie) / power
                fitted = ops.matmul(inner, full) / power
                ls = shape + self.rates[step, 1] * in_window(image - fitted)
                ls = ls * allowed
                snr = ops.sqrt(power)
                others = in_window(ops.sum(full, 1, keepdims=True) - full)
                channels = [
                    ls * SCALE,
                    ops.arcsinh(ls * snr) / 2,
                    shape * SCALE,
                    others * SCALE,
                    ops.arcsinh(in_window(image) * snr) / 2,
                    ops.broadcast_to(
                        ops.convert_to_tensor(distance / reach, ls.dtype), ops.shape(ls)
                    ),
                ]
                stacked = ops.reshape(ops.stack(channels, -1), (-1, width, width, 6))
                features, said = chained(self.space[step], stacked)
                said = ops.reshape(said, (n_tiles, n_slots, width * width, 2))
                shape = _unit(ops, ops.relu(ls + said[..., 0] / SCALE) * allowed)
                mask = ops.sigmoid(4 * (shape * SCALE - 0.6) + said[..., 1]) * allowed
                full = whole(shape)
                seen = ops.matmul(full, movie_t)
            features = ops.reshape(features, (n_tiles, n_slots, width * width, one.channels))
            confidence = self._confidence(shape, mask, course, seen, full, strengths, features)
            return ops.concatenate(
                [
                    _cropped(ops, full, side, reach),
                    _cropped(ops, whole(mask), side, reach),
                    course,
                    confidence,
                ],
                -1,
            )

        def _confidence(
            self,
            shape: Any,
            mask: Any,
            course: Any,
            seen: Any,
            full: Any,
            strengths: Any,
            features: Any,
        ) -> Any:
            """Logit (n, k, 1) from what a slot became, and from stronger ones that are like it."""
            power = ops.sum(ops.square(course), -1)
            norm = ops.sqrt(power + 1.0)
            alike = ops.matmul(full, ops.transpose(full, (0, 2, 1)))
            with_ = ops.matmul(course, ops.transpose(course, (0, 2, 1)))
            with_ = with_ / (norm[..., None] * norm[:, None, :])
            stronger = ops.cast(strengths[:, None, :] > strengths[..., None], alike.dtype)
            n_frames = ops.cast(ops.shape(course)[-1], course.dtype)
            error = ops.mean(ops.square(seen - course), -1)
            area = ops.sum(mask, -1)
            statistics = [
                ops.arcsinh(strengths) / 3,
                ops.log(norm),
                ops.log(1.0 + ops.max(course, -1)),
                ops.sum(course, -1) / norm / ops.sqrt(n_frames),
                ops.log(1.0 + error),
                ops.log(1.0 + area) / 2,
                ops.sum(shape, -1) / SCALE,
                ops.max(shape, -1) * SCALE / 2,
                ops.max(alike * stronger, -1),
                ops.max(with_ * alike * stronger, -1),
                ops.sum(alike * with_, -1) - 1.0,
                ops.sum(ops.square(shape) * mask, -1),
            ]
            own = ops.square(shape)[..., None]
            inner = ops.sum(features * own, 2)
            outer = ops.mean(features, 2)
            x = ops.concatenate([ops.stack(statistics, -1), inner, outer], -1)
            for layer in self.judge:
                x = layer(x)
            return x

        def compute_output_shape(self, shapes: Any) -> tuple[int | None, ...]:
            """Unknown where the movie or the number of seeds is."""
            frames, places, _ = shapes
            length = None if frames[1] is None else 2 * side * side + frames[1] + 1
            return (frames[0], places[1], length)

    return Unrolled()


def _build_chain(chain: list[Any], shape: tuple[int | None, ...], channels: int) -> None:
    for layer in chain:
        layer.build(shape)
        shape = (*shape[:-1], channels)


def _unit(ops: Any, x: Any) -> Any:
    """Of norm 1 along the last axis; nothing stays nothing."""
    return x / ops.sqrt(ops.sum(ops.square(x), -1, keepdims=True) + TINY)


def _smoothed(ops: Any, course: Any) -> Any:
    """Each frame mixed with the ones beside it."""
    before = ops.concatenate([course[..., :1], course[..., :-1]], -1)
    after = ops.concatenate([course[..., 1:], course[..., -1:]], -1)
    return (before + course + after) / 3


def _cropped(ops: Any, maps: Any, side: int, reach: int) -> Any:
    padded = side + 2 * reach
    shape = ops.shape(maps)
    square = ops.reshape(maps, (shape[0], shape[1], padded, padded))
    inner = square[:, :, reach : reach + side, reach : reach + side]
    return ops.reshape(inner, (shape[0], shape[1], side * side))


def loss_of(architecture: Architecture, targets: Any, outputs: Any) -> Any:
    """Loss of each tile, whatever slot a cell lies in.

    ``targets`` (n, m, 2 tile^2 + n_frames + 1): footprints, masks, courses, and what each is: 1 to be found,
    -1 not judged, 0 no cell. Slots and cells are matched by Sinkhorn's algorithm, with a place for those that
    match nothing; a pair costs what its footprints, masks and courses have not in common.
    """
    ops = load_keras().ops
    pixels = architecture.tile_px**2
    kind = targets[..., -1]
    wanted = ops.cast(kind > 0, outputs.dtype)
    there = ops.cast(ops.abs(kind) > 0, outputs.dtype)
    used = ops.cast(ops.max(outputs[..., :pixels], -1) > 0, outputs.dtype)
    shape, mask = outputs[..., :pixels], outputs[..., pixels : 2 * pixels]
    true_shape, true_mask = targets[..., :pixels], targets[..., pixels : 2 * pixels]
    course, true_course = outputs[..., 2 * pixels : -1], targets[..., 2 * pixels : -1]
    alike = _products(ops, _unit(ops, shape), _unit(ops, true_shape))
    area = ops.sum(mask, -1)[..., None] + ops.sum(true_mask, -1)[:, None, :]
    dice = 2 * _products(ops, mask, true_mask) / (area + 1.0)
    together = _products(ops, _centred(ops, course), _centred(ops, true_course))
    logit = outputs[..., -1]
    likeness = (
        0.4 * alike
        + 0.4 * dice
        + 0.2 * ops.maximum(together, 0)
        + 0.1 * ops.sigmoid(logit)[..., None]
    )
    possible = used[..., None] * there[:, None, :]
    matched = ops.stop_gradient(_matched(ops, ops.where(possible > 0, likeness, -1.0), used, there))
    matched = matched * possible
    counted = matched * wanted[:, None, :]
    cost = (1 - alike) + (1 - dice) + (1 - together)
    found = ops.sum(counted, (1, 2))
    quality = ops.sum(counted * cost, (1, 2)) / ops.maximum(found, 1.0)
    overlap = dice / (2 - dice)
    good = ops.stop_gradient(ops.sum(counted * ops.sigmoid(20 * (overlap - 0.5)), -1))
    judged = used * (1 - ops.sum(matched * (1 - wanted)[:, None, :], -1))
    cross = ops.softplus(logit) - good * logit
    doubt = ops.sum(judged * cross, -1) / USUAL_CELLS
    return quality + doubt


def _products(ops: Any, one: Any, other: Any) -> Any:
    return ops.matmul(one, ops.transpose(other, (0, 2, 1)))


def _centred(ops: Any, x: Any) -> Any:
    return _unit(ops, x - ops.mean(x, -1, keepdims=True))


def _matched(ops: Any, likeness: Any, used: Any, there: Any) -> Any:
    """Soft one-to-one matching (n, k, m) of slots that are used and cells that are there."""
    n_slots, n_cells = ops.sum(used, -1, keepdims=True), ops.sum(there, -1, keepdims=True)
    low = -1e4
    scores = ops.pad(likeness, [[0, 0], [0, 1], [0, 1]], constant_values=DUSTBIN) / TEMPERATURE
    rows = ops.concatenate([ops.where(used > 0, 0.0, low), ops.log(n_cells + TINY)], -1)
    columns = ops.concatenate([ops.where(there > 0, 0.0, low), ops.log(n_slots + TINY)], -1)
    u, v = ops.zeros_like(rows), ops.zeros_like(columns)
    for _ in range(SINKHORN_STEPS):
        u = rows - ops.logsumexp(scores + v[:, None, :], 2)
        v = columns - ops.logsumexp(scores + u[..., None], 1)
    return ops.exp(ops.minimum(scores + u[..., None] + v[:, None, :], 0.0))[:, :-1, :-1]


def card_of(
    name: str, architecture: Architecture, training: dict[str, Any], form: InputForm | None = None
) -> Card:
    """The card of a network."""
    return Card(
        name,
        TASK,
        architecture=dataclasses.asdict(architecture),
        input_form=dataclasses.asdict(form or InputForm()),
        training=training,
    )


def parts_of(card: Card, where: str | Path = "card") -> tuple[Architecture, InputForm]:
    """The parts of a card that belong to this task, checked; others are an InputError."""
    if card.task != TASK:
        raise InputError("a network that demixes", f"one of the task {card.task}", where)
    return (
        from_mapping(Architecture, card.architecture, where),
        from_mapping(InputForm, card.input_form, where),
    )
