"""``deepcinac gui [SESSION]``: open the window. Nothing else here knows ``deepcinac.gui``.

``deepcinac worker FILE`` does one of the window's own jobs; the window starts it, and no help lists it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from deepcinac.cli.common import progress_option
from deepcinac.errors import InputError
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Describe both commands to argparse."""
    parser = subparsers.add_parser("gui", help="open the window (also without any command)")
    parser.add_argument("session", nargs="?", metavar="SESSION", help="session file to open")
    parser.set_defaults(run=run, progress="none")

    worker = subparsers.add_parser("worker", description="Do a job that the window has written.")
    worker.add_argument("request", type=Path, metavar="FILE", help="the job, as JSON")
    progress_option(worker)
    worker.set_defaults(run=run_worker)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Open the window."""
    return open_window(args.session)


def run_worker(args: argparse.Namespace, progress: Progress) -> int:
    """Do one of the window's jobs, without a window."""
    from deepcinac.gui.jobs import worker

    for line in worker.run(args.request, progress):
        print(line)
    return 0


def open_window(session: str | None) -> int:
    """Imported only here, because a cluster node may have no Tk."""
    try:
        import deepcinac.gui

        return int(deepcinac.gui.main(session))
    except ImportError as error:
        if "tkinter" not in str(error):
            raise
        raise InputError(
            "a Python with tkinter, which draws the window",
            f"none in {sys.executable}",
            hint="install it (python3-tk on Debian and Ubuntu, python-tk with Homebrew); "
            "'deepcinac --help' lists what works without a window",
        ) from error
