"""Learning types: what can be learned, how well, when it is refused; the file of a classifier."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.learning.estimator import cross_validated
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.results.kinds import CELL_TYPE
from deepcinac.tasks.cell_types.features import FEATURES, NAMES
from deepcinac.tasks.cell_types.model import (
    TypeEstimator,
    card_of,
    fitted,
    load_classifier,
    save_classifier,
)
from deepcinac.tasks.cell_types.targets import TypedRecording
from deepcinac.tasks.cell_types.task import (
    CellTypesTask,
    learn_from,
    suggest_from_own,
    suggest_with,
    type_predictions,
)

DATA = Path(__file__).parent / "data"

AREA, HEIGHT = NAMES.index("area"), NAMES.index("height")


def cells(n_big, n_small, seed=0):
    """Big cells of about 400 um2 and small ones of about 100; all else is noise."""
    generator = np.random.default_rng(seed)
    table = generator.normal(1.0, 0.1, (n_big + n_small, len(FEATURES)))
    table[:n_big, AREA] = generator.normal(400, 20, n_big)
    table[n_big:, AREA] = generator.normal(100, 5, n_small)
    return table, ["big"] * n_big + ["small"] * n_small


def learn(table, types, places):
    """Learn from cells that lie in one or several recordings."""
    chosen = [
        [k for k, place in enumerate(places) if place == name] for name in sorted(set(places))
    ]
    recordings = [
        TypedRecording(f"r{k}", table[rows], tuple(types[row] for row in rows))
        for k, rows in enumerate(chosen)
    ]
    return learn_from(recordings)


def types_of(classifier, table):
    """The most probable type of each cell."""
    return [classifier.types[place] for place in classifier.probabilities(table).argmax(1)]


# The regression itself


def test_probabilities_without_information_are_the_shares_of_the_types():
    """Three cells of four are "a", and all are alike."""
    classifier = fitted(np.ones((4, len(FEATURES))), ["a", "a", "a", "b"])
    assert classifier.probabilities(np.ones((1, len(FEATURES))))[0] == pytest.approx([0.75, 0.25])
    assert classifier.weights == pytest.approx(np.zeros((2, len(FEATURES))))


@pytest.mark.parametrize("n_types", [2, 3])
def test_the_weights_are_where_the_penalised_loss_is_least(n_types):
    """A small step in any weight or intercept makes sum of log losses + half the squares larger."""
    generator = np.random.default_rng(3)
    table = np.abs(generator.normal(1.0, 0.3, (60, len(FEATURES))))
    types = [f"t{k}" for k in generator.integers(n_types, size=60)]
    classifier = fitted(table, types)
    given = [classifier.types.index(name) for name in types]

    def loss(weights, intercept):
        shares = dataclasses.replace(classifier, weights=weights, intercept=intercept)
        chosen = shares.probabilities(table)[np.arange(60), given]
        return -np.log(chosen).sum() + (weights**2).sum() / 2

    least = loss(classifier.weights, classifier.intercept)
    for _ in range(30):
        step = generator.normal(size=classifier.weights.shape) * 0.01
        shift = generator.normal(size=n_types) * 0.01
        assert loss(classifier.weights + step, classifier.intercept + shift) > least
    assert classifier.weights.sum(axis=0) == pytest.approx(np.zeros(len(FEATURES)), abs=1e-9)


def test_a_file_of_version_2_0_0_dev0_says_the_same_as_then():
    """The file and its answers were written by the program of that time."""
    classifier = load_classifier(DATA / "classifier-1.json")
    answers = json.loads((DATA / "answers-1.json").read_text())
    said = classifier.probabilities(np.array(answers["features"]))
    assert said == pytest.approx(np.array(answers["probabilities"]), abs=1e-12)
    assert classifier.about["cells"] == {"big": 6, "noise": 6, "small": 8}


def test_learning_the_same_cells_again_gives_the_answers_of_version_2_0_0_dev0():
    table, types = cells(9, 11)
    for row in (3, 4, 5, 12, 13, 14):
        types[row] = "noise"
    answers = json.loads((DATA / "answers-1.json").read_text())
    said = learn(table, types, ["r"] * 20).classifier.probabilities(np.array(answers["features"]))
    assert said == pytest.approx(np.array(answers["probabilities"]), abs=1e-3)


# Learning


def test_big_and_small_cells_are_told_apart():
    table, types = cells(8, 12)
    learned = learn(table, types, ["r"] * 20)
    assert learned.classifier.types == ("big", "small")
    new, expected = cells(3, 3, seed=9)
    assert types_of(learned.classifier, new) == expected
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
    found = cross_validated(TypeEstimator, table, types, np.array([0] * 6 + [1] * 6))
    assert found.tolist() == [[0, 1]] * 6 + [[1, 0]] * 6


def test_too_few_typed_cells():
    table, types = cells(8, 4)
    with pytest.raises(
        InputError, match="at least 5 typed cells of each of two types, found 8 big, 4 small"
    ):
        learn(table, types, ["r"] * 12)
    with pytest.raises(InputError, match="found none"):
        learn_from([])


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
    assert types_of(classifier, without) == ["big"]
    assert classifier.unlike(without[0]) == ""
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
    assert classifier.unlike(new[0]) == ""
    low, high = table[:, AREA].min(), table[:, AREA].max()
    assert classifier.unlike(new[1]) == f"area 4e+03 um2, learned from {low:.3g} to {high:.3g}"


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
    classifier = learn(table, types, ["r"] * 16).classifier
    path = tmp_path / "types.json"
    save_classifier(path, classifier)
    again = load_classifier(path)
    assert np.array_equal(again.probabilities(table), classifier.probabilities(table))
    assert again.about["cells"] == {"big": 8, "small": 8}
    assert again.about["recordings"] == ["r0"]
    content = json.loads(path.read_text())
    assert content["arrays"]["features"][0]["name"] == "area"
    assert content["arrays"]["features"][0]["unit"] == "um2"


def test_results_of_a_session_that_learned_from_its_own_cells():
    """A typed cell gets the answer it had while it was held out; every type is named, cells are numbered."""
    table, types = cells(8, 8)
    own = TypedRecording("r", table, (*types[:-1], None), input_fingerprint="f")
    results, learned = suggest_from_own(own)
    found = results[CELL_TYPE]
    assert found.labels["class"] == ("big", "small")
    assert found.array[:15] == pytest.approx(learned.held_out)
    assert found.maker.task == "cell_types"
    assert found.maker.weights_sha256 == learned.classifier.sha256
    assert found.maker.input_fingerprint == "f"
    assert results.info["scores"]["accuracy"] == pytest.approx(14 / 15)
    assert type_predictions(results)[15].type == "small"
    elsewhere = suggest_with(learned.classifier, own)
    assert elsewhere.maker.identity != results.maker.identity


def test_the_task_predicts_from_its_card(tmp_path):
    table, types = cells(8, 8)
    classifier = fitted(table, types)
    folder = ClassifierFolder("mine", tmp_path, card_of(classifier, "mine"))
    recording = TypedRecording("r", table, (None,) * 16)
    found = CellTypesTask().predict(folder, recording)[CELL_TYPE]
    assert found.array == pytest.approx(classifier.probabilities(table))
    assert found.maker.name == "mine"


def old_file(path):
    """The content of the file of version 2.0.0.dev0."""
    return json.loads((DATA / "classifier-1.json").read_text())


def new_file(path):
    """What is written now."""
    save_classifier(path, fitted(*cells(8, 8)))
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.pop("weights"), "KeyError"),
        (lambda c: c["weights"].pop(), "numbers of shape"),
        (lambda c: c["features"].pop(), "numbers of shape"),
        (lambda c: c["features"][0].update(name="size"), "the features area, elongation"),
        (lambda c: c["features"][0].update(sd=0.0), "a scale of 0"),
        (lambda c: c["features"][0].update(mean="big"), "numbers of shape"),
        (lambda c: c.update(intercept=[0.0, 0.0, float("inf")]), "finite"),
        (lambda c: c.update(types=["a", "a", "b"]), "fewer than two types"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, change, sentence):
    path = tmp_path / "types.json"
    content = old_file(path)
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=sentence):
        load_classifier(path)


@pytest.mark.parametrize(
    ("make", "change", "sentence"),
    [
        (old_file, {"kind": "x"}, "another kind of JSON file"),
        (old_file, {"version": 2}, "version 1, found 2"),
        (new_file, {"task": "activity"}, "one of the task activity"),
        (new_file, {"weights_sha256": "0"}, "The file was changed"),
        (new_file, {"card_format": 3}, "format 3"),
        (new_file, {"arrays": {}}, "The file was changed"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, make, change, sentence):
    path = tmp_path / "types.json"
    path.write_text(json.dumps({**make(path), **change}))
    with pytest.raises(InputError, match=sentence):
        load_classifier(path)


def test_the_name_of_the_file(tmp_path):
    with pytest.raises(InputError, match=r"ends in .json, found 'types.pkl'"):
        save_classifier(tmp_path / "types.pkl", fitted(*cells(8, 8)))
