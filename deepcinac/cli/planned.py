"""Commands that take long: they say what they would do and how long it takes, and then do it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deepcinac.cli.common import json_option, out_option
from deepcinac.errors import InputError

if TYPE_CHECKING:
    from deepcinac.results import Results

Plan = TypeVar("Plan")
PAGE = "report.html"


def add_plan_options(parser: argparse.ArgumentParser, out_help: str, write_help: str) -> None:
    """``--out``, ``--write``, ``--plan`` and ``--json``, the same in every such command."""
    out_option(parser, "DIR", out_help)
    parser.add_argument("--write", action="store_true", help=write_help)
    parser.add_argument(
        "--plan", action="store_true", help="say what would be done and how long it takes, and stop"
    )
    json_option(parser)


def run_planned(
    args: argparse.Namespace,
    make_plan: Callable[[], Plan],
    in_words: Callable[[Plan], str],
    carry_out: Callable[[Plan], int],
    sessions: Sequence[Path] = (),
) -> int:
    """Refuse what cannot work before anything is read; plan, say the plan, and carry it out.

    ``sessions``: those that ``--write`` writes into.
    """
    if not args.plan and args.out is None:
        raise InputError("a folder for the report", "none", hint="add --out DIR")
    if args.out is not None and (args.out / PAGE).exists() and not args.force:
        raise InputError("a folder without a report", "one with a report", args.out,
                         "choose another folder, or overwrite it with --force")  # fmt: skip
    if args.write and not args.plan:
        require_writable(sessions)
    plan = make_plan()
    if not args.json:
        print(in_words(plan))
    return 0 if args.plan else carry_out(plan)


def require_writable(paths: Sequence[Path]) -> None:
    """Before hours of work: whether the answers can be written into these sessions."""
    from deepcinac.labelling.session import Session

    for path in paths:
        with Session.open(path) as session:
            if session.read_only:
                found = f"one that is read only: {session.read_only_reason}"
                raise InputError("a session that can be edited", found, path)


def write_into(path: Path, results: Results) -> str:
    """Put results into a session; where they are, in words."""
    from deepcinac.labelling.session import Session

    with Session.open(path) as session:
        layer = session.write_results(results)
    return f"{path}: layer {layer.name}"
