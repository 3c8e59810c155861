"""The table of cells, the states in the field and the raster, kept true to the session.

Rows are written at once where the user just worked; whatever concerns all cells (counts of the
prediction, the raster) is worked through in slices while the window is idle.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepcinac.gui.panels import cells_rows
from deepcinac.gui.panels.cells_rows import CellRow
from deepcinac.gui.panels.main_window import MainWindow
from deepcinac.gui.presenters.slices import Slices
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace

ROWS_A_SLICE = 50
NO_ACTIVITY = "No activity yet: label transients (i, click), or predict all cells"


class ListPresenter:
    """Rows of the cells table and what is counted over all cells."""

    def __init__(
        self,
        work: Workspace,
        options: ViewOptions,
        queue: ReviewQueue,
        window: MainWindow,
        slices: Slices,
    ) -> None:
        self._work, self._options, self._queue, self._window = work, options, queue, window
        self._slices = slices
        self.rows: list[CellRow] = []
        self._states: list[str] = []
        self._is_counted = False

    def clear(self) -> None:
        """Another session comes."""
        self.rows, self._states = [], []
        self._is_counted = False

    def show_rows(self, anew: bool, sort: bool = False) -> None:
        """All rows when much changed; after an edit its own row at once and the others in a while.

        ``sort``: what the table is sorted by has just become known. Otherwise rows stay where they are:
        none jumps away under the hand.
        """
        if anew or len(self.rows) != self._work.n_cells:
            whole = sort or len(self.rows) != self._work.n_cells
            self.rows = cells_rows.base_rows(self._work)
            self.count_predicted()
            self._rows_changed(whole)
            return
        row = cells_rows.refreshed_row(self._work, self.rows[self._work.cell])
        self.rows[self._work.cell] = row
        self._window.cells.refresh([row])
        self._slices.later("rows", self._refresh_rows())

    def count_predicted(self) -> None:
        """Count the predicted transients of all cells, in a while."""
        self._slices.later("predicted", self._count_predicted())

    def fill_raster(self) -> None:
        """Fill the raster anew, in a while."""
        self._slices.later("raster", self._fill_raster())

    def _refresh_rows(self) -> Iterator[None]:
        """An undo may have reached any cell."""
        yield
        self.rows = cells_rows.base_rows(self._work, self.rows)
        yield
        self._rows_changed(whole=False)

    def _rows_changed(self, whole: bool) -> None:
        table, queue = self._window.cells, self._queue
        items = [] if self._work.blind else queue.items
        cells_rows.mark_due(self.rows, items, set(queue.decided))
        if whole or not table.shown_cells():
            table.show(self.rows)
            self._states = [row.state for row in self.rows]
            self._window.field.set_states(self._states)
        else:
            self._slices.later("table", self._refresh())

    def _refresh(self) -> Iterator[None]:
        """Every row of the table and every state in the field may differ: some at a time."""
        for start in range(0, len(self.rows), ROWS_A_SLICE):
            yield
            some = slice(start, start + ROWS_A_SLICE)
            self._window.cells.refresh(self.rows[some])
            states = [row.state for row in self.rows[some]]
            if states != self._states[some]:
                self._states[some] = states
                self._window.field.set_states(self._states)

    def _count_predicted(self) -> Iterator[None]:
        work = self._work
        predicted, threshold = work.predicted_cells(), work.threshold
        low, high = self._options["unsure"]
        for row in self.rows:
            if row.cell not in predicted:
                row.n_predicted = row.uncertainty = None
        for cell in predicted:
            probability = work.prediction(cell)
            if probability is not None and cell < len(self.rows):
                probability = np.nan_to_num(probability)  # what is still to come counts nothing
                found = cells_rows.predicted_of(probability, threshold, (low, high))
                self.rows[cell].n_predicted, self.rows[cell].uncertainty = found
            yield
        self._rows_changed(whole=not self._is_counted)
        self._is_counted = True

    def _fill_raster(self) -> Iterator[None]:
        """Predicted frames of all cells; labelled ones where a cell was not predicted."""
        work = self._work
        session = work.session
        if session is None or not self._options["raster"]:
            return
        yield
        activity = np.zeros((work.n_cells, work.n_frames), dtype=bool)
        if work.layer_id is not None:
            for cell, onset, peak in session.all_transients(work.layer_id).tolist():
                activity[cell, onset : peak + 1] = True
        yield
        for cell in work.predicted_cells():
            probability = work.prediction(cell)
            if probability is not None:
                np.logical_or(activity[cell], probability >= work.threshold, out=activity[cell])
            yield
        self._window.raster.set_note(NO_ACTIVITY)
        self._window.raster.set_activity(activity if activity.any() else None)
