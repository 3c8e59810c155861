"""Everything in the picture that is not a cell: background, vessels, neuropil, bleaching, motion."""

from __future__ import annotations

import numpy as np

from deepcinac.simulation.activity import wander
from deepcinac.simulation.settings import SimulationSettings


def background_image(
    rows: int, columns: int, settings: SimulationSettings, generator: np.random.Generator
) -> np.ndarray:
    """Mean photons of the background, (rows, columns): uneven light, fine texture, dark vessels."""
    from scipy.ndimage import gaussian_filter

    level = generator.uniform(*settings.photons)
    broad = gaussian_filter(generator.normal(size=(rows, columns)), 0.2 * max(rows, columns))
    fine = gaussian_filter(generator.normal(size=(rows, columns)), 1.2)
    image = 1 + 0.25 * broad / max(broad.std(), 1e-9) + 0.08 * fine / max(fine.std(), 1e-9)
    for _ in range(settings.vessels):
        image *= _vessel(rows, columns, settings.pixel_size_um, generator)
    return np.maximum(level * image, 0.05 * level)


def _vessel(
    rows: int, columns: int, pixel_size_um: float, generator: np.random.Generator
) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns]
    angle = generator.uniform(0, np.pi)
    across = (y - generator.uniform(0, rows)) * np.cos(angle) - (
        x - generator.uniform(0, columns)
    ) * np.sin(angle)
    along = (y - rows / 2) * np.sin(angle) + (x - columns / 2) * np.cos(angle)
    bend = generator.uniform(0, 5) * np.sin(along / generator.uniform(10, 30))
    half_width = generator.uniform(2.0, 7.0) / pixel_size_um
    return 1 - generator.uniform(0.2, 0.6) * np.exp(-(((across + bend) / half_width) ** 2))


def neuropil_signal(
    rows: int,
    columns: int,
    mean_activity: np.ndarray,
    settings: SimulationSettings,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Neuropil as smooth patches that wander slowly and partly follow the cells' mean activity.

    Returns
    -------
    patterns (k, rows, columns) and courses (k, n_frames); their product summed over k is the relative
    change of the background, with the SD that the settings ask for.
    """
    from scipy.ndimage import gaussian_filter

    n_frames, n_patterns = settings.n_frames, 8
    patterns = np.empty((n_patterns, rows, columns))
    courses = np.empty((n_patterns, n_frames))
    followed = _standardised(gaussian_filter(mean_activity, 0.3 * settings.frame_rate_hz))
    for k in range(n_patterns):
        reach = generator.uniform(8, 50) / settings.pixel_size_um
        pattern = gaussian_filter(generator.normal(size=(rows, columns)), reach)
        patterns[k] = pattern / max(pattern.std(), 1e-9)
        memory = generator.uniform(0.4, 15.0) * settings.frame_rate_hz
        smoothed = gaussian_filter(wander(n_frames, memory, generator), 1.0)
        courses[k] = _standardised(smoothed)
    patterns[0] = 1.0 + 0.3 * patterns[0]
    coupling = generator.uniform(*settings.neuropil_coupling)
    courses[0] = np.sqrt(1 - coupling**2) * courses[0] + coupling * followed
    share = generator.dirichlet(np.r_[3.0, np.ones(n_patterns - 1)])
    scale = generator.uniform(*settings.neuropil) * np.sqrt(share)
    return patterns.astype(np.float32), (scale[:, None] * courses).astype(np.float32)


def _standardised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(values.std(), 1e-9)


def bleaching_course(settings: SimulationSettings, generator: np.random.Generator) -> np.ndarray:
    """Brightness relative to the start, (n_frames,): an exponential that ends at the drawn loss."""
    lost = generator.uniform(*settings.bleaching)
    time = np.linspace(0, 1, settings.n_frames)
    speed = generator.uniform(0.5, 4.0)
    return 1 - lost * (1 - np.exp(-speed * time)) / (1 - np.exp(-speed))


def motion_course(
    settings: SimulationSettings, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residual motion after correction: x/y jitter, sudden shifts, and depth.

    Returns
    -------
    shifts (n_frames, 2) in pixels down and right; sudden (k, 2) first and last frame of the large
    shifts; depth (n_frames,) between -1 and 1, with short excursions at the large shifts.
    """
    n_frames, rate = settings.n_frames, settings.frame_rate_hz
    size = generator.uniform(*settings.jitter_px)
    shifts = np.stack([wander(n_frames, 0.15 * rate, generator) for _ in range(2)], 1) * size
    depth = 0.5 * wander(n_frames, 20.0 * rate, generator)
    minutes = n_frames / rate / 60
    count = generator.poisson(settings.sudden_shifts_per_minute * minutes)
    sudden = []
    for first in np.sort(generator.integers(0, n_frames, count)).tolist():
        last = min(n_frames - 1, first + int(generator.uniform(0.1, 0.8) * rate))
        size_px = generator.normal(0, 3.0 / settings.pixel_size_um, 2)
        shifts[first : last + 1] += np.clip(size_px, -4, 4)
        depth[first : last + 1] += generator.normal(0, 0.5)
        sudden.append((first, last))
    return shifts, np.array(sudden, dtype=int).reshape(-1, 2), np.clip(depth, -1, 1)


def shift_frames(frames: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Move each frame (n, rows, columns) by its own sub-pixel shift (n, 2) down and right.

    Bilinear: never negative, conserves light, and mixes neighbouring pixels as a real resampling does.
    """
    from scipy.ndimage import shift as shift_image

    moved = np.empty_like(frames)
    for k in range(len(frames)):
        shift_image(frames[k], shifts[k], output=moved[k], order=1, mode="nearest")
    return moved
