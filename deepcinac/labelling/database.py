"""SQLite connections to session files, their failures as error messages, and the check before opening.

Nothing here writes into a file before :func:`check` has passed it.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import struct
import tempfile
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING, disk_full, require_file
from deepcinac.labelling import backup, foreign, schema, spans
from deepcinac.labelling.journal import place_of as journal_of
from deepcinac.labelling.journal import read_journal
from deepcinac.labelling.layer_kinds import LAYER_KINDS

BUSY_S = 5.0
"""How long to wait for another program that reads or writes the file at this moment."""

CHECKED_WHOLE_BYTES = 50_000_000
"""Of larger files the stored arrays are not checked at opening: each has a checksum of its own, and
to read all of them over a network takes long."""

_LARGE_TABLES = ("results", "signals", "recording_arrays")

_KIND = f"a session file (*{SESSION_ENDING})"
_SQLITE_MAGIC = b"SQLite format 3\0"
_FULL = ("disk is full",)
_BUSY = ("is locked", "is busy")
_DAMAGED = ("malformed", "not a database", "corrupt", "decode to utf-8", "file is encrypted")
_UNREACHABLE = ("disk i/o error", "unable to open")
_READ_ONLY = ("readonly",)


def connect(path: Path, read_only: bool) -> sqlite3.Connection:
    """A connection to an existing file. Transactions are begun by hand.

    Opened for writing, it first takes back an edit that a crash has left half written.
    """
    place = urllib.parse.quote(path.resolve().as_posix())
    lead = "" if place.startswith("/") else "/"
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"file://{lead}{place}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_S
    )
    with _closed_on_failure(connection):
        _prepare(connection)
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    # No write-ahead log: it does not work on network drives. EXTRA also syncs the folder after the
    # journal is gone, so that a power cut cannot bring the journal, and with it the past, back.
    for setting in ("synchronous = EXTRA", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def in_memory(source: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a whole database in memory."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with _closed_on_failure(copy):
        source.backup(copy)
        _prepare(copy)
    return copy


@contextlib.contextmanager
def _closed_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def open_view(path: Path) -> sqlite3.Connection:
    """A connection for reading that writes nothing into the file's folder.

    A file whose last writer died in the middle of an edit, and one with tables of an older version,
    are put in order in a copy in memory.
    """
    try:
        connection = connect(path, read_only=True)
    except sqlite3.OperationalError as error:
        if not _says(error, _READ_ONLY):  # refused to take back the half-written edit
            raise
        connection = _recovered_copy(path)
    with _closed_on_failure(connection):
        programs = foreign.programs_in(connection)
        if programs:
            hint = "it was not made by this program alone; ask whoever sent it for an export"
            raise InputError("a session file that runs nothing", programs[0], path, hint)
    if schema.version_of(connection) == schema.SCHEMA_VERSION:
        return connection
    with contextlib.closing(connection):
        copy = in_memory(connection)
    with _closed_on_failure(copy):
        schema.migrate(copy)
    return copy


def _recovered_copy(path: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory(prefix="deepcinac-") as folder:
        copy = Path(folder) / "copy.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(journal_of(path), journal_of(copy))
        connection = connect(copy, read_only=False)
        try:
            with open(copy, "rb") as stream:
                _check_length(path, stream.read(100), copy.stat().st_size)
            return in_memory(connection)
        finally:
            connection.close()


def check(path: Path) -> str:
    """Pass a sound session file that this program can read; anything else is an InputError.

    Reads only. The error names the backup copy to open instead, where there is one. Returns why the
    file may be read only, "" where it may be written to.
    """
    require_file(path, _KIND)
    _check_header(path)
    try:
        with failures_told(path), contextlib.closing(open_view(path)) as connection:
            missing = _missing_columns(connection)
            strange = foreign.foreign_in(connection)
            complaint = _complaint(connection, path.stat().st_size > CHECKED_WHOLE_BYTES)
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error
    if complaint != "ok" or missing:
        raise damaged(path, f"no {missing[0]}" if missing else complaint)
    return (
        f"the file holds what is not of this program: {', '.join(strange[:3])}" if strange else ""
    )


_IMPOSSIBLE = {
    "a size that no recording has": "recording WHERE NOT (n_frames BETWEEN 1 AND 100000000 "
    "AND height BETWEEN 1 AND 1048576 AND width BETWEEN 1 AND 1048576)",
    "a frame rate or pixel size that no recording has": "recording WHERE NOT "
    "(frame_rate_hz BETWEEN 1e-6 AND 1e6 AND pixel_size_um BETWEEN 1e-6 AND 1e6)",
    "a transient beyond the recording": "transients WHERE peak < onset "
    "OR peak >= (SELECT n_frames FROM recording) OR cell > (SELECT max(cell) FROM footprints)",
    "a span beyond the recording": "spans WHERE last < first "
    "OR last >= (SELECT n_frames FROM recording) OR cell > (SELECT max(cell) FROM footprints)",
}
"""What a file says only when it is damaged or crafted, by the rows that say it."""


def _complaint(connection: sqlite3.Connection, without_arrays: bool) -> str:
    """What SQLite finds wrong in the structure of the file, "ok" for nothing."""
    for table, kinds in (("layers", LAYER_KINDS), ("spans", spans.KINDS)):
        marks = ", ".join("?" * len(kinds))
        odd = connection.execute(
            f"SELECT kind FROM {table} WHERE kind NOT IN ({marks}) LIMIT 1", tuple(kinds)
        ).fetchone()
        if odd is not None:  # the check of SQLite passes over the rule that the table has for it
            return f"{table} of the kind {odd[0]}"
    for what, condition in _IMPOSSIBLE.items():
        if connection.execute(f"SELECT 1 FROM {condition} LIMIT 1").fetchone() is not None:
            return what
    if not without_arrays:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    for table in sorted({name.partition(".")[0] for name in _columns(connection)}):
        if table not in (*_LARGE_TABLES, "sqlite_sequence"):
            complaint = connection.execute(f'PRAGMA quick_check("{table}")').fetchone()[0]
            if complaint != "ok":
                return str(complaint)
    return "ok"


def _check_header(path: Path) -> None:
    try:
        with open(path, "rb") as stream:
            head = stream.read(100)
    except OSError as error:
        raise InputError(_KIND, error.strerror or str(error), path) from error
    if not head:
        raise InputError(_KIND, "an empty file", path, backup.advice(path))
    if len(head) < 100 or not head.startswith(_SQLITE_MAGIC):
        raise InputError(_KIND, "a file of another kind", path, backup.advice(path))
    version, application = struct.unpack(">I4xI", head[60:72])
    if application != schema.APPLICATION_ID:
        raise InputError(_KIND, "a database of another program", path, backup.advice(path))
    if version > schema.SCHEMA_VERSION:
        raise InputError(
            f"a session file of version {schema.SCHEMA_VERSION} or older",
            f"version {version}, written by a newer DeepCINAC",
            path,
            "Update DeepCINAC, or open the file where it was written",
        )
    if version < schema.oldest_readable():
        raise damaged(path, f"version {version}, which never existed")
    journal = read_journal(path)
    if journal is None or not journal.is_unfinished:
        _check_length(path, head)
    elif complaint := journal.complaint(path.stat().st_size, _page_bytes(head)):
        raise damaged(path, complaint)  # the rest is checked once the edit was taken back


def _page_bytes(head: bytes) -> int:
    (page_bytes,) = struct.unpack(">H", head[16:18])
    return 65536 if page_bytes == 1 else page_bytes


def _check_length(path: Path, head: bytes, n_bytes: int | None = None) -> None:
    page_bytes = _page_bytes(head)
    changes, n_pages, counted_at = struct.unpack(">II60xI", head[24:96])
    n_bytes = path.stat().st_size if n_bytes is None else n_bytes
    if changes == counted_at and n_bytes < page_bytes * n_pages:
        raise damaged(path, f"{n_bytes:,} of {page_bytes * n_pages:,} bytes")


def _missing_columns(connection: sqlite3.Connection) -> list[str]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        schema.create_tables(model)
        wanted = _columns(model)
    return sorted(wanted - _columns(connection))


def _columns(connection: sqlite3.Connection) -> set[str]:
    """All columns as "table.column"."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        f"{table}.{column[1]}"
        for (table,) in tables
        for column in connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    }


