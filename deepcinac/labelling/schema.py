"""The tables of a session file, and how files of older versions are brought up to date.

The file is SQLite; ``docs/session-file.md`` describes it for other programs. The version of the
tables is the database's ``user_version``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from deepcinac.labelling.migrations import (
    to_version_2,
    to_version_3,
    to_version_4,
    to_version_5,
)

APPLICATION_ID = 0x44434E43  # "DCNC"
SCHEMA_VERSION = 5

FIRST_CELL_TYPES = ("interneuron", "pyramidal", "noise")

# The keys are natural ones, so that a row means the same after undo and redo, and in two files.
# AUTOINCREMENT keeps the number of a removed layer from coming back as that of another.
TABLES = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE recording (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    movie_relative TEXT NOT NULL,
    movie_absolute TEXT NOT NULL,
    dataset TEXT NOT NULL,
    movie_bytes INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    n_frames INTEGER NOT NULL CHECK (n_frames > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    width INTEGER NOT NULL CHECK (width > 0),
    frame_rate_hz REAL NOT NULL CHECK (frame_rate_hz > 0),
    pixel_size_um REAL NOT NULL CHECK (pixel_size_um > 0),
    pixel_height_um REAL CHECK (pixel_height_um > 0),
    pixel_width_um REAL CHECK (pixel_width_um > 0),
    series TEXT NOT NULL DEFAULT '',
    overruled TEXT NOT NULL DEFAULT '{}',
    animal TEXT NOT NULL DEFAULT '',
    session_date TEXT NOT NULL DEFAULT '',
    condition TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE recording_arrays (
    name TEXT PRIMARY KEY NOT NULL,
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    data BLOB NOT NULL
);

CREATE TABLE signals (
    name TEXT PRIMARY KEY NOT NULL,
    units TEXT NOT NULL,
    clock TEXT NOT NULL,
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    info TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    data BLOB NOT NULL
);

CREATE TABLE footprints (
    cell INTEGER PRIMARY KEY CHECK (cell >= 0),
    name TEXT,
    ypix BLOB NOT NULL,
    xpix BLOB NOT NULL,
    weight BLOB NOT NULL
);

CREATE TABLE cells (
    cell INTEGER PRIMARY KEY REFERENCES footprints (cell),
    valid INTEGER NOT NULL CHECK (valid IN (0, 1)),
    type TEXT,
    note TEXT NOT NULL,
    reviewed INTEGER NOT NULL CHECK (reviewed IN (0, 1))
);

CREATE TABLE cell_types (
    name TEXT PRIMARY KEY NOT NULL,
    position INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE layers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('expert', 'consensus', 'classifier', 'method')),
    name TEXT NOT NULL UNIQUE,
    author TEXT NOT NULL,
    created TEXT NOT NULL,
    meta TEXT NOT NULL,
    maker TEXT NOT NULL DEFAULT '',
    maker_identity TEXT NOT NULL DEFAULT '',
    threshold REAL CHECK (threshold BETWEEN 0 AND 1),
    results_sha256 TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0,
    colour TEXT NOT NULL DEFAULT '',
    visible INTEGER NOT NULL DEFAULT 1 CHECK (visible IN (0, 1)),
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
);

CREATE INDEX layers_by_maker ON layers (maker_identity);

CREATE TABLE transients (
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    cell INTEGER NOT NULL CHECK (cell >= 0),
    onset INTEGER NOT NULL CHECK (onset >= 0),
    peak INTEGER NOT NULL CHECK (peak >= onset),
    info TEXT NOT NULL,
    PRIMARY KEY (layer_id, cell, onset)
) WITHOUT ROWID;

CREATE TABLE spans (
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    cell INTEGER NOT NULL CHECK (cell >= -1),
    kind TEXT NOT NULL CHECK (kind IN ('labelled', 'doubtful', 'movement')),
    first INTEGER NOT NULL CHECK (first >= 0),
    last INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (layer_id, kind, cell, first)
) WITHOUT ROWID;

CREATE TABLE results (
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    kind TEXT NOT NULL,
    cell INTEGER NOT NULL CHECK (cell >= -1),
    dims TEXT NOT NULL,
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    units TEXT NOT NULL,
    info TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (layer_id, kind, cell)
);

CREATE TABLE marks (
    cell INTEGER NOT NULL CHECK (cell >= 0),
    onset INTEGER NOT NULL CHECK (onset >= 0),
    peak INTEGER NOT NULL CHECK (peak >= onset),
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    note TEXT NOT NULL,
    created TEXT NOT NULL,
    info TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (cell, onset, peak, kind, author)
) WITHOUT ROWID;

CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'abandoned')),
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    created TEXT NOT NULL,
    changes TEXT NOT NULL
);
"""

Migration = Callable[[sqlite3.Connection], None]

MIGRATIONS: dict[int, Migration] = {
    1: to_version_2,
    2: to_version_3,
    3: to_version_4,
    4: to_version_5,
}
"""From each older version, the step to the next one; a step neither begins nor ends a transaction."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Write the tables into an empty database, in the transaction that is open."""
    for statement in TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)
    set_version(connection, SCHEMA_VERSION)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables in a file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def set_version(connection: sqlite3.Connection, version: int) -> None:
    """Note the version of the tables; part of the open transaction."""
    connection.execute(f"PRAGMA user_version = {int(version)}")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an older file up to this program's version, in one transaction for all steps."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        while version < SCHEMA_VERSION:
            MIGRATIONS[version](connection)
            version += 1
            set_version(connection, version)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def oldest_readable() -> int:
    """The oldest version that the migrations start from."""
    return min(MIGRATIONS, default=SCHEMA_VERSION)
