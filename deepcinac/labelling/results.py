"""Results of programs: written as a whole, into layers of their own, outside the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling import transients
from deepcinac.labelling.editing import SessionEditor, as_json
from deepcinac.labelling.history import Edit
from deepcinac.labelling.reading import Layer
from deepcinac.labelling.type_predictions import TypePrediction, as_text, checked_prediction


class ResultWriter(SessionEditor):
    """Probabilities of classifiers, transients of other methods, suggested types of cells."""

    def write_prediction(
        self,
        layer_id: int,
        cells: Any,
        probability: Any,
        meta: dict[str, Any] | None = None,
    ) -> None:
        """Put a classifier's answer in the place of all that its layer held; one transaction.

        ``cells`` (n,), ``probability`` (n, n_frames) in 0 to 1; ``meta`` replaces that of the layer.
        """
        self._require_writable()
        layer = self._result_layer(layer_id)
        numbers = [self._checked_cell(cell) for cell in np.asarray(cells).tolist()]
        values = self._checked_probability(probability, len(numbers))
        if len(set(numbers)) != len(numbers):
            raise InputError("every cell once", "a cell that is named twice")
        with self._transaction() as connection:
            connection.execute("DELETE FROM predictions WHERE layer_id = ?", (layer.id,))
            connection.executemany(
                "INSERT INTO predictions (layer_id, cell, probability) VALUES (?, ?, ?)",
                (
                    (layer.id, cell, row.tobytes())
                    for cell, row in zip(numbers, values, strict=True)
                ),
            )
            if meta is not None:
                Edit(connection).put("layers", {"id": layer.id}, {"meta": as_json(meta)})

    def _checked_probability(self, probability: Any, n_cells: int) -> np.ndarray:
        values = np.ascontiguousarray(probability, dtype="<f4")
        wanted = (n_cells, self.recording.n_frames)
        if values.shape != wanted:
            raise InputError(
                f"probabilities of shape {wanted} (cells, frames)", str(values.shape), self.path
            )
        if not (np.all(values >= 0) and np.all(values <= 1)):
            raise InputError("probabilities from 0 to 1", "others")
        return values

    def write_transients(self, layer_id: int, all_transients: Any) -> None:
        """Put another method's transients, (k, 3) cell, onset, peak, in the place of its layer's."""
        self._require_writable()
        layer = self._result_layer(layer_id)
        rows = np.asarray(all_transients)
        if rows.size == 0:
            rows = rows.reshape(0, 3)
        if rows.ndim != 2 or rows.shape[1] != 3:
            raise InputError("rows of cell, onset and peak", f"an array of shape {rows.shape}")
        n_frames = self.recording.n_frames
        checked = {
            self._checked_cell(cell): transients.as_transients(
                rows[rows[:, 0] == cell, 1:], n_frames
            )
            for cell in np.unique(rows[:, 0]).tolist()
        }
        with self._transaction() as connection:
            connection.execute("DELETE FROM transients WHERE layer_id = ?", (layer.id,))
            connection.executemany(
                "INSERT INTO transients (layer_id, cell, onset, peak, info) "
                "VALUES (?, ?, ?, ?, '{}')",
                (
                    (layer.id, cell, onset, peak)
                    for cell, intervals in checked.items()
                    for onset, peak in intervals.tolist()
                ),
            )

    def write_type_predictions(
        self,
        layer_id: int,
        predictions: Mapping[int, TypePrediction],
        meta: dict[str, Any] | None = None,
    ) -> None:
        """Put what a program says about types, by cell, in the place of all that its layer held.

        The type that an expert gives to a cell is another matter, and stays as it is. ``meta``
        replaces that of the layer.
        """
        self._require_writable()
        layer = self._result_layer(layer_id)
        rows = [
            (layer.id, self._checked_cell(cell), as_text(checked), checked.unlike)
            for cell, found in predictions.items()
            for checked in [checked_prediction(cell, found)]
        ]
        with self._transaction() as connection:
            connection.execute("DELETE FROM type_predictions WHERE layer_id = ?", (layer.id,))
            connection.executemany(
                "INSERT INTO type_predictions (layer_id, cell, probability, unlike) "
                "VALUES (?, ?, ?, ?)",
                rows,
            )
            if meta is not None:
                Edit(connection).put("layers", {"id": layer.id}, {"meta": as_json(meta)})

    def renew_type_layer(
        self,
        name: str,
        predictions: Mapping[int, TypePrediction],
        author: str = "",
        meta: dict[str, Any] | None = None,
    ) -> Layer:
        """Write suggested types into a new layer, in the place of the one of this name; all or nothing.

        A layer of this name that holds anything else is not touched: the name is refused.
        """
        with self._transaction():
            for layer in self.type_layers():
                if layer.name == name:
                    self.remove_layer(layer.id)
            layer = self.add_layer("method", name, author, meta)
            self.write_type_predictions(layer.id, predictions)
        return layer
