"""``deepcinac predict``: the probability of activity for every cell and frame of a movie."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepcinac.cli.common import (
    accepted_from,
    classifier_option,
    out_option,
    progress_option,
    rate_options,
    refuse_existing,
    share,
    stated,
)
from deepcinac.cli.create_cells import plausible
from deepcinac.cli.movie_options import add_movie_options, opened_so, tell_about
from deepcinac.cli.nwb_options import about_from, nwb_options
from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent

if TYPE_CHECKING:
    import numpy as np

    from deepcinac.labelling.session import Session
    from deepcinac.learning.zoo import ClassifierFolder
    from deepcinac.recording.cells import Cells
    from deepcinac.recording.movie import Movie
    from deepcinac.results import Results
    from deepcinac.results.nwb_about import NwbAbout

HEARTBEAT_S = 30.0
"""How often the sessions that are held are said to be in use."""

_log = logging.getLogger(__name__)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "predict",
        help="predict the activity of the cells of a movie",
        description="Predict, for every cell and frame, the probability that the cell is in the rise "
        "of a transient. Sessions get the prediction as a layer of the classifier; with --out it is "
        "written into a file and no session is changed. The movie is read once in blocks, so it may "
        "be larger than memory. A run that was stopped resumes where it was when the same command is "
        "given again.",
    )
    parser.add_argument(
        "sessions",
        nargs="*",
        type=Path,
        metavar="SESSION",
        help="a session file, which knows its movie, cells, frame rate and pixel size; or several",
    )
    parser.add_argument(
        "--movie", metavar="MOVIE", help="instead: TIFF, folder of TIFFs, data.bin, .npy or HDF5"
    )
    parser.add_argument(
        "--cells",
        type=Path,
        metavar="CELLS",
        help="with --movie: stat.npy, RoiSet.zip, label image, stack of masks or cells.npz",
    )
    rate_options(parser)
    add_movie_options(parser)
    classifier_option(parser)
    parser.add_argument(
        "--select",
        action="append",
        metavar="CELLS",
        help="cells to predict, such as 0-9,12, or 'valid'; may be repeated (default: all)",
    )
    parser.add_argument(
        "--threshold",
        type=share,
        metavar="P",
        help="threshold noted with the result (default: the card's)",
    )
    parser.add_argument(
        "--layer", metavar="NAME", help="name of a new layer (default: the classifier's)"
    )
    endings = ".npz, .npy, .mat, .csv, .nwb or .zarr"
    out_option(parser, "FILE", f"write this file only; it ends in {endings}")
    parser.add_argument(
        "--live",
        type=Path,
        metavar="FILE.npy",
        help="write the probability (cells x frames) of one recording into this file as well, block by "
        "block as it is known; NaN: not yet",
    )
    nwb_options(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Predict and keep; everything that can be checked is checked before the first frame is read."""
    from deepcinac.tasks.activity.published import classifier_to_predict

    check(args)
    classifier = classifier_to_predict(args.classifier, accepted_from(args))
    if args.out is not None:
        _predict_into_file(args, classifier, progress)
        return 0
    # All are held until the end: what took hours must not meet a session that somebody opened.
    with held(args.sessions) as sessions:
        given = [_of_session(session, args) for session in sessions]
        for session in sessions:
            selected(args, session.cells())
        predictor = _Predictor(args, classifier)
        beating = _with_heartbeat(progress, sessions)
        for session, recording in zip(sessions, given, strict=True):
            results, _ = predictor.predict(recording, session.path, beating)
            print(kept(session, results, args))
    return 0


