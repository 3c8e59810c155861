"""A session: what is created, edited and read back. The scene is described in conftest.py."""

import math

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.labelling.session import WHOLE_FIELD, Session
from deepcinac.recording.cells import make_cells

N_FRAMES = 60


def reopened(session):
    """What another program sees in the file at this moment."""
    return Session.open(session.path, read_only=True)


def test_a_new_session_holds_the_recording(session, movie_file, three_cells):
    recording = session.recording
    assert (recording.n_frames, recording.height, recording.width) == (60, 12, 16)
    assert (recording.frame_rate_hz, recording.pixel_size_um) == (10.0, 2.0)
    assert recording.movie_relative == "movie.npy"
    assert recording.movie_bytes == movie_file.stat().st_size
    assert session.movie_path() == movie_file
    assert session.n_cells == 3
    assert session.layers() == []
    assert session.cell_types() == ["interneuron", "pyramidal", "noise"]
    assert session.schema_version == 5
    assert session.meta()["cells_source"] == "suite2p"
    assert session.undo_text == session.redo_text == session.undo() == session.redo() == ""


def test_footprints_come_back_as_they_were(tmp_path, movie_file):
    weight = np.array([0.1, 2.5], np.float32)
    cells = make_cells(
        [([3, 4], [5, 5], weight), ([11], [15], None)],
        12, 16, "caiman", valid=[True, False], names=["a", ""],
    )  # fmt: skip
    with Session.create(tmp_path / "a.deepcinac", movie_file, (60, 12, 16), cells, 30, 1.5) as made:
        found = made.cells()
    assert found[0].ypix.tolist() == [3, 4]
    assert found[0].xpix.tolist() == [5, 5]
    assert np.array_equal(found[0].weight, weight)
    assert (found.height, found.width, found.source, found.names) == (12, 16, "caiman", ("a", ""))
    assert found.valid.tolist() == [True, False]


