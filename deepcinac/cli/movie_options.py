"""What a command asks about a movie: ``--series``, ``--mask-nan``, ``--accept``, and what it tells of it."""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import accept_option, accepted_from, stated

if TYPE_CHECKING:
    from deepcinac.labelling.provenance import Opening
    from deepcinac.recording.cells import Cells
    from deepcinac.recording.movie import Movie

_log = logging.getLogger(__name__)


def add_movie_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a movie is opened."""
    parser.add_argument(
        "--series",
        metavar="NAME",
        help="which of several movies in one place: a channel, plane or cycle, by the name that it is "
        "listed under; all: every frame, where the header is wrong",
    )
    parser.add_argument(
        "--mask-nan",
        action="store_true",
        help="fill pixels that are not numbers (the borders that motion correction leaves)",
    )
    accept_option(parser)


def opened_so(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of ``open_movie`` and ``open_recording`` that the options give."""
    return {"series": args.series, "accepted": accepted_from(args), "mask_nan": args.mask_nan}


def rate_and_size(args: argparse.Namespace, movie: Movie) -> tuple[float, float]:
    """Frames per second and um of a pixel, as given or in the file; asked about where they are unlikely."""
    from deepcinac.recording.clock import ask_about

    rate = stated(args.frame_rate, movie.frame_rate_hz, "frame rate", "--frame-rate HZ")
    size = stated(args.pixel_size, movie.pixel_size_um, "pixel size", "--pixel-size UM")
    ask_about(rate, "frame rate", movie.path, accepted_from(args))
    ask_about(size, "pixel size", movie.path, accepted_from(args))
    return rate, size


def tell_about(args: argparse.Namespace, movie: Movie, cells: Cells | None = None) -> list[str]:
    """Say what is wrong with a movie and its cells, a warning each; the sentences."""
    from deepcinac.recording.clock import contradiction, mean_pixel_size
    from deepcinac.recording.suitability import doubts, doubts_about_cells

    rate = contradiction(args.frame_rate, movie.frame_rate_hz, "frame rate", "Hz")
    size = contradiction(args.pixel_size, mean_pixel_size(movie), "pixel size", "um")
    said = [one for one in (rate, size) if one] + doubts(movie)
    if cells is not None:
        said += doubts_about_cells(movie, cells)
    for sentence in said:
        _log.warning("%s: %s", movie.path, sentence)
    return said


def opening_of(args: argparse.Namespace, movie: Movie) -> Opening:
    """What a session keeps of how its movie is read."""
    from deepcinac.labelling.provenance import Opening
    from deepcinac.recording.clock import contradiction, mean_pixel_size

    overruled: dict[str, Any] = {}
    if movie.accepted:
        overruled["accepted"] = sorted(movie.accepted)
    if movie.series == "all" or "header" in movie.accepted:
        overruled["header"] = f"all {movie.n_frames} frames are one series"
    if movie.mask_nan:
        overruled["mask_nan"] = True
    for name, given, found in (
        ("frame_rate_hz", args.frame_rate, movie.frame_rate_hz),
        ("pixel_size_um", args.pixel_size, mean_pixel_size(movie)),
    ):
        if contradiction(given, found, name, ""):
            overruled[name] = {"file": found, "given": given}
    height, width = movie.pixel_sizes_um or (None, None)
    if movie.pixel_size_um is not None:  # square: the session's pixel size says it all
        height = width = None
    return Opening(height, width, movie.series or "", overruled)
