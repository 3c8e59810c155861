"""Edits that can be undone: every change of a row is noted with what was there before.

An edit is a list of row changes and a text ("add transient, cell 12, frames 340 to 348"). It goes
into the table ``history`` in the same transaction as the rows themselves, so undo and redo survive
closing. A new edit after an undo leaves what was undone in the table as "abandoned".
"""

from __future__ import annotations

import base64
import datetime
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import parsed_json

Row = dict[str, Any]

# Which tables are edited, by which columns a row is found, and what else it holds.
EDITED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "layers": (("id",), ("kind", "name", "author", "created", "meta", "threshold", "removed")),
    "transients": (("layer_id", "cell", "onset"), ("peak", "info")),
    "spans": (("layer_id", "kind", "cell", "first"), ("last",)),
    "cells": (("cell",), ("valid", "type", "note", "reviewed")),
    "cell_types": (("name",), ("position",)),
    "signals": (("name",), ("units", "clock", "dtype", "shape", "info", "sha256", "data")),
    "marks": (("cell", "onset", "peak", "kind", "author"), ("note", "created", "info")),
    "recording": (
        ("id",),
        (
            "movie_relative",
            "movie_absolute",
            "dataset",
            "movie_bytes",
            "fingerprint",
            "frame_rate_hz",
            "pixel_size_um",
            "pixel_height_um",
            "pixel_width_um",
            "series",
            "overruled",
            "animal",
            "session_date",
            "condition",
            "device",
            "about",
        ),
    ),
}

# Edits of these alone may be met by a layer of results that is gone since: a program that says
# something anew replaces its layer outside the history.
_OF_RESULTS = {"threshold", "name", "removed"}
_BYTES = "base64"


@dataclass(frozen=True)
class HistoryEntry:
    """One edit. ``state``: "done", "undone" (redo brings it back) or "abandoned".

    ``created`` is a time in UTC, ISO 8601.
    """

    id: int
    text: str
    author: str
    created: str
    state: str


