"""``deepcinac predict``: the probability of activity for every cell and frame of a movie."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepcinac.cli.common import (
    parse_selection,
    progress_option,
    rate_options,
    share,
    stated,
)
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.recording.cells import Cells
    from deepcinac.results import Results

_log = logging.getLogger(__name__)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "predict",
        help="predict the activity of the cells of a movie",
        description="Write, for every cell and frame, the probability that the cell is in the rise of "
        "a transient. The movie is read once in blocks, so it may be larger than the memory. A run that "
        "was stopped goes on where it was when the same command is given again.",
    )
    parser.add_argument(
        "session",
        nargs="?",
        type=Path,
        metavar="SESSION",
        help="a session file, which knows its movie, cells, frame rate and pixel size",
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
    parser.add_argument(
        "--classifier",
        default="general",
        metavar="NAME|DIR",
        help="a shipped classifier or a folder (default: general)",
    )
    parser.add_argument(
        "--select", metavar="CELLS", help="cells to predict, such as 0-9,12 (default: all)"
    )
    parser.add_argument(
        "--threshold",
        type=share,
        metavar="P",
        help="threshold noted in the result (default: the card's)",
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="FILE",
        help="ends in .npz, .npy, .mat, .csv or .nwb",
    )
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Predict and write; everything that can be checked is checked before the first frame is read."""
    from deepcinac.classifier.export import predicted_transients
    from deepcinac.formats import load_cells
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.recording.movie import open_movie
    from deepcinac.results.kinds import PROBABILITY
    from deepcinac.tasks.activity.prediction import predict

    check_out(args.out)
    classifier = find_classifier(args.classifier)
    given = _recording(args)
    with open_movie(given.movie, progress=progress) as movie:
        cells = given.cells or load_cells(args.cells, (movie.height, movie.width))
        rate = stated(given.frame_rate_hz, movie.frame_rate_hz, "frame rate", "--frame-rate HZ")
        size = stated(given.pixel_size_um, movie.pixel_size_um, "pixel size", "--pixel-size UM")
        select = parse_selection(args.select, len(cells)) if args.select else None
        prediction = predict(
            movie,
            cells,
            rate,
            size,
            classifier,
            select=select,
            progress=progress,
            checkpoint_file=args.out.with_name(f".{args.out.name}.partial"),
        )
    if args.threshold is not None:
        prediction = dataclasses.replace(prediction, threshold=args.threshold)
    for warning in prediction.warnings:
        _log.warning(warning)
    write(args.out, prediction, cells)
    probability, threshold = prediction[PROBABILITY].array, float(prediction.threshold or 0)
    found = predicted_transients(probability, threshold)
    n_cells, n_frames = probability.shape
    print(
        f"{args.out}: {n_cells} cells, {n_frames} frames, {len(found)} transients at "
        f"threshold {threshold:g} ({prediction.maker.name})"
    )
    return 0


class _Given(NamedTuple):
    """What the command line, or the session, says of a recording."""

    movie: str
    cells: Cells | None
    frame_rate_hz: float | None
    pixel_size_um: float | None


def _recording(args: argparse.Namespace) -> _Given:
    """The recording of the session, or the one named by options; both, or neither, is a mistake."""
    if (args.session is None) == (args.movie is None):
        found = "both" if args.session else "neither"
        raise InputError("a session, or --movie with --cells", found, "the command line")
    if args.session is None:
        if args.cells is None:
            raise InputError("--cells with --movie", "no --cells", "the command line")
        return _Given(args.movie, None, args.frame_rate, args.pixel_size)
    if args.cells is not None:
        raise InputError("the session's own cells", "--cells as well", "the command line")

    from deepcinac.labelling.session import Session

    with Session.open(args.session, read_only=True) as session:
        recording = session.recording
        return _Given(
            session.movie_address(),
            session.cells(),
            args.frame_rate or recording.frame_rate_hz,
            args.pixel_size or recording.pixel_size_um,
        )


def check_out(path: Path) -> None:
    """Refuse a result that could not be written, before hours of work are spent."""
    from deepcinac.classifier.export import check_ending
    from deepcinac.formats.nwb import require_pynwb

    check_ending(path, (".nwb",))
    if path.suffix == ".nwb":
        require_pynwb()
    if path.is_dir():
        raise InputError("the name of a file", "a folder", path)


def write(path: Path, prediction: Results, cells: Cells) -> None:
    """Write a prediction in any of the forms; NWB also holds the cells' masks."""
    from deepcinac.classifier.export import meta_of, write_prediction
    from deepcinac.files import written_atomically
    from deepcinac.formats.nwb import write_probabilities
    from deepcinac.results.kinds import PROBABILITY

    if path.suffix != ".nwb":
        write_prediction(path, prediction)
        return
    with written_atomically(path) as temporary:
        found = prediction[PROBABILITY]
        write_probabilities(
            temporary, found.array, found.require_cells(), meta_of(prediction), cells
        )
