"""Simulated movies to learn from: prepared, with seeds and truth, and tiles drawn from them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from deepcinac.learning.task import Batch
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.simulation.settings import SimulationSettings
from deepcinac.tasks.demixing.prepare import (
    COURSE_S,
    Grid,
    Prepared,
    on_grid,
    plan_grid,
    prepare,
    slow_course,
)
from deepcinac.tasks.demixing.seeds import find_seeds
from deepcinac.tasks.demixing.targets import MASK_SHARE, SEEN_SD, TrueCells, simulated_movie
from deepcinac.tasks.demixing.unrolled import Architecture

SLOTS, CELLS = 80, 64
"""Places of a training tile for seeds and for true cells; the strongest come first."""
WHOLE_SHARE = 0.6
"""A cell with less of its mask in the tile is not judged."""
VISIBILITY_S = 0.1


@dataclass(frozen=True, eq=False)
class Example:
    """A prepared movie with truth on its grid.

    ``frames`` (n, rows, columns) float16; ``places`` (k, 2), ``strengths`` (k,) of seeds; ``shapes``
    (n_cells, rows, columns) float16: light over the noise of a pixel, of norm 1; ``masks`` of the same shape,
    bool; ``courses`` (n_cells, n) in SD of the noise of the mask's mean.
    """

    frames: np.ndarray
    places: np.ndarray
    strengths: np.ndarray
    shapes: np.ndarray
    masks: np.ndarray
    courses: np.ndarray


def make_example(settings: SimulationSettings) -> Example:
    """Simulate, prepare, find seeds."""
    frames, cells = simulated_movie(settings)
    grid = plan_grid(frames.shape, settings.frame_rate_hz, settings.pixel_size_um)
    n = len(frames) // grid.time_bin
    used = frames[: n * grid.time_bin].astype(np.float32)
    binned = on_grid(used.reshape(n, grid.time_bin, *used.shape[1:]).mean(1), grid)
    del used
    ready = prepare(binned, settings.frame_rate_hz / grid.time_bin)
    places, strengths = find_seeds(ready.frames, ready.rate_hz)
    shapes, masks, courses = on_prepared(cells, ready, grid.time_bin)
    return Example(ready.frames.astype(np.float16), places, strengths, shapes, masks, courses)


def on_prepared(
    cells: TrueCells, ready: Prepared, time_bin: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shapes, masks and courses of true cells as an :class:`Example` has them."""
    rows, columns = ready.mean.shape
    footprints = on_grid(cells.footprints, Grid(1, rows, columns))
    peak = np.maximum(footprints.max((1, 2), keepdims=True), 1e-9)
    masks = footprints > MASK_SHARE * peak
    n = len(ready.frames)
    light = cells.courses[:, : n * time_bin].reshape(len(masks), n, time_bin).mean(-1)
    window = max(4, round(COURSE_S * ready.rate_hz))
    light = light - slow_course(light.T[:, :, None], window)[..., 0].T
    shapes = footprints / ready.noise
    area = np.maximum(masks.sum((1, 2)), 1)
    inside = (footprints * masks).sum((1, 2)) / area
    noise = np.sqrt((masks * ready.noise**2).sum((1, 2))) / area
    noise = np.maximum(noise, 1e-9) * np.sqrt(1 / ready.rate_hz / VISIBILITY_S)
    courses = light * (inside / noise)[:, None]
    shapes /= np.maximum(np.sqrt((shapes**2).sum((1, 2), keepdims=True)), 1e-9)
    return shapes.astype(np.float16), masks, courses.astype(np.float32)


def make_examples(
    settings: Sequence[SimulationSettings], workers: int, progress: Progress = silent
) -> list[Example]:
    """One example of each movie, made by so many processes."""
    if workers <= 1:
        made: Iterator[Example] = map(make_example, settings)
        return _counted(made, len(settings), progress)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return _counted(pool.map(make_example, settings), len(settings), progress)


