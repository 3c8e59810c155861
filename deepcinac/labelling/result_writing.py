"""Results of programs: written whole, into layers of their own, outside the history.

A result is known by its maker: task, weights, settings and input. What the same maker says of more
cells joins its layer; another maker gets a layer of its own, also where it has the same name.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling import stored_arrays, transients
from deepcinac.labelling.editing import SessionEditor, as_json
from deepcinac.labelling.history import Edit
from deepcinac.labelling.layer_kinds import RESULT_KINDS
from deepcinac.labelling.migrations import maker_of_old
from deepcinac.labelling.reading import Layer
from deepcinac.labelling.result_reading import COLUMNS, FILE, TIMES, WHOLE_RECORDING
from deepcinac.labelling.type_predictions import TypePrediction, checked_prediction
from deepcinac.results.facts import threshold_from
from deepcinac.results.footprint_matching import matched_to
from deepcinac.results.kinds import CELL_TYPE, CURVE, PROBABILITY, SPIKE_RATE, TRANSIENTS
from deepcinac.results.result import FileReference, Maker, Result, Results, TimeBase

_PUT = (
    f"INSERT OR REPLACE INTO results (layer_id, kind, {', '.join(COLUMNS)}) "
    f"VALUES (?, ?, {', '.join('?' * len(COLUMNS))})"
)


class ResultWriter(SessionEditor):
    """Results of classifiers and of other methods."""

    def write_results(
        self, results: Results, name: str | None = None, author: str = "", kind: str = ""
    ) -> Layer:
        """Put what one maker says into the layer of this maker, or into a new one; one transaction.

        The cells are found by their footprints (:func:`~deepcinac.results.footprint_matching.matched_to`);
        what there is to say about that is added to ``notices``. A layer whose maker has the same identity
        keeps its other cells and its threshold. A new layer is called ``name``, which must be free, or
        like its maker, with a number where that name is taken; ``author`` is by default the
        maker, ``kind`` of a new layer what the task asks for (classifier or method).
        """
        self._require_writable()
        matched, notes = matched_to(results, self.cells())
        for item in matched:
            self._require_fit(item)
        with self._transaction() as connection:
            layer = self._layer_of_maker(results.maker, name)
            if layer is None:
                layer = self._new_result_layer(matched, name, author, kind)
            elif layer.threshold is None:
                self._set_columns(layer.id, threshold=results.threshold)
            self._set_columns(layer.id, meta=as_json(_meta(matched)))
            for item in matched:
                self._store(connection, layer.id, item)
            self._seal_layer(layer.id)
        said = [f"{note[:1].upper()}{note[1:]}." for note in notes]
        self.notices += [note for note in said if note not in self.notices]
        return self.layer(layer.id)

    def _require_fit(self, item: Result) -> None:
        """Refuse results of another number of frames than the recording has."""
        n_frames = self.recording.n_frames
        if "frame" not in item.dims or isinstance(item.values, FileReference):
            return
        found = item.array.shape[item.dims.index("frame")]
        if found != n_frames:
            raise InputError(
                f"results of {n_frames} frames, as {self.path.name} has",
                f"{item.kind} of {found} frames",
                hint="the results seem to be of another recording",
            )

    def _layer_of_maker(self, maker: Maker, name: str | None) -> Layer | None:
        rows = self._rows(
            "SELECT id FROM layers WHERE maker_identity = ? AND removed = 0 ORDER BY id",
            (maker.identity,),
        )
        found = [self.layer(int(row[0])) for row in rows]
        return next((x for x in found if x.kind in RESULT_KINDS and name in (None, x.name)), None)

    def _new_result_layer(
        self, results: Results, name: str | None, author: str, kind: str
    ) -> Layer:
        maker = results.maker
        kind = kind or ("classifier" if maker.task == "activity" else "method")
        layer = self.add_layer(kind, name or self._numbered_name(maker.name), author or maker.name)
        self._set_maker(layer.id, maker)
        self._set_columns(layer.id, threshold=results.threshold)
        return layer

    def _set_maker(self, layer_id: int, maker: Maker) -> None:
        text = stored_arrays.as_text(maker.to_dict())
        self._set_columns(layer_id, maker=text, maker_identity=maker.identity)

    def _set_columns(self, layer_id: int, **values: Any) -> None:
        """Outside the history, as all that is written here."""
        settings = ", ".join(f"{column} = ?" for column in values)
        self._rows(f"UPDATE layers SET {settings} WHERE id = ?", (*values.values(), layer_id))

    def _seal_layer(self, layer_id: int) -> None:
        rows = self._rows("SELECT kind, cell, sha256 FROM results WHERE layer_id = ?", (layer_id,))
        self._set_columns(layer_id, results_sha256=stored_arrays.seal(rows))

    def _discard_layer(self, layer_id: int) -> None:
        """Remove a layer that is written anew, outside the history as all that is written here."""
        for table in ("results", "transients"):
            self._rows(f"DELETE FROM {table} WHERE layer_id = ?", (layer_id,))
        self._rows("DELETE FROM layers WHERE id = ?", (layer_id,))

    # Arrays

    def _store(self, connection: sqlite3.Connection, layer_id: int, item: Result) -> None:
        if item.kind == TRANSIENTS:
            self._put_transients(connection, layer_id, item.array, item.cells)
            return
        info: dict[str, Any] = {}
        if item.labels:
            info["labels"] = {name: list(words) for name, words in item.labels.items()}
        if item.time is not None and item.time.times_s is not None:
            times = np.asarray(item.time.times_s, float)
            self._put(connection, layer_id, item.kind + TIMES, WHOLE_RECORDING, ("event",), "s",
                      {}, times)  # fmt: skip
        elif item.time is not None and not self._is_of_the_frames(item):
            info["time"] = {"rate_hz": item.time.rate_hz, "start_s": item.time.start_s}
        if isinstance(item.values, FileReference) or "cell" not in item.dims:
            self._put(connection, layer_id, item.kind, WHOLE_RECORDING, item.dims, item.units,
                      info, item.values)  # fmt: skip
            return
        dims = tuple(name for name in item.dims if name != "cell")
        rows = np.moveaxis(_compact(item), item.dims.index("cell"), 0)
        for cell, row in zip(item.require_cells().tolist(), rows, strict=True):
            own = {**info, **({"remark": item.remarks[cell]} if cell in item.remarks else {})}
            if item.kind == CELL_TYPE:  # NaN: a type that was not asked about
                named = ~np.isnan(row)
                words = np.array(item.labels["class"], dtype=object)[named]
                own, row = {**own, "labels": {"class": words.tolist()}}, row[named]
            self._put(connection, layer_id, item.kind, cell, dims, item.units, own, row)

    def _is_of_the_frames(self, item: Result) -> bool:
        """Whether a result is sampled as the movie is, which need not be written down."""
        time = item.time or TimeBase(1.0)
        same = time.rate_hz == self.recording.frame_rate_hz and time.start_s == 0
        return same and "frame" in item.dims

    def _put(
        self,
        connection: sqlite3.Connection,
        layer_id: int,
        kind: str,
        cell: int,
        dims: Sequence[str],
        units: str,
        info: dict[str, Any],
        values: np.ndarray | FileReference,
    ) -> None:
        if isinstance(values, FileReference):
            dtype, shape = FILE, "[]"
            data = stored_arrays.as_text(dataclasses.asdict(values)).encode()
        else:
            dtype, shape = stored_arrays.dtype_of(values), stored_arrays.as_text(list(values.shape))
            data = stored_arrays.bytes_of(values)
        head = (layer_id, kind, cell, stored_arrays.as_text(list(dims)), dtype, shape, units,
                stored_arrays.as_text(info))  # fmt: skip
        connection.execute(_PUT, (*head, stored_arrays.checksum(head, data), data))

    def _put_transients(
        self,
        connection: sqlite3.Connection,
        layer_id: int,
        rows: np.ndarray,
        cells: np.ndarray | None,
    ) -> None:
        """Rows (k, 3) of cell, onset, peak in the place of those of ``cells`` (None: of all)."""
        checked = self._checked_transients(rows)
        if cells is None:
            connection.execute("DELETE FROM transients WHERE layer_id = ?", (layer_id,))
        else:
            connection.executemany(
                "DELETE FROM transients WHERE layer_id = ? AND cell = ?",
                [(layer_id, cell) for cell in cells.tolist()],
            )
        connection.executemany(
            "INSERT INTO transients (layer_id, cell, onset, peak, info) VALUES (?, ?, ?, ?, '{}')",
            (
                (layer_id, cell, onset, peak)
                for cell, intervals in checked.items()
                for onset, peak in intervals.tolist()
            ),
        )

    def _checked_transients(self, all_transients: Any) -> dict[int, np.ndarray]:
        rows = np.asarray(all_transients)
        if rows.size == 0:
            rows = rows.reshape(0, 3)
        if rows.ndim != 2 or rows.shape[1] != 3:
            raise InputError("rows of cell, onset and peak", f"an array of shape {rows.shape}")
        n_frames = self.recording.n_frames
        cells = rows[:, 0]
        if not np.array_equal(cells, np.round(cells)):
            raise InputError("whole cell numbers", "others")
        return {
            self._checked_cell(int(cell)): transients.as_transients(
                rows[cells == cell, 1:], n_frames
            )
            for cell in np.unique(cells).tolist()
        }

    # Into a layer that is named, in the place of all that it held

    def write_prediction(
        self,
        layer_id: int,
        cells: Any,
        probability: Any,
        meta: dict[str, Any] | None = None,
    ) -> None:
        """Put a classifier's answer in the place of all that its layer held; one transaction.

        ``cells`` (n,), ``probability`` (n, n_frames) in 0 to 1; ``meta`` replaces that of the layer,
        and with it maker and threshold.
        """
        self._require_writable()
        layer = self._result_layer(layer_id)
        numbers = [self._checked_cell(cell) for cell in np.asarray(cells).tolist()]
        values = self._checked_probability(probability, len(numbers))
        if len(set(numbers)) != len(numbers):
            raise InputError("every cell once", "a cell that is named twice")
        facts = layer.meta if meta is None else meta
        maker = maker_of_old(layer.kind, layer.name, layer.author, facts)
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM results WHERE layer_id = ? AND kind IN (?, ?, ?)",
                (layer.id, PROBABILITY, SPIKE_RATE, CURVE),
            )
            if len(numbers):
                item = Result(PROBABILITY, values, ("cell", "frame"), "1", maker, np.array(numbers))
                self._store(connection, layer.id, item)
            if meta is not None:
                Edit(connection).put("layers", {"id": layer.id}, {"meta": as_json(meta)})
                self._set_columns(layer.id, threshold=threshold_from(meta))
                self._set_maker(layer.id, maker)
            self._seal_layer(layer.id)

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
        with self._transaction() as connection:
            self._put_transients(connection, layer.id, all_transients, None)

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
        said = {
            self._checked_cell(cell): checked_prediction(cell, found)
            for cell, found in predictions.items()
        }
        facts = layer.meta if meta is None else meta
        maker = maker_of_old(layer.kind, layer.name, layer.author, facts, is_typed=True)
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM results WHERE layer_id = ? AND kind = ?", (layer.id, CELL_TYPE)
            )
            for cell, found in said.items():
                info: dict[str, Any] = {"labels": {"class": list(found.probability)}}
                if found.unlike:
                    info["remark"] = found.unlike
                shares = np.array(list(found.probability.values()), float)
                self._put(connection, layer.id, CELL_TYPE, cell, ("class",), "1", info, shares)
            if layer.maker is None:
                self._set_maker(layer.id, maker)
            if meta is not None:
                Edit(connection).put("layers", {"id": layer.id}, {"meta": as_json(meta)})
            self._seal_layer(layer.id)

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
                    self._discard_layer(layer.id)
            layer = self.add_layer("method", name, author, meta)
            self.write_type_predictions(layer.id, predictions)
        return self.layer(layer.id)


def _meta(results: Results) -> dict[str, Any]:
    """What a layer notes beside its maker and threshold."""
    return {**results.info, **({"warnings": list(results.warnings)} if results.warnings else {})}


def _compact(item: Result) -> np.ndarray:
    """The values as they are stored: what is measured in every frame as float32."""
    values = item.array
    return values.astype(np.float32) if item.dims == ("cell", "frame") else values
