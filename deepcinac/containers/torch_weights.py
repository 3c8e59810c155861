"""Weights that PyTorch saved in its older form (``.pth``), read without PyTorch and without running anything.

Such a file is a pickle that names tensors, and their numbers after it. Of the pickle only the four names
that describe tensors are known, each done by code of our own; any other is refused before it is looked up.
"""

from __future__ import annotations

import collections
import io
import math
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import readable, require_file, require_plausible_size

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_EXPECTED = "weights saved by PyTorch before version 1.6"
_LARGEST = 1 << 29


def read_torch_weights(path: str | Path) -> dict[str, np.ndarray]:
    """The tensors of a file by name; anything but tensors of floats and whole numbers is an InputError."""
    path = require_file(path, _EXPECTED)
    require_plausible_size(path.stat().st_size, path, path, _LARGEST)
    with readable(path, _EXPECTED):
        stream = io.BytesIO(path.read_bytes())
        if _Reader(stream).load() != _MAGIC:
            raise InputError(_EXPECTED, "another form", path)
        for _ in range(2):  # the version and the machine that wrote it
            _Reader(stream).load()
        named = _Reader(stream).load()
        numbers = {}
        dtypes = {one.key: one.dtype for one in named.values()}
        for key in _Reader(stream).load():
            (count,) = struct.unpack("<q", stream.read(8))
            raw = stream.read(count * dtypes[key].itemsize)
            numbers[key] = np.frombuffer(raw, dtypes[key], count)
        return {str(name): one.of(numbers[one.key]) for name, one in named.items()}


class _Storage:
    """A run of numbers that comes later in the file."""

    def __init__(self, dtype: np.dtype, key: str) -> None:
        self.dtype, self.key = dtype, key


class _Tensor:
    """A tensor whose numbers are not read yet."""

    def __init__(self, storage: _Storage, first: int, shape: Any, strides: Any) -> None:
        self.dtype, self.key = storage.dtype, storage.key
        self._first, self._shape, self._strides = int(first), tuple(shape), tuple(strides)

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """The array; one that would reach beyond its numbers is refused."""
        steps = zip(self._shape, self._strides, strict=True)
        last = self._first + sum((side - 1) * step for side, step in steps)
        sides = (self._first, *self._shape, *self._strides)
        is_larger = math.prod(self._shape) > len(
            numbers
        )  # a step of 0 would repeat a number for ever
        if min(sides) < 0 or 0 in self._shape or last >= len(numbers) or is_larger:
            raise ValueError(f"strides {self._strides} of shape {self._shape}")
        in_bytes = [step * numbers.itemsize for step in self._strides]
        own = numbers[self._first :]
        return np.lib.stride_tricks.as_strided(own, self._shape, in_bytes, writeable=False).copy()


def _tensor(storage: Any, first: Any, shape: Any, strides: Any, *_more: Any) -> _Tensor:
    return _Tensor(storage, first, shape, strides)


class _Reader(pickle.Unpickler):
    """Knows tensors, their storages and ordered dicts, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): collections.OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            **{("torch", kind): dtype for kind, dtype in _DTYPES.items()},
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"refused: {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key = pid[:3]
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError("refused: a reference to something outside the file")
        return _Storage(dtype, str(key))
