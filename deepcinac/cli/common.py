"""What the commands share: ``--progress``, options made from settings, selections, tables."""

from __future__ import annotations

import argparse
import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from deepcinac.cli.reporters import MODES, plain
from deepcinac.errors import InputError
from deepcinac.settings import checked, limits_in_words

Settings = TypeVar("Settings")


def progress_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--progress``, which every long command has."""
    parser.add_argument(
        "--progress",
        choices=MODES,
        default="bar",
        help="how to report: a bar with the remaining time, one JSON object per line on stdout, "
        "or not at all (default: bar)",
    )


def out_option(
    parser: argparse.ArgumentParser,
    metavar: str,
    help: str,
    required: bool = False,
    force: bool = True,
    force_help: str = "overwrite what is there already",
    default: Path | None = None,
) -> None:
    """Add ``--out`` (``-o``) and ``--force``, without which nothing that is there is overwritten.

    ``force`` is False for what may never be overwritten (a session).
    """
    parser.add_argument(
        "-o", "--out", required=required, type=Path, default=default, metavar=metavar, help=help
    )
    if force:
        parser.add_argument("-f", "--force", action="store_true", help=force_help)


def refuse_existing(path: Path, force: bool) -> None:
    """An InputError for a file that is there, unless the user wants it overwritten."""
    if path.exists() and not force:
        raise InputError(
            "a name that is not used yet", "a folder" if path.is_dir() else "a file", path,
            "choose another name, or overwrite it with --force",
        )  # fmt: skip


def accept_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--accept``, once, which says yes to a question; see :func:`accepted_from`."""
    if any(action.dest == "accept" for action in parser._actions):
        return  # one of several groups of options that ask questions has added it already
    parser.add_argument(
        "--accept",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME",
        help="accept what is asked about (the error names it); may be repeated",
    )


def accepted_from(args: argparse.Namespace) -> frozenset[str]:
    """The names that the user accepts, for :func:`deepcinac.questions.ask`."""
    return frozenset(args.accept)


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``, for commands whose answer is a table."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def print_json(content: Any) -> None:
    """Print what a command found, for programs; numbers that are none become null."""
    print(json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False))


def classifier_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--classifier``, a name of the zoo or a folder."""
    parser.add_argument(
        "--classifier",
        default="general",
        metavar="NAME|DIR",
        help="a shipped classifier or a folder (default: general)",
    )


def layers_option(parser: argparse.ArgumentParser, help: str, *older: str) -> None:
    """Add ``--layer``, which may be given several times; ``args.layer`` is a list or None.

    ``older``: other names that the option had.
    """
    parser.add_argument(
        "--layer",
        *older,
        action="extend",
        nargs="+",
        metavar="NAME",
        help=f"{help}; a name, the name of a classifier, or a number such as #3; may be repeated",
    )


def positive_int(text: str) -> int:
    """A whole number of at least 1, for ``type=`` of argparse."""
    number = _number(text, int, "a whole number of at least 1")
    return _wanted(number >= 1, number, text, "a whole number of at least 1")


def positive_float(text: str) -> float:
    """A finite number above 0, for ``type=`` of argparse."""
    number = _number(text, float, "a number above 0")
    return _wanted(0 < number < float("inf"), number, text, "a number above 0")


def share(text: str) -> float:
    """A number from 0 to 1, for ``type=`` of argparse."""
    number = _number(text, float, "a number from 0 to 1")
    return _wanted(0 <= number <= 1, number, text, "a number from 0 to 1")


def rate_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--frame-rate`` and ``--pixel-size`` of a movie; see :func:`stated`."""
    parser.add_argument(
        "--frame-rate",
        type=positive_float,
        metavar="HZ",
        help="required unless the movie file states it",
    )
    parser.add_argument(
        "--pixel-size",
        type=positive_float,
        metavar="UM",
        help="required unless the movie file states it",
    )


def stated(given: float | None, in_file: float | None, what: str, option: str) -> float:
    """The user's value, or else the file's; an error where there is neither, never a guess."""
    if given is not None:
        return given
    if in_file is not None:
        return in_file
    raise InputError(f"the {what} of the movie", "none in its file", hint=f"add {option}")


