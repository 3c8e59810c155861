"""Changes to a training window that leave its labels true: turned, shifted, brighter, noisier, other masks.

Each function is pure and takes its random numbers from a generator. Turning and shifting are done by
choosing pixels (``crops.patch_pixels``), which costs nothing; temporal jitter is the free choice of a
window's first frame.
"""

from __future__ import annotations

import numpy as np

from deepcinac.tasks.activity.settings import AugmentationSettings

NO_AUGMENTATION = AugmentationSettings(False, False, 0.0, 0.0, 0.0, 0.0)


def draw_pose(
    settings: AugmentationSettings, generator: np.random.Generator
) -> tuple[float, bool, tuple[float, float]]:
    """Angle in radians, mirrored or not, and shift (y, x) of the patch's centre in whole pixels."""
    angle = generator.uniform(0, 2 * np.pi) if settings.rotate else 0.0
    mirror = bool(settings.mirror and generator.random() < 0.5)
    down, right = np.rint(generator.uniform(-settings.shift_px, settings.shift_px, 2))
    return angle, mirror, (float(down), float(right))


def brighter(values: np.ndarray, factor: float) -> np.ndarray:
    """Signal scaled by a factor."""
    return values * np.float32(factor)


def noisier(values: np.ndarray, sd: float, generator: np.random.Generator) -> np.ndarray:
    """White noise of ``sd`` added to values whose noise is 1, and rescaled so that it is 1 again."""
    noise = generator.standard_normal(values.shape, dtype=np.float32)
    return (values + np.float32(sd) * noise) / np.float32(np.sqrt(1 + sd**2))


def grown_or_shrunk(mask: np.ndarray, grow: bool) -> np.ndarray:
    """A mask (height, width) one pixel larger or smaller (four neighbours); never emptied.

    >>> m = np.zeros((3, 3), bool); m[1, 1] = True
    >>> grown_or_shrunk(m, grow=True).astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    padded = np.pad(mask, 1, constant_values=not grow)
    around = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    if grow:
        return mask | np.logical_or.reduce(around)
    smaller = mask & np.logical_and.reduce(around)
    return smaller if smaller.any() else mask


def moved(mask: np.ndarray, down: int, right: int) -> np.ndarray:
    """A mask (height, width) moved by whole pixels; what leaves the patch is lost."""
    height, width = mask.shape
    result = np.zeros_like(mask)
    result[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = mask[
        max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)
    ]
    return result


def faulty(mask: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A cell's mask as a segmentation may get it wrong: larger, smaller or off by a pixel."""
    choice = generator.integers(3)
    if choice == 0:
        return grown_or_shrunk(mask, grow=True)
    if choice == 1:
        return grown_or_shrunk(mask, grow=False)
    down, right = generator.integers(-1, 2, 2)
    changed = moved(mask, int(down), int(right))
    return changed if changed.any() else mask
