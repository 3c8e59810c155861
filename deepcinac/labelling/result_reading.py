"""The results in a session: what classifiers and other methods say, each array verified when it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import parsed_json
from deepcinac.labelling import database, stored_arrays
from deepcinac.labelling.layer_kinds import RESULT_KINDS
from deepcinac.labelling.reading import Layer, SessionReader
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.results.facts import info_from, warnings_from
from deepcinac.results.kinds import CELL_TYPE, CURVE, KINDS, PROBABILITY, TRANSIENTS
from deepcinac.results.result import (
    FileReference,
    Maker,
    Result,
    Results,
    TimeBase,
    footprint_keys,
)

WHOLE_RECORDING = -1
"""In the column ``cell``: the result is about the recording, not about a cell."""
TIMES = ".times_s"
"""Ending of the kind under which the times of a result lie that is not sampled regularly."""
FILE = "file"
"""In the column ``dtype``: the values lie in a file that ``data`` names."""
COLUMNS = ("cell", "dims", "dtype", "shape", "units", "info", "sha256", "data")


@dataclass(frozen=True, eq=False)
class StoredRow:
    """One verified row of the table ``results``."""

    cell: int
    dims: tuple[str, ...]
    units: str
    info: dict[str, Any]
    values: np.ndarray | FileReference


class ResultReader(SessionReader):
    """Reading results; see :class:`deepcinac.labelling.session.Session`."""

    def result_kinds(self, layer_id: int) -> dict[str, int]:
        """The kinds of results of a layer, and of how many cells it has each (1: of the recording)."""
        counts: dict[str, int] = {}
        for kind, _, _ in self._listed(layer_id):
            if not kind.endswith(TIMES):
                counts[kind] = counts.get(kind, 0) + 1
        return counts

    def results(self, layer: int | str) -> Results:
        """Everything that a layer says, as one maker's results; a layer that says nothing is refused.

        An array that is not as it was written is an :class:`InputError` that names layer and cell.
        """
        found = self.layer(layer)
        maker = found.maker or Maker(_task(found), found.name)
        items = [
            self._result(found, kind, maker)
            for kind in sorted(self.result_kinds(found.id), key=_rank)
        ]
        rows = self.all_transients(found.id)
        if len(rows):
            cells = np.arange(self.n_cells)
            items.append(self._about(TRANSIENTS, rows, ("event", "field"), "1", maker, cells))
        if not items:
            raise InputError("probabilities, transients or other results", "nothing",
                             f"layer {found.name} of {self.path}")  # fmt: skip
        return Results(
            tuple(items), found.threshold, warnings_from(found.meta), info_from(found.meta)
        )

    def _result(self, layer: Layer, kind: str, maker: Maker) -> Result:
        rows = self._verified(layer.id, layer.name, kind)
        about_cells = rows[0].cell != WHOLE_RECORDING
        own, dims = rows[0].values, rows[0].dims
        labels = {name: tuple(words) for name, words in rows[0].info.get("labels", {}).items()}
        remarks = {row.cell: str(row.info["remark"]) for row in rows if row.info.get("remark")}
        if kind == CELL_TYPE:
            own, labels = _types_table(rows)
        elif about_cells:
            own = np.stack([row.values for row in rows])  # type: ignore[misc]
        time = self._time(layer, kind, dims, rows[0].info)
        if not about_cells:
            return Result(kind, own, dims, rows[0].units, maker, time=time, labels=labels)
        cells = np.array([row.cell for row in rows], np.int64)
        return self._about(
            kind, own, ("cell", *dims), rows[0].units, maker, cells, time, labels, remarks
        )

    def _about(
        self,
        kind: str,
        values: np.ndarray | FileReference,
        dims: tuple[str, ...],
        units: str,
        maker: Maker,
        cells: np.ndarray,
        *more: Any,
    ) -> Result:
        """A result about cells, with the footprints that these have here."""
        keys = footprint_keys(self.cells(), cells)
        return Result(kind, values, dims, units, maker, cells, keys, *more)

    def _time(
        self, layer: Layer, kind: str, dims: tuple[str, ...], info: dict[str, Any]
    ) -> TimeBase | None:
        if "time" in info:
            return TimeBase(**info["time"])
        times = self._verified(layer.id, layer.name, kind + TIMES)
        if times:
            return TimeBase(times_s=times[0].values)  # type: ignore[arg-type]
        return TimeBase(self.recording.frame_rate_hz) if "frame" in dims else None

    # Rows

    def _listed(self, layer_id: int) -> list[tuple[str, int, str]]:
        """Kind, cell and checksum of every array of a layer, when none is missing.

        The list is kept until somebody writes results, since a window asks cell by cell.
        """
        layer_id = int(layer_id)
        layer = self._rows(
            "SELECT name, results_sha256 FROM layers WHERE id = ? AND removed = 0", (layer_id,)
        )
        if not layer:
            return []
        name, wanted = layer[0]
        state = (self.data_version(), wanted, self.n_cells)
        kept = self._lists.get(layer_id)
        if kept is None or kept[0] != state:
            kept = self._lists[layer_id] = (state, self._list_of(layer_id, name, wanted))
        return kept[1]

    def _list_of(self, layer_id: int, name: str, wanted: str) -> list[tuple[str, int, str]]:
        rows = self._rows("SELECT kind, cell, sha256 FROM results WHERE layer_id = ?", (layer_id,))
        try:
            found = sorted((str(kind), int(cell), str(sha)) for kind, cell, sha in rows)
        except (TypeError, ValueError) as error:
            raise database.damaged(self.path, "a result of no cell") from error
        if stored_arrays.seal(found) != wanted:
            raise self._not_as_written(f"all results of layer {name}", "others", name)
        n_cells = self.n_cells  # the addition of a cell may have been undone since it was predicted
        return [row for row in found if row[1] < n_cells]

    @property
    def _lists(self) -> dict[int, tuple[Any, list[tuple[str, int, str]]]]:
        kept: dict[int, Any] = self.__dict__.setdefault("_known_lists", {})
        return kept

    def _verified(
        self, layer_id: int, name: str, kind: str, cell: int | None = None
    ) -> list[StoredRow]:
        """The rows of one kind (of one cell) by cell, each checked against its checksum."""
        which = "" if cell is None else " AND cell = ?"
        values: tuple[Any, ...] = (
            (int(layer_id), kind) if cell is None else (int(layer_id), kind, cell)
        )
        rows = self._rows(
            f"SELECT {', '.join(COLUMNS)} FROM results WHERE layer_id = ? AND kind = ?{which} "
            "AND cell < (SELECT count(*) FROM cells) ORDER BY cell",
            values,
        )
        return [self._row(int(layer_id), name, kind, row) for row in rows]

    def _row(self, layer_id: int, name: str, kind: str, row: tuple[Any, ...]) -> StoredRow:
        cell, dims, dtype, shape, units, info, sha256, data = row
        head = (layer_id, kind, cell, dims, dtype, shape, units, info)
        about = "the recording" if cell == WHOLE_RECORDING else f"cell {cell}"
        try:
            if stored_arrays.checksum(head, data) != sha256:
                raise ValueError("its checksum does not match")
            given: np.ndarray | FileReference
            if dtype == FILE:
                given = FileReference(**self._json(data))
            else:
                given = stored_arrays.array_from(dtype, shape, data)
            return StoredRow(cell, _names(dims), units, self._json(info), given)
        except (TypeError, ValueError) as error:
            raise self._not_as_written(f"the {kind} of {about}", str(error), name) from error

    def _not_as_written(self, what: str, complaint: str, layer: str) -> InputError:
        return InputError(
            f"{what} as it was written",
            f"damage ({complaint})",
            f"layer {layer} of {self.path}",
            "the labels can still be read; predict again, or remove the layer, to be rid of the damage",
        )

    # What the window and the review queue ask for

    def predicted_cells(self, layer_id: int) -> np.ndarray:
        """Cells that a layer has probabilities (or a curve) for, (n,) int64."""
        kinds = (PROBABILITY, CURVE)
        cells = {cell for kind, cell, _ in self._listed(layer_id) if kind in kinds}
        return np.array(sorted(cells), np.int64)

    def prediction(self, layer_id: int, cell: int) -> np.ndarray | None:
        """Probability that a cell is active at each frame, (n_frames,) float32; None: not predicted.

        The curve of another method comes scaled to lie within 0 to 1.
        """
        _, rows = self.predictions(layer_id, [int(cell)])
        return rows[0] if len(rows) else None

    def predictions(
        self, layer_id: int, cells: Sequence[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of all cells of a layer, or some: cells (n,) int64 and probability (n, n_frames) float32."""
        held = self._listed(layer_id)
        name = self.layer(int(layer_id)).name if held else ""
        kind = PROBABILITY if any(x == PROBABILITY for x, _, _ in held) else CURVE
        wanted: Iterable[int | None] = [] if not held else [None] if cells is None else cells
        rows = [row for cell in wanted for row in self._verified(layer_id, name, kind, cell)]
        n_frames = self.recording.n_frames
        probability = np.empty((len(rows), n_frames), np.float32)
        for target, row in zip(probability, rows, strict=True):
            if isinstance(row.values, FileReference) or row.values.shape != (n_frames,):
                raise database.damaged(self.path, "a prediction of the wrong length")
            target[:] = row.values if kind == PROBABILITY else within_0_and_1(row.values)
        return np.array([row.cell for row in rows], dtype=np.int64), probability

    def type_layers(self) -> list[Layer]:
        """Layers of results that say something about the types of cells, in the order of adding."""
        rows = self._rows("SELECT DISTINCT layer_id FROM results WHERE kind = ?", (CELL_TYPE,))
        found = {row[0] for row in rows}
        return [layer for layer in self.layers() if layer.id in found] if found else []

    def type_predictions(self, layer_id: int) -> dict[int, TypePrediction]:
        """What a layer says about the types of cells, by cell."""
        held = self._listed(layer_id)
        if not held:
            return {}
        rows = self._verified(layer_id, self.layer(int(layer_id)).name, CELL_TYPE)
        try:
            return {row.cell: _type_of(row) for row in rows}
        except (TypeError, ValueError, KeyError) as error:
            raise database.damaged(self.path, "a prediction of types that is none") from error


