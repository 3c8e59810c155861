"""One writer at a time; who it is; when a lock counts as left behind."""

import errno
import json
import os
import socket
import subprocess
import sys
import time

import pytest

from deepcinac.errors import InputError
from deepcinac.labelling import locking
from deepcinac.labelling.session import Session


def write_lock(path, *, host=None, pid=None, age_s=0.0, **more):
    """A lock file as another program would have left it."""
    file = locking.lock_file_of(path)
    content = {
        "user": "bob",
        "host": host or socket.gethostname(),
        "pid": os.getpid() if pid is None else pid,
        "opened": "2026-11-21T08:00:00+00:00",
        "token": "other",
    }
    file.write_text(json.dumps(content | more), encoding="utf-8")
    os.utime(file, (time.time() - age_s,) * 2)
    return file


@pytest.fixture
def dead_pid():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_lock_says_who_and_goes_with_the_session(session_file):
    file = locking.lock_file_of(session_file)
    with Session.open(session_file):
        content = json.loads(file.read_text(encoding="utf-8"))
        assert content["host"] == socket.gethostname()
        assert content["pid"] == os.getpid()
        assert set(content) == {"user", "host", "pid", "opened", "token"}
    assert not file.exists()


def test_a_second_opener_gets_a_view_and_the_name_of_the_holder(session_file):
    with Session.open(session_file) as first:
        layer = first.add_layer("expert", "anna").id
        with Session.open(session_file) as second:
            assert second.read_only
            assert second.holder.pid == os.getpid()
            assert second.holder.host == socket.gethostname()
            assert str(second.holder) in second.read_only_reason
            before = second.data_version()
            first.add_transient(layer, 0, 3, 5)
            assert second.data_version() != before
            assert second.transients(layer, 0).tolist() == [[3, 5]]
            for edit in (
                lambda: second.add_transient(layer, 0, 10, 12),
                lambda: second.write_prediction(layer, [], []),
                lambda: second.add_layer("classifier", "x"),
                second.undo,
                second.redo,
            ):
                with pytest.raises(InputError, match="read only: opened by .* on .* since"):
                    edit()
        assert locking.lock_file_of(session_file).exists()
        first.add_transient(layer, 0, 10, 12)


def test_a_view_is_opened_in_the_middle_of_an_edit(session_file):
    with Session.open(session_file) as first:
        layer = first.add_layer("expert", "anna").id
        with first.group("large"):
            first.add_transient(layer, 0, 3, 5)
            with Session.open(session_file) as second:
                assert second.transients(layer, 0).tolist() == []
        assert first.transients(layer, 0).tolist() == [[3, 5]]


def test_a_view_leaves_nothing_in_the_folder(session_file):
    before = {path: path.stat().st_mtime_ns for path in session_file.parent.iterdir()}
    with Session.open(session_file, read_only=True) as view:
        assert view.read_only
        assert view.holder is None
        view.cells()
        assert {path: path.stat().st_mtime_ns for path in session_file.parent.iterdir()} == before
    assert {path: path.stat().st_mtime_ns for path in session_file.parent.iterdir()} == before


def test_the_lock_of_a_dead_process_of_this_computer_is_replaced(session_file, dead_pid):
    write_lock(session_file, pid=dead_pid)
    with Session.open(session_file) as session:
        assert not session.read_only
        session.add_layer("expert", "anna")


def test_the_number_of_a_dead_process_may_belong_to_a_new_one(session_file):
    """The process with this number began long after the lock was written."""
    write_lock(session_file, opened="2001-01-01T00:00:00+00:00")
    with Session.open(session_file) as session:
        assert not session.read_only


def test_a_running_process_of_this_computer_keeps_its_lock_however_long_it_is_silent(session_file):
    now = locking._now()
    write_lock(session_file, opened=now, age_s=1e6)
    with Session.open(session_file) as session:
        assert session.read_only
        assert session.holder.user == "bob"


@pytest.mark.parametrize(("age_s", "held"), [(0, True), (500, True), (700, False)])
def test_another_computer_loses_its_lock_after_ten_silent_minutes(session_file, age_s, held):
    write_lock(session_file, host="lab3", age_s=age_s)
    with Session.open(session_file) as session:
        assert session.read_only == held
        if held:
            assert "bob on lab3 (process" in session.read_only_reason


@pytest.mark.parametrize(("age_s", "held"), [(0, True), (700, False)])
def test_a_lock_that_cannot_be_read_counts_like_one_of_another_computer(session_file, age_s, held):
    file = locking.lock_file_of(session_file)
    file.write_text("{", encoding="utf-8")
    os.utime(file, (time.time() - age_s,) * 2)
    with Session.open(session_file) as session:
        assert session.read_only == held


@pytest.mark.parametrize(("age_s", "held"), [(0, True), (20, False)])
def test_an_empty_lock_is_soon_recognised_as_left_behind(session_file, age_s, held):
    file = locking.lock_file_of(session_file)
    file.touch()
    os.utime(file, (time.time() - age_s,) * 2)
    with Session.open(session_file) as session:
        assert session.read_only == held


