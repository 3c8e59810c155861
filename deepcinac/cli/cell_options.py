"""Options of the commands that read another program's cells."""

from __future__ import annotations

import argparse

from deepcinac.cli.common import accept_option, share
from deepcinac.formats.choices import MASK_ENERGY, CellOptions


def add_cell_options(parser: argparse.ArgumentParser) -> None:
    """Add what :class:`~deepcinac.formats.choices.CellOptions` holds."""
    group = parser.add_argument_group("cells of other programs")
    group.add_argument(
        "--variable",
        metavar="NAME",
        help="the variable or HDF5 path with the cells, where the file holds several (also "
        "written FILE#NAME)",
    )
    group.add_argument(
        "--matlab-indexing",
        action=argparse.BooleanOptionalAction,
        help="coordinates are counted from 1 (default: as the file tells, .mat from 1)",
    )
    group.add_argument("--swap-xy", action="store_true", help="exchange x and y of the cells")
    group.add_argument(
        "--mask-energy",
        type=share,
        default=MASK_ENERGY,
        metavar="PART",
        help="a weighted footprint of CaImAn ends where its brightest pixels hold this part of its "
        f"energy (default: {MASK_ENERGY:g}, as CaImAn draws it)",
    )


def cell_options_from(args: argparse.Namespace) -> CellOptions:
    """What was given."""
    accepted = tuple(getattr(args, "accept", ()))
    return CellOptions(
        args.variable, args.matlab_indexing, args.swap_xy, args.mask_energy, accepted
    )


def parsed_options(arguments: list[str]) -> CellOptions:
    """The inverse of :meth:`CellOptions.as_arguments`."""
    parser = argparse.ArgumentParser()
    add_cell_options(parser)
    accept_option(parser)
    return cell_options_from(parser.parse_args(arguments))
