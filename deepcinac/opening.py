"""A recording is opened in one place, for window, command line, notebook and cluster alike.

::

    with open_recording("mouse1.deepcinac") as recording:
        recording.cells, recording.frame_rate_hz, recording.traces.raw

    with open_recording("movie.tif", "stat.npy", frame_rate_hz=10.0, pixel_size_um=2.0) as recording:
        ...

Nothing is read before it is asked for, and a movie that was once reduced to traces is not read again.
"""

from __future__ import annotations

import abc
import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING
from deepcinac.formats import CellOptions, load_cells
from deepcinac.labelling.movie_reference import identify
from deepcinac.labelling.reading import Layer
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.clock import ask_about, mean_pixel_size
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_address import MovieAddress
from deepcinac.recording.movie_readers import open_movie, split_dataset
from deepcinac.recording.signals import Signal
from deepcinac.recording.trace_cache import (
    CachedTraces,
    TraceKey,
    has_traces,
    make_traces,
    open_traces,
)
from deepcinac.results.result import footprint_keys


def open_recording(
    source: str | Path | Session,
    cells: str | Path | Cells | None = None,
    *,
    frame_rate_hz: float | None = None,
    pixel_size_um: float | None = None,
    cell_options: CellOptions | None = None,
    series: str | None = None,
    accepted: frozenset[str] = frozenset(),
    mask_nan: bool = False,
    working_copy: bool = True,
    progress: Progress = silent,
) -> OpenRecording:
    """Open a recording: a session, or a movie with its cells.

    Parameters
    ----------
    source
        A session (its file, or an open one, which stays open), or a movie (whatever
        :func:`~deepcinac.recording.movie_readers.open_movie` takes).
    cells
        With a movie: its cells, or the file that holds them. A session has its own.
    frame_rate_hz, pixel_size_um
        The user's word, which goes before that of the session or the movie's file.
    cell_options
        What the file of cells does not say itself.
    series, accepted, mask_nan
        Which of several movies in one place, the questions answered with yes, and whether pixels that
        are not numbers are filled; as in :func:`~deepcinac.recording.movie_readers.open_movie`. A
        session has its own.
    working_copy
        Whether a movie that is slow to read at random is copied to the cache folder, once.
    progress
        Receives the steps of whatever takes long.

    Raises
    ------
    InputError
        Cells beside a session, or a file that cannot be read. That a movie is missing, or that
        nobody states the frame rate, is raised where it is needed.
    """
    given = _Given(frame_rate_hz, pixel_size_um, working_copy, progress, series, accepted, mask_nan)
    if isinstance(source, Session) or Path(source).suffix == SESSION_ENDING:
        if cells is not None:
            raise InputError("the session's own cells", "other cells as well", str(source))
        if isinstance(source, Session):
            return _OfSession(source, given, own=False)
        return _OfSession(Session.open(source, read_only=True), given, own=True)
    return _OfFiles(source, cells, cell_options, given)


def trace_key(session: Session, frame_rate_hz: float | None = None) -> TraceKey:
    """Where the cache has the traces of a session (at another frame rate than its own)."""
    recording = session.recording
    cells_id = "-".join([session.meta().get("session_id", ""), *session.added_cells()])
    rate = recording.frame_rate_hz if frame_rate_hz is None else frame_rate_hz
    return TraceKey(recording.fingerprint, recording.n_frames, rate, cells_id)


class _Given:
    """What the user says of a recording, and how to work on it."""

    def __init__(
        self,
        frame_rate_hz: float | None,
        pixel_size_um: float | None,
        working_copy: bool,
        progress: Progress,
        series: str | None = None,
        accepted: frozenset[str] = frozenset(),
        mask_nan: bool = False,
    ) -> None:
        for value, what, unit in (
            (frame_rate_hz, "frame rate", "Hz"),
            (pixel_size_um, "pixel size", "um"),
        ):
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"a {what} above 0 {unit}", repr(value))
        self.frame_rate_hz = frame_rate_hz
        self.pixel_size_um = pixel_size_um
        self.working_copy = working_copy
        self.progress = progress
        self.series = series
        self.accepted = accepted
        self.mask_nan = mask_nan