def test_creating_never_replaces_a_file(session_file, movie_file, three_cells):
    before = session_file.read_bytes()
    with pytest.raises(InputError, match="a name that is not used yet"):
        Session.create(session_file, movie_file, (60, 12, 16), three_cells, 10, 2)
    assert session_file.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"path": "mouse.db"}, "ends in .deepcinac"),
        ({"movie_shape": (60, 16, 12)}, "cells of a movie of 16 x 12 pixels"),
        ({"frame_rate_hz": 0}, "a frame rate above 0 Hz"),
        ({"pixel_size_um": math.nan}, "a pixel size above 0 um"),
        ({"movie_path": "nowhere.tif"}, "a movie, found nothing"),
    ],
)
def test_what_cannot_be_created(tmp_path, movie_file, three_cells, change, sentence):
    arguments = {
        "path": "new.deepcinac",
        "movie_path": movie_file,
        "movie_shape": (60, 12, 16),
        "cells": three_cells,
        "frame_rate_hz": 10.0,
        "pixel_size_um": 2.0,
    } | change
    arguments["path"] = tmp_path / arguments["path"]
    with pytest.raises(InputError, match=sentence):
        Session.create(**arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["movie.npy"]


def test_every_edit_is_in_the_file_when_the_call_returns(session, anna):
    session.add_transient(anna, 1, 34, 38)
    with reopened(session) as other:
        assert other.transients(anna, 1).tolist() == [[34, 38]]
        assert other.undo_text == "add transient, cell 1, frames 34 to 38"


def test_transients_are_added_moved_split_and_removed(session, anna):
    session.add_transient(anna, 0, 0, 4, info={"sure": True})
    session.add_transient(anna, 0, 5, 9)
    session.add_transient(anna, 0, 50, 59)
    session.add_transient(anna, 2, 59, 59)
    session.move_transient(anna, 0, 0, 1, 3)
    session.split_transient(anna, 0, 50, 55)
    session.remove_transient(anna, 0, 55)
    assert session.transients(anna, 0).tolist() == [[1, 3], [5, 9], [50, 54]]
    assert session.transient_info(anna, 0) == [{"sure": True}, {}, {}]
    assert session.all_transients(anna).tolist() == [
        [0, 1, 3], [0, 5, 9], [0, 50, 54], [2, 59, 59],
    ]  # fmt: skip
    assert [entry.text for entry in session.history()][1:] == [
        "add transient, cell 0, frames 0 to 4",
        "add transient, cell 0, frames 5 to 9",
        "add transient, cell 0, frames 50 to 59",
        "add transient, cell 2, frame 59",
        "move transient, cell 0, frames 0 to 4 to frames 1 to 3",
        "split transient, cell 0, frames 50 to 59 at frame 55",
        "remove transient, cell 0, frames 55 to 59",
    ]


def test_a_range_of_transients_is_removed_with_both_of_its_ends(session, anna):
    session.replace_transients(anna, 1, [(0, 4), (5, 9), (20, 24), (30, 34)])
    session.remove_transients(anna, 1, 9, 20)
    assert session.transients(anna, 1).tolist() == [[0, 4], [30, 34]]
    assert session.undo_text == "remove 2 transients, cell 1, frames 9 to 20"


def test_replaced_transients_carry_their_notes(session, anna):
    session.replace_transients(anna, 1, [(5, 9), (0, 4)], info=[{"by": "b"}, {"by": "a"}])
    assert session.transient_info(anna, 1) == [{"by": "a"}, {"by": "b"}]
    session.replace_transients(anna, 1, [(0, 3), (20, 20)])
    assert session.transient_info(anna, 1) == [{"by": "a"}, {}]
    session.undo()
    assert session.transients(anna, 1).tolist() == [[0, 4], [5, 9]]
    assert session.transient_info(anna, 1) == [{"by": "a"}, {"by": "b"}]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda s, a: s.add_transient(a, 0, 8, 12), "overlaps the one at frames 10 to 14"),
        (lambda s, a: s.add_transient(a, 0, 58, 60), "frames within 0 to 59"),
        (lambda s, a: s.add_transient(a, 3, 1, 2), "a cell from 0 to 2, found 3"),
        (lambda s, a: s.add_transient(a, -1, 1, 2), "a cell from 0 to 2, found -1"),
        (lambda s, a: s.add_transient(a + 1, 0, 1, 2), "a layer '2', found anna"),
        (lambda s, a: s.add_transient(a, 0, 1, 2, info={"x": {1, 2}}), "JSON can hold"),
        (lambda s, a: s.add_transient(a, 0, 1, 2, info={"x": math.nan}), "JSON can hold"),
        (lambda s, a: s.remove_transient(a, 0, 11), "onset at frame 11, found none"),
        (lambda s, a: s.move_transient(a, 0, 10, 14, 13), "an onset at or before its peak"),
        (lambda s, a: s.replace_transients(a, 0, [(1, 2), (2, 3)]), "do not overlap"),
        (lambda s, a: s.replace_transients(a, 0, [(1, 2)], []), "one note for each of 1"),
        (lambda s, a: s.add_span(a, 0, "sleepy", 1, 2), "labelled, doubtful, movement"),
        (lambda s, a: s.add_span(a, 0, "labelled", 1, 60), "frames within 0 to 59"),
        (lambda s, a: s.add_span(a, -2, "labelled", 1, 6), "a cell from 0 to 2"),
        (lambda s, a: s.set_cell_type(0, "glia"), "interneuron, pyramidal, noise, found 'glia'"),
        (lambda s, a: s.add_cell_type("noise"), "a new name for a cell type"),
        (lambda s, a: s.remove_cell_type("glia"), "found 'glia'"),
        (lambda s, a: s.add_layer("expert", "anna"), "not used yet, found 'anna'"),
        (lambda s, a: s.add_layer("expert", "  "), "a name for the layer"),
        (lambda s, a: s.add_layer("oracle", "x"), "as kind of layer, found 'oracle'"),
        (lambda s, a: s.set_rates(10, -1), "a pixel size above 0"),
        (lambda s, a: s.add_mark(0, 1, 60, "bookmark"), "frames within 0 to 59"),
    ],
)
def test_a_refused_edit_changes_nothing(session, anna, edit, sentence):
    session.add_transient(anna, 0, 10, 14)
    with pytest.raises(InputError, match=sentence):
        edit(session, anna)
    assert session.all_transients(anna).tolist() == [[0, 10, 14]]
    assert session.undo_text == "add transient, cell 0, frames 10 to 14"


def test_spans_merge_among_themselves_and_are_cut(session, anna):
    session.add_span(anna, 0, "labelled", 0, 19)
    session.add_span(anna, 0, "labelled", 20, 59)
    session.add_span(anna, 0, "doubtful", 5, 6)
    assert session.spans(anna, 0, "labelled").tolist() == [[0, 59]]
    session.remove_span(anna, 0, "labelled", 30, 39)
    assert session.spans(anna, 0, "labelled").tolist() == [[0, 29], [40, 59]]
    assert session.spans(anna, 0, "doubtful").tolist() == [[5, 6]]
    assert session.spans(anna, 1, "labelled").tolist() == []
    session.undo()
    assert session.spans(anna, 0, "labelled").tolist() == [[0, 59]]


