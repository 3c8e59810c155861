"""Reading in a process that may die, before it is read in this one.

Texts and entries of varying length lie in heaps of an HDF5 file. A damaged length there makes the HDF5
library search for ever or crash, and neither can be stopped from within. One helper process, started
when it is first needed and kept, reads such parts first; the file is refused where it does not come back.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading

from deepcinac.errors import InputError

WAIT_S = 60.0
"""On a very busy machine; where the system can, the helper may compute for 1 s."""

_HELPER = """
import json, signal, sys
import h5py

try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass

def limited(seconds):
    if hasattr(signal, "setitimer"):  # what is not caught ends the process, also within the library
        signal.setitimer(signal.ITIMER_PROF, seconds)

def read_texts(name, item):
    for attribute in item.attrs:
        try:
            item.attrs[attribute]
        except Exception:
            pass  # whoever reads it tells

print("ready", flush=True)
for line in sys.stdin:
    path, name = json.loads(line)
    limited(1)
    try:
        with h5py.File(path, "r") as file:
            if name is not None:
                file[name][()]
            else:
                read_texts("/", file)
                file.visititems(read_texts)
    except Exception:
        pass  # whoever reads it tells
    limited(0)
    print("done", flush=True)
"""

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_turn = threading.Lock()
_helper: tuple[int, subprocess.Popen[str]] | None = None


def read_apart(path: str, name: str | None) -> None:
    """Read a dataset, or for None the texts that are attached to all objects, in the helper.

    Raises
    ------
    InputError
        The helper crashed or did not come to an end.
    """
    with _turn:
        survived = _ask(json.dumps([os.path.abspath(path), name]))
    if not survived:
        found = "one that its library cannot read or that has no end"
        where = path if name is None else f"{path}:{name}"
        hint = "the file is damaged: copy or export it again"
        raise InputError("a readable HDF5 file", found, where, hint)


def _ask(question: str) -> bool:
    """Whether the helper answered; one that did not is ended, and the next question starts another."""
    global _helper
    if _helper is None or _helper[0] != os.getpid() or _helper[1].poll() is not None:
        _helper = (os.getpid(), _started())
    process = _helper[1]
    assert process.stdin is not None
    assert process.stdout is not None
    alarm = threading.Timer(WAIT_S, process.kill)
    alarm.daemon = True
    alarm.start()
    try:
        process.stdin.write(question + "\n")
        process.stdin.flush()
        answered = process.stdout.readline() == "done\n"
    except OSError:
        answered = False
    finally:
        alarm.cancel()
    if not answered:
        _end(process)
        _helper = None
    return answered


def _started() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HELPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        creationflags=_NO_WINDOW,
    )
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        _end(process)
        raise RuntimeError("the process that tries HDF5 files does not start")
    return process


@atexit.register
def _end_the_last() -> None:
    if _helper is not None and _helper[0] == os.getpid():
        _end(_helper[1])


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