def damaged(path: Path, complaint: str) -> InputError:
    """What to say about a file that is ours and broken."""
    found = f"a damaged one ({' '.join(complaint.split())[:120]})"
    return InputError("a sound session file", found, path, backup.advice(path))


@contextlib.contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Turn SQLite's complaints about the file or the disk into InputErrors about ``path``.

    Complaints about our own statements stay what they are.
    """
    try:
        yield
    except UnicodeDecodeError as error:  # in the name of a table, for instance
        raise damaged(path, "text that cannot be decoded") from error
    except sqlite3.Error as error:
        told = _told(path, error)
        if told is None:
            raise
        raise told from error


def _told(path: Path, error: sqlite3.Error) -> InputError | None:
    if _says(error, _FULL):
        free = disk_full(path).found
        return InputError(
            "a disk with room for one more edit",
            free,
            path.parent,
            "Free some space and repeat the edit; everything before it is safe",
        )
    if _says(error, _BUSY):
        return InputError(
            "a session that no other program is writing to",
            f"one that stayed locked for {BUSY_S:g} s",
            path,
            "Close the other program, or wait until the file is synchronised",
        )
    if _says(error, _READ_ONLY):
        return InputError(
            "a file that can be written to",
            "one that is write-protected, or that was moved or replaced while it was open",
            path,
            "Close the session and open it again",
        )
    if _says(error, _UNREACHABLE):
        return InputError(
            "a folder that can be read and written to",
            f"'{error}'",
            path.parent,
            "Check that the disk or the network drive is connected, then repeat the last step",
        )
    if _says(error, _DAMAGED):
        return damaged(path, str(error))
    return None


def _says(error: sqlite3.Error, phrases: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(phrase in text for phrase in phrases)
