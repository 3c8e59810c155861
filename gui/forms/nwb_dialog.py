"""What an .nwb must say of a recording and a session may not know, before a layer is written into one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.provenance import Provenance
from deepcinac.results.nwb_about import UNKNOWN_WAVELENGTHS

LEAD = "NWB asks for these of a recording. Nothing is invented: what is left empty is not written."
FIELDS = (
    ("Session start", "session_start", "Date and time, such as 2026-11-27T10:30:00+01:00"),
    ("Excitation", "excitation_nm", "Wavelength in nm"),
    ("Emission", "emission_nm", "Wavelength in nm"),
    ("Indicator", "indicator", "Such as GCaMP6s"),
    ("Location", "location", "Where the plane lies in the brain"),
    ("Device", "device", "The microscope"),
    ("Subject", "subject_id", "Name of the animal"),
    ("Species", "species", "Such as Mus musculus"),
    ("Sex", "sex", "F, M, U or O"),
    ("Age", "age", "ISO 8601, such as P9D"),
)


class NwbDialog(FormDialog):
    """``on_start(arguments)`` gets them as options of the command line."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        layer: str,
        known: Provenance,
        on_start: Callable[[list[str]], object],
    ) -> None:
        super().__init__(parent, theme, f"Export {layer} to NWB", "Export", self._start, LEAD)
        self._on_start = on_start
        said = {"subject_id": known.animal, "device": known.device, **known.about}
        self._fields = {
            name: self.grid_of_rows.add_text(label, str(said.get(name) or ""), note, width=30)
            for label, name, note in FIELDS
        }
        self.unknown = self.grid_of_rows.add_tick(
            "Wavelengths unknown", False, "Write the file all the same, with NaN in their place"
        )

    def _start(self) -> bool:
        arguments = []
        for name, row in self._fields.items():
            text = row.variable.get().strip()
            arguments += [f"--{name.replace('_', '-')}", text] if text else []
        arguments += ["--accept", UNKNOWN_WAVELENGTHS] if self.unknown.variable.get() else []
        self._on_start(arguments)
        return True
