"""A movie in which the cells stand still: each frame is drawn back to where its cells are at rest.

This is how crops follow the cells: what looks at the stabilised movie (the window, a classifier, the
demixing) needs to know nothing about movement.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepcinac.files import written_atomically
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie, iterate_blocks
from deepcinac.tracking.elastic import displacement

GRID_PX = 8
BLOCK_FRAMES = 64
FOLLOWED_SMOOTHING = 0.0
"""The cells themselves are to lie still exactly; between them the field is smooth anyway."""


def stabilised_frames(
    movie: Movie, rest: np.ndarray, positions: np.ndarray, progress: Progress = silent
) -> Iterator[np.ndarray]:
    """The stabilised movie block by block, (n, height, width) in the movie's type.

    ``rest`` (n_cells, 2): the place that each cell gets; ``positions`` (n_cells, n_frames, 2): where it
    is, NaN where that is not known. Pixels are interpolated linearly, and repeat the border's beyond it.
    A frame in which fewer than eight cells are known is deformed as the last one before it.
    """
    from scipy.ndimage import map_coordinates

    height, width = movie.height, movie.width
    moved = np.zeros((2, height, width))
    grid = np.mgrid[:height, :width].astype(float)
    for start, block in iterate_blocks(movie, BLOCK_FRAMES):
        out = np.empty_like(block)
        for place, frame in enumerate(block):
            found = _field(rest, positions[:, start + place], (height, width))
            moved = moved if found is None else found
            picture = map_coordinates(
                frame.astype(np.float32), grid + moved, order=1, mode="nearest"
            )
            out[place] = picture if block.dtype.kind == "f" else np.rint(picture)
        progress(ProgressEvent("stabilising", start + len(block), movie.n_frames))
        yield out


def _field(rest: np.ndarray, now: np.ndarray, shape: tuple[int, int]) -> np.ndarray | None:
    """Displacement of every pixel, (2, height, width): worked out on a grid, interpolated between."""
    from scipy.ndimage import zoom

    known = ~np.isnan(now[:, 0]) & ~np.isnan(rest[:, 0])
    moved = displacement(rest[known], now[known], FOLLOWED_SMOOTHING)
    if moved is None:
        return None
    n_rows, n_columns = (-(-side // GRID_PX) + 1 for side in shape)
    rows = np.linspace(0, shape[0] - 1, n_rows)
    columns = np.linspace(0, shape[1] - 1, n_columns)
    nodes = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    coarse = moved(nodes).reshape(n_rows, n_columns, 2)
    factors = (shape[0] / n_rows, shape[1] / n_columns)
    return np.stack([zoom(coarse[..., axis], factors, order=1) for axis in (0, 1)])


def write_stabilised(
    path: Path, movie: Movie, rest: np.ndarray, positions: np.ndarray, progress: Progress = silent
) -> Path:
    """Write the stabilised movie as a TIFF file, complete or not at all."""
    import tifffile

    with (
        written_atomically(path) as temporary,
        tifffile.TiffWriter(temporary, bigtiff=True) as file,
    ):
        for block in stabilised_frames(movie, rest, positions, progress):
            for frame in block:
                file.write(frame, photometric="minisblack", contiguous=True, metadata=None)
    return path
