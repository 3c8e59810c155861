"""Whose recording it is, as options of ``create`` and ``describe``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcinac.labelling.provenance import Provenance

NAMES = ("animal", "session_date", "condition", "device")


def add_provenance_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--animal``, ``--session-date``, ``--condition`` and ``--device``."""
    group = parser.add_argument_group("whose recording it is")
    group.add_argument(
        "--animal", metavar="NAME", help="recordings of one animal are kept together"
    )
    group.add_argument("--session-date", metavar="DATE", help="such as 2026-11-27")
    group.add_argument("--condition", metavar="NAME", help="genotype, treatment, age …")
    group.add_argument("--device", metavar="NAME", help="microscope or dish")


def given_provenance(args: argparse.Namespace, known: Provenance) -> Provenance:
    """What is known, with what the command line says on top."""
    import dataclasses

    given = {name: value for name in NAMES if (value := getattr(args, name)) is not None}
    return dataclasses.replace(known, **given)
