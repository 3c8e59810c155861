"""From pixel values to shades of grey: one look-up per pixel, no arithmetic on frames."""

from __future__ import annotations

import numpy as np

N_SHADES = 256
N_VALUES = 65_536
"""How many values a 16-bit pixel can have."""

AUTOMATIC_PERCENTILES = (1.0, 99.7)
_SAMPLE = 200_000
"""Pixels that an automatic setting looks at; more would not change it."""


def lookup_table(low: float, high: float) -> np.ndarray:
    """Shade (65536,) uint8 of every unsigned 16-bit value: black up to ``low``, white from ``high``.

    >>> lookup_table(100, 200)[[0, 100, 150, 200, 65535]].tolist()
    [0, 0, 128, 255, 255]
    """
    return _shades(np.arange(N_VALUES, dtype=np.float32), low, high)


def grey(image: np.ndarray, low: float, high: float, table: np.ndarray | None = None) -> np.ndarray:
    """``image`` of any shape and number type as uint8 shades; NaN is black.

    ``table`` is :func:`lookup_table` of the same limits, for whoever draws frame after frame.
    """
    if image.dtype in (np.uint8, np.uint16):
        return (lookup_table(low, high) if table is None else table)[image]
    return _shades(np.nan_to_num(image.astype(np.float32)), low, high)


def _shades(values: np.ndarray, low: float, high: float) -> np.ndarray:
    span = max(float(high) - float(low), 1e-9)
    shades = (values - np.float32(low)) * np.float32((N_SHADES - 1) / span)
    return np.clip(np.rint(shades), 0, N_SHADES - 1).astype(np.uint8)


def automatic_limits(
    image: np.ndarray, percentiles: tuple[float, float] = AUTOMATIC_PERCENTILES
) -> tuple[float, float]:
    """Black and white for ``image``: two percentiles of its finite values, never the same value."""
    values = np.asarray(image).ravel()
    values = values[:: max(1, values.size // _SAMPLE)].astype(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, percentiles))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1.0)
