"""What counts of a layer: only frames that somebody judged."""

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.labelling.judgement import judgement, truth_layer
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells


@pytest.fixture
def session(tmp_path):
    """Three cells, twenty frames; nothing labelled yet."""
    np.save(tmp_path / "movie.npy", np.zeros((20, 8, 8), np.uint16))
    cells = make_cells([([1], [1], None), ([3], [3], None), ([5], [5], None)], 8, 8, "drawn")
    with Session.create(
        tmp_path / "s.deepcinac", tmp_path / "movie.npy", (20, 8, 8), cells, 10.0, 2.0
    ) as session:
        yield session


def test_frames_outside_labelled_spans_are_doubtful_never_quiet(session):
    anna = session.add_layer("expert", "anna")
    session.add_span(anna.id, 0, "labelled", 0, 9)
    session.add_span(anna.id, 0, "doubtful", 8, 9)
    session.add_transient(anna.id, 0, 2, 4)
    session.add_transient(anna.id, 0, 5, 6)
    session.add_transient(anna.id, 1, 3, 5)  # cell 1 has no labelled span
    said = judgement(session, truth_layer(session))
    assert said.judged.tolist() == [0]
    assert np.flatnonzero(said.active[0]).tolist() == [2, 3, 4, 5, 6]
    assert np.flatnonzero(~said.doubtful[0]).tolist() == list(range(8))
    assert not said.active[1].any()
    assert said.doubtful[1].all()
    assert said.transients.tolist() == [[0, 2, 4], [0, 5, 6], [1, 3, 5]]  # touching ones stay two


def test_movement_is_a_note_and_takes_no_frame_away(session):
    """A classifier has to learn that a field that moves is no activity."""
    anna = session.add_layer("expert", "anna")
    session.add_span(anna.id, 0, "labelled", 0, 9)
    session.add_span(anna.id, -1, "movement", 4, 6)
    session.add_span(anna.id, -1, "doubtful", 8, 9)
    said = judgement(session, anna)
    assert np.flatnonzero(~said.doubtful[0]).tolist() == list(range(8))


def test_invalid_cells_are_not_judged(session):
    anna = session.add_layer("expert", "anna")
    for cell in range(3):
        session.add_span(anna.id, cell, "labelled", 0, 19)
    session.set_valid(1, False)
    assert judgement(session, anna).judged.tolist() == [0, 2]


def test_which_layer_is_believed(session):
    with pytest.raises(InputError, match="no expert layer"):
        truth_layer(session)
    session.add_layer("expert", "anna")
    assert truth_layer(session).name == "anna"
    session.add_layer("expert", "boris")
    with pytest.raises(InputError, match="anna, boris"):
        truth_layer(session)
    assert truth_layer(session, "boris").name == "boris"
    session.add_layer("consensus", "agreed")
    assert truth_layer(session).name == "agreed"


def test_a_layer_without_judged_frames_is_a_sentence(session):
    anna = session.add_layer("expert", "anna")
    with pytest.raises(InputError, match="labelled span"):
        judgement(session, anna)
