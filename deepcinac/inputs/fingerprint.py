"""What a method was given, as one short text: the same recording, cells and sizes give the same fingerprint.

It does not depend on where the movie lies, nor on which of the cells were asked about: all cells count,
since each is a neighbour of others.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np

from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_identity import identify_files
from deepcinac.recording.movie_readers import movie_files


def input_fingerprint(
    movie: Movie, cells: Cells, frame_rate_hz: float, pixel_size_um: float
) -> str:
    """SHA-256 over the movie's content (``recording.movie_identity``) and shape, the cells and the sizes."""
    dataset = movie.address.removeprefix(str(movie.path))
    facts = {
        "movie": identify_files(movie_files(movie.path)),
        "dataset": dataset,
        "shape": [int(length) for length in movie.shape],
        "frame_rate_hz": float(frame_rate_hz),
        "pixel_size_um": float(pixel_size_um),
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for number in unmasked_cells(cells):
        digest.update(b"invalid" + np.int64(number).tobytes())
    for cell in cells.cells:
        order = np.lexsort((cell.xpix, cell.ypix))
        digest.update(np.int64(len(order)).tobytes())
        for array, kind in ((cell.ypix, "<i8"), (cell.xpix, "<i8"), (cell.weight, "<f4")):
            digest.update(np.ascontiguousarray(array[order].astype(kind)).tobytes())
    return digest.hexdigest()


def unmasked_cells(cells: Cells) -> list[int]:
    """The invalid cells that overlap another, whose inputs they would change if they were valid."""
    invalid = np.flatnonzero(~cells.valid).tolist()
    return [cell for cell in invalid if len(cells.overlaps.neighbours(cell))]
