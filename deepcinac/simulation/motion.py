"""Motion that registration left over, in the plane and in depth, and what registration did to the borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.simulation.activity import wander
from deepcinac.simulation.settings import SimulationSettings

MARGIN_PX = 8
MAX_SHIFT_PX = 5.0
AXIAL_SIGMA_UM = 7.0


@dataclass(frozen=True)
class Motion:
    """How the tissue moves, frame by frame.

    ``shifts`` (n_frames, 2) px down and right that remain in the movie; ``sudden`` (k, 2) first and last
    frame of the large ones; ``drift`` (n_frames,) slow place in depth, -1 to 1; ``depth_um`` (n_frames,)
    short moves of the focal plane; ``depth_jumps`` (k, 2) their first and last frames; ``emptied``
    (n_frames, 2) whole pixels by which registration moved the frame (positive: down, right), so that so
    many rows and columns at that side are no data; ``wrapped`` says what stands there.
    """

    shifts: np.ndarray
    sudden: np.ndarray
    drift: np.ndarray
    depth_um: np.ndarray
    depth_jumps: np.ndarray
    emptied: np.ndarray
    wrapped: bool


def draw_motion(settings: SimulationSettings, generator: np.random.Generator) -> Motion:
    """Jitter, sudden shifts, slow drift and short jumps in depth, and the borders."""
    n_frames, rate = settings.n_frames, settings.frame_rate_hz
    minutes = n_frames / rate / 60
    size = generator.uniform(*settings.jitter_px)
    shifts = np.stack([wander(n_frames, 0.15 * rate, generator) for _ in range(2)], 1) * size
    drift = 0.5 * wander(n_frames, 20.0 * rate, generator)
    sudden = _spells(
        generator.poisson(settings.sudden_shifts_per_minute * minutes),
        (0.1, 0.8),
        settings,
        generator,
    )
    for first, last in sudden.tolist():
        size_px = generator.normal(0, 3.0 / settings.pixel_size_um, 2)
        shifts[first : last + 1] += np.clip(size_px, -4, 4)
        drift[first : last + 1] += generator.normal(0, 0.5)
    depth = np.zeros(n_frames)
    jumps = _spells(
        generator.poisson(settings.depth_jumps_per_minute * minutes),
        (0.2, 3.0),
        settings,
        generator,
    )
    for first, last in jumps.tolist():
        way = np.sin(np.pi * (np.arange(last - first + 1) + 0.5) / (last - first + 1))
        far = generator.uniform(*settings.depth_jump_um) * generator.choice([-1, 1])
        depth[first : last + 1] += far * way ** generator.uniform(0.3, 1.0)
        shifts[first : last + 1] += way[:, None] * generator.normal(0, 0.4, 2)
    removed = generator.uniform(*settings.border_px)
    course = np.stack([wander(n_frames, 0.5 * rate, generator) for _ in range(2)], 1) * removed
    for first, last in np.r_[sudden, jumps].tolist():
        course[first : last + 1] += generator.normal(0, 2 * removed, 2)
    fill = settings.border_fill
    wrapped = bool(generator.random() < 0.5) if fill == "mixed" else fill == "wrapped"
    return Motion(
        np.clip(shifts, -MAX_SHIFT_PX, MAX_SHIFT_PX),
        sudden,
        np.clip(drift, -1, 1),
        depth,
        jumps,
        np.clip(np.rint(course), -6, 6).astype(int),
        wrapped,
    )


def _spells(
    count: int,
    length_s: tuple[float, float],
    settings: SimulationSettings,
    generator: np.random.Generator,
) -> np.ndarray:
    """First and last frames (count, 2) of spells at random times."""
    n_frames, rate = settings.n_frames, settings.frame_rate_hz
    first = np.sort(generator.integers(0, n_frames, count))
    length = (generator.uniform(*length_s, count) * rate).astype(int)
    return np.stack([first, np.minimum(first + length, n_frames - 1)], 1).reshape(-1, 2)


def focus(place_um: float, depth_um: np.ndarray) -> np.ndarray:
    """Brightness of a source relative to rest while the focal plane moves, (n_frames,).

    The source lies ``place_um`` below the resting plane; its light falls off as a Gaussian of depth. One in
    the plane dims and returns; one beside it brightens when the plane comes towards it.

    >>> focus(0.0, np.array([0.0, 7.0])).round(2).tolist()
    [1.0, 0.61]
    """
    change = (place_um - depth_um) ** 2 - place_um**2
    return np.clip(np.exp(-change / (2 * AXIAL_SIGMA_UM**2)), 0.15, 3.0)


def moved_into_field(frames: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Move each frame (n, rows, columns) by its own shift (n, 2) px down and right, and cut the margin.

    Bilinear: never negative, conserves light, and mixes neighbouring pixels as a real resampling does.
    """
    n_frames, rows, columns = frames.shape
    height, width = rows - 2 * MARGIN_PX, columns - 2 * MARGIN_PX
    moved = np.empty((n_frames, height, width), np.float32)
    whole = np.floor(shifts).astype(int)
    part = (shifts - whole).astype(np.float32)
    for k in range(n_frames):
        top, left = MARGIN_PX - int(whole[k, 0]), MARGIN_PX - int(whole[k, 1])
        down, right = part[k]
        strip = frames[k, top - 1 : top + height, left - 1 : left + width]
        strip = (1 - down) * strip[1:] + down * strip[:-1]
        moved[k] = (1 - right) * strip[:, 1:] + right * strip[:, :-1]
    return moved


def empty_borders(frames: np.ndarray, emptied: np.ndarray, wrapped: bool) -> np.ndarray:
    """Rows and columns at the border that registration had no data for: dark, or the opposite side.

    ``frames`` (n, height, width) are changed in place and given back; ``emptied`` (n, 2) says how many
    rows and columns: positive at the top and left, negative at the bottom and right.
    """
    for k in np.flatnonzero(emptied.any(1)).tolist():
        frame = frames[k]
        for axis, count in enumerate(emptied[k].tolist()):
            turned = frame if axis == 0 else frame.T
            if count > 0:
                turned[:count] = turned[-count:].copy() if wrapped else 0
            elif count < 0:
                turned[count:] = turned[:-count].copy() if wrapped else 0
    return frames
