"""The dialogs of the menu Analyse: what is asked of recordings beyond the activity of cells."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.gui.forms.classifier_dialogs import PATH_WIDTH, browsed_folder
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.session_files import BETWEEN, choose_sessions, sessions_in
from deepcinac.gui.widgets.theme import Theme

DECODE_LEAD = (
    "How well a signal can be told from the activity, beside what chance gives, and which cells it takes. "
    "The report opens in the browser, and the answers become a curve below the traces."
)
HOW = {
    "regression alone (a minute or two)": ("--network", "none"),
    "a small recurrent network": ("--preset", "small"),
    "a recurrent network (hours)": ("--preset", "standard"),
}
USUAL = "the only classifier, or raw traces"


@dataclass(frozen=True)
class DecodingOrder:
    """What is to be decoded: words such as "speed > 0.5"; ``source`` is "" for the usual one."""

    signal: str
    out: Path
    source: str = ""
    how: tuple[str, ...] = ()
    others: tuple[Path, ...] = ()


class DecodeDialog(FormDialog):
    """Which signal, from what, and how; ``on_start(order)`` starts it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        signals: Sequence[str],
        sources: Sequence[str],
        out: Path,
        on_start: Callable[[DecodingOrder], object],
    ) -> None:
        super().__init__(parent, theme, "Decode behaviour", "Decode", self._start, DECODE_LEAD)
        self._on_start = on_start
        rows = self.grid_of_rows
        self.signal = rows.add_choice(
            "Signal", signals[0], signals, "Or a comparison, such as speed > 0.5", open_ended=True,
            width=28,
        )  # fmt: skip
        self.source = rows.add_choice(
            "From", USUAL, [USUAL, *sources], "Activity of a layer, or traces", width=36
        )
        self.how = rows.add_choice("How", next(iter(HOW)), list(HOW), width=36)
        self.others = rows.add_text(
            "Other sessions",
            "",
            f"Of the same cells or regions, or animals to compare; separated by {BETWEEN}",
            width=PATH_WIDTH,
            browse=lambda: choose_sessions(self, "Other sessions"),
        )
        self.out = rows.add_text(
            "Report",
            str(out),
            "Its folder",
            width=PATH_WIDTH,
            browse=lambda: browsed_folder(self, "Folder of the report"),
        )

    def _start(self) -> bool:
        signal, source, out = (
            row.variable.get().strip() for row in (self.signal, self.source, self.out)
        )
        if not signal:
            raise InputError("a signal to decode", "nothing")
        if not out:
            raise InputError("a folder for the report", "nothing")
        others = sessions_in(self.others.variable.get())
        how = HOW[self.how.variable.get()]
        self._on_start(
            DecodingOrder(signal, Path(out), "" if source == USUAL else source, how, others)
        )
        return True
