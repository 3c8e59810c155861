"""Experts, their consensus and a classifier in one session, by hand: two cells, sixty frames.

Cell 0 rises at 10-12 and at 30-32. Anna and Ben mark both; Carl marks the first only, and one more at
45-47. So the consensus of the three holds the first two.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.evaluation.report_tables import agreement_rows, cell_rows, total_rows
from deepcinac.evaluation.study_reading import StudyRequest, read_study, recording_names
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.layer_labels import add_labels, make_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells

BOTH = [(0, 10, 12), (0, 30, 32)]
EXPERTS = {"anna": BOTH, "ben": BOTH, "carl": [(0, 10, 12), (0, 45, 47)]}


def write_session(path: Path, experts: dict = EXPERTS, consensus: bool = True) -> Path:
    frames = np.full((60, 12, 12), 100, np.uint16)
    for onset in (10, 30, 45):
        for step in range(3):
            frames[onset + step, 2:4, 2:4] += 20 * (step + 1)
    movie = path.parent / "movie.npy"
    np.save(movie, frames)
    cells = make_cells([([2, 2, 3, 3], [2, 3, 2, 3], None), ([8], [8], None)], 12, 12, "drawn")
    layers = [
        make_labels(2, 60, rows, {"labelled": [(-1, 0, 59)]}, name=name, author=name)
        for name, rows in experts.items()
    ]
    with Session.create(path, movie, (60, 12, 12), cells, 10.0, 2.0) as session:
        for labels in layers:
            add_labels(session, labels)
        if consensus:
            add_labels(session, make_consensus(layers).labels)
        model = session.add_layer("classifier", "model")
        probability = np.zeros((2, 60), np.float32)
        probability[0, [11, 46]] = 0.9, 0.6
        session.write_prediction(model.id, np.array([0, 1]), probability)
    return path


@pytest.fixture(scope="module")
def session_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("study") / "s.deepcinac")


@pytest.fixture(scope="module")
def study(session_path: Path):
    return read_study(StudyRequest([session_path]))


def f1_of(study, method: str) -> float | None:
    return study.of(method)[0].scores.rules["paper"].pooled.f1


def test_everybody_is_scored_and_the_truth_is_not(study) -> None:
    assert study.methods == ("anna", "ben", "carl", "model")


def test_an_expert_is_not_scored_against_himself(study) -> None:
    """Anna against Ben and Carl: they agree on the first; the others are ties, which nobody judges."""
    anna = study.of("anna")[0]
    assert anna.against == "the consensus of ben and carl"
    assert anna.scores.rules["paper"].pooled.n_real == 1
    assert anna.scores.doubtful_share == pytest.approx(6 / 120)
    assert any("anna is part of consensus" in note for note in study.recordings[0].notes)


def test_carl_against_two_who_agree(study) -> None:
    """Anna and Ben hold both; Carl has one of them and one of his own: recall and precision 1/2."""
    pooled = study.of("carl")[0].scores.rules["paper"].pooled
    assert (pooled.recall, pooled.precision, pooled.f1) == (0.5, 0.5, 0.5)


def test_a_classifier_is_scored_against_the_whole_consensus(study) -> None:
    model = study.of("model")[0]
    assert model.against == "consensus"
    pooled = model.scores.rules["paper"].pooled
    assert (pooled.n_real, pooled.n_detected, pooled.n_predicted) == (2, 1, 2)
    assert model.scores.onsets[0].tolist() == [[10, 1]]  # one frame late, 100 ms


def test_with_two_experts_each_is_scored_against_the_other(tmp_path: Path) -> None:
    two = {"anna": BOTH, "carl": EXPERTS["carl"]}
    study = read_study(StudyRequest([write_session(tmp_path / "s.deepcinac", two)]))
    assert study.of("anna")[0].against == "carl alone"
    assert f1_of(study, "anna") == 0.5


def test_a_consensus_of_unknown_members_is_told(tmp_path: Path) -> None:
    path = write_session(tmp_path / "s.deepcinac", consensus=False)
    with Session.open(path) as session:
        labels = make_labels(
            2, 60, BOTH, {"labelled": [(-1, 0, 59)]}, name="gold", kind="consensus"
        )
        add_labels(session, labels)
    study = read_study(StudyRequest([path]))
    assert any("gold does not say whose labels" in note for note in study.recordings[0].notes)


def test_one_expert_as_the_truth(session_path: Path) -> None:
    study = read_study(StudyRequest([session_path], layer="anna"))
    assert study.methods == ("ben", "carl", "model")
    assert f1_of(study, "ben") == 1.0
    named = StudyRequest([session_path], names=["consensus"], layer="anna")
    (note,) = read_study(named).recordings[0].notes
    assert "its score is too high" in note
    with pytest.raises(InputError, match="another layer than the truth"):
        read_study(dataclasses.replace(named, names=["anna"]))


def test_agreement_names_those_who_share_labels(study) -> None:
    rows = {(row["first"], row["second"]): row for row in agreement_rows(study)}
    assert len(rows) == 10  # five of them, two at a time
    assert rows["anna", "ben"]["f1"] == 1.0
    assert rows["anna", "carl"]["f1"] == 0.5
    assert rows["anna", "ben"]["share_labels"] == 0
    assert rows["consensus", "anna"]["share_labels"] == 1


def test_two_recordings_are_one_study(session_path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write_session(tmp_path / "other" / "t.deepcinac")
    with Session.open(other) as session:
        layer = session.add_layer("classifier", "only here")
        session.write_prediction(layer.id, np.array([0]), np.ones((1, 60), np.float32))
    names = ["anna", "carl", "model", "only here"]
    study = read_study(StudyRequest([session_path, other], names))
    assert [one.name for one in study.recordings] == ["s", "t"]
    assert len(study.of("model")) == 2
    assert len(study.of("only here")) == 1
    assert "only here says nothing of this recording." in study.recordings[0].notes
    totals = {(r["method"], r["rule"], r["measure"]): r for r in total_rows(study)}
    carl = totals["carl", "paper", "f1"]
    assert (carl["n_recordings"], carl["n_real"], carl["value"]) == (2, 4, 0.5)
    assert carl["low_over_recordings"] == carl["high_over_recordings"] == 0.5
    assert [gap.unit for gap in study.differences] == ["cell"] * 6 + ["recording"] * 6
    with pytest.raises(InputError, match="nobody"):
        read_study(StudyRequest([session_path, other], ["anna", "nobody"]))


def test_recordings_get_names_that_differ(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "s.deepcinac", tmp_path / "b" / "s.deepcinac"]
    assert recording_names(paths) == ["a/s", "b/s"]
    assert recording_names([tmp_path / "toy" / "truth.npz"]) == ["toy"]
    with pytest.raises(InputError, match="twice"):
        recording_names([paths[0], paths[0]])


def test_a_row_for_each_cell(study) -> None:
    rows = [row for row in cell_rows(study) if row["method"] == "carl"]
    assert [(row["cell"], row["recall"], row["f1_paper"]) for row in rows] == [
        (0, 0.5, 0.5),
        (1, None, None),  # nothing real in it
    ]
