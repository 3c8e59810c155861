"""Footprints of tracked cells, from the stabilised movie: what is bright around each while it is seen."""

from __future__ import annotations

import math

import numpy as np

from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie import Movie, iterate_blocks

SOURCE = "deepcinac track"
BLOCK_FRAMES = 64
LEVEL = 0.5
"""The part of its brightest light over the surroundings above which a pixel belongs to a cell."""


def tracked_footprints(
    movie: Movie, rest: np.ndarray, seen: np.ndarray, diameter_px: float
) -> Cells:
    """Cells of the stabilised movie: ``rest`` (n_cells, 2) in px, ``seen`` (n_cells, n_frames) bool.

    A footprint holds the pixels that hang together around the place of the cell and reach half of its
    light over the surroundings, within a disc of one and a half diameters; where that is less than a
    quarter of a disc of one diameter, it is that disc. Weights are the light.
    """
    means = _mean_while_seen(movie, rest, seen, reach_of(diameter_px))
    found = [_footprint(mean, place, diameter_px) for mean, place in zip(means, rest, strict=True)]
    return make_cells(found, movie.height, movie.width, SOURCE)


def reach_of(diameter_px: float) -> int:
    """How far from the middle of a cell its surroundings are looked at, in px."""
    return math.ceil(1.5 * diameter_px)


def _mean_while_seen(movie: Movie, rest: np.ndarray, seen: np.ndarray, reach: int) -> np.ndarray:
    """(n_cells, 2 reach + 1, the same): mean pictures around the cells; NaN beyond the border."""
    side = 2 * reach + 1
    offsets = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, 1, -1)
    y, x = np.rint(rest.T).astype(int)[:, :, None] + offsets
    inside = (y >= 0) & (y < movie.height) & (x >= 0) & (x < movie.width)
    pixels = np.where(inside, y * movie.width + x, 0)
    sums = np.zeros(pixels.shape)
    for start, block in iterate_blocks(movie, BLOCK_FRAMES):
        flat = block.reshape(len(block), -1)
        for place, frame in enumerate(flat):
            cells = np.flatnonzero(seen[:, start + place])
            sums[cells] += frame[pixels[cells]]
    means = sums / np.maximum(seen.sum(1), 1)[:, None]
    return np.where(inside, means, np.nan).reshape(-1, side, side)


def _footprint(
    mean: np.ndarray, place: np.ndarray, diameter_px: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from scipy.ndimage import label

    reach = len(mean) // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    apart = np.hypot(y, x)
    known = ~np.isnan(mean)
    light = np.where(known, mean - np.nanmedian(mean[apart > 0.75 * diameter_px]), 0.0)
    disc = (apart <= diameter_px / 2) & known
    if not disc.any():
        disc = known & (apart == apart[known].min())
    bright = (light > LEVEL * light[disc].max()) & (apart <= 0.75 * diameter_px) & known
    parts, _ = label(bright)
    middle = parts[disc & bright]
    own = parts == np.bincount(middle).argmax() if len(middle) else disc
    if own.sum() < 0.25 * disc.sum() or light[disc].max() <= 0:
        own = disc
    weight = np.maximum(light[own], 1e-6 * max(float(np.abs(light).max()), 1.0))
    top, left = np.rint(place).astype(int)
    return y[own] + top, x[own] + left, weight
