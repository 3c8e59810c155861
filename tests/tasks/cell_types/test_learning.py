"""Learning types: what can be learned, how well, when it is refused; the file of a classifier."""

import json

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.tasks.cell_types import logistic
from deepcinac.tasks.cell_types.features import FEATURES, NAMES
from deepcinac.tasks.cell_types.learning import cross_validated, learn
from deepcinac.tasks.cell_types.model import fitted, load_classifier, save_classifier

AREA, HEIGHT = NAMES.index("area"), NAMES.index("height")


def cells(n_big, n_small, seed=0):
    """Big cells of about 400 um2 and small ones of about 100; all else is noise."""
    generator = np.random.default_rng(seed)
    table = generator.normal(1.0, 0.1, (n_big + n_small, len(FEATURES)))
    table[:n_big, AREA] = generator.normal(400, 20, n_big)
    table[n_big:, AREA] = generator.normal(100, 5, n_small)
    return table, ["big"] * n_big + ["small"] * n_small


# The regression itself


def test_probabilities_of_one_input_by_hand():
    """Without information the shares are those of the classes: 3 of 4."""
    inputs, classes = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    weights, intercept = logistic.fit(inputs, classes, 2)
    share = logistic.softmax(inputs @ weights.T + intercept)
    assert share[0] == pytest.approx([0.75, 0.25], abs=1e-4)
    assert weights == pytest.approx(np.zeros((2, 1)))


def test_the_regression_agrees_with_that_of_another_library():
    sklearn = pytest.importorskip("sklearn.linear_model")
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(60, 4))
    classes = (inputs @ generator.normal(size=(4, 3)) + generator.normal(size=(60, 3))).argmax(1)
    weights, intercept = logistic.fit(inputs, classes, 3)
    other = sklearn.LogisticRegression(C=1.0, max_iter=1000, tol=1e-8).fit(inputs, classes)
    ours = logistic.softmax(inputs @ weights.T + intercept)
    assert ours == pytest.approx(other.predict_proba(inputs), abs=2e-3)


def test_a_perfect_separation_stays_finite():
    weights, _ = logistic.fit(np.array([[-1.0], [-1.0], [1.0], [1.0]]), np.array([0, 0, 1, 1]), 2)
    assert 0.3 < weights[1, 0] < 3
    assert weights.sum(axis=0) == pytest.approx([0.0])


# Learning


def test_big_and_small_cells_are_told_apart():
    table, types = cells(8, 12)
    learned = learn(table, types, ["r"] * 20)
    assert learned.classifier.types == ("big", "small")
    new, expected = cells(3, 3, seed=9)
    assert [found.type for found in learned.classifier.predict(new)] == expected
    scores = learned.scores
    assert (scores.n_cells, scores.accuracy, scores.majority) == (20, 1.0, 0.6)
    assert scores.sentence() == (
        "20 of 20 typed cells right when held out: 100 % (always saying small: 60 %; "
        "mean over types: 100 %)"
    )
    assert np.allclose(learned.held_out.sum(axis=1), 1)


def test_types_without_any_relation_to_the_features_are_told_as_useless():
    generator = np.random.default_rng(5)
    table = generator.normal(1.0, 0.1, (40, len(FEATURES)))
    types = ["a", "b"] * 10 + ["a"] * 20
    scores = learn(table, types, ["r"] * 40).scores
    assert scores.majority == 0.75
    assert not scores.is_useful
    assert scores.sentence().endswith("Do not rely on it")


def test_a_held_out_cell_is_not_learned_from():
    """A cell with the type of the other kind keeps the others' answer: the label did not leak."""
    table, types = cells(20, 20)
    types[0] = "small"
    learned = learn(table, types, ["r"] * 40)
    assert learned.held_out[0, 0] > 0.5  # "big", whatever the expert said


def test_recordings_are_held_out_whole():
    """In one recording the types are exchanged: only whole recordings show that nothing carries over."""
    table, types = cells(10, 10)
    other, opposite = cells(10, 10, seed=1)
    opposite = ["small" if name == "big" else "big" for name in opposite]
    both, names = np.concatenate([table, other]), types + opposite
    by_recording = learn(both, names, ["one"] * 20 + ["two"] * 20).scores
    assert by_recording.held_out == "recordings"
    assert by_recording.accuracy < 0.2


