"""Undo and redo: unlimited, kept in the file, exact."""

import shutil
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.labelling.history import EDITED
from deepcinac.labelling.session import Session


def content(session):
    """Everything that edits can change, as plain rows."""
    found = {}
    for table, (keys, values) in EDITED.items():
        columns = ", ".join((*keys, *values))
        found[table] = session._connection.execute(
            f"SELECT {columns} FROM {table} ORDER BY {', '.join(keys)}"
        ).fetchall()
    return found


def test_undo_and_redo_walk_through_all_edits_after_reopening(session_file):
    states = []
    with Session.open(session_file) as session:
        states.append(content(session))
        layer = session.add_layer("expert", "anna").id
        states.append(content(session))
        for number in range(30):
            session.add_transient(layer, number % 3, 2 * number, 2 * number)
            states.append(content(session))
    with Session.open(session_file) as session:
        for state in states[-2::-1]:
            assert session.undo()
            assert content(session) == state
        assert session.undo() == session.undo_text == ""
        assert session.redo_text == "add layer anna"
    with Session.open(session_file) as session:
        for state in states[1:]:
            assert session.redo()
            assert content(session) == state
        assert session.redo() == session.redo_text == ""


def test_a_group_is_one_step(session, anna):
    with session.group("label cell 1"):
        session.add_transient(anna, 1, 3, 4)
        session.set_reviewed(1, True)
        with session.group("inner"):
            session.add_span(anna, 1, "labelled", 0, 59)
    assert session.undo_text == "label cell 1"
    session.undo()
    assert session.undo_text == "add layer anna"
    assert len(session.transients(anna, 1)) == 0
    assert not session.cell_state(1).reviewed
    session.redo()
    assert session.transients(anna, 1).tolist() == [[3, 4]]
    assert session.spans(anna, 1, "labelled").tolist() == [[0, 59]]


def test_a_group_that_fails_has_not_happened(session, anna):
    def label():
        with session.group("label cell 1"):
            session.add_transient(anna, 1, 3, 4)
            session.add_transient(anna, 1, 4, 5)

    before = content(session)
    with pytest.raises(InputError):
        label()
    assert content(session) == before
    assert session.undo_text == "add layer anna"
    session.add_transient(anna, 1, 4, 5)
    assert session.undo_text == "add transient, cell 1, frames 4 to 5"


def test_a_group_may_go_on_after_a_refused_edit(session, anna):
    with session.group("label cell 1"):
        session.add_transient(anna, 1, 3, 4)
        with pytest.raises(InputError):
            session.add_transient(anna, 1, 4, 5)
        session.add_transient(anna, 1, 5, 6)
    assert session.transients(anna, 1).tolist() == [[3, 4], [5, 6]]


def test_undo_does_not_belong_into_a_group(session, anna):
    with pytest.raises(RuntimeError), session.group("confused"):
        session.undo()


def test_a_new_edit_ends_what_could_be_redone_but_keeps_it_on_record(session, anna):
    session.add_transient(anna, 0, 1, 2)
    session.undo()
    session.add_transient(anna, 0, 5, 6)
    assert session.redo_text == ""
    assert [(entry.text, entry.state) for entry in session.history()[1:]] == [
        ("add transient, cell 0, frames 1 to 2", "abandoned"),
        ("add transient, cell 0, frames 5 to 6", "done"),
    ]
    session.undo()
    session.undo()
    assert session.redo() == "add layer anna"
    assert session.redo() == "add transient, cell 0, frames 5 to 6"
    assert session.redo() == ""


def test_history_says_who_and_when(session, anna):
    entry = session.history()[-1]
    assert entry.author == session.meta()["created_by"]
    assert entry.created.startswith("20")
    assert entry.created.endswith("+00:00")


def test_undo_keeps_away_from_results(session, anna):
    session.add_transient(anna, 0, 1, 2)
    session.add_layer("classifier", "general")
    session.undo()
    assert [layer.name for layer in session.layers()] == ["anna", "general"]


def test_a_row_that_somebody_else_changed_is_not_overwritten(session, anna):
    session.add_transient(anna, 0, 1, 2)
    with sqlite3.connect(session.path) as other:
        other.execute("UPDATE transients SET peak = 9")
    other.close()
    with pytest.raises(InputError, match="changed outside the history"):
        session.undo()
    assert session.transients(anna, 0).tolist() == [[1, 9]]
    assert session.undo_text == "add transient, cell 0, frames 1 to 2"


