"""How session files of older versions become today's; each step within the transaction that is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import parsed_json
from deepcinac.labelling import stored_arrays
from deepcinac.labelling.layer_kinds import RESULT_KINDS
from deepcinac.results.facts import maker_from, threshold_from
from deepcinac.results.kinds import CELL_TYPE, PROBABILITY
from deepcinac.results.result import Maker

_INSERT = (
    "INSERT INTO results (layer_id, kind, cell, dims, dtype, shape, units, info, sha256, data) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def to_version_2(connection: sqlite3.Connection) -> None:
    """Version 2 has what classifiers say about the types of cells; nothing else changed."""
    connection.execute(
        "CREATE TABLE type_predictions ("
        "layer_id INTEGER NOT NULL REFERENCES layers (id), "
        "cell INTEGER NOT NULL CHECK (cell >= 0), "
        "probability TEXT NOT NULL, unlike TEXT NOT NULL, "
        "PRIMARY KEY (layer_id, cell)) WITHOUT ROWID"
    )


_NEW_COLUMNS = {
    "recording": (
        "pixel_height_um REAL CHECK (pixel_height_um > 0)",
        "pixel_width_um REAL CHECK (pixel_width_um > 0)",
        "series TEXT NOT NULL DEFAULT ''",
        "overruled TEXT NOT NULL DEFAULT '{}'",
        "animal TEXT NOT NULL DEFAULT ''",
        "session_date TEXT NOT NULL DEFAULT ''",
        "condition TEXT NOT NULL DEFAULT ''",
        "device TEXT NOT NULL DEFAULT ''",
        "about TEXT NOT NULL DEFAULT '{}'",
    ),
    "layers": (
        "maker TEXT NOT NULL DEFAULT ''",
        "maker_identity TEXT NOT NULL DEFAULT ''",
        "threshold REAL CHECK (threshold BETWEEN 0 AND 1)",
        "results_sha256 TEXT NOT NULL DEFAULT ''",
        "position INTEGER NOT NULL DEFAULT 0",
        "colour TEXT NOT NULL DEFAULT ''",
        "visible INTEGER NOT NULL DEFAULT 1 CHECK (visible IN (0, 1))",
    ),
}
_NEW_TABLES = (
    "CREATE TABLE recording_arrays (name TEXT PRIMARY KEY NOT NULL, dtype TEXT NOT NULL, "
    "shape TEXT NOT NULL, sha256 TEXT NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE signals (name TEXT PRIMARY KEY NOT NULL, units TEXT NOT NULL, "
    "clock TEXT NOT NULL, dtype TEXT NOT NULL, shape TEXT NOT NULL, info TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE results (layer_id INTEGER NOT NULL REFERENCES layers (id), kind TEXT NOT NULL, "
    "cell INTEGER NOT NULL CHECK (cell >= -1), dims TEXT NOT NULL, dtype TEXT NOT NULL, "
    "shape TEXT NOT NULL, units TEXT NOT NULL, info TEXT NOT NULL, sha256 TEXT NOT NULL, "
    "data BLOB NOT NULL, PRIMARY KEY (layer_id, kind, cell))",
    "CREATE INDEX layers_by_maker ON layers (maker_identity)",
)


def to_version_3(connection: sqlite3.Connection) -> None:
    """Version 3 has one table of results, signals, typed makers, and whose recording it is."""
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    for statement in _NEW_TABLES:
        connection.execute(statement)
    typed = {row[0] for row in connection.execute("SELECT layer_id FROM type_predictions")}
    connection.executemany(_INSERT, _probabilities(connection))
    connection.executemany(_INSERT, _types(connection))
    connection.execute("DROP TABLE predictions")
    connection.execute("DROP TABLE type_predictions")
    layers = connection.execute("SELECT id, kind, name, author, meta FROM layers").fetchall()
    for layer in layers:
        _complete(connection, layer, layer[0] in typed)
    connection.execute("UPDATE layers SET position = id")


def to_version_4(connection: sqlite3.Connection) -> None:
    """Version 4 says with a mark where it comes from: whose proposal an expert answered."""
    connection.execute("ALTER TABLE marks ADD COLUMN info TEXT NOT NULL DEFAULT '{}'")


def to_version_5(connection: sqlite3.Connection) -> None:
    """Version 5 keeps the results of a layer that was removed, so that undo brings them back."""
    connection.execute(
        "ALTER TABLE layers ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))"
    )


def _probabilities(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    rows = connection.execute("SELECT layer_id, cell, probability FROM predictions")
    dims = stored_arrays.as_text(["frame"])
    for layer_id, cell, blob in rows:
        data = blob if isinstance(blob, bytes) else b""  # damage, which the reader will tell
        shape = stored_arrays.as_text([len(data) // 4])
        head = (layer_id, PROBABILITY, cell, dims, "<f4", shape, "1", "{}")
        yield (*head, stored_arrays.checksum(head, data), data)


def _types(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    rows = connection.execute("SELECT layer_id, cell, probability, unlike FROM type_predictions")
    dims = stored_arrays.as_text(["class"])
    for layer_id, cell, text, unlike in rows:
        try:
            said = {str(name): float(share) for name, share in parsed_json(text).items()}
        except (ValueError, TypeError, AttributeError):
            said = {}  # damage, which the reader will tell
        info: dict[str, Any] = {"labels": {"class": list(said)}}
        if unlike:
            info["remark"] = str(unlike)
        data = stored_arrays.bytes_of(np.array(list(said.values()), float))
        shape = stored_arrays.as_text([len(said)])
        head = (layer_id, CELL_TYPE, cell, dims, "<f8", shape, "1", stored_arrays.as_text(info))
        yield (*head, stored_arrays.checksum(head, data), data)


def _complete(connection: sqlite3.Connection, layer: tuple[Any, ...], is_typed: bool) -> None:
    """The maker, threshold and seal of one layer, as far as its notes tell them."""
    layer_id, kind, name, author, meta = layer
    if kind not in RESULT_KINDS:
        return
    try:
        facts = dict(parsed_json(meta))
    except (ValueError, TypeError):
        facts = {}  # damage, which the reader will tell
    maker, threshold = maker_of_old(kind, name, author, facts, is_typed), threshold_from(facts)
    rows = connection.execute(
        "SELECT kind, cell, sha256 FROM results WHERE layer_id = ?", (layer_id,)
    ).fetchall()
    connection.execute(
        "UPDATE layers SET maker = ?, maker_identity = ?, threshold = ?, results_sha256 = ? "
        "WHERE id = ?",
        (
            stored_arrays.as_text(maker.to_dict()),
            maker.identity,
            threshold,
            stored_arrays.seal(rows),
            layer_id,
        ),
    )


def maker_of_old(
    kind: str, name: str, author: str, facts: dict[str, Any], is_typed: bool = False
) -> Maker:
    """Who made a layer that names nobody in a way of today."""
    task = "cell_types" if is_typed else "activity" if kind == "classifier" else "method"
    fallback = Maker(task, author or name if is_typed else name)
    if is_typed:
        return Maker(task, str(facts.get("classifier") or fallback.name))
    try:
        found = maker_from(facts, fallback)
        return found if found.identity else fallback
    except (InputError, ValueError):
        return fallback
