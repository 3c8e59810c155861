"""Daily copies of a session, beside it: ``recording-backups/recording.backup-2026-11-21.deepcinac``.

A copy is a session file like any other and can be opened as it is.
"""

from __future__ import annotations

import contextlib
import datetime
import glob
import re
import sqlite3
import time
from pathlib import Path

from deepcinac.files import written_atomically
from deepcinac.labelling import schema

KEPT_COPIES = 7
_ABANDONED_S = 3600.0  # a temporary file this old belongs to a program that was killed


def folder_of(path: Path) -> Path:
    """Where the copies of a session are."""
    return path.with_name(f"{path.stem}-backups")


def copy_of(path: Path, day: str) -> Path:
    """The copy of one day ("2026-11-21"), whether or not it is there."""
    return folder_of(path) / f"{path.stem}.backup-{day}{path.suffix}"


def copies_of(path: Path) -> list[Path]:
    """The copies that are there, the newest first."""
    path = Path(path)
    pattern = f"{glob.escape(path.stem)}.backup-????-??-??{glob.escape(path.suffix)}"
    return sorted(folder_of(path).glob(pattern), reverse=True)


def day_of(copy: Path) -> str:
    """The day that a copy was made on, from its name."""
    return copy.stem[-10:]


def today() -> str:
    """The date here and now, "2026-11-21"."""
    return datetime.date.today().isoformat()


def advice(path: Path) -> str:
    """Which copy to open instead of a file that is damaged; a clause for an InputError."""
    copies = [copy for copy in copies_of(path) if copy.stat().st_size]
    if not copies:
        return "There is no backup copy beside it; look for one in the backups of your disk"
    return (
        f"nothing was changed; open the copy of {day_of(copies[0])} instead, which is {copies[0]}"
    )


def make_daily_copy(connection: sqlite3.Connection, path: Path) -> Path | None:
    """Copy a session that has passed its check, unless today has a copy; remove the oldest ones.

    The copy is checked before it takes its place. Returns its path when it was made.
    """
    target = copy_of(path, today())
    if target.exists():
        return None
    write_copy(connection, target)
    for old in copies_of(path)[KEPT_COPIES:]:
        with contextlib.suppress(OSError):
            old.unlink()
    return target


def write_copy(connection: sqlite3.Connection, target: Path) -> None:
    """A copy of a whole database, checked, then moved into place."""
    with (
        written_atomically(target) as temporary,
        contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA synchronous = OFF")  # synced as a whole before it is moved
        connection.backup(copy)
        complaint = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if complaint != "ok":
            raise sqlite3.DatabaseError(f"the copy is malformed ({complaint})")


def sweep(path: Path) -> None:
    """Remove what killed programs left behind: unfinished files that were to become ``path``."""
    start, end = (
        rf"\.{re.escape(path.stem)}",
        rf"-[a-z0-9_]{{8}}{re.escape(path.suffix)}(-journal)?",
    )
    of_copies = re.compile(rf"{start}\.backup-[a-z0-9-]+{end}")
    of_session = re.compile(start + end)
    with contextlib.suppress(OSError):
        for file in folder_of(path).glob(".*"):
            if of_copies.fullmatch(file.name) and _is_abandoned(file):
                file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        for file in path.parent.glob(f".{glob.escape(path.stem)}-*"):
            if of_session.fullmatch(file.name) and _is_abandoned(file) and not _is_session(file):
                file.unlink(missing_ok=True)


def _is_abandoned(file: Path) -> bool:
    return time.time() - file.stat().st_mtime > _ABANDONED_S


def _is_session(file: Path) -> bool:
    """Whether a file is a complete session, whatever its name: the mark comes last."""
    with open(file, "rb") as stream:
        return stream.read(72)[68:] == schema.APPLICATION_ID.to_bytes(4, "big")
