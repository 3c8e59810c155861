"""``deepcinac detect``: find the cells of a movie with suite2p."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from deepcinac.cli.common import (
    out_option,
    progress_option,
    rate_options,
)
from deepcinac.cli.movie_options import (
    add_movie_options,
    opened_so,
    opening_of,
    rate_and_size,
    tell_about,
)
from deepcinac.errors import InputError
from deepcinac.files import require_file
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "detect",
        help="find the cells of a movie with suite2p",
        description="Register a movie, find its cells and extract their activity with suite2p 1.1, "
        "into a session. The results of suite2p and the registered movie lie in a folder beside the "
        "session. Every ROI is kept; those that suite2p does not call cells are marked invalid. "
        "suite2p is another program, which `pip install suite2p` installs.",
    )
    parser.add_argument("movie", metavar="MOVIE", help="whatever 'deepcinac create' takes as movie")
    out_option(parser, "OUT.deepcinac", "the new session", required=True, force=False)
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="TOML",
        help="settings of suite2p, in the tables that it has itself, such as [detection]; what is "
        "not given is suite2p's default, fs the frame rate of the movie",
    )
    parser.add_argument(
        "--suite2p-python",
        metavar="PATH",
        default=sys.executable,
        help="the Python of the environment that has suite2p (default: the one that runs this)",
    )
    rate_options(parser)
    add_movie_options(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Check what can be checked, run suite2p, say what was found."""
    from deepcinac.formats.suite2p_detection import detect, folder_of
    from deepcinac.labelling.provenance import Opening
    from deepcinac.recording.movie_readers import open_movie

    settings = read_settings(args.settings) if args.settings else {}
    opened = opened_so(args)
    with open_movie(args.movie, working_copy=False, progress=progress, **opened) as movie:
        rate, size = rate_and_size(args, movie)
        tell_about(args, movie)
        overruled = dict(opening_of(args, movie).overruled)
        overruled.pop("mask_nan", None)  # the session's movie is the registered one
        session, notes = detect(
            movie,
            args.out,
            rate,
            size,
            settings=settings,
            python=args.suite2p_python,
            progress=progress,
        )
    with session:
        if overruled:
            session.set_opening(Opening(overruled=overruled))
        session.note_accepted(args.accept)
        states = session.cell_states()
        accepted = sum(state.valid for state in states)
        print(
            f"{args.out}: {len(states)} cells found, {accepted} accepted by suite2p; "
            f"the registered movie is in {folder_of(args.out)}"
        )
    for note in notes:
        print(note)
    return 0


def read_settings(path: Path) -> dict[str, Any]:
    """The tables of a TOML file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(require_file(path, "a TOML file").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("a TOML file", f"'{error}'", path) from error