def test_a_span_of_the_whole_field_holds_for_every_cell(session, anna):
    session.add_span(anna, WHOLE_FIELD, "movement", 3, 4)
    session.add_span(anna, 1, "movement", 50, 59)
    assert session.undo_text == "add movement span, cell 1, frames 50 to 59"
    assert session.spans(anna, 1, "movement").tolist() == [[50, 59]]
    assert session.all_spans(anna, "movement").tolist() == [[-1, 3, 4], [1, 50, 59]]
    for cell, n_frames in ((0, 2), (1, 12)):
        assert session.span_raster(anna, cell, "movement").sum() == n_frames


def test_what_is_known_about_cells(session):
    session.set_valid(1, False)
    session.add_cell_type("glia")
    session.set_cell_type(2, "glia")
    session.set_note(2, "bright β ring")
    session.set_reviewed(0, True)
    with reopened(session) as other:
        states = other.cell_states()
        assert [state.valid for state in states] == [True, False, True]
        assert [state.type for state in states] == [None, None, "glia"]
        assert [state.reviewed for state in states] == [True, False, False]
        assert other.cell_state(2).note == "bright β ring"
        assert other.cell_types()[-1] == "glia"
        assert other.cells().valid.tolist() == [True, False, True]
    with pytest.raises(InputError, match="'glia' of cells 2"):
        session.remove_cell_type("glia")
    session.set_cell_type(2, None)
    session.remove_cell_type("glia")
    assert session.undo_text == "remove cell type glia"


def test_cells_follow_validity_and_keep_their_overlaps(session):
    overlaps = session.cells().overlaps
    session.set_valid(0, False)
    assert session.cells().valid.tolist() == [False, True, True]
    assert session.cells().overlaps is overlaps
    assert session.cells() is session.cells()


def test_setting_what_is_already_so_is_no_edit(session, anna):
    session.add_span(anna, 0, "labelled", 0, 9)
    session.set_valid(0, True)
    session.set_note(1, "")
    session.add_span(anna, 0, "labelled", 3, 5)
    session.remove_mark(0, 1, 2, "bookmark")
    session.replace_transients(anna, 0, [])
    assert session.undo_text == "add labelled span, cell 0, frames 0 to 9"


def test_marks(session):
    session.add_mark(2, 5, 9, "bookmark", note="odd")
    session.add_mark(0, 5, 9, "reviewed", author="anna")
    session.add_mark(0, 5, 9, "reviewed", note="again", author="anna")
    assert [(m.cell, m.kind, m.author, m.note) for m in session.marks("reviewed")] == [
        (0, "reviewed", "anna", "again")
    ]
    assert len(session.marks()) == 2
    session.remove_mark(2, 5, 9, "bookmark")
    assert [mark.cell for mark in session.marks()] == [0]


def test_a_model_writes_only_into_its_own_layer(session, anna):
    model = session.add_layer(
        "classifier", "general", author="deepcinac", meta={"weights_sha256": "abc"}
    ).id
    with pytest.raises(InputError, match="kind classifier or method, found the layer 'anna'"):
        session.write_prediction(anna, [0], np.zeros((1, N_FRAMES)))
    with pytest.raises(InputError, match="kind classifier or method"):
        session.write_transients(anna, [(0, 1, 2)])
    for edit in (
        lambda: session.add_transient(model, 0, 1, 2),
        lambda: session.replace_transients(model, 0, [(1, 2)]),
        lambda: session.remove_transients(model, 0, 1, 2),
        lambda: session.add_span(model, 0, "labelled", 1, 2),
    ):
        with pytest.raises(InputError, match="kind expert or consensus, found the layer 'general'"):
            edit()
    assert len(session.all_transients(anna)) == len(session.all_transients(model)) == 0


