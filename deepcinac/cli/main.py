"""``deepcinac``: run the requested command and turn failures into error messages.

Exit status: 0 done, 1 a bug of ours (its traceback is in a log), 2 the user's, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import os
import platform
import select
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from deepcinac.batch.ending import end_with_stdin
from deepcinac.cli import (
    agreement,
    batch,
    classifiers,
    completion,
    create,
    decode,
    demix,
    demo,
    describe,
    detect,
    doctor,
    dynamics,
    evaluate,
    export,
    gui,
    import_labels,
    info,
    latents,
    merge,
    missing,
    predict,
    simulate,
    track,
    train,
    types,
)
from deepcinac.cli.reporters import reporter
from deepcinac.errors import InputError
from deepcinac.questions import NeedsAnswer
from deepcinac.version import __version__

COMMANDS = (
    gui,
    demo,
    create,
    describe,
    detect,
    info,
    missing,
    predict,
    train,
    evaluate,
    import_labels,
    export,
    merge,
    agreement,
    decode,
    dynamics,
    track,
    latents,
    demix,
    simulate,
    classifiers,
    types,
    batch,
    doctor,
    completion,
)
WITHOUT_A_COMMAND = "gui"
GIVEN = "_options_given"

DONE, OUR_MISTAKE, THE_USERS, INTERRUPTED, READER_GONE = 0, 1, 2, 130, 141
# Failures of the machine that the user can do something about: full disk, no permission.
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
LOG_KEPT_BYTES = 1_000_000
OUR_CODE = Path(__file__).parents[1]

_log = logging.getLogger(__name__)


class _Once(argparse._StoreAction):
    """An option that may be given once: the second time it is refused, not silently taken."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        """Store the value."""
        if option_string is not None:
            given: frozenset[str] = getattr(namespace, GIVEN, frozenset())
            if self.dest in given:
                raise argparse.ArgumentError(self, "given twice, but it takes one value")
            setattr(namespace, GIVEN, given | {self.dest})
        super().__call__(parser, namespace, values, option_string)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and that does not guess at abbreviated options."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)
        self.register("action", None, _Once)
        self.register("action", "store", _Once)

    def error(self, message: str) -> NoReturn:
        self.exit(THE_USERS, f"{self.prog}: {message}; see '{self.prog} --help'.\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = _Parser(
        prog="deepcinac",
        description="Infer the activity of every cell in a calcium-imaging movie. "
        "Without a command, the window opens.",
        epilog="'deepcinac COMMAND --help' describes a command.",
    )
    parser.add_argument("--version", action="version", version=f"deepcinac {__version__}")
    parser.add_argument("--verbose", action="store_true", help="say more; show tracebacks")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        command.add_parser(subparsers)
    for name in {"batch", "completion"} & set(subparsers.choices):  # they are about all the others
        subparsers.choices[name].set_defaults(whole_parser=parser)
    for subparser in subparsers.choices.values():
        subparser.add_argument(
            "--verbose",
            action="store_true",
            default=argparse.SUPPRESS,  # or it would undo the one before the command
            help="say more; show tracebacks",
        )
        subparser.add_argument(
            "-q", "--quiet", action="store_true", help="print neither progress nor a summary"
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; wrong arguments raise SystemExit(2)."""
    _provide_streams()
    end_with_stdin()
    try:
        status = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _discard_stdout()
        return READER_GONE


def window() -> int:
    """``deepcinac-gui [SESSION]``: the window, started from a desktop."""
    return main([WITHOUT_A_COMMAND, *sys.argv[1:]])


def _run(argv: list[str]) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        args = parser.parse_args([*argv, WITHOUT_A_COMMAND])
    _set_up_logging(args.verbose)
    quiet = getattr(args, "quiet", False)
    with reporter(_progress_mode(args)) as progress:
        message, asked = "", {}
        try:
            silenced = _silenced(quiet and not getattr(args, "json", False))
            with silenced, warnings_in_words():
                status = int(args.run(args, progress) or DONE)
        except Exception as error:
            if isinstance(error, BrokenPipeError) and _reader_is_gone():
                raise
            status, message = _outcome(error, argv, args.verbose)
            if isinstance(error, NeedsAnswer):
                asked = error.record()
        except KeyboardInterrupt:
            status, message = INTERRUPTED, "Stopped by Ctrl-C."
        progress.finish(status, message, asked)
    if message:
        print(f"deepcinac: {message}", file=sys.stderr)
    return status


