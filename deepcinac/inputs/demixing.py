"""Per-frame scalars of each cell from a least-squares demixing of the whole frame.

A normalised frame (every pixel in units of its noise) is explained as a sum of all footprints, a smooth
background that scales the median image locally, and a small rigid motion of the median image. The fit is
linear, so each frame costs one sparse product. Outlines judged to be no cells are sources of light in that
fit too. What the network learns about a cell in a frame:

0. demixed: its own amplitude in that fit;
1. raw: the weighted sum over its footprint, neighbours and all;
2. leak: the part of 1 that the fit gives to other cells;
3. neighbour: the largest demixed amplitude among the valid cells that overlap it;
4. background: the part of 1 that the fit gives to the smooth background;
5. ring: the mean of the pixels around it that belong to no cell;
6. motion: the length of the fitted displacement, in pixels.

Numbers 0 to 5 are in units of their own noise, from their own resting level, and compressed by asinh.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from deepcinac.inputs.crops import overlapping_cells
from deepcinac.inputs.normalisation import MAD_TO_SD, MovieStatistics, normalise
from deepcinac.recording.cells import Cells

N_SCALARS = 7
MOTION = 6
BACKGROUND_SPACING_PX = 20.0
CELL_RIDGE = 0.02
BACKGROUND_RIDGE = 0.02
RING_PX = 5
REST_PERCENTILE = 30
REACH_PERCENTILE = 99
REST_TO_MEDIAN_SD = 0.524
MOTION_FULL_PX = 1.0


@dataclass(frozen=True)
class Demixer:
    """The linear maps of a recording; ``scalars`` applies them to a block of normalised frames.

    ``look`` (n_parts + n_cells, n_pixels) holds the images that are fitted and, below them, the rings.
    ``reach_sd`` (n_cells,) is how far each cell's demixed amplitude rises above rest: its 99th percentile
    over the sample, in noise SD.
    """

    look: sparse.csr_matrix
    to_parts: np.ndarray
    own_norm: np.ndarray
    cell_gram: sparse.csr_matrix
    background_gram: np.ndarray
    neighbours: list[np.ndarray]
    rest: np.ndarray
    noise: np.ndarray
    reach_sd: np.ndarray

    def scalars(self, frames: np.ndarray, scale: float = 1.0) -> np.ndarray:
        """(n_cells, n_frames, 7) float32 from normalised frames (n_frames, height * width).

        All but the motion are divided by ``scale`` before they are compressed.
        """
        values = self._raw(frames)
        values -= self.rest
        values /= self.noise
        if scale != 1.0:
            values[:MOTION] *= np.float32(1 / scale)
        np.arcsinh(values[:MOTION], out=values[:MOTION])
        return np.ascontiguousarray(values.transpose(1, 2, 0))

    def _raw(self, frames: np.ndarray) -> np.ndarray:
        """The numbers before they are centred and scaled, (7, n_cells, n_frames) float32."""
        n_cells, n_parts = len(self.own_norm), len(self.to_parts)
        seen = self.look @ np.ascontiguousarray(frames.T, np.float32)
        parts = self.to_parts @ seen[:n_parts]
        norm = self.own_norm[:, None]
        values = np.empty((N_SCALARS, n_cells, len(frames)), np.float32)
        own, raw = values[0], values[1]
        np.multiply(norm, parts[:n_cells], out=own)
        np.divide(seen[:n_cells], norm, out=raw)
        values[2] = (self.cell_gram @ parts[:n_cells]) / norm - own
        values[3] = 0
        for cell, others in enumerate(self.neighbours):
            if len(others):
                values[3, cell] = own[others].max(0)
        values[4] = (self.background_gram @ parts[n_cells:-2]) / norm
        values[5] = seen[n_parts:]
        values[MOTION] = np.minimum(np.hypot(parts[-2], parts[-1]) / MOTION_FULL_PX, 3.0)
        return values


def build_demixer(
    cells: Cells, statistics: MovieStatistics, sample: np.ndarray, starts: np.ndarray
) -> Demixer:
    """The demixer of a recording; rest and noise of each number come from the sampled stretches.

    ``sample`` (n_stretches, length, height, width) and ``starts`` are those of the statistics.
    """
    height, width = statistics.median.shape
    inverse_noise = (1.0 / statistics.noise).ravel()
    footprints = (_footprints(cells) @ sparse.diags(inverse_noise)).tocsr()
    background = sparse.csr_matrix(
        smooth_bumps(height, width) * (statistics.median / statistics.noise).ravel()[None, :]
    )
    motion = motion_images(statistics.median) * inverse_noise[None, :]
    design = sparse.vstack([footprints, background, sparse.csr_matrix(motion)]).tocsr()
    n_cells, n_background = footprints.shape[0], background.shape[0]
    gram = (design @ design.T).toarray()
    ridge = np.diag(gram).copy()
    ridge[:n_cells] *= CELL_RIDGE
    ridge[n_cells:] *= BACKGROUND_RIDGE
    ridge[n_cells : n_cells + n_background] += 1e-6 * np.diag(gram).max()
    solved = np.linalg.inv(gram + np.diag(np.maximum(ridge, 1e-9)))
    own_norm = np.sqrt(np.maximum(np.diag(gram)[:n_cells], 1e-12))
    demixer = Demixer(
        look=sparse.vstack([design, _rings(cells)]).tocsr().astype(np.float32),
        to_parts=solved.astype(np.float32),
        own_norm=own_norm.astype(np.float32),
        cell_gram=sparse.csr_matrix(gram[:n_cells, :n_cells]).astype(np.float32),
        background_gram=gram[:n_cells, n_cells : n_cells + n_background].astype(np.float32),
        neighbours=[overlapping_cells(cells, cell) for cell in range(n_cells)],
        rest=np.zeros((N_SCALARS, n_cells, 1), np.float32),
        noise=np.ones((N_SCALARS, n_cells, 1), np.float32),
        reach_sd=np.zeros(n_cells, np.float32),
    )
    values = [
        demixer._raw(normalise(frames, start, statistics))
        for frames, start in zip(sample, starts.tolist(), strict=True)
    ]
    rest, noise = _rest_and_noise(values)
    own = (np.concatenate([one[0] for one in values], axis=1) - rest[0]) / noise[0]
    reach = np.percentile(own, REACH_PERCENTILE, axis=1).astype(np.float32)
    return replace(demixer, rest=rest, noise=noise, reach_sd=reach)


def _footprints(cells: Cells) -> sparse.csr_matrix:
    """Weights with maximum 1, (n_cells, height * width)."""
    weights = cells.weight_matrix(normalised=False).tocsr()
    largest = np.maximum(weights.max(axis=1).toarray().ravel(), 1e-12)
    return sparse.diags(1.0 / largest) @ weights


def smooth_bumps(height: int, width: int) -> np.ndarray:
    """Overlapping tents on a grid about 20 px wide that sum to 1, (k, height * width)."""

    def tents(length: int) -> np.ndarray:
        count = max(2, round(length / BACKGROUND_SPACING_PX) + 1)
        position = np.linspace(0, count - 1, length)
        return np.maximum(1 - np.abs(position[None, :] - np.arange(count)[:, None]), 0)

    return np.einsum("ay,bx->abyx", tents(height), tents(width)).reshape(-1, height * width)


def motion_images(median: np.ndarray) -> np.ndarray:
    """Change of the median image per pixel of motion down and right, (2, height * width)."""
    if min(median.shape) < 2:
        return np.zeros((2, median.size))
    down, right = np.gradient(median.astype(np.float64))
    return np.stack([-down.ravel(), -right.ravel()])


def _rings(cells: Cells) -> sparse.csr_matrix:
    """Mean over the pixels within 5 px of a cell that no cell covers, scaled to unit noise."""
    from scipy.ndimage import binary_dilation

    masks = cells.masks()
    free = ~masks.any(0)
    rows, columns, values = [], [], []
    for cell, mask in enumerate(masks):
        ring = np.flatnonzero(binary_dilation(mask, iterations=RING_PX) & free)
        rows += [cell] * len(ring)
        columns += ring.tolist()
        values += [1 / np.sqrt(max(len(ring), 1))] * len(ring)
    shape = (len(masks), free.size)
    return sparse.csr_matrix((np.array(values, np.float32), (rows, columns)), shape=shape)


def _rest_and_noise(stretches: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Resting level and noise of each number, (7, n_cells, 1), from the raw numbers of stretches."""
    values = np.concatenate(stretches, axis=2)
    noise = np.ones((*values.shape[:2], 1), np.float32)
    if stretches[0].shape[2] > 1:
        steps = np.concatenate([np.diff(one, axis=2) for one in stretches], axis=2)
        noise = MAD_TO_SD * np.median(np.abs(steps), axis=2, keepdims=True) / np.sqrt(2)
    noise = np.maximum(noise, 0.2)
    rest = np.percentile(values, REST_PERCENTILE, axis=2, keepdims=True) + REST_TO_MEDIAN_SD * noise
    rest[MOTION], noise[MOTION] = 0.0, 1.0
    return rest.astype(np.float32), noise.astype(np.float32)