def test_predictions_are_stored_as_they_are(session, anna):
    session.add_transient(anna, 0, 1, 2)
    generator = np.random.default_rng(0)
    probability = generator.random((2, N_FRAMES), np.float32)
    model = session.add_layer("classifier", "general").id
    session.write_prediction(model, [2, 0], probability, meta={"threshold": np.float32(0.5)})
    assert session.predicted_cells(model).tolist() == [0, 2]
    assert np.array_equal(session.prediction(model, 2), probability[0])
    assert session.prediction(model, 1) is None
    cells, together = session.predictions(model)
    assert cells.tolist() == [0, 2]
    assert np.array_equal(together, probability[::-1])
    assert session.layer("general").meta == {"threshold": 0.5}
    session.write_prediction(model, [1], probability[:1])
    assert session.predicted_cells(model).tolist() == [1]
    assert session.undo_text == "add transient, cell 0, frames 1 to 2"


@pytest.mark.parametrize(
    ("cells", "probability", "sentence"),
    [
        ([0], np.zeros((1, 59)), r"of shape \(1, 60\)"),
        ([0, 1], np.zeros((1, 60)), r"of shape \(2, 60\)"),
        ([3], np.zeros((1, 60)), "a cell from 0 to 2"),
        ([1, 1], np.zeros((2, 60)), "every cell once"),
        ([0], np.full((1, 60), 1.01), "from 0 to 1"),
        ([0], np.full((1, 60), np.nan), "from 0 to 1"),
    ],
)
def test_a_refused_prediction_leaves_the_old_one(session, cells, probability, sentence):
    model = session.add_layer("classifier", "general").id
    session.write_prediction(model, [0], np.ones((1, 60)))
    with pytest.raises(InputError, match=sentence):
        session.write_prediction(model, cells, probability)
    assert session.prediction(model, 0).sum() == 60


def test_transients_of_another_method(session):
    other = session.add_layer("method", "caiman").id
    session.write_transients(other, [(2, 5, 9), (0, 10, 15), (0, 16, 20)])
    assert session.all_transients(other).tolist() == [[0, 10, 15], [0, 16, 20], [2, 5, 9]]
    session.write_transients(other, np.empty((0, 3)))
    assert len(session.all_transients(other)) == 0
    for wrong in ([(0, 1, 3), (0, 3, 4)], [(3, 1, 2)], [(0, 1)], [(0, 50, 60)]):
        with pytest.raises(InputError):
            session.write_transients(other, wrong)


def test_layers_by_kind_number_and_name(session, anna):
    model = session.add_layer("classifier", "general")
    assert [layer.name for layer in session.layers()] == ["anna", "general"]
    assert session.layers("classifier") == [model] == [session.layer("general")]
    assert session.layer(anna).name == "anna"
    session.rename_layer(anna, "Anna B.")
    session.rename_layer(model.id, "v2")
    assert [layer.name for layer in session.layers()] == ["Anna B.", "v2"]
    with pytest.raises(InputError, match="a layer 'bob', found Anna B., v2"):
        session.layer("bob")


def test_removing_a_layer_can_be_undone(session, anna):
    session.add_transient(anna, 0, 1, 2, info={"sure": False})
    session.add_span(anna, WHOLE_FIELD, "movement", 3, 4)
    model = session.add_layer("classifier", "general").id
    session.write_prediction(model, [0], np.ones((1, 60)))
    session.remove_layer(anna)
    session.remove_layer(model)
    assert session.layers() == []
    assert session.undo() == "remove layer general"
    assert session.prediction(model, 0).tolist() == [1.0] * 60
    assert session.redo() == "remove layer general"
    assert session.prediction(model, 0) is None
    session.undo()
    session.remove_layer(model)
    session.undo()
    assert session.undo() == "remove layer anna"
    assert [layer.name for layer in session.layers()] == ["anna", "general"]
    assert session.transient_info(anna, 0) == [{"sure": False}]
    assert session.all_spans(anna, "movement").tolist() == [[-1, 3, 4]]


def test_the_number_of_a_layer_never_comes_back(session, anna):
    session.add_transient(anna, 0, 1, 2)
    session.undo()
    session.undo()
    model = session.add_layer("classifier", "general").id
    assert model != anna
    session.redo()
    session.redo()
    assert session.transients(anna, 0).tolist() == [[1, 2]]
    assert len(session.transients(model, 0)) == 0


def test_correcting_the_rates(session):
    session.set_rates(30.9, 1.2)
    assert (session.recording.frame_rate_hz, session.recording.pixel_size_um) == (30.9, 1.2)
    session.undo()
    assert session.recording.frame_rate_hz == 10.0


def test_a_closed_session_can_be_closed_again(session):
    path = session.path
    session.close()
    session.close()
    with Session.open(path) as again:
        assert not again.read_only