def within_0_and_1(values: np.ndarray) -> np.ndarray:
    """A curve (n_frames,) divided by its largest value, with 0 for NaN and what lies below 0.

    >>> within_0_and_1(np.array([-1.0, 2.0, 4.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    values = np.nan_to_num(values, nan=0.0)  # a frame about which nothing is said is not active
    positive = np.maximum(values, 0)
    largest = positive.max(initial=0)
    if values.min(initial=0) >= 0 and largest <= 1:
        return values
    return positive / largest if largest > 0 else positive


def _task(layer: Layer) -> str:
    return "method" if layer.kind in RESULT_KINDS else layer.kind


def _rank(kind: str) -> tuple[int, str]:
    """The order of results: the probability first, then as the vocabulary has them."""
    known = list(KINDS)
    return (known.index(kind) if kind in known else len(known), kind)


def _names(dims: str) -> tuple[str, ...]:
    return tuple(map(str, parsed_json(dims)))


def _type_of(row: StoredRow) -> TypePrediction:
    names = row.info["labels"]["class"]
    if not names or isinstance(row.values, FileReference):
        raise ValueError("no probabilities")
    shares = zip(map(str, names), row.values.tolist(), strict=True)
    return TypePrediction(dict(shares), str(row.info.get("remark", "")))


def _types_table(rows: Sequence[StoredRow]) -> tuple[np.ndarray, dict[str, tuple[str, ...]]]:
    """Probabilities (n_cells, n_types) of all types that any cell names; NaN: not named for this one."""
    shares: dict[str, dict[int, float]] = defaultdict(dict)
    for place, row in enumerate(rows):
        for name, share in _type_of(row).probability.items():
            shares[name][place] = share
    table = np.full((len(rows), len(shares)), np.nan)
    for column, own in enumerate(shares.values()):
        table[list(own), column] = list(own.values())
    return table, {"class": tuple(shares)}
