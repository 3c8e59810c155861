"""Cells without a mask: places whose light no mask, background or motion explains, proposed as outlines.

Masked cells with their halo, a smooth background and small motions are fitted to every frame
(:mod:`deepcinac.inputs.demixing`); a blob of the size of a soma is looked for in what is left. A place where
it rises again and again, not together with a masked cell beside it, is proposed, with the footprint of what
is left while it is lit. These are proposals: some are parts of masked cells, dendrites or noise, and
somebody has to look (``docs/reliability.md``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage, sparse

from deepcinac.files import read_npz, write_npz
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_DEMIXED, NetworkInput, blocks_of, open_input
from deepcinac.inputs.normalisation import MAD_TO_SD, normalise, sample_frames
from deepcinac.inputs.unmasked_light import HALO_SIGMA_PX
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie

BLOB_SIGMA_PX = 2.2
LIT_SD = 4.5
"""From this z on, a place is lit; 3 frames at 10 Hz are averaged."""
LEAST_ENERGY = 40.0
LEAST_LIT_FRAMES = 4
APART_PX = 5
NEAR_PX = 11
LIKE_A_NEIGHBOUR = 0.7
"""Correlation with a masked cell beside it from which on the light is that cell's."""
LIKE_A_MASK = 0.6
OUTLINE_SHARE = 0.3
REACH_PX = 7.5
AREA_PX = (12, 150)
MOST_PLACES = 80
_BLOCK = 200
_EVENT_GAP = 4
_LEAST_LEFT = 0.35


@dataclass(frozen=True)
class ProposedCell:
    """Pixels and weights on the movie's own grid, like those of a cell, and what speaks for it.

    ``events``: first and last frame of each time it was lit, (k, 2), in the movie's frames; ``peak_z``: how
    high it rose; ``neighbour`` and ``likeness``: the masked cell beside it that it resembles most, -1 where
    there is none, and their correlation.
    """

    ypix: np.ndarray
    xpix: np.ndarray
    weight: np.ndarray
    events: np.ndarray
    peak_z: float
    neighbour: int = -1
    likeness: float = 0.0


def find_missing_cells(
    movie: Movie,
    cells: Cells,
    frame_rate_hz: float,
    pixel_size_um: float,
    progress: Progress = silent,
) -> list[ProposedCell]:
    """Proposals, the strongest first. Reads the movie twice, in blocks."""
    source = open_input(
        movie, cells, frame_rate_hz, pixel_size_um, InputForm(), N_DEMIXED, progress
    )
    fit = _Fit(source)
    places = fit.places(progress)
    found = fit.looked_at(places, progress) if len(places) else []
    found = _each_once(found)
    shape = (movie.height, movie.width)
    return [_in_movie(one, source, shape, movie.n_frames) for one in found]


@dataclass
class _Place:
    """A place on the resampled grid: footprint (height, width), z (n_frames,), and its neighbour."""

    footprint: np.ndarray
    z: np.ndarray
    energy: float
    neighbour: int
    likeness: float


