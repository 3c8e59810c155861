"""What became of each row, in a CSV table beside the table of rows.

The file is replaced as a whole at every change, so that a run that is stopped, or killed, leaves a true
one. A row is known by its settings and not by its number: rows may be moved, added and taken out.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import as_meant, defused, written_atomically
from deepcinac.labelling.locking import Holder, Lock, acquire

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
STATES = (WAITING, RUNNING, DONE, FAILED)


@dataclass
class RowState:
    """One line of the file.

    ``row``: its number when it was last seen. ``attempts``: how often it was started. ``started``: local
    time, ISO 8601. ``seconds`` and ``memory_mb``: what its processes took, added up, and the largest of
    them. ``message``: what the command said, or why it failed. ``output``: what it wrote. ``settings``:
    see :class:`~deepcinac.batch.table.Row`.
    """

    row: int
    command: str
    settings: str
    state: str = WAITING
    attempts: int = 0
    started: str = ""
    seconds: float = 0.0
    memory_mb: int = 0
    host: str = ""
    message: str = ""
    output: str = ""


_COLUMNS = (
    *("row", "state", "command", "attempts", "started", "seconds", "memory_mb", "host"),
    *("message", "output", "settings"),
)


def states_file(table: Path) -> Path:
    """Where the states of a table lie: ``mice.csv`` has ``mice.states.csv``."""
    return table.with_name(f"{table.stem}.states.csv")


def work_folder(table: Path) -> Path:
    """Where the logs of the rows lie, and what is not finished: ``mice.batch``."""
    return table.with_name(f"{table.stem}.batch")


def read_states(path: Path) -> dict[str, RowState]:
    """The states by settings; empty where there is no file yet."""
    if not path.exists():
        return {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            found = [_state(line) for line in csv.DictReader(stream)]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise InputError(
            "the states of a batch as this program writes them",
            f"'{error}'",
            path,
            "restore the file, or remove it to run every row anew",
        ) from error
    return {state.settings: state for state in found}


def _state(line: dict[str, str]) -> RowState:
    typed: dict[str, Callable[[str], Any]] = {
        "row": int, "attempts": int, "seconds": float, "memory_mb": int,
    }  # fmt: skip
    values = {name: typed.get(name, as_meant)(line[name]) for name in _COLUMNS}
    if values["state"] not in STATES:
        raise ValueError(f"a state called {values['state']!r}")
    return RowState(**values)


def write_states(path: Path, states: list[RowState]) -> None:
    """Write all of them, in the order of the rows."""
    with (
        written_atomically(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        for state in sorted(states, key=_number):
            values = dataclasses.asdict(state)
            writer.writerow(
                {name: defused(x) if isinstance(x, str) else x for name, x in values.items()}
            )


def _number(state: RowState) -> int:
    return state.row


@contextlib.contextmanager
def only_writer(path: Path) -> Iterator[Lock]:
    """Hold the states of a table: two runs at once would do every row twice."""
    try:
        lock = acquire(path)
    except OSError as error:
        raise InputError(
            "a folder that can be written to", error.strerror or str(error), path.parent
        ) from error
    if isinstance(lock, Holder):
        raise InputError("a table that is not being run", f"one that is run by {lock}", path)
    try:
        yield lock
    finally:
        lock.release()