class OpenRecording(abc.ABC):
    """A recording that is open; a context manager. Made by :func:`open_recording`.

    Attributes
    ----------
    path
        The session file, or the movie as it was named.
    name
        What to call the recording: the name of that file without its ending.
    session
        The session, None for a movie with its cells; its results and layers are asked of it.
    """

    session: Session | None = None

    def __init__(self, path: Path, given: _Given) -> None:
        self.path = path
        self.name = path.stem
        self._given = given
        self._movie: Movie | None = None

    # What each kind of recording knows

    @property
    @abc.abstractmethod
    def cells(self) -> Cells:
        """All cells, valid or not."""

    @property
    @abc.abstractmethod
    def movie_address(self) -> str:
        """What :func:`~deepcinac.recording.movie_readers.open_movie` takes."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """(n_frames, height, width)."""

    @abc.abstractmethod
    def _stated(self) -> tuple[float | None, float | None]:
        """Frame rate and pixel size by the session or the movie's file."""

    @property
    @abc.abstractmethod
    def _trace_key(self) -> TraceKey:
        """What the cached traces depend on."""

    # What follows

    @property
    def movie(self) -> Movie:
        """The movie, opened when it is first asked for."""
        if self._movie is None:
            movie = open_movie(
                self.movie_address,
                series=self._given.series,
                accepted=self._given.accepted,
                mask_nan=self._given.mask_nan,
                working_copy=self._given.working_copy,
                axes_known=self.session is not None,
                progress=self._given.progress,
            )
            if (wanted := self._wanted_shape()) not in (None, movie.shape):
                movie.close()
                raise InputError(f"a movie of shape {wanted}", f"{movie.shape}", movie.path)
            self._movie = movie
        return self._movie

    def _wanted_shape(self) -> tuple[int, int, int] | None:
        return None

    @property
    def frame_rate_hz(self) -> float:
        """The user's word, else the session's or the file's; nobody's is an InputError."""
        return self._first(self._given.frame_rate_hz, 0, "frame rate", "--frame-rate HZ")

    @property
    def pixel_size_um(self) -> float:
        """The user's word, else the session's or the file's; nobody's is an InputError."""
        return self._first(self._given.pixel_size_um, 1, "pixel size", "--pixel-size UM")

    def _first(self, given: float | None, place: int, what: str, option: str) -> float:
        found = given if given is not None else self._stated()[place]
        if found is None:
            raise InputError(f"the {what} of the movie", "none in its file", hint=f"add {option}")
        if self.session is None:  # that of a session was asked about when it was made
            ask_about(found, what, self.path, self._given.accepted)
        return found

    @cached_property
    def traces(self) -> CachedTraces:
        """Traces of all cells, from the cache or from the movie."""
        return self._traces(images=False)

    @cached_property
    def traces_with_images(self) -> CachedTraces:
        """The same with the mean, maximum and correlation image, which need the movie once more."""
        return self._traces(images=True)

    def _traces(self, images: bool) -> CachedTraces:
        key, cells, progress = self._trace_key, self.cells, self._given.progress
        found = open_traces(key, len(cells), images=images)
        if found is None:
            about = str(self.path.absolute())
            make_traces(key, self.movie, cells, progress, images=images, about=about)
            found = open_traces(key, len(cells), images=images)
        if found is None:
            raise InputError("traces in the cache", "a damaged file", key.folder, "Check the disk")
        return found

    def has_traces(self, *, images: bool = False) -> bool:
        """Whether the traces are there already."""
        return has_traces(self._trace_key, images=images)

    def require_session(self) -> Session:
        """The session; an InputError for a movie with its cells."""
        if self.session is None:
            raise InputError("a session", "a movie and its cells", self.path)
        return self.session

    @property
    def layers(self) -> list[Layer]:
        """Who says something about the recording; nobody where there is no session."""
        return [] if self.session is None else self.session.layers()

    @property
    def signals(self) -> Mapping[str, Signal]:
        """Series recorded beside the movie, by name."""
        return {}

    def close(self) -> None:
        """Release the files. The recording cannot be used afterwards."""
        if self._movie is not None:
            self._movie.close()

    def __enter__(self) -> OpenRecording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__.strip('_')}({str(self.path)!r})"


class _OfSession(OpenRecording):
    """A recording that a session knows."""

    session: Session

    def __init__(self, session: Session, given: _Given, own: bool) -> None:
        super().__init__(session.path, given)
        self.session = session
        self._own = own

    @cached_property
    def cells(self) -> Cells:
        return self.session.cells()

    @property
    def movie_address(self) -> str:
        return self.session.movie_address()

    @property
    def shape(self) -> tuple[int, int, int]:
        recording = self.session.recording
        return recording.n_frames, recording.height, recording.width

    def _wanted_shape(self) -> tuple[int, int, int]:
        return self.shape

    def _stated(self) -> tuple[float, float]:
        recording = self.session.recording
        return recording.frame_rate_hz, recording.pixel_size_um

    @property
    def _trace_key(self) -> TraceKey:
        return trace_key(self.session, self.frame_rate_hz)

    @cached_property
    def signals(self) -> Mapping[str, Signal]:
        return {name: self.session.signal(name) for name in self.session.signal_names()}

    def close(self) -> None:
        super().close()
        if self._own:
            self.session.close()


class _OfFiles(OpenRecording):
    """A movie and its cells, without a session."""

    def __init__(
        self,
        movie: str | Path,
        cells: str | Path | Cells | None,
        options: CellOptions | None,
        given: _Given,
    ) -> None:
        super().__init__(split_dataset(movie)[0], given)
        self._address = str(movie)
        self._named_cells = cells
        self._options = options

    @cached_property
    def cells(self) -> Cells:
        if self._named_cells is None:
            raise InputError("a movie and its cells", "no cells", hint="add --cells")
        if isinstance(self._named_cells, Cells):
            return self._named_cells
        return load_cells(self._named_cells, self.shape[1:], self._options)

    @property
    def movie_address(self) -> str:
        return self._address

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.movie.shape

    def _stated(self) -> tuple[float | None, float | None]:
        return self.movie.frame_rate_hz, mean_pixel_size(self.movie)

    @property
    def _trace_key(self) -> TraceKey:
        n_bytes, fingerprint = identify(self.path)
        keys = footprint_keys(self.cells, range(len(self.cells)))
        inside = MovieAddress.parse(self.movie.address).inside or None
        own = [inside, n_bytes, self.cells.height, self.cells.width, *keys]
        cells_id = hashlib.sha256(repr(own).encode()).hexdigest()
        return TraceKey(fingerprint, self.movie.n_frames, self.frame_rate_hz, cells_id)
