"""``deepcinac evaluate --around SIGNAL``: recordings before, during and after an event."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepcinac.cli.common import add_settings_arguments, aligned, print_json, settings_from_args
from deepcinac.errors import InputError
from deepcinac.evaluation.around.settings import AroundSettings
from deepcinac.progress import Progress

SIDES = ("signal", "condition", "session-date")


def add_around_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``--around``."""
    parser.add_argument(
        "--around",
        metavar="SIGNAL",
        help="report what cells do around events instead: a signal of the sessions ('stimulus', "
        "'stimulus > 0.5'); see --sessions",
    )
    group = parser.add_argument_group("around events")
    group.add_argument(
        "--sessions", action="extend", nargs="+", type=Path, metavar="SESSION",
        help="with --around: the recordings",
    )  # fmt: skip
    group.add_argument(
        "--point", metavar="Y,X", help="an electrode or an injury, in pixels of the movie"
    )
    group.add_argument(
        "--rest", metavar="NAME",
        help="of a signal of words, the one that is no event (default: the first of its words)",
    )  # fmt: skip
    group.add_argument(
        "--side-by-side", choices=SIDES, default="signal",
        help="what is compared: the words of the signal, or the condition or date of the sessions",
    )  # fmt: skip
    add_settings_arguments(parser, AroundSettings, title="windows around events")


def run_around(args: argparse.Namespace, progress: Progress) -> int:
    """Analyse every session, put them together, report."""
    from deepcinac.evaluation.around.analysis import analyse
    from deepcinac.evaluation.around.report import (
        as_dict,
        head,
        notes_on,
        put_together,
        summary,
        write_report,
    )
    from deepcinac.evaluation.comparison import in_words

    if args.truth or args.predictions:
        raise InputError("--around with --sessions alone", "--truth or --predictions as well")
    if not args.sessions:
        raise InputError(
            "sessions to look at", "none", hint="add --sessions a.deepcinac b.deepcinac"
        )
    if len(set(args.sessions)) < len(args.sessions):
        raise InputError("each session once", "one of them twice", "--sessions")
    settings = settings_from_args(args, AroundSettings)
    point = point_from(args.point)
    found = put_together(
        args.around,
        settings,
        [
            analyse(path, args.around, settings, point, args.rest, args.side_by_side, progress)
            for path in args.sessions
        ],
        args.seed,
    )
    content: dict[str, Any] = as_dict(found)
    page = write_report(args.out, found) if args.out is not None else None
    if args.json:
        print_json(content)
        return 0
    print(aligned([head(found), *summary(found)], "  "))
    print("\n" + "\n".join([*(in_words(gap) for gap in found.differences), *notes_on(found)]))
    if page is not None:
        print(f"\nThe report is in {page}")
    return 0


def point_from(text: str | None) -> tuple[float, float] | None:
    """Two numbers with a comma between them.

    >>> point_from("20,35.5")
    (20.0, 35.5)
    """
    if text is None:
        return None
    try:
        y, x = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError("two numbers Y,X in pixels", repr(text), "--point") from None
    return y, x
