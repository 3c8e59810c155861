"""A third task, written without a change to ``learning``: does the mean of a trace rise?

Once with a Keras network of one layer and once with a scikit-learn estimator: train, stop and resume, read
the card, load, predict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras, load_weights
from deepcinac.learning.card import WEIGHTS_FILE, Card, read_card, write_card
from deepcinac.learning.estimator import fitted_arrays, learn, with_arrays
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import CELLS, Split, counted, hold_out_units
from deepcinac.learning.task import EstimatorTask, Examples, Judgement, NetworkTask
from deepcinac.learning.trainer import train
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.progress import silent
from deepcinac.results import Maker, Result, Results

N_FRAMES = 20


def rises(traces):
    """The truth: the second half of a trace lies higher than the first."""
    return traces[:, N_FRAMES // 2 :].mean(1) > traces[:, : N_FRAMES // 2].mean(1)


def some_traces(seed, count=200):
    return np.random.default_rng(seed).normal(size=(count, N_FRAMES)).astype(np.float32)


def as_results(task, classifier, share):
    """The answers as every task gives them."""
    card = classifier.card
    maker = Maker(task.name, card.name, card.version, card.weights_sha256)
    cells = np.arange(len(share))
    return Results((Result("rises", share, ("cell",), "1", maker, cells=cells),), card.threshold)


# With a network


@dataclass(frozen=True)
class Traces:
    """The material: traces to learn from, and some that are held out."""

    learned: np.ndarray
    held: np.ndarray

    @property
    def split(self):
        return Split(CELLS, len(self.held), f"{counted(len(self.held), 'trace')} held out")

    @property
    def facts(self):
        return {"traces": len(self.learned)}

    @property
    def input_ranges(self):
        return {}

    def draw(self, count, generator):
        chosen = self.learned[generator.integers(len(self.learned), size=count)]
        return chosen, rises(chosen)[:, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class RisingTask:
    """Whether the mean of a trace rises, by a network of one layer."""

    traces: np.ndarray
    name: str = "rising"
    score_name: str = "share right"

    @property
    def is_learnt_before(self):
        return False

    def card(self, name):
        return Card(name, self.name, architecture={"n_frames": N_FRAMES})

    def data_fingerprint(self):
        return str(self.traces.sum())

    def prepare(self, work, settings, progress=silent):
        generator = np.random.default_rng(settings.seed)
        out = hold_out_units(len(self.traces), settings.held_out, generator)
        return Traces(self.traces[~out], self.traces[out])

    def build(self, seed):
        keras = load_keras()
        keras.utils.set_random_seed(seed)
        return keras.Sequential([keras.Input((N_FRAMES,)), keras.layers.Dense(1)])

    def loss(self, targets, outputs):
        from keras import ops

        return ops.mean(ops.softplus(outputs) - targets * outputs)

    def judge(self, model, material, final, progress=silent, is_start=False):
        said = np.asarray(model.predict_on_batch(material.held))[:, 0] > 0
        return Judgement(float((said == rises(material.held)).mean()))

    def predict(self, classifier, recording, progress=silent):
        model = self.build(0)
        load_weights(model, classifier.path / WEIGHTS_FILE)
        logit = np.asarray(model.predict_on_batch(recording))[:, 0]
        return as_results(self, classifier, 1 / (1 + np.exp(-logit)))


SETTINGS = TrainingSettings(
    epochs=3, windows_per_epoch=640, learning_rate=0.05, average=0.9, name="rises"
)


def test_a_task_with_a_network_is_trained_stopped_resumed_loaded_and_asked(tmp_path):
    task: NetworkTask = RisingTask(some_traces(0))

    def stop(event):
        if event.stage == "training epoch 2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(task, tmp_path / "c", SETTINGS, progress=stop)
    card = train(task, tmp_path / "c", SETTINGS)
    assert (card.task, card.name, card.training["epochs_run"]) == ("rising", "rises", 3)
    assert card.training["held_out"] == {"by": "cells", "units": 40, "words": "40 traces held out"}
    assert card.scores["score"] > 0.85
    classifier = find_classifier(tmp_path / "c")
    assert classifier.card == card
    new = some_traces(1)
    said = task.predict(classifier, new, silent)["rises"]
    assert ((said.array > 0.5) == rises(new)).mean() > 0.85
    assert said.maker.weights_sha256 == card.weights_sha256


# With an estimator


@dataclass(frozen=True, eq=False)
class RisingRegression:
    """The same by logistic regression."""

    traces: np.ndarray
    animals: tuple = ()
    name: str = "rising"
    score_name: str = "share right"
    learned = ("coef_", "intercept_", "classes_")

    def card(self, name):
        return Card(name, self.name)

    def examples(self):
        targets = np.where(rises(self.traces), "rises", "falls").tolist()
        return Examples(self.traces, targets, self.animals or ("one",) * len(targets), "animal")

    def build(self):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression()

    def arrays(self, estimator):
        return fitted_arrays(estimator, self.learned)

    def restore(self, card):
        return with_arrays(self.build(), card.arrays, self.learned)

    def judge(self, targets, classes, shares):
        said = np.array(classes)[shares.argmax(1)]
        return Judgement(float((said == np.array(targets)).mean()))

    def predict(self, classifier, recording, progress=silent):
        shares = self.restore(classifier.card).predict_proba(recording)
        return as_results(self, classifier, shares[:, 1])


def test_a_task_with_an_estimator_is_learned_kept_as_numbers_and_asked(tmp_path):
    task: EstimatorTask = RisingRegression(some_traces(0))
    learned = learn(task, "rises")
    assert learned.split.words == "200 examples, a fifth of each class held out in turn"
    assert learned.judgement.score == learned.card.scores["score"]
    assert learned.judgement.score > 0.85
    write_card(tmp_path / "rises.json", learned.card)
    card = read_card(tmp_path / "rises.json")
    new = some_traces(1)
    said = task.predict(ClassifierFolder("rises", tmp_path, card), new, silent)["rises"]
    assert said.array == pytest.approx(learned.estimator.predict_proba(new)[:, 1])


def test_an_estimator_in_a_folder_needs_no_weights_beside_its_card(tmp_path):
    learned = learn(RisingRegression(some_traces(0)), "rises")
    (tmp_path / "rises").mkdir()
    written = write_card(tmp_path / "rises", learned.card)
    assert find_classifier(tmp_path / "rises").card == written
    (tmp_path / "rises" / "card.json").write_text(
        (tmp_path / "rises" / "card.json").read_text().replace("falls", "drops")
    )
    with pytest.raises(InputError, match="SHA-256"):
        find_classifier(tmp_path / "rises")


def test_groups_are_held_out_whole():
    learned = learn(RisingRegression(some_traces(0), tuple("abcd" * 50)))
    assert (learned.split.by, learned.split.n_units) == ("groups", 4)
    assert learned.split.words == "4 animals, each held out in turn"
