"""Files that are damaged, foreign, too new or too old: never written to, told in a sentence."""

import random
import shutil
import sqlite3
import struct

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.labelling import backup, database, schema
from deepcinac.labelling.session import Session


def everything_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(path, sentence):
    """Opening is refused with this sentence in both ways, and nothing on the disk changes."""
    before = everything_in(path.parent)
    for read_only in (False, True):
        with pytest.raises(InputError, match=sentence) as caught:
            Session.open(path, read_only=read_only)
        assert everything_in(path.parent) == before
    return str(caught.value)


@pytest.fixture
def labelled(session_file):
    """A session with labels and a prediction, closed; the copy of today holds it without them."""
    with Session.open(session_file) as session:
        layer = session.add_layer("expert", "anna").id
        for onset in range(0, 60, 3):
            session.add_transient(layer, onset % 2, onset, onset + 2)
        model = session.add_layer("classifier", "general").id
        session.write_prediction(model, [0, 1, 2], np.zeros((3, 60)))
    return session_file


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "found an empty file"),
        (b"cell,onset,peak\n0,3,5\n", "found a file of another kind"),
        (b"\x89HDF\r\n\x1a\n" + bytes(500), "found a file of another kind"),
        (b"SQLite format 3\0", "found a file of another kind"),
        (bytes(8192), "found a file of another kind"),
    ],
)
def test_a_foreign_file(tmp_path, content, sentence):
    path = tmp_path / "notes.deepcinac"
    path.write_bytes(content)
    told = refused(path, sentence)
    assert "There is no backup copy beside it" in told


def test_a_database_of_another_program(tmp_path):
    path = tmp_path / "other.deepcinac"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE transients (a)")
    other.close()
    refused(path, "found a database of another program")


def test_nothing_and_a_folder(tmp_path):
    refused(tmp_path / "none.deepcinac", "found nothing")
    (tmp_path / "folder.deepcinac").mkdir()
    refused(tmp_path / "folder.deepcinac", "found a folder")


def test_the_sentence_names_the_newest_copy(labelled):
    older = backup.copy_of(labelled, "2020-01-01")
    shutil.copyfile(labelled, older)
    labelled.write_bytes(b"")
    (newest,) = set(backup.copies_of(labelled)) - {older}
    told = refused(labelled, "found an empty file")
    assert f"open the copy of {backup.today()} instead, which is {newest}" in told
    with Session.open(newest, read_only=True) as copy:
        assert copy.n_cells == 3


def test_a_file_of_a_newer_program(labelled):
    content = bytearray(labelled.read_bytes())
    content[60:64] = struct.pack(">I", schema.SCHEMA_VERSION + 1)
    labelled.write_bytes(content)
    refused(
        labelled,
        f"version {schema.SCHEMA_VERSION + 1}, written by a newer DeepCINAC.*Update DeepCINAC",
    )


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1, 0.03])
def test_a_file_that_was_cut_short(labelled, share):
    content = labelled.read_bytes()
    labelled.write_bytes(content[: int(len(content) * share)])
    refused(labelled, "a sound session file, found a damaged one.*open the copy of")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE recording SET n_frames = 1 << 62", "a size that no recording has"),
        ("UPDATE recording SET height = 1 << 62", "a size that no recording has"),
        ("UPDATE recording SET frame_rate_hz = 1e-300", "a frame rate or pixel size that no"),
        ("UPDATE recording SET pixel_size_um = 9e999", "a frame rate or pixel size that no"),
        ("UPDATE transients SET peak = 60 WHERE onset = 57", "a transient beyond the recording"),
        ("UPDATE transients SET cell = 7 WHERE onset = 57", "a transient beyond the recording"),
        ("INSERT INTO spans VALUES (1, 0, 'labelled', 0, 60)", "a span beyond the recording"),
    ],
)
def test_numbers_that_cannot_be(labelled, statement, sentence):
    with sqlite3.connect(labelled) as other:
        other.execute(statement)
    other.close()
    refused(labelled, sentence)


def test_a_file_with_a_hole(labelled):
    content = bytearray(labelled.read_bytes())
    content[4096:8192] = bytes(4096)
    labelled.write_bytes(content)
    refused(labelled, "found a damaged one")


def page_of(path, table):
    with sqlite3.connect(path) as file:
        root = file.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
        number = root.fetchone()[0]
    file.close()
    return number - 1


@pytest.mark.parametrize(("table", "noticed"), [("transients", True), ("results", False)])
def test_of_a_large_file_everything_but_the_probabilities_is_checked(
    labelled, monkeypatch, table, noticed
):
    monkeypatch.setattr(database, "CHECKED_WHOLE_BYTES", 1000)
    place = 4096 * page_of(labelled, table)
    content = bytearray(labelled.read_bytes())
    content[place : place + 4096] = bytes(4096)
    labelled.write_bytes(content)
    if noticed:
        refused(labelled, "found a damaged one")
    else:
        with Session.open(labelled, read_only=True) as session:
            assert len(session.all_transients(1)) == 20
            with pytest.raises(InputError, match="found a damaged one"):
                session.predictions(2)


def test_tables_that_are_missing(labelled):
    with sqlite3.connect(labelled) as other:
        other.execute("DROP TABLE marks")
        other.execute("ALTER TABLE cells DROP COLUMN note")
    other.close()
    refused(labelled, "no cells.note")


READINGS = (
    lambda s: s.recording,
    lambda s: s.cells(),
    lambda s: s.cell_states(),
    lambda s: s.layers(),
    lambda s: s.all_transients(1),
    lambda s: s.transient_info(1, 0),
    lambda s: s.all_spans(1, "labelled"),
    lambda s: s.predictions(2),
    lambda s: s.marks(),
    lambda s: s.history(),
    lambda s: s.undo_text,
    lambda s: s.meta(),
)


