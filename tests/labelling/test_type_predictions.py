"""Suggested types in a session: beside the expert's word, never over it."""

import sqlite3

import pytest

from deepcinac.errors import InputError
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


def test_suggested_types_written_anew_after_they_were_removed(session):
    layer = session.renew_type_layer("suggested types", {0: SURE})
    session.remove_layer(layer.id)
    again = session.renew_type_layer("suggested types", {0: SURE})
    assert [x.id for x in session.type_layers()] == [again.id]


def test_damage_is_told(session, session_file):
    layer = session.renew_type_layer("suggested types", {0: SURE})
    with sqlite3.connect(session_file) as file:
        file.execute("UPDATE results SET info = '[1]'")
    file.close()
    with pytest.raises(InputError, match="the cell_type of cell 0 as it was written"):
        session.type_predictions(layer.id)
