"""What a power cut may leave on the disk: a journal that was cut, a file that is half old, half new.

An edit first copies the pages that it will change into the journal, syncs it, then changes the file,
syncs that and removes the journal. Every mixture below is one that this order of events allows; each
must open, with the labels of before or of after, never with some of each.
"""

import random
import shutil

import pytest

from deepcinac.errors import InputError
from deepcinac.labelling import database
from deepcinac.labelling.session import Session

SECTOR = 512


def labels(path, read_only=False):
    with Session.open(path, read_only=read_only) as session:
        assert session.read_only == read_only
        return session.all_transients(1).tolist(), session.undo_text


@pytest.fixture
def edit(session_file, tmp_path):
    """The bytes of the file before and after a large edit, and of the journal at its height."""
    with Session.open(session_file) as session:
        layer = session.add_layer("expert", "anna").id
        for onset in range(0, 60, 2):
            session.add_transient(layer, 0, onset, onset)
        before = session_file.read_bytes()
        # Without syncing, the header is valid from the start, as it is after a sync otherwise. A
        # journal that persists keeps its pages; only its header is blanked by the commit.
        session._connection.execute("PRAGMA synchronous = OFF")
        session._connection.execute("PRAGMA journal_mode = PERSIST")
        with session.group("large edit"):
            session.replace_transients(layer, 1, [(frame, frame) for frame in range(60)])
            session.remove_transients(layer, 0, 10, 30)
            for cell in range(3):
                session.set_note(cell, "long note " * 300)
            header = database.journal_of(session_file).read_bytes()[:28]
            assert session_file.read_bytes() == before
        journal = header + database.journal_of(session_file).read_bytes()[28:]
    return before, session_file.read_bytes(), journal


@pytest.fixture
def crashed(tmp_path_factory):
    """Write a file and its journal as a crash left them; returns the path."""
    path = tmp_path_factory.mktemp("crash") / "mouse.deepcinac"

    def write(content, journal):
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        path.write_bytes(content)
        if journal is not None:
            database.journal_of(path).write_bytes(journal)
        return path

    return write


@pytest.fixture
def expected(edit, crashed):
    """The labels of before and after, and the text of undo with them."""
    before, after, _ = edit
    found = labels(crashed(before, None)), labels(crashed(after, None))
    assert found[0][1] == "add transient, cell 0, frame 58"
    assert found[1][1] == "large edit"
    return found


@pytest.mark.parametrize(
    "step", [97, pytest.param(7, marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_a_journal_that_was_cut_anywhere(edit, crashed, expected, step):
    before, _, journal = edit
    assert len(journal) > 4 * 4096
    cuts = [0, 1, 27, 28, 511, 512, 513, 516, len(journal) - 1, *range(600, len(journal), step)]
    n_records, sector, page = (int.from_bytes(journal[i : i + 4], "big") for i in (8, 20, 24))
    needed = sector + n_records * (page + 8) if n_records != 0xFFFFFFFF else 0
    for cut in cuts:
        path = crashed(before, journal[:cut])
        if cut <= SECTOR or cut >= needed:  # the edit had not begun to change the file
            assert labels(path) == expected[0]
        else:  # no power cut does this: which pages of the file are old cannot be known
            with pytest.raises(InputError, match="journal of its unfinished edit was cut short"):
                labels(path)


def test_a_file_that_was_cut_beside_a_journal(edit, crashed, expected):
    """The journal holds only what the edit had touched: the rest would be missing without a word."""
    before, after, journal = edit
    for cut in range(0, len(before), 997):
        with pytest.raises(InputError):
            labels(crashed(after[:cut], journal))
        with pytest.raises(InputError):
            labels(crashed(after[:cut], journal), read_only=True)


def test_a_journal_is_settled_once(edit, crashed, expected):
    """One that was left over but holds nothing to take back is neither told nor kept."""
    before, _, journal = edit
    dead = bytes(28) + journal[28:]
    with Session.open(crashed(before, dead)) as session:
        assert not [notice for notice in session.notices if "taken back" in notice]
        assert not database.journal_of(session.path).exists()
    path = crashed(before, journal)
    for told in (1, 0):
        with Session.open(path) as session:
            assert sum("taken back" in notice for notice in session.notices) == told
    with pytest.raises(InputError):
        labels(crashed(before[:-4096], dead))


def test_a_file_of_which_any_sectors_are_new(edit, crashed, expected):
    before, after, journal = edit
    longer = max(len(before), len(after))
    old, new = before.ljust(longer, b"\0"), after.ljust(longer, b"\0")
    dice = random.Random(0)
    for number in range(40):
        size = SECTOR if number % 2 else 4096
        content = b"".join(
            dice.choice((old, new))[place : place + size] for place in range(0, longer, size)
        )
        length = dice.choice([len(before), longer])
        path = crashed(content[:length], journal)
        assert labels(path, read_only=True) == expected[0]
        assert path.read_bytes() == content[:length]
        assert labels(path) == expected[0]
        assert not database.journal_of(path).exists()


def test_a_journal_that_came_back_after_the_edit(edit, crashed, expected):
    """Should a file system forget that the journal was removed, the edit is undone as a whole."""
    _, after, journal = edit
    assert labels(crashed(after, journal)) == expected[0]


def test_after_a_crash_work_goes_on(edit, crashed, expected):
    before, after, journal = edit
    path = crashed(before[:8192] + after[8192:], journal)
    with Session.open(path) as session:
        assert "taken back, all others are there. The last one is: add tr" in session.notices[0]
        session.add_transient(1, 2, 3, 5)
        session.undo()
        session.undo()
        assert session.undo_text == "add transient, cell 0, frame 56"
