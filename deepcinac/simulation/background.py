"""Everything in the picture that is not a cell: background, vessels, neuropil, flashes, bleaching."""

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


def flashes(
    rows: int, columns: int, settings: SimulationSettings, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Flashes of light over the whole field: laser, stimulus or room light.

    Returns
    -------
    pattern (rows, columns), 1 on average and brighter towards one side; course (n_frames,): added light
    relative to the background. A flash rises at once or slowly and lasts 0.1 to 3 s.
    """
    n_frames, rate = settings.n_frames, settings.frame_rate_hz
    slope = generator.normal(0, 0.15, 2)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    pattern = np.maximum(1 + slope[0] * y + slope[1] * x, 0.2).astype(np.float32)
    course = np.zeros(n_frames, np.float32)
    time_s = np.arange(n_frames) / rate
    count = generator.poisson(settings.whole_field_per_minute * n_frames / rate / 60)
    for start in generator.uniform(0, n_frames / rate, count).tolist():
        length, height = generator.uniform(0.1, 3.0), generator.uniform(*settings.whole_field)
        phase = (time_s - start) / length
        inside = (phase >= 0) & (phase < 1)
        shape = np.sin(np.pi * phase) if generator.random() < 0.6 else 1 - phase
        course[inside] += height * shape[inside]
    return pattern, course
