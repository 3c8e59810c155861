"""``deepcinac create``: a session file for a movie and its cells."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepcinac.cli.common import rate_options, stated
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "create",
        help="make a session file for a movie and its cells",
        description="Make a session: one file that holds everything that experts and classifiers "
        "say about a recording. The movie stays where it is; the session knows how to find it. A "
        "file that exists is never replaced.",
    )
    parser.add_argument("out", type=Path, metavar="OUT.deepcinac", help="the new file")
    parser.add_argument(
        "--movie", required=True, metavar="MOVIE", help="TIFF, folder, data.bin, .npy or HDF5"
    )
    parser.add_argument(
        "--cells",
        required=True,
        type=Path,
        metavar="CELLS",
        help="stat.npy, RoiSet.zip, label image, stack of masks or cells.npz",
    )
    rate_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Read what the movie's file says, and write the session."""
    from deepcinac.formats import load_cells
    from deepcinac.labelling.session import Session
    from deepcinac.recording.movie import open_movie

    with open_movie(args.movie, working_copy=False, progress=progress) as movie:
        cells = load_cells(args.cells, (movie.height, movie.width))
        rate = stated(args.frame_rate, movie.frame_rate_hz, "frame rate", "--frame-rate HZ")
        size = stated(args.pixel_size, movie.pixel_size_um, "pixel size", "--pixel-size UM")
        with Session.create(args.out, movie.address, movie.shape, cells, rate, size) as session:
            n_cells = session.n_cells
        print(
            f"{args.out}: {n_cells} cells, {movie.n_frames} frames of {movie.height} x "
            f"{movie.width} pixels, {rate:g} Hz, {size:g} um a pixel"
        )
    return 0