def _counted(made: Iterator[Example], count: int, progress: Progress) -> list[Example]:
    examples = []
    for example in made:
        examples.append(example)
        progress(ProgressEvent("simulating movies", len(examples), count))
    return examples


def draw_tile(
    example: Example, architecture: Architecture, n_frames: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A tile somewhere in space and time, turned at random: frames, places, strengths, targets."""
    side = architecture.tile_px
    total, rows, columns = example.frames.shape
    top, left = (int(generator.integers(max(1, size - side + 1))) for size in (rows, columns))
    start = int(generator.integers(max(1, total - n_frames + 1)))
    turn = (bool(generator.integers(2)), bool(generator.integers(2)), bool(generator.integers(2)))
    return cut_tile(example, (top, left), start, n_frames, side, turn)


def cut_tile(
    example: Example,
    corner: tuple[int, int],
    start: int,
    n_frames: int,
    side: int,
    turn: tuple[bool, bool, bool] = (False, False, False),
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One tile: frames (n, side, side), places (SLOTS, 2), strengths (SLOTS,), targets (CELLS, ...)."""
    (top, left), time = corner, slice(start, start + n_frames)
    part = (slice(top, top + side), slice(left, left + side))

    def square(values: np.ndarray) -> np.ndarray:
        cut = values[:, part[0], part[1]]
        out = np.zeros((len(cut), side, side), np.float32)
        out[:, : cut.shape[1], : cut.shape[2]] = cut
        return turned(out, turn)

    frames = np.zeros((n_frames, side, side), np.float32)
    cut = square(example.frames[time])
    frames[: len(cut)] = cut
    inside = ((example.places >= corner) & (example.places < np.add(corner, side))).all(1)
    near, strong = example.places[inside][:SLOTS] - corner, example.strengths[inside][:SLOTS]
    places = np.zeros((SLOTS, 2), np.int32)
    strengths = np.full(SLOTS, -1, np.float32)
    places[: len(near)], strengths[: len(near)] = turned_places(near, turn, side), strong
    masks = example.masks[:, part[0], part[1]]
    share = masks.sum((1, 2)) / np.maximum(example.masks.sum((1, 2)), 1)
    highest = example.courses[:, time].max(1)
    chosen = np.flatnonzero(share > 0.05)
    chosen = chosen[np.argsort(-highest[chosen], kind="stable")][:CELLS]
    targets = np.zeros((CELLS, 2 * side * side + n_frames + 1), np.float32)
    k = len(chosen)
    targets[:k, : side * side] = square(example.shapes[chosen]).reshape(k, -1)
    targets[:k, side * side : 2 * side * side] = square(example.masks[chosen]).reshape(k, -1)
    course = example.courses[chosen, time]
    targets[:k, 2 * side * side : 2 * side * side + course.shape[1]] = course
    wanted = (share[chosen] > WHOLE_SHARE) & (highest[chosen] >= SEEN_SD)
    targets[:k, -1] = np.where(wanted, 1, -1)
    return frames, places, strengths, targets


def turned(frames: np.ndarray, turn: tuple[bool, bool, bool]) -> np.ndarray:
    """Frames (n, s, s) mirrored up-down, left-right, and across the diagonal."""
    if turn[0]:
        frames = frames[:, ::-1]
    if turn[1]:
        frames = frames[:, :, ::-1]
    return frames.swapaxes(1, 2) if turn[2] else frames


def turned_places(places: np.ndarray, turn: tuple[bool, bool, bool], side: int) -> np.ndarray:
    """Places (k, 2) after the same turn.

    >>> turned_places(np.array([[0, 2]]), (True, False, True), 10).tolist()
    [[2, 9]]
    """
    y, x = places.T
    y = side - 1 - y if turn[0] else y
    x = side - 1 - x if turn[1] else x
    return np.stack([x, y] if turn[2] else [y, x], 1)


def stacked(tiles: Sequence[tuple[np.ndarray, ...]]) -> Batch:
    """Tiles as the network takes them."""
    frames, places, strengths, targets = (np.stack(part) for part in zip(*tiles, strict=True))
    return [frames, places, strengths], targets
