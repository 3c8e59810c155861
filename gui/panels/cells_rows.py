"""The rows of the cells table, worked out from a session; sorting and filtering. No Tk."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling import agreement, transients
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.review import ReviewItem
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.recording.cells import Cells


@dataclass
class CellRow:
    """One cell of the table; None where there is nothing to say.

    ``odd``: what makes it unlikely that the outline is a cell of its own.
    """

    cell: int
    type: str = ""
    n_labelled: int = 0
    n_predicted: int | None = None
    snr: float | None = None
    overlap: float = 0.0
    uncertainty: float | None = None
    f1: float | None = None
    reviewed: bool = False
    valid: bool = True
    due: bool = False
    suggestion: TypePrediction | None = None
    odd: str | None = None

    @property
    def suggested(self) -> tuple[str, float] | None:
        """What the column of suggested types is sorted by: the type, then the surest first."""
        return (
            None if self.suggestion is None else (self.suggestion.type, -self.suggestion.certainty)
        )

    @property
    def likely_type(self) -> str:
        """The type that was given, or else the suggested one."""
        return self.type or (self.suggestion.type if self.suggestion else "")

    @property
    def state(self) -> str:
        """How the field draws the cell: plain, labelled, predicted, invalid, review or odd."""
        if not self.valid:
            return "invalid"
        if self.due:
            return "review"
        if self.n_labelled:
            return "labelled"
        if self.odd:
            return "odd"
        return "predicted" if self.n_predicted else "plain"


@dataclass(frozen=True)
class Column:
    """A column: its key in :class:`CellRow`, heading, tooltip, width in digits and text of a value."""

    key: str
    heading: str
    tooltip: str
    width: int
    text: Callable[[CellRow], str]


def _number(value: float | None, digits: int = 2) -> str:
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:.{digits}f}"


def _suggestion(row: CellRow) -> str:
    """The share first: it is what must be seen in a narrow column."""
    found = row.suggestion
    if found is None:
        return ""
    return f"{100 * found.certainty:.0f} %{' ?' if found.unlike else ''} {found.type}"


SUGGESTED = "suggested"
ODD = "odd"
OPTIONAL = (SUGGESTED, "n_predicted", "uncertainty", "f1", ODD)
"""Columns that are there only when a row has something in them: there is little room."""
GIVE_WAY = ("uncertainty", "f1", "overlap", "snr")
"""Which columns a table leaves out, one after the other, while it is too narrow for all."""

COLUMNS: tuple[Column, ...] = (
    Column("cell", "Cell", "Number of the cell", 4, lambda r: f"{r.cell}{'' if r.valid else ' x'}"),
    Column("type", "Type", "Cell type", 6, lambda r: r.type),
    Column(ODD, "Odd", "Why the outline can hardly be a cell, or which other outline is the same cell "
           "(Cell, Merge with its double...)", 9, lambda r: r.odd or ""),
    Column(SUGGESTED, "Sugg", "Suggested type and its probability; ? : the cell is unlike "
           "all that was learned from", 8, _suggestion),
    Column("n_labelled", "Lab", "Transients labelled in this layer", 4, lambda r: str(r.n_labelled)),
    Column("n_predicted", "Pred", "Transients predicted at the threshold", 4,
           lambda r: "" if r.n_predicted is None else str(r.n_predicted)),
    Column("snr", "SNR", "Height of the large transients over the noise of a frame", 4,
           lambda r: _number(r.snr, 1)),
    Column("overlap", "Ovl", "Largest overlap with another cell, share of the larger one", 4,
           lambda r: _number(r.overlap) if r.overlap else ""),
    Column("uncertainty", "Unc", "Share of the classifier's transients that it is not sure of", 4,
           lambda r: _number(r.uncertainty)),
    Column("f1", "F1", "Agreement of this layer with the consensus", 4, lambda r: _number(r.f1)),
    Column("reviewed", "Rev", "Reviewed", 4, lambda r: "yes" if r.reviewed else ""),
)  # fmt: skip


def base_rows(work: Workspace, known: Sequence[CellRow] = ()) -> list[CellRow]:
    """Rows with all that is quick to know: states and labels; overlaps and SNR.

    ``known`` are the rows from before an edit: what an edit does not change is taken from them.
    """
    session, cells = work.session, work.cells
    if session is None or cells is None:
        return []
    rows = [
        CellRow(cell, state.type or "", reviewed=state.reviewed, valid=state.valid)
        for cell, state in enumerate(session.cell_states())
    ]
    if work.layer_id is not None:
        counts = np.bincount(session.all_transients(work.layer_id)[:, 0], minlength=len(rows))
        for row, count in zip(rows, counts.tolist(), strict=True):
            row.n_labelled = count
    doubts = work.doubts
    for row in rows:
        row.odd = doubts.of(row.cell) or None
    if known:
        for row, old in zip(rows, known, strict=True):
            row.suggestion = old.suggestion
            row.overlap, row.snr, row.f1 = old.overlap, old.snr, old.f1
            row.n_predicted, row.uncertainty = old.n_predicted, old.uncertainty
        return rows
    for row, share in zip(rows, largest_overlaps(cells), strict=True):
        row.overlap = share
    if work.data is not None:
        for row, snr in zip(rows, work.data.snr.tolist(), strict=True):
            row.snr = snr
    for cell, found in work.type_predictions().items():
        rows[cell].suggestion = found
    add_agreement(work, rows)
    return rows


def refreshed_row(work: Workspace, row: CellRow) -> CellRow:
    """A row with what an edit of its cell may have changed."""
    session = work.session
    if session is None:
        return row
    state = session.cell_state(row.cell)
    return replace(
        row,
        type=state.type or "",
        reviewed=state.reviewed,
        valid=state.valid,
        n_labelled=len(work.transients(row.cell)),
        odd=work.doubts.of(row.cell) or None,
    )


@functools.lru_cache(maxsize=1)
def largest_overlaps(cells: Cells) -> list[float]:
    """For each cell the largest share that it has in common with another one."""
    largest = np.zeros(len(cells))
    overlaps = cells.overlaps
    for first, second in overlaps.pairs().tolist():
        share = overlaps.fraction(first, second)
        largest[first] = max(largest[first], share)
        largest[second] = max(largest[second], share)
    return [float(x) for x in largest]


def add_agreement(work: Workspace, rows: Sequence[CellRow]) -> None:
    """F1 of the current layer against the newest consensus, cell by cell; hidden in blind mode."""
    session = work.session
    if session is None or work.layer_id is None or work.blind:
        return
    consensus = [x for x in session.layers("consensus") if x.id != work.layer_id][-1:]
    if consensus:
        pair = agreement.compare_two(
            read_labels(session, work.layer_id), read_labels(session, consensus[0].id)
        )
        for cell, found in pair.cells.items():
            rows[cell].f1 = found.f1


def predicted_of(
    probability: np.ndarray, threshold: float, unsure: tuple[float, float]
) -> tuple[int, float]:
    """Number of predicted transients, and the share of candidates that the classifier is not sure of.

    ``unsure``: lowest and highest maximum of those, as the review queue is set.
    """
    n_predicted = len(transients.runs(probability >= threshold))
    candidates = transients.runs(probability >= unsure[0])
    if not len(candidates):
        return n_predicted, 0.0
    # Between two runs everything is lower than in them: a stretch up to the next run has its maximum.
    tops = np.maximum.reduceat(probability, candidates[:, 0])
    return n_predicted, float(np.mean(tops <= unsure[1]))


def columns_of(rows: Sequence[CellRow], fits: Callable[[Sequence[Column]], bool]) -> list[Column]:
    """The columns that are worth their room; ``fits(columns)`` says whether there is enough of it."""
    columns = [
        column
        for column in COLUMNS
        if column.key not in OPTIONAL or any(getattr(row, column.key) is not None for row in rows)
    ]
    for key in GIVE_WAY:
        if not fits(columns):
            columns = [column for column in columns if column.key != key]
    return columns


def mark_due(rows: Sequence[CellRow], items: Sequence[ReviewItem], decided: set[int]) -> None:
    """Say which cells have something left in the review queue."""
    due = {item.cell for place, item in enumerate(items) if place not in decided}
    for row in rows:
        row.due = row.cell in due


def filtered(rows: Sequence[CellRow], text: str) -> list[CellRow]:
    """Rows that a filter lets through: a number, a range "3-9", a type, or a state.

    A type is the one that was given, or else the suggested one. States are "labelled", "unlabelled",
    "predicted", "invalid", "valid", "reviewed", "unreviewed", "due", "overlapping", "typed",
    "untyped", "differing" (another type was suggested than given), "unlike" (all that was learned
    from), "odd" (can hardly be a cell) and "double" (the same cell as another outline); words after
    each other must all hold.
    """
    tests = [_test_of(word) for word in text.lower().replace(",", " ").split()]
    return [row for row in rows if all(test(row) for test in tests)]


_STATES: dict[str, Callable[[CellRow], bool]] = {
    "labelled": lambda r: r.n_labelled > 0,
    "unlabelled": lambda r: r.n_labelled == 0,
    "predicted": lambda r: bool(r.n_predicted),
    "valid": lambda r: r.valid,
    "invalid": lambda r: not r.valid,
    "reviewed": lambda r: r.reviewed,
    "unreviewed": lambda r: not r.reviewed,
    "due": lambda r: r.due,
    "overlapping": lambda r: r.overlap > 0,
    "typed": lambda r: bool(r.type),
    "untyped": lambda r: not r.type,
    "differing": lambda r: bool(r.type and r.suggestion and r.suggestion.type != r.type),
    "unlike": lambda r: bool(r.suggestion and r.suggestion.unlike),
    "odd": lambda r: bool(r.odd),
    "double": lambda r: "same as" in (r.odd or ""),
}


def _test_of(word: str) -> Callable[[CellRow], bool]:
    if word in _STATES:
        return _STATES[word]
    first, dash, last = word.partition("-")
    if first.isdigit() and (not dash or last.isdigit()):
        low, high = int(first), int(last) if dash else int(first)
        return lambda row: low <= row.cell <= high
    return lambda row: row.likely_type.lower().startswith(word)


def in_order(rows: Sequence[CellRow], key: str, descending: bool) -> list[CellRow]:
    """Rows sorted by a column; what is not known comes last either way."""

    def value(row: CellRow) -> Any:
        return getattr(row, key)

    known = [row for row in rows if value(row) not in (None, "")]
    unknown = [row for row in rows if value(row) in (None, "")]
    known.sort(key=lambda row: (value(row), row.cell), reverse=descending)
    return known + unknown
