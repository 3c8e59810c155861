"""Whose recording it is, and how its file was opened: getters, and edits that can be undone."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deepcinac.errors import InputError
from deepcinac.labelling.cell_edits import checked_size
from deepcinac.labelling.editing import SessionEditor, as_json


@dataclass(frozen=True)
class Provenance:
    """Whose recording it is; "" for what nobody has said.

    ``session_date``: "2026-11-27"; ``about``: whatever else, by names of the lab's own (JSON).
    Recordings of one animal or one device must not be split between training and test.
    """

    animal: str = ""
    session_date: str = ""
    condition: str = ""
    device: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Opening:
    """How the movie's file is read beyond its path.

    ``pixel_height_um`` and ``pixel_width_um``: size of a pixel in y and x, where the pixels are not
    square; ``series``: which of several series in the file; ``overruled``: what the user said against
    the file's header, by the header's name (JSON).
    """

    pixel_height_um: float | None = None
    pixel_width_um: float | None = None
    series: str = ""
    overruled: Mapping[str, Any] = field(default_factory=dict)


class ProvenanceEdits(SessionEditor):
    """Reading and changing provenance and opening; see :class:`deepcinac.labelling.session.Session`."""

    def provenance(self) -> Provenance:
        """Whose recording it is."""
        row = self._rows("SELECT animal, session_date, condition, device, about FROM recording")[0]
        animal, date, condition, device = map(str, row[:4])
        return Provenance(animal, date, condition, device, self._json(row[4]))

    def set_provenance(self, provenance: Provenance) -> None:
        """Say whose recording it is; one step of undo."""
        self._require_writable()
        values = {
            "animal": provenance.animal.strip(),
            "session_date": _checked_date(provenance.session_date.strip()),
            "condition": provenance.condition.strip(),
            "device": provenance.device.strip(),
            "about": as_json(dict(provenance.about)),
        }
        with self._edit("set whose recording it is") as edit:
            edit.change("recording", {"id": 1}, values)

    def opening(self) -> Opening:
        """How the movie's file is read."""
        row = self._rows(
            "SELECT pixel_height_um, pixel_width_um, series, overruled FROM recording"
        )[0]
        return Opening(row[0], row[1], str(row[2]), self._json(row[3]))

    def set_opening(self, opening: Opening) -> None:
        """Say how the movie's file is read; one step of undo."""
        self._require_writable()
        sizes = {
            "pixel_height_um": opening.pixel_height_um,
            "pixel_width_um": opening.pixel_width_um,
        }
        values: dict[str, Any] = {
            name: None if size is None else checked_size(size, "pixel size", "um")
            for name, size in sizes.items()
        }
        values |= {"series": opening.series, "overruled": as_json(dict(opening.overruled))}
        with self._edit("set how the movie is read") as edit:
            edit.change("recording", {"id": 1}, values)

    def note_accepted(self, names: Iterable[str]) -> None:
        """Keep which questions were answered with yes; one step of undo, none where all are known."""
        opening = self.opening()
        known = set(opening.overruled.get("accepted", ()))
        if wanted := set(names) - known:
            overruled = {**opening.overruled, "accepted": sorted(known | wanted)}
            self.set_opening(replace(opening, overruled=overruled))


def _checked_date(text: str) -> str:
    """A date as "2026-11-27", or ""."""
    if not text:
        return ""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InputError("a date such as 2026-11-27", repr(text)) from error
