"""Fluorescence over time: the traces of all cells, their baseline, noise and putative transients.

Traces are (n_cells, n_frames); functions of a trace work along the last axis, so they take a single
one (n_frames,) as well, unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie, iterate_blocks
from deepcinac.recording.noise import MAD_TO_SD

if TYPE_CHECKING:
    import scipy.sparse

RING_GAP_PX = 2.0
"""Distance from a cell within which its own blurred light is too strong for a neuropil ring."""
RING_REACH_PX = 12.0
"""How far from the cell the ring may grow."""
RING_PIXELS = 60
"""Pixels that make a ring large enough."""
SMOOTHING_S = 0.66
"""Length of the Hann window that smooths a trace before its rises are looked for."""
BASELINE_WINDOW_S = 60.0
BASELINE_PERCENTILE = 10.0

_BLOCK_BYTES = 1 << 26


@dataclass(frozen=True, eq=False)
class Traces:
    """What each cell's pixels show, in the movie's units; arrays (n_cells, n_frames) float32.

    ``raw``: mean over the mask. ``without_overlap``: mean over the pixels of no other cell; a cell
    without such pixels (``wholly_covered``, (n_cells,) bool) keeps its raw trace. ``neuropil``:
    mean over the ring (:func:`neuropil_rings`) of ``n_ring_pixels`` (n_cells,); zero where there is
    no pixel outside the cells at all.
    """

    raw: np.ndarray
    without_overlap: np.ndarray
    neuropil: np.ndarray
    wholly_covered: np.ndarray
    n_ring_pixels: np.ndarray


def extract_traces(
    movie: Movie,
    cells: Cells,
    block_frames: int | None = None,
    progress: Progress = silent,
) -> Traces:
    """All traces in one pass over the movie; memory is bounded by the block of frames.

    Every cell counts, valid or not: its light is there. Pixels are summed in float64, so that the
    result does not depend on ``block_frames`` (default: about 64 MB).
    """
    import scipy.sparse

    if (cells.height, cells.width) != (movie.height, movie.width):
        raise InputError(
            f"cells of a movie of {movie.height} x {movie.width} pixels (height x width)",
            f"cells on {cells.height} x {cells.width}",
            movie.path,
        )
    masks = cells.mask_matrix()
    alone = _pixels_of_one_cell(masks)
    rings = neuropil_rings(cells)
    sums = _sums(movie, scipy.sparse.vstack([masks, alone, rings]).tocsr(), block_frames, progress)
    raw, without_overlap, neuropil = (
        _means(part, matrix)
        for part, matrix in zip(np.split(sums, 3), (masks, alone, rings), strict=True)
    )
    wholly_covered = np.diff(alone.indptr) == 0
    without_overlap[wholly_covered] = raw[wholly_covered]
    return Traces(raw, without_overlap, neuropil, wholly_covered, np.diff(rings.indptr))


def _pixels_of_one_cell(masks: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """The mask matrix without the pixels that several cells share."""
    import scipy.sparse

    n_cells_at = np.bincount(masks.indices, minlength=masks.shape[1])
    alone = scipy.sparse.csr_matrix(masks, copy=True)
    alone.data[n_cells_at[alone.indices] > 1] = 0
    alone.eliminate_zeros()
    return alone


def _sums(
    movie: Movie,
    weights: scipy.sparse.csr_matrix,
    block_frames: int | None,
    progress: Progress,
) -> np.ndarray:
    """``weights`` (n, height * width) times every frame: (n, n_frames) float64."""
    used = np.unique(weights.indices)
    weights = weights[:, used]
    if block_frames is None:
        block_frames = _default_block(movie)
    sums = np.empty((weights.shape[0], movie.n_frames))
    for start, frames in iterate_blocks(movie, block_frames):
        pixels = frames.reshape(len(frames), -1)[:, used]
        stop = start + len(frames)
        sums[:, start:stop] = weights @ np.ascontiguousarray(pixels.T, dtype=np.float64)
        progress(ProgressEvent("traces", stop, movie.n_frames))
    return sums


def _default_block(movie: Movie) -> int:
    """Frames of about 64 MB, a multiple of what the file stores together where that is less."""
    n_frames = max(1, _BLOCK_BYTES // (8 * movie.height * movie.width))
    return n_frames - n_frames % movie.block_frames if n_frames > movie.block_frames else n_frames


def _means(sums: np.ndarray, matrix: scipy.sparse.csr_matrix) -> np.ndarray:
    counts = np.maximum(np.diff(matrix.indptr), 1)
    return (sums / counts[:, None]).astype(np.float32)


def neuropil_rings(cells: Cells) -> scipy.sparse.csr_matrix:
    """The surroundings of each cell: 1 in a sparse (n_cells, height * width) matrix.

    A ring holds the pixels outside *every* cell that lie farther than 2 px from the cell, up to the
    smallest whole distance that gives 60 of them, at most 12 px. Where no pixel is free within
    12 px, the nearest free ones of the field are taken, whatever the distance.
    """
    import scipy.sparse

    covered = np.zeros((cells.height, cells.width), dtype=bool)
    for cell in cells.cells:
        covered[cell.ypix, cell.xpix] = True
    rings = [_ring(cells, i, covered) for i in range(len(cells))]
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    pixels = np.concatenate(rings)
    shape = (len(cells), cells.height * cells.width)
    return scipy.sparse.csr_matrix((np.ones(len(pixels)), pixels, starts), shape=shape)


def _ring(cells: Cells, i: int, covered: np.ndarray) -> np.ndarray:
    """Flat indices of the ring of cell ``i``; ``covered`` (height, width) is True in any cell."""
    cell = cells[i]
    reach = math.ceil(RING_REACH_PX)
    for margin in (reach, max(covered.shape)):
        top, left = max(0, int(cell.ypix.min()) - margin), max(0, int(cell.xpix.min()) - margin)
        bottom, right = int(cell.ypix.max()) + margin + 1, int(cell.xpix.max()) + margin + 1
        free = ~covered[top:bottom, left:right]
        ys, xs = np.nonzero(free)
        if not len(ys):
            continue
        distance = _distance(free.shape, cell.ypix - top, cell.xpix - left)[ys, xs]
        chosen = _chosen_for_ring(distance, RING_REACH_PX if margin == reach else math.inf)
        if chosen.any():
            return np.sort((ys[chosen] + top) * covered.shape[1] + xs[chosen] + left)
    return np.empty(0, dtype=np.int64)


def _distance(shape: tuple[int, ...], ypix: np.ndarray, xpix: np.ndarray) -> np.ndarray:
    """Distance in pixels of every pixel of a field to the nearest of a cell."""
    import scipy.ndimage

    outside = np.ones(shape, dtype=bool)
    outside[ypix, xpix] = False
    return scipy.ndimage.distance_transform_edt(outside)


def _chosen_for_ring(distance: np.ndarray, reach: float) -> np.ndarray:
    """Which free pixels, at these distances from the cell, make its ring."""
    within = (distance > RING_GAP_PX) & (distance <= reach)
    if not within.any() and math.isinf(reach):
        within = distance > 0  # nothing is free but the pixels that touch the cell
    if not within.any():
        return within
    rank = min(RING_PIXELS, int(within.sum())) - 1
    enough = math.ceil(np.partition(distance[within], rank)[rank])
    return within & (distance <= enough)


def without_neuropil(trace: np.ndarray, neuropil: np.ndarray) -> np.ndarray:
    """A trace minus its neuropil, at the level that it had: ``trace - (neuropil - its median)``.

    The whole ring signal is taken off, without a factor, as in the published program. Its median is
    given back, so that the result lies beside the other traces of the cell on one axis. Along the
    last axis, in the type of ``trace``.

    >>> without_neuropil(np.array([10.0, 12.0, 11.0]), np.array([4.0, 6.0, 4.0])).tolist()
    [10.0, 10.0, 11.0]
    """
    level = np.median(neuropil, axis=-1, keepdims=True)
    return (trace - (neuropil - level)).astype(np.asarray(trace).dtype, copy=False)


def baseline(
    trace: np.ndarray,
    frame_rate_hz: float,
    window_s: float = BASELINE_WINDOW_S,
    percentile: float = BASELINE_PERCENTILE,
) -> np.ndarray:
    """Slow baseline of traces: a low percentile in a window that moves along, float64.

    The percentile is taken every quarter of a window, in a window centred there (cut at the ends of
    the movie), and interpolated linearly between.
    """
    rate = _checked_rate(frame_rate_hz)
    values = np.asarray(trace, dtype=float)
    n_frames = values.shape[-1]
    half = max(1, round(window_s * rate / 2))
    step = max(1, half // 2)
    centres = np.unique(np.append(np.arange(0, n_frames, step), n_frames - 1))
    at_centres = np.stack(
        [
            np.percentile(values[..., max(0, c - half) : c + half + 1], percentile, axis=-1)
            for c in map(int, centres)
        ],
        axis=-1,
    )
    frames = np.arange(n_frames)
    before = np.clip(np.searchsorted(centres, frames, side="right") - 1, 0, len(centres) - 1)
    after = np.minimum(before + 1, len(centres) - 1)
    share = (frames - centres[before]) / np.maximum(centres[after] - centres[before], 1)
    level = at_centres[..., before]
    return level + share * (at_centres[..., after] - level)


def dff(
    trace: np.ndarray,
    frame_rate_hz: float,
    window_s: float = BASELINE_WINDOW_S,
    percentile: float = BASELINE_PERCENTILE,
) -> np.ndarray:
    """dF/F of traces: (trace - baseline) / baseline, as a fraction (1 is 100 %), float64.

    Where the baseline is not above the trace's noise - movies whose offset was subtracted - dF/F
    means nothing; there the rise is divided by the noise instead, which keeps it finite.
    """
    values = np.asarray(trace, dtype=float)
    lowest = baseline(values, frame_rate_hz, window_s, percentile)
    noise = np.asarray(noise_sd(values))[..., None]
    divisor = np.maximum(lowest, noise)
    return (values - lowest) / np.where(divisor > 0, divisor, 1.0)


def noise_sd(trace: np.ndarray) -> np.ndarray:
    """Standard deviation of the noise in a frame of traces, (n_cells,).

    From the median absolute deviation of the frame differences, which transients hardly touch; the
    noise of different frames is taken as independent. Traces that were smoothed or averaged over
    frames give less than their true noise.
    """
    differences = np.diff(np.asarray(trace, dtype=float), axis=-1)
    if not differences.shape[-1]:
        return np.zeros(differences.shape[:-1])
    middle = np.median(differences, axis=-1, keepdims=True)
    spread = np.median(np.abs(differences - middle), axis=-1)
    return np.asarray(MAD_TO_SD * spread / math.sqrt(2))


def smooth(trace: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """Traces smoothed by a Hann window of 0.66 s, float64.

    The window has an odd number of frames, at least 3; beyond its ends a trace keeps its first and
    last values.
    """
    n_window = max(3, round(SMOOTHING_S * _checked_rate(frame_rate_hz)) | 1)
    window = np.hanning(n_window + 2)[1:-1]
    window /= window.sum()
    values = np.asarray(trace, dtype=float)
    ends = [(0, 0)] * (values.ndim - 1) + [(n_window // 2, n_window // 2)]
    extended = np.pad(values, ends, mode="edge")
    smoothed = np.empty(values.shape)
    for row in np.ndindex(values.shape[:-1]):
        smoothed[row] = np.convolve(extended[row], window, "valid")
    return smoothed


def putative_transients(smoothed: np.ndarray) -> np.ndarray:
    """Putative transients of one smoothed trace (n_frames,): (k, 2) onset and peak frames.

    The paper (section 2.5) takes every stretch between an onset and the peak right after it, both
    found where the derivative of a smoothed trace changes its sign. Here: every maximal run of
    frames on which the trace rises. The onset is the frame from which it rises, the peak the last
    frame that it rises to; both belong to the transient. A level stretch ends a rise.
    """
    return putative_transients_of_all(np.asarray(smoothed)[None])[:, 1:]


def putative_transients_of_all(smoothed: np.ndarray) -> np.ndarray:
    """Putative transients of smoothed traces (n_cells, n_frames): (k, 3) cell, onset, peak."""
    rising = np.diff(smoothed, axis=-1) > 0
    turns = np.diff(np.pad(rising, ((0, 0), (1, 1))).astype(np.int8), axis=-1)
    cell, onset = np.nonzero(turns == 1)
    peak = np.nonzero(turns == -1)[1]
    return np.column_stack([cell, onset, peak])


def snr(trace: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """How far the large transients of traces (n_cells, n_frames) stand out, (n_cells,).

    The 95th percentile of the heights of the putative transients (smoothed trace, onset to peak)
    over the noise of a frame (:func:`noise_sd`). 0 without transients, infinite without noise.
    """
    values = np.atleast_2d(np.asarray(trace, dtype=float))
    smoothed = smooth(values, frame_rate_hz)
    high = np.zeros(len(values))
    for cell, transients in _by_cell(putative_transients_of_all(smoothed), len(values)):
        heights = smoothed[cell, transients[:, 2]] - smoothed[cell, transients[:, 1]]
        high[cell] = np.percentile(heights, 95) if len(heights) else 0.0
    noise = np.atleast_1d(noise_sd(values))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(high > 0, high / noise, 0.0)


def _by_cell(transients: np.ndarray, n_cells: int) -> Iterator[tuple[int, np.ndarray]]:
    """The rows (k, 3) of each cell in turn."""
    bounds = np.searchsorted(transients[:, 0], np.arange(n_cells + 1))
    for cell in range(n_cells):
        yield cell, transients[bounds[cell] : bounds[cell + 1]]


def _checked_rate(frame_rate_hz: float) -> float:
    if not (math.isfinite(frame_rate_hz) and frame_rate_hz > 0):
        raise InputError("a frame rate above 0 Hz", f"{frame_rate_hz}")
    return float(frame_rate_hz)
