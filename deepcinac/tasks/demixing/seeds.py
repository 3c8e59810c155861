"""Where cells may be: the place that lights up most, then the next one in what it leaves unexplained.

A seed is no cell yet: that is for the network to say. This is the greedy search of suite2p's sparse
detection (Pachitariu et al., 2017), with one size of cells, which the prepared movie has.
"""

from __future__ import annotations

import numpy as np

BLUR_PX = 1.5
BLUR_S = 0.2
REACH_PX = 9
BLUR_REACH_PX = 5
ACTIVE_SD = 2.0
NOISE_MEAN, NOISE_SD = 0.0057, 0.2
"""Of the square above ``ACTIVE_SD`` of one frame of noise (the SD for frames that are blurred in time)."""
LEAST_SD = 5.0
"""How far the energy of a seed must be above that of noise."""
MOST_A_TILE = 1.0 / 45
"""Seeds in a pixel, at the most."""
SUPPORT_SHARE = 0.2


def find_seeds(
    frames: np.ndarray, rate_hz: float, least_sd: float = LEAST_SD
) -> tuple[np.ndarray, np.ndarray]:
    """Seeds of prepared frames (n, rows, columns), in the order they were found.

    Returns
    -------
    places (k, 2) int, y and x; strengths (k,): energy over that of noise, in SD.
    """
    rows, columns = frames.shape[1:]
    n = len(frames)
    left = _blurred_in_time(frames, BLUR_S * rate_hz)
    least_energy = NOISE_MEAN * n + least_sd * NOISE_SD * np.sqrt(n)
    gain = _gain(BLUR_S * rate_hz)
    blurred = _blurred(left) * gain
    energy = _energy(blurred)
    found: list[tuple[int, int]] = []
    energies: list[float] = []
    while len(found) < MOST_A_TILE * rows * columns:
        y, x = np.unravel_index(int(energy.argmax()), energy.shape)
        if energy[y, x] < least_energy:
            break
        found.append((int(y), int(x)))
        energies.append(float(energy[y, x]))
        top, bottom = max(0, y - REACH_PX), min(rows, y + REACH_PX + 1)
        near, far = max(0, x - REACH_PX), min(columns, x + REACH_PX + 1)
        window = left[:, top:bottom, near:far]
        explained = _explained(window, blurred[:, y, x], (int(y - top), int(x - near)))
        if explained is None:
            energy[y, x] = 0
            continue
        shape, course = explained
        window -= course[:, None, None] * shape
        change, area = _change_of_blurred(shape * gain, (top, near), (rows, columns))
        part = blurred[:, area[0], area[1]]
        part -= course[:, None, None] * change
        energy[area] = _energy(part)
        # one place is a seed once
        energy[y, x] = min(energy[y, x], least_energy / 2)
    strengths = (np.array(energies) - NOISE_MEAN * n) / (NOISE_SD * np.sqrt(n))
    return np.array(found, int).reshape(-1, 2), strengths


def _explained(
    window: np.ndarray, course: np.ndarray, seed: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Shape (h, w) and course (n,) of what lights up at a seed of a window; None where nothing is left."""
    from scipy.ndimage import label

    for _ in range(3):
        strength = np.where(course > ACTIVE_SD, course, 0)
        if not strength.any():
            return None
        shape = np.tensordot(strength, window, 1) / (strength @ strength)
        shape = np.maximum(shape, 0)
        pieces, _ = label(shape > SUPPORT_SHARE * shape.max())
        if not pieces[seed]:
            return None
        shape = np.where(pieces == pieces[seed], shape, 0)
        norm = float(np.sqrt((shape**2).sum()))
        course = np.tensordot(window, shape, ((1, 2), (0, 1))) / norm
    course = np.maximum(course, 0)
    return (shape / norm).astype(np.float32), course.astype(np.float32)


def _change_of_blurred(
    shape: np.ndarray, corner: tuple[int, int], field: tuple[int, int]
) -> tuple[np.ndarray, tuple[slice, slice]]:
    """What blurring makes of a shape whose window begins at ``corner``, and where in the field that lies.

    Blurring is linear: what it makes of a change is the change of what it made.
    """
    change = _blurred(np.pad(shape, BLUR_REACH_PX)[None])[0]
    areas, cuts = [], []
    for axis, (first, size) in enumerate(zip(corner, field, strict=True)):
        own = np.flatnonzero(change.any(1 - axis)) + first - BLUR_REACH_PX
        low, high = max(0, int(own[0])), min(size, int(own[-1]) + 1)
        areas.append(slice(low, high))
        cuts.append(slice(low - first + BLUR_REACH_PX, high - first + BLUR_REACH_PX))
    return change[cuts[0], cuts[1]], (areas[0], areas[1])


def _blurred(frames: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter1d

    across = gaussian_filter1d(frames, BLUR_PX, axis=1, mode="constant", truncate=3)
    return gaussian_filter1d(across, BLUR_PX, axis=2, mode="constant", truncate=3)


def _blurred_in_time(frames: np.ndarray, blur_frames: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter1d

    return gaussian_filter1d(frames, blur_frames, axis=0, mode="nearest", truncate=3)


def _gain(blur_frames: float) -> float:
    """What makes the noise of the blurred movie 1 where that of each pixel was."""
    point = np.zeros((21, 21, 21), np.float32)
    point[10, 10, 10] = 1
    return float(1 / np.sqrt((_blurred(_blurred_in_time(point, blur_frames)) ** 2).sum()))


def _energy(blurred: np.ndarray) -> np.ndarray:
    over = np.maximum(blurred - ACTIVE_SD, 0)
    return np.einsum("tyx,tyx->yx", over, over)