class Edit:
    """The changes of rows that become one step of undo; the caller keeps the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.changes: list[Row] = []

    def put(self, table: str, key: Row, values: Row | None) -> None:
        """Write ``values`` into the row with this key; None deletes it. The same again is no change.

        For a row that exists ``values`` may be some of its columns.
        """
        before = read_row(self._connection, table, key)
        after = None if values is None else {**(before or {}), **values}
        if after == before:
            return
        _write(self._connection, table, key, before, after)
        self.changes.append({"table": table, "key": key, "before": before, "after": after})

    def change(self, table: str, key: Row, values: Row) -> None:
        """Change some columns of a row that exists; only these are compared at undo and redo."""
        row = read_row(self._connection, table, key) or {}
        before = {name: row[name] for name in values}
        if values == before:
            return
        _write(self._connection, table, key, before, values)
        self.changes.append({"table": table, "key": key, "before": before, "after": values})


def read_row(connection: sqlite3.Connection, table: str, key: Row) -> Row | None:
    """What a row holds beside its key, or None when there is no such row."""
    columns = EDITED[table][1]
    found = connection.execute(
        f"SELECT {', '.join(columns)} FROM {table} WHERE {_where(key)}", key
    ).fetchone()
    return None if found is None else dict(zip(columns, found, strict=True))


def _write(
    connection: sqlite3.Connection, table: str, key: Row, before: Row | None, after: Row | None
) -> None:
    # A full disk may end a transaction by itself; what follows would be written piece by piece.
    if not connection.in_transaction:
        raise sqlite3.OperationalError("database or disk is full")
    if after is None:
        connection.execute(f"DELETE FROM {table} WHERE {_where(key)}", key)
    elif before is None:
        row = {**key, **after}
        connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES (:{', :'.join(row)})", row
        )
    else:
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        settings = ", ".join(f"{name} = :{name}" for name in changed)
        connection.execute(f"UPDATE {table} SET {settings} WHERE {_where(key)}", {**changed, **key})


def _where(key: Row) -> str:
    return " AND ".join(f"{name} = :{name}" for name in key)


def record(connection: sqlite3.Connection, edit: Edit, text: str, author: str) -> None:
    """Enter an edit into the history; what was undone before it cannot be redone any more."""
    for entry in _undone(connection):
        _set_state(connection, entry, "abandoned")
    connection.execute(
        "INSERT INTO history (state, text, author, created, changes) VALUES ('done', ?, ?, ?, ?)",
        (
            text or "edit",
            author,
            now(),
            json.dumps(edit.changes, ensure_ascii=False, default=_as_text),
        ),
    )


def _as_text(data: bytes) -> Row:
    """The bytes of an array as JSON holds them."""
    return {_BYTES: base64.b64encode(data).decode("ascii")}


def _with_bytes(row: Row | None) -> Row | None:
    """A row with its bytes as they were."""
    if row is None:
        return None
    return {
        name: base64.b64decode(value[_BYTES], validate=True) if isinstance(value, dict) else value
        for name, value in row.items()
    }


def next_undo(connection: sqlite3.Connection) -> tuple[int, str] | None:
    """Number and text of the edit that undo takes back, or None."""
    found = connection.execute(
        "SELECT id, text FROM history WHERE state = 'done' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return None if found is None else (int(found[0]), str(found[1]))


def next_redo(connection: sqlite3.Connection) -> tuple[int, str] | None:
    """Number and text of the edit that redo brings back, or None."""
    undone = _undone(connection)
    if not undone:
        return None
    text = connection.execute("SELECT text FROM history WHERE id = ?", (undone[-1],)).fetchone()
    return undone[-1], str(text[0])


def _undone(connection: sqlite3.Connection) -> list[int]:
    """Edits that can be redone, the newest first: they all lie above the newest that is done."""
    newest_done = next_undo(connection)
    rows = connection.execute(
        "SELECT id FROM history WHERE id > ? AND state = 'undone' ORDER BY id DESC",
        (newest_done[0] if newest_done else -1,),
    )
    return [int(row[0]) for row in rows.fetchall()]


def _set_state(connection: sqlite3.Connection, entry: int, state: str) -> None:
    connection.execute("UPDATE history SET state = ? WHERE id = ?", (state, entry))


def undo(connection: sqlite3.Connection) -> str:
    """Take the newest edit back, in the open transaction; its text, "" when there is none."""
    found = next_undo(connection)
    if found is None:
        return ""
    for change in reversed(_changes(connection, found[0])):
        _apply(connection, change, source="after", target="before")
    _set_state(connection, found[0], "undone")
    return found[1]


def redo(connection: sqlite3.Connection) -> str:
    """Bring back what was undone last, in the open transaction; its text, "" when there is none."""
    found = next_redo(connection)
    if found is None:
        return ""
    for change in _changes(connection, found[0]):
        _apply(connection, change, source="before", target="after")
    _set_state(connection, found[0], "done")
    return found[1]


def _changes(connection: sqlite3.Connection, entry: int) -> list[Row]:
    """The row changes of an edit; the names in them come from a file and are checked."""
    text = connection.execute("SELECT changes FROM history WHERE id = ?", (entry,)).fetchone()[0]
    try:
        changes = [
            {
                **change,
                "before": _with_bytes(change["before"]),
                "after": _with_bytes(change["after"]),
            }
            for change in parsed_json(text)
        ]
        sound = all(_is_sound(change) for change in changes)
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise InputError("a history that can be read", f"damage in entry {entry}")
    return changes


def _is_sound(change: Row) -> bool:
    keys, values = EDITED[change["table"]]
    rows = [row for row in (change["before"], change["after"]) if row is not None]
    return set(change["key"]) == set(keys) and all(set(row) <= set(values) for row in rows)


def _apply(connection: sqlite3.Connection, change: Row, source: str, target: str) -> None:
    table, key = change["table"], change["key"]
    expected, found = change[source], read_row(connection, table, key)
    if table == "layers" and found is None and expected and set(expected) <= _OF_RESULTS:
        return
    if found is not None and expected is not None:  # later versions may have added columns
        found = {name: found[name] for name in expected}
    if found != expected:
        raise InputError(
            "labels as the history left them",
            f"a row of the table {table} that was changed outside the history",
            hint="This step cannot be undone or redone; everything else is as it was",
        )
    try:
        _write(connection, table, key, expected, change[target])
    except sqlite3.IntegrityError as error:
        raise InputError(
            "a name that is still free",
            f"another row of the table {table} that has it by now",
            hint="Rename the other one first",
        ) from error


def entries(connection: sqlite3.Connection) -> list[HistoryEntry]:
    """The whole history, the oldest first."""
    rows = connection.execute("SELECT id, text, author, created, state FROM history ORDER BY id")
    return [HistoryEntry(int(row[0]), *map(str, row[1:])) for row in rows.fetchall()]


def now() -> str:
    """The time in UTC, ISO 8601 to the millisecond."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
