"""Light taken apart: each frame as a sum of footprints and a smooth background, by least squares.

The network finds the footprints; what each cell does is then a fit to every frame of the movie itself, with
nothing learnt in it: pixels count by their noise; all cells, a background that may change within some 20 px
and a small motion of the mean image are fitted together, with a little regularisation where footprints can
hardly be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from deepcinac.inputs.demixing import motion_images, smooth_bumps

RIDGE = 0.01


@dataclass(frozen=True, eq=False)
class Separator:
    """The linear map of a movie from its frames to amplitudes.

    ``parts`` (n_parts, n_pixels): images in grey levels, of the cells, then of the background, and at the end
    two that say a pixel of motion; ``look`` the same over the squared noise; ``solve`` (n_parts, n_parts);
    ``rest`` (n_pixels,): the mean frame.
    """

    parts: sparse.csr_array
    look: sparse.csr_array
    solve: np.ndarray
    rest: np.ndarray
    n_cells: int

    def amplitudes(self, frames: np.ndarray) -> np.ndarray:
        """Of all parts, (n_parts, n_frames) float32, from frames (n_frames, height, width)."""
        flat = np.asarray(frames, np.float32).reshape(len(frames), -1) - self.rest
        return self.solve @ (self.look @ np.ascontiguousarray(flat.T))

    def denoised(self, amplitudes: np.ndarray) -> np.ndarray:
        """What amplitudes (n_parts, n_frames) explain, without the motion: (n_frames, n_pixels) float32."""
        return (self.parts[:-2].T @ amplitudes[:-2]).T + self.rest


def make_separator(footprints: np.ndarray, mean: np.ndarray, noise: np.ndarray) -> Separator:
    """The separator for footprints (n_cells, height, width) of maximum 1 in grey levels.

    ``mean`` and ``noise`` (height, width): the mean frame, and the SD of each pixel's noise.
    """
    n_cells, pixels = len(footprints), mean.size
    cells = sparse.csr_array(footprints.reshape(n_cells, pixels).astype(np.float32))
    scale = (noise / np.maximum(noise.mean(), 1e-9)).ravel()
    background = sparse.csr_array((smooth_bumps(*mean.shape) * scale).astype(np.float32))
    motion = sparse.csr_array(motion_images(mean).astype(np.float32))
    parts = sparse.vstack([cells, background, motion]).tocsr()
    weight = 1 / np.maximum(noise.ravel().astype(np.float64) ** 2, 1e-12)
    look = sparse.csr_array(parts * weight[None, :])
    gram = (look @ parts.T).toarray().astype(np.float64)
    solve = np.linalg.inv(gram + np.diag(RIDGE * np.diag(gram) + 1e-12))
    return Separator(
        parts,
        look.astype(np.float32),
        solve.astype(np.float32),
        mean.ravel().astype(np.float32),
        n_cells,
    )
