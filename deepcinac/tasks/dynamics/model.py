"""The layers over a frozen backbone: Dense 64 and a softmax over the classes."""

from __future__ import annotations

from typing import Any

from deepcinac.learning.backend import load_keras
from deepcinac.learning.settings import TrainingSettings

TASK = "dynamics"
LAST_SHARE = 0.1
"""The learning rate falls exponentially to this share of its first value."""


def build_head(n_features: int, n_classes: int, hidden: int, seed: int) -> Any:
    """The Keras model, from features (n, n_features) to outputs (n, n_classes) before the softmax."""
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((n_features,))
    features = keras.layers.Dense(hidden, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(n_classes)(features))


def adam(settings: TrainingSettings) -> Any:
    """Adam whose learning rate falls exponentially, as Pastore et al. (2023) train."""
    optimizers = load_keras().optimizers
    schedule = optimizers.schedules.ExponentialDecay(
        settings.learning_rate, settings.epochs * settings.steps, LAST_SHARE
    )
    return optimizers.Adam(schedule, use_ema=True, ema_momentum=settings.average)


def class_loss(targets: Any, outputs: Any) -> Any:
    """Cross-entropy; ``targets`` (n, 1): numbers of classes."""
    ops = load_keras().ops
    numbers = ops.cast(targets[:, 0], "int32")
    return ops.mean(ops.sparse_categorical_crossentropy(numbers, outputs, from_logits=True))
