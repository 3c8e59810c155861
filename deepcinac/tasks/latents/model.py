"""The sequential autoencoder: an encoder reads what was observed, a generator runs on from its initial state.

Without inputs to the generator whatever it says of a moment follows from its state at the first bin; with
some, a few numbers a bin reach it through the encoder, for what is new. Either way a cell that was not
observed is told from those that were. Losses count what was observed and nothing else, so that no gradient
flows where nothing was seen (selective backpropagation through time, Zhu et al., NeurIPS 2021; losses of
events as in RADICaL, Zhu et al., Nature Neuroscience 2022).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras
from deepcinac.learning.card import Card
from deepcinac.settings import checked, from_mapping, option
from deepcinac.tasks.latents.settings import (
    ACTIVITY,
    COUNTS,
    EVENTS,
    FLUORESCENCE,
    KINDS_OF_VALUES,
    LatentsSettings,
)

TASK = "latents"
FACTOR_LAYER, OUTPUTS = "factors", "outputs"
"""Names of layers: one is asked for beside the outputs, the other starts at the mean of the data."""
BATCH = 256
KL_STEPS = 1000
"""Steps over which the pull towards a normal distribution grows to its full strength."""
LARGEST_LOG = 20.0
"""Bound of logarithms before they are exponentiated."""


@dataclass(frozen=True)
class Architecture:
    """The sizes of a sequential autoencoder, and what its outputs mean."""

    n_cells: int = option(1, "cells", minimum=1, maximum=100_000)
    n_bins: int = option(50, "bins of a window", minimum=2, maximum=5000)
    values: str = option(COUNTS, "what goes in", choices=KINDS_OF_VALUES)
    hidden: int = option(64, "units", minimum=2, maximum=2048)
    factors: int = option(16, "factors", minimum=1, maximum=1024)
    dropout: float = option(0.1, "share left out", minimum=0.0, maximum=0.9)
    penalty: float = option(1e-4, "of squared weights", minimum=0.0, maximum=1.0)
    inputs: int = option(0, "numbers a bin", minimum=0, maximum=100)
    variational: bool = False
    mask_input: bool = False
    rescale: bool = False

    def __post_init__(self) -> None:
        checked(self, "architecture")

    @property
    def n_numbers(self) -> int:
        """Numbers that the network says of each cell and bin."""
        return 3 if self.values == EVENTS else 1


@dataclass(frozen=True)
class InputRules:
    """What the network learnt from: bins, cells, and the scale of each cell (n_cells,)."""

    source: str = ""
    bin_s: float = option(0.02, "length of a bin", unit="s", minimum=1e-6, maximum=1e4)
    bins_per_frame: int = option(1, "bins of a frame", minimum=1, maximum=1000)
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    sd: tuple[float, ...] = ()
    held_out: tuple[int, ...] = ()


def architecture_of(
    settings: LatentsSettings, values: str, n_cells: int, n_bins: int
) -> Architecture:
    """The architecture that settings ask for."""
    names = (
        "hidden",
        "factors",
        "dropout",
        "penalty",
        "inputs",
        "variational",
        "mask_input",
        "rescale",
    )
    return Architecture(
        n_cells, n_bins, values, **{name: getattr(settings, name) for name in names}
    )


def build_network(architecture: Architecture, seed: int) -> Any:
    """The Keras model, from windows (n, n_bins, n_cells) with NaN to numbers (n, n_bins, n_cells x k)."""
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    one = architecture

    def penalised(*names: str) -> dict[str, Any]:
        if not one.penalty:
            return {}
        return {f"{name}_regularizer": keras.regularizers.L2(one.penalty / 2) for name in names}

    recurrent = penalised("kernel", "recurrent")
    inputs = keras.Input((one.n_bins, one.n_cells))
    seen = _filled(keras, inputs, one)
    forward = layers.GRU(one.hidden, return_sequences=True, **recurrent)(seen)
    backward = layers.GRU(one.hidden, return_sequences=True, go_backwards=True, **recurrent)(seen)
    ends = layers.Concatenate()([forward[:, -1], backward[:, -1]])
    code = layers.Dropout(one.dropout)(ends)
    if one.variational:
        both = layers.Dense(2 * one.hidden, **penalised("kernel"))(code)
        code = _drawn_layer(keras, one)(both)
    initial = layers.Dense(one.hidden, **penalised("kernel"))(code)
    initial = layers.Dropout(one.dropout)(initial)
    if one.inputs:
        read = layers.Concatenate()([forward, keras.ops.flip(backward, 1)])
        driving = layers.Dense(one.inputs, **penalised("kernel"))(layers.Dropout(one.dropout)(read))
    else:
        driving = keras.ops.zeros_like(inputs[..., :1])
    states = layers.GRU(one.hidden, return_sequences=True, **recurrent)(
        driving, initial_state=initial
    )
    factors = layers.Dense(one.factors, name=FACTOR_LAYER, **penalised("kernel"))(states)
    outputs = layers.Dense(one.n_cells * one.n_numbers, name=OUTPUTS, **penalised("kernel"))(
        factors
    )
    return keras.Model(inputs, outputs)


def _filled(keras: Any, inputs: Any, one: Architecture) -> Any:
    """Samples with 0 where there is none, rescaled and beside their mask on request."""
    ops = keras.ops
    observed = ops.logical_not(ops.isnan(inputs))
    mask = ops.cast(observed, inputs.dtype)
    filled = ops.where(observed, inputs, ops.zeros_like(inputs))
    if one.rescale:
        filled = filled / ops.maximum(ops.mean(mask, -1, keepdims=True), 1 / one.n_cells)
    return ops.concatenate([filled, mask], -1) if one.mask_input else filled


def _drawn_layer(keras: Any, one: Architecture) -> Any:
    """A layer that draws a code from mean and log variance while it learns, and gives the mean otherwise.

    Its loss is the Kullback-Leibler divergence from a normal distribution, per sample of the window, as the
    reconstruction's is.
    """
    ops, size = keras.ops, one.hidden

    class Drawn(keras.layers.Layer):
        """The code of a variational autoencoder."""

        def __init__(self) -> None:
            super().__init__(name="drawn")
            self.seeds = keras.random.SeedGenerator(0)
            self.steps = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="steps"
            )

        def call(self, both: Any, training: bool = False) -> Any:
            """Draw in training."""
            mean, log_variance = both[:, :size], ops.clip(both[:, size:], -LARGEST_LOG, LARGEST_LOG)
            spread = ops.exp(log_variance)
            divergence = 0.5 * ops.sum(spread + ops.square(mean) - 1 - log_variance, -1)
            if training:
                self.steps.assign_add(1.0)
            strength = ops.minimum(self.steps / KL_STEPS, 1.0)
            self.add_loss(strength * ops.mean(divergence) / (one.n_bins * one.n_cells))
            if not training:
                return mean
            noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
            return mean + ops.exp(0.5 * log_variance) * noise

        def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
            """Half of what comes in."""
            return (*shape[:-1], size)

    return Drawn()


def loss_of(values: str, targets: Any, outputs: Any) -> Any:
    """Mean negative log likelihood of observed samples; targets (n, n_bins, n_cells) hold NaN elsewhere."""
    ops = load_keras().ops
    observed = ops.logical_not(ops.isnan(targets))
    known = ops.where(observed, targets, ops.zeros_like(targets))
    each = _negative_log_likelihood(ops, values, known, outputs)
    each = ops.where(observed, each, ops.zeros_like(each))
    return ops.sum(each) / ops.maximum(ops.sum(ops.cast(observed, each.dtype)), 1.0)


def _negative_log_likelihood(ops: Any, values: str, known: Any, outputs: Any) -> Any:
    """Of each sample, up to constants of the data."""
    if values == COUNTS:
        log_rate = ops.clip(outputs, -LARGEST_LOG, LARGEST_LOG)
        return ops.exp(log_rate) - known * log_rate
    if values == FLUORESCENCE:
        return 0.5 * ops.square(known - outputs)
    if values == ACTIVITY:
        return ops.softplus(outputs) - known * outputs
    shape = (*tuple(known.shape[1:]), 3)
    logit, log_shape, log_mean = (ops.reshape(outputs, (-1, *shape))[..., n] for n in range(3))
    log_shape = ops.clip(log_shape, -3.0, 3.0)
    log_mean = ops.clip(log_mean, -LARGEST_LOG, LARGEST_LOG)
    alpha = ops.exp(log_shape)
    log_scale = log_mean - log_shape
    is_event = known > 0
    size = ops.where(is_event, known, ops.ones_like(known))
    gamma = (
        (alpha - 1) * ops.log(size) - size * ops.exp(-log_scale) - alpha * log_scale
        - log_gamma(ops, alpha)
    )  # fmt: skip
    return ops.softplus(logit) - ops.where(is_event, logit + gamma, ops.zeros_like(gamma))


def log_gamma(ops: Any, x: Any) -> Any:
    """Logarithm of the gamma function for x > 0.01, by Stirling's series at x + 4 (to 1e-6)."""
    y = x + 4.0
    series = (y - 0.5) * ops.log(y) - y + 0.9189385332 + 1 / (12 * y) - 1 / (360 * y * y * y)
    return series - ops.log(x * (x + 1) * (x + 2) * (x + 3))


