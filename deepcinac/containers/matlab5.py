"""MATLAB files of version 5 to 7.2, read with bounds checked at every step.

``scipy.io.loadmat`` ends the whole process on some damaged files, a window with it; this reader raises
``ValueError`` instead. It knows numbers, text, sparse matrices, cell arrays and structures of these;
objects and functions are listed and not read. Nothing in a file is run.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.files import require_plausible_size

HEADER_BYTES = 128
CELL, STRUCT, OBJECT, CHAR, SPARSE = 1, 2, 3, 4, 5
CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
"""Classes of numbers, and the type that they have in memory; files may store them more compactly."""
STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
MATRIX, COMPRESSED = 14, 15
TEXT = {1: "utf-8", 2: "utf-8", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}

_LOGICAL = 0x200
_COMPLEX = 0x800
_HEAD_BYTES = 4096  # more than the flags, sides and name of a variable need
_MOST_SIDES = 32
_DEEPEST = 3


class Unknown(ValueError):
    """A variable that this reader does not know; the file may be whole."""


@dataclass(frozen=True)
class Head:
    """What stands before the values of a variable: its MATLAB class, dimensions and name."""

    name: str
    sides: tuple[int, ...]
    kind: int
    logical: bool
    is_complex: bool


@dataclass(frozen=True, eq=False)
class Compressed:
    """A sparse matrix as it is stored: rows and values of the entries, starts of the columns."""

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    shape: tuple[int, ...]


class _Bytes:
    """Bytes that are read in order, in the order of bytes of a file."""

    def __init__(self, content: bytes, order: str) -> None:
        self.content, self.order, self.at = content, order, 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.content):
            raise ValueError(f"{count} bytes beyond its end")
        part = self.content[self.at : self.at + count]
        self.at += count
        return part

    def element(self) -> tuple[int, bytes]:
        """Type and bytes of the next element; short ones lie within their own head."""
        (first,) = struct.unpack(self.order + "I", self.take(4))
        if first >> 16:
            size = first >> 16
            if size > 4:
                raise ValueError("a short element of more than 4 bytes")
            return first & 0xFFFF, self.take(4)[:size]
        (size,) = struct.unpack(self.order + "I", self.take(4))
        content = self.take(size)
        if first != COMPRESSED:
            self.at = min(len(self.content), self.at + (-size) % 8)
        return first, content


def is_hdf5(path: Path) -> bool:
    """Whether a file is one of version 7.3, which is HDF5 and not for this reader."""
    with open(path, "rb") as stream:
        head = stream.read(520)
    return head[:4] == b"\x89HDF" or head[512:516] == b"\x89HDF"


def list_heads(path: Path) -> list[Head]:
    """The variables of a file, without their values."""
    return [head for head, _, _ in _variables(path, only_heads=True)]


def read(path: Path, name: str) -> Any:
    """The value of a variable: an array, text, :class:`Compressed`, or an array of objects.

    A cell array holds values of these kinds, a structure a dict for each of its entries.
    """
    for head, content, order in _variables(path, only_heads=False, wanted=name):
        stream = _Bytes(content, order)
        _read_head(stream)
        return _value(head, stream, 0)
    raise ValueError(f"no variable {name}")


def _variables(
    path: Path, only_heads: bool, wanted: str | None = None
) -> Iterator[tuple[Head, bytes, str]]:
    """Head, content and order of bytes of each variable; contents are whole if they are wanted."""
    with open(path, "rb") as file:
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES or header[126:128] not in (b"IM", b"MI"):
            raise ValueError("no MATLAB file of version 5 or later")
        order = "<" if header[126:128] == b"IM" else ">"
        while tag := file.read(8):
            if len(tag) < 8:
                raise ValueError("a truncated variable")
            kind, size = struct.unpack(order + "II", tag)
            start = file.tell()
            packed = kind == COMPRESSED
            if kind not in (MATRIX, COMPRESSED):
                raise ValueError(f"an element of type {kind} in place of a variable")
            begin = file.read(min(size, _HEAD_BYTES))
            if size > 0:
                beginning = _unpacked(begin, order, _HEAD_BYTES) if packed else begin
                head = _read_head(_Bytes(beginning, order))
                content = b""
                if not only_heads and head.name == wanted:
                    whole = begin + file.read(size - len(begin))
                    if len(whole) < size:
                        raise ValueError("a truncated variable")
                    _require_room(head, path)
                    content = (
                        _unpacked(whole, order, _most_of(whole, order, path)) if packed else whole
                    )
                if only_heads or head.name == wanted:
                    yield head, content, order
            file.seek(start + size)


def _require_room(head: Head, path: Path) -> None:
    """Refuse numbers that take far more memory than their file; small ones are stored compactly."""
    if head.kind in CLASSES:
        n_bytes = math.prod(head.sides) * np.dtype(CLASSES[head.kind]).itemsize
        require_plausible_size(n_bytes, path, f"{path}#{head.name}")


def _most_of(packed: bytes, order: str, path: Path) -> int:
    """How many bytes a compressed variable says that it unpacks to."""
    head = zlib.decompressobj().decompress(packed, 8)
    n_bytes = 8 + (struct.unpack(order + "II", head)[1] if len(head) == 8 else 0)
    require_plausible_size(n_bytes, path, path)
    return int(n_bytes)


def _unpacked(packed: bytes, order: str, most: int) -> bytes:
    """The content of a compressed variable, without its own head; at most so many bytes (not 0)."""
    content = zlib.decompressobj().decompress(packed, most)
    if len(content) < 8:
        raise ValueError("an empty variable")
    kind, size = struct.unpack(order + "II", content[:8])
    if kind != MATRIX:
        raise ValueError(f"an element of type {kind} in place of a variable")
    return content[8 : 8 + size]


def _read_head(stream: _Bytes) -> Head:
    kind, flags = stream.element()
    if kind != 6 or len(flags) != 8:
        raise ValueError("a variable without its flags")
    (word,) = struct.unpack(stream.order + "I", flags[:4])
    if word & 0xFF == 17:  # opaque: it has neither sides nor a plain name
        return Head("(object)", (), 17, False, False)
    sides_type, sides = stream.element()
    name_type, name = stream.element()
    if sides_type != 5 or len(sides) % 4 or not 2 <= len(sides) // 4 <= _MOST_SIDES:
        raise ValueError("a variable without its dimensions")
    if name_type not in (1, 2, 16):
        raise ValueError("a variable without its name")
    numbers = struct.unpack(f"{stream.order}{len(sides) // 4}i", sides)
    if min(numbers) < 0:
        raise ValueError("a negative dimension")
    text = name.rstrip(b"\0").decode("utf-8", "replace")
    return Head(text, numbers, word & 0xFF, bool(word & _LOGICAL), bool(word & _COMPLEX))


def _value(head: Head, stream: _Bytes, depth: int) -> Any:
    if depth > _DEEPEST:
        raise Unknown("lists within lists")
    if head.is_complex:
        raise Unknown("complex numbers")
    count = math.prod(head.sides)
    if head.kind in CLASSES:
        values = _numbers(stream, count)
        kind = bool if head.logical else np.dtype(CLASSES[head.kind])
        return values.astype(kind, copy=False).reshape(head.sides, order="F")
    if head.kind == CHAR:
        return _text(stream, head.sides)
    if head.kind == SPARSE:
        indices, indptr = _numbers(stream), _numbers(stream)
        return Compressed(_numbers(stream), indices, indptr, head.sides)
    if head.kind not in (CELL, STRUCT):
        raise Unknown("an object or function")
    names = _field_names(stream) if head.kind == STRUCT else []
    if count * max(1, len(names)) * 8 > len(stream.content):
        raise ValueError("more entries than bytes")
    entries = np.empty(count, dtype=object)
    for place in range(count):
        if head.kind == CELL:
            entries[place] = _entry(stream, depth)
        else:
            entries[place] = {name: _entry(stream, depth) for name in names}
    return entries.reshape(head.sides, order="F")


def _field_names(stream: _Bytes) -> list[str]:
    """The names of a structure's fields, which lie in places of equal length."""
    lengths, (kind, content) = _numbers(stream, 1), stream.element()
    length = int(lengths[0])
    if length < 1 or kind != 1 or len(content) % length:
        raise ValueError("a structure without the names of its fields")
    parts = [content[start : start + length] for start in range(0, len(content), length)]
    return [part.split(b"\0")[0].decode("utf-8", "replace") for part in parts]


