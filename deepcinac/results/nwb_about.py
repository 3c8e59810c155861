"""What an NWB file must say of a recording and a session may not know: date, wavelengths, subject.

Nothing is invented. What the source NWB says is kept; what nobody says is asked for, or left out where
NWB allows that.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.cells import Cells
from deepcinac.results.result import Results

UNKNOWN_WAVELENGTHS = "unknown-wavelengths"
"""What ``--accept`` takes: wavelengths that nobody knows are written as NaN."""


@dataclass(frozen=True)
class NwbAbout:
    """What is known of a recording beyond its cells.

    ``source``: an NWB file; the new file is a copy of it with what we say added, and it speaks for
    itself: the rest is not needed then. ``session_start``: with its time zone. Wavelengths in nm.
    ``subject``: what pynwb's Subject takes (``subject_id``, ``species``, ``sex``, ``age``), where known.
    """

    source: Path | None = None
    session_start: datetime.datetime | None = None
    excitation_nm: float | None = None
    emission_nm: float | None = None
    indicator: str = ""
    location: str = ""
    device: str = ""
    subject: dict[str, str] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()

    def require_known(self) -> None:
        """An InputError that names the option for the first thing that NWB needs and nobody said."""
        if self.source is not None:
            return
        if self.session_start is None:
            raise InputError(
                "date and time of the recording, which NWB needs", "none",
                hint="add --session-start, such as 2026-11-27T10:30:00+01:00, or --source-nwb FILE",
            )  # fmt: skip
        missing = [
            f"--{name}-nm NM"
            for name, value in (("excitation", self.excitation_nm), ("emission", self.emission_nm))
            if value is None
        ]
        if missing and UNKNOWN_WAVELENGTHS not in self.accepted:
            raise InputError(
                "the wavelengths of the microscope, which NWB asks for", "none",
                hint=f"add {' and '.join(missing)}, or --accept {UNKNOWN_WAVELENGTHS}, which "
                "writes that they are not known",
            )  # fmt: skip


def parse_start(text: str) -> datetime.datetime:
    """Date and time of a recording; one without time zone is meant in that of this computer.

    >>> parse_start("2026-11-27T10:30:00+01:00").isoformat()
    '2026-11-27T10:30:00+01:00'
    """
    try:
        if len(text.strip()) <= len("2026-11-27"):
            raise ValueError("no time of the day")
        start = datetime.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            "date and time such as 2026-11-27T10:30:00+01:00", repr(text), "the session's start"
        ) from error
    return start if start.tzinfo else start.astimezone()


@dataclass(frozen=True)
class LabelRows:
    """Transients or spans of one layer, for a table of intervals.

    ``rows`` (k, 3): cell (-1: the whole field), first and last frame, both included. ``what``:
    "transient", or the kind of span. ``kind`` of the layer: "expert", "consensus", "classifier" or
    "method"; ``maker`` and ``card`` name the program that said it and its weights, "" for people.
    """

    layer: str
    kind: str
    what: str
    rows: np.ndarray
    author: str = ""
    maker: str = ""
    card: str = ""
    created: str = ""


@dataclass(frozen=True)
class NwbContent:
    """All that goes into one file: ``results`` of one maker, or labels, or both."""

    cells: Cells
    frame_rate_hz: float
    n_frames: int
    pixel_size_um: float | None = None
    results: Results | None = None
    labels: tuple[LabelRows, ...] = ()
    about: NwbAbout = field(default_factory=NwbAbout)
    info: dict[str, Any] = field(default_factory=dict)
