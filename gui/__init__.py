"""The window: views, commands, jobs and theme. No science in here, that is the library's.

Installed as ``deepcinac.gui``. This version has the library and the command line only.
"""

from __future__ import annotations

from deepcinac.errors import InputError
from deepcinac.version import __version__


def main(session: str | None = None) -> int:
    """Open the window, on ``session`` when one is named, and return the exit status."""
    raise InputError(
        "a version of DeepCINAC with its window",
        f"version {__version__}, which has the command line only",
        hint="'deepcinac --help' lists what it can do",
    )
