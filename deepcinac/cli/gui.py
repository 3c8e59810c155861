"""``deepcinac gui [SESSION]``: open the window. Nothing else here knows ``deepcinac.gui``.

``--prepare``, ``--queue`` and ``--types`` do the window's own long work in a process of its own; the
window starts them, and a cluster may, so that a session opens at once afterwards.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from deepcinac.cli.common import progress_option, share
from deepcinac.errors import InputError
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser("gui", help="open the window (also without any command)")
    parser.add_argument("session", nargs="?", metavar="SESSION", help="session file to open")
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="only make the traces and images that the window needs of SESSION, then end",
    )
    parser.add_argument(
        "--queue", type=Path, metavar="JSON", help="only write the review queue of SESSION"
    )
    parser.add_argument("--types", type=Path, metavar="JSON", help=argparse.SUPPRESS)
    parser.add_argument("--type-classifier", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--preview", type=Path, metavar="NPZ", help=argparse.SUPPRESS)
    parser.add_argument("--import-labels", type=Path, metavar="COPY", help=argparse.SUPPRESS)
    parser.add_argument("--labels", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--view", default="{}", help=argparse.SUPPRESS)
    parser.add_argument("--movie", help=argparse.SUPPRESS)
    parser.add_argument("--cells", help=argparse.SUPPRESS)
    parser.add_argument("--cell-options", default="[]", help=argparse.SUPPRESS)
    parser.add_argument(
        "--threshold", type=share, default=0.5, help="of the review queue (default: 0.5)"
    )
    parser.add_argument(
        "--unsure",
        type=share,
        nargs=2,
        default=(0.25, 0.65),
        metavar=("FROM", "TO"),
        help="highest probabilities of transients that the queue calls unsure (default: 0.25 0.65)",
    )
    progress_option(parser)
    parser.set_defaults(run=run, progress="none")


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Open the window, or do a part of its work without one."""
    if args.preview:
        import json

        from deepcinac.cli.cell_options import parsed_options
        from deepcinac.gui.jobs.preview import make_preview

        options = parsed_options(json.loads(args.cell_options))
        make_preview(args.movie, args.cells, args.preview, progress, options)
        return 0
    if (args.prepare or args.queue or args.types) and args.session is None:
        raise InputError("a session to work on", "none", hint="name a .deepcinac file")
    if args.export:
        import json

        from deepcinac.gui.jobs.figure import draw_view

        draw_view(args.session, args.export, json.loads(args.view))
        return 0
    if args.import_labels:
        from deepcinac.gui.jobs.label_import import import_into_copy

        for line in import_into_copy(args.session, args.labels, args.import_labels):
            print(line)
        return 0
    if args.prepare:
        from deepcinac.gui.session.data import prepare

        print(f"{args.session}: traces and images are in {prepare(args.session, progress)}")
        return 0
    if args.queue:
        from deepcinac.gui.session.review_queue import make_queue

        n_items = make_queue(args.session, args.queue, args.threshold, tuple(args.unsure), progress)
        print(f"{args.queue}: {n_items} items to review")
        return 0
    if args.types:
        from deepcinac.gui.jobs.type_suggestions import make_suggestions

        print(make_suggestions(args.session, args.types, args.type_classifier, progress))
        return 0
    return open_window(args.session)


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
