"""The page on the file format is true: its example runs, its tables are those of the file."""

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest

from deepcinac.labelling import movie_reference, schema
from deepcinac.labelling.session import Session

PAGE = Path(__file__).resolve().parents[2] / "docs" / "session-file.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_the_example_runs(page, session_file, monkeypatch, capsys):
    with Session.open(session_file) as session:
        layer = session.add_layer("expert", "anna").id
        session.add_transient(layer, 0, 3, 5)
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(session_file.parent)
    names = {}
    exec(example, names)
    names["file"].close()
    assert capsys.readouterr().out == "anna expert 1 transients\n"
    assert names["rows"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert names["columns"].tolist() == [1, 2, 3] * 3


def test_every_table_and_column_is_described(page):
    sections = dict(re.findall(r"### `(\w+)`(.*?)(?=\n##)", page, re.DOTALL))
    model = sqlite3.connect(":memory:")
    schema.create_tables(model)
    tables = [
        row[0] for row in model.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    tables.remove("sqlite_sequence")
    assert set(sections) == set(tables)
    for table in tables:
        for column in model.execute(f"PRAGMA table_info({table})").fetchall():
            assert f"`{column[1]}`" in sections[table], f"{table}.{column[1]}"
    model.close()
    assert f"**This page describes version {schema.SCHEMA_VERSION}.**" in page


@pytest.mark.parametrize("sizes", [[8192], [3], [100, 70_000, 200_001, 5]])
def test_the_fingerprint_is_as_described(tmp_path, sizes):
    files = []
    for number, size in enumerate(sizes):
        files.append(tmp_path / f"part{number}.tif")
        files[-1].write_bytes(hashlib.sha256(bytes([number])).digest() * (size // 32 + 1))
        with open(files[-1], "r+b") as stream:
            stream.truncate(size)
    text = "[" + ", ".join(map(str, sizes)) + "]"
    digest = hashlib.sha256(text.encode())
    chosen = [0] if len(sizes) == 1 else [0, len(sizes) // 2, len(sizes) - 1]
    for index in chosen:
        content, size = files[index].read_bytes(), sizes[index]
        for start in (0, max(0, (size - 65536) // 2), max(0, size - 65536)):
            digest.update(content[start : start + 65536])
    whole = files[0] if len(sizes) == 1 else tmp_path
    assert movie_reference.identify(whole) == (sum(sizes), digest.hexdigest()[:32])
