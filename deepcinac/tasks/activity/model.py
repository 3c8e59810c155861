"""The network of the activity task: one CNN for all frames and inputs, attention over time, recurrent layers.

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

from dataclasses import dataclass
from math import ceil
from typing import Any

from deepcinac.errors import InputError
from deepcinac.inputs.crops import N_INPUTS
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_ALL_SCALARS, N_DEMIXED
from deepcinac.learning.backend import load_keras, load_weights
from deepcinac.learning.card import WEIGHTS_FILE, Card
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.settings import checked, from_mapping, option, to_mapping
from deepcinac.tasks.activity.settings import PredictionSettings

TASK = "activity"
RATE_SHARE = 0.1
"""Weight of the loss of spikes beside that of activity."""


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network.

    ``kernels``, ``strides`` and ``pool`` (pixels averaged before the first layer) belong to the compact form.
    """

    size: str = option("compact", "form of the network", choices=("compact", "paper"))
    window_frames: int = option(100, "frames in a window", minimum=8, maximum=2000)
    patch_px: int = option(25, "side of the patch around a cell", unit="px", minimum=9, maximum=101)
    n_scalars: int = option(
        N_ALL_SCALARS, "scalars per frame", choices=(0, N_DEMIXED, N_ALL_SCALARS)
    )
    filters: tuple[int, ...] = option((8, 16, 32), "filters per layer", minimum=1, maximum=1024)
    kernels: tuple[int, ...] = option((5, 3, 3), "kernels", unit="px", minimum=1, maximum=25)
    strides: tuple[int, ...] = option((2, 2, 2), "strides", unit="px", minimum=1, maximum=25)
    pool: int = option(1, "pixels averaged before the first layer", minimum=1, maximum=25)
    frame_features: int = option(32, "features of a frame", minimum=1, maximum=4096)
    temporal_filters: int = option(64, "filters over time", minimum=1, maximum=4096)
    recurrent: str = option("gru", "recurrent layers", choices=("gru", "lstm"))
    recurrent_units: int = option(64, "units of a recurrent layer", minimum=1, maximum=4096)
    dropout: float = option(0.2, "share of numbers dropped in training", minimum=0.0, maximum=0.95)
    rate_head: bool = option(True, "also estimate spikes")

    def __post_init__(self) -> None:
        checked(self, "architecture")
        if not 1 <= len(self.filters) <= 6:
            raise InputError("1 to 6 filter counts", repr(self.filters), "architecture")
        lengths = {len(self.filters), len(self.kernels), len(self.strides)}
        if self.size == "compact" and len(lengths) > 1:
            raise InputError(
                "a kernel and a stride for every filter count",
                f"{self.filters}, {self.kernels}, {self.strides}",
                "architecture",
            )
        n_parameters, n_numbers = n_parameters_of(self), _numbers_of_a_window(self)
        if n_parameters > MOST_PARAMETERS:
            expected = f"at most {MOST_PARAMETERS:,} parameters in all"
            raise InputError(expected, f"about {n_parameters:,}", "architecture")
        if n_numbers > MOST_NUMBERS:
            expected = f"a window of at most {MOST_NUMBERS:,} numbers in the first layer"
            raise InputError(expected, f"{n_numbers:,}", "architecture")


MOST_PARAMETERS = 200_000_000
"""Six times the published network: each size may be plausible, and all together not."""
MOST_NUMBERS = 500_000_000


