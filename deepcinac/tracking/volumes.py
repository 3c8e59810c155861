"""Volumes over time: read as four axes, with the light of tracked cells at their places."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_npy, readable, require_file

ENDINGS = (".npy", ".tif", ".tiff")


def read_volumes(path: Path) -> np.ndarray:
    """Volumes (n_frames, depth, height, width) from an .npy or TIFF file with four axes in this order."""
    require_file(path, "a file of volumes")
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"volumes in a file that ends in {', '.join(ENDINGS)}", f"'{path.name}'")
    if path.suffix.lower() == ".npy":
        values = read_npy(path)
    else:
        import tifffile

        with readable(path, "a TIFF file of volumes"):
            values = tifffile.imread(path)
    if values.ndim != 4 or values.dtype.kind not in "uif":
        found = f"{values.ndim} axes ({' x '.join(map(str, values.shape))})"
        raise InputError("volumes with four axes (frames, depth, height, width)", found, path,
                         "a movie of one plane is tracked without --volume")  # fmt: skip
    if not np.isfinite(values).all():
        raise InputError("a number in every pixel", "NaN or infinity", path)
    return values


def light_at(volumes: np.ndarray, positions: np.ndarray, diameter_px: float) -> np.ndarray:
    """Light of cells over their surroundings, (n_cells, n_frames) float32.

    The mean of a ball of ``diameter_px`` around each place in ``positions`` (n_cells, n_frames, 3), minus the
    median of the shell around it, up to twice as far. NaN where the place is not known or outside.
    """
    reach = int(np.ceil(diameter_px))
    grid = np.mgrid[tuple([slice(-reach, reach + 1)] * 3)].reshape(3, -1)
    apart = np.linalg.norm(grid, axis=0)
    inner, shell = grid[:, apart <= diameter_px / 2], grid[:, (apart > 0.75 * diameter_px)]
    shell = shell[:, np.linalg.norm(shell, axis=0) <= reach]
    limits = np.array(volumes.shape[1:]) - 1
    found = np.full(positions.shape[:2], np.nan, np.float32)
    for frame, volume in enumerate(volumes):
        for cell in np.flatnonzero(~np.isnan(positions[:, frame, 0])).tolist():
            place = np.rint(positions[cell, frame]).astype(int)
            if (place < 0).any() or (place > limits).any():
                continue
            own, around = (
                volume[tuple(np.clip(place[:, None] + part, 0, limits[:, None]))]
                for part in (inner, shell)
            )
            found[cell, frame] = own.mean() - np.median(around)
    return found
