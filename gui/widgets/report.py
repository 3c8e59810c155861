"""Failures as sentences, the log of our own mistakes, and the report that a user can paste. No Tk."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import cache_folder
from deepcinac.version import __version__

LOG_TAIL_LINES = 60
LONGEST_LOG_BYTES = 1_000_000


def log_file() -> Path:
    """The file that collects the tracebacks; the command line writes the same one."""
    return cache_folder() / "deepcinac.log"


def write_log(text: str) -> None:
    """Add to the log file; a log that cannot be written must not be a second failure."""
    try:
        path = log_file()
        if path.exists() and path.stat().st_size > LONGEST_LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')}  window\n{text}\n")
    except (OSError, InputError):
        print(text, file=sys.stderr)


def sentence_of(error: BaseException) -> str:
    """What to tell the user; our own mistakes go into the log with their traceback."""
    if isinstance(error, InputError):
        return str(error)
    write_log("".join(traceback.format_exception(error)))
    what = f"{type(error).__name__}: {error}".rstrip(".: ")
    return f"A mistake of the program, not yours ({what}). Your labels are safe on disk."


def report_text(what: str = "") -> str:
    """What to paste into a message: the failure, the versions, the end of the log."""
    import tkinter as tk

    import numpy

    lines = [
        what,
        "",
        f"DeepCINAC {__version__}, Python {platform.python_version()}, numpy {numpy.__version__}, "
        f"Tk {tk.TkVersion}",
        platform.platform(),
        "",
    ]
    try:
        log = log_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, InputError):
        log = ["(no log)"]
    return "\n".join([*lines, *log[-LOG_TAIL_LINES:]]).strip() + "\n"
