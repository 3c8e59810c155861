"""Per-frame scalars of each cell from a least-squares demixing of the whole frame.

A normalised frame (every pixel in units of its noise) is explained as a sum of all footprints, a smooth
background that scales the median image locally, and a small rigid motion of the median image. The fit is
linear, so each frame costs one sparse product. What the network is told about a cell in a frame:

0. demixed: its own amplitude in that fit;
1. raw: the weighted sum over its footprint, neighbours and all;
2. leak: the part of 1 that the fit gives to other cells;
3. neighbour: the largest demixed amplitude among the cells that overlap it;
4. background: the part of 1 that the fit gives to the smooth background;
5. ring: the mean of the pixels around it that belong to no cell;
6. motion: the length of the fitted displacement, in pixels.

Numbers 0 to 5 are in units of their own noise, from their own resting level, and compressed by asinh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from deepcinac.classifier.normalisation import MAD_TO_SD, MovieStatistics, normalise
from deepcinac.recording.cells import Cells

N_SCALARS = 7
BACKGROUND_SPACING_PX = 20.0
CELL_RIDGE = 0.02
BACKGROUND_RIDGE = 0.02
RING_PX = 5
REST_PERCENTILE = 30
REST_TO_MEDIAN_SD = 0.524
MOTION_FULL_PX = 1.0


@dataclass(frozen=True)
class Demixer:
    """The linear maps of a recording; ``scalars`` applies them to a block of normalised frames."""

    design: sparse.csr_matrix
    to_cells: np.ndarray
    to_background: np.ndarray
    to_motion: np.ndarray
    own_norm: np.ndarray
    cell_gram: sparse.csr_matrix
    background_gram: np.ndarray
    rings: sparse.csr_matrix
    neighbours: list[np.ndarray]
    rest: np.ndarray
    noise: np.ndarray

    def scalars(self, frames: np.ndarray) -> np.ndarray:
        """(n_cells, n_frames, 7) float32 from normalised frames (n_frames, height * width)."""
        values = (self._raw(frames) - self.rest[:, None, :]) / self.noise[:, None, :]
        values[..., :6] = np.arcsinh(values[..., :6])
        return values.astype(np.float32)

    def _raw(self, frames: np.ndarray) -> np.ndarray:
        """The seven numbers before they are centred and scaled, (n_cells, n_frames, 7) float64."""
        n_cells = len(self.own_norm)
        projected = np.asarray(self.design @ frames.T, dtype=np.float64)
        amplitude = self.to_cells @ projected
        background = self.to_background @ projected
        raw = projected[:n_cells] / self.own_norm[:, None]
        leak = (self.cell_gram @ amplitude) / self.own_norm[:, None]
        own_part = self.own_norm[:, None] * amplitude
        behind = (self.background_gram @ background) / self.own_norm[:, None]
        around = np.zeros_like(raw)
        for cell, others in enumerate(self.neighbours):
            if len(others):
                around[cell] = own_part[others].max(0)
        ring = np.asarray(self.rings @ frames.T, dtype=np.float64)
        motion = np.hypot(*(self.to_motion @ projected))
        motion = np.broadcast_to(np.minimum(motion / MOTION_FULL_PX, 3.0), raw.shape)
        return np.stack([own_part, raw, leak - own_part, around, behind, ring, motion], axis=-1)


def build_demixer(
    cells: Cells, statistics: MovieStatistics, sample: np.ndarray, starts: np.ndarray
) -> Demixer:
    """The demixer of a recording; rest and noise of each number come from the sampled stretches.

    ``sample`` (n_stretches, length, height, width) and ``starts`` are those of the statistics.
    """
    height, width = statistics.median.shape
    inverse_noise = (1.0 / statistics.noise).ravel()
    footprints = _footprints(cells) @ sparse.diags(inverse_noise)
    background = sparse.csr_matrix(
        _bumps(height, width) * (statistics.median / statistics.noise).ravel()[None, :]
    )
    motion = _motion_images(statistics.median) * inverse_noise[None, :]
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
        design=design.astype(np.float32),
        to_cells=solved[:n_cells],
        to_background=solved[n_cells : n_cells + n_background],
        to_motion=solved[n_cells + n_background :],
        own_norm=own_norm,
        cell_gram=sparse.csr_matrix(gram[:n_cells, :n_cells]),
        background_gram=gram[:n_cells, n_cells : n_cells + n_background],
        rings=_rings(cells),
        neighbours=[cells.overlaps.neighbours(cell) for cell in range(n_cells)],
        rest=np.zeros((n_cells, N_SCALARS)),
        noise=np.ones((n_cells, N_SCALARS)),
    )
    rest, noise = _rest_and_noise(demixer, statistics, sample, starts)
    return Demixer(**{**demixer.__dict__, "rest": rest, "noise": noise})


def _footprints(cells: Cells) -> sparse.csr_matrix:
    """Weights with maximum 1, (n_cells, height * width)."""
    weights = cells.weight_matrix(normalised=False).tocsr()
    largest = np.maximum(weights.max(axis=1).toarray().ravel(), 1e-12)
    return sparse.diags(1.0 / largest) @ weights


def _bumps(height: int, width: int) -> np.ndarray:
    """Overlapping tents on a grid about 20 px wide that sum to 1, (k, height * width)."""

    def tents(length: int) -> np.ndarray:
        count = max(2, round(length / BACKGROUND_SPACING_PX) + 1)
        position = np.linspace(0, count - 1, length)
        return np.maximum(1 - np.abs(position[None, :] - np.arange(count)[:, None]), 0)

    return np.einsum("ay,bx->abyx", tents(height), tents(width)).reshape(-1, height * width)


def _motion_images(median: np.ndarray) -> np.ndarray:
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


def _rest_and_noise(
    demixer: Demixer, statistics: MovieStatistics, sample: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Resting level and noise of each number over the sampled stretches, (n_cells, 7)."""
    stretches = []
    for frames, start in zip(sample, starts.tolist(), strict=True):
        flat = normalise(frames, start, statistics).reshape(len(frames), -1)
        stretches.append(demixer._raw(flat))
    if len(stretches[0][0]) > 1:
        steps = np.concatenate([np.diff(values, axis=1) for values in stretches], axis=1)
        noise = MAD_TO_SD * np.median(np.abs(steps), axis=1) / np.sqrt(2)
    else:
        noise = np.ones((len(demixer.own_norm), N_SCALARS))
    values = np.concatenate(stretches, axis=1)
    noise = np.maximum(noise, 0.2)
    rest = np.percentile(values, REST_PERCENTILE, axis=1) + REST_TO_MEDIAN_SD * noise
    rest[:, 6], noise[:, 6] = 0.0, 1.0
    return rest, noise
