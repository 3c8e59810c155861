"""``deepcinac track``: follow cells that move and vanish, within a movie or across days."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    aligned,
    json_option,
    out_option,
    print_json,
    progress_option,
    rate_options,
    settings_from_args,
    stated,
)
from deepcinac.cli.movie_options import add_movie_options, opened_so, rate_and_size, tell_about
from deepcinac.errors import InputError
from deepcinac.progress import Progress
from deepcinac.tracking.settings import (
    DaysMatchingSettings,
    EnsembleSettings,
    TrackingSettings,
)

if TYPE_CHECKING:
    import numpy as np

    from deepcinac.recording.movie import Movie
    from deepcinac.tracking.score import TrackingScore
    from deepcinac.tracking.tracking import Tracked

SESSION = "tracked.deepcinac"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "track",
        help="follow cells that move and vanish",
        description="Find the cells of a movie whose tissue stretches, follow them, and carry those that "
        "go dark on with their neighbours until they are seen again (EMC2). The folder gets a session of "
        "a stabilised movie, in which every cell stands still, so that it is labelled and predicted like "
        "any other; its traces and positions; and a report. Cells taken to stay where they were last seen "
        "stand beside it. With --days, the cells of several sessions of one field are matched; with "
        "--ensembles, the cells of a session are grouped by their activity.",
    )
    parser.add_argument(
        "inputs", nargs="+", metavar="MOVIE|SESSION",
        help="a movie (whatever 'deepcinac create' takes); sessions with --days or --ensembles",
    )  # fmt: skip
    out_option(parser, "DIR", "a new folder for what is found", required=True, force=False)
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--days",
        action="store_true",
        help="match the cells of sessions of one field on several days, the first being the reference, and "
        "count which stay active",
    )
    ways.add_argument(
        "--ensembles",
        action="store_true",
        help="group the cells of a session that are active together, against shuffled ones",
    )
    parser.add_argument(
        "--from", dest="source", metavar="NAME",
        help="with --ensembles: a layer of a classifier or method, or traces (default: the only "
        "classifier's layer, that of 'deepcinac track', or smoothed traces)",
    )  # fmt: skip
    parser.add_argument(
        "--signal", metavar="NAME", help="with --ensembles: a signal that they may follow"
    )
    ways.add_argument(
        "--volume",
        action="store_true",
        help="the file holds volumes (frames, depth, height, width; .npy or TIFF) with pixels of one size: "
        "positions and traces are written, and no session",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="NPZ",
        help="what is true (positions and shown, as 'deepcinac simulate --preset elastic' writes them), to "
        "score against",
    )
    rate_options(parser)
    add_movie_options(parser)
    json_option(parser)
    add_settings_arguments(parser, TrackingSettings, title="tracking")
    add_settings_arguments(parser, DaysMatchingSettings, title="cells across days")
    add_settings_arguments(parser, EnsembleSettings, title="ensembles")
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Track, write what was found, say it."""
    from deepcinac.cli.track_groups import run_days, run_ensembles

    for name in (SESSION, "report.html", "tracks.npz"):
        if (args.out / name).exists():
            raise InputError("a new folder", f"{name} in it", args.out, "choose another name")
    if (args.source or args.signal) and not args.ensembles:
        raise InputError("--ensembles beside --from or --signal", "none")
    if args.days:
        return run_days(args, progress)
    if args.ensembles:
        return run_ensembles(args, progress)
    settings = settings_from_args(args, TrackingSettings)
    if len(args.inputs) > 1:
        raise InputError("one movie", f"{len(args.inputs)}", hint="add --days for sessions")
    args.movie = args.inputs[0]
    if args.volume:
        return _volume(args, settings, progress)
    from deepcinac.recording.movie_readers import open_movie

    with open_movie(args.movie, working_copy=False, progress=progress, **opened_so(args)) as movie:
        rate, size = rate_and_size(args, movie)
        tell_about(args, movie)
        return _movie(args, movie, settings, rate, size, progress)


