"""What a job says and makes, in a folder of its own, so that a window can close before it ends.

The folder holds the lines of the process (``output.jsonl``), its log, results that are still to be
taken over, and ``job.json``: what was started and by which window. The next window takes up what a
window that is gone has left. No Tk.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_json, write_json

RECORD, OUTPUT, LOG = "job.json", "output.jsonl", "log.txt"
KEPT_DAYS = 30
"""Results that nobody came back for are given up after so long."""
_SAME_START_S = 2.0
_PREFIXES = ("job-", "deepcinac-job-")


@dataclass
class JobRecord:
    """``process`` and ``owner`` (the window) are a process id and the time it was started."""

    name: str
    arguments: list[str]
    task: dict[str, Any] = field(default_factory=dict)
    process: tuple[int, float] = (0, 0.0)
    owner: tuple[int, float] = (0, 0.0)


def new_folder() -> Path:
    """An empty folder for a job; in the cache, or where temporary files go when that is closed."""
    try:
        parent = cache_folder() / "jobs"
        parent.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=_PREFIXES[0], dir=parent))
    except (OSError, InputError):
        return Path(tempfile.mkdtemp(prefix=_PREFIXES[1]))


def identity(pid: int) -> tuple[int, float]:
    """A process id with the time of its start, because numbers are used again."""
    try:
        return pid, psutil.Process(pid).create_time()
    except psutil.Error:
        return pid, 0.0


def is_alive(process: tuple[int, float]) -> bool:
    """Whether this very process still runs."""
    pid, started = process
    try:
        found = psutil.Process(pid) if pid > 0 else None
        return (
            found is not None
            and abs(found.create_time() - started) < _SAME_START_S
            and found.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False


def write_record(folder: Path, record: JobRecord) -> None:
    """Note what runs; this window owns it from now on."""
    record.owner = identity(os.getpid())
    write_json(folder / RECORD, dataclasses.asdict(record))


def disown(folder: Path) -> None:
    """The window that owns a job goes: another one may take it up."""
    with contextlib.suppress(OSError, InputError):
        write_json(folder / RECORD, {**read_json(folder / RECORD), "owner": [0, 0.0]})


def left_behind() -> list[tuple[Path, JobRecord]]:
    """Jobs of windows that are gone, the oldest first; what is damaged or too old is removed."""
    found = []
    try:
        folders = sorted((cache_folder() / "jobs").glob("job-*"), key=_age, reverse=True)
    except (OSError, InputError):
        return []
    for folder in folders:
        try:
            values = read_json(folder / RECORD)
            record = JobRecord(
                str(values["name"]),
                [str(part) for part in values["arguments"]],
                dict(values["task"]),
                (int(values["process"][0]), float(values["process"][1])),
                (int(values["owner"][0]), float(values["owner"][1])),
            )
        except (InputError, KeyError, TypeError, ValueError, IndexError):
            if _age(folder) > 3600:  # a window may be writing it at this moment
                forget(folder)
            continue
        if is_alive(record.owner):
            continue
        if _age(folder) > KEPT_DAYS * 86_400 and not is_alive(record.process):
            forget(folder)
            continue
        found.append((folder, record))
    return found


def forget(folder: Path) -> None:
    """Remove a job's folder; nothing that was not made by :func:`new_folder` is ever touched."""
    if folder.name.startswith(_PREFIXES):
        shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0
