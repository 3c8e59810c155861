"""The network: one CNN shared by frames and inputs, attention over time, recurrent layers both ways.

Built by this code from the sizes in a card, with ``keras.layers`` and ``keras.ops`` only, so that the same
graph runs on TensorFlow, JAX or torch. Two models share their layers:

- the *frame encoder* turns images (n, patch, patch, 1) into features (n, frame_features);
- the *sequence model* turns the features of a window (n, frames, 3, frame_features) and the scalars
  (n, frames, n_scalars) into (n, frames, n_outputs): the logit of the cell being active and, where the
  architecture has a rate head, a number whose softplus is the expected count of spikes in the frame.

Training joins them; prediction runs the encoder once per frame and input and the sequence model once per
window, which gives the same numbers for less work.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deepcinac.classifier.card import Architecture
from deepcinac.classifier.crops import N_INPUTS


@dataclass(frozen=True)
class Network:
    """The two halves and the whole; the whole holds all weights."""

    architecture: Architecture
    encoder: Any
    sequence: Any
    whole: Any


def build_network(architecture: Architecture, seed: int | None = None) -> Network:
    """Build the network of an architecture with fresh weights (``seed`` makes them reproducible)."""
    keras = load_keras()
    from keras import layers, ops

    if seed is not None:
        keras.utils.set_random_seed(seed)
    size, frames = architecture.patch_px, architecture.window_frames
    encoder = _encoder(architecture)
    sequence = (
        _paper_sequence(architecture) if architecture.size == "paper" else _sequence(architecture)
    )

    images = layers.Input((frames, N_INPUTS, size, size), name="images")
    folded = ops.reshape(images, (-1, size, size, 1))
    features = ops.reshape(encoder(folded), (-1, frames, N_INPUTS, architecture.frame_features))
    inputs = [images]
    if architecture.n_scalars:
        inputs.append(layers.Input((frames, architecture.n_scalars), name="scalars"))
    outputs = sequence([features, *inputs[1:]] if architecture.n_scalars else features)
    whole = keras.Model(inputs, outputs, name="deepcinac")
    return Network(architecture, encoder, sequence, whole)


def _encoder(architecture: Architecture) -> Any:
    import keras
    from keras import layers

    size = architecture.patch_px
    image = layers.Input((size, size, 1))
    x = image
    if architecture.size == "paper":
        for number, filters in enumerate(architecture.filters):
            padding = "same" if number % 2 == 0 else "valid"
            x = layers.Conv2D(filters, 3, padding=padding, activation="swish")(x)
            if number % 2:
                x = layers.MaxPooling2D(2)(x)
        x = layers.Flatten()(x)
        x = layers.Dropout(architecture.dropout)(x)
    else:
        if architecture.pool > 1:
            x = layers.AveragePooling2D(architecture.pool, padding="same")(x)
        for filters, kernel, stride in zip(
            architecture.filters, architecture.kernels, architecture.strides, strict=True
        ):
            x = layers.Conv2D(filters, kernel, strides=stride, padding="same", activation="swish")(
                x
            )
        x = layers.Flatten()(x)
        x = layers.Dense(architecture.frame_features, activation="swish")(x)
    return keras.Model(image, x, name="frame_encoder")


def _sequence(architecture: Architecture) -> Any:
    """Compact form: attention gates the features, a temporal convolution, one recurrent layer each way."""
    import keras
    from keras import layers, ops

    frames, width = architecture.window_frames, architecture.frame_features
    features = layers.Input((frames, N_INPUTS, width), name="features")
    inputs = [features]
    x = layers.Reshape((frames, N_INPUTS * width))(features)
    x = layers.Dropout(architecture.dropout)(x)
    if architecture.n_scalars:
        scalars = layers.Input((frames, architecture.n_scalars), name="scalars_of_window")
        inputs.append(scalars)
        x = layers.Concatenate()([x, layers.Dense(32, activation="swish")(scalars), scalars])
    x = layers.Conv1D(architecture.temporal_filters, 5, padding="same", activation="swish")(x)
    # A softmax over time shrinks features by the number of frames: the factor brings them back.
    attention = layers.Softmax(axis=1)(layers.Dense(1)(x))
    x = layers.Concatenate()([x, x * (attention * ops.cast(frames, attention.dtype))])
    x = layers.Dropout(architecture.dropout)(x)
    recurrent = _recurrent(architecture.recurrent, architecture.recurrent_units)
    y = layers.Bidirectional(recurrent)(x)
    y = layers.Dropout(architecture.dropout)(layers.Concatenate()([x, y]))
    y = layers.Dense(32, activation="swish")(y)
    outputs = layers.Dense(n_outputs(architecture))(y)
    return keras.Model(inputs if len(inputs) > 1 else features, outputs, name="sequence")


def n_outputs(architecture: Architecture) -> int:
    """Numbers per frame that the network gives: activity, and the spike rate where it has that head."""
    return 2 if architecture.rate_head else 1


def _recurrent(kind: str, units: int) -> Any:
    from keras import layers

    layer = layers.GRU if kind == "gru" else layers.LSTM
    return layer(units, return_sequences=True)


def _paper_sequence(architecture: Architecture) -> Any:
    """The published form: per input attention over time and two LSTMs both ways, merged by a third."""
    import keras
    from keras import layers

    frames, width = architecture.window_frames, architecture.frame_features
    units = architecture.recurrent_units
    features = layers.Input((frames, N_INPUTS, width), name="features")
    branches = []
    for number in range(N_INPUTS):
        x = features[:, :, number, :]
        weights = layers.Permute((2, 1))(x)
        weights = layers.Dense(frames, activation="softmax")(weights)
        attended = x * layers.Permute((2, 1))(weights) * float(frames)
        branch = attended
        for level in (1, 2):
            recurrent = layers.LSTM(
                level * units, return_sequences=True, dropout=architecture.dropout
            )
            branch = layers.Concatenate()([layers.Bidirectional(recurrent)(branch), attended])
        branches.append(branch)
    merged = layers.Concatenate()(branches)
    if architecture.n_scalars:
        scalars = layers.Input((frames, architecture.n_scalars), name="scalars_of_window")
        merged = layers.Concatenate()([merged, layers.Dense(32, activation="swish")(scalars)])
    x = layers.LSTM(2 * units, return_sequences=True, dropout=architecture.dropout)(merged)
    x = layers.Flatten()(x)
    x = layers.Dropout(architecture.dropout)(x)
    outputs = layers.Dense(frames * n_outputs(architecture))(x)
    outputs = layers.Reshape((frames, n_outputs(architecture)))(outputs)
    inputs = [features, scalars] if architecture.n_scalars else features
    return keras.Model(inputs, outputs, name="sequence")


def load_keras() -> Any:
    """The module keras, with its backend loaded and started, without its greetings.

    TensorFlow writes lines about CPU instructions and absent GPUs to the process's stderr before any
    setting of its own can stop it; on the command line they would drown our sentences. Exceptions pass.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    verbose = logging.getLogger("deepcinac").isEnabledFor(logging.DEBUG)
    with contextlib.nullcontext() if verbose else _stderr_to_nowhere():
        import keras

        keras.ops.convert_to_numpy(keras.ops.zeros(1))  # starts the devices
    return keras


@contextlib.contextmanager
def _stderr_to_nowhere() -> Iterator[None]:
    """Send what C code writes to file descriptor 2 to nowhere."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all, as in a windowed program
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