def expected_values(values: str, outputs: np.ndarray) -> np.ndarray:
    """What the network expects of each sample, (n, n_bins, n_cells), on its own scale.

    >>> expected_values("counts", np.zeros((1, 1, 2))).tolist()
    [[[1.0, 1.0]]]
    """
    from scipy.special import expit

    bounded = np.clip(outputs, -LARGEST_LOG, LARGEST_LOG)
    if values == COUNTS:
        return np.exp(bounded)
    if values == FLUORESCENCE:
        return outputs
    if values == ACTIVITY:
        return expit(outputs)
    n, n_bins, width = outputs.shape
    logit, _, log_mean = np.moveaxis(bounded.reshape(n, n_bins, width // 3, 3), -1, 0)
    return expit(logit) * np.exp(log_mean)


def start_bias(values: str, mean: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The bias (n_cells x k,) with which a fresh network says the mean (n_cells,) of each cell.

    ``shares`` (n_cells,): of samples above 0, for events.
    """
    low = np.maximum(mean, 1e-4)
    if values == COUNTS:
        return np.log(low)
    if values == FLUORESCENCE:
        return mean
    if values == ACTIVITY:
        share = np.clip(mean, 1e-4, 1 - 1e-4)
        return np.log(share / (1 - share))
    share = np.clip(shares, 1e-4, 1 - 1e-4)
    logit, size = np.log(share / (1 - share)), np.log(low / share)
    return np.stack([logit, np.zeros_like(size), size], -1).ravel()


def card_of(
    name: str, architecture: Architecture, rules: InputRules, training: dict[str, Any]
) -> Card:
    """The card of an autoencoder."""
    return Card(
        name,
        TASK,
        architecture=dataclasses.asdict(architecture),
        input_form=dataclasses.asdict(rules),
        training=training,
    )


def parts_of(card: Card, where: str | Path = "card") -> tuple[Architecture, InputRules]:
    """The parts of a card that belong to this task, checked; others are an InputError."""
    if card.task != TASK:
        raise InputError("a network of latent dynamics", f"one of the task {card.task}", where)
    architecture = from_mapping(Architecture, card.architecture, where)
    rules = from_mapping(InputRules, card.input_form, where)
    n = architecture.n_cells
    lists: Sequence[Sequence[Any]] = (rules.names, rules.keys, rules.mean, rules.sd)
    if any(len(one) != n for one in lists):
        raise InputError(f"names, keys and scales of {n} cells", "others", where)
    if not all(0 <= cell < n for cell in rules.held_out) or not all(sd > 0 for sd in rules.sd):
        raise InputError(f"scales above 0, and cells below {n}", "others", where)
    return architecture, rules
