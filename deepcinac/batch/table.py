"""The table of a batch: a row is a command, its columns are what the command line would say.

Everything that can be checked without running is checked for all rows together, and every mistake is
named with its row and column. Rows are counted as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import difflib
import hashlib
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcinac.batch.commands import (
    Commands,
    fault_of,
    is_path,
    may_be_a_name,
    values_of,
    words_of,
)
from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING, require_file
from deepcinac.recording.movie_address import MovieAddress

COMMAND = "command"
REMARK = "#"
"""A column whose name begins so is for people."""
MOST_SHOWN = 40

_DECIDES_NOTHING = {"run", "progress", "verbose", "quiet", "force"}


@dataclass(frozen=True)
class Row:
    """One command with its arguments, checked.

    Attributes
    ----------
    number
        As a spreadsheet counts: the first one below the header is 2.
    words
        The command line by option or argument (its ``dest``), paths absolute; see :meth:`arguments`.
    args
        The same as the command line's own parser gives it.
    settings
        SHA-256 of everything that decides the results.
    writes
        Files and folders that the command makes.
    sessions
        The session files that it names, to read or to write.
    needs
        Numbers of the rows before it whose results it reads.
    after
        Numbers of the rows before it that name one of its sessions: one of them at a time.
    """

    number: int
    command: str
    words: tuple[tuple[str, tuple[str, ...]], ...]
    positional: tuple[str, ...]
    args: argparse.Namespace
    settings: str
    writes: tuple[Path, ...] = ()
    sessions: tuple[Path, ...] = ()
    needs: frozenset[int] = frozenset()
    after: frozenset[int] = frozenset()

    def arguments(
        self,
        *more: str,
        without: Collection[str] = (),
        positional: Sequence[str] | None = None,
    ) -> tuple[str, ...]:
        """The command line, with ``more`` options, without those of some dests, with other positional ones.

        >>> said = (("select", ("--select=0-9",)),)
        >>> row = Row(2, "predict", said, ("a.deepcinac",), argparse.Namespace(), "")
        >>> row.arguments("--out=a.npz", without=["select"])
        ('predict', '--out=a.npz', '--', 'a.deepcinac')
        """
        said = [word for dest, words in self.words if dest not in without for word in words]
        given = self.positional if positional is None else positional
        return (self.command, *more, *said, *(("--", *given) if given else ()))

    def forced(self) -> Row:
        """The same row with ``--force``."""
        args = argparse.Namespace(**{**vars(self.args), "force": True})
        words = [one for one in self.words if one[0] != "force"]
        return dataclasses.replace(self, words=(("force", ("--force",)), *words), args=args)


def read_table(path: Path, commands: Commands, known_names: Collection[str] = ()) -> list[Row]:
    """The rows of a CSV table; an InputError lists all that is wrong with it.

    Parameters
    ----------
    path
        The table, with commas, semicolons or tabs between its columns. Paths in it are relative to its
        folder.
    commands
        What the rows may ask for.
    known_names
        Words that are right where a path or a name may stand: the classifiers that ship.
    """
    header, lines = _read_lines(path)
    reader = _Reader(path.absolute().parent, commands, known_names)
    faults = list(reader.faults_of_header(header))
    rows = []
    for number, fields in lines:
        found, wrong = reader.row(number, header, fields)
        faults += wrong
        rows += [found] if found is not None else []
    if not lines:
        faults.append("row 2: nothing below the header")
    faults += _same_output(rows)
    _refuse(path, faults)
    return rows


def _read_lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the fields of each row that is not empty with its number."""
    require_file(path, "a table (.csv)")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "a table as UTF-8 text", "other bytes", path, "save it as CSV UTF-8"
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        read = list(csv.reader(text.splitlines(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError("a table (.csv)", f"'{error}'", path) from error
    if not read or not any(field.strip() for field in read[0]):
        raise InputError("a header with the column 'command'", "an empty first row", path)
    filled = [(number, one) for number, one in enumerate(read[1:], 2) if any(map(str.strip, one))]
    return [name.strip() for name in read[0]], filled


class _Reader:
    """Turns fields into rows; remembers what the rows before make and touch."""

    def __init__(self, folder: Path, commands: Commands, known_names: Collection[str]) -> None:
        self._folder = folder
        self._commands = commands
        self._names = known_names
        self._made: dict[Path, int] = {}
        self._touched: dict[Path, list[int]] = {}
        self._seen: dict[str, int] = {}

    def faults_of_header(self, header: list[str]) -> Iterator[str]:
        """What is wrong with the first row."""
        if COMMAND not in header:
            yield f"row 1: no column called '{COMMAND}'"
        known = {
            name for command in self._commands.names for name in self._commands.columns(command)
        }
        for place, name in enumerate(header, 1):
            if not name:
                yield f"row 1: column {place} has no name"
            elif header.index(name) < place - 1:
                yield f"row 1, column {name}: there are two of this name"
            elif name != COMMAND and not name.startswith(REMARK) and not self._known(name):
                near = difflib.get_close_matches(name.lstrip("-"), sorted(known), 1)
                hint = f"; did you mean {near[0]}" if near else ""
                yield f"row 1, column {name}: no command has such an option{hint}"

    def _known(self, column: str) -> bool:
        return any(self._commands.find(command, column) for command in self._commands.names)

    def row(
        self, number: int, header: list[str], fields: list[str]
    ) -> tuple[Row | None, list[str]]:
        """A row, or what is wrong with it."""
        if len(fields) > len(header) and any(map(str.strip, fields[len(header) :])):
            return None, [f"row {number}: {len(fields)} cells under {len(header)} columns"]
        cells = {
            name: cell.strip()
            for name, cell in zip(header, fields, strict=False)
            if cell.strip() and not name.startswith(REMARK)
        }
        command = cells.pop(COMMAND, "")
        if command not in self._commands.names:
            known = ", ".join(self._commands.names)
            found = f"found {command!r}" if command else "found nothing"
            return None, [f"row {number}, column {COMMAND}: expected one of {known}, {found}"]
        return self._checked(number, command, cells)

    def _checked(
        self, number: int, command: str, cells: dict[str, str]
    ) -> tuple[Row | None, list[str]]:
        faults: list[str] = []
        draft = _Draft()
        for column in cells:
            if self._known(column) and not self._commands.find(command, column):
                faults.append(f"row {number}, column {column}: {command} has no such option")
        for column, action in self._commands.ordered(command, cells):
            text = cells[column]
            fault = fault_of(action, text)
            values = values_of(action, text)
            if not fault and is_path(action):
                values, fault = self._paths(draft, action, values)
            if fault:
                faults.append(f"row {number}, column {column}: {fault}")
            draft.add(action, words_of(action, text, values))
        args = self._commands.parsed([command, *draft.arguments()])
        if isinstance(args, str):
            if not faults:
                faults.append(f"row {number}: {args}")
            return None, faults
        row = self._linked(number, command, args, draft)
        if row.settings in self._seen:
            faults.append(f"row {number}: the same as row {self._seen[row.settings]}")
        self._seen[row.settings] = number
        return row, faults

    def _paths(
        self, draft: _Draft, action: argparse.Action, values: list[str]
    ) -> tuple[list[str], str]:
        """The values as absolute paths, noted in the draft, and what is wrong with them."""
        found, fault = [], ""
        for value in values:
            if value in self._names and may_be_a_name(action):
                found.append(value)
                continue
            whole = str(self._folder / Path(value).expanduser())
            path = Path(os.path.normpath(MovieAddress.parse(whole).path))
            if action.dest in self._commands.rules.written:
                draft.writes.append(path)
            elif path.exists() or self._maker_of(path):
                draft.reads.append(path)
            elif "LAYER" in str(action.metavar) and not path.suffix:
                whole = value  # the name of a layer
            else:
                fault = f"nothing at {path}"
            found.append(whole)
        return found, fault

    def _maker_of(self, path: Path) -> int | None:
        """The number of the row before that makes a file, or the folder that it lies in."""
        return next((self._made[one] for one in (path, *path.parents) if one in self._made), None)

    def _linked(self, number: int, command: str, args: argparse.Namespace, draft: _Draft) -> Row:
        """The row, with the rows before it that it has to wait for."""
        needs = {maker for path in draft.reads if (maker := self._maker_of(path))}
        named = [*draft.reads, *draft.writes]
        sessions = tuple(dict.fromkeys(one for one in named if one.suffix == SESSION_ENDING))
        after = {other for path in sessions for other in self._touched.get(path, ())[-1:]}
        for path in sessions:
            self._touched.setdefault(path, []).append(number)
        for path in draft.writes:
            self._made.setdefault(path, number)
        return Row(
            number,
            command,
            tuple(draft.words),
            tuple(draft.positional),
            args,
            settings_of(command, args),
            tuple(draft.writes),
            sessions,
            frozenset(needs),
            frozenset(after),
        )


class _Draft:
    """The parts of a row while its cells are read."""

    def __init__(self) -> None:
        self.words: list[tuple[str, tuple[str, ...]]] = []
        self.positional: list[str] = []
        self.reads: list[Path] = []
        self.writes: list[Path] = []

    def add(self, action: argparse.Action, words: list[str]) -> None:
        """Note what a cell says."""
        if action.option_strings:
            self.words.append((action.dest, tuple(words)))
        else:
            self.positional += words

    def arguments(self) -> list[str]:
        """All that was noted, as words of a command line."""
        options = [word for _, words in self.words for word in words]
        return [*options, *(["--", *self.positional] if self.positional else [])]


def settings_of(command: str, args: argparse.Namespace) -> str:
    """SHA-256 of a command and all of its options, those left at their defaults included."""
    values = {
        name: value
        for name, value in vars(args).items()
        if not name.startswith("_") and name not in _DECIDES_NOTHING
    }
    text = json.dumps([command, values], sort_keys=True, default=_as_text, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_text(value: Any) -> str:
    return getattr(value, "__name__", None) or str(value)


def _same_output(rows: list[Row]) -> Iterator[str]:
    """Two rows may not write the same file."""
    first: dict[Path, int] = {}
    for row in rows:
        for path in row.writes:
            if path in first:
                yield f"row {row.number}: writes {path}, as row {first[path]} does"
            first.setdefault(path, row.number)


def require_free_outputs(
    path: Path, rows: list[Row], commands: Commands, ours: Collection[Path]
) -> None:
    """Refuse outputs that are there already, unless a row has ``--force`` or this batch began them."""
    _refuse(
        path,
        [
            f"row {row.number}: {file} is there already; give the row the column force, or another name"
            for row in rows
            if not getattr(row.args, "force", False) and row.command not in commands.rules.resuming
            for file in row.writes
            if file.exists() and file not in ours
        ],
    )


def _refuse(path: Path, faults: list[str]) -> None:
    """An InputError that lists the faults of a table, where there are any."""
    if not faults:
        return
    shown = [f"  {fault}" for fault in faults[:MOST_SHOWN]]
    shown += [f"  and {len(faults) - MOST_SHOWN} more"] if len(faults) > MOST_SHOWN else []
    number = "1 mistake" if len(faults) == 1 else f"{len(faults)} mistakes"
    raise InputError("rows that can all be run", number, path, "\n" + "\n".join(shown))
