"""A window may show an edit before it is on disk: it is told in between, and when saving fails."""

from __future__ import annotations

import sqlite3

import pytest

from deepcinac.errors import InputError
from deepcinac.labelling.session import Session


def on_disk(session: Session, layer_id: int) -> list[list[int]]:
    with Session.open(session.path, read_only=True) as other:
        return other.transients(layer_id, 0).tolist()


def test_an_edit_is_told_before_it_is_on_disk(session: Session, anna: int) -> None:
    told = []
    session.on_unsaved = lambda changes: told.append((changes, on_disk(session, anna)))
    session.add_transient(anna, 0, 10, 14)
    (changes, seen_by_others), = told  # fmt: skip
    assert [(x["table"], x["key"]["onset"], x["after"]["peak"]) for x in changes] == [
        ("transients", 10, 14)
    ]
    assert seen_by_others == []
    assert on_disk(session, anna) == [[10, 14]]


def test_a_group_is_told_once(session: Session, anna: int) -> None:
    told = []
    session.on_unsaved = told.append
    with session.group("two transients"):
        session.add_transient(anna, 0, 10, 14)
        session.add_transient(anna, 0, 20, 24)
    assert [len(changes) for changes in told] == [2]


def test_an_edit_that_cannot_be_saved_is_taken_off(session: Session, anna: int) -> None:
    told = []
    session.on_unsaved = told.append
    with sqlite3.connect(session.path, isolation_level=None) as reader:  # commit waits for it
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM transients").fetchall()
        session._connection.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(InputError):
            session.add_transient(anna, 0, 10, 14)
        reader.execute("ROLLBACK")
    assert [len(changes) for changes in told] == [1, 0]
    assert session.transients(anna, 0).tolist() == on_disk(session, anna) == []