class _Fit:
    """The fit of all that is known, and the blob that is looked for in what it leaves."""

    def __init__(self, source: NetworkInput) -> None:
        self.source = source
        self.shape = (source.plan.height, source.plan.width)
        self.inverse = (1 / source.statistics.noise).astype(np.float32)
        assert source.demixer is not None
        n_parts = len(source.demixer.to_parts)
        known = source.demixer.look[:n_parts]
        n_cells = len(source.cells)
        design = sparse.vstack([self._with_halo(known[:n_cells]), known[n_cells:]]).tocsr()
        gram = (design @ design.T).toarray()
        ridge = np.maximum(0.01 * np.diag(gram), 1e-6 * np.diag(gram).max())
        self.design = design.astype(np.float32)
        self.solved = np.linalg.inv(gram + np.diag(ridge)).astype(np.float32)
        self.n_cells = n_cells
        self.length = self._length_of_what_is_left()
        self.rest, self.spread = self._at_rest()

    def _with_halo(self, footprints: sparse.csr_matrix) -> sparse.csr_matrix:
        """Footprints in units of noise, with the light around them that a mask leaves out."""
        rows = []
        for row in range(footprints.shape[0]):
            image = footprints[row].toarray().reshape(self.shape) / self.inverse
            halo = np.where(image > 0, image, ndimage.gaussian_filter(image, HALO_SIGMA_PX))
            halo[halo < 0.02] = 0
            rows.append(sparse.csr_matrix((halo * self.inverse).reshape(1, -1)))
        return sparse.vstack(rows).tocsr()

    def _blurred(self, images: np.ndarray) -> np.ndarray:
        """Images (n, n_pixels) against a blob at every pixel."""
        maps = images.reshape(-1, *self.shape) * self.inverse
        sigma = (0, BLOB_SIGMA_PX, BLOB_SIGMA_PX)
        summed = ndimage.gaussian_filter(maps, sigma, mode="constant", truncate=3)
        return (summed * (2 * np.pi * BLOB_SIGMA_PX**2)).reshape(len(images), -1)

    def _length_of_what_is_left(self) -> np.ndarray:
        """Length of a blob at each pixel in what the fit leaves; 0 where it leaves hardly anything."""
        sigma = BLOB_SIGMA_PX / np.sqrt(2)  # of the square of a blob
        whole = ndimage.gaussian_filter(self.inverse**2, sigma, mode="constant", truncate=4)
        whole = (whole * (2 * np.pi * sigma**2)).ravel()
        seen = self._blurred(self.design.toarray())
        explained = np.einsum("qp,qp->p", seen, self.solved @ seen)
        left = whole - explained
        return np.sqrt(np.where(left > _LEAST_LEFT * whole, left, 0))

    def left(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the fit leaves of normalised frames, (n, n_pixels), and the amplitudes of the cells."""
        parts = self.solved @ (self.design @ frames.T)
        return frames - (self.design.T @ parts).T, parts[: self.n_cells]

    def z(self, left: np.ndarray) -> np.ndarray:
        """The blob at every pixel, in SD of its rest; 0 where nothing can be said."""
        raw = self._blurred(left) / np.maximum(self.length, 1e-9)
        return np.where(self.length > 0, (raw - self.rest) / self.spread, 0)

    def _at_rest(self) -> tuple[np.ndarray, np.ndarray]:
        """Median and spread of the blob at each pixel, over stretches all over the movie."""
        self.rest, self.spread = np.float32(0), np.float32(1)
        sample, starts = sample_frames(self.source.movie)
        values = []
        for stretch, start in zip(sample, starts.tolist(), strict=True):
            flat = normalise(stretch, start, self.source.statistics)
            values.append(self.z(self.left(_averaged(flat))[0])[1:-1:2])
        held = np.concatenate(values).astype(np.float32)
        rest = np.median(held, axis=0)
        held -= rest
        spread = MAD_TO_SD * np.median(np.abs(held, out=held), axis=0)
        return rest, np.maximum(spread, 1e-3)

    def blocks(self, progress: Progress, stage: str) -> Iterator[tuple[int, np.ndarray]]:
        """First frame, and the averaged normalised frames, of one block after the other."""
        n_frames = self.source.n_frames
        for first, last in blocks_of(n_frames, _BLOCK):
            before, after = int(first > 0), int(last < n_frames)
            frames = self.source.movie.frames(first - before, last + after)
            flat = normalise(frames, first - before, self.source.statistics)
            averaged = _averaged(flat)
            yield first, averaged[before : len(averaged) - after]
            progress(ProgressEvent(stage, last, n_frames))

    def places(self, progress: Progress) -> np.ndarray:
        """Pixels (k,) where something is lit that nothing explains, the strongest first."""
        energy = np.zeros(self.length.size)
        for _, frames in self.blocks(progress, "looking for light without a mask"):
            z = self.z(self.left(frames)[0])
            energy += (np.maximum(z - LIT_SD, 0) ** 2).sum(axis=0)
        image = energy.reshape(self.shape)
        highest = ndimage.maximum_filter(image, 2 * APART_PX + 1)
        found = np.flatnonzero((image == highest).ravel() & (energy > LEAST_ENERGY))
        return found[np.argsort(-energy[found])][:MOST_PLACES]

    def looked_at(self, places: np.ndarray, progress: Progress) -> list[_Place]:
        """Each place with its course and its footprint; those that are parts of masked cells are left out."""
        n_frames = self.source.n_frames
        z = np.zeros((len(places), n_frames), np.float32)
        cells = np.zeros((self.n_cells, n_frames), np.float32)
        lit = np.zeros((len(places), self.length.size), np.float32)
        total = np.zeros(len(places))
        for first, frames in self.blocks(progress, "looking at the places"):
            left, amplitudes = self.left(frames)
            here = self.z(left)[:, places].T
            z[:, first : first + len(frames)] = here
            cells[:, first : first + len(frames)] = amplitudes
            weight = np.where(here > LIT_SD, here, 0)
            lit += weight @ left
            total += weight.sum(axis=1)
        images = lit / np.maximum(total, 1e-9)[:, None] / self.inverse.ravel()
        found = []
        for row, place in enumerate(places.tolist()):
            made = self._place(place, z[row], images[row].reshape(self.shape), cells)
            if made is not None:
                found.append(made)
        return found

    def _place(
        self, place: int, z: np.ndarray, image: np.ndarray, amplitudes: np.ndarray
    ) -> _Place | None:
        if (z > LIT_SD).sum() < LEAST_LIT_FRAMES:
            return None
        y, x = divmod(place, self.shape[1])
        footprint = _footprint(image, y, x)
        if footprint is None:
            return None
        neighbour, likeness, cosine = self._neighbour(y, x, z, footprint, amplitudes)
        if likeness > LIKE_A_NEIGHBOUR or cosine > LIKE_A_MASK:
            return None
        energy = float((np.maximum(z - LIT_SD, 0) ** 2).sum())
        return _Place(footprint, z, energy, neighbour, likeness)

    def _neighbour(
        self, y: int, x: int, z: np.ndarray, footprint: np.ndarray, amplitudes: np.ndarray
    ) -> tuple[int, float, float]:
        """The masked cell nearby that the course resembles most, how much, and the likeness of outlines."""
        best, most, cosine = -1, 0.0, 0.0
        flat = footprint.ravel()
        for number, cell in enumerate(self.source.cells.cells):
            away = np.hypot(cell.ypix - y, cell.xpix - x).min()
            if away > NEAR_PX:
                continue
            course = amplitudes[number] - np.median(amplitudes[number])
            course = course / max(MAD_TO_SD * np.median(np.abs(course)), 1e-9)
            frames = (z > LIT_SD) | (course > 6)
            if frames.sum() > 8 and z[frames].std() > 0 and course[frames].std() > 0:
                alike = float(np.corrcoef(z[frames], course[frames])[0, 1])
                best, most = (number, alike) if alike > most else (best, most)
            mask = np.zeros(self.shape, np.float32)
            mask[cell.ypix, cell.xpix] = cell.weight
            shared = float(mask.ravel() @ flat)
            length = float(np.linalg.norm(mask) * np.linalg.norm(flat))
            cosine = max(cosine, shared / max(length, 1e-9))
        return best, most, cosine


def _averaged(frames: np.ndarray) -> np.ndarray:
    """Means of three frames, (n, n_pixels); at the ends the frame itself is repeated."""
    return np.asarray(ndimage.uniform_filter1d(frames, 3, axis=0, mode="nearest"))


def _footprint(image: np.ndarray, y: int, x: int) -> np.ndarray | None:
    """The patch around a place that is lit as it is, (height, width), 1 at its peak; None for none."""
    smooth = ndimage.gaussian_filter(image, 0.8)
    peak = float(smooth[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].max())
    if peak <= 0:
        return None
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    near = (rows - y) ** 2 + (columns - x) ** 2 <= REACH_PX**2
    labelled, _ = ndimage.label((smooth > OUTLINE_SHARE * peak) & near)
    inside = (labelled == labelled[y, x]) & (labelled[y, x] > 0)
    if not AREA_PX[0] <= inside.sum() <= AREA_PX[1]:
        return None
    return np.where(inside, smooth / peak, 0).astype(np.float32)


def _each_once(found: list[_Place]) -> list[_Place]:
    """The strongest first; one that shares its pixels and its frames with a stronger one is the same."""
    kept: list[_Place] = []
    for one in sorted(found, key=lambda place: -place.energy):
        for other in kept:
            shared = ((one.footprint > 0) & (other.footprint > 0)).sum()
            smaller = min((one.footprint > 0).sum(), (other.footprint > 0).sum())
            if shared > 0.3 * smaller:
                break
        else:
            kept.append(one)
    return kept


def _in_movie(
    one: _Place, source: NetworkInput, shape: tuple[int, int], n_frames: int
) -> ProposedCell:
    """The proposal on the movie's own pixels and frames."""
    step = source.plan.time_bin
    lit = ndimage.binary_closing(one.z > LIT_SD, np.ones(_EVENT_GAP)) | (one.z > LIT_SD)
    pieces = ndimage.find_objects(ndimage.label(lit)[0])
    events = np.array([(piece.start, piece.stop - 1) for (piece,) in pieces], int).reshape(-1, 2)
    events *= step
    events[:, 1] = np.minimum(events[:, 1] + step - 1, n_frames - 1)
    rows = (np.arange(shape[0]) * source.plan.height // shape[0]).astype(int)
    columns = (np.arange(shape[1]) * source.plan.width // shape[1]).astype(int)
    image = one.footprint[np.ix_(rows, columns)]
    y, x = np.nonzero(image)
    return ProposedCell(
        y, x, image[y, x], events, float(one.z.max()), one.neighbour, round(one.likeness, 3)
    )


def save_proposals(path: str | Path, found: Sequence[ProposedCell]) -> None:
    """Write proposals into a file of their own (``.npz``), which :func:`read_proposals` reads."""
    empty = np.zeros(0)
    write_npz(
        path,
        ypix=np.concatenate([one.ypix for one in found] or [empty]).astype(np.int32),
        xpix=np.concatenate([one.xpix for one in found] or [empty]).astype(np.int32),
        weight=np.concatenate([one.weight for one in found] or [empty]).astype(np.float32),
        n_pixels=np.array([len(one.ypix) for one in found], np.int32),
        events=np.concatenate([one.events for one in found] or [empty.reshape(0, 2)]).astype(int),
        n_events=np.array([len(one.events) for one in found], np.int32),
        peak_z=np.array([one.peak_z for one in found]),
        neighbour=np.array([one.neighbour for one in found], np.int32),
        likeness=np.array([one.likeness for one in found]),
    )


def read_proposals(path: str | Path) -> list[ProposedCell]:
    """The proposals of a file."""
    held = read_npz(path, tuple(_ARRAYS))
    pixels, events = np.cumsum(held["n_pixels"])[:-1], np.cumsum(held["n_events"])[:-1]
    split = [np.split(held[name], pixels) for name in ("ypix", "xpix", "weight")]
    split.append(np.split(held["events"], events))
    if not len(held["n_pixels"]):
        return []
    one_each = (held[name].tolist() for name in ("peak_z", "neighbour", "likeness"))
    return [ProposedCell(*values) for values in zip(*split, *one_each, strict=True)]


_ARRAYS = (
    "ypix",
    "xpix",
    "weight",
    "n_pixels",
    "events",
    "n_events",
    "peak_z",
    "neighbour",
    "likeness",
)
