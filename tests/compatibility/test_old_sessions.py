"""Session files that older programs wrote: everything in them is there, and they can be worked on.

``session-1`` and ``session-2`` hold two experts (Anna, Ben), their consensus, a classifier, another
method's transients and a curve; marks, notes, types, spans of every kind, and a history with an
abandoned step and three that are undone. Version 2 also holds suggested types.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from deepcinac.cli.main import main

DATA = Path(__file__).with_name("data")
_spec = importlib.util.spec_from_file_location("contents", Path(__file__).with_name("contents.py"))
assert _spec is not None
assert _spec.loader is not None
contents = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(contents)

VERSIONS = (1, 2)


def expected(version: int) -> dict[str, Any]:
    return json.loads((DATA / "tiny" / f"session-{version}.json").read_text("utf-8"))


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def session_file(version: int, tmp_path: Path) -> Path:
    """A copy of the old file, beside a copy of its movie."""
    for name in ("movie.tif", f"session-{version}.deepcinac"):
        shutil.copy(DATA / "tiny" / name, tmp_path)
    path = tmp_path / f"session-{version}.deepcinac"
    assert table_version(path) == version
    return path


def table_version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def require_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Equal, compared piece by piece so that a failure names the piece."""
    assert list(found["layers"]) == list(wanted["layers"])
    for name, layer in wanted["layers"].items():
        for part, value in layer.items():
            assert found["layers"][name][part] == value, f"{part} of layer {name}"
    for part, value in wanted.items():
        assert found[part] == value, part


def test_what_is_expected_holds_everything_that_a_session_can_hold(version: int) -> None:
    """Guards the fixtures: a piece that is empty would prove nothing."""
    opened = expected(version)["opened"]
    layers = opened["layers"]
    assert [layer["kind"] for layer in layers.values()][:4] == [
        *("expert", "expert", "consensus", "classifier")
    ]
    assert layers["anna"]["transients"][:2] == [[0, 9, 14], [1, 40, 47]]
    assert all(layers["anna"]["spans"].values())
    assert sorted(layers["general"]["probability"]) == ["1", "4", "7"]
    assert layers["general"]["threshold"] == 0.4
    assert layers["events"]["transients"] == [[0, 10, 13], [1, 41, 47], [5, 2, 2]]
    assert len(layers["curve"]["probability"]) == 12
    assert len(opened["marks"]) == 2
    assert opened["cells"][3][1] == "basket"
    assert opened["undo"] == "set cell 8: note"
    assert opened["redo"] == "add transient, cell 9, frames 60 to 61"
    if version > 1:
        assert len(layers["suggested types"]["types"]) == 12


def test_everything_is_there(version: int, session_file: Path) -> None:
    require_same(contents.open_content(session_file), expected(version)["opened"])


def test_undone_steps_can_be_redone_and_all_steps_undone_and_redone_again(
    version: int, session_file: Path
) -> None:
    wanted = expected(version)
    redone = contents.without_results(contents.replay(session_file, "redo all"))
    require_same(redone, wanted["redone"])
    undone = contents.without_results(contents.replay(session_file, "undo all"))
    require_same(undone, wanted["undone"])
    again = contents.without_results(contents.replay(session_file, "redo all"))
    require_same(again, {**wanted["redone"], "steps": wanted["undone"]["steps"][::-1]})


def test_a_copy_of_the_file_as_it_was_is_kept(version: int, session_file: Path) -> None:
    before = dump(session_file)
    contents.open_content(session_file)
    folder = session_file.with_name(f"{session_file.stem}-backups")
    copies = [copy for copy in folder.iterdir() if table_version(copy) == version]
    assert any(dump(copy) == before for copy in copies), list(folder.iterdir())


def test_reading_alone_changes_nothing(
    session_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """evaluate and info only read: the file keeps its version, byte by byte."""
    before = session_file.read_bytes()
    assert main(["info", str(session_file)]) == 0
    assert "ben (old)" in capsys.readouterr().out
    truth = ["--truth", str(session_file), "--layer", "ben (old)"]
    command = ["evaluate", *truth, "--predictions", "curve", "--json", "--progress", "none"]
    assert main(command) == 0
    (method,) = json.loads(capsys.readouterr().out)["methods"]
    assert method["transients"]["strict"]["pooled"]["n_real"] == 5
    assert session_file.read_bytes() == before


def test_labels_are_exported_as_they_are(version: int, session_file: Path) -> None:
    out = session_file.with_name("labels.csv")
    assert main(["export", str(session_file), "--layer", "anna", "--out", str(out)]) == 0
    again = session_file.with_name("again.deepcinac")
    cells = ["--cells", str(DATA / "tiny" / "cells.npz")]
    rates = [
        "--frame-rate",
        "10",
        "--pixel-size",
        "2",
        "--accept",
        "unlikely-cells",
        "duplicate-cells",
    ]
    movie = ["--movie", str(session_file.with_name("movie.tif"))]
    assert main(["create", str(again), *movie, *cells, *rates, "--progress", "none"]) == 0
    assert main(["import", str(again), str(out)]) == 0
    found, wanted = contents.open_content(again), expected(version)["opened"]["layers"]["anna"]
    for part in ("transients", "spans"):
        assert found["layers"]["anna"][part] == wanted[part]


def test_info_tells_of_an_old_session(
    version: int, session_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recording, cells and every layer of a session of 2.0.0.dev0 (version 2) and of the one before."""
    assert main(["info", str(session_file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Session {session_file}")
    assert "movie.tif" in said
    layers = list(expected(version)["opened"]["layers"])
    assert [name for name in layers if name not in said] == []
