"""``deepcinac demix``: find the cells of a movie and take their light apart, with one network."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    aligned,
    json_option,
    out_option,
    print_json,
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
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.labelling.provenance import Opening
    from deepcinac.recording.movie import Movie

DEFAULT = "demix"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "demix",
        help="find cells and take their light apart (experimental)",
        description="Find the cells of a registered movie that do something, and take the light of those "
        "that overlap apart. The folder gets a session with footprints and demixed traces, the movie without "
        "noise, and a report. There is nothing to tune. Experimental: the manual says how it stands beside "
        "'deepcinac detect' (suite2p).",
    )
    parser.add_argument(
        "movie", metavar="MOVIE|SESSION",
        help="a registered movie (whatever 'deepcinac create' takes), or a session, whose movie is taken",
    )  # fmt: skip
    out_option(parser, "DIR", "a new folder for what is found", required=True, force=False)
    parser.add_argument(
        "--classifier", default=DEFAULT, metavar="NAME|DIR",
        help="a network that demixes (default: the one that ships)",
    )  # fmt: skip
    rate_options(parser)
    add_movie_options(parser)
    json_option(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Demix, write, say what was found."""
    from deepcinac.evaluation.html_page import PAGE
    from deepcinac.files import SESSION_ENDING
    from deepcinac.tasks.demixing.demixing import MOVIE, SESSION

    for name in (SESSION, MOVIE, PAGE):
        if (args.out / name).exists():
            raise InputError("a new folder", f"{name} in it", args.out, "choose another name")
    if args.movie.endswith(SESSION_ENDING):
        return _of_session(args, progress)
    from deepcinac.recording.movie_readers import open_movie

    with open_movie(args.movie, working_copy=False, progress=progress, **opened_so(args)) as movie:
        rate, size = rate_and_size(args, movie)
        tell_about(args, movie)
        return _demix(args, movie, rate, size, opening_of(args, movie), progress)


def _of_session(args: argparse.Namespace, progress: Progress) -> int:
    from deepcinac.opening import open_recording

    with open_recording(args.movie, working_copy=False, progress=progress) as recording:
        rate = args.frame_rate or recording.frame_rate_hz
        size = args.pixel_size or recording.pixel_size_um
        opening = recording.require_session().opening()
        return _demix(args, recording.movie, rate, size, opening, progress)


def _demix(
    args: argparse.Namespace,
    movie: Movie,
    rate: float,
    size: float,
    opening: Opening,
    progress: Progress,
) -> int:
    from deepcinac.labelling.session import Session
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.tasks.demixing.demixing import (
        MOVIE,
        SESSION,
        demix,
        write_denoised,
        write_session,
    )
    from deepcinac.tasks.demixing.report import HEAD, as_dict, notes_on, summary, write_report

    classifier = find_classifier(args.classifier)
    found = demix(movie, rate, size, classifier, progress)
    args.out.mkdir(parents=True, exist_ok=True)
    write_denoised(args.out / MOVIE, found, movie.dtype, progress)
    write_session(args.out / SESSION, movie, found, classifier, rate, size, opening)
    with Session.open(args.out / SESSION) as session:
        session.note_accepted(args.accept)
    page = write_report(args.out, found, movie, rate)
    if args.json:
        print_json(as_dict(found, movie))
        return 0
    print(aligned([HEAD, *summary(found)], "  "))
    print("\n" + "\n".join(notes_on(found)))
    for what, path in (("session", SESSION), ("denoised movie", MOVIE)):
        print(f"{what} {args.out / path}")
    print(f"report {page}")
    return 0