def test_a_type_that_occurs_in_one_recording_only():
    table, types = cells(6, 6)
    found = cross_validated(table, types, np.array([0] * 6 + [1] * 6))
    assert found.tolist() == [[0, 1]] * 6 + [[1, 0]] * 6


def test_too_few_typed_cells():
    table, types = cells(8, 4)
    with pytest.raises(
        InputError, match="at least 5 typed cells of each of two types, found 8 big, 4 small"
    ):
        learn(table, types, ["r"] * 12)
    with pytest.raises(InputError, match="found none"):
        learn(np.zeros((0, len(FEATURES))), [], [])


def test_a_rare_type_is_left_out_and_told():
    table, types = cells(8, 8)
    types[0] = "noise"
    learned = learn(table, types, ["r"] * 16)
    assert learned.left_out == {"noise": 1}
    assert learned.classifier.types == ("big", "small")
    assert "fewer than 5 cells have it: noise (1)" in learned.in_words()
    assert np.isnan(learned.held_out[0]).all()


# Cells that are out of the ordinary


def test_numbers_that_a_cell_does_not_have_say_nothing():
    table, types = cells(8, 8)
    table[3, HEIGHT] = np.nan
    classifier = fitted(table, types)
    new = cells(1, 0, seed=4)[0]
    without = new.copy()
    without[0, HEIGHT] = np.nan
    assert classifier.predict(without)[0].type == "big"
    assert classifier.predict(without)[0].unlike == ""
    assert np.isfinite(classifier.probabilities(np.full((1, len(FEATURES)), np.nan))).all()


def test_a_feature_that_no_typed_cell_has():
    table, types = cells(8, 8)
    table[:, HEIGHT] = np.nan
    classifier = fitted(table, types)
    assert np.isfinite(classifier.probabilities(table)).all()


def test_a_cell_unlike_any_typed_one():
    table, types = cells(8, 8)
    classifier = fitted(table, types)
    new = cells(2, 0, seed=4)[0]
    new[1, AREA] = 4000
    ordinary, huge = classifier.predict(new)
    assert ordinary.unlike == ""
    low, high = table[:, AREA].min(), table[:, AREA].max()
    assert huge.unlike == f"area 4e+03 um2, learned from {low:.3g} to {high:.3g}"


def test_far_outside_the_answer_is_that_of_the_edge():
    table, types = cells(8, 8)
    classifier = fitted(table, types)
    new = np.repeat(cells(1, 0, seed=4)[0], 2, axis=0)
    new[:, AREA] = [1e5, 1e9]
    far, farther = classifier.probabilities(new)
    assert far.tolist() == farther.tolist()


# The file


def test_a_classifier_in_its_file(tmp_path):
    table, types = cells(8, 8)
    classifier = learn(table, types, ["r"] * 16, {"recordings": ["r"]}).classifier
    path = tmp_path / "types.json"
    save_classifier(path, classifier)
    again = load_classifier(path)
    assert np.array_equal(again.probabilities(table), classifier.probabilities(table))
    assert again.about["cells"] == {"big": 8, "small": 8}
    assert again.about["recordings"] == ["r"]
    content = json.loads(path.read_text())
    assert content["features"][0]["name"] == "area"
    assert content["features"][0]["unit"] == "um2"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.update(kind="x"), "another kind of JSON file"),
        (lambda c: c.update(version=2), "version 1, found 2"),
        (lambda c: c.pop("weights"), "KeyError"),
        (lambda c: c["weights"].pop(), "numbers of shape"),
        (lambda c: c["features"].pop(), "its features are not area, elongation"),
        (lambda c: c["features"][0].update(sd=0.0), "a scale of 0"),
        (lambda c: c["features"][0].update(mean="big"), "ValueError"),
        (lambda c: c.update(intercept=[float("inf"), 0]), "numbers of shape"),
        (lambda c: c.update(types=["a", "a"]), "fewer than two types"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, change, sentence):
    path = tmp_path / "types.json"
    save_classifier(path, fitted(*cells(8, 8)))
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=sentence):
        load_classifier(path)


def test_the_name_of_the_file(tmp_path):
    with pytest.raises(InputError, match=r"ends in .json, found 'types.pkl'"):
        save_classifier(tmp_path / "types.pkl", fitted(*cells(8, 8)))