def test_mutants_are_sentences_or_sessions(labelled, tmp_path):
    """300 files with wrong bytes: whatever happens is an InputError, and no file is changed."""
    content = labelled.read_bytes()
    dice = random.Random(0)
    n_refused = 0
    for number in range(300):
        mutant = bytearray(content)
        first = 0 if number % 3 == 0 else dice.randrange(len(content))
        for _ in range(dice.choice([1, 4, 30])):
            place = min(first + dice.randrange(200), len(content) - 1)
            mutant[place] = dice.randrange(256)
        if number % 10 == 0:
            del mutant[dice.randrange(len(mutant)) :]
        path = tmp_path / "mutants" / "mutant.deepcinac"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(mutant)
        n_refused += _is_refused(path)
        assert path.read_bytes() == mutant
        assert list(path.parent.iterdir()) == [path]
    assert 100 < n_refused < 300


def _is_refused(path):
    try:
        with Session.open(path, read_only=True) as session:
            for reading in READINGS:
                reading(session)
    except InputError:
        return True
    return False


# Older versions


@pytest.fixture
def older_version(labelled, monkeypatch):
    """A session as an older program might have left it: notes on cells were called remarks."""

    def rename(connection):
        connection.execute("ALTER TABLE cells RENAME COLUMN remark TO note")

    with sqlite3.connect(labelled) as older:
        older.execute("ALTER TABLE cells RENAME COLUMN note TO remark")
        older.execute("UPDATE cells SET remark = 'old words' WHERE cell = 1")
        older.execute("ALTER TABLE marks DROP COLUMN info")
        older.execute("ALTER TABLE layers DROP COLUMN removed")
        older.execute("PRAGMA user_version = 2")
    older.close()
    monkeypatch.setitem(schema.MIGRATIONS, 2, rename)
    return labelled


def test_an_older_file_is_brought_up_to_date_and_a_copy_is_kept(older_version):
    before = older_version.read_bytes()
    with Session.open(older_version) as session:
        assert not session.read_only
        assert session.schema_version == schema.SCHEMA_VERSION
        assert session.cell_state(1).note == "old words"
        assert len(session.all_transients(1)) == 20
        session.undo()
    assert older_version.read_bytes() != before
    copy = backup.folder_of(older_version) / "mouse.backup-version-2.deepcinac"
    with sqlite3.connect(copy) as older:
        assert older.execute("SELECT remark FROM cells WHERE cell = 1").fetchone() == ("old words",)
    older.close()


def test_a_view_of_an_older_file_leaves_it_as_it_is(older_version):
    before = everything_in(older_version.parent)
    with Session.open(older_version, read_only=True) as session:
        assert session.cell_state(1).note == "old words"
    assert everything_in(older_version.parent) == before


def test_a_migration_that_fails_leaves_the_old_file(older_version, monkeypatch):
    def fail(connection):
        connection.execute("DROP TABLE marks")
        raise RuntimeError("half way")

    monkeypatch.setitem(schema.MIGRATIONS, 2, fail)
    before = older_version.read_bytes()
    for read_only in (True, False):
        with pytest.raises(RuntimeError, match="half way"):
            Session.open(older_version, read_only=read_only)
    assert older_version.read_bytes() == before


def test_a_version_that_never_existed(labelled):
    with sqlite3.connect(labelled) as older:
        older.execute("PRAGMA user_version = 0")
    older.close()
    refused(labelled, "version 0, which never existed")


# Trouble while a session is open


def label_much(session, layer):
    with session.group("much"):
        for onset in (0, 20, 30):
            session.add_transient(layer, 1, onset, onset)
            session.set_note(0, str(onset) * 20_000)


def test_a_full_disk_loses_nothing_that_was_acknowledged(session, anna):
    for cell in range(3):
        session.add_transient(anna, cell, 10, 12)
    pages = session._connection.execute("PRAGMA page_count").fetchone()[0]
    session._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(InputError, match="a full disk.*Free some space"):
        label_much(session, anna)
    assert session.all_transients(anna).tolist() == [[cell, 10, 12] for cell in range(3)]
    assert session.cell_state(0).note == ""
    session._connection.execute("PRAGMA max_page_count = 1000000")
    session.add_transient(anna, 0, 20, 22)
    assert len(session.all_transients(anna)) == 4


def test_a_file_that_is_replaced_while_it_is_open_is_noticed(session, anna, tmp_path):
    """As programs that synchronise folders do. An edit must not vanish in the file that is gone."""
    other = tmp_path / "other.bin"
    shutil.copyfile(session.path, other)
    other.replace(session.path)
    with pytest.raises(InputError, match="moved or replaced while it was open.*open it again"):
        session.add_transient(anna, 0, 3, 5)


def test_a_file_that_somebody_else_keeps_locked(session, anna, monkeypatch):
    session._connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(session.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InputError, match="stayed locked"):
        session.add_transient(anna, 0, 3, 5)
    other.execute("ROLLBACK")
    other.close()
    session.add_transient(anna, 0, 3, 5)


def test_a_reader_in_the_middle_of_reading_delays_an_edit_and_does_not_break_it(session, anna):
    session._connection.execute("PRAGMA busy_timeout = 50")
    other = database.connect(session.path, read_only=True)
    other.execute("BEGIN")
    other.execute("SELECT * FROM cells").fetchone()
    with pytest.raises(InputError, match="stayed locked"):
        session.add_transient(anna, 0, 3, 5)
    assert session.transients(anna, 0).tolist() == []
    other.close()
    session.add_transient(anna, 0, 3, 5)
    assert session.transients(anna, 0).tolist() == [[3, 5]]
