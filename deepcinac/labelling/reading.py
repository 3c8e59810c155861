"""What a session holds, read from its tables. Cells and frames are numbered from 0.

Everything is asked from the file at every call: a second window that only reads sees what the first
one writes.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.files import parsed_json
from deepcinac.labelling import database, history, schema, spans, transients
from deepcinac.labelling.history import HistoryEntry
from deepcinac.labelling.movie_reference import MovieReference, find_movie
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie_address import joined
from deepcinac.results.kinds import DEFAULT_THRESHOLD
from deepcinac.results.result import Maker

ADDED = "added-"
"""How the names of cells begin that were added to a session after it was made."""


@dataclass(frozen=True)
class Recording(MovieReference):
    """The movie of a session, its shape (frames and pixels) and its rates."""

    n_frames: int
    height: int
    width: int
    frame_rate_hz: float
    pixel_size_um: float


@dataclass(frozen=True)
class Layer:
    """Who says it. ``kind``: expert, consensus, classifier or method; ``name`` is unique.

    ``created`` is a time in UTC, ISO 8601; ``meta`` holds anything that JSON can. ``maker``: what made
    a layer of results; ``threshold``: where its probability is cut into transients. ``position``,
    ``colour`` ("" for the default) and ``visible`` are how a window shows the layer.
    """

    id: int
    kind: str
    name: str
    author: str
    created: str
    meta: dict[str, Any]
    maker: Maker | None = None
    threshold: float | None = None
    position: int = 0
    colour: str = ""
    visible: bool = True

    @property
    def cut(self) -> float:
        """The threshold, or the default where the layer has none."""
        return DEFAULT_THRESHOLD if self.threshold is None else self.threshold


@dataclass(frozen=True)
class CellState:
    """What experts decided about a cell beside its transients."""

    valid: bool
    type: str | None
    note: str
    reviewed: bool


@dataclass(frozen=True)
class Mark:
    """A note on frames of a cell; ``kind`` is "reviewed", "bookmark" or anything else.

    ``info`` says where an answer comes from (:mod:`deepcinac.labelling.corrections`).
    """

    cell: int
    onset: int
    peak: int
    kind: str
    author: str
    note: str
    created: str
    info: dict[str, Any] = dataclasses.field(default_factory=dict)


_RECORDING_TYPES: dict[str, Callable[[Any], Any]] = {
    "movie_relative": str,
    "movie_absolute": str,
    "dataset": str,
    "movie_bytes": int,
    "fingerprint": str,
    "n_frames": int,
    "height": int,
    "width": int,
    "frame_rate_hz": float,
    "pixel_size_um": float,
}


class SessionReader:
    """The reading half of a session; see :class:`deepcinac.labelling.session.Session`."""

    path: Path
    _connection: sqlite3.Connection

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with database.failures_told(self.path):
            return self._connection.execute(statement, values).fetchall()

    def _table(self, n_columns: int, statement: str, values: tuple[Any, ...] = ()) -> np.ndarray:
        rows = self._rows(statement, values)
        try:
            return np.array(rows, dtype=np.int64).reshape(-1, n_columns)
        except (TypeError, ValueError, OverflowError) as error:
            raise database.damaged(self.path, "a frame that is not a number") from error

    def _json(self, text: Any) -> dict[str, Any]:
        try:
            content = parsed_json(text)
        except (TypeError, ValueError) as error:
            raise database.damaged(self.path, "a note that is not JSON") from error
        if not isinstance(content, dict):
            raise database.damaged(self.path, "a note that is not a JSON object")
        return content

    # The recording

    @property
    def recording(self) -> Recording:
        """The movie, its shape and its rates."""
        rows = self._rows(f"SELECT {', '.join(_RECORDING_TYPES)} FROM recording")
        try:
            values = zip(_RECORDING_TYPES.items(), rows[0], strict=True)
            return Recording(**{name: kind(value) for (name, kind), value in values})
        except (IndexError, TypeError, ValueError) as error:
            raise database.damaged(self.path, "no recording") from error

    @property
    def schema_version(self) -> int:
        """The version of the tables."""
        return schema.version_of(self._connection)

    def meta(self) -> dict[str, str]:
        """``session_id``, ``created``, ``created_by``, ``program_version``, ``cells_source``."""
        return {str(name): str(value) for name, value in self._rows("SELECT * FROM meta")}

    def movie_path(self) -> Path:
        """Where the movie is now; an InputError when it is not found or not the same any more."""
        return find_movie(self.recording, self.path)

    def movie_address(self) -> str:
        """What to give to :func:`deepcinac.recording.movie_readers.open_movie`."""
        return joined(self.movie_path(), self.recording.dataset)

    # Cells

    _known_added: tuple[str, ...] = ()

    @property
    def n_cells(self) -> int:
        """Number of cells, valid or not."""
        return int(self._rows("SELECT count(*) FROM cells")[0][0])

    def cells(self) -> Cells:
        """The cells with their footprints; ``valid`` is what the experts say now."""
        valid = np.array([state.valid for state in self.cell_states()], dtype=bool)
        known: Cells | None = getattr(self, "_known_cells", None)
        if known is None or len(known) != len(valid) or self._known_added != self.added_cells():
            self._known_added = self.added_cells()
            known = self._known_cells = self._read_cells(valid)
        if not np.array_equal(known.valid, valid):
            # What does not depend on validity, and costs time, is kept.
            derived = {name: known.__dict__.get(name) for name in ("n_pixels", "overlaps")}
            known = self._known_cells = dataclasses.replace(known, valid=valid)
            known.__dict__.update(
                {name: kept for name, kept in derived.items() if kept is not None}
            )
        return known

    def added_cells(self) -> tuple[str, ...]:
        """Names of the footprints that were added to those the session was made with, by cell.

        Each names its pixels, so that what depends on the cells can be told from what did before.
        """
        rows = self._rows(
            "SELECT name FROM footprints WHERE name LIKE ? AND cell IN (SELECT cell FROM cells) "
            "ORDER BY cell",
            (f"{ADDED}%",),
        )
        return tuple(str(row[0]) for row in rows)

    def _read_cells(self, valid: np.ndarray) -> Cells:
        rows = self._rows(
            "SELECT name, ypix, xpix, weight FROM footprints "
            "WHERE cell IN (SELECT cell FROM cells) ORDER BY cell"
        )
        try:
            footprints = [
                (np.frombuffer(y, "<i4"), np.frombuffer(x, "<i4"), np.frombuffer(weight, "<f4"))
                for _, y, x, weight in rows
            ]
        except (TypeError, ValueError) as error:
            raise database.damaged(self.path, "a footprint of broken pixels") from error
        names = [row[0] for row in rows]
        recording = self.recording
        if not all(_lies_within(footprint, recording) for footprint in footprints):
            raise database.damaged(self.path, "a footprint outside the movie")
        return make_cells(
            footprints,
            recording.height,
            recording.width,
            self.meta().get("cells_source", ""),
            valid=valid,
            names=None if None in names else names,
            where=self.path,
        )

    def cell_states(self) -> list[CellState]:
        """Validity, type, note and review of every cell."""
        rows = self._rows("SELECT valid, type, note, reviewed FROM cells ORDER BY cell")
        return [CellState(bool(row[0]), row[1], row[2], bool(row[3])) for row in rows]

    def cell_state(self, cell: int) -> CellState:
        """Validity, type, note and review of one cell."""
        cell = self._checked_cell(cell)
        row = self._rows("SELECT valid, type, note, reviewed FROM cells WHERE cell = ?", (cell,))[0]
        return CellState(bool(row[0]), row[1], row[2], bool(row[3]))

    def cell_types(self) -> list[str]:
        """The words for kinds of cells, in the order they were added."""
        return [str(row[0]) for row in self._rows("SELECT name FROM cell_types ORDER BY position")]

    def _checked_cell(self, cell: int) -> int:
        n_cells = self.n_cells
        if not (isinstance(cell, (int, np.integer)) and 0 <= cell < n_cells):
            raise InputError(f"a cell from 0 to {n_cells - 1}", f"{cell!r}", self.path)
        return int(cell)

    # Layers

    def layers(self, kind: str | None = None) -> list[Layer]:
        """All layers, or those of one kind, in the order they were added."""
        rows = self._rows(
            "SELECT id, kind, name, author, created, meta, maker, threshold, position, colour, "
            "visible FROM layers WHERE removed = 0 ORDER BY id"
        )
        return [self._layer(row) for row in rows if kind in (None, row[1])]

    def _layer(self, row: tuple[Any, ...]) -> Layer:
        meta, maker = self._json(row[5]), None
        if row[6]:
            try:
                maker = Maker.from_dict(self._json(row[6]), self.path)
            except InputError as error:
                raise database.damaged(self.path, f"the maker of layer {row[2]}") from error
        if row[7] is not None:  # what it says at the top of the notes is what was told at first
            meta["threshold"] = row[7]
        number, kind, name, author, created = row[:5]
        shown = (row[8], row[9], bool(row[10]))
        return Layer(number, kind, name, author, created, meta, maker, row[7], *shown)

    def layer(self, layer: int | str) -> Layer:
        """A layer by its number or its name."""
        for found in self.layers():
            if layer in (found.id, found.name):
                return found
        held = ", ".join(found.name for found in self.layers()) or "no layer"
        raise InputError(f"a layer '{layer}'", held, self.path)

    def find_layer(self, text: str) -> Layer:
        """The layer that a user means: by its name, by its maker's name, or by its number as "#3".

        Where several layers could be meant, the InputError lists them.
        """
        layers = self.layers()
        found = [x for x in layers if text == f"#{x.id}"] or [
            x for x in layers if text in (x.name, x.maker.name if x.maker else None)
        ]
        if len(found) > 1:
            choices = {f"#{x.id}": _described(x) for x in found}
            raise SeveralChoices(f"one layer called '{text}'", self.path, choices)
        return found[0] if found else self.layer(text)

    # Labels

    def transients(self, layer_id: int, cell: int) -> np.ndarray:
        """Transients of a cell in a layer: (k, 2) int64 onset and peak, both included, sorted."""
        return self._table(
            2,
            "SELECT onset, peak FROM transients WHERE layer_id = ? AND cell = ? ORDER BY onset",
            (int(layer_id), int(cell)),
        )

    def transient_info(self, layer_id: int, cell: int) -> list[dict[str, Any]]:
        """What is noted with each transient of :meth:`transients` (who agreed, for instance)."""
        rows = self._rows(
            "SELECT info FROM transients WHERE layer_id = ? AND cell = ? ORDER BY onset",
            (int(layer_id), int(cell)),
        )
        return [self._json(row[0]) for row in rows]

    def all_transients(self, layer_id: int) -> np.ndarray:
        """Transients of all cells in a layer: (k, 3) int64 cell, onset, peak, sorted."""
        return self._table(
            3,
            "SELECT cell, onset, peak FROM transients WHERE layer_id = ? ORDER BY cell, onset",
            (int(layer_id),),
        )

    def n_transients(self, layer_id: int) -> int:
        """How many transients a layer has, of all cells together."""
        rows = self._rows("SELECT count(*) FROM transients WHERE layer_id = ?", (int(layer_id),))
        return int(rows[0][0])

    def spans(self, layer_id: int, cell: int, kind: str) -> np.ndarray:
        """Spans of one kind: (k, 2) int64 first and last frame, both included, sorted.

        ``cell`` -1 (``WHOLE_FIELD``) gives the spans of the whole field, which hold for every cell
        and are not among the spans of a single one.
        """
        return self._table(
            2,
            "SELECT first, last FROM spans WHERE layer_id = ? AND kind = ? AND cell = ? "
            "ORDER BY first",
            (int(layer_id), checked_kind(kind), int(cell)),
        )

    def all_spans(self, layer_id: int, kind: str) -> np.ndarray:
        """Spans of one kind in a layer: (k, 3) int64 cell (-1: all), first, last, sorted."""
        return self._table(
            3,
            "SELECT cell, first, last FROM spans WHERE layer_id = ? AND kind = ? "
            "ORDER BY cell, first",
            (int(layer_id), checked_kind(kind)),
        )

    def span_raster(self, layer_id: int, cell: int, kind: str) -> np.ndarray:
        """Frames in a span of the cell or of the whole field, (n_frames,) bool."""
        both = spans.union(
            self.spans(layer_id, cell, kind), self.spans(layer_id, spans.WHOLE_FIELD, kind)
        )
        return transients.raster(both, self.recording.n_frames)

    def marks(self, kind: str | None = None) -> list[Mark]:
        """All marks, or those of one kind, by cell and frame."""
        names = ", ".join(field.name for field in dataclasses.fields(Mark))
        rows = self._rows(f"SELECT {names} FROM marks ORDER BY cell, onset, peak, kind, author")
        return [
            dataclasses.replace(Mark(*row[:7]), info=self._json(row[7]))
            for row in rows
            if kind in (None, row[3])
        ]

    # History

    @property
    def undo_text(self) -> str:
        """What undo would take back: "add transient, cell 12, frames 340 to 348"; "": nothing."""
        with database.failures_told(self.path):
            found = history.next_undo(self._connection)
        return found[1] if found else ""

    @property
    def redo_text(self) -> str:
        """What redo would bring back; "": nothing."""
        with database.failures_told(self.path):
            found = history.next_redo(self._connection)
        return found[1] if found else ""

    def history(self) -> list[HistoryEntry]:
        """Every edit that was ever made, the oldest first."""
        with database.failures_told(self.path):
            return history.entries(self._connection)

    def data_version(self) -> int:
        """A number that changes when another program has written into the file."""
        return int(self._rows("PRAGMA data_version")[0][0])


def _described(layer: Layer) -> str:
    """A layer so that it can be told from others of its maker's name."""
    maker = layer.maker
    weights = f", weights {maker.weights_sha256[:8]}" if maker and maker.weights_sha256 else ""
    return f"#{layer.id} {layer.name} ({layer.kind}{weights}, {layer.created[:16]})"


def _lies_within(
    footprint: tuple[np.ndarray, np.ndarray, np.ndarray], recording: Recording
) -> bool:
    ypix, xpix, weight = footprint
    sides = ((ypix, recording.height), (xpix, recording.width))
    inside = all(np.all((pixels >= 0) & (pixels < side)) for pixels, side in sides)
    return inside and len(ypix) == len(xpix) == len(weight) and bool(np.all(weight > 0))


def checked_kind(kind: str) -> str:
    """The kind of a span when it is one."""
    if kind not in spans.KINDS:
        raise InputError(f"one of {', '.join(spans.KINDS)} as kind of span", repr(kind))
    return kind
