"""Bright spots of the size of a cell in single frames: Laplacian of Gaussian, threshold from the noise."""

from __future__ import annotations

import math

import numpy as np

from deepcinac.recording.noise import MAD_TO_SD

MOST_SPOTS = 20_000
"""In one frame; more are noise, and the brightest are kept."""


def spot_sigma_px(diameter_px: float) -> float:
    """Width of the filter that answers most to a disc of this diameter in the plane.

    >>> round(spot_sigma_px(10.0), 2)
    3.54
    """
    return max(diameter_px / (2 * math.sqrt(2)), 0.7)


def find_spots(frame: np.ndarray, diameter_px: float, threshold_sd: float) -> np.ndarray:
    """Centres of the spots of a frame (or a volume), (n, frame.ndim) float, brightest first.

    Parameters
    ----------
    frame
        (height, width), or (depth, height, width) with pixels of one size.
    diameter_px
        Diameter of a cell in pixels.
    threshold_sd
        How many standard deviations the filtered frame has to rise above its median. They come from
        the median absolute deviation, which a few bright cells hardly touch.

    Centres lie between pixels, at the top of a parabola through the three values along each axis.
    A constant frame has no spots.
    """
    from scipy.ndimage import gaussian_laplace, maximum_filter

    sigma = spot_sigma_px(diameter_px)
    response = -gaussian_laplace(np.asarray(frame, np.float32), sigma, mode="nearest")
    middle = float(np.median(response))
    noise = MAD_TO_SD * float(np.median(np.abs(response - middle)))
    if noise <= 0:
        noise = float(response.std())
    if noise <= 0:
        return np.empty((0, response.ndim))
    size = 2 * max(1, round(diameter_px / 4)) + 1
    tops = (response == maximum_filter(response, size, mode="nearest")) & (
        response > middle + threshold_sd * noise
    )
    places = np.argwhere(tops)
    order = np.argsort(-response[tuple(places.T)], kind="stable")[:MOST_SPOTS]
    return _between_pixels(response, places[order])


def _between_pixels(response: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Tops of parabolas along each axis, at most half a pixel from the brightest one."""
    found = places.astype(float)
    for axis, length in enumerate(response.shape):
        inner = (places[:, axis] > 0) & (places[:, axis] < length - 1)
        chosen = places[inner]
        before, after = chosen.copy(), chosen.copy()
        before[:, axis] -= 1
        after[:, axis] += 1
        low, top, high = (response[tuple(one.T)].astype(float) for one in (before, chosen, after))
        bend = low - 2 * top + high
        shift = np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, -1), 0.0)
        found[inner, axis] += np.clip(shift, -0.5, 0.5)
    return found
