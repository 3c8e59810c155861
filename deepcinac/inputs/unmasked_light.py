"""Evidence, frame by frame, that light in a cell's mask comes from a source without a mask.

Every pixel is in units of its noise. Around each cell, what can be explained by masked neighbours with a
blurred halo, by a plane times the median image and by a small motion of it is projected out. What remains is
compared with two explanations: the cell's own footprint (with its halo), and the best of many blobs of the
size of somata and processes, up to 6 px around the mask, that do not look like the cell. The numbers of a
cell in a frame, each averaged over three frames:

0. own: z of the own footprint;
1. blob_given_own: z of the best blob in what the own footprint leaves;
2. own_given_blob: z of the own footprint in what the best blob leaves;
3. own_against_blob: the signed root of the difference of the two z squared.

All are divided by the recording's input scale and compressed by asinh, as the demixed numbers are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from deepcinac.inputs.crops import overlapping_cells
from deepcinac.inputs.normalisation import MovieStatistics, middle
from deepcinac.recording.cells import Cell, Cells

N_UNMASKED = 4
BLOB_REACH_PX = 6
TAIL_PX = 3
BLOBS = ((1.5, 2), (2.3, 3), (3.3, 4))
"""Sigma in px and spacing of the grid in px."""
LIKE_THE_CELL = 0.75
LEAST_LEFT = 0.4
MOST_OVERLAP = 0.95
LEAST_OWN = 0.1
HALO_SIGMA_PX = 1.0
LEAST_NEIGHBOUR_PX = 4
_SINGULAR = 1e-2
_OF_THREE = np.float32(1 / np.sqrt(3))
"""Turns the sum of three frames with noise 1 into a number with noise 1."""


@dataclass(frozen=True, eq=False)
class CellEvidence:
    """What a cell's surroundings are compared with.

    ``pixels`` (n_pixels,) of the flat field; ``images`` (1 + n_blobs, n_pixels) float16: the own footprint,
    then the blobs, each cleared of what neighbours, background and motion explain, and of length 1;
    ``likeness`` (1 + n_blobs,) of each to the footprint; ``rest`` (1 + n_blobs,): z at rest.
    """

    pixels: np.ndarray
    images: np.ndarray
    likeness: np.ndarray
    rest: np.ndarray

    def z(self, seen: np.ndarray) -> np.ndarray:
        """z of footprint and blobs above rest, (..., 1 + n_blobs, n_frames - 2).

        ``seen`` (..., n_pixels, n_frames): the normalised frames of its pixels, with one frame more at
        either end than is asked for.
        """
        single = self.images.astype(np.float32) @ seen
        three = single[..., :-2] + single[..., 1:-1]
        three += single[..., 2:]
        three *= _OF_THREE
        three -= self.rest[:, None]
        return three

    def numbers(self, seen: np.ndarray) -> np.ndarray:
        """The four numbers, (n_frames - 2, 4), neither scaled nor compressed; ``seen`` as for ``z``."""
        z = self.z(seen)
        own, like = z[0].copy(), self.likeness
        result = np.zeros((len(own), N_UNMASKED), np.float32)
        result[:, 0] = own
        z[0] = 0
        best = z.argmax(0)
        z_best, overlap = z[best, np.arange(len(own))], np.where(best, like[best], 0)
        result[:, 2] = (own - overlap * z_best) / np.sqrt(1 - np.minimum(overlap**2, MOST_OVERLAP))
        difference = np.sign(own) * own**2 - z_best**2
        result[:, 3] = np.sign(difference) * np.sqrt(np.abs(difference))
        alone = np.sqrt(np.maximum(1 - like**2, 0))
        share = np.where(alone > LEAST_LEFT, 1 / np.maximum(alone, LEAST_LEFT), 0)
        share = share.astype(np.float32)
        z *= share[:, None]
        z -= np.multiply.outer(like * share, own)
        result[:, 1] = z.max(0)
        return result


@dataclass(frozen=True, eq=False)
class UnmaskedLight:
    """The evidence of the cells of a recording that are asked about, by number, of ``n_cells`` in all."""

    cells: dict[int, CellEvidence]
    n_cells: int

    def scalars(
        self, frames: np.ndarray, scale: float = 1.0, repeated: tuple[int, int] = (0, 0)
    ) -> np.ndarray:
        """(n_cells, n, 4) float32, divided by ``scale`` and compressed; 0 of other cells.

        ``frames`` (n + 2, n_pixels), normalised: one more at either end than is asked for. At the ends of
        a movie there is none: the first and the last are repeated as often as ``repeated`` says.
        """
        n_frames = len(frames) + sum(repeated) - 2
        result = np.zeros((self.n_cells, n_frames, N_UNMASKED), np.float32)
        for cell, evidence in self.cells.items():
            seen = frames.T[evidence.pixels]
            if any(repeated):
                seen = np.pad(seen, [(0, 0), repeated], mode="edge")
            result[cell] = evidence.numbers(seen)
        if scale != 1.0:
            result *= np.float32(1 / scale)
        return np.arcsinh(result, out=result)


def build_unmasked_light(
    cells: Cells,
    statistics: MovieStatistics,
    sample: np.ndarray,
    starts: np.ndarray,
    select: np.ndarray | None = None,
) -> UnmaskedLight:
    """The evidence of the selected cells (default all); z at rest is the median over the sampled stretches.

    ``sample`` (n_stretches, length, height, width) and ``starts`` are those of the statistics. What is said
    of a cell does not depend on which others are selected.
    """
    boxes = np.array([_box(cell) for cell in cells.cells])
    chosen = range(len(cells)) if select is None else np.unique(select).tolist()
    evidence = {}
    for cell in chosen:
        bare = _cell_evidence(cells, cell, boxes, statistics)
        seen = _sampled(bare.pixels, statistics, sample, starts)
        rest = middle(bare.z(seen).transpose(0, 2, 1).reshape(-1, len(bare.rest)))
        evidence[cell] = replace(bare, rest=rest)
    return UnmaskedLight(evidence, len(cells))


def _sampled(
    pixels: np.ndarray, statistics: MovieStatistics, sample: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Pixels in units of their noise, (n_stretches, n_pixels, length + 2), the ends of stretches repeated.

    Of these pixels alone: the sampled frames as a whole, normalised, would take gigabytes.
    """
    n_stretches, length = sample.shape[:2]
    values = sample.reshape(n_stretches, length, -1)[:, :, pixels].astype(np.float32)
    brightness = statistics.brightness_at(starts[:, None] + np.arange(length))
    values -= brightness[:, :, None] * statistics.median.ravel()[pixels]
    values /= statistics.noise.ravel()[pixels]
    return np.pad(values, [(0, 0), (1, 1), (0, 0)], mode="edge").transpose(0, 2, 1)


