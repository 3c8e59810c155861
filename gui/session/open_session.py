"""What is open in the window, and who is told when something changes. No Tk."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from deepcinac.errors import InputError
from deepcinac.gui.session.cell_doubts import CellDoubts, doubts_of
from deepcinac.gui.session.topics import DATA
from deepcinac.labelling.session import Recording, Session
from deepcinac.recording.cells import Cells
from deepcinac.recording.trace_cache import CachedTraces

Observer = Callable[[frozenset[str]], None]


class OpenSession:
    """The session, cells and traces that are open, if any, and the observers of changes."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.cells: Cells | None = None
        self.data: CachedTraces | None = None
        self._recording: Recording | None = None
        self._doubts: CellDoubts | None = None
        self._observers: list[Observer] = []
        self._changed: set[str] = set()
        self._depth = 0

    # Observers

    def observe(self, observer: Observer) -> None:
        """Call ``observer(topics)`` after every change."""
        self._observers.append(observer)

    def changed(self, *topics: str) -> None:
        """Say that something changed; observers are called at the end of :meth:`changing`."""
        self._changed.update(topics)
        if self._depth == 0:
            self._tell()

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Several changes that observers receive together."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._tell()

    def _tell(self) -> None:
        while self._changed:
            topics, self._changed = frozenset(self._changed), set()
            for observer in self._observers:
                observer(topics)

    # What is open

    def require_session(self) -> Session:
        """The open session; an InputError where there is none."""
        if self.session is None:
            raise InputError("an open session", "none", hint="open or create a session first")
        return self.session

    @property
    def is_open(self) -> bool:
        """Whether there is a session."""
        return self.session is not None

    @property
    def can_edit(self) -> bool:
        """Whether there is a session that can be written to."""
        return self.session is not None and not self.session.read_only

    @property
    def n_cells(self) -> int:
        """Cells of the recording."""
        return len(self.cells) if self.cells is not None else 0

    @property
    def doubts(self) -> CellDoubts:
        """What is odd about the outlines, looked at once for each recording."""
        if self._doubts is None:
            known = self.cells is not None
            self._doubts = doubts_of(self.cells, self.pixel_size_um) if known else CellDoubts()  # type: ignore[arg-type]
        if self.session is None:
            return self._doubts
        return self._doubts.of_valid(self.session.cells().valid)

    @property
    def n_frames(self) -> int:
        """Frames of the recording."""
        return self._recording.n_frames if self._recording is not None else 0

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second of the recording."""
        if self._recording is None:
            return self.require_session().recording.frame_rate_hz
        return self._recording.frame_rate_hz

    @property
    def pixel_size_um(self) -> float | None:
        """Micrometres of a pixel; None while nothing is open."""
        return self._recording.pixel_size_um if self._recording is not None else None

    def set_data(self, data: CachedTraces) -> None:
        """Traces and images have arrived."""
        self.data = data
        self.changed(DATA)
