"""Daily copies: one a day, before the first edit, sound, and not too many."""

import os
import time

import pytest

from deepcinac.labelling import backup, database
from deepcinac.labelling.session import Session


@pytest.fixture
def calendar(monkeypatch):
    """A date that a test can turn."""
    days = {"today": "2026-11-20"}
    monkeypatch.setattr(backup, "today", lambda: days["today"])
    return days


def edit(path, cell):
    with Session.open(path) as session:
        session.set_note(cell, "seen")


def notes(path):
    with Session.open(path, read_only=True) as session:
        return [state.note for state in session.cell_states()]


def test_one_copy_a_day_as_the_day_found_it(session_file, calendar):
    edit(session_file, 0)
    edit(session_file, 1)
    calendar["today"] = "2026-11-21"
    edit(session_file, 2)
    folder = session_file.parent / "mouse-backups"
    assert sorted(os.listdir(folder)) == [
        "mouse.backup-2026-11-20.deepcinac",
        "mouse.backup-2026-11-21.deepcinac",
    ]
    newest, oldest = backup.copies_of(session_file)
    assert notes(oldest) == ["", "", ""]
    assert notes(newest) == ["seen", "seen", ""]


def test_a_session_that_stays_open_overnight_is_copied_before_the_first_edit(
    session_file, calendar
):
    with Session.open(session_file) as session:
        session.set_note(0, "evening")
        calendar["today"] = "2026-11-21"
        session.set_note(1, "morning")
    assert notes(backup.copy_of(session_file, "2026-11-21")) == ["evening", "", ""]


def test_the_oldest_copies_go(session_file, calendar):
    for day in range(1, 13):
        calendar["today"] = f"2026-10-{day:02}"
        Session.open(session_file).close()
    kept = [backup.day_of(copy) for copy in backup.copies_of(session_file)]
    assert kept == [f"2026-10-{day:02}" for day in range(12, 5, -1)]


def test_a_view_makes_no_copy(session_file):
    with Session.open(session_file, read_only=True), Session.open(session_file, read_only=True):
        pass
    assert not backup.folder_of(session_file).exists()


def test_a_copy_that_fails_is_told_and_does_not_stop_the_work(session_file):
    backup.folder_of(session_file).write_text("a file where the folder should be")
    with Session.open(session_file) as session:
        assert "backup copy could not be written" in session.notices[0]
        session.set_note(0, "still working")
    assert notes(session_file)[0] == "still working"


def test_copies_are_sound_sessions(session_file, calendar):
    edit(session_file, 0)
    (copy,) = backup.copies_of(session_file)
    database.check(copy)
    assert not database.journal_of(copy).exists()


def test_names_with_signs_that_mean_something_elsewhere(tmp_path, movie_file, three_cells):
    path = tmp_path / "m[1] {x} 50%?#.deepcinac"
    Session.create(path, movie_file, (60, 12, 16), three_cells, 10, 2).close()
    edit(path, 1)
    assert notes(path) == ["", "seen", ""]
    assert len(backup.copies_of(path)) == 1
    assert str(backup.copies_of(path)[0]) in backup.advice(path)


def test_what_a_killed_program_left_behind_is_swept(session_file):
    folder = backup.folder_of(session_file)
    folder.mkdir()
    old = time.time() - 7200
    leftovers = [
        folder / ".mouse.backup-2026-11-20-abcd_123.deepcinac",
        folder / ".mouse.backup-2026-11-20-abcd_123.deepcinac-journal",
        session_file.with_name(".mouse-abcd_123.deepcinac"),
        session_file.with_name(".mouse-abcd_123.deepcinac-journal"),
    ]
    others = [
        session_file.with_name(".mouse-abcd_999.deepcinac"),  # young: perhaps in use
        session_file.with_name("mouse-abcd_123.deepcinac"),
        session_file.with_name(".rat-abcd_123.deepcinac"),
        folder / "mouse.backup-2019-01-01.deepcinac",
    ]
    for path in leftovers + others:
        path.write_bytes(b"x")
        os.utime(path, (old, old))
    os.utime(others[0])
    hidden = session_file.with_name(".mouse-20261121.deepcinac")  # a session that looks like one
    hidden.write_bytes(session_file.read_bytes())
    os.utime(hidden, (old, old))
    Session.open(session_file).close()
    assert [path for path in leftovers if path.exists()] == []
    assert [path for path in [*others, hidden] if not path.exists()] == []
