"""Which axis of a movie holds its frames, where the file does not name its axes.

An array of 40 x 56 x 300 is 40 frames of 56 x 300 pixels or 300 frames of 40 x 56. Its pixels tell: averaged
over time they leave a picture, the cells that stay where they are; averaged over rows or columns they leave
much less. Analysis of variance measures that. Where the pixels speak against frames first, or say nothing and
the sizes look odd, the user is asked which series is meant; frames are never guessed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.movie import Movie
from deepcinac.recording.series import SeveralSeries

FRAMES_FIRST = "frames-first"
SERIES = (FRAMES_FIRST, "frames-middle", "frames-last")
"""How a movie is read by the place of its axis of frames: what ``--series`` is given."""

_SMALLEST = 8  # frames, rows and columns; of fewer nothing can be told, and nobody records them
_CLEARLY = 3.0  # times the picture of each other axis (raw movies: 4 to 500)
_ABOVE_NOISE = 2.0  # by chance 1.0 to 1.3; raw movies: 4 to 100
_LONG = 4  # times the longest side: so many frames need no look at the pixels
_ODD = 2.0  # times as oblong as the frames would be if they were last
_RUNS, _RUN = 4, 4  # frames are looked at in runs, which a file in chunks reads once
_PIXELS = 64  # along each side
_BLOCK_BYTES = 64 << 20


def is_plainly_first(shape: tuple[int, int, int]) -> bool:
    """Whether the sizes alone say that the first axis holds the frames.

    >>> is_plainly_first((2000, 88, 88)), is_plainly_first((40, 56, 300))
    (True, False)
    """
    return shape[0] >= _LONG * max(shape[1:])


def with_frames_first(movie: Movie, wanted: str | None, known: bool) -> Movie:
    """The movie as its frames lie; one whose axes are in doubt is asked about.

    Parameters
    ----------
    movie
        As it is stored, its first axis taken for the frames.
    wanted
        One of :data:`SERIES`, where the user has said it.
    known
        Whether it is known already that the frames come first.

    Raises
    ------
    SeveralSeries
        Another axis may hold the frames, and nobody has said which.
    """
    if wanted is None:
        known = known or movie.axes_named or is_plainly_first(movie.shape)
        if not known and min(movie.shape) >= _SMALLEST:
            _ask(movie)
        return movie
    axis = SERIES.index(wanted)
    return TransposedMovie(movie, axis) if axis else movie


def _ask(movie: Movie) -> None:
    likely = likely_axis(movie)
    if likely == 0 or (likely is None and not _looks_odd(movie.shape)):
        return
    described = {SERIES[axis]: _described(movie.shape, axis) for axis in {0, 2, likely or 0}}
    movie.close()
    why = ": the file does not name its axes, and the frames may not be on the first"
    raise SeveralSeries(movie.path, described, why)


def _described(shape: tuple[int, int, int], axis: int) -> str:
    height, width = (shape[i] for i in range(3) if i != axis)
    return f"{shape[axis]} frames of {height} x {width} pixels"


def _looks_odd(shape: tuple[int, int, int]) -> bool:
    """Whether frames would be far more oblong than with the frames on the last axis."""
    n_first, n_middle, n_last = shape
    first = max(n_middle, n_last) / min(n_middle, n_last)
    last = max(n_first, n_middle) / min(n_first, n_middle)
    return n_last > max(n_first, n_middle) and first >= _ODD * last


def likely_axis(movie: Movie) -> int | None:
    """The axis along which a picture stays, from a few frames; None where none stands out."""
    try:
        pictures = standing_pictures(_sample(movie))
    except InputError:  # a damaged frame, which whoever reads it tells
        return None
    likely = int(np.argmax(pictures))
    others = np.delete(pictures, likely)
    clear = pictures[likely] > 0 and pictures[likely] >= _CLEARLY * others.max()
    return likely if clear else None


def standing_pictures(sample: np.ndarray) -> np.ndarray:
    """For each axis, the variance of the picture that stays when the array is averaged along it.

    Components of variance of an analysis of variance with three factors: the interaction of the other two
    axes, beyond their own means. 0 where it is not twice what the noise alone would leave.

    >>> picture = np.array([[0.0, 4.0, 0.0], [8.0, 0.0, 0.0], [0.0, 0.0, 4.0]])
    >>> standing_pictures(np.stack([picture] * 5)).round(1).tolist()
    [15.1, 0.0, 0.0]
    """
    values = sample - sample.mean()
    sizes = np.array(values.shape)
    if sizes.min() < 2:
        return np.zeros(3)
    rest = float(np.sum(values**2))
    squares = np.empty(3)
    for axis in range(3):
        own_mean = values.mean(axis=tuple(np.delete(np.arange(3), axis)))
        picture = values.mean(axis=axis)
        picture = picture - picture.mean(axis=0) - picture.mean(axis=1)[:, None]
        total = sizes[axis] * float(np.sum(picture**2))
        squares[axis] = total / np.prod(np.delete(sizes, axis) - 1)
        rest -= total + values.size / sizes[axis] * float(np.sum(own_mean**2))
    noise = max(rest, 0.0) / np.prod(sizes - 1)
    return np.where(squares > _ABOVE_NOISE * noise, squares - noise, 0.0) / sizes


def _sample(movie: Movie) -> np.ndarray:
    """Runs of frames spread over the movie, thinned out to (n, 64, 64) at most."""
    starts = np.linspace(0, max(movie.n_frames - _RUN, 0), _RUNS).astype(int)
    rows, columns = (
        np.unique(np.linspace(0, size - 1, _PIXELS).astype(int)) for size in movie.shape[1:]
    )
    runs = []
    for start in np.unique(starts).tolist():
        frames = movie.frames(start, min(start + _RUN, movie.n_frames))
        runs.append(frames[:, rows[:, None], columns].astype(float))
    sample = np.concatenate(runs)
    good = np.isfinite(sample)
    return np.where(good, sample, sample[good].mean() if good.any() else 0.0)


class TransposedMovie(Movie):
    """Another movie whose frames lie along its second or third axis.

    A frame is scattered over the whole file, so frames are read in large blocks.
    """

    random_access = False

    def __init__(self, stored: Movie, axis: int) -> None:
        self._order = [axis, *(i for i in range(3) if i != axis)]
        super().__init__(
            stored.path,
            tuple(stored.shape[i] for i in self._order),
            stored.dtype,
            frame_rate_hz=stored.frame_rate_hz,
            pixel_size_um=stored.pixel_size_um,
            pixel_sizes_um=stored.pixel_sizes_um,
            dataset=stored.dataset,
        )
        self._stored = stored
        frame_bytes = self.height * self.width * self.dtype.itemsize
        self.block_frames = max(1, min(self.n_frames, _BLOCK_BYTES // frame_bytes))

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        ranges = ((start, stop), (top, bottom), (left, right))
        stored = [end for i in range(3) for end in ranges[self._order.index(i)]]
        return np.ascontiguousarray(self._stored.patch(*stored).transpose(self._order))

    def source_files(self) -> list[Path]:
        """The files of the movie."""
        return self._stored.source_files()

    def close(self) -> None:
        """Close the movie."""
        self._stored.close()
