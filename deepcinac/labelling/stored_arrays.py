"""Arrays in a session file: little-endian numbers with a checksum over them and what they are of.

The checksum of a row of ``results`` is the SHA-256 of one line of JSON, ``[layer_id, kind, cell, dims,
dtype, shape, units, info]`` with the columns as they are stored, then a line feed, then the bytes of
``data``. So neither the numbers nor what they belong to can change unnoticed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deepcinac.files import parsed_json

_KINDS = "biuf"
_MOST_SIDES = 8


def dtype_of(values: np.ndarray) -> str:
    """The type of the stored numbers: "<f4", "|b1", ..."""
    return values.dtype.newbyteorder("<").str


def bytes_of(values: np.ndarray) -> bytes:
    """The stored numbers."""
    return np.ascontiguousarray(values, dtype=dtype_of(values)).tobytes()


def checksum(described: Sequence[Any], data: bytes) -> str:
    """SHA-256 of what an array is and of its bytes."""
    head = json.dumps(list(described), ensure_ascii=True, allow_nan=False)
    digest = hashlib.sha256(head.encode() + b"\n")
    digest.update(data)
    return digest.hexdigest()


def seal(rows: Iterable[tuple[str, int, str]]) -> str:
    """SHA-256 over kind, cell and checksum of all arrays of a layer, in this order; "" for none.

    It notices an array that is missing.
    """
    lines = [f"{kind} {cell} {sha256}\n" for kind, cell, sha256 in sorted(rows)]
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else ""


def array_from(dtype: Any, shape: Any, data: Any) -> np.ndarray:
    """The array of three columns, as a copy in this computer's byte order; a ValueError for nonsense."""
    kind, sides = np.dtype(str(dtype)), tuple(map(int, parsed_json(shape)))
    if (
        kind.kind not in _KINDS
        or kind.hasobject
        or len(sides) > _MOST_SIDES
        or min(sides, default=0) < 0
    ):
        raise ValueError("numbers of an unknown type")
    if not isinstance(data, bytes) or len(data) != kind.itemsize * math.prod(sides):
        raise ValueError("an array of the wrong length")
    return np.frombuffer(data, kind).reshape(sides).astype(kind.newbyteorder("="))


def as_text(value: Any) -> str:
    """JSON for the columns ``dims``, ``shape`` and ``info``."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