def check(args: argparse.Namespace) -> None:
    """Refuse options that do not go together, and an output that could not be written."""
    from deepcinac.results.files import check_out

    place = "the command line"
    if bool(args.sessions) == (args.movie is not None):
        raise InputError(
            "a session, or --movie with --cells", "both" if args.sessions else "neither", place
        )
    if args.movie is not None and args.cells is None:
        raise InputError("--cells with --movie", "no --cells", place)
    if args.sessions and (args.series or args.mask_nan):
        raise InputError("the session's own series and mask", "--series or --mask-nan", place)
    if args.sessions and args.cells is not None:
        raise InputError("the session's own cells", "--cells as well", place)
    twice = [path for path in args.sessions if args.sessions.count(path) > 1]
    if twice:
        raise InputError("every session once", "one that is named twice", twice[0])
    if args.live is not None and len(args.sessions) > 1:
        raise InputError("one recording with --live", f"{len(args.sessions)}", place)
    if args.out is None:
        if args.movie is not None:
            raise InputError("--out FILE with --movie", "no --out", place)
        return
    if args.layer is not None:
        raise InputError("--layer without --out", "both", place)
    if len(args.sessions) > 1:
        raise InputError("one session with --out", f"{len(args.sessions)}", place)
    check_out(args.out, about_of(args) if args.out.suffix.lower() == ".nwb" else None)
    refuse_existing(args.out, args.force)


def about_of(args: argparse.Namespace) -> NwbAbout:
    """What an .nwb must say of the recording: from the options, or the session."""
    from deepcinac.labelling.session import Session

    if not args.sessions:
        return about_from(args)
    with Session.open(args.sessions[0], read_only=True) as session:
        return about_from(args, session.provenance())


class _Given(NamedTuple):
    """What the command line, or the session, says of a recording."""

    movie: str
    cells: Cells | None
    frame_rate_hz: float | None
    pixel_size_um: float | None


def _of_session(session: Session, args: argparse.Namespace) -> _Given:
    recording = session.recording
    return _Given(
        session.movie_address(),
        session.cells(),
        args.frame_rate or recording.frame_rate_hz,
        args.pixel_size or recording.pixel_size_um,
    )


def cells_of(args: argparse.Namespace, movie: Movie) -> Cells:
    """The cells that ``--cells`` names."""
    from deepcinac.formats import CellOptions, load_cells

    options = CellOptions(accepted=tuple(args.accept))
    return load_cells(args.cells, (movie.height, movie.width), options)


def selected(args: argparse.Namespace, cells: Cells) -> np.ndarray | None:
    """The cells to predict; None for all."""
    from deepcinac.recording.selection import parse_selection

    return parse_selection(",".join(args.select), len(cells), cells.valid) if args.select else None


class _Predictor:
    """One classifier and its network, which is loaded once for all recordings."""

    def __init__(self, args: argparse.Namespace, classifier: ClassifierFolder) -> None:
        self._args = args
        self._classifier = classifier
        self._network: Any = None

    def predict(self, given: _Given, target: Path, progress: Progress) -> tuple[Results, Cells]:
        """Predict a recording; what was reached by a run that is stopped waits beside ``target``."""
        from deepcinac.recording.clock import ask_about, mean_pixel_size
        from deepcinac.recording.movie_readers import open_movie
        from deepcinac.tasks.activity.model import load_network
        from deepcinac.tasks.activity.prediction import predict

        args = self._args
        opened = {**opened_so(args), "axes_known": given.cells is not None}
        with open_movie(given.movie, progress=progress, **opened) as movie:
            cells = given.cells or cells_of(args, movie)
            tell_about(args, movie, cells)
            in_file = movie.frame_rate_hz, mean_pixel_size(movie)
            rate = stated(given.frame_rate_hz, in_file[0], "frame rate", "--frame-rate HZ")
            size = stated(given.pixel_size_um, in_file[1], "pixel size", "--pixel-size UM")
            if given.cells is None or args.frame_rate or args.pixel_size:
                ask_about(rate, "frame rate", movie.path, accepted_from(args))
                ask_about(size, "pixel size", movie.path, accepted_from(args))
            if given.cells is None:
                cells = plausible(cells, args, size, args.cells)
            select = selected(args, cells)
            if self._network is None:
                name = self._classifier.card.name
                progress(ProgressEvent("loading the classifier", message=name))
                self._network = load_network(self._classifier)
            results = predict(
                movie,
                cells,
                rate,
                size,
                self._classifier,
                select=select,
                progress=progress,
                checkpoint_file=target.with_name(f".{target.name}.partial"),
                network=self._network,
                arrived=None if args.live is None else _live_file(args.live, cells, select, movie),
            )
        if args.threshold is not None:
            results = dataclasses.replace(results, threshold=args.threshold)
        for warning in results.warnings:
            _log.warning(warning)
        return results, cells


