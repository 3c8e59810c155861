"""What is true of a simulated movie: the light of every cell that can be seen to do something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.simulation.motion import MARGIN_PX
from deepcinac.simulation.rendering import detect, draw_light
from deepcinac.simulation.scene import CELL, MISSED, Scene, build_scene
from deepcinac.simulation.settings import SimulationSettings

MASK_SHARE = 0.35
"""A pixel belongs to a cell where its light is above this share of the brightest pixel's."""
SEEN_SD = 3.0
"""A cell with a transient of this height over the noise of its mask is to be found."""


@dataclass(frozen=True, eq=False)
class TrueCells:
    """Cells in focus.

    ``footprints`` (n_cells, height, width) float32 with maximum 1; ``courses`` (n_cells, n_frames): light
    of the brightest pixel in grey levels; ``highest_sd`` (n_cells,): of the tallest transient over the noise
    of the mask's mean in 0.1 s, 0 where there is none.
    """

    footprints: np.ndarray
    courses: np.ndarray
    highest_sd: np.ndarray

    @property
    def masks(self) -> np.ndarray:
        """(n_cells, height, width) bool."""
        return self.footprints > MASK_SHARE * self.footprints.max((1, 2), keepdims=True)

    @property
    def seen(self) -> np.ndarray:
        """(n_cells,) bool: which are to be found; the others do next to nothing and are not judged."""
        return self.highest_sd >= SEEN_SD


def simulated_movie(
    settings: SimulationSettings, block_frames: int = 128
) -> tuple[np.ndarray, TrueCells]:
    """A movie (n_frames, height, width) uint16 in memory, and its cells."""
    generator = np.random.default_rng(settings.seed)
    scene = build_scene(settings, generator)
    frames = np.empty((settings.n_frames, settings.height, settings.width), np.uint16)
    for first in range(0, settings.n_frames, block_frames):
        last = min(first + block_frames, settings.n_frames)
        frames[first:last] = detect(draw_light(scene, first, last)[-1], scene, generator)
    return frames, cells_of(scene)


def cells_of(scene: Scene) -> TrueCells:
    """The cells in focus, with a mask or without one, as long as some of them lies in the field."""
    inner = (slice(MARGIN_PX, -MARGIN_PX), slice(MARGIN_PX, -MARGIN_PX))
    chosen = [one for one in scene.sources if one.role in (CELL, MISSED)]
    rest = scene.background + sum(s.footprint * s.brightness for s in scene.sources)
    variance = (rest + scene.read_noise_photons**2)[inner]
    footprints = np.stack([one.footprint[inner] for one in chosen])
    masks = footprints > MASK_SHARE * footprints.max((1, 2), keepdims=True)
    rate = scene.settings.frame_rate_hz
    highest = np.zeros(len(chosen))
    for k, (one, mask) in enumerate(zip(chosen, masks, strict=True)):
        heights = one.truth.seen_heights(rate)
        if len(heights) and mask.any():
            noise = np.sqrt(variance[mask].sum()) / mask.sum()
            highest[k] = heights.max() * one.brightness * footprints[k][mask].mean() / noise
    courses = [one.brightness * one.drift * one.focus * (1 + one.dff) for one in chosen]
    light = scene.gain * np.stack(courses).astype(np.float32)
    return TrueCells(footprints.astype(np.float32), light, highest)
