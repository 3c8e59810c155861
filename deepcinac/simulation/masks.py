"""Masks as an algorithm or a person draws them: never quite the cell.

A mask is cut at a fraction of the footprint's maximum. It may be shifted, eroded, dilated, cut, ragged in
outline as suite2p's are, or swallow a neighbour.
"""

from __future__ import annotations

import numpy as np

from deepcinac.simulation.settings import SimulationSettings

MIN_PIXELS = 6


def draw_masks(
    footprints: np.ndarray, settings: SimulationSettings, generator: np.random.Generator
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Masks of the cells whose footprints (n_cells, height, width) are given.

    Returns
    -------
    masks, each (height, width) bool and never empty; pairs (cell, neighbour that its mask swallowed).
    """
    whole = np.stack([perfect_mask(footprint, generator) for footprint in footprints])
    masks = [mask.copy() for mask in whole]
    swallowed: list[tuple[int, int]] = []
    for k, footprint in enumerate(footprints):
        if generator.random() < settings.ragged_share:
            masks[k] = ragged_mask(footprint, generator)
        if generator.random() < settings.mask_fault_share:
            masks[k] = faulty_mask(masks[k], generator)
        if settings.mask_shift_px:
            size = settings.mask_shift_px
            down, right = np.rint(generator.uniform(-size, size, 2)).astype(int).tolist()
            masks[k] = shifted_mask(masks[k], down, right)
        shared = (whole & whole[k]).sum((1, 2))
        shared[k] = 0
        if generator.random() < settings.merged_share and shared.any():
            other = int(shared.argmax())
            masks[k] = masks[k] | whole[other]
            swallowed.append((k, other))
        if not masks[k].any():
            masks[k][np.unravel_index(int(footprint.argmax()), footprint.shape)] = True
    return masks, swallowed


def perfect_mask(footprint: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Boolean mask: the pixels above 25 to 45 % of the footprint's maximum."""
    return footprint > generator.uniform(0.25, 0.45) * footprint.max()


def ragged_mask(footprint: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A mask with a ragged outline and perhaps holes: each pixel is judged by a noisy estimate of its light.

    The noise is partly shared by neighbouring pixels; only the largest connected piece is kept. So do
    algorithms that grow a mask pixel by pixel from correlated activity.
    """
    from scipy.ndimage import gaussian_filter, label

    peak = float(footprint.max())
    near = footprint > 0.02 * peak
    coarse = gaussian_filter(generator.normal(size=footprint.shape), 1.0)
    coarse /= max(float(coarse.std()), 1e-9)
    noise = 0.10 * coarse + 0.10 * generator.normal(size=footprint.shape)
    mask = near & (footprint / max(peak, 1e-9) + noise > generator.uniform(0.2, 0.45))
    pieces, count = label(mask)
    if count > 1:
        mask = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return mask if mask.sum() >= MIN_PIXELS else perfect_mask(footprint, generator)


def faulty_mask(mask: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A mask as segmentations get it wrong: shifted by a pixel or two, eroded, dilated, or partly lost."""
    from scipy.ndimage import binary_dilation, binary_erosion

    fault = generator.choice(["shift", "erode", "dilate", "lose"])
    if fault == "shift":
        changed = shifted_mask(mask, *generator.integers(-2, 3, 2).tolist())
    elif fault == "erode":
        changed = binary_erosion(mask)
    elif fault == "dilate":
        changed = binary_dilation(mask)
    else:
        rows, columns = np.nonzero(mask)
        angle = generator.uniform(0, 2 * np.pi)
        position = (rows - rows.mean()) * np.sin(angle) + (columns - columns.mean()) * np.cos(angle)
        keep = position > np.quantile(position, generator.uniform(0.1, 0.35))
        changed = np.zeros_like(mask)
        changed[rows[keep], columns[keep]] = True
    return changed if changed.sum() >= MIN_PIXELS else mask


def shifted_mask(mask: np.ndarray, down: int, right: int) -> np.ndarray:
    """The mask moved by whole pixels; what leaves the field is lost."""
    moved = np.zeros_like(mask)
    rows, columns = np.nonzero(mask)
    rows, columns = rows + down, columns + right
    inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
    moved[rows[inside], columns[inside]] = True
    return moved
