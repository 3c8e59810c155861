"""One field on two days: a turn and a shift from the mean pictures, then a stretch from the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.tracking.assignment import assign, near_pairs
from deepcinac.tracking.elastic import Displacement, displacement

ANGLES_DEG = tuple(float(angle) for angle in range(-8, 9))
REFINED_DEG = 0.25
BLUR_PX = (1.5, 12.0)
"""Details between these sizes are compared: noise is finer, uneven light coarser."""
ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Alignment:
    """From places (n, 2) of another day to those of the reference.

    ``angle_deg``, ``shift_px`` (2,): turn about the middle of the field, then shift. ``agreement``: the
    correlation of the pictures after it. ``stretch``: what is added after these; None for nothing.
    """

    angle_deg: float
    shift_px: np.ndarray
    centre: np.ndarray
    agreement: float
    stretch: Displacement | None = None

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """The places in the reference."""
        rigid = (places - self.centre) @ _turn(self.angle_deg).T + self.centre + self.shift_px
        return rigid if self.stretch is None else rigid + self.stretch(rigid)

    def inverse(self, places: np.ndarray) -> np.ndarray:
        """Places of the reference on the other day; the stretch, which is small, by repeated correction."""
        rigid = places.astype(float)
        if self.stretch is not None:
            for _ in range(10):
                rigid = places - self.stretch(rigid)
        return (rigid - self.shift_px - self.centre) @ _turn(self.angle_deg) + self.centre


def _turn(angle_deg: float) -> np.ndarray:
    a = np.deg2rad(angle_deg)
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def align_pictures(reference: np.ndarray, other: np.ndarray) -> Alignment:
    """Turn and shift that bring the mean picture ``other`` to ``reference``, (height, width) both."""
    from scipy.ndimage import affine_transform

    fixed, moving = _details(reference), _details(other)
    centre = (np.array(other.shape) - 1) / 2

    def tried(angle: float) -> Alignment:
        turned = affine_transform(
            moving, _turn(angle).T, offset=centre - _turn(angle).T @ centre, order=1
        )
        shift, agreement = _shift(fixed, turned)
        return Alignment(angle, shift, centre, agreement)

    best = max((tried(angle) for angle in ANGLES_DEG), key=lambda one: one.agreement)
    near = np.arange(best.angle_deg - 0.75, best.angle_deg + 0.76, REFINED_DEG)
    return max((tried(float(angle)) for angle in near), key=lambda one: one.agreement)


def _details(picture: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    fine, coarse = (gaussian_filter(picture.astype(float), sigma) for sigma in BLUR_PX)
    found = fine - coarse
    found -= found.mean()
    return found / max(float(found.std()), 1e-12)


def _shift(fixed: np.ndarray, moving: np.ndarray) -> tuple[np.ndarray, float]:
    """The shift (2,) of ``moving`` that fits ``fixed`` best, to a part of a pixel, and their correlation."""
    shape = [2 * side for side in fixed.shape]
    product = np.fft.rfft2(fixed, shape) * np.conj(np.fft.rfft2(moving, shape))
    table = np.fft.irfft2(product, shape) / fixed.size
    peak = np.array(np.unravel_index(np.argmax(table), table.shape))
    shift = peak.astype(float)
    for axis in (0, 1):
        low, high = peak.copy(), peak.copy()
        low[axis], high[axis] = peak[axis] - 1, (peak[axis] + 1) % shape[axis]
        a, b, c = (float(table[tuple(one)]) for one in (low, peak, high))
        bend = a - 2 * b + c
        shift[axis] += 0.5 * (a - c) / bend if bend < 0 else 0.0
    sides = np.array(shape)
    return np.where(shift > sides / 2, shift - sides, shift), float(table[tuple(peak)])


def stretched(
    rough: Alignment, reference: np.ndarray, other: np.ndarray, reach_px: float
) -> Alignment:
    """The alignment with a stretch on top, from the cells ``reference`` (n, 2) and ``other`` (m, 2).

    Cells that lie next to each other within a reach that shrinks from ``reach_px`` to half of it are paired;
    pairs that move otherwise than their neighbours do not count.
    """
    found = rough
    rigid = rough(other)
    for reach in np.linspace(reach_px, reach_px / 2, ROUNDS):
        pairs = assign(*near_pairs(reference, found(other), float(reach)), float(reach))
        moved = displacement(rigid[pairs[1]], reference[pairs[0]], smoothing=1e3)
        if moved is None:
            return found
        found = Alignment(rough.angle_deg, rough.shift_px, rough.centre, rough.agreement, moved)
    return found
