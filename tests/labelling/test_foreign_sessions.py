"""A stranger's session: nothing in it runs, and what is not of this program is never written to."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from deepcinac.errors import InputError
from deepcinac.labelling import database, schema
from deepcinac.labelling.session import Session


def changed(path: Path, *statements: str) -> Path:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            file.execute(statement)
    return path


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "CREATE TRIGGER eat AFTER INSERT ON transients BEGIN DELETE FROM spans; END",
            "a trigger called eat",
        ),
        ("CREATE VIEW look AS SELECT * FROM transients", "a view called look"),
        ("CREATE VIRTUAL TABLE ghost USING fts5(words)", "a virtual table called ghost"),
    ],
)
@pytest.mark.parametrize("version", [schema.SCHEMA_VERSION, 2])
def test_what_would_run_is_refused(
    session_file: Path, statement: str, named: str, version: int
) -> None:
    changed(session_file, statement, f"PRAGMA user_version = {version}")
    for read_only in (True, False):
        with pytest.raises(InputError, match=f"runs nothing, found {named}"):
            Session.open(session_file, read_only=read_only)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["CREATE TABLE more (a)"], "the table more"),
        (["CREATE INDEX mine ON transients (peak)"], "the index mine"),
        (["ALTER TABLE marks ADD COLUMN who TEXT"], "the column marks.who"),
        (
            [
                "UPDATE sqlite_master SET sql = replace(sql, 'PRIMARY KEY (layer_id, cell, onset)', "
                "'PRIMARY KEY (layer_id, cell, onset) ON CONFLICT REPLACE') WHERE name = 'transients'"
            ],
            "another form of the table transients",
        ),
        (
            [
                "UPDATE sqlite_master SET sql = replace(sql, 'REFERENCES footprints (cell)', "
                "'REFERENCES footprints (cell) ON DELETE CASCADE') WHERE name = 'cells'"
            ],
            "another form of the table cells",
        ),
    ],
)
def test_what_is_not_ours_is_only_read(
    session_file: Path, statements: list[str], named: str
) -> None:
    changed(session_file, *statements)
    before = session_file.read_bytes()
    with Session.open(session_file) as session:
        assert session.n_cells == 3
        assert f"what is not of this program: {named}" in session.read_only_reason
        with pytest.raises(InputError, match=named):
            session.add_layer("expert", "anna")
    assert session_file.read_bytes() == before
    assert [file.name for file in session_file.parent.glob(".*")] == []


def test_our_own_are_ours(session_file: Path) -> None:
    assert database.check(session_file) == ""
    changed(session_file, "ANALYZE", "VACUUM")
    assert database.check(session_file) == ""
