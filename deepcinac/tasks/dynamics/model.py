"""The layers over a frozen backbone: Dense 64 and a softmax over the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcinac.learning.backend import load_keras
from deepcinac.learning.settings import TrainingSettings

TASK = "dynamics"
LAST_SHARE = 0.1
"""The learning rate falls exponentially to this share of its first value."""


def build_heads(n_features: int, n_classes: int, hidden: int, n_sets: int, seed: int) -> Any:
    """Layers for several sets of targets side by side, all from the same fresh weights.

    The Keras model, from features (n, n_features) to outputs (n, n_sets, n_classes) before the softmax. No
    layer mixes sets, so each learns what it would alone.
    """
    keras = load_keras()
    layers = keras.layers
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((n_features,))
    wide = layers.Dense(n_sets * hidden, activation="relu")
    last = layers.EinsumDense("nsh,shk->nsk", (n_sets, n_classes), bias_axes="sk")
    outputs = last(layers.Reshape((n_sets, hidden))(wide(inputs)))
    generator = np.random.default_rng(seed)
    first_weights = _glorot(n_features, hidden, generator)
    last_weights = _glorot(hidden, n_classes, generator)
    wide.set_weights([np.tile(first_weights, (1, n_sets)), np.zeros(n_sets * hidden)])
    last.set_weights([np.tile(last_weights, (n_sets, 1, 1)), np.zeros((n_sets, n_classes))])
    return keras.Model(inputs, outputs)


def _glorot(n_in: int, n_out: int, generator: np.random.Generator) -> np.ndarray:
    """Fresh weights (n_in, n_out) by the rule of Glorot and Bengio (2010)."""
    limit = np.sqrt(6 / (n_in + n_out))
    return generator.uniform(-limit, limit, (n_in, n_out)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Head:
    """The layers of one set of targets after training: weights of both layers."""

    first: np.ndarray
    first_bias: np.ndarray
    last: np.ndarray
    last_bias: np.ndarray

    def shares(self, features: np.ndarray) -> np.ndarray:
        """Shares (n, n_classes) of the classes."""
        from scipy.special import softmax

        hidden = np.maximum(features @ self.first + self.first_bias, 0)
        return np.asarray(softmax((hidden @ self.last + self.last_bias).astype(float), axis=1))


def heads_of(model: Any, n_sets: int) -> list[Head]:
    """The layers of each set, copied out of a model."""
    first, first_bias, last, last_bias = model.get_weights()
    first = first.reshape(len(first), n_sets, -1)
    first_bias = first_bias.reshape(n_sets, -1)
    return [
        Head(first[:, n].copy(), first_bias[n].copy(), last[n].copy(), last_bias[n].copy())
        for n in range(n_sets)
    ]


def adam(settings: TrainingSettings) -> Any:
    """Adam whose learning rate falls exponentially, as Pastore et al. (2023) train."""
    optimizers = load_keras().optimizers
    schedule = optimizers.schedules.ExponentialDecay(
        settings.learning_rate, settings.epochs * settings.steps, LAST_SHARE
    )
    average = settings.average
    return optimizers.Adam(schedule, use_ema=average > 0, ema_momentum=average or 0.99)


def class_loss(targets: Any, outputs: Any) -> Any:
    """Cross-entropy, the sum over sets: (n, n_sets) numbers of classes, (n, n_sets, n_classes) outputs."""
    ops = load_keras().ops
    numbers = ops.cast(targets, "int32")
    lost = ops.sparse_categorical_crossentropy(numbers, outputs, from_logits=True)
    return ops.mean(ops.sum(lost, axis=1))
