"""Labels of one layer as a ``.cinac`` file, as DeepCINAC 1 writes it, for those who still work with it.

Each judged stretch of a cell becomes a segment with its crop of the movie: 25 x 25 pixels in standard
deviations from the mean of the whole movie, which DeepCINAC 1 trains and evaluates on. The movie is read
twice, block by block; crops go to the file as they come, packed, which no reader notices.

What the form cannot hold: who labelled, onsets and peaks (transients that touch become one), frame rate
and pixel size, and cells that are not convex: DeepCINAC 1 knows them by their convex hull.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import written_atomically
from deepcinac.formats.same_cells import counted, hulls_of
from deepcinac.labelling.layer_labels import Labels
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cell, Cells
from deepcinac.recording.movie import Movie, iterate_blocks
from deepcinac.recording.traces import extract_traces

CROP_PX = 25
PEOPLE = ("expert", "consensus")
_BUFFER_PX = 1
_BLOCK_BYTES = 1 << 26
_SMOOTHING_FRAMES = 7
_BELOW = 2.0  # standard deviations by which the smooth trace is drawn under the raw one
_LARGEST_COORDINATE = np.iinfo(np.int16).max


@dataclass(frozen=True)
class _Segment:
    """Frames ``first`` to ``last`` (included) of a cell; ``top`` and ``left`` of its crop."""

    cell: int
    first: int
    last: int
    top: int
    left: int

    @property
    def name(self) -> str:
        return f"cell_{self.cell}_{self.first}_{self.last}"


def write_cinac(
    path: Path,
    labels: Labels,
    cells: Cells,
    movie: Movie,
    types: dict[int, str] | None = None,
    progress: Progress = silent,
) -> list[str]:
    """Write the labels of a person; what was done and what the file cannot hold, a line each.

    ``types``: the type of each cell that was given one. What a program found is refused: the file
    does not say who labelled, so that it would come back as an expert's.
    """
    if labels.kind not in PEOPLE:
        hint = "correct a copy of it in the window, or choose another ending"
        raise InputError("a layer of an expert for a .cinac", f"one of a {labels.kind}", path,
                         hint)  # fmt: skip
    if max(cells.height, cells.width) > _LARGEST_COORDINATE:
        found = f"{cells.height} x {cells.width} pixels"
        raise InputError(f"a field of at most {_LARGEST_COORDINATE} pixels", found, path)
    segments = list(_segments(labels, cells))
    if not segments:
        raise InputError("judged stretches of cells", "none", f"layer {labels.name}")
    with written_atomically(path) as temporary:
        _write(temporary, segments, labels, cells, movie, types or {}, progress)
    return [*_said(segments, labels, cells), *_about_movie(movie)]


def _segments(labels: Labels, cells: Cells) -> Iterator[_Segment]:
    for cell in range(labels.n_cells):
        top, left = _corner(cells, cell)
        for first, last in labels.judged(cell).tolist():
            yield _Segment(cell, first, last, top, left)


def _corner(cells: Cells, cell: int) -> tuple[int, int]:
    """Row and column of the crop's first pixel: around the cell, within the field where that fits."""
    corner = []
    for pixels, side in ((cells[cell].ypix, cells.height), (cells[cell].xpix, cells.width)):
        begin = round(float(pixels.min() + pixels.max()) / 2) - CROP_PX // 2
        room = side - CROP_PX
        corner.append(min(max(begin, 0), room) if room >= 0 else room // 2)
    return corner[0], corner[1]


def _write(
    path: Path,
    segments: list[_Segment],
    labels: Labels,
    cells: Cells,
    movie: Movie,
    types: dict[int, str],
    progress: Progress,
) -> None:
    import h5py

    raw = extract_traces(movie, cells, progress=progress).raw.astype(float)
    smooth = _z_scores(np.array([_smoothed(row) for row in raw])) - _BELOW
    raw = _z_scores(raw)
    mean, sd = _mean_and_sd(movie)
    outlines = [hull_of(cell) for cell in cells.cells]
    overlaps = hulls_of(cells).overlaps
    with h5py.File(path, "w") as file:
        full = file.create_group("full_data")
        full.attrs["ci_movie_file_name"] = str(movie.path.resolve())
        full.attrs["n_frames"], full.attrs["n_cells"] = labels.n_frames, len(cells)
        _write_outlines(full, outlines, np.int16)
        full.create_dataset("invalid_cells", data=(~cells.valid).astype(np.int8))
        full.create_dataset("smooth_traces", data=smooth)
        full.create_dataset("raw_traces", data=raw)
        for segment in segments:
            group = file.create_group(segment.name)
            group.attrs["pixels_around"], group.attrs["buffer"] = 0, _BUFFER_PX
            if types.get(segment.cell):
                group.attrs["cell_type"] = types[segment.cell]
            frames = slice(segment.first, segment.last + 1)
            group.create_dataset("raster_dur", data=_active(labels, segment))
            group.create_dataset("smooth_traces", data=smooth[segment.cell, frames])
            group.create_dataset("raw_traces", data=raw[segment.cell, frames])
            group.create_dataset("doubtful_frames", data=_doubtful(labels, segment))
            shown = [segment.cell, *overlaps.neighbours(segment.cell).tolist()]
            corner = np.array([segment.left, segment.top])
            _write_outlines(group, [outlines[cell] - corner for cell in shown], np.int32)
            invalid = (~cells.valid[shown]).astype(np.int8)
            invalid[0] = 0  # that of the segment is never left out
            group.create_dataset("invalid_cells", data=invalid)
        _write_crops(file, segments, movie, lambda frames: (frames - mean) / sd, progress)


def _write_outlines(group: Any, outlines: list[np.ndarray], kind: type) -> None:
    import h5py

    form = h5py.vlen_dtype(np.dtype(kind))
    written = group.create_dataset("cells_contour", (len(outlines), 2), dtype=form)
    for cell, outline in enumerate(outlines):
        for axis in range(2):
            written[cell, axis] = outline[:, axis].astype(kind)


def hull_of(cell: Cell) -> np.ndarray:
    """x and y (k, 2) of the corners of the convex hull of a cell's pixels; two for a line."""
    from scipy.spatial import ConvexHull, QhullError

    points = np.column_stack([cell.xpix, cell.ypix])
    try:
        return points[ConvexHull(points.astype(float)).vertices]
    except (QhullError, ValueError):  # a line, or a single pixel
        order = np.lexsort(points.T)
        return points[[order[0], order[-1]]]


def _active(labels: Labels, segment: _Segment) -> np.ndarray:
    return _raster(labels.of_cell(segment.cell), segment)


def _doubtful(labels: Labels, segment: _Segment) -> np.ndarray:
    return _raster(labels.spans_of_cell(segment.cell, "doubtful"), segment)


def _raster(intervals: np.ndarray, segment: _Segment) -> np.ndarray:
    """(n_frames,) int8 of a segment: 1 within the intervals (first and last, included)."""
    frames = np.zeros(segment.last - segment.first + 1, np.int8)
    for first, last in intervals.tolist():
        frames[max(0, first - segment.first) : max(0, last - segment.first + 1)] = 1
    return frames


def _smoothed(trace: np.ndarray) -> np.ndarray:
    """With a Hamming window of 7 frames, the ends mirrored, as DeepCINAC 1 does."""
    half = min(_SMOOTHING_FRAMES // 2, len(trace) - 1)
    window = np.hamming(2 * half + 1)
    return np.convolve(np.pad(trace, half, mode="reflect"), window / window.sum(), mode="valid")


def _z_scores(traces: np.ndarray) -> np.ndarray:
    sd = traces.std(axis=1, keepdims=True)
    return (traces - traces.mean(axis=1, keepdims=True)) / np.where(sd > 0, sd, 1)


def _mean_and_sd(movie: Movie) -> tuple[float, float]:
    """Of all pixels of all frames; 1 for a movie without any variation."""
    total = squares = 0.0
    first = float(movie.frames(0, 1).astype(float).mean())  # keeps the squares small
    for _, frames in iterate_blocks(movie, _block(movie)):
        values = frames.astype(np.float64) - first
        total += float(values.sum())
        squares += float(np.square(values).sum())
    number = movie.n_frames * movie.height * movie.width
    sd = float(np.sqrt(max(0.0, squares / number - (total / number) ** 2)))
    return first + total / number, sd if sd > 0 else 1.0


def _block(movie: Movie) -> int:
    return max(1, _BLOCK_BYTES // (8 * movie.height * movie.width))


def _write_crops(
    file: Any,
    segments: list[_Segment],
    movie: Movie,
    normalised: Callable[[np.ndarray], np.ndarray],
    progress: Progress,
) -> None:
    """The crop of each segment, zero beyond the field; a block of the movie at a time."""
    for segment in segments:
        n_frames = segment.last - segment.first + 1
        shape = (n_frames, CROP_PX, CROP_PX)
        file[segment.name].create_dataset(
            "ci_movie", shape, np.float64,
            chunks=(min(n_frames, 100), CROP_PX, CROP_PX), compression="gzip", shuffle=True,
        )  # fmt: skip
    for start, frames in iterate_blocks(movie, _block(movie)):
        stop = start + len(frames)
        for segment in segments:
            begin, end = max(start, segment.first), min(stop, segment.last + 1)
            if begin < end:
                crop = _crop(frames[begin - start : end - start], segment, normalised)
                place = slice(begin - segment.first, end - segment.first)
                file[segment.name]["ci_movie"][place] = crop
        progress(ProgressEvent("segments", stop, movie.n_frames))


def _crop(
    frames: np.ndarray, segment: _Segment, normalised: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    crop = np.zeros((len(frames), CROP_PX, CROP_PX))
    height, width = frames.shape[1:]
    top, left = max(0, segment.top), max(0, segment.left)
    bottom, right = min(height, segment.top + CROP_PX), min(width, segment.left + CROP_PX)
    rows = slice(top - segment.top, bottom - segment.top)
    columns = slice(left - segment.left, right - segment.left)
    crop[:, rows, columns] = normalised(frames[:, top:bottom, left:right].astype(np.float64))
    return crop


def _said(segments: list[_Segment], labels: Labels, cells: Cells) -> list[str]:
    """What was written, and what the form has no place for."""
    n_cells = len({segment.cell for segment in segments})
    said = [
        f"{counted(len(labels.transients), 'transient')} in {counted(len(segments), 'segment')} "
        f"of {counted(n_cells, 'cell')} ({labels.name})"
    ]
    n_joined = _n_touching(labels)
    if n_joined:
        joined = counted(n_joined, "transient")
        said.append(f"a .cinac holds active frames: {joined} became one with the one before")
    hulls = hulls_of(cells).n_pixels
    n_grown = int((hulls > cells.n_pixels).sum())
    if n_grown:
        grown = counted(n_grown, "cell")
        said.append(f"outlines are convex, as DeepCINAC 1 has them: {grown} gained pixels")
    outside = _n_outside(segments, labels)
    if outside:
        said.append(f"left out, in no judged stretch: {counted(outside, 'transient')}")
    return said


def _n_touching(labels: Labels) -> int:
    rows = labels.transients
    follows = (rows[1:, 0] == rows[:-1, 0]) & (rows[1:, 1] == rows[:-1, 2] + 1)
    return int(follows.sum())


def _n_outside(segments: list[_Segment], labels: Labels) -> int:
    judged: dict[int, list[_Segment]] = {}
    for segment in segments:
        judged.setdefault(segment.cell, []).append(segment)
    return sum(
        not any(onset <= x.last and peak >= x.first for x in judged.get(cell, ()))
        for cell, onset, peak in labels.transients.tolist()
    )


def _about_movie(movie: Movie) -> list[str]:
    """DeepCINAC 1 opens a movie by its path, and reads TIFF without compression only."""
    import tifffile

    plain = False
    if movie.path.is_file() and movie.path.suffix.lower() in (".tif", ".tiff"):
        with tifffile.TiffFile(movie.path) as file:
            plain = file.pages[0].compression == 1
    if plain:
        return []
    return [
        f"DeepCINAC 1 reads TIFF without compression only, which {movie.path.name} is not: it will "
        "show the segments, not the movie"
    ]
