"""What a stranger's session file may not hold: SQLite runs its triggers and obeys the rules of its tables.

A trigger that removes labels when one is added is part of a file, not of this program.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3

from deepcinac.labelling import schema

_RULES = ("CONFLICT", "CASCADE", "COLLATE", "GENERATED", "SET NULL", "SET DEFAULT")

Described = dict[str, object]


def programs_in(connection: sqlite3.Connection) -> list[str]:
    """What would run when the file is read or written: ["a trigger called eat"]."""
    rows = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') "
        "OR upper(ltrim(sql)) LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    names = {"trigger": "a trigger", "view": "a view", "table": "a virtual table"}
    return [f"{names.get(kind, kind)} called {name}" for kind, name in rows]


def foreign_in(connection: sqlite3.Connection) -> list[str]:
    """Tables, columns, indices and rules that this program's tables of today do not have."""
    ours, found = _described_model(), _described(connection)
    more = [name for name in found if name not in ours]
    other = [name for name in ours if name in found and found[name] != ours[name]]
    return [*more, *(f"another form of {name}" for name in other)]


@functools.lru_cache(1)
def _described_model() -> Described:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        schema.create_tables(model)
        return _described(model)


def _described(connection: sqlite3.Connection) -> Described:
    """Each table, column and index of its own by what is to be said of it, with what defines it."""
    described: Described = {}
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    for kind, name, table, sql in rows:
        if name.startswith(("sqlite_stat", "sqlite_autoindex")) or name == "sqlite_sequence":
            continue
        if kind == "index":
            columns = connection.execute(f"PRAGMA index_xinfo({_quoted(name)})").fetchall()
            described[f"the index {name}"] = (table, _words(sql), tuple(columns))
        elif kind == "table":
            text = _words(sql)
            rules = tuple((rule, text.count(rule)) for rule in _RULES)
            described[f"the table {name}"] = (*rules, *_keys(connection, name))
            for _, column, *details in connection.execute(
                f"PRAGMA table_xinfo({_quoted(name)})"
            ).fetchall():
                described[f"the column {name}.{column}"] = tuple(details)
    return described


def _keys(connection: sqlite3.Connection, table: str) -> tuple[object, ...]:
    """Foreign keys, and the indices that come from the keys of a table."""
    keys = connection.execute(f"PRAGMA foreign_key_list({_quoted(table)})").fetchall()
    indices = connection.execute(f"PRAGMA index_list({_quoted(table)})").fetchall()
    own = [(unique, origin, partial) for _, _, unique, origin, partial in indices if origin != "c"]
    return (tuple(sorted(map(repr, keys))), tuple(sorted(own)))


def _words(sql: str | None) -> str:
    return " ".join((sql or "").upper().split())


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
