"""``deepcinac missing``: places that are lit like a cell and have no mask."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    aligned,
    json_option,
    out_option,
    print_json,
    progress_option,
    refuse_existing,
)
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.inputs.missing_cells import ProposedCell


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "missing",
        help="cells without a mask, as proposals",
        description="Look for places in the movie of a session whose light no mask, background or motion "
        "explains, and propose them as cells. Light of cells without a mask is what classifiers are "
        "deceived by most. Nothing becomes a cell by itself: look at the proposals (in the window, "
        "Cell, Cells without a mask?), and add those that are with --add. Undo in the window takes "
        "an addition back.",
    )
    parser.add_argument("session", type=Path, metavar="SESSION", help="a session with its movie")
    parser.add_argument(
        "--add",
        metavar="NUMBERS",
        help="add these proposals, such as 0,2-4, to the session as cells",
    )
    out_option(parser, "FILE.npz", "write the proposals into a file")
    json_option(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Find, list, and add what was asked for."""
    from deepcinac.inputs.missing_cells import find_missing_cells, save_proposals
    from deepcinac.opening import open_recording

    if args.out is not None:
        refuse_existing(args.out, args.force)
    with open_recording(args.session, progress=progress) as recording:
        if recording.session is None:
            raise InputError("a session", "a movie", args.session)
        found = find_missing_cells(
            recording.movie,
            recording.cells,
            recording.frame_rate_hz,
            recording.pixel_size_um,
            progress,
        )
    if args.out is not None:
        save_proposals(args.out, found)
    _say(found, args.json)
    if args.add is not None:
        _add(args.session, found, args.add)
    return 0


def _say(found: list[ProposedCell], as_json: bool) -> None:
    rows = [
        (str(number), f"{one.xpix.mean():.0f}, {one.ypix.mean():.0f}", str(len(one.ypix)),
         str(len(one.events)), f"{one.peak_z:.1f}",
         "" if one.neighbour < 0 else f"{one.neighbour} ({one.likeness:.2f})")
        for number, one in enumerate(found)
    ]  # fmt: skip
    names = ("proposal", "x, y", "pixels", "times lit", "highest, SD", "most like cell")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print(aligned([names, *rows]) if rows else "Nothing is lit that has no mask.")


def _add(path: Path, found: list[ProposedCell], numbers: str) -> None:
    from deepcinac.labelling.session import Session
    from deepcinac.recording.selection import parse_selection

    chosen = parse_selection(numbers, len(found)).tolist()
    with Session.open(path) as session:
        if session.read_only:
            raise InputError(
                "a session that can be written to", str(session.read_only_reason), path
            )
        with session.group("add cells without a mask"):
            for number in chosen:
                one = found[number]
                session.add_cell(one.ypix, one.xpix, one.weight, "proposed: light without a mask")
        print(f"{path}: {len(chosen)} cells added, {session.n_cells} now")