def n_parameters_of(architecture: Architecture) -> int:
    """Parameters of the network, counted from its sizes before it is built; biases are left out."""
    compact, side, channels, total = architecture.size == "compact", architecture.patch_px, 1, 0
    side = ceil(side / architecture.pool) if compact else side
    for number, filters in enumerate(architecture.filters):
        kernel = architecture.kernels[number] if compact else 3
        total += kernel**2 * channels * filters
        channels = filters
        if compact:
            side = ceil(side / architecture.strides[number])
        elif number % 2:
            side = max(1, (side - 2) // 2)
    flat, width, units = (
        side**2 * channels,
        architecture.frame_features,
        architecture.recurrent_units,
    )

    gates = 3 if compact and architecture.recurrent == "gru" else 4

    def recurrent(inputs: int, size: int) -> int:
        return gates * size * (inputs + size)

    if compact:
        temporal = architecture.temporal_filters
        total += flat * width + 5 * (N_INPUTS * width + 64) * temporal
        return total + 2 * recurrent(2 * temporal, units) + 32 * (2 * temporal + 2 * units)
    branch = 2 * recurrent(width, units) + 2 * recurrent(width + 2 * units, 2 * units)
    merged = N_INPUTS * (4 * units + width)
    frames = architecture.window_frames
    dense = 2 * units * frames**2 * (2 if architecture.rate_head else 1)
    return total + N_INPUTS * (branch + frames**2) + recurrent(merged, 2 * units) + dense


def _numbers_of_a_window(architecture: Architecture) -> int:
    """What the first layer gives for one window: the most that any layer does."""
    side = architecture.patch_px
    if architecture.size == "compact":
        side = ceil(ceil(side / architecture.pool) / architecture.strides[0])
    return architecture.window_frames * N_INPUTS * side**2 * architecture.filters[0]


COMPACT = Architecture()
PAPER = Architecture(
    size="paper",
    n_scalars=0,
    filters=(64, 64, 128, 128),
    frame_features=2048,
    recurrent="lstm",
    recurrent_units=128,
    dropout=0.5,
    rate_head=False,
)


def activity_card(
    name: str,
    architecture: Architecture = COMPACT,
    input_form: InputForm | None = None,
    prediction: PredictionSettings | None = None,
    **others: Any,
) -> Card:
    """The card of a classifier of activity."""
    return Card(
        name,
        TASK,
        architecture=to_mapping(architecture),
        input_form=to_mapping(input_form or InputForm()),
        prediction=to_mapping(prediction or PredictionSettings()),
        **others,
    )


@dataclass(frozen=True)
class ActivityParts:
    """What the card of a classifier of activity says in the parts that belong to this task."""

    architecture: Architecture
    input_form: InputForm
    prediction: PredictionSettings


BEFORE_THE_CARD_SAID = {"window_overlap": 0.5, "surroundings_every": 1}
"""What older classifiers predict with, whose cards do not say: they answer as they always did."""


def parts_of(card: Card) -> ActivityParts:
    """Check those parts; a card of another task or with impossible values is an InputError."""
    where = f"card of {card.name}"
    if card.task != TASK:
        raise InputError(f"a classifier of the task {TASK}", f"one of {card.task}", where)
    return ActivityParts(
        from_mapping(Architecture, card.architecture, f"{where}, architecture"),
        from_mapping(InputForm, card.input_form, f"{where}, input form"),
        from_mapping(
            PredictionSettings,
            {**BEFORE_THE_CARD_SAID, **card.prediction},
            f"{where}, prediction",
        ),
    )


def load_network(classifier: ClassifierFolder) -> Network:
    """Build the network of a card and read its weights."""
    network = build_network(parts_of(classifier.card).architecture)
    load_weights(network.whole, classifier.path / WEIGHTS_FILE)
    return network


@dataclass(frozen=True)
class Network:
    """The two halves and the whole; the whole holds all weights."""

    architecture: Architecture
    encoder: Any
    sequence: Any
    whole: Any


def network_of(model: Any, architecture: Architecture) -> Network:
    """The halves of a model that ``build_network`` has built."""
    encoder, sequence = model.get_layer("frame_encoder"), model.get_layer("sequence")
    return Network(architecture, encoder, sequence, model)


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
    """The published form: per input attention over time and two LSTMs both ways, merged by a third.

    The names of the layers are those of :mod:`deepcinac.formats.published_weights`.
    """
    import keras
    from keras import layers

    frames, width = architecture.window_frames, architecture.frame_features
    units = architecture.recurrent_units
    features = layers.Input((frames, N_INPUTS, width), name="features")
    branches = []
    for number in range(N_INPUTS):
        x = features[:, :, number, :]
        weights = layers.Permute((2, 1))(x)
        weights = layers.Dense(frames, activation="softmax", name=f"attention_{number}")(weights)
        attended = x * layers.Permute((2, 1))(weights) * float(frames)
        branch = attended
        for level in (1, 2):
            recurrent = layers.LSTM(
                level * units, return_sequences=True, dropout=architecture.dropout
            )
            both_ways = layers.Bidirectional(recurrent, name=f"recurrent_{number}_{level}")
            branch = layers.Concatenate()([both_ways(branch), attended])
        branches.append(branch)
    merged = layers.Concatenate()(branches)
    if architecture.n_scalars:
        scalars = layers.Input((frames, architecture.n_scalars), name="scalars_of_window")
        merged = layers.Concatenate()([merged, layers.Dense(32, activation="swish")(scalars)])
    merge = layers.LSTM(
        2 * units, return_sequences=True, dropout=architecture.dropout, name="merge"
    )
    x = layers.Flatten()(merge(merged))
    x = layers.Dropout(architecture.dropout)(x)
    outputs = layers.Dense(frames * n_outputs(architecture), name="activity")(x)
    outputs = layers.Reshape((frames, n_outputs(architecture)))(outputs)
    inputs = [features, scalars] if architecture.n_scalars else features
    return keras.Model(inputs, outputs, name="sequence")


def activity_and_rate_loss(truth: Any, outputs: Any) -> Any:
    """Binary cross-entropy of activity, weighted frame by frame, and a share of Poisson loss of spikes.

    ``truth`` (n, frames, 3) holds active, weight and spikes (-1: not known); ``outputs`` (n, frames, 1 or
    2) are those of the network.
    """
    from keras import ops

    active, weight, spikes = truth[..., 0], truth[..., 1], truth[..., 2]
    logit = outputs[..., 0]
    entropy = ops.softplus(logit) - active * logit
    loss = ops.mean(weight * entropy)
    if outputs.shape[-1] == 2:
        rate = ops.softplus(outputs[..., 1]) + 1e-4
        known = ops.cast(spikes >= 0, rate.dtype)
        loss = loss + RATE_SHARE * ops.mean(known * (rate - spikes * ops.log(rate)))
    return loss
