"""Answers to the review queue of a movie of 100 frames at 10 Hz with three cells."""

import numpy as np
import pytest

from deepcinac.labelling.corrections import (
    Correction,
    answer,
    corrections,
    judged_frames,
    verdict_of,
)
from deepcinac.labelling.judgement import judgement
from deepcinac.labelling.merging import merge_sessions
from deepcinac.labelling.review import ReviewItem
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.results import Maker, Result, Results, TimeBase

WEIGHTS = "ab" * 32


def item(cell, first, last):
    return ReviewItem(cell, first, last, ("uncertain",), "the classifier is not sure", 0.5)


def make_session(path, n_pixels=1):
    np.save(path.parent / "movie.npy", np.zeros((100, 8, 8), np.uint8))
    cells = make_cells([([i] * 2, [i, i + 1], None) for i in range(3)], 8, 8, "drawn")
    return Session.create(path, path.parent / "movie.npy", (100, 8, 8), cells, 10.0, 1.0)


@pytest.fixture
def session(tmp_path):
    with make_session(tmp_path / "s.deepcinac") as made:
        probability = np.full((3, 100), 0.05, np.float32)
        probability[0, 10:15] = 0.6
        maker = Maker("activity", "general", "1.0", WEIGHTS)
        seen = Result(
            "probability",
            probability,
            ("cell", "frame"),
            "1",
            maker,
            np.arange(3),
            time=TimeBase(10.0),
        )
        made.write_results(Results((seen,), threshold=0.5))
        made.add_layer("expert", "anna")
        yield made


def layers(session):
    return session.layer("anna").id, session.layers("classifier")[0]


def test_an_answer_says_whose_proposal_it_judges(session):
    anna, general = layers(session)
    answer(session, anna, item(0, 10, 14), "accepted", general)
    assert session.transients(anna, 0).tolist() == [[10, 14]]
    assert session.spans(anna, 0, "labelled").tolist() == [[10, 14]]
    (mark,) = session.marks("reviewed")
    assert (mark.note, mark.info["layer"]) == ("accepted", "anna")
    assert (mark.info["before"], mark.info["after"]) == ([], [[10, 14]])
    assert mark.info["proposal"] == {
        "layer": general.name,
        "name": "general",
        "version": "1.0",
        "weights_sha256": WEIGHTS,
        "threshold": 0.5,
        "probability": 0.6,
        "frames": [[10, 14]],
    }
    session.undo()  # label, span and mark in one step
    assert session.marks() == []
    assert len(session.transients(anna, 0)) == len(session.all_spans(anna, "labelled")) == 0


def test_what_was_accepted_and_then_moved_is_adjusted(session):
    anna, general = layers(session)
    answer(session, anna, item(0, 10, 14), "accepted", general)
    answer(session, anna, item(1, 40, 44), "rejected", general)
    answer(session, anna, item(2, 60, 64), "done", general)  # left as it was: no correction
    assert [one.verdict for one in corrections(session, anna)] == ["accepted", "rejected"]
    session.move_transient(anna, 0, 10, 8, 14)
    moved, refused = corrections(session, anna)
    assert (moved.verdict, moved.transients.tolist()) == ("adjusted", [[8, 14]])
    assert refused.proposal["probability"] == 0.05
    assert {c: f.tolist() for c, f in judged_frames([moved, refused]).items()} == {
        0: [[8, 14]],
        1: [[40, 44]],
    }


def test_only_what_was_answered_is_known(session):
    anna, general = layers(session)
    answer(session, anna, item(0, 10, 14), "accepted", general)
    answer(session, anna, item(1, 40, 44), "rejected", general)
    said = judgement(session, session.layer(anna))
    assert said.judged.tolist() == [0, 1]
    assert np.argwhere(~said.doubtful).tolist() == [[0, f] for f in range(10, 15)] + [
        [1, f] for f in range(40, 45)
    ]
    assert said.active[0, 10:15].all()
    assert not said.active[1].any()


def test_a_layer_that_counts_as_judged_in_whole_stays_so(session):
    anna, general = layers(session)
    session.add_transient(anna, 2, 70, 75)
    answer(session, anna, item(0, 10, 14), "accepted", general)
    assert len(session.all_spans(anna, "labelled")) == 0
    assert judgement(session, session.layer(anna)).judged.tolist() == [0]


def test_answers_of_blind_work_name_nobody(session):
    anna, _ = layers(session)
    answer(session, anna, item(0, 10, 14), "accepted", None)
    assert "proposal" not in session.marks()[0].info
    assert corrections(session, anna)[0].verdict == "accepted"


def test_merging_keeps_where_answers_come_from(session, tmp_path):
    anna, general = layers(session)
    answer(session, anna, item(0, 10, 14), "accepted", general)
    before = session.marks()
    (tmp_path / "ben").mkdir()
    make_session(tmp_path / "ben" / "b.deepcinac").close()
    session.close()
    paths = [tmp_path / "s.deepcinac", tmp_path / "ben" / "b.deepcinac"]
    with merge_sessions(paths, tmp_path / "both.deepcinac") as merged:
        assert merged.marks() == before
        assert len(corrections(merged, merged.layer("anna").id)) == 1


def test_verdicts():
    nothing = np.empty((0, 2), int)
    assert verdict_of(nothing, [[3, 5]]) == "rejected"
    assert verdict_of(np.array([[3, 5]]), [[3, 5]]) == "accepted"
    assert verdict_of(np.array([[3, 4], [5, 5]]), [[3, 5]]) == "adjusted"
    assert Correction.__doc__