def _cell_evidence(
    cells: Cells, cell: int, boxes: np.ndarray, statistics: MovieStatistics
) -> CellEvidence:
    window = _window(boxes[cell], statistics.median.shape)
    bare = _in_window(cells.cells[cell], window)
    distance = ndimage.distance_transform_edt(bare == 0)
    seen = distance <= BLOB_REACH_PX + TAIL_PX
    noise = statistics.noise[window][seen]
    neighbours = _neighbours(cells, cell, boxes, window)
    explained = _explained(neighbours, statistics, window)[:, seen] / noise
    basis = _orthonormal(explained)
    footprint = bare + _halo(bare)
    own = footprint[seen] / noise
    cleared = _cleared(own[None], basis)[0]
    length = float(np.linalg.norm(cleared))
    # A footprint that its neighbours explain entirely (one cell outlined twice) has no evidence.
    own_image = cleared / length if length > LEAST_OWN * np.linalg.norm(own) else 0 * cleared
    blobs = _blobs(footprint, distance <= BLOB_REACH_PX)[:, seen] / noise
    blob_images = _cleared(blobs, basis)
    lengths = np.linalg.norm(blob_images, axis=1)
    distinct = lengths > LEAST_LEFT * np.linalg.norm(blobs, axis=1)
    blob_images = blob_images[distinct] / lengths[distinct, None]
    images = np.concatenate([own_image[None], blob_images])
    rows, columns = np.nonzero(seen)
    pixels = (rows + window[0].start) * statistics.median.shape[1] + columns + window[1].start
    likeness = (images @ own_image).astype(np.float32)
    at_rest = np.zeros(len(images), np.float32)
    return CellEvidence(pixels, images.astype(np.float16), likeness, at_rest)


