"""``deepcinac merge``: session files of one recording become one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepcinac.cli.common import aligned, out_option
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "merge",
        help="join session files of one recording",
        description="Make a new session with the layers of several files of one recording. Cells "
        "are recognised by their footprints, whatever their numbers. No label is lost, and "
        "the files that are joined stay as they are.",
    )
    parser.add_argument("sessions", nargs="+", type=Path, metavar="SESSION", help="at least two")
    out_option(parser, "OUT.deepcinac", "the new file", required=True, force=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Merge and say what the new file holds."""
    from deepcinac.labelling.merging import merge_sessions

    with merge_sessions(args.sessions, args.out) as merged:
        print(f"{args.out}: {merged.n_cells} cells, {len(merged.layers())} layers")
        rows = [
            (
                layer.name,
                layer.kind,
                layer.author,
                f"{len(merged.all_transients(layer.id))} transients",
            )
            for layer in merged.layers()
        ]
        if rows:
            print(aligned(rows, indent="  "))
    return 0
