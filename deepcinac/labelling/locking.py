"""One writer at a time: a small file beside the session says who has it open for writing.

``.recording.deepcinac.lock`` holds JSON (user, host, pid, opened, token). Its time of change is the
heartbeat. It is a courtesy between people, not what keeps the file sound: two writers would still
take turns, edit by edit, under SQLite's own locks.
"""

from __future__ import annotations

import contextlib
import datetime
import getpass
import glob
import hashlib
import json
import os
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import parsed_json

STALE_AFTER_S = 600.0
"""A holder on another machine counts as gone after this long without a heartbeat."""
EMPTY_STALE_AFTER_S = 10.0
HEARTBEAT_S = 60.0

_CLOCK_SLACK_S = 60.0
_ATTEMPTS = 10
_WAIT_S = 0.02


@dataclass(frozen=True)
class Holder:
    """Who has a session open for writing. ``opened`` is a time in UTC, ISO 8601."""

    user: str
    host: str
    pid: int
    opened: str
    token: str = ""

    def __str__(self) -> str:
        opened = self.opened
        with contextlib.suppress(ValueError):
            moment = datetime.datetime.fromisoformat(self.opened).astimezone()
            opened = moment.strftime("%Y-%m-%d %H:%M")
        return f"{self.user} on {self.host} (process {self.pid}) since {opened}"


UNKNOWN = Holder("somebody", "an unknown computer", 0, "an unknown time")


class Lock:
    """The lock file of this program; made by :func:`acquire`."""

    def __init__(self, file: Path, holder: Holder) -> None:
        self.file = file
        self.holder = holder
        self._last_beat = time.monotonic()

    def beat(self, every_s: float = HEARTBEAT_S) -> bool:
        """Say that the holder is alive; False when somebody else has taken the session over."""
        if time.monotonic() - self._last_beat < every_s:
            return True
        if not self.is_ours():
            return False
        with contextlib.suppress(OSError):  # a drive that is away: the edit itself will complain
            os.utime(self.file)
        self._last_beat = time.monotonic()
        return True

    def is_ours(self) -> bool:
        """Whether the file still carries our token (or cannot be read at all just now)."""
        found = read_holder(self.file)
        if found is None:
            return _unreachable(self.file.parent)
        return found.token == self.holder.token

    def release(self) -> None:
        """Remove the file, unless it is somebody else's by now or this is a forked child."""
        if self.holder.pid != os.getpid():
            return
        found = read_holder(self.file)
        if found is not None and found.token == self.holder.token:
            with contextlib.suppress(OSError):
                self.file.unlink()


def lock_file_of(path: Path) -> Path:
    """The lock file that belongs to a session file."""
    return path.with_name(f".{path.name}.lock")


def acquire(path: Path, take_over: bool = False) -> Lock | Holder:
    """The lock of a session file, or who holds it.

    A lock whose holder is gone is replaced: on this machine when the process is dead, on another
    one when there was no heartbeat for :data:`STALE_AFTER_S`. ``take_over`` replaces any lock.
    Raises OSError where the folder cannot be written to.
    """
    file = lock_file_of(path)
    ours = Holder(user_name(), socket.gethostname(), os.getpid(), _now(), uuid.uuid4().hex)
    for _ in range(_ATTEMPTS):
        if _create(file, ours):
            return Lock(file, ours)
        identity, found = _identity(file), _read_patiently(file)
        if not (take_over or is_stale(file, found)):
            return found or UNKNOWN
        _remove_exactly(file, identity)
    return read_holder(file) or UNKNOWN


def _create(file: Path, holder: Holder) -> bool:
    """Make the lock file with its content at once; False when there is one."""
    _sweep(file)
    content = json.dumps(vars(holder))
    beside = _beside(file)
    try:
        beside.write_text(content, encoding="utf-8")
        try:
            os.link(beside, file)
            return True
        except FileExistsError:
            return False
        except OSError:  # a drive without links: there is a moment at which the file is empty
            return _create_then_fill(file, content)
    finally:
        beside.unlink(missing_ok=True)  # on a full disk too


