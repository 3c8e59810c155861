"""Cells of a new session: what can hardly be a cell is asked about, and doubles are merged on request."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from deepcinac.cli.common import accept_option, accepted_from

if TYPE_CHECKING:
    from deepcinac.recording.cells import Cells


def add_plausibility_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--merge-duplicates`` and ``--accept``."""
    parser.add_argument(
        "--merge-duplicates",
        action="store_true",
        help="make one cell of outlines that share nearly all pixels",
    )
    accept_option(parser)


def plausible(
    cells: Cells, args: argparse.Namespace, pixel_size_um: float, where: str | Path
) -> Cells:
    """The cells, after what was asked about them was accepted; doubles are one where that is wanted.

    What was merged is printed.
    """
    from deepcinac.recording.plausible_cells import ask_about, listed_pairs, merge_same, same_cells

    if getattr(args, "merge_duplicates", False) and (pairs := same_cells(cells)):
        merged = merge_same(cells, pairs)
        print(
            f"{where}: {len(cells)} outlines make {len(merged)} cells; merged: {listed_pairs(pairs)}"
        )
        cells = merged
    ask_about(cells, pixel_size_um, where, accepted_from(args))
    return cells
