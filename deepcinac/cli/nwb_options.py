"""Options for what an NWB file must say of a recording; shared by the commands that write one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import accept_option, positive_float

if TYPE_CHECKING:
    from deepcinac.labelling.provenance import Provenance
    from deepcinac.results.nwb_about import NwbAbout

_SUBJECT = {
    "subject_id": "name of the animal (default: that of the session)",
    "species": "its species, such as 'Mus musculus'",
    "sex": "its sex: F, M, U or O",
    "age": "its age in the form of ISO 8601, such as P9D",
}
_WORDS = {
    "indicator": "the calcium indicator, such as GCaMP6s",
    "location": "where the plane lies in the brain",
    "device": "the microscope (default: that of the session)",
}


def nwb_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command."""
    group = parser.add_argument_group(
        "for an .nwb",
        "What is not given is taken from the source NWB or the session; nothing is invented.",
    )
    group.add_argument(
        "--source-nwb",
        type=Path,
        metavar="FILE",
        help="an NWB of the recording: write a copy of it with the results added",
    )
    group.add_argument(
        "--session-start",
        metavar="TIME",
        help="date and time of the recording, such as 2026-11-27T10:30:00+01:00",
    )
    for name in ("excitation", "emission"):
        group.add_argument(
            f"--{name}-nm", type=positive_float, metavar="NM", help=f"wavelength of {name}"
        )
    for name, text in (_WORDS | _SUBJECT).items():
        group.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", help=text)
    accept_option(parser)  # unknown-wavelengths: an .nwb although the wavelengths are not known


def about_from(args: argparse.Namespace, provenance: Provenance | None = None) -> NwbAbout:
    """What the command line says, and what the session knows where it says nothing."""
    from deepcinac.results.nwb_about import NwbAbout, parse_start

    known = dict(provenance.about) if provenance is not None else {}
    if provenance is not None:
        known |= {"subject_id": provenance.animal, "device": provenance.device}

    def said(name: str) -> str:
        return str(getattr(args, name) or known.get(name) or "")

    def wavelength(name: str) -> float | None:
        value: Any = getattr(args, name) or known.get(name)
        return float(value) if isinstance(value, (int, float)) and value > 0 else None

    start = said("session_start")
    return NwbAbout(
        args.source_nwb,
        parse_start(start) if start else None,
        wavelength("excitation_nm"),
        wavelength("emission_nm"),
        said("indicator"),
        said("location"),
        said("device"),
        {name: said(name) for name in _SUBJECT if said(name)},
        frozenset(args.accept),
    )
