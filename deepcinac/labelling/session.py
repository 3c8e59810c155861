"""A session: one recording with everything that experts, classifiers and other methods say about it.

It is one SQLite file (``*.deepcinac``). Every edit is on disk when its call returns; there is no
unsaved state. One program at a time writes; another one that opens the file gets a view. A session
is used from the thread that opened it.

    with Session.open("mouse7.deepcinac") as session:
        layer = session.add_layer("expert", "anna")
        session.add_transient(layer.id, cell=12, onset=340, peak=348)
        session.undo()
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
import weakref
from pathlib import Path
from types import TracebackType

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING, written_atomically
from deepcinac.labelling import backup, database, history, journal, locking, movie_reference, schema
from deepcinac.labelling.added_cells import AddedCells
from deepcinac.labelling.cell_edits import CellEdits, checked_size
from deepcinac.labelling.label_edits import LabelEdits
from deepcinac.labelling.layer_kinds import LABEL_KINDS, RESULT_KINDS
from deepcinac.labelling.locking import Holder, Lock
from deepcinac.labelling.provenance import Opening, Provenance, ProvenanceEdits
from deepcinac.labelling.reading import (
    CellState,
    HistoryEntry,
    Layer,
    Mark,
    Recording,
)
from deepcinac.labelling.signal_store import SignalStore
from deepcinac.labelling.spans import KINDS as SPAN_KINDS
from deepcinac.labelling.spans import WHOLE_FIELD
from deepcinac.recording.cells import Cells
from deepcinac.version import __version__

__all__ = [
    "LABEL_KINDS",
    "RESULT_KINDS",
    "SPAN_KINDS",
    "WHOLE_FIELD",
    "CellState",
    "HistoryEntry",
    "Holder",
    "Layer",
    "Mark",
    "Opening",
    "Provenance",
    "Recording",
    "Session",
]


class Session(LabelEdits, CellEdits, ProvenanceEdits, SignalStore, AddedCells):
    """An open session file; made by :meth:`create` and :meth:`open`, closed by ``with``.

    Attributes
    ----------
    path
        The file.
    read_only
        Whether edits are refused; ``read_only_reason`` says why, "" when they are not.
    holder
        Who has the file open for writing when somebody else has, otherwise None.
    notices
        What the user should know and what did not stop the work (a backup copy that failed).
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: Lock | None,
        reason: str = "",
        holder: Holder | None = None,
    ) -> None:
        self.path = path
        self.read_only_reason = reason
        self.holder = holder
        self.notices: list[str] = []
        self._connection = connection
        self._lock = lock
        self._day_of_copy = ""
        # A session that is forgotten, not closed, gives its lock back as well.
        self._release = weakref.finalize(self, lock.release) if lock else None

    @property
    def read_only(self) -> bool:
        """Whether edits are refused."""
        return bool(self.read_only_reason)

    # The life of the file

    @classmethod
    def create(
        cls,
        path: str | Path,
        movie_path: str | Path,
        movie_shape: tuple[int, int, int],
        cells: Cells,
        frame_rate_hz: float,
        pixel_size_um: float,
    ) -> Session:
        """Write a new session file, complete or not at all, and open it for writing.

        ``movie_shape``: frames, height, width of the movie at ``movie_path`` (which may be
        ``file.h5:/dataset``). A file that exists is never replaced.
        """
        path = _checked_name(path)
        rates = (
            checked_size(frame_rate_hz, "frame rate", "Hz"),
            checked_size(pixel_size_um, "pixel size", "um"),
        )
        if movie_shape[0] < 1:
            raise InputError("a movie of at least 1 frame", "none", movie_path)
        if (cells.height, cells.width) != tuple(movie_shape[1:]):
            raise InputError(
                f"cells of a movie of {movie_shape[1]} x {movie_shape[2]} pixels (height x width)",
                f"cells on {cells.height} x {cells.width}",
                movie_path,
            )
        reference = movie_reference.refer_to(movie_path, path)
        n_frames, height, width = map(int, movie_shape)
        recording = Recording(
            **vars(reference),
            n_frames=n_frames,
            height=height,
            width=width,
            frame_rate_hz=rates[0],
            pixel_size_um=rates[1],
        )
        with contextlib.ExitStack() as undo:
            lock = _lock_for_creation(path)
            undo.callback(lock.release)
            if path.exists():
                raise InputError(
                    "a name that is not used yet", "a file", path, "Open it, or choose another name"
                )
            _write_file(path, recording, cells)
            session = cls(path, database.connect(path, read_only=False), lock)
            session._day_of_copy = backup.today()  # there is nothing to copy yet
            undo.pop_all()
        return session

    @classmethod
    def open(cls, path: str | Path, read_only: bool = False, take_over: bool = False) -> Session:
        """Open a session file.

        Where it cannot be written (somebody else has it open, the folder is write-protected) it is
        opened for reading; ``read_only_reason`` says so. ``take_over`` takes it from whoever has it.
        A file that is damaged, or not a session, is an InputError and stays as it is.
        """
        path = Path(path)
        reason = database.check(path)
        if read_only:
            return cls(path, _view(path), None, "opened for reading only")
        if not os.access(path, os.W_OK):
            return cls(path, _view(path), None, "the file is write-protected")
        if reason:
            return cls(path, _view(path), None, reason)
        try:
            lock = locking.acquire(path, take_over)
        except OSError as error:
            reason = f"the folder cannot be written to ({error.strerror or error})"
            return cls(path, _view(path), None, reason)
        if isinstance(lock, Holder):
            return cls(path, _view(path), None, f"opened by {lock}", lock)
        try:
            return cls._open_for_writing(path, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _open_for_writing(cls, path: Path, lock: Lock) -> Session:
        left = journal.read_journal(path)
        unfinished = left is not None and left.is_unfinished
        with database.failures_told(path):
            connection = database.connect(path, read_only=False)
            try:
                session = cls(path, connection, lock)
                if unfinished:
                    session.notices.append(
                        "The program or the computer stopped in the middle of an edit; that one edit "
                        f"was taken back, all others are there. The last one is: {session.undo_text}"
                    )
                journal.settle(connection, path)
                backup.sweep(path)
                if schema.version_of(connection) < schema.SCHEMA_VERSION:
                    session._copy_before_migration()
                    schema.migrate(connection)
                session._make_daily_copy()
            except BaseException:
                connection.close()
                raise
        return session

    def _copy_before_migration(self) -> None:
        version = schema.version_of(self._connection)
        target = backup.copy_of(self.path, f"version-{version}")
        if not target.exists():
            backup.write_copy(self._connection, target)

    def _make_daily_copy(self) -> None:
        """A copy that fails does not stop the work; a notice says so."""
        self._day_of_copy = backup.today()
        try:
            backup.make_daily_copy(self._connection, self.path)
        except (InputError, OSError, sqlite3.Error) as error:
            folder = backup.folder_of(self.path)
            self.notices.append(f"Today's backup copy could not be written into {folder}: {error}")

    def close(self) -> None:
        """Close the file and let others write; closing twice does nothing."""
        self._connection.close()
        if self._release is not None:
            self._release()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Session({str(self.path)!r}{', read only' if self.read_only else ''})"

    # The right to write

    def heartbeat(self) -> bool:
        """Say to others that this session is in use; a window calls it about once a minute.

        False when the session was taken over by somebody else: it is read only from then on.
        Edits do the same by themselves.
        """
        if self._lock is None:
            return not self.read_only
        if not self._lock.beat():
            self.holder = locking.read_holder(self._lock.file)
            self.read_only_reason = f"taken over by {self.holder or 'somebody else'}"
            self._lock = None
        return not self.read_only

    def _require_writable(self) -> None:
        if self._lock is not None and not self.heartbeat():
            raise locking.taken_over(self.path, self.holder)
        if self.read_only:
            raise InputError(
                "a session that can be edited",
                f"one that is read only: {self.read_only_reason}",
                self.path,
            )
        if self._day_of_copy != backup.today() and not self._connection.in_transaction:
            self._make_daily_copy()


def _view(path: Path) -> sqlite3.Connection:
    with database.failures_told(path):
        return database.open_view(path)


def _checked_name(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != SESSION_ENDING:
        raise InputError(f"a file name that ends in {SESSION_ENDING}", f"'{path.name}'")
    if path.exists():
        raise InputError(
            "a name that is not used yet", "a file", path, "Open it, or choose another name"
        )
    return path


def _lock_for_creation(path: Path) -> Lock:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = locking.acquire(path)
    except OSError as error:
        raise InputError(
            "a folder that can be written to", error.strerror or str(error), path.parent
        ) from error
    if isinstance(lock, Holder):
        raise InputError("a name that is not used yet", f"one used by {lock}", path)
    return lock


def _write_file(path: Path, recording: Recording, cells: Cells) -> None:
    """The whole file, beside its place and then moved into it."""
    with database.failures_told(path), written_atomically(path) as temporary:
        connection = sqlite3.connect(temporary, isolation_level=None)
        with contextlib.closing(connection):
            connection.execute("PRAGMA synchronous = OFF")  # synced as a whole before it is moved
            connection.execute("BEGIN")
            schema.create_tables(connection)
            _fill(connection, recording, cells)
            connection.execute("COMMIT")
            # Last: an unfinished file that is left behind does not look like a session.
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")


def _fill(connection: sqlite3.Connection, recording: Recording, cells: Cells) -> None:
    meta = {
        "session_id": uuid.uuid4().hex,
        "created": history.now(),
        "created_by": locking.user_name(),
        "program_version": __version__,
        "cells_source": cells.source,
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    row = {"id": 1, **vars(recording)}
    connection.execute(f"INSERT INTO recording ({', '.join(row)}) VALUES (:{', :'.join(row)})", row)
    names = cells.names or (None,) * len(cells)
    connection.executemany(
        "INSERT INTO footprints (cell, name, ypix, xpix, weight) VALUES (?, ?, ?, ?, ?)",
        (
            (number, name, _bytes(cell.ypix, "<i4"), _bytes(cell.xpix, "<i4"),
             _bytes(cell.weight, "<f4"))
            for number, (name, cell) in enumerate(zip(names, cells.cells, strict=True))
        ),
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO cells (cell, valid, type, note, reviewed) VALUES (?, ?, NULL, '', 0)",
        ((number, int(valid)) for number, valid in enumerate(cells.valid)),
    )
    connection.executemany(
        "INSERT INTO cell_types (name, position) VALUES (?, ?)",
        ((name, position) for position, name in enumerate(schema.FIRST_CELL_TYPES)),
    )


def _bytes(values: np.ndarray, dtype: str) -> bytes:
    return np.ascontiguousarray(values, dtype=dtype).tobytes()
