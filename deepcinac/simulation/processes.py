"""Light that is no cell body: dendrites and axons that cross the field, and small bright spots.

They get no mask. Where they cross the mask of a cell, their activity is a false rise of that cell.
"""

from __future__ import annotations

import numpy as np


def draw_process(
    height: int, width: int, margin: int, pixel_size_um: float, generator: np.random.Generator
) -> np.ndarray:
    """Light of a dendrite, (height + 2 margin, width + 2 margin) float32 with maximum 1.

    A line about 1 um thick and 25 to 120 um long, that bends and is brighter in places.
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = height + 2 * margin, width + 2 * margin
    light = np.zeros((rows, columns), np.float32)
    length = generator.uniform(25, 120) / pixel_size_um
    n_steps = max(8, int(2 * length))
    turn = generator.normal(0, 0.012) + generator.normal(0, 0.05, n_steps)
    angle = generator.uniform(0, 2 * np.pi) + np.cumsum(turn)
    y = margin + generator.uniform(0, height) + np.cumsum(0.5 * np.sin(angle))
    x = margin + generator.uniform(0, width) + np.cumsum(0.5 * np.cos(angle))
    texture = np.exp(1.2 * gaussian_filter(generator.normal(size=n_steps), 3))
    inside = (y >= 0) & (y < rows - 1) & (x >= 0) & (x < columns - 1)
    np.add.at(light, (y[inside].astype(int), x[inside].astype(int)), texture[inside])
    return _blurred(light, max(0.5, generator.uniform(0.3, 0.9) / pixel_size_um))


def draw_punctum(
    height: int, width: int, margin: int, pixel_size_um: float, generator: np.random.Generator
) -> np.ndarray:
    """Light of a spot 1.5 to 6 um across, of the same form."""
    light = np.zeros((height + 2 * margin, width + 2 * margin), np.float32)
    y, x = margin + generator.integers(0, height), margin + generator.integers(0, width)
    light[y, x] = 1.0
    return _blurred(light, max(0.6, generator.uniform(1.5, 6.0) / pixel_size_um / 2.35))


def _blurred(light: np.ndarray, sigma_px: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    light = gaussian_filter(light, sigma_px, mode="constant")
    light[light < 0.02 * light.max()] = 0
    return (light / max(float(light.max()), 1e-9)).astype(np.float32)
