"""Where the executable begins (see README.md beside this file).

It is the command ``deepcinac``. As the program starts itself again in other processes, with
``sys.executable`` and ``-m`` or ``-c``, it understands these two as Python does.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
import sys
from pathlib import Path

WINDOW_PROGRAM = "deepcinac-gui"
"""On Windows: the program beside ``deepcinac`` that has no console. Its only argument is a session."""


def restore_environment() -> None:
    """Undo what the start of the executable has set, for the programs that we start ourselves."""
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before


def keep_matplotlib_settings() -> None:
    """In our cache: in the new folder of every start that PyInstaller makes, fonts are searched each time."""
    from deepcinac.errors import InputError
    from deepcinac.files import cache_folder

    with contextlib.suppress(OSError, InputError):  # "doctor" says what is wrong with the cache
        os.environ["MPLCONFIGDIR"] = str(cache_folder() / "matplotlib")


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
    from deepcinac.cli import main as command

    program = Path(sys.executable)
    if program.stem == WINDOW_PROGRAM:
        sys.executable = str(program.with_stem("deepcinac"))  # jobs have streams
        return command.window()
    return command.main(arguments)


if __name__ == "__main__":
    multiprocessing.freeze_support()  # ends here in a worker of another process
    restore_environment()
    keep_matplotlib_settings()
    sys.exit(main(sys.argv[1:]))
