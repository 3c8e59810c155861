"""Processes that the window starts: in a group of their own, with a lower priority, asked to stop. No Tk."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

_NICE = 5
_LOG_TAIL = 4000


def own_group() -> dict[str, Any]:
    """A group of its own, so that a job's workers stop with it, and a lower priority."""
    if sys.platform == "win32":
        below_normal = 0x4000
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | below_normal
        return {"creationflags": flags}
    return {"start_new_session": True}


@contextlib.contextmanager
def interrupts_heard() -> Iterator[None]:
    """A program started in the background by a shell ignores Ctrl-C, and its children inherit that.

    A job must hear it, or it could not clean up when it is cancelled. What is caught here, instead of
    ignored, starts in the child as usual.
    """
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    if not ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def be_nice(process: subprocess.Popen[bytes]) -> None:
    """Lower the priority from outside: code between fork and exec is not safe with threads."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)


def tell_group(pid: int, how_clearly: int) -> None:
    """Ask a job and its workers to stop: 0 lets it clean up (as Ctrl-C), 1 and 2 do not wait."""
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, check=False
            )
        else:
            os.killpg(pid, (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[how_clearly])


def tail(path: Path) -> str:
    """The end of a text file."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
