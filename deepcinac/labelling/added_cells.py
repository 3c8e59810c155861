"""Cells that are added to a session after it was made, such as those that nobody had drawn a mask for."""

from __future__ import annotations

import hashlib

import numpy as np

from deepcinac.labelling.layer_kinds import RESULT_KINDS
from deepcinac.labelling.reading import ADDED
from deepcinac.labelling.result_writing import ResultWriter
from deepcinac.recording.cells import make_cells


class AddedCells(ResultWriter):
    """Adding cells; see :class:`deepcinac.labelling.session.Session`."""

    def add_cell(
        self, ypix: np.ndarray, xpix: np.ndarray, weight: np.ndarray, note: str = ""
    ) -> int:
        """One more cell, with pixels and weights like those of the others; returns its number.

        Undo takes it back; what was predicted of it meanwhile is then no longer read, and is gone when
        another cell takes its number.
        """
        recording, cell = self.recording, self.n_cells
        made = make_cells([(ypix, xpix, weight)], recording.height, recording.width).cells[0]
        pixels = {
            "ypix": np.ascontiguousarray(made.ypix, "<i4").tobytes(),
            "xpix": np.ascontiguousarray(made.xpix, "<i4").tobytes(),
            "weight": np.ascontiguousarray(made.weight, "<f4").tobytes(),
        }
        name = ADDED + hashlib.sha256(b"".join(pixels.values())).hexdigest()[:12]
        with self._edit(f"add cell {cell}") as edit:
            self._forget_results_from(cell)
            # The footprint of an addition that was undone may be there: nothing refers to it any more.
            self._rows(
                "INSERT OR REPLACE INTO footprints (cell, name, ypix, xpix, weight) "
                "VALUES (?, ?, ?, ?, ?)",
                (cell, name, *pixels.values()),
            )
            known = {"valid": 1, "type": None, "note": str(note), "reviewed": 0}
            edit.put("cells", {"cell": cell}, known)
        return cell

    def _forget_results_from(self, cell: int) -> None:
        """What was said of an added cell that was taken back must not be taken for another's."""
        for layer in self.layers():
            if layer.kind not in RESULT_KINDS:
                continue
            which = "WHERE layer_id = ? AND cell >= ?"
            stale = self._rows(f"SELECT 1 FROM results {which} LIMIT 1", (layer.id, cell))
            for table in ("results", "transients"):
                self._rows(f"DELETE FROM {table} {which}", (layer.id, cell))
            if stale:
                self._seal_layer(layer.id)