def _entry(stream: _Bytes, depth: int) -> Any:
    """One entry of a cell array; an empty one has no content at all."""
    kind, content = stream.element()
    if kind != MATRIX:
        raise ValueError("an entry that is no array")
    if not content:
        return np.empty((0, 0))
    inner = _Bytes(content, stream.order)
    return _value(_read_head(inner), inner, depth + 1)


def _numbers(stream: _Bytes, count: int | None = None) -> np.ndarray:
    kind, content = stream.element()
    if kind not in STORED:
        raise ValueError(f"values of an unknown type ({kind})")
    dtype = np.dtype(stream.order + STORED[kind])
    if len(content) % dtype.itemsize or count not in (None, len(content) // dtype.itemsize):
        raise ValueError("values that do not fill their array")
    return np.frombuffer(content, dtype).astype(dtype.newbyteorder("="))


def _text(stream: _Bytes, sides: tuple[int, ...]) -> str | np.ndarray:
    """Text; a table of letters (rows, columns) is a text for each row."""
    kind, content = stream.element()
    if kind not in TEXT:
        raise ValueError("text in an unknown form")
    wide = {"<": "-le", ">": "-be"}[stream.order] if TEXT[kind] != "utf-8" else ""
    text = content.decode(TEXT[kind] + wide, "replace")
    if len(sides) != 2 or sides[0] < 2 or math.prod(sides) != len(text):
        return text
    return np.array([text[row :: sides[0]] for row in range(sides[0])])
