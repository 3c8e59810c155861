"""The network that demixes, and its card.

After the idea of DeepCaImX (Zhang et al., Nature Machine Intelligence, 2025), an unrolled sparse coding that
gives footprints and traces at once, but without its fixed numbers of cells and frames: slots stand at seeds,
and what runs over time is convolutions.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras
from deepcinac.learning.card import Card
from deepcinac.settings import from_mapping, option
from deepcinac.tasks.demixing.prepare import FRAME_RATE_HZ, PIXEL_UM
from deepcinac.tasks.demixing.unrolled import Architecture, unrolled_layer

TASK = "demixing"


@dataclass(frozen=True)
class InputForm:
    """The movies that the network learnt from, once they were averaged."""

    pixel_size_um: float = option(PIXEL_UM, "size of a pixel", unit="um", minimum=0.1, maximum=50)
    frame_rate_hz: float = option(
        FRAME_RATE_HZ, "frames per second", unit="Hz", minimum=0.1, maximum=100
    )


def build_network(architecture: Architecture, seed: int) -> Any:
    """The Keras model.

    Inputs: tiles (n, n_frames, tile, tile); places of seeds (n, k, 2) in pixels; their strengths (n, k),
    below 0 where there is no seed. Output (n, k, 2 tile^2 + n_frames + 1): footprints of norm 1, masks
    (probabilities), courses in SD, logit of the confidence that a slot is a cell of its own.
    """
    keras = load_keras()
    keras.utils.set_random_seed(seed)
    side = architecture.tile_px
    frames = keras.Input((None, side, side))
    places = keras.Input((None, 2), dtype="int32")
    strengths = keras.Input((None,))
    outputs = unrolled_layer(keras, architecture)([frames, places, strengths])
    return keras.Model([frames, places, strengths], outputs)


def card_of(
    name: str, architecture: Architecture, training: dict[str, Any], form: InputForm | None = None
) -> Card:
    """The card of a network."""
    return Card(
        name,
        TASK,
        architecture=dataclasses.asdict(architecture),
        input_form=dataclasses.asdict(form or InputForm()),
        training=training,
    )


def parts_of(card: Card, where: str | Path = "card") -> tuple[Architecture, InputForm]:
    """The parts of a card that belong to this task, checked; others are an InputError."""
    if card.task != TASK:
        raise InputError("a network that demixes", f"one of the task {card.task}", where)
    return (
        from_mapping(Architecture, card.architecture, where),
        from_mapping(InputForm, card.input_form, where),
    )