def _create_then_fill(file: Path, content: str) -> bool:
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return True


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}-{uuid.uuid4().hex[:8]}")


def _sweep(file: Path) -> None:
    """Remove files that a program killed at work on the lock left behind."""
    with contextlib.suppress(OSError):
        for left in file.parent.glob(f"{glob.escape(file.name)}-????????"):
            if time.time() - left.stat().st_mtime > STALE_AFTER_S:
                left.unlink()


def _identity(file: Path) -> str:
    """Eight letters that tell a lock file from the one that may come in its place; "" without one."""
    try:
        status = file.stat()
        content = file.read_bytes()
    except OSError:
        return ""
    mark = f"{status.st_ino} {content!r}" if content else f"{status.st_ino} {status.st_mtime_ns}"
    return hashlib.sha256(mark.encode()).hexdigest()[:8]


def _remove_exactly(file: Path, identity: str) -> None:
    """Remove the lock file that was judged, and no other that came in its place meanwhile.

    Only whoever manages to create the marker of this very file may remove it: of several programs that
    judged it at the same time one goes ahead, and the others find what it left.
    """
    if not identity:
        return
    marker = file.with_name(f"{file.name}-{identity}")
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        time.sleep(_WAIT_S)
        with contextlib.suppress(FileNotFoundError):
            if _clock_of(file) - marker.stat().st_mtime > EMPTY_STALE_AFTER_S:
                marker.unlink()  # of a program that was killed right here
        return
    try:
        if _identity(file) == identity:
            file.unlink(missing_ok=True)
    finally:
        marker.unlink(missing_ok=True)


def is_stale(file: Path, holder: Holder | None) -> bool:
    """Whether the holder of a lock file is gone for good (None: the file says nothing readable)."""
    if holder is not None and holder.host == socket.gethostname():
        return not _is_running(holder)
    try:
        status = file.stat()
        silent_s = _clock_of(file) - status.st_mtime
    except FileNotFoundError:
        return False
    # An empty one belongs to a program that was killed between creating and filling it.
    return silent_s > (STALE_AFTER_S if status.st_size else EMPTY_STALE_AFTER_S)


def _is_running(holder: Holder) -> bool:
    import psutil

    try:
        process = psutil.Process(holder.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        started = process.create_time()
        opened = datetime.datetime.fromisoformat(holder.opened).timestamp()
    except psutil.NoSuchProcess:
        return False
    except (psutil.AccessDenied, ValueError, OverflowError):
        return True
    return started <= opened + _CLOCK_SLACK_S  # otherwise the number went to a new process


def _clock_of(file: Path) -> float:
    """The time by the clock that stamps the files of the folder, which may be a server's."""
    probe = _beside(file)
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        probe.unlink(missing_ok=True)


def _read_patiently(file: Path) -> Holder | None:
    """The holder; waits a moment for a lock file that is being written."""
    for _ in range(_ATTEMPTS):
        holder = read_holder(file)
        if holder is not None or not file.exists():
            return holder
        time.sleep(_WAIT_S)
    return None


def read_holder(file: Path) -> Holder | None:
    """Who a lock file names, or None when it is missing or unreadable."""
    try:
        content = parsed_json(file.read_text(encoding="utf-8"))
        return Holder(
            str(content["user"]),
            str(content["host"]),
            int(content["pid"]),
            str(content["opened"]),
            str(content["token"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _unreachable(folder: Path) -> bool:
    return not os.access(folder, os.R_OK)


def user_name() -> str:
    """The name of whoever runs this program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        return "unknown"


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def taken_over(path: Path, holder: Holder | None) -> InputError:
    """What to say when the session was taken over while it was open."""
    return InputError(
        "a session that is still yours to write to",
        f"one that was taken over by {holder}" if holder else "one whose lock was removed",
        path,
        "Close it and open it again",
    )
