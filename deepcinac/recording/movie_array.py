"""Movies saved by numpy: one plain three-dimensional array in an ``.npy`` file."""

from __future__ import annotations

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.recording.movie import checked_layout, without_single_axes
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_readers import NPY_HEAD, MovieSource, movie_reader

_DAMAGED = "The file was cut short or damaged: copy or save it again"


@movie_reader("an .npy file", recognises=lambda source: source.head.startswith(NPY_HEAD))
def open_npy(source: MovieSource) -> FlatMovie:
    """Open an ``.npy`` file of (n_frames, height, width); only its header is read."""
    path = source.path
    with readable(path, "an .npy file with a plain array", _DAMAGED):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        shape, stored = without_single_axes(array.shape), array.dtype
        offset = int(array.offset)
        row_by_row = array.flags.c_contiguous
        del array
    checked_layout(shape, stored, path)
    if not row_by_row:
        raise InputError(
            "an array stored row by row (C order)",
            "one stored column by column (Fortran order)",
            path,
            "Save it again with numpy.save(path, numpy.ascontiguousarray(movie))",
        )
    expected = offset + int(np.prod(shape, dtype=object)) * stored.itemsize
    size = path.stat().st_size
    if size != expected:
        raise InputError(
            f"{expected:,} bytes for {shape[0]} frames of {shape[1]} x {shape[2]} pixels",
            f"{size:,} bytes",
            path,
            _DAMAGED,
        )
    movie = FlatMovie(path, shape, stored, offset)
    movie.axes_named = False
    return movie