def _box(cell: Cell) -> tuple[int, int, int, int]:
    """First and last (excluded) row, first and last (excluded) column."""
    y, x = cell.ypix, cell.xpix
    return int(y.min()), int(y.max()) + 1, int(x.min()), int(x.max()) + 1


def _window(box: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The part of the field that reaches beyond the farthest blob of a cell."""
    margin = BLOB_REACH_PX + TAIL_PX + 1
    top, bottom, left, right = box.tolist()
    rows = slice(max(0, top - margin), min(shape[0], bottom + margin))
    return rows, slice(max(0, left - margin), min(shape[1], right + margin))


def _in_window(cell: Cell, window: tuple[slice, slice]) -> np.ndarray:
    """The weights of a cell within the window, with maximum 1 over the whole cell."""
    rows, columns = window
    image = np.zeros((rows.stop - rows.start, columns.stop - columns.start))
    inside = (cell.ypix >= rows.start) & (cell.ypix < rows.stop)
    inside &= (cell.xpix >= columns.start) & (cell.xpix < columns.stop)
    y, x = cell.ypix[inside] - rows.start, cell.xpix[inside] - columns.start
    image[y, x] = cell.weight[inside] / max(float(cell.weight.max()), 1e-12)
    return image


def _neighbours(
    cells: Cells, cell: int, boxes: np.ndarray, window: tuple[slice, slice]
) -> list[np.ndarray]:
    """The other cells' weights in the window, of those with at least a few pixels there."""
    rows, columns = window
    meets = (boxes[:, 0] < rows.stop) & (boxes[:, 1] > rows.start)
    meets &= (boxes[:, 2] < columns.stop) & (boxes[:, 3] > columns.start)
    meets[cell] = False
    meets[np.setdiff1d(cells.overlaps.neighbours(cell), overlapping_cells(cells, cell))] = False
    found = [_in_window(cells.cells[other], window) for other in np.flatnonzero(meets).tolist()]
    return [image for image in found if (image > 0).sum() >= LEAST_NEIGHBOUR_PX]


def _explained(
    neighbours: list[np.ndarray], statistics: MovieStatistics, window: tuple[slice, slice]
) -> np.ndarray:
    """Images of neighbours, their halos, background and motion, (n, height, width) of the window."""
    images = [image for one in neighbours for image in (one, _halo(one))]
    median = statistics.median[window].astype(np.float64)
    rows, columns = np.mgrid[-1 : 1 : median.shape[0] * 1j, -1 : 1 : median.shape[1] * 1j]
    images += [median, median * rows, median * columns]
    if min(median.shape) > 1:
        images += list(np.gradient(median))
    return np.stack(images)


def _halo(footprint: np.ndarray) -> np.ndarray:
    """The light around a footprint that a mask leaves out."""
    return np.where(footprint > 0, 0, ndimage.gaussian_filter(footprint, HALO_SIGMA_PX))


def _orthonormal(images: np.ndarray) -> np.ndarray:
    """Orthonormal rows that span the images (n, n_pixels); directions that hardly count are left out."""
    lengths = np.linalg.norm(images, axis=1, keepdims=True)
    _, size, basis = np.linalg.svd(images / np.maximum(lengths, 1e-12), full_matrices=False)
    return basis[size > _SINGULAR * size[0]]


def _cleared(images: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Images (n, n_pixels) without their part in the span of the basis."""
    return images - (images @ basis.T) @ basis


def _blobs(footprint: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Gaussian blobs on grids within ``allowed`` that do not look like the footprint, (n, height, width)."""
    height, width = footprint.shape
    length = max(float(np.linalg.norm(footprint)), 1e-12)
    blobs = [np.zeros((0, height, width))]
    for sigma, spacing in BLOBS:
        y, x = (spacing * place for place in np.nonzero(allowed[::spacing, ::spacing]))
        down = np.exp(-((np.arange(height) - y[:, None]) ** 2) / (2 * sigma**2))
        right = np.exp(-((np.arange(width) - x[:, None]) ** 2) / (2 * sigma**2))
        made = down[:, :, None] * right[:, None, :]
        cosine = np.einsum("bij,ij->b", made, footprint) / length
        cosine /= np.linalg.norm(down, axis=1) * np.linalg.norm(right, axis=1)
        blobs.append(made[cosine < LIKE_THE_CELL])
    return np.concatenate(blobs)
