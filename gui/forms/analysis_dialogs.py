"""The dialogs of the menu Analyse: one record for each command, and the form that asks for its options."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.gui.forms.classifier_dialogs import PATH_WIDTH, browsed_folder
from deepcinac.gui.forms.dialog import FormDialog
from deepcinac.gui.forms.form_grid import Row
from deepcinac.gui.forms.session_files import BETWEEN, choose_sessions, sessions_in
from deepcinac.gui.widgets.theme import Theme

SIGNAL, SOURCE, OTHERS, OUT = "signal", "source", "others", "out"
"""Values whose choices the open session knows, or that are more than a text."""
USUAL = "the usual one"
"""In the place of a source: what the command takes by itself."""
HOW_LONG = {
    "small (minutes)": ("--preset", "small"),
    "standard (up to hours)": ("--preset", "standard"),
}


@dataclass(frozen=True)
class Question:
    """One row of the form.

    ``name`` is one of the names above, or the option that the text goes to ("--point"), left out where the
    text is empty. ``choices`` maps what is shown to arguments; ``also`` does so for further sources.
    ``option``: where a signal or source goes to; ``may_be_empty``: a signal need not be given.
    """

    name: str
    label: str
    note: str = ""
    choices: Mapping[str, Sequence[str]] | None = None
    option: str = ""
    may_be_empty: bool = False
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """A command that looks at sessions and writes a report.

    ``command``: its words before the sessions; ``after``: an option that must stand before them.
    """

    command: tuple[str, ...]
    title: str
    button: str
    lead: str
    folder: str
    questions: tuple[Question, ...]
    after: str = ""


_SIGNAL = Question(SIGNAL, "Signal", "Or a comparison, such as speed > 0.5")
_SOURCE = Question(SOURCE, "From", "Activity of a layer, or traces")
_OTHERS = Question(OTHERS, "Other sessions", f"Separated by {BETWEEN}")

DECODE = Analysis(
    ("decode",),
    "Decode behaviour",
    "Decode",
    "How well a signal can be told from the activity, beside what chance gives, and which cells it takes. "
    "The report opens in the browser, and the answers become a curve below the traces.",
    "decoding",
    (
        _SIGNAL,
        Question(
            SOURCE,
            "From",
            "Activity of a layer, traces, or movies that are registered to each other",
            also={"the pictures of the movie": ("--movie",)},
        ),
        Question(
            "how",
            "How",
            choices={
                "regression alone (a minute or two)": ("--network", "none"),
                "a network, trained briefly": ("--preset", "small"),
                "a network, trained fully (hours)": ("--preset", "standard"),
            },
        ),
        Question(
            OTHERS, "Other sessions", f"Same cells or regions, or animals; separated by {BETWEEN}"
        ),
    ),
)

DYNAMICS = Analysis(
    ("dynamics",),
    "Classify recordings",
    "Classify",
    "Which class (age, genotype, condition) a recording is of, told from when its cells are active. At "
    "least two animals of each class are needed: one is left out and the others are learnt from. The "
    "report opens in the browser.",
    "dynamics",
    (
        Question(OTHERS, "Other sessions", f"Every recording; separated by {BETWEEN}"),
        Question("--classes", "Class", "Empty: the condition, as 'deepcinac describe' says it"),
        Question("--from", "From", "Layer of every session; empty: the only classifier's"),
        Question("--backbone", "Describe images by", choices={
            "statistics alone (a minute)": ("--backbone", "none"),
            "a network with random weights": (),
        }),
        Question("how", "How", choices=HOW_LONG),
    ),
)  # fmt: skip

AROUND = Analysis(
    ("evaluate",),
    "Around events",
    "Analyse",
    "What cells do before, during and after a stimulus or an injury: activation, depression, the spread of "
    "a wave, connectivity. The report opens in the browser.",
    "around",
    (
        Question(SIGNAL, "Events", "Or a comparison, such as stimulus > 0.5", option="--around"),
        Question("--point", "Point", "Of an electrode or injury in pixels, such as 40,120; may be empty"),
        _OTHERS,
    ),
    after="--sessions",
)  # fmt: skip
ENSEMBLES = Analysis(
    ("track",),
    "Ensembles",
    "Find",
    "Groups of cells that are active together more than chance allows, drawn on the field. The report opens "
    "in the browser.",
    "ensembles",
    (
        _SOURCE,
        Question(SIGNAL, "Signal", "That they may follow; may be empty", may_be_empty=True),
    ),
    after="--ensembles",
)
LATENTS = Analysis(
    ("latents",),
    "Activity between samples",
    "Infer",
    "The activity of each cell between the frames too, from the dynamics that the cells share. The report "
    "opens in the browser; it says whether this is better than smoothing.",
    "latents",
    (
        _SOURCE,
        Question(
            "--bins-per-frame", "Bins in a frame", "Such as 4: finer than the frames; empty: 1"
        ),
        Question("how", "How", choices=HOW_LONG),
    ),
)
DEMIX = Analysis(
    ("demix",),
    "Demix the movie",
    "Demix",
    "Find the cells of this session's movie anew and take the light of those that overlap apart. The cells "
    "and their traces come as a session of their own, with the movie without noise beside it; this session "
    "stays as it is. Experimental: detecting cells with suite2p is the tried way.",
    "demixed",
    (),
)
DAYS = Analysis(
    ("track",),
    "Cells across days",
    "Match",
    "Which cells of this field are the same on other days, with a probability, and which stay active. The "
    "report opens in the browser.",
    "days",
    (
        Question(
            OTHERS, "Other days", f"Sessions of the same field, in order; separated by {BETWEEN}"
        ),
    ),
    after="--days",
)


@dataclass(frozen=True)
class Order:
    """What was asked for: the options, the other sessions and the folder of the report."""

    analysis: Analysis
    options: tuple[str, ...]
    out: Path
    others: tuple[Path, ...] = ()


class AnalysisDialog(FormDialog):
    """The questions of an analysis; ``on_start(order)`` starts it.

    ``known`` gives the choices of ``SIGNAL`` and ``SOURCE``.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        analysis: Analysis,
        known: Mapping[str, Sequence[str]],
        out: Path,
        on_start: Callable[[Order], object],
    ) -> None:
        super().__init__(parent, theme, analysis.title, analysis.button, self._start, analysis.lead)
        self._analysis, self._on_start = analysis, on_start
        self._asked = {one.name: self._add(one, known) for one in analysis.questions}
        self._out = self.grid_of_rows.add_text(
            "Report",
            str(out),
            "Its folder",
            width=PATH_WIDTH,
            browse=lambda: browsed_folder(self, "Folder of the report"),
        )

    def _add(self, one: Question, known: Mapping[str, Sequence[str]]) -> Row:
        rows = self.grid_of_rows
        if one.choices is not None:
            shown = list(one.choices)
            return rows.add_choice(one.label, shown[0], shown, one.note, width=36)
        if one.name == SIGNAL:
            names = ["", *known[SIGNAL]] if one.may_be_empty else list(known[SIGNAL])
            return rows.add_choice(one.label, names[0], names, one.note, open_ended=True, width=28)
        if one.name == SOURCE:
            sources = [USUAL, *known[SOURCE], *one.also]
            return rows.add_choice(one.label, USUAL, sources, one.note, width=36)
        if one.name == OTHERS:
            return rows.add_text(
                one.label, "", one.note, width=PATH_WIDTH,
                browse=lambda: choose_sessions(self, one.label),
            )  # fmt: skip
        return rows.add_text(one.label, "", one.note, width=28)

    def _start(self) -> bool:
        given = {name: str(row.variable.get()).strip() for name, row in self._asked.items()}
        out = str(self._out.variable.get()).strip()
        if not out:
            raise InputError("a folder for the report", "nothing")
        options: list[str] = []
        for one in self._analysis.questions:
            if one.name == SIGNAL and not given[SIGNAL] and not one.may_be_empty:
                raise InputError("a signal", "nothing")
            options += _arguments(one, given[one.name])
        others = sessions_in(given.get(OTHERS, ""))
        self._on_start(Order(self._analysis, tuple(options), Path(out), others))
        return True


def _arguments(one: Question, text: str) -> list[str]:
    """The options that a row stands for; none where it was left as it was.

    >>> _arguments(Question("--point", "Point"), "12,40")
    ['--point', '12,40']
    """
    if one.choices is not None:
        return list(one.choices[text])
    if text in one.also:
        return list(one.also[text])
    if one.name == OTHERS or not text or text == USUAL:
        return []
    option = {SIGNAL: "--signal", SOURCE: "--from"}.get(one.name, one.name)
    return [one.option or option, text]
