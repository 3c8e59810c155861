"""Suggested types in a session: beside the expert's word, never over it; files of version 1."""

import sqlite3

import pytest

from deepcinac.errors import InputError
from deepcinac.labelling import backup, schema
from deepcinac.labelling.session import Session
from deepcinac.labelling.type_predictions import TypePrediction

SURE = TypePrediction({"interneuron": 0.9, "pyramidal": 0.1})
OPEN = TypePrediction({"interneuron": 0.4, "pyramidal": 0.6}, "area 512 um2, 90 to 210 learned")


def test_the_most_probable_type():
    assert (SURE.type, SURE.certainty, SURE.in_words()) == (
        "interneuron",
        0.9,
        "interneuron 90 %, pyramidal 10 %",
    )
    assert TypePrediction({"b": 0.5, "a": 0.5}).type == "a"


def test_suggestions_lie_beside_what_the_expert_said(session):
    session.set_cell_type(0, "noise")
    layer = session.renew_type_layer("suggested types", {0: SURE, 2: OPEN}, "us", {"accuracy": 0.8})
    assert session.type_predictions(layer.id) == {0: SURE, 2: OPEN}
    assert [found.name for found in session.type_layers()] == ["suggested types"]
    assert [state.type for state in session.cell_states()] == ["noise", None, None]
    assert session.cell_types() == ["interneuron", "pyramidal", "noise"]
    assert session.undo_text == "set cell 0: type noise"  # results are not in the history


def test_new_suggestions_take_the_place_of_the_old_ones_and_are_the_newest(session):
    session.renew_type_layer("suggested types", {0: SURE})
    session.renew_type_layer("from anna", {1: SURE})
    last = session.renew_type_layer("suggested types", {2: OPEN})
    assert [found.name for found in session.type_layers()] == ["from anna", "suggested types"]
    assert session.type_predictions(last.id) == {2: OPEN}


def test_a_layer_of_another_kind_is_not_replaced(session, anna):
    with pytest.raises(InputError, match="not used yet"):
        session.renew_type_layer("anna", {0: SURE})
    session.add_transient(anna, 0, 3, 5)
    with pytest.raises(InputError, match="never into an expert's"):
        session.write_type_predictions(anna, {0: SURE})


@pytest.mark.parametrize(
    ("probability", "sentence"),
    [
        ({}, "at least one type, found none for cell 1"),
        ({"a": 1.2}, "add up to at most 1, found 1.2 for cell 1"),
        ({"a": 0.7, "b": 0.7}, "found 0.7, 0.7 for cell 1"),
        ({"a": float("nan")}, "found nan"),
        ({"a": 0.0}, "found 0 for cell 1"),
    ],
)
def test_what_is_no_probability_is_refused_and_nothing_is_written(session, probability, sentence):
    session.renew_type_layer("suggested types", {0: SURE})
    with pytest.raises(InputError, match=sentence):
        session.renew_type_layer("suggested types", {0: OPEN, 1: TypePrediction(probability)})
    (layer,) = session.type_layers()
    assert session.type_predictions(layer.id) == {0: SURE}


def test_a_cell_that_is_not_there(session):
    with pytest.raises(InputError, match="a cell from 0 to 2, found 3"):
        session.renew_type_layer("suggested types", {3: SURE})
    assert session.layers() == []


def test_removing_the_layer_removes_its_suggestions(session):
    layer = session.renew_type_layer("suggested types", {0: SURE})
    session.remove_layer(layer.id)
    assert session.type_layers() == []
    assert session.type_predictions(layer.id) == {}


def test_damage_is_told(session, session_file):
    layer = session.renew_type_layer("suggested types", {0: SURE})
    with sqlite3.connect(session_file) as file:
        file.execute("UPDATE type_predictions SET probability = '[1]'")
    file.close()
    with pytest.raises(InputError, match="cell-type probabilities that cannot be read"):
        session.type_predictions(layer.id)


# Files of version 1, which had no suggested types


@pytest.fixture
def version_1(session_file):
    """A session with labels and something to undo and redo, as version 1 left it."""
    with Session.open(session_file) as session:
        layer = session.add_layer("expert", "anna").id
        session.add_transient(layer, 0, 3, 5)
        session.set_cell_type(1, "pyramidal")
        session.add_transient(layer, 1, 7, 9)
        session.undo()
    with sqlite3.connect(session_file) as older:
        older.execute("DROP TABLE type_predictions")
        older.execute("PRAGMA user_version = 1")
    older.close()
    return session_file


def tables_of(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        rows = file.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        found = {name: " ".join(sql.split()) for name, sql in rows}
    file.close()
    return found


def test_a_file_of_version_1_keeps_everything_and_can_do_more(version_1, tmp_path):
    with Session.open(version_1) as session:
        assert not session.read_only
        assert session.schema_version == schema.SCHEMA_VERSION == 2
        assert session.all_transients(1).tolist() == [[0, 3, 5]]
        assert session.cell_state(1).type == "pyramidal"
        assert session.redo() == "add transient, cell 1, frames 7 to 9"
        assert session.all_transients(1).tolist() == [[0, 3, 5], [1, 7, 9]]
        while session.undo():
            pass
        assert session.layers() == []
        assert session.cell_state(1).type is None
        while session.redo():
            pass
        session.renew_type_layer("suggested types", {0: SURE})
    copy = backup.folder_of(version_1) / "mouse.backup-version-1.deepcinac"
    assert "type_predictions" not in tables_of(copy)
    with Session.open(version_1, read_only=True) as session:
        assert session.type_predictions(session.type_layers()[0].id) == {0: SURE}
        assert session.all_transients(1).tolist() == [[0, 3, 5], [1, 7, 9]]


def test_a_file_of_version_1_becomes_what_a_new_one_is(version_1, tmp_path):
    Session.open(version_1).close()
    with sqlite3.connect(tmp_path / "model.db") as model:
        schema.create_tables(model)
    model.close()
    assert tables_of(version_1) == tables_of(tmp_path / "model.db")


def test_a_view_of_version_1_changes_nothing(version_1):
    before = version_1.read_bytes()
    with Session.open(version_1, read_only=True) as session:
        assert session.type_layers() == []
        assert session.all_transients(1).tolist() == [[0, 3, 5]]
    assert version_1.read_bytes() == before
