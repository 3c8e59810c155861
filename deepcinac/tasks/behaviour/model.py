"""The decoders: a small recurrent network over a window of inputs, and linear regression on the same."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras
from deepcinac.learning.card import Card
from deepcinac.settings import checked, from_mapping, option
from deepcinac.tasks.behaviour.settings import MOVIE_HIDDEN, MOVIE_NETWORKS, NETWORKS
from deepcinac.tasks.behaviour.targets import CLASSES, REAL, YES_NO

TASK = "behaviour"
BATCH = 512
ENCODER = "encoder"
"""The layer of a movie network whose weights a recurrent one takes over from the CNN alone."""
C_VALUES = (1e-3, 1e-2, 1e-1)
ALPHAS = (1e1, 1e2, 1e3, 1e4)


@dataclass(frozen=True)
class Architecture:
    """The sizes of a recurrent decoder."""

    network: str = option("gru", "kind of network", choices=(*NETWORKS, *MOVIE_NETWORKS))
    hidden: int = option(32, "units", minimum=1, maximum=1024)
    window_frames: int = option(31, "frames in a window", minimum=1, maximum=2001)
    n_inputs: int = option(1, "cells or regions", minimum=1, maximum=100_000)
    n_outputs: int = option(1, "answers", minimum=1, maximum=1000)
    causal: bool = option(False, "no future frames")
    side_px: int = option(0, "height and width of the pictures; 0: traces", minimum=0, maximum=1024)

    def __post_init__(self) -> None:
        checked(self, "architecture")


@dataclass(frozen=True)
class InputRules:
    """How inputs are made: as when the decoder learnt. ``names`` and ``keys`` (n_inputs,)."""

    source: str = "raw"
    baseline_s: float = option(30.0, "running mean taken off", minimum=0.0, maximum=3600.0)
    frame_rate_hz: float = option(10.0, "of the recordings", minimum=1e-3, maximum=1e5)
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """What is decoded, and the scale of the network's answers for real values."""

    target: str = ""
    kind: str = option(YES_NO, "of the answers", choices=(YES_NO, REAL, CLASSES))
    units: str = "1"
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    sd: float = option(1.0, "of the target", minimum=1e-300)

    def answers(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities or real values (n, k) of the network's outputs."""
        from scipy.special import expit, softmax

        if self.kind == REAL:
            return outputs * self.sd + self.mean
        return expit(outputs) if self.kind == YES_NO else softmax(outputs, axis=1)


def build_network(architecture: Architecture, seed: int) -> Any:
    """The Keras model, from windows to outputs (n, n_outputs) before any link.

    Windows are (n, n_window, n_inputs), those of a movie (n, n_window, side_px, side_px).
    """
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    if architecture.side_px:
        return _movie_network(keras, architecture)
    layers = keras.layers
    plain = _recurrent_layers(keras)
    inputs = keras.Input((architecture.window_frames, architecture.n_inputs))
    name = architecture.network
    recurrent = plain[name.removeprefix("bi")](architecture.hidden)
    hidden = (layers.Bidirectional(recurrent) if name.startswith("bi") else recurrent)(inputs)
    return keras.Model(inputs, layers.Dense(architecture.n_outputs)(hidden))


def _recurrent_layers(keras: Any) -> dict[str, Callable[..., Any]]:
    """The kinds by name.

    An LSTM through cuDNN learnt next to nothing under JAX (Keras 3.15.1, JAX 0.11.2, an H200); without it, by
    JAX's own loop as a GRU, it learns as well as that.
    """
    layers = keras.layers
    use_cudnn = False if keras.backend.backend() == "jax" else "auto"
    lstm = functools.partial(layers.LSTM, use_cudnn=use_cudnn)
    return {"gru": layers.GRU, "lstm": lstm, "rnn": layers.SimpleRNN}


def _movie_network(keras: Any, architecture: Architecture) -> Any:
    """Frame triplets through one CNN, and two recurrent layers over its features where there are several.

    The features keep their place in the picture: movies of several animals are registered.
    """
    layers, ops = keras.layers, keras.ops
    side, window = architecture.side_px, architecture.window_frames
    inputs = keras.Input((window, side, side))
    n = window - 2
    triplets = ops.stack([inputs[:, first : first + n] for first in range(3)], axis=-1)
    picture = keras.Input((side, side, 3))
    hidden = picture
    for width in (16, 32, 64):
        hidden = layers.Conv2D(width, 3, strides=2, padding="same", activation="swish")(hidden)
    features = layers.Dense(64, activation="swish")(layers.Flatten()(hidden))
    encoder = keras.Model(picture, features)
    hidden = layers.TimeDistributed(encoder, name=ENCODER)(triplets)
    kind = architecture.network.removeprefix("cnn").removeprefix("-")
    if kind:
        recurrent = _recurrent_layers(keras)[kind]
        hidden = recurrent(MOVIE_HIDDEN, return_sequences=True)(hidden)
        hidden = recurrent(MOVIE_HIDDEN)(layers.Dropout(0.2)(hidden))
    else:
        hidden = layers.Flatten()(hidden)
    return keras.Model(inputs, layers.Dense(architecture.n_outputs)(hidden))


def loss_of(kind: str, targets: Any, outputs: Any) -> Any:
    """Cross-entropy of yes and no or of classes, squared error of real values."""
    ops = load_keras().ops
    if kind == REAL:
        return ops.mean(ops.square(targets - outputs))
    if kind == YES_NO:
        return ops.mean(ops.softplus(outputs) - targets * outputs)
    numbers = ops.cast(targets[:, 0], "int32")
    return ops.mean(ops.sparse_categorical_crossentropy(numbers, outputs, from_logits=True))


def card_of(
    name: str,
    architecture: Architecture,
    rules: InputRules,
    decoded: Decoded,
    training: dict[str, Any],
) -> Card:
    """The card of a recurrent decoder."""
    parts = (dataclasses.asdict(one) for one in (architecture, rules, decoded))
    network, inputs, prediction = parts
    return Card(name, TASK, architecture=network, input_form=inputs, prediction=prediction,
                training=training)  # fmt: skip


def parts_of(card: Card, where: str | Path = "card") -> tuple[Architecture, InputRules, Decoded]:
    """The parts of a card that belong to this task, checked; others are an InputError."""
    if card.task != TASK:
        raise InputError("a decoder of behaviour", f"one of the task {card.task}", where)
    architecture = from_mapping(Architecture, card.architecture, where)
    rules = from_mapping(InputRules, card.input_form, where)
    decoded = from_mapping(Decoded, card.prediction, where)
    if not len(rules.names) == len(rules.keys) == architecture.n_inputs:
        raise InputError(f"{architecture.n_inputs} inputs", f"{len(rules.names)} names", where)
    if architecture.n_outputs != max(1, len(decoded.classes)):
        raise InputError(
            f"{architecture.n_outputs} answers", f"{len(decoded.classes)} classes", where
        )
    return architecture, rules, decoded


def fit_linear(
    kind: str, inputs: np.ndarray, targets: np.ndarray, strength: float, n_classes: int
) -> Any:
    """Logistic or ridge regression; a function from inputs (n, k) to answers (n, n_outputs).

    Where only one answer occurs it is given to everything.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, Ridge

    if kind == REAL:
        ridge = Ridge(alpha=strength).fit(inputs, targets)
        return lambda new: ridge.predict(new)[:, None]
    held = np.unique(targets).astype(int)
    width = 1 if kind == YES_NO else n_classes
    if len(held) < 2:
        constant = np.zeros(width)
        constant[0 if kind == YES_NO else held[0]] = float(held[0] if kind == YES_NO else 1)
        return lambda new: np.tile(constant, (len(new), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression = LogisticRegression(C=strength, max_iter=100).fit(inputs, targets.astype(int))
    if kind == YES_NO:
        return lambda new: regression.predict_proba(new)[:, 1:]

    def shares(new: np.ndarray) -> np.ndarray:
        found = np.zeros((len(new), width))
        found[:, held] = regression.predict_proba(new)
        return found

    return shares


def expected_gradients(
    model: Any, windows: np.ndarray, references: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """How much each input of each window (n, n_window, n_inputs) moves the first output, same shape.

    The gradient at a random place between the window and a random reference, times their difference; summed
    over a window it is on average the output minus the mean output of the references (Erion et al., 2021).
    """
    gradient = _gradient_of(model)
    total = np.zeros(windows.shape)
    repeats = 8
    for _ in range(repeats):
        other = references[generator.integers(len(references), size=len(windows))]
        along = generator.random((len(windows), 1, 1)).astype(np.float32)
        place = (other + along * (windows - other)).astype(np.float32)
        total += (windows - other) * gradient(place)
    return total / repeats


def _gradient_of(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    """From inputs to the gradient of the first output; each backend has its own way."""
    backend = load_keras().backend.backend()
    if backend == "tensorflow":
        return _gradient_by_tensorflow(model)
    if backend == "jax":
        return _gradient_by_jax(model)
    raise InputError("Keras on TensorFlow or JAX for expected gradients", backend)


def _gradient_by_tensorflow(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    import tensorflow as tf

    def gradient(place: np.ndarray) -> np.ndarray:
        inputs = tf.convert_to_tensor(place)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = tf.reduce_sum(model(inputs, training=False)[:, 0])
        return np.asarray(tape.gradient(output, inputs))

    return gradient


def _gradient_by_jax(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    import jax

    trained = [one.value for one in model.trainable_variables]
    fixed = [one.value for one in model.non_trainable_variables]

    def output(inputs: Any) -> Any:
        outputs, _ = model.stateless_call(trained, fixed, inputs, training=False)
        return outputs[:, 0].sum()

    computed = jax.grad(output)
    return lambda place: np.asarray(computed(place))


def strengths(kind: str) -> Sequence[float]:
    """The penalties to choose from."""
    return ALPHAS if kind == REAL else C_VALUES