def _progress_mode(args: argparse.Namespace) -> str:
    """``--quiet`` is about the bar; a program that asks for JSON lines gets them."""
    mode = str(getattr(args, "progress", "none"))
    return "none" if getattr(args, "quiet", False) and mode == "bar" else mode


@contextlib.contextmanager
def _silenced(wanted: bool) -> Iterator[None]:
    """Standard output into nothing where it is not wanted; errors and warnings stay."""
    if not wanted:
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


@contextlib.contextmanager
def warnings_in_words() -> Iterator[None]:
    """Warnings of Python as our other warnings: one sentence, without file, line and code.

    Those that libraries give to programmers are for ``--verbose`` alone.
    """

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        ours = category is UserWarning and Path(filename).is_relative_to(OUR_CODE)
        level = logging.WARNING if ours else logging.DEBUG
        _log.log(level, "%s", " ".join(str(message).split()))

    with warnings.catch_warnings():
        warnings.filterwarnings("default", category=UserWarning)
        warnings.showwarning = show
        yield


def _outcome(error: Exception, argv: list[str], verbose: bool) -> tuple[int, str]:
    """Exit status and error message of a failure."""
    if verbose:
        traceback.print_exception(error)
    if isinstance(error, InputError):
        return THE_USERS, str(error)
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        place = f": {error.filename}" if error.filename else ""
        return THE_USERS, f"{error.strerror}{place}."
    if isinstance(error, MemoryError):
        return (
            THE_USERS,
            "There is not enough memory for this; close other programs or process less at once.",
        )
    what = f"{type(error).__name__}: {error}".rstrip(".")
    return OUR_MISTAKE, f"A mistake of the program, not yours: {what}. {_logged(error, argv)}"


def _logged(error: Exception, argv: list[str]) -> str:
    """Append the traceback to the log; returns a sentence that says where it is."""
    text = "".join(traceback.format_exception(error))
    heading = (
        f"--- {time.strftime('%Y-%m-%d %H:%M:%S')}  deepcinac {__version__}  "
        f"Python {platform.python_version()}  {platform.platform()}\n"
        f"arguments: {argv}\n"
    )
    try:
        path = log_path()
        if path.exists() and path.stat().st_size > LOG_KEPT_BYTES:
            os.replace(path, path.with_suffix(".old.log"))
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(heading + text + "\n")
    except (OSError, InputError):
        print(text, file=sys.stderr)
        return "Please report it with the lines above."
    return f"Please report it with the last lines of {path} and what 'deepcinac doctor' prints."


def log_path() -> Path:
    """The file that collects the tracebacks."""
    from deepcinac.files import cache_folder

    return cache_folder() / "deepcinac.log"


def _set_up_logging(verbose: bool) -> None:
    level = logging.DEBUG if verbose else logging.WARNING
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("deepcinac").setLevel(level)
    if not verbose:  # TensorFlow's greetings on stderr would drown our own sentences
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def _provide_streams() -> None:
    """Without a console, as under pythonw, there are no streams; what is written goes nowhere.

    C code writes to the numbers 1 and 2 all the same: they must not become those of the user's files.
    """
    if sys.stdout is not None and sys.stderr is not None:
        return
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _reader_is_gone() -> bool:
    """Whether nobody reads stdout any more (``| head``); a worker's broken pipe is our mistake."""
    if not hasattr(select, "poll"):
        return True
    try:
        poll = select.poll()
        poll.register(sys.__stdout__.fileno(), select.POLLOUT)  # type: ignore[union-attr]
        return any(state & (select.POLLERR | select.POLLHUP) for _, state in poll.poll(0))
    except (OSError, ValueError, AttributeError):
        return True


def _discard_stdout() -> None:
    """Point stdout at nothing, so that Python's own flush at exit does not fail as well."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
