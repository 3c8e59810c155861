"""An expert's layer as truth, and another layer scored against it."""

import json

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.evaluation.predictions import load_predictions
from deepcinac.evaluation.score import score
from deepcinac.evaluation.session_truth import read_truth_session
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells


@pytest.fixture
def session_path(tmp_path):
    """Two cells of four pixels, 60 frames at 10 Hz; cell 0 rises at 10-12 and at 30-32.

    Anna judged frames 0 to 49 of cell 0 and marked both; the other layer found the first only, and
    something at 55, where nobody looked.
    """
    frames = np.full((60, 12, 12), 100, np.uint16)
    for onset in (10, 30):
        for step in range(3):
            frames[onset + step, 2:4, 2:4] += 20 * (step + 1)
    np.save(tmp_path / "movie.npy", frames)
    cells = make_cells([([2, 2, 3, 3], [2, 3, 2, 3], None), ([8], [8], None)], 12, 12, "drawn")
    path = tmp_path / "s.deepcinac"
    with Session.create(path, tmp_path / "movie.npy", (60, 12, 12), cells, 10.0, 2.0) as session:
        anna = session.add_layer("expert", "anna")
        session.add_span(anna.id, 0, "labelled", 0, 49)
        session.add_transient(anna.id, 0, 10, 12)
        session.add_transient(anna.id, 0, 30, 32)
        model = session.add_layer("classifier", "model")
        probability = np.zeros((2, 60), np.float32)
        probability[0, [11, 55]] = 0.9
        session.write_prediction(model.id, np.array([0, 1]), probability)
    return path


def test_only_judged_frames_count(session_path):
    truth = read_truth_session(session_path)
    assert truth.transients[0].tolist() == [[10, 12], [30, 32]]
    assert len(truth.transients[1]) == 0
    assert truth.doubtful[0].sum() == 10
    assert truth.doubtful[1].all()
    found = load_predictions(f"{session_path}#model", truth.shape, truth.cells)
    assert found.notes == ()
    scores = score(truth, found.probability, found.cells)
    pooled = scores.rules["paper"].pooled
    assert (pooled.recall, pooled.precision) == (0.5, 1.0)
    assert scores.rules["runs"].pooled.precision == 1.0


def test_a_layer_of_transients_is_zeros_and_ones(session_path):
    found = load_predictions(f"{session_path}#anna", (2, 60))
    assert np.flatnonzero(found.probability[0]).tolist() == [10, 11, 12, 30, 31, 32]


def test_the_command_scores_a_layer_of_the_session(session_path, capsys):
    arguments = ["evaluate", "--truth", str(session_path), "--predictions", "model"]
    assert main([*arguments, "--progress", "none"]) == 0
    assert "0.500" in capsys.readouterr().out
    assert main([*arguments[:-1], "nobody", "--progress", "none"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_layers_of_this_and_another_session_add_up(session_path, tmp_path, capsys):
    """The copy's cells stand in the other order; its model found the second transient of cell 0 too."""
    with Session.open(session_path) as session:
        own, probability = session.cells(), np.zeros((1, 60), np.float32)
    turned = [(own[i].ypix, own[i].xpix, None) for i in (1, 0)]
    cells = make_cells(turned, 12, 12, "other order")
    other = tmp_path / "other.deepcinac"
    with Session.create(other, tmp_path / "movie.npy", (60, 12, 12), cells, 10.0, 2.0) as session:
        probability[0, [11, 31]] = 0.9
        layer = session.add_layer("classifier", "model")
        session.write_prediction(layer.id, np.array([1]), probability)
    command = ["evaluate", "--truth", str(session_path), "--progress", "none", "--json"]
    command += ["--predictions", "model", "--predictions", f"{other}#model"]
    assert main(command) == 0
    said = capsys.readouterr()
    first, second = json.loads(said.out)["methods"]
    assert [first["method"], second["method"]] == ["model", "other#model"]
    assert first["transients"]["paper"]["pooled"]["recall"] == 0.5
    assert second["transients"]["paper"]["pooled"]["recall"] == 1.0
    assert main([*command[:-1], str(other)]) == 0  # its only layer with predictions


def test_two_layers_of_one_maker_are_listed(session_path, capsys):
    with Session.open(session_path) as session:
        for digest in ("aa", "bb"):
            layer = session.add_layer("classifier", f"run {digest}")
            meta = {"classifier": "general", "weights_sha256": digest}
            session.write_prediction(layer.id, [0], np.zeros((1, 60)), meta)
    command = ["evaluate", "--truth", str(session_path), "--predictions", "general"]
    assert main([*command, "--progress", "none"]) == 2
    said = capsys.readouterr().err
    assert "#3 run aa (classifier, weights aa" in said
    assert "#4 run bb (classifier, weights bb" in said
    assert main([*command[:-1], "#3", "--progress", "none"]) == 0


@pytest.mark.usefixtures("blank_figures")
def test_a_report_is_not_overwritten(session_path, tmp_path, capsys):
    command = ["evaluate", "--truth", str(session_path), "--predictions", "model"]
    command += ["--progress", "none", "-o", str(tmp_path / "report")]
    assert main(command) == 0
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force", "-q"]) == 0
    assert capsys.readouterr().out == ""