def test_a_drive_without_links_works_too(session_file, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    with Session.open(session_file) as first, Session.open(session_file) as second:
        assert not first.read_only
        assert second.holder.pid == os.getpid()


@pytest.mark.parametrize("links", [True, False])
def test_a_full_disk_leaves_nothing_beside_the_session(session_file, monkeypatch, links):
    """The system makes the file of the lock and then has no room for what is written into it."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_text(path, *_given, **_more):
        path.touch()
        raise full

    def fdopen(handle, *_given, **_more):
        os.close(handle)
        raise full

    def link(*_given):
        raise OSError(errno.EPERM, "no links here")

    if links:
        monkeypatch.setattr(locking.Path, "write_text", write_text)
    else:
        monkeypatch.setattr(locking.os, "link", link)
        monkeypatch.setattr(locking.os, "fdopen", fdopen)
    with Session.open(session_file) as session:
        assert session.read_only_reason.endswith(f"({full.strerror})")
    assert [file.name for file in session_file.parent.glob(".*lock*")] == []


def test_what_was_left_behind_beside_the_lock_is_swept(session_file):
    left = session_file.with_name(".mouse.deepcinac.lock-0123abcd")
    young = session_file.with_name(".mouse.deepcinac.lock-0123abce")
    for file in (left, young):
        file.touch()
    os.utime(left, (1, 1))
    Session.open(session_file).close()
    assert not left.exists()
    assert young.exists()


def test_take_over_and_what_the_other_one_is_told(session_file, monkeypatch):
    first = Session.open(session_file)
    layer = first.add_layer("expert", "anna").id
    with Session.open(session_file, take_over=True) as second:
        assert not second.read_only
        second.add_transient(layer, 0, 3, 5)
        first._lock._last_beat -= locking.HEARTBEAT_S
        with pytest.raises(InputError, match="taken over by"):
            first.add_transient(layer, 0, 10, 12)
        assert first.read_only
        assert not first.heartbeat()
        first.close()
        assert locking.lock_file_of(session_file).exists()  # it is the second one's
        second.add_transient(layer, 0, 20, 22)
        assert second.transients(layer, 0).tolist() == [[3, 5], [20, 22]]


def test_the_heartbeat_is_the_time_of_the_lock_file(session_file):
    file = locking.lock_file_of(session_file)
    with Session.open(session_file) as session:
        os.utime(file, (1, 1))
        assert session.heartbeat()
        assert file.stat().st_mtime == 1  # not every time
        session._lock._last_beat -= locking.HEARTBEAT_S
        assert session.heartbeat()
        assert file.stat().st_mtime > 1e9


def test_a_session_that_is_forgotten_gives_its_lock_back(session_file):
    session = Session.open(session_file)
    assert not session.read_only
    del session
    assert not locking.lock_file_of(session_file).exists()


def test_a_lock_that_came_in_place_of_the_stale_one_is_not_removed(session_file):
    identity = locking._identity(write_lock(session_file, host="lab3", age_s=700))
    file = write_lock(session_file, host="lab4", token="newer")
    locking._remove_exactly(file, identity)
    assert locking.read_holder(file).host == "lab4"


def test_a_program_killed_while_it_took_over_does_not_block_the_next(session_file, dead_pid):
    file = write_lock(session_file, pid=dead_pid)
    marker = file.with_name(f"{file.name}-{locking._identity(file)}")
    marker.touch()
    os.utime(marker, (time.time() + 600,) * 2)  # new, however busy the machine
    with Session.open(session_file) as session:
        assert session.read_only  # for ten seconds
    os.utime(marker, (time.time() - 20,) * 2)
    with Session.open(session_file) as session:
        assert not session.read_only


def test_openers_at_the_same_moment_have_one_winner(session_file, dead_pid):
    """Eight processes find a lock that was left behind; one gets the session."""
    write_lock(session_file, pid=dead_pid)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from deepcinac.labelling import locking\n"
        "path = Path(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "while not path.with_name('go').exists(): time.sleep(0.001)\n"
        "print(type(locking.acquire(path)).__name__, flush=True)\n"
        "sys.stdin.read()\n"
    )
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(session_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    assert [opener.stdout.readline() for opener in openers] == ["ready\n"] * 8
    session_file.with_name("go").touch()
    found = [opener.stdout.readline().strip() for opener in openers]
    for opener in openers:
        opener.communicate("")
    assert sorted(found) == ["Holder"] * 7 + ["Lock"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of Unix")
def test_a_folder_that_cannot_be_written_to_gives_a_view(session_file, tmp_path_factory):
    import shutil
    import tempfile

    folder = tempfile.mkdtemp()  # outside pytest's own folders, which others may not enter
    try:
        path = os.path.join(folder, "mouse.deepcinac")
        shutil.copyfile(session_file, path)
        os.chmod(path, 0o666)
        os.chmod(folder, 0o555)
        as_root = os.geteuid() == 0
        if as_root:
            os.seteuid(65534)
        try:
            with Session.open(path) as session:
                assert "the folder cannot be written to" in session.read_only_reason
                assert session.n_cells == 3
        finally:
            if as_root:
                os.seteuid(0)
        assert os.listdir(folder) == ["mouse.deepcinac"]
    finally:
        os.chmod(folder, 0o755)
        shutil.rmtree(folder)
