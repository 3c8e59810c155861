"""``deepcinac describe``: say of sessions whose recordings they are."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepcinac.cli.provenance_options import NAMES, add_provenance_options, given_provenance
from deepcinac.errors import InputError
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "describe",
        help="say of which animal, date, condition and device a session is",
        description="Say whose recordings some sessions are. What is not given stays as it is, and "
        "'' takes it back. Recordings of one animal are never split between training and test.",
    )
    parser.add_argument("sessions", nargs="+", type=Path, metavar="SESSION")
    add_provenance_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Change each session; one step of undo."""
    from deepcinac.labelling.session import Session

    if all(getattr(args, name) is None for name in NAMES):
        raise InputError("--animal, --session-date, --condition or --device", "none of them")
    for path in args.sessions:
        with Session.open(path) as session:
            if session.read_only:
                found = f"one that is read only: {session.read_only_reason}"
                raise InputError("a session that can be edited", found, path)
            whose = given_provenance(args, session.provenance())
            session.set_provenance(whose)
        told = {name: getattr(whose, name) for name in NAMES}
        words = [f"{name.replace('_', ' ')} {value}" for name, value in told.items() if value]
        print(f"{path}: {', '.join(words) or 'nothing is known'}")
    return 0
