"""What a table may ask for: our commands and their options, as the command line itself declares them."""

from __future__ import annotations

import argparse
import contextlib
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

SEVERAL = ";"
"""Between the values of an option that takes several."""

_YES, _NO = ("yes", "true", "1", "x"), ("no", "false", "0")
_OF_THE_BATCH = ("help", "progress", "verbose", "quiet")
_PATH_WORDS = re.compile(r"FILE|DIR|FOLDER|PATH|SESSION")


@dataclass(frozen=True)
class Rules:
    """What the parsers do not say of the commands.

    ``excluded``: commands that are no work on a recording. ``written``: the options and arguments that
    name what a command writes; all other paths are read. ``resuming``: commands that go on with what
    they left when they are started again.
    """

    excluded: Collection[str] = ()
    written: Collection[str] = ("out",)
    resuming: Collection[str] = ()


class Commands:
    """The commands of a parser, by name.

    Parameters
    ----------
    parser
        The parser of the whole command line.
    rules
        What it does not say itself.
    """

    def __init__(self, parser: argparse.ArgumentParser, rules: Rules) -> None:
        (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
        self._parser = parser
        self.rules = rules
        self._commands: dict[str, argparse.ArgumentParser] = {
            name: command
            for name, command in action.choices.items()
            if name not in self.rules.excluded
        }

    @property
    def names(self) -> list[str]:
        """The commands that a row may hold."""
        return list(self._commands)

    def columns(self, command: str) -> list[str]:
        """The columns of a command: its positional arguments, then its long options."""
        names = (column_names(action) for action in self._actions(command))
        return [one[0] for one in names if one]

    def find(self, command: str, column: str) -> argparse.Action | None:
        """The option or argument that a column names, or None."""
        wanted = column.strip().lstrip("-").lower()
        return next(
            (one for one in self._actions(command) if wanted in map(str.lower, column_names(one))),
            None,
        )

    def ordered(self, command: str, cells: dict[str, str]) -> list[tuple[str, argparse.Action]]:
        """The columns that the command has, in the order of its parser."""
        found = [(column, self.find(command, column)) for column in cells]
        order = list(self._actions(command))
        known = [(column, action) for column, action in found if action is not None]
        return sorted(known, key=lambda one: order.index(one[1]))

    def takes(self, command: str, option: str) -> bool:
        """Whether a command has an option, such as ``--force``."""
        return option in self._commands[command]._option_string_actions

    def parsed(self, arguments: list[str]) -> argparse.Namespace | str:
        """The arguments of a row as the command line takes them, or its sentence about them."""
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                return self._parser.parse_args(arguments)
        except SystemExit:
            text = said.getvalue().strip().removeprefix(f"{self._parser.prog} {arguments[0]}: ")
            return text.partition("; see '")[0]

    def _actions(self, command: str) -> Iterator[argparse.Action]:
        yield from (one for one in self._commands[command]._actions if not of_the_batch(one))


def of_the_batch(action: argparse.Action) -> bool:
    """Whether an option is said once for the whole batch, and not in a row."""
    return action.dest in _OF_THE_BATCH


def column_names(action: argparse.Action) -> list[str]:
    """What the column of an option or argument may be called; the name to show comes first.

    A positional argument goes by the words of its metavar: ``OUT.deepcinac`` is ``out``.
    """
    if action.option_strings:
        return [name[2:] for name in _long_names(action)]
    words = str(action.metavar or action.dest).split("|")
    return [word.split(".")[0].lower() for word in words]


def _long_names(action: argparse.Action) -> list[str]:
    """The long names of an option, without the ``--no-`` that argparse adds to a flag."""
    names = [name for name in action.option_strings if name.startswith("--")]
    return names[:1] if isinstance(action, argparse.BooleanOptionalAction) else names


def is_path(action: argparse.Action) -> bool:
    """Whether the values are files or folders (some with a part inside, as ``movie.h5:/data``)."""
    named = action.dest in ("movie", "cells") or _PATH_WORDS.search(str(action.metavar))
    return action.type is Path or bool(named)


def may_be_a_name(action: argparse.Action) -> bool:
    """Whether a value may also be a word that is no path: a shipped classifier, a layer."""
    return bool(re.search(r"NAME|LAYER", str(action.metavar)))


def values_of(action: argparse.Action, text: str) -> list[str]:
    """The values in a cell: several where the option takes several, none for a flag."""
    if action.nargs == 0:
        return []
    several = action.nargs in ("+", "*") or isinstance(action.nargs, int)
    parts = text.split(SEVERAL) if several else [text]
    return [part.strip() for part in parts if part.strip()]


def fault_of(action: argparse.Action, text: str) -> str:
    """What is wrong with a cell, in words; "" when its values are taken."""
    if action.nargs == 0:
        known = text.lower() in (*_YES, *_NO)
        return "" if known else f"expected yes or no, found {text!r}"
    for value in values_of(action, text):
        try:
            typed = action.type(value) if callable(action.type) else value
        except (argparse.ArgumentTypeError, TypeError, ValueError) as error:
            return str(error)
        if action.choices is not None and typed not in action.choices:
            return f"expected one of {', '.join(map(str, action.choices))}, found {value!r}"
    return ""


def words_of(action: argparse.Action, text: str, values: list[str]) -> list[str]:
    """The words of a command line that say what a cell says."""
    if not action.option_strings:
        return values
    name = _long_names(action)[0]
    if action.nargs == 0:
        if text.lower() in _YES:
            return [name]
        return [f"--no-{name[2:]}"] if isinstance(action, argparse.BooleanOptionalAction) else []
    if len(values) == 1 and not isinstance(action.nargs, int):
        return [f"{name}={values[0]}"]  # a value may begin with a dash
    return [name, *values]
