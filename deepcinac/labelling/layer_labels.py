"""What one layer says about all cells, as arrays: the form in which labels travel.

Agreement, consensus, the review queue and the files of :mod:`deepcinac.formats` work on
:class:`Labels`; :func:`read_labels` and :func:`add_labels` take them out of a session and put them
into one. Cells and frames are numbered from 0; intervals include both ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.spans import KINDS, WHOLE_FIELD, union
from deepcinac.labelling.transients import as_transients, describe, runs

if TYPE_CHECKING:
    from deepcinac.labelling.session import Layer, Session


@dataclass(frozen=True, eq=False)
class Labels:
    """Transients and spans of one layer; build with :func:`make_labels`, which checks.

    ``transients`` (k, 3) int64: cell, onset, peak, sorted; ``spans`` gives for each kind (k, 3)
    int64: cell (-1: all cells), first, last. ``info`` holds a record for each transient, or
    nothing.
    """

    n_cells: int
    n_frames: int
    transients: np.ndarray
    spans: dict[str, np.ndarray]
    name: str = ""
    author: str = ""
    kind: str = "expert"
    created: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    info: tuple[dict[str, Any], ...] = ()

    def of_cell(self, cell: int) -> np.ndarray:
        """Transients of one cell, (k, 2)."""
        first, last = self._bounds[cell : cell + 2]
        return self.transients[first:last, 1:]

    def info_of_cell(self, cell: int) -> tuple[dict[str, Any], ...]:
        """The records of one cell's transients; empty when there are none."""
        first, last = self._bounds[cell : cell + 2]
        return self.info[first:last]

    def spans_of_cell(self, cell: int, kind: str) -> np.ndarray:
        """Spans (k, 2) of one cell, those of all cells included, in normal form."""
        spans = self.spans[kind]
        return union(spans[(spans[:, 0] == cell) | (spans[:, 0] == WHOLE_FIELD), 1:])

    def judged(self, cell: int) -> np.ndarray:
        """Spans (k, 2) in which every transient of the cell has been marked.

        These are the ``labelled`` spans. A layer without any such span is read as whole: all frames
        of each cell with a transient have been judged, and nothing of the other cells.
        """
        if len(self.spans["labelled"]):
            return self.spans_of_cell(cell, "labelled")
        n_whole = 1 if len(self.of_cell(cell)) else 0
        return np.array([(0, self.n_frames - 1)] * n_whole, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def _bounds(self) -> np.ndarray:
        return np.searchsorted(self.transients[:, 0], np.arange(self.n_cells + 1))

    def same_content(self, other: Labels) -> bool:
        """Whether the other layer holds the same transients and spans, whatever its name."""
        return (
            (self.n_cells, self.n_frames) == (other.n_cells, other.n_frames)
            and np.array_equal(self.transients, other.transients)
            and all(np.array_equal(self.spans[kind], other.spans[kind]) for kind in KINDS)
        )

    def renumbered(self, cells: Sequence[int] | np.ndarray, n_cells: int) -> Labels:
        """The same labels where cell ``i`` has the number ``cells[i]`` among ``n_cells``."""
        number = np.asarray(cells, dtype=np.int64)
        new = np.append(number, WHOLE_FIELD)  # the last place is what -1 finds
        transients, spans = self.transients.copy(), {}
        transients[:, 0] = number[transients[:, 0]]
        order = np.lexsort(transients.T[::-1])
        for kind in KINDS:
            moved = self.spans[kind].copy()
            moved[:, 0] = new[moved[:, 0]]
            spans[kind] = moved[np.lexsort(moved.T[::-1])]
        info = tuple(self.info[place] for place in order) if self.info else ()
        return replace(self, n_cells=n_cells, transients=transients[order], spans=spans, info=info)


def make_labels(
    n_cells: int,
    n_frames: int,
    transients: Any = (),
    spans: Mapping[str, Any] | None = None,
    *,
    info: Sequence[Mapping[str, Any]] = (),
    where: str | None = None,
    **details: Any,
) -> Labels:
    """Check labels and bring them into order.

    ``transients`` are rows of cell, onset, peak; ``spans`` has rows of cell, first, last under
    each kind. Transients of a cell must not overlap; spans that overlap or touch become one.
    ``details`` are the name, author, kind, creation time and meta of the layer; ``where`` is the
    file that an :class:`InputError` names.
    """
    rows = _rows(transients, n_cells, n_frames, lowest_cell=0, where=where)
    order = np.lexsort(rows.T[::-1])
    rows = rows[order]
    if info and len(info) != len(rows):
        raise ValueError(f"{len(info)} records for {len(rows)} transients")
    for cell in np.unique(rows[:, 0]).tolist():
        try:
            as_transients(rows[rows[:, 0] == cell, 1:], n_frames)
        except InputError as error:
            raise InputError(error.expected, f"{error.found} of cell {cell}", where) from error
    given = dict(spans or {})
    unknown = sorted(set(given) - set(KINDS))
    if unknown:
        raise InputError(f"spans of the kinds {', '.join(KINDS)}", ", ".join(unknown), where)
    checked = {
        kind: _normal(_rows(given.get(kind, ()), n_cells, n_frames, WHOLE_FIELD, where))
        for kind in KINDS
    }
    records = tuple(dict(info[place]) for place in order) if info else ()
    return Labels(n_cells, n_frames, rows, checked, info=records, **details)


def _rows(
    values: Any, n_cells: int, n_frames: int, lowest_cell: int, where: str | None
) -> np.ndarray:
    """Rows (k, 3) of cell, first, last as int64, checked."""
    given = np.asarray(values)
    given = given.reshape(0, 3) if given.size == 0 else given
    if given.ndim != 2 or given.shape[1] != 3 or given.dtype.kind not in "iuf":
        found = f"an array of shape {given.shape} of {given.dtype}"
        raise InputError("rows of three numbers (cell, first, last frame)", found, where)
    with np.errstate(invalid="ignore"):
        rows = given.astype(np.int64)
    wrong = (rows != given).any(axis=1)
    wrong |= (rows[:, 0] < lowest_cell) | (rows[:, 0] >= n_cells)
    wrong |= (rows[:, 1] < 0) | (rows[:, 1] > rows[:, 2]) | (rows[:, 2] >= n_frames)
    if wrong.any():
        cell, first, last = given[np.argmax(wrong)].tolist()
        raise InputError(
            f"cells 0 to {n_cells - 1} and frames 0 to {n_frames - 1}, the first before the last",
            f"cell {cell:g}, {describe(first, last)}",
            where,
        )
    return rows


def _normal(spans: np.ndarray) -> np.ndarray:
    """Spans (k, 3) of each cell united and sorted."""
    parts = [
        np.insert(union(spans[spans[:, 0] == cell, 1:]), 0, cell, axis=1)
        for cell in np.unique(spans[:, 0])
    ]
    return np.concatenate([np.empty((0, 3), np.int64), *parts])


def read_labels(session: Session, layer: int | str) -> Labels:
    """A layer of a session, by id or name."""
    found = session.layer(layer)
    recording = session.recording
    transients = session.all_transients(found.id)
    info = [
        record
        for cell in np.unique(transients[:, 0]).tolist()
        for record in session.transient_info(found.id, cell)
    ]
    return Labels(
        n_cells=len(session.cells()),
        n_frames=recording.n_frames,
        transients=transients,
        spans={kind: session.all_spans(found.id, kind) for kind in KINDS},
        name=found.name,
        author=found.author,
        kind=found.kind,
        created=found.created,
        meta=dict(found.meta),
        info=tuple(info) if any(info) else (),
    )


def labels_from_prediction(
    cells: np.ndarray, probability: np.ndarray, threshold: float, n_cells: int, **details: Any
) -> Labels:
    """What a classifier says, as labels: runs of frames at or above ``threshold``.

    ``probability`` (n, n_frames) belongs to the cells numbered ``cells`` (n,), of ``n_cells``. A
    classifier has judged every frame of the cells that it predicted.
    """
    found = [
        (cell, first, last)
        for cell, row in zip(np.asarray(cells).tolist(), probability, strict=True)
        for first, last in runs(row >= threshold).tolist()
    ]
    n_frames = probability.shape[1]
    labelled = [(cell, 0, n_frames - 1) for cell in np.asarray(cells).tolist()]
    return make_labels(n_cells, n_frames, found, {"labelled": labelled}, **details)


def add_labels(session: Session, labels: Labels) -> Layer:
    """Put labels into a session as a new layer with their name, author and kind; one undo step.

    What another program found (the kinds "classifier" and "method") is a result: it is not undone,
    and it has no spans.
    """
    recording = session.recording
    expected = (len(session.cells()), recording.n_frames)
    if (labels.n_cells, labels.n_frames) != expected:
        raise InputError(
            "labels of {} cells and {} frames".format(*expected),
            f"labels of {labels.n_cells} cells and {labels.n_frames} frames",
            session.path,
        )
    if labels.kind not in LABEL_KINDS:
        return _add_result(session, labels)
    with session.group(f"add layer {labels.name}"):
        layer = session.add_layer(labels.kind, labels.name, labels.author, labels.meta)
        for cell in np.unique(labels.transients[:, 0]).tolist():
            info = list(labels.info_of_cell(cell)) or None
            session.replace_transients(layer.id, cell, labels.of_cell(cell), info)
        for kind, spans in labels.spans.items():
            for cell, first, last in spans.tolist():
                session.add_span(layer.id, cell, kind, first, last)
    return layer


def _add_result(session: Session, labels: Labels) -> Layer:
    if any(len(spans) for spans in labels.spans.values()):
        raise InputError(
            "transients alone in a layer of results",
            f"spans in {labels.name}",
            hint="spans are an expert's word: put them into a layer of the kind expert",
        )
    with session.group(f"add layer {labels.name}"):  # both or neither
        layer = session.add_layer(labels.kind, labels.name, labels.author, labels.meta)
        session.write_transients(layer.id, labels.transients)
    return layer


def label_meta(labels: Labels) -> str:
    """Name, author, kind, creation time and meta of a layer as JSON text, for files."""
    content = {
        "name": labels.name,
        "author": labels.author,
        "kind": labels.kind,
        "created": labels.created,
        "meta": labels.meta,
    }
    return json.dumps(content, ensure_ascii=False)
