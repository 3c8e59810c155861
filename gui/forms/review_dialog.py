"""The dialog before the review queue is made anew: what is looked for."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from deepcinac.errors import InputError
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.settings_form import SettingsRows
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.review import ReviewSettings

LEAD = "The queue lists the transients that deserve a second look, the most urgent first."


class ReviewDialog(FormDialog):
    """All of :class:`ReviewSettings`; ``on_make(settings)`` makes the queue."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        base: ReviewSettings,
        on_make: Callable[[ReviewSettings], object],
    ) -> None:
        super().__init__(parent, theme, "Review queue", "Make the queue", self._make, LEAD)
        self._on_make = on_make
        self.settings = SettingsRows(self.grid_of_rows, base)

    def _make(self) -> bool:
        found = self.settings.value()
        if found is None:
            return False
        if found.uncertain_from > found.uncertain_to:
            pair = f"{found.uncertain_from:g} and {found.uncertain_to:g}"
            raise InputError("the lower probability first", pair)
        self._on_make(found)
        return True
