"""``deepcinac gui [SESSION]``: open the window. Nothing else here knows ``deepcinac.gui``."""

from __future__ import annotations

import argparse
from typing import Any

from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser("gui", help="open the window (also without any command)")
    parser.add_argument("session", nargs="?", metavar="SESSION", help="session file to open")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Open the window; imported only here, because a cluster node may have no Tk."""
    import deepcinac.gui

    return int(deepcinac.gui.main(args.session))
