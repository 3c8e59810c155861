"""Bring a movie to the frame rate and pixel size that a classifier was trained at, and the answer back.

Time: whole frames are averaged (a 30 Hz movie becomes 10 Hz by threes), so that the noise of neighbouring
frames stays independent. Space: each new pixel is the area-weighted mean of the old ones, which works for
any ratio. Within the card's ranges nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.inputs.form import InputForm
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie import Movie


@dataclass(frozen=True)
class Resampling:
    """How many frames are averaged into one, and the size in pixels after resampling."""

    time_bin: int
    height: int
    width: int
    frame_rate_hz: float
    pixel_size_um: float
    warnings: tuple[str, ...] = ()


def plan_resampling(
    height: int,
    width: int,
    frame_rate_hz: float,
    pixel_size_um: float,
    form: InputForm,
    aspect: float = 1.0,
) -> Resampling:
    """What has to be done to a movie so that it lies in a classifier's ranges, with what remains outside.

    ``aspect`` is the height of a pixel over its width (:func:`pixel_aspect`), ``pixel_size_um`` the
    geometric mean of both; pixels that are not square become so.
    """
    if not (np.isfinite(frame_rate_hz) and frame_rate_hz > 0):
        raise InputError("a frame rate above 0 Hz", f"{frame_rate_hz:g}", "frame rate")
    if not (np.isfinite(pixel_size_um) and pixel_size_um > 0):
        raise InputError("a pixel size above 0 um", f"{pixel_size_um:g}", "pixel size")
    time_bin = max(1, round(frame_rate_hz / form.frame_rate_hz))
    rate = frame_rate_hz / time_bin
    zoom = 1.0
    low, high = form.pixel_size_range_um
    if not low <= pixel_size_um <= high:
        zoom = pixel_size_um / form.pixel_size_um
    new_height = max(1, round(height * zoom * aspect**0.5))
    new_width = max(1, round(width * zoom / aspect**0.5))
    warnings = []
    slow, fast = form.frame_rate_range_hz
    if not slow <= rate <= fast:
        warnings.append(
            f"the frame rate {frame_rate_hz:g} Hz is outside the classifier's range "
            f"({slow:g} to {fast:g} Hz and multiples); expect more errors"
        )
    if zoom > 1.6 or zoom < 0.1:
        warnings.append(
            f"the pixel size {pixel_size_um:g} um is far from the classifier's "
            f"{form.pixel_size_um:g} um; expect more errors"
        )
    return Resampling(time_bin, new_height, new_width, rate, pixel_size_um / zoom, tuple(warnings))


def pixel_aspect(movie: Movie) -> float:
    """Height of a pixel over its width, as the movie's file says; 1 within one part in a hundred."""
    if movie.pixel_sizes_um is None:
        return 1.0
    height, width = movie.pixel_sizes_um
    return 1.0 if abs(height - width) <= 0.01 * width else height / width


def area_matrix(n_old: int, n_new: int) -> np.ndarray:
    """(n_new, n_old) weights of the area-weighted mean; rows sum to 1.

    >>> area_matrix(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    edges = np.linspace(0, n_old, n_new + 1)
    left = np.maximum(edges[:-1, None], np.arange(n_old)[None, :])
    right = np.minimum(edges[1:, None], np.arange(1, n_old + 1)[None, :])
    weights = np.maximum(right - left, 0)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


class ResampledMovie:
    """A movie seen at another frame rate and pixel size; frames are computed as they are read."""

    def __init__(self, movie: Movie, plan: Resampling) -> None:
        self.movie, self.plan = movie, plan
        self.n_frames = -(-movie.n_frames // plan.time_bin)
        self.height, self.width = plan.height, plan.width
        same = (plan.height, plan.width) == (movie.height, movie.width)
        self._rows = None if same else area_matrix(movie.height, plan.height)
        self._columns = None if same else area_matrix(movie.width, plan.width)

    def frames(self, start: int, stop: int) -> np.ndarray:
        """Frames start..stop-1 at the new rate, (n, height, width) float32; a short last bin is averaged."""
        from deepcinac.recording.movie import check_frames

        step = self.plan.time_bin
        first, last = start * step, min(stop * step, self.movie.n_frames)
        raw = self.movie.frames(first, last)
        check_frames(raw, first, self.movie.path)
        frames: np.ndarray = raw.astype(np.float32)
        if step > 1:
            starts = np.arange(0, len(frames), step)
            sums = np.add.reduceat(frames, starts, axis=0)
            counts = np.diff(np.r_[starts, len(frames)]).astype(np.float32)
            frames = sums / counts[:, None, None]
        if self._rows is not None and self._columns is not None:
            frames = self._rows @ frames @ self._columns.T
        return frames


def resample_cells(cells: Cells, plan: Resampling) -> Cells:
    """Footprints on the new grid: the pixels covered by half or more, or the best covered one."""
    if (cells.height, cells.width) == (plan.height, plan.width):
        return cells
    rows = area_matrix(cells.height, plan.height)
    columns = area_matrix(cells.width, plan.width)
    pixels = []
    for cell in cells.cells:
        mask = np.zeros((cells.height, cells.width), np.float32)
        weight = np.zeros_like(mask)
        mask[cell.ypix, cell.xpix] = 1
        weight[cell.ypix, cell.xpix] = cell.weight
        cover = rows @ mask @ columns.T
        inside = (cover >= 0.5) | (cover >= 0.999 * cover.max())
        y, x = np.nonzero(inside)
        light = (rows @ weight @ columns.T)[y, x]
        pixels.append((y, x, np.maximum(light, 1e-6)))
    return make_cells(pixels, plan.height, plan.width, cells.source, valid=cells.valid)


def to_movie_frames(values: np.ndarray, n_frames: int, time_bin: int) -> np.ndarray:
    """Values per averaged frame (n, m) brought back to the movie's frames (n, n_frames).

    Linear between the middles of the averaged frames, so that an onset does not jump by a whole bin.

    >>> to_movie_frames(np.array([[0.0, 1.0]]), 4, 2).round(2).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    if time_bin == 1:
        return values[:, :n_frames]
    middles = np.arange(values.shape[1]) * time_bin + (time_bin - 1) / 2
    position = (np.arange(n_frames) - middles[0]) / time_bin
    low = np.clip(np.floor(position).astype(int), 0, max(values.shape[1] - 2, 0))
    high = np.minimum(low + 1, values.shape[1] - 1)
    share = np.clip(position - low, 0, 1).astype(values.dtype)
    return values[:, low] * (1 - share) + values[:, high] * share