def _movie(
    args: argparse.Namespace,
    movie: Movie,
    settings: TrackingSettings,
    rate: float,
    size: float,
    progress: Progress,
) -> int:
    from deepcinac.labelling.session import Session
    from deepcinac.opening import open_recording
    from deepcinac.recording.projections import project
    from deepcinac.results.kinds import CURVE
    from deepcinac.tracking import report
    from deepcinac.tracking.session import NAME, write_session
    from deepcinac.tracking.tracking import spots_of

    truth = _truth(args.truth, movie.n_frames) if args.truth else None
    spots = spots_of(movie, settings, size, progress)
    tracked = _both(spots, settings, size, progress)
    best = tracked[report.ELASTIC]
    scores = _scores(tracked, truth, settings, size, (movie.height, movie.width))
    write_session(args.out / SESSION, movie, best, settings, rate, size, progress)
    with Session.open(args.out / SESSION) as session:
        session.note_accepted(args.accept)
        light = session.results(NAME)[CURVE].array
        with open_recording(session, working_copy=False) as still:
            after = project(still.movie, progress).maximum
    notes = report.notes_on(best)
    report.write_tables(args.out, best, report.as_dict(tracked, scores, notes))
    before = project(movie, progress).maximum
    page = report.write_report(args.out, tracked, scores, (before, after), light, rate, args.movie)
    return _say(args, tracked, scores, notes, [f"session {args.out / SESSION}", f"report {page}"])


def _both(
    spots: list[np.ndarray], settings: TrackingSettings, size: float, progress: Progress
) -> dict[str, Tracked]:
    """The method, and the plain one beside it."""
    from deepcinac.tracking import report
    from deepcinac.tracking.tracking import track_spots

    return {
        report.ELASTIC: track_spots(spots, settings, size, True, progress),
        report.CONSTANT: track_spots(spots, settings, size, False, progress),
    }


def _volume(args: argparse.Namespace, settings: TrackingSettings, progress: Progress) -> int:
    from deepcinac.files import write_npz
    from deepcinac.tracking import report
    from deepcinac.tracking.tracking import volume_spots
    from deepcinac.tracking.volumes import light_at, read_volumes

    size = stated(args.pixel_size, None, "pixel size", "--pixel-size UM")
    volumes = read_volumes(Path(args.movie))
    truth = _truth(args.truth, len(volumes)) if args.truth else None
    tracked = _both(volume_spots(volumes, settings, size), settings, size, progress)
    best = tracked[report.ELASTIC]
    scores = _scores(tracked, truth, settings, size, volumes.shape[1:])
    light = light_at(volumes, best.tracks.positions, settings.diameter_um / size)
    args.out.mkdir(parents=True, exist_ok=True)
    tracks = best.tracks
    write_npz(args.out / "tracks.npz", position_px=tracks.positions, seen=tracks.seen,
              followed=tracks.followed, light=light)  # fmt: skip
    notes = report.notes_on(best)[-1:]
    report.write_tables(args.out, best, report.as_dict(tracked, scores, notes))
    return _say(args, tracked, scores, notes, [f"tracks {args.out / 'tracks.npz'}"])


def _truth(path: Path, n_frames: int) -> dict[str, np.ndarray]:
    from deepcinac.files import read_npz

    truth = read_npz(path, required=("positions", "shown"))
    positions, shown = truth["positions"], truth["shown"]
    if positions.ndim != 3 or shown.shape != positions.shape[:2] or shown.shape[1] != n_frames:
        found = f"positions {positions.shape} and shown {shown.shape}"
        raise InputError(f"positions and shown of {n_frames} frames", found, path)
    return {"positions": positions, "shown": shown.astype(bool)}


def _scores(
    tracked: dict[str, Tracked],
    truth: dict[str, np.ndarray] | None,
    settings: TrackingSettings,
    size: float,
    shape: tuple[int, ...],
) -> dict[str, TrackingScore]:
    from deepcinac.tracking.score import score_tracks

    if truth is None:
        return {}
    within = 0.6 * settings.diameter_um / size
    return {
        name: score_tracks(
            one.tracks.positions, one.tracks.seen, truth["positions"], truth["shown"], within, shape
        )
        for name, one in tracked.items()
    }


def _say(
    args: argparse.Namespace,
    tracked: dict[str, Tracked],
    scores: dict[str, TrackingScore],
    notes: list[str],
    files: list[str],
) -> int:
    from deepcinac.tracking import report

    if args.json:
        print_json(report.as_dict(tracked, scores, notes))
        return 0
    print(aligned([report.HEAD, *report.summary(tracked)], "  "))
    if scores:
        print("\n" + aligned([report.SCORE_HEAD, *report.score_lines(scores)], "  "))
    print("\n" + "\n".join(notes))
    print("\n".join(files))
    return 0
