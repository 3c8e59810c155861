"""Where the executable begins (see README.md beside this file).

It is the command ``deepcinac``. As the program starts itself again in other processes, with
``sys.executable`` and ``-m`` or ``-c``, it understands these two as Python does.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from pathlib import Path


def restore_library_path() -> None:
    """The bundle's own libraries are not for programs that we start, such as a browser or suite2p."""
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before
    elif getattr(sys, "frozen", False):
        os.environ.pop("LD_LIBRARY_PATH", None)


def start_others_with_a_console() -> None:
    """On Windows the window is started by a program without streams, its jobs by the one beside it."""
    program = Path(sys.executable)
    if program.stem == "deepcinac-gui":
        sys.executable = str(program.with_stem("deepcinac"))


def main(arguments: list[str]) -> int:
    """Run the command, or code or a module of the program itself."""
    if arguments[:1] == ["-m"]:
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return 0
    if arguments[:1] == ["-c"]:
        sys.argv = ["-c", *arguments[2:]]
        exec(arguments[1], {"__name__": "__main__"})
        return 0
    from deepcinac.cli.main import main as run_command

    return run_command(arguments)


if __name__ == "__main__":
    multiprocessing.freeze_support()  # ends here in a worker of another process
    restore_library_path()
    start_others_with_a_console()
    sys.exit(main(sys.argv[1:]))