@pytest.mark.parametrize(
    "changes",
    [
        "no json",
        "[1]",
        '[{"table": "meta", "key": {"name": "x"}, "before": null, "after": null}]',
        '[{"table": "cells", "key": {"cell; --": 1}, "before": null, "after": null}]',
        '[{"table": "cells", "key": {"cell": 1}, "before": null, "after": {"x = 1; --": 1}}]',
    ],
)
def test_a_damaged_or_hostile_history_does_nothing(session, anna, changes):
    with sqlite3.connect(session.path) as other:
        other.execute("UPDATE history SET changes = ?", (changes,))
    other.close()
    before = content(session)
    with pytest.raises(InputError, match="damage in entry 1"):
        session.undo()
    assert content(session) == before


def test_an_undo_that_would_double_a_name_is_a_sentence(session, anna):
    session.remove_layer(anna)
    session.add_layer("classifier", "anna")
    with pytest.raises(InputError, match="a name that is still free.*table layers"):
        session.undo()
    assert [layer.kind for layer in session.layers()] == ["classifier"]


# Random edits: some are refused, and those must change nothing.

frames = st.integers(-1, 60)
cells = st.integers(0, 2)
kinds = st.sampled_from(["labelled", "doubtful", "movement"])
layers = st.integers(1, 3)
commands = st.one_of(
    st.tuples(st.just("add_layer"), st.sampled_from(["expert", "consensus"]), st.text(max_size=3)),
    st.tuples(st.just("rename_layer"), layers, st.text(max_size=3)),
    st.tuples(st.just("remove_layer"), layers),
    st.tuples(st.just("add_transient"), layers, cells, frames, frames),
    st.tuples(st.just("add_transient"), layers, cells, frames, frames),
    st.tuples(st.just("remove_transients"), layers, cells, frames, frames),
    st.tuples(st.just("move_first"), layers, cells, frames, frames),
    st.tuples(st.just("split_first"), layers, cells, frames),
    st.tuples(
        st.just("replace_transients"), layers, cells,
        st.lists(st.tuples(frames, frames), max_size=4),
    ),
    st.tuples(st.just("add_span"), layers, st.integers(-1, 2), kinds, frames, frames),
    st.tuples(st.just("remove_span"), layers, st.integers(-1, 2), kinds, frames, frames),
    st.tuples(st.just("set_valid"), cells, st.booleans()),
    st.tuples(st.just("set_reviewed"), cells, st.booleans()),
    st.tuples(st.just("set_note"), cells, st.text(max_size=5)),
    st.tuples(st.just("set_cell_type"), cells, st.sampled_from([None, "noise", "glia"])),
    st.tuples(st.just("add_cell_type"), st.sampled_from(["glia", "x"])),
    st.tuples(st.just("remove_cell_type"), st.sampled_from(["glia", "noise"])),
    st.tuples(st.just("add_mark"), cells, frames, frames, st.sampled_from(["a", "b"])),
    st.tuples(st.just("remove_mark"), cells, frames, frames, st.sampled_from(["a", "b"])),
    st.tuples(st.just("set_rates"), st.floats(0.1, 100), st.floats(0.1, 10)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)  # fmt: skip


def carry_out(session, name, *arguments):
    if name in ("move_first", "split_first"):
        layer, cell, *rest = arguments
        onset = int(session.transients(layer, cell)[:1, 0].sum())
        name = name.replace("first", "transient")
        arguments = (layer, cell, onset, *rest)
    getattr(session, name)(*arguments)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    import numpy as np

    from deepcinac.recording.cells import make_cells

    folder = tmp_path_factory.mktemp("template")
    np.save(folder / "movie.npy", np.zeros((60, 4, 4), np.uint8))
    three = make_cells([([0], [0], None), ([1], [1], None), ([2], [2], None)], 4, 4)
    path = folder / "template.deepcinac"
    Session.create(path, folder / "movie.npy", (60, 4, 4), three, 10, 2).close()
    return path


@given(st.lists(commands, max_size=25))
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_undo_of_everything_is_the_start_and_redo_the_end(template, tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("session") / "session.deepcinac"
    shutil.copyfile(template, path)
    with Session.open(path) as session:
        session._connection.execute("PRAGMA synchronous = OFF")  # the disk is not what is tested
        start = content(session)
        for name, *arguments in [("add_layer", "expert", "first"), *steps]:
            before = content(session)
            try:
                carry_out(session, name, *arguments)
            except InputError:
                assert content(session) == before
        while session.redo():
            pass
        end = content(session)
        n_steps = 0
        while session.undo():
            n_steps += 1
        assert content(session) == start
        assert n_steps == sum(entry.state == "undone" for entry in session.history())
        while session.redo():
            pass
        assert content(session) == end
        assert session._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert session._connection.execute("PRAGMA foreign_key_check").fetchall() == []
    shutil.rmtree(path.parent)
