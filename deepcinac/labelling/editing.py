"""The edits of a session: each one transaction, on disk when the call returns, and one step of undo.

An edit checks everything before it writes anything; several make one step inside
:meth:`SessionEditor.group`. Here is what all edits share, and the layers; the others are in
``label_edits``, ``cell_edits`` and ``results``.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling import database, history, locking, spans
from deepcinac.labelling.history import Edit, Row
from deepcinac.labelling.layer_kinds import LABEL_KINDS, LAYER_KINDS, RESULT_KINDS
from deepcinac.labelling.reading import Layer
from deepcinac.labelling.result_reading import ResultReader


class SessionEditor(ResultReader):
    """The writing half of a session; see :class:`deepcinac.labelling.session.Session`."""

    notices: list[str]
    _open_edit: Edit | None = None
    on_unsaved: Callable[[list[Row]], object] | None = None
    """Called with the changes of an edit that is complete and not yet on disk, so that a window can show
    it while a slow disk works; with none when it could not be saved. Must not edit and must not raise."""

    def _require_writable(self) -> None:
        """Refuse to write into a session that is open for reading only; part of the session."""
        raise NotImplementedError

    # Transactions

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a part of the open one where there is one."""
        self._require_writable()
        connection = self._connection
        if connection.in_transaction:
            yield connection
            return
        with database.failures_told(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._tell_unsaved([])
                raise

    def _tell_unsaved(self, changes: list[Row]) -> None:
        if self.on_unsaved is not None:
            self.on_unsaved(changes)

    @contextlib.contextmanager
    def _edit(self, text: str) -> Iterator[Edit]:
        """The open group, or a transaction of its own that enters the history at its end."""
        if self._open_edit is not None:
            yield self._open_edit
            return
        with self._transaction() as connection:
            self._open_edit = edit = Edit(connection)
            try:
                yield edit
            finally:
                self._open_edit = None
            if edit.changes:
                history.record(connection, edit, text, locking.user_name())
                self._tell_unsaved(edit.changes)

    @contextlib.contextmanager
    def group(self, text: str) -> Iterator[None]:
        """Several edits as one transaction and one step of undo, called ``text``.

        When the body fails, none of them has happened.
        """
        with self._edit(text):
            yield

    def undo(self) -> str:
        """Take back the newest edit; returns its text, "" when there is none."""
        return self._step(history.undo)

    def redo(self) -> str:
        """Bring back what was undone last; returns its text, "" when there is none."""
        return self._step(history.redo)

    def _step(self, step: Callable[[sqlite3.Connection], str]) -> str:
        if self._open_edit is not None:
            raise RuntimeError("undo and redo do not belong into a group of edits")
        with self._transaction() as connection:
            text = step(connection)
            self._free_names_of_removed()
            return text

    # Layers

    def add_layer(
        self, kind: str, name: str, author: str = "", meta: dict[str, Any] | None = None
    ) -> Layer:
        """A new, empty layer. Layers of experts and consensus are undone like any edit.

        ``author`` is by default the user of this computer.
        """
        if kind not in LAYER_KINDS:
            raise InputError(f"one of {', '.join(LAYER_KINDS)} as kind of layer", repr(kind))
        values = {
            "kind": kind,
            "name": self._free_name(name),
            "author": author or locking.user_name(),
            "created": history.now(),
            "meta": as_json(meta or {}),
        }
        with self._layer_edit(kind, f"add layer {values['name']}") as edit:
            number = self._next_layer_number()
            edit.put("layers", {"id": number}, values)
            self._show_layer(number, position=number)
        return self.layer(number)

    def _next_layer_number(self) -> int:
        """One that no layer ever had: edits that can be redone may still speak of those."""
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'layers'")
        return int(rows[0][0]) + 1 if rows else 1

    @contextlib.contextmanager
    def _layer_edit(self, kind: str, text: str) -> Iterator[Edit]:
        """Layers of results come outside the history: undo is for what people did."""
        if kind in LABEL_KINDS:
            with self._edit(text) as edit:
                yield edit
        else:
            with self._transaction() as connection:
                yield Edit(connection)

    def set_threshold(self, layer_id: int, threshold: float) -> None:
        """Say from which probability on a layer's frames are active; undone like any edit."""
        layer = self._result_layer(layer_id)
        if not 0 <= threshold <= 1:
            raise InputError("a threshold from 0 to 1", f"{threshold!r}")
        with self._edit(f"set threshold of {layer.name} to {threshold:g}") as edit:
            edit.change("layers", {"id": layer.id}, {"threshold": float(threshold)})

    def show_layer(
        self,
        layer_id: int,
        position: int | None = None,
        colour: str | None = None,
        visible: bool | None = None,
    ) -> None:
        """Say how a window shows a layer: its place in lists, its colour, whether it is seen.

        How something is looked at is not an edit, so undo leaves it alone.
        """
        layer = self.layer(layer_id)
        shown = None if visible is None else int(visible)
        with self._transaction():
            self._show_layer(layer.id, position=position, colour=colour, visible=shown)

    def _show_layer(self, layer_id: int, **values: Any) -> None:
        for column, value in values.items():
            if value is not None:
                self._rows(f"UPDATE layers SET {column} = ? WHERE id = ?", (value, layer_id))

    def rename_layer(self, layer_id: int, name: str) -> None:
        """Give a layer another name, which no other layer has."""
        layer = self.layer(layer_id)
        if name != layer.name:
            with self._edit(f"rename layer {layer.name} to {name}") as edit:
                edit.change("layers", {"id": layer.id}, {"name": self._free_name(name)})

    def remove_layer(self, layer_id: int) -> None:
        """Remove a layer with all that is in it; one step of undo.

        Results are too large for the history: they stay where they are, and the layer is set aside.
        """
        layer = self.layer(layer_id)
        with self._edit(f"remove layer {layer.name}") as edit:
            if layer.kind in RESULT_KINDS:
                edit.change("layers", {"id": layer.id}, {"removed": 1})
                self._free_names_of_removed()
                return
            for cell, onset, _ in self.all_transients(layer.id).tolist():
                edit.put("transients", transient_key(layer.id, cell, onset), None)
            for kind in spans.KINDS:
                for cell, first, _ in self.all_spans(layer.id, kind).tolist():
                    edit.put("spans", span_key(layer.id, kind, cell, first), None)
            edit.put("layers", {"id": layer.id}, None)

    def _free_names_of_removed(self) -> None:
        """A layer that is set aside leaves its name to others; one that comes back takes a free one.

        Outside the history: a prediction made in between may have taken the name.
        """
        rows = self._rows("SELECT id, name, removed FROM layers")
        for number, name, is_removed in rows:
            mark = f" (removed, #{number})"
            if bool(is_removed) == name.endswith(mark):
                continue
            found = name + mark if is_removed else self._numbered_name(name.removesuffix(mark))
            self._rows("UPDATE layers SET name = ? WHERE id = ?", (found, number))

    def _numbered_name(self, name: str) -> str:
        """The name, or "name 2", "name 3", ... where it is taken."""
        taken = {str(row[0]) for row in self._rows("SELECT name FROM layers")}
        number, found = 2, name
        while found in taken:
            found, number = f"{name} {number}", number + 1
        return found

    def _free_name(self, name: str) -> str:
        name = str(name).strip()
        if not name:
            raise InputError("a name for the layer", "none")
        if self._rows("SELECT 1 FROM layers WHERE name = ?", (name,)):
            raise InputError("a layer name that is not used yet", f"'{name}'", self.path)
        return name

    def _label_layer(self, layer_id: int) -> Layer:
        return self._layer_of(layer_id, LABEL_KINDS, "Labels go into the layer of an expert")

    def _result_layer(self, layer_id: int) -> Layer:
        return self._layer_of(
            layer_id, RESULT_KINDS, "Results go into a layer of their own, never into an expert's"
        )

    def _layer_of(self, layer_id: int, kinds: tuple[str, ...], hint: str) -> Layer:
        layer = self.layer(layer_id)
        if layer.kind not in kinds:
            found = f"the layer '{layer.name}' of kind {layer.kind}"
            raise InputError(f"a layer of kind {' or '.join(kinds)}", found, self.path, hint)
        return layer


def transient_key(layer_id: int, cell: int, onset: int) -> dict[str, Any]:
    """What identifies a transient in its table."""
    return {"layer_id": int(layer_id), "cell": int(cell), "onset": int(onset)}


def span_key(layer_id: int, kind: str, cell: int, first: int) -> dict[str, Any]:
    """What identifies a span in its table."""
    return {"layer_id": int(layer_id), "kind": kind, "cell": int(cell), "first": int(first)}


def as_json(content: dict[str, Any]) -> str:
    """``content`` as JSON text; numpy numbers become Python ones, NaN is an error."""
    try:
        return json.dumps(
            content, ensure_ascii=False, allow_nan=False, sort_keys=True, default=_plain
        )
    except (TypeError, ValueError) as error:
        raise InputError("something that JSON can hold", str(error)) from error


def _plain(value: Any) -> Any:
    """numpy's numbers as Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__}")
