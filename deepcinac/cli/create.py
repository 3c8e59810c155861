"""``deepcinac create``: a session file for a movie and its cells."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcinac.cli.cell_options import add_cell_options, cell_options_from
from deepcinac.cli.common import progress_option, rate_options, stated
from deepcinac.cli.create_cells import add_plausibility_options, plausible
from deepcinac.cli.movie_options import add_movie_options, opened_so, opening_of, tell_about
from deepcinac.cli.provenance_options import add_provenance_options, given_provenance
from deepcinac.errors import InputError
from deepcinac.progress import Progress

WHOLE_ENDINGS = (".cinac", ".nwb")
"""Files that may hold, or name, both the movie and its cells."""


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
        "--movie", metavar="MOVIE", help="TIFF, folder of TIFFs, data.bin, .npy, HDF5 or .nwb"
    )
    parser.add_argument(
        "--cells",
        metavar="CELLS",
        help="suite2p's stat.npy, CaImAn's .hdf5, RoiSet.zip, coordinates or a matrix A (.npy, .npz, "
        ".mat), .nwb, .cinac, label image, stack of masks or cells.npz",
    )
    parser.add_argument(
        "--from",
        dest="whole",
        type=Path,
        metavar="FILE",
        help="a .cinac or .nwb file, or a folder of suite2p (plane0): its movie and cells, where "
        "--movie and --cells say nothing else, the labels of a .cinac and the spks of suite2p",
    )
    parser.add_argument(
        "--segment",
        type=int,
        metavar="N",
        help="with --from FILE.cinac whose movie is gone: make a session of one labelled segment, of "
        "the part of the movie that is stored with it (written beside the session as "
        "OUT-segment-N.tif); without a number that exists, the segments are listed",
    )
    rate_options(parser)
    add_movie_options(parser)
    add_cell_options(parser)
    add_plausibility_options(parser)
    add_provenance_options(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Parts:
    """Where movie, cells, labels and another method's activity of a new session come from."""

    movie: str
    cells: str
    labels: Path | None = None
    activity: Path | None = None


def parts_of(whole: Path | None, movie: str | None, cells: str | None) -> Parts:
    """What ``--from``, ``--movie`` and ``--cells`` name together."""
    labels = activity = None
    if whole is not None:
        ending = whole.suffix.lower()
        if whole.is_dir():
            activity = _spikes_of_suite2p(whole)
        elif ending not in WHOLE_ENDINGS:
            expected = f"a folder of suite2p, or a file ending in {' or '.join(WHOLE_ENDINGS)}"
            raise InputError(expected, f"{whole.name}")
        cells = cells or str(whole)
        if ending == ".cinac":
            labels = whole
            movie = movie or _movie_of_cinac(whole)
        movie = movie or str(whole)
    if not movie or not cells:
        missing = "--movie" if not movie else "--cells"
        raise InputError("a movie and its cells", f"no {missing}", hint=f"add {missing}")
    return Parts(movie, cells, labels, activity)


def _spikes_of_suite2p(folder: Path) -> Path | None:
    from deepcinac.formats import suite2p

    if not suite2p.recognises(folder):
        raise InputError("suite2p's stat.npy in a folder", "none", folder)
    return suite2p.spikes_file(folder)


def _movie_of_cinac(path: Path) -> str:
    from deepcinac.formats.cinac import movie_of, read_cinac

    return movie_of(read_cinac(path))


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Read what the movie's file says, and write the session."""
    from deepcinac.labelling.session import Session
    from deepcinac.opening import open_recording

    if args.segment is not None:
        return _create_from_segment(args)
    parts = parts_of(args.whole, args.movie, args.cells)
    with open_recording(
        parts.movie,
        parts.cells,
        frame_rate_hz=args.frame_rate,
        pixel_size_um=args.pixel_size,
        cell_options=cell_options_from(args),
        working_copy=False,
        progress=progress,
        **opened_so(args),
    ) as recording:
        cells, shape = recording.cells, recording.shape
        rate, size = recording.frame_rate_hz, recording.pixel_size_um
        tell_about(args, recording.movie, cells)
        opening = opening_of(args, recording.movie)
        cells = plausible(cells, args, size, parts.cells)
        with Session.create(args.out, recording.movie.address, shape, cells, rate, size) as session:
            if opening != type(opening)():
                session.set_opening(opening)
            known = session.provenance()
            if (whose := given_provenance(args, known)) != known:
                session.set_provenance(whose)
        print(
            f"{args.out}: {len(cells)} cells, {shape[0]} frames of {shape[1]} x {shape[2]} pixels, "
            f"{rate:g} Hz, {size:g} um a pixel"
        )
    for line in import_or_remove(args.out, parts):
        print(f"{args.out}: {line}")
    return 0


def _create_from_segment(args: argparse.Namespace) -> int:
    """A session of what a .cinac holds of the movie around one labelled segment."""
    from deepcinac.formats import cinac_segments
    from deepcinac.formats.cinac import cells_of_segment, read_cinac
    from deepcinac.formats.same_cells import counted
    from deepcinac.labelling.session import Session

    if args.whole is None or args.whole.suffix.lower() != ".cinac":
        raise InputError("--from FILE.cinac beside --segment", f"{args.whole or 'none'}")
    if args.movie or args.cells:
        raise InputError("--segment alone: it has its movie and cells", "--movie or --cells")
    content = read_cinac(args.whole)
    segment = cinac_segments.segment_numbered(content, args.segment)
    rate = stated(args.frame_rate, None, "frame rate", "--frame-rate HZ")
    size = stated(args.pixel_size, None, "pixel size", "--pixel-size UM")
    cells = cells_of_segment(args.whole, segment.name, segment.crop)
    labels = cinac_segments.labels_of_segment(content, segment, len(cells))
    ending = f"-segment-{args.segment}"
    movie = args.out.with_name(f"{args.out.stem.removesuffix(ending)}{ending}.tif")
    cinac_segments.write_crop(content, segment, movie)
    try:
        shape = (len(segment.active), cells.height, cells.width)
        with Session.create(args.out, movie, shape, cells, rate, size) as session:
            said = cinac_segments.import_segment(session, content, segment, labels)
    except BaseException:
        movie.unlink(missing_ok=True)
        raise
    held = f"{counted(len(cells), 'cell')}, {shape[0]} frames of {shape[1]} x {shape[2]} pixels"
    print(f"{args.out}: {held} in {movie.name}, {rate:g} Hz, {size:g} um a pixel")
    for line in said:
        print(f"{args.out}: {line}")
    return 0


def import_or_remove(session_path: Path, parts: Parts) -> list[str]:
    """Labels and activity into a session that was just made; what was done, a line each.

    Where they do not fit, the session goes again: half of what was asked for is not an answer.
    """
    from deepcinac.formats.cinac_import import import_cinac
    from deepcinac.formats.method_curves import import_curves
    from deepcinac.labelling.session import Session

    if parts.labels is None and parts.activity is None:
        return []
    said: list[str] = []
    try:
        with Session.open(session_path) as session:
            if parts.labels is not None:
                said += import_cinac(session, parts.labels)
            if parts.activity is not None:
                said += import_curves(session, parts.activity, name="suite2p spks")
    except InputError:
        session_path.unlink(missing_ok=True)
        raise
    return said
