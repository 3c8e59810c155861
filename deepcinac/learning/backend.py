"""Keras: started once, without its greetings, and weights read with our errors."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.installation import how_to_install_an_engine

BACKENDS = ("tensorflow", "jax", "torch")
"""What Keras may be told to run on."""


def load_keras() -> Any:
    """The module keras, with its backend loaded and started, without its greetings.

    TensorFlow writes lines about CPU instructions and absent GPUs to the process's stderr before any
    setting of its own can stop it; on the command line they would drown our own messages.

    Raises
    ------
    InputError
        There is no TensorFlow, or not what KERAS_BACKEND names. Other exceptions pass.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    verbose = logging.getLogger("deepcinac").isEnabledFor(logging.DEBUG)
    with contextlib.nullcontext() if verbose else _stderr_to_nowhere():
        try:
            import keras
        except ModuleNotFoundError as error:
            if error.name not in BACKENDS:
                raise
            hint = how_to_install_an_engine()
            raise InputError(
                "TensorFlow, which runs the network", f"no package {error.name}", hint=hint
            ) from error
        keras.ops.convert_to_numpy(keras.ops.zeros(1))  # starts the devices
    return keras


def compiles() -> bool:
    """Whether a training step is to be compiled as a whole (``jit_compile`` of Keras).

    JAX takes each operation by itself otherwise. TensorFlow is faster without, see benchmarks/README.md.
    """
    return str(load_keras().backend.backend()) == "jax"


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it the matrix products of NumPy and SciPy take one thread.

    TensorFlow has threads of its own; on a busy machine those of OpenBLAS spin while they wait for each
    other, and a small product takes many times as long.
    """
    import scipy.linalg  # noqa: F401  only a library that is loaded by now is limited: SciPy brings its own
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def require_sound_weights(path: Path) -> None:
    """Refuse weights that lie in other files, that unpack to far too much, or that are no finite numbers."""
    import h5py
    import numpy as np

    from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
    from deepcinac.files import readable

    faulty: list[str] = []

    def look(name: str, item: Any) -> None:
        numbers = isinstance(item, h5py.Dataset) and item.dtype.kind == "f"
        if numbers and not np.isfinite(whole_array(item, LARGEST_WEIGHTS)).all():
            faulty.append(name)

    expected = "weights of a network"
    with open_hdf5_file(path, expected) as file, readable(path, expected):
        file.visititems(look)
    if faulty:
        raise InputError("weights that are finite numbers", f"NaN or infinity in {faulty[0]}", path)


LARGEST_WEIGHTS = 1 << 31
"""Bytes of one array of weights."""


def load_weights(model: Any, path: Path) -> None:
    """Read a model's weights; those of another network are an InputError."""
    require_sound_weights(path)
    try:
        model.load_weights(path)
    except Exception as error:  # Keras raises many kinds for a file of another network
        raise InputError(
            "weights of the network that the card describes",
            " ".join(str(error).split())[:200],
            path,
        ) from error


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