def _live_file(
    path: Path, cells: Cells, select: np.ndarray | None, movie: Movie
) -> Callable[[int, np.ndarray], None]:
    """What writes blocks into an array on disk that another program may read meanwhile."""
    import numpy as np

    n_cells = len(cells) if select is None else len(select)
    # Written as a file before it is mapped: a full disk is then an error, and not a crash.
    with open(path, "wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": (n_cells, movie.n_frames)}
        np.lib.format.write_array_header_1_0(stream, header)
        nothing = np.full(movie.n_frames, np.nan, "<f4").tobytes()
        for _ in range(n_cells):
            stream.write(nothing)
    array = np.lib.format.open_memmap(path, mode="r+")

    def write(first: int, block: np.ndarray) -> None:
        array[:, first : first + block.shape[1]] = block
        array.flush()

    return write


# Into sessions


@contextlib.contextmanager
def held(paths: list[Path]) -> Iterator[list[Session]]:
    """All sessions open for writing; where one is not free, an InputError says who has it."""
    from deepcinac.labelling.session import Session

    with contextlib.ExitStack() as stack:
        sessions = []
        for path in paths:
            session = stack.enter_context(Session.open(path))
            if session.read_only:
                raise InputError(
                    "a session that can be written to",
                    f"one that is {session.read_only_reason}",
                    path,
                    "close it there, or write the prediction into a file with --out FILE.npz",
                )
            sessions.append(session)
        yield sessions


def _with_heartbeat(progress: Progress, sessions: list[Session]) -> Progress:
    """The same progress, which also tells other computers that the sessions are in use."""
    last = time.monotonic()

    def report(event: ProgressEvent) -> None:
        nonlocal last
        if time.monotonic() - last > HEARTBEAT_S:
            last = time.monotonic()
            for session in sessions:
                session.heartbeat()
        progress(event)

    return report


def kept(session: Session, results: Results, args: argparse.Namespace) -> str:
    """Put results into the session; what was done, in words."""
    with session.group("predict"):
        layer = session.write_results(results, args.layer)
        if args.threshold is not None and layer.threshold != args.threshold:
            session.set_threshold(layer.id, args.threshold)
        session.note_accepted(args.accept)
    for notice in session.notices:
        _log.warning("%s: %s", session.path, notice)
    return f"{session.path}: layer {layer.name}, {_summary(results)}"


# Into a file


def _predict_into_file(
    args: argparse.Namespace, classifier: ClassifierFolder, progress: Progress
) -> None:
    from deepcinac.labelling.session import Session

    if args.sessions:
        with Session.open(args.sessions[0], read_only=True) as session:
            given = _of_session(session, args)
    else:
        given = _Given(args.movie, None, args.frame_rate, args.pixel_size)
    results, cells = _Predictor(args, classifier).predict(given, args.out, progress)
    print(written(args, results, cells))


def written(args: argparse.Namespace, results: Results, cells: Cells | None) -> str:
    """Write ``--out``, for which only an .nwb needs the cells; what was done, in words."""
    from deepcinac.results.files import write_results

    about = about_of(args) if args.out.suffix.lower() == ".nwb" else None
    write_results(args.out, results, cells, about)
    return f"{args.out}: {_summary(results)}"


def _summary(results: Results) -> str:
    from deepcinac.results.csv_form import transients_of

    probability = results["probability"].array
    threshold = results.cut
    n_cells, n_frames = probability.shape
    found = len(transients_of(probability, threshold))
    return (
        f"{n_cells} cells, {n_frames} frames, {found} transients at threshold {threshold:g} "
        f"({results.maker.name})"
    )
