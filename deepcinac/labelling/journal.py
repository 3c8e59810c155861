"""What SQLite leaves beside a session whose writer was killed: the pages that an edit had overwritten.

SQLite takes the edit back from it, and believes it: from a journal that was cut short it restores a part,
and into a file that was cut short it restores a part too. Both are looked at first (the format is in
SQLite's documentation, "The rollback journal").
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path

_MAGIC = bytes.fromhex("d9d505f920a163d7")
_UNCOUNTED = 0xFFFFFFFF


@dataclass(frozen=True)
class Journal:
    """The head of a journal, and its length in bytes."""

    n_bytes: int
    magic: bytes
    n_records: int = 0
    n_pages_before: int = 0
    sector_bytes: int = 0
    page_bytes: int = 0

    @property
    def is_unfinished(self) -> bool:
        """Whether SQLite will take an edit back; one that was settled begins with zeros or is empty."""
        return bool(self.magic[:1].strip(b"\0"))

    def complaint(self, file_bytes: int, page_bytes: int) -> str:
        """What makes it impossible to take the edit back wholly; "" for nothing."""
        if not self.is_unfinished or self.magic != _MAGIC or self.n_bytes < 28:
            return ""  # the computer stopped before the edit had reached the file
        if file_bytes < self.n_pages_before * page_bytes:
            return f"{file_bytes:,} of {self.n_pages_before * page_bytes:,} bytes"
        # The count is written once the records are on disk, and the file is touched after that.
        needed = self.sector_bytes + self.n_records * (page_bytes + 8)
        if self.n_records != _UNCOUNTED and self.sector_bytes < self.n_bytes < needed:
            return "the journal of its unfinished edit was cut short"
        return ""


def place_of(path: Path) -> Path:
    """Where SQLite keeps what an unfinished edit has overwritten."""
    return path.with_name(path.name + "-journal")


def read_journal(path: Path) -> Journal | None:
    """The journal of a session file; None where there is none."""
    try:
        with open(place_of(path), "rb") as stream:
            head = stream.read(28)
            n_bytes = stream.seek(0, 2)
    except OSError:
        return None
    if len(head) < 28:
        return Journal(n_bytes, head[:8])
    return Journal(n_bytes, head[:8], *struct.unpack(">I4xIII", head[8:]))


def settle(connection: sqlite3.Connection, path: Path) -> None:
    """Let SQLite remove a journal that it needs no more, so that nobody wonders about it again."""
    if not place_of(path).exists():
        return
    with contextlib.suppress(sqlite3.OperationalError):  # busy: the next edit does it
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {int(version)}")
        connection.execute("COMMIT")