def add_settings_arguments(
    parser: argparse.ArgumentParser,
    kind: type,
    names: Iterable[str] | None = None,
    title: str | None = None,
) -> None:
    """Give the parser a ``--long-name`` for each field of a settings record, or for ``names`` only.

    What is not given on the command line stays out of the namespace, so that
    :func:`settings_from_args` can put what was given on top of a preset or a file.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    target = parser.add_argument_group(title) if title else parser
    for name in fields if names is None else names:
        field = fields[name]
        arguments: dict[str, Any] = {
            "dest": name,
            "default": argparse.SUPPRESS,
            "help": _help_text(field),
        }
        if _without_none(hints[name]) is bool:
            arguments["action"] = argparse.BooleanOptionalAction
        else:
            arguments["type"] = _converter(hints[name])
            arguments["metavar"] = _metavar(field, hints[name])
        target.add_argument("--" + name.replace("_", "-"), **arguments)


def settings_from_args(
    args: argparse.Namespace, kind: type[Settings], base: Settings | None = None
) -> Settings:
    """``base`` (or the defaults of ``kind``) overridden by the command line, checked."""
    start = kind() if base is None else base
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    given = {name: getattr(args, name) for name in names if hasattr(args, name)}
    return checked(dataclasses.replace(start, **given))  # type: ignore[type-var]


def aligned(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Rows of text in columns of equal width; the last column may be of any length."""
    if not rows:
        return ""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    lines = []
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        lines.append(indent + "  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)


def in_bytes(number: float) -> str:
    """A number of bytes in readable form: 1536 is "1.5 KiB"."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def _help_text(field: dataclasses.Field[Any]) -> str:
    """Help, limits, unit and default in one line; argparse formats it, so % is doubled."""
    limits = field.metadata
    unit = f" {limits['unit']}" if limits.get("unit") else ""
    choices = limits.get("choices")
    between = "one of " + ", ".join(map(str, choices)) if choices else limits_in_words(limits)
    notes = [between] if between else []
    default = _default_of(field)
    notes.append("not set by default" if default is None else f"default: {_shown(default)}{unit}")
    text = f"{limits.get('help', field.name)} ({'; '.join(notes)})"
    return text.replace("%", "%%")


def _default_of(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ",".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _metavar(field: dataclasses.Field[Any], hint: Any) -> str:
    plain = _without_none(hint)
    if typing.get_origin(plain) in (tuple, list):
        inner = typing.get_args(plain)
        return "LOW,HIGH" if len(inner) == 2 and inner[1] is inner[0] else "A,B,..."
    unit = field.metadata.get("unit")
    if unit and plain in (int, float):
        return str(unit).upper()
    return {int: "N", float: "X", Path: "PATH"}.get(plain, "NAME")


def _without_none(hint: Any) -> Any:
    """``int`` of ``int | None``; anything else as it is."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        return inner[0] if len(inner) == 1 else hint
    return hint


def _converter(hint: Any) -> Callable[[str], Any]:
    """A function that reads a value of this type from the command line."""
    kind = _without_none(hint)
    if typing.get_origin(kind) in (tuple, list):
        return _list_converter(kind)
    if kind is int:
        return lambda text: _number(text, int, "a whole number")
    if kind is float:
        return lambda text: _number(text, float, "a number")
    if kind in (str, Path):
        return typing.cast("Callable[[str], Any]", kind)
    if typing.get_origin(kind) is typing.Literal:
        return str
    raise TypeError(f"no option can be made from a setting of type {hint}")


def _list_converter(kind: Any) -> Callable[[str], Any]:
    inner = typing.get_args(kind)
    repeated = typing.get_origin(kind) is list or inner[-1] is Ellipsis
    container = typing.get_origin(kind)

    def convert(text: str) -> Any:
        parts = [part.strip() for part in text.split(",")]
        if not repeated and len(parts) != len(inner):
            raise argparse.ArgumentTypeError(
                f"expected {len(inner)} values with commas between them, found {text!r}"
            )
        kinds = [inner[0]] * len(parts) if repeated else inner
        return container(_converter(k)(part) for k, part in zip(kinds, parts, strict=True))

    return convert


Number = TypeVar("Number", int, float)


def _number(text: str, kind: type[Number], expected: str) -> Number:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}") from None


def _wanted(right: bool, number: Number, text: str, expected: str) -> Number:
    if not right:
        raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}")
    return number
