"""Read pickles of other programs without running anything that is inside.

suite2p keeps its cells in ``.npy`` files that are pickles, and a pickle may call any function of
the machine that opens it. The reader here knows the few calls that rebuild data - numpy arrays and
numbers, sets, ordered dicts, paths, dates - and does each with code of its own; every other name
is refused before it is looked up. What comes back is made of plain arrays, dicts, lists, tuples,
sets, numbers, strings and bytes: paths, dates and time zones become text, spans of time seconds.

Nothing in the stream ever gets hold of a class or function: it sees only the inert makers and
half-built arrays below, so it can neither call nor change anything of numpy or Python.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_npy, require_file

_LARGEST_FILE = 1 << 31  # bytes
# Arrays and sets hold what the stream spells out, so they cannot be much larger than it; a stream
# that refers again and again to one big item is a bomb.
_BYTES_PER_STREAM_BYTE = 64
_SMALL_CHANGE = 1 << 20  # bytes that any stream may use
_DEEPEST = 64  # collections within collections
_PLAIN_DTYPE = re.compile(r"[<>|=]?(?:\?|b1|[iu][1248]|f[248]|c(?:8|16)|[SU]\d*|O8?)")
_REFUSED_OPCODES = {
    "PERSID": "a reference to something outside the file",
    "BINPERSID": "a reference to something outside the file",
    "EXT1": "a registered extension",
    "EXT2": "a registered extension",
    "EXT4": "a registered extension",
    "NEXT_BUFFER": "data kept outside the file",
    "READONLY_BUFFER": "data kept outside the file",
    "NEWOBJ": "an object of a class",
    "NEWOBJ_EX": "an object of a class",
    "INST": "an object of a class",
    "OBJ": "an object of a class",
}
_MEMO_OPCODES = {"PUT", "BINPUT", "LONG_BINPUT"}


class _Refused(Exception):
    """The stream asks for something which is not data; the text names it."""


def load_npy(path: str | Path) -> np.ndarray:
    """Read a ``.npy`` file, plain or with Python objects in it, without running anything.

    An array of objects comes back as one: suite2p's ``stat.npy`` as (n_cells,) dicts, its
    ``ops.npy`` as a 0-d array whose ``.item()`` is the dict.
    """
    path = require_file(path, "an .npy file")
    with open(path, "rb") as stream:
        shape, dtype = _header(stream)
        if dtype is None or not dtype.hasobject:
            return read_npy(path)
        if dtype != np.dtype(object):
            raise InputError("an array of plain data or of objects", f"{dtype}", path)
        rebuilt = safe_loads(_read_all(stream, path), path)
    if not isinstance(rebuilt, np.ndarray) or rebuilt.shape != shape:
        found = f"a {type(rebuilt).__name__} of shape {np.shape(rebuilt)}"
        raise InputError(f"a pickled array of shape {shape}", found, path)
    return rebuilt


def array_from_bytes(content: bytes, where: str | Path) -> np.ndarray:
    """The same for the bytes of a ``.npy`` file, as they lie in an ``.npz``."""
    stream = io.BytesIO(content)
    shape, dtype = _header(stream)
    if dtype is None:
        raise InputError("a readable array", "a damaged one", where)
    if dtype.hasobject:
        rebuilt = safe_loads(stream.read(), where) if dtype == np.dtype(object) else None
        if not isinstance(rebuilt, np.ndarray) or rebuilt.shape != shape:
            raise InputError(f"a pickled array of shape {shape}", f"{dtype}", where)
        return rebuilt
    stream.seek(0)
    try:
        return np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:  # numpy's readers raise many kinds
        raise InputError("a readable array", f"a damaged one ({error})", where) from error


def is_pickled_npy(path: str | Path) -> bool:
    """Whether ``path`` is a ``.npy`` file of Python objects."""
    if Path(path).suffix.lower() != ".npy" or not Path(path).is_file():
        return False
    with open(path, "rb") as stream:
        dtype = _header(stream)[1]
    return dtype is not None and dtype.hasobject


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype | None]:
    """Shape and dtype of an npy header, ``stream`` left behind it; no dtype if it is damaged."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(stream)
        shape, _, dtype = readers[version](stream)
    except Exception:  # numpy's readers raise many kinds; read_npy reports it
        return (), None
    return shape, dtype


def _read_all(stream: io.BufferedReader, path: Path) -> bytes:
    data = stream.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise InputError("a pickle under 2 GiB", "more", path)
    return data


def safe_loads(data: bytes, where: str | Path | None = None) -> Any:
    """Rebuild the data of a pickle stream; anything which is not data is an :class:`InputError`.

    ``where`` is the file that the error names.
    """
    try:
        _check_opcodes(data)
        content = _DataUnpickler(data).load()
        _Measure(len(data) * _BYTES_PER_STREAM_BYTE + _SMALL_CHANGE).size_of(content)
        return _Plain().convert(content)
    except _Refused as refusal:
        raise InputError(
            "a file of arrays, dicts, lists, numbers and strings",
            f"something which is not data ({refusal})",
            where,
            "nothing of it was run; ask whoever made the file for one that holds data only",
        ) from refusal
    except Exception as error:  # a damaged stream may raise any kind
        reason = f"{type(error).__name__}: {str(error)[:160]}"
        raise InputError("a readable pickle of data", f"a damaged one ({reason})", where) from error


def _check_opcodes(data: bytes) -> None:
    """Refuse opcodes that data does not need, and memo numbers made to exhaust the memory."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _REFUSED_OPCODES:
            raise _Refused(f"{opcode.name}, {_REFUSED_OPCODES[opcode.name]}")
        if opcode.name in _MEMO_OPCODES and int(argument or 0) > len(data):
            raise _Refused(f"memo number {argument}")


class _Maker:
    """A function of ours that a stream may call; nothing of it can be reached or set."""

    __slots__ = ("_function",)
    _function: Callable[..., Any]

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, "_function", function)

    def __setattr__(self, name: str, value: Any) -> None:
        raise _Refused("a change of a function")

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


class _Inert:
    """Stands for a class that streams name but have no need to call."""

    __slots__ = ()


_NDARRAY = _Inert()
_ZONE_INFO = _Inert()
_UNFINISHED = _Inert()


class _Dtype:
    """A dtype of numbers, text or objects; structured ones are refused.

    numpy pickles a dtype as its code ("f4") and then sets the byte order.
    """

    __slots__ = ("dtype",)
    dtype: np.dtype

    def __init__(self, code: Any) -> None:
        if not isinstance(code, str) or not _PLAIN_DTYPE.fullmatch(code):
            raise _Refused(f"the array type {str(code)[:40]!r}")
        object.__setattr__(self, "dtype", np.dtype("O" if code.lstrip("<>|=")[0] == "O" else code))

    def __setattr__(self, name: str, value: Any) -> None:
        raise _Refused("a change of an array type")

    def __setstate__(self, state: Any) -> None:
        _version, order, subtype, names, fields = state[:5]
        if (subtype, names, fields) != (None, None, None) or order not in ("<", ">", "|", "="):
            raise _Refused("a structured array type")
        if order in "<>":
            object.__setattr__(self, "dtype", self.dtype.newbyteorder(order))


class _Array:
    """An array that is being rebuilt: made empty, then filled by its state."""

    __slots__ = ("array", "budget")
    array: np.ndarray
    budget: _Budget

    def __init__(self, budget: _Budget) -> None:
        object.__setattr__(self, "budget", budget)
        object.__setattr__(self, "array", np.zeros(0, np.uint8))

    def __setattr__(self, name: str, value: Any) -> None:
        raise _Refused("a change of an array")

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, fortran, content = state
        object.__setattr__(
            self, "array", _filled(shape, dtype, content, "F" if fortran else "C", self.budget)
        )


def _filled(shape: Any, dtype: Any, content: Any, order: str, budget: _Budget) -> np.ndarray:
    """An array of ``shape`` from raw bytes, or from a list where it holds objects."""
    if not isinstance(dtype, _Dtype):
        raise _Refused("an array without a type")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise _Refused("an array of an impossible shape")
    size = math.prod(shape)
    budget.spend(size * max(1, dtype.dtype.itemsize))
    if dtype.dtype == np.dtype(object):
        if not isinstance(content, list) or len(content) != size:
            raise _Refused("an array whose content does not fill its shape")
        objects = np.empty(size, dtype=object)
        for i, item in enumerate(content):
            objects[i] = item
        return objects.reshape(shape)
    if not isinstance(content, (bytes, bytearray)) or len(content) != size * dtype.dtype.itemsize:
        raise _Refused("an array whose content does not fill its shape")
    if not size or not dtype.dtype.itemsize:
        return np.zeros(shape, dtype.dtype)
    flat = np.frombuffer(content, dtype.dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C").copy(order="K")


class _Budget:
    """Bytes that the rebuilt data may take."""

    __slots__ = ("left",)

    def __init__(self, n_stream_bytes: int) -> None:
        self.left = n_stream_bytes * _BYTES_PER_STREAM_BYTE + _SMALL_CHANGE

    def spend(self, n_bytes: int) -> None:
        self.left -= n_bytes
        if self.left < 0:
            raise _Refused("arrays far larger than the file")


class _DataUnpickler(pickle.Unpickler):
    """An unpickler whose only callables are the makers of this module."""

    def __init__(self, data: bytes) -> None:
        # Bytes pickled by Python 2 are text to numpy only under latin1.
        super().__init__(io.BytesIO(data), encoding="latin1")
        self._makers = _makers(_Budget(len(data)))

    def find_class(self, module: str, name: str) -> Any:
        found = self._makers.get((_today(module), name))
        if found is None:
            raise _Refused(f"{module}.{name}"[:80])
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("a reference to something outside the file")


def _today(module: str) -> str:
    """The present name of a module that numpy, Python 2 or Python 3.13 knows under another."""
    if module == "__builtin__":
        return "builtins"
    if module == "pathlib._local":
        return "pathlib"
    return re.sub(r"^numpy\.core\b", "numpy._core", module)


def _makers(budget: _Budget) -> dict[tuple[str, str], Any]:
    """What a stream may name: ``(module, name)`` -> the stand-in that it gets."""
    made: dict[tuple[str, str], Callable[..., Any]] = {
        ("numpy._core.multiarray", "_reconstruct"): lambda kind, *_: _new_array(kind, budget),
        ("numpy._core.multiarray", "scalar"): lambda *given: _number(given, budget),
        ("numpy._core.numeric", "_frombuffer"): lambda content, dtype, shape, order, *_: _filled(
            shape, dtype, content, order, budget
        ),
        ("numpy", "dtype"): lambda code, *_: _Dtype(code),
        ("_codecs", "encode"): _encode,
        ("builtins", "complex"): _complex,
        ("builtins", "bytes"): lambda *given: _copied(bytes, given, budget),
        ("builtins", "bytearray"): lambda *given: _copied(bytearray, given, budget),
        ("builtins", "set"): lambda *given: _copied(set, given, budget),
        ("builtins", "frozenset"): lambda *given: _copied(frozenset, given, budget),
        ("collections", "OrderedDict"): lambda *given: _copied(dict, given, budget),
        ("datetime", "datetime"): lambda *given: _date("datetime", given),
        ("datetime", "date"): lambda *given: _date("date", given),
        ("datetime", "timedelta"): _seconds,
        ("datetime", "timezone"): _offset,
        ("builtins", "getattr"): _zone_maker,
    }
    for kind in ("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"):
        made["pathlib", kind] = _path_maker(kind)
    makers: dict[tuple[str, str], Any] = {key: _Maker(make) for key, make in made.items()}
    makers["numpy", "ndarray"] = _NDARRAY
    makers["zoneinfo", "ZoneInfo"] = _ZONE_INFO
    return makers


def _new_array(kind: Any, budget: _Budget) -> _Array:
    if kind is not _NDARRAY:
        raise _Refused("an array of a class of its own")
    return _Array(budget)


def _number(given: tuple[Any, ...], budget: _Budget) -> Any:
    """The Python number or text of a numpy scalar: ``(dtype, bytes)``."""
    dtype, content = given
    if isinstance(content, str):
        content = content.encode("latin1")
    return _filled((), dtype, content, "C", budget).item()


def _encode(text: Any, encoding: Any = None) -> bytes:
    """How Python 3 writes bytes in old protocols."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _Refused("_codecs.encode of something else than bytes")
    return text.encode("latin1")


def _complex(real: Any, imaginary: Any) -> complex:
    if type(real) is not float or type(imaginary) is not float:
        raise _Refused("a complex number of other things")
    return complex(real, imaginary)


def _copied(kind: type, given: tuple[Any, ...], budget: _Budget) -> Any:
    """A set, dict or bytes from at most one plain collection."""
    if not given:
        return kind()
    (content,) = given
    if type(content) not in (list, tuple, dict, set, frozenset, bytes):
        raise _Refused(f"a {kind.__name__} of something else than data")
    budget.spend(len(content) * (1 if kind in (bytes, bytearray) else 64))
    return kind(content)


def _path_maker(kind: str) -> Callable[..., str]:
    """A maker of paths as text; pickles of one system are read on any other."""
    flavour = PureWindowsPath if "Windows" in kind else PurePosixPath

    def make_path(*parts: Any) -> str:
        if not all(type(part) is str for part in parts):
            raise _Refused("a path of something else than text")
        return str(flavour(*parts))

    return make_path


class _Zone(str):
    """The text of a time zone: its distance from UTC (``+02:00``), or its name (``Europe/Paris``)."""

    __slots__ = ()


def _date(kind: str, given: tuple[Any, ...]) -> str:
    """A date as ISO text from its packed bytes, with its time zone where it has one."""
    import datetime

    packed, *zones = given
    if isinstance(packed, str):
        packed = packed.encode("latin1")
    if (
        type(packed) is not bytes
        or len(zones) > 1
        or any(type(zone) is not _Zone for zone in zones)
    ):
        raise _Refused("a date in another form than bytes and a time zone")
    make: Any = getattr(datetime, kind)
    text = str(make(packed).isoformat())
    if not zones:
        return text
    return text + (zones[0] if zones[0][0] in "+-" else f"[{zones[0]}]")


def _seconds(days: Any = 0, seconds: Any = 0, microseconds: Any = 0) -> float:
    """A span of time."""
    if not all(type(part) is int for part in (days, seconds, microseconds)):
        raise _Refused("a span of time of something else than whole numbers")
    return float(days * 86400 + seconds + microseconds / 1e6)


def _offset(seconds: Any, _name: Any = None) -> _Zone:
    """A time zone at a fixed distance from UTC."""
    if type(seconds) is not float or abs(seconds) >= 86400:
        raise _Refused("a time zone that cannot be")
    minutes, rest = divmod(abs(round(seconds)), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return _Zone(text + (f":{rest:02d}" if rest else ""))


def _zone_maker(kind: Any, name: Any) -> _Maker:
    """The one attribute that data ask for: how Python rebuilds a named time zone."""
    if kind is not _ZONE_INFO or name != "_unpickle":
        raise _Refused("builtins.getattr")
    return _Maker(_zone)


def _zone(name: Any, *_from_cache: Any) -> _Zone:
    """A named time zone."""
    if type(name) is not str or not re.fullmatch(r"[A-Za-z][\w+/-]{0,63}", name):
        raise _Refused("a time zone without a name")
    return _Zone(name)


class _Measure:
    """How large data are when everything that is shared is written out, and how deep.

    A stream of 400 bytes can refer to a list of ten references to a list of ten references, and so on:
    it is small in memory until a program goes through it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[int, tuple[int, int] | None] = {}

    def size_of(self, value: Any) -> int:
        """The number of items, or a refusal."""
        return self._size_and_height(value, 0)[0]

    def _size_and_height(self, value: Any, depth: int) -> tuple[int, int]:
        children = _children(value)
        if children is None:
            return _own_size(value), 0
        if id(value) in self._known:
            known = self._known[id(value)]
            if known is None:
                raise _Refused("a collection that holds itself")
        else:
            self._known[id(value)] = None
            if depth > _DEEPEST:
                raise _Refused("collections far too deep within each other")
            parts = [self._size_and_height(child, depth + 1) for child in children]
            known = (1 + sum(size for size, _ in parts), 1 + max((h for _, h in parts), default=0))
            self._known[id(value)] = known
        if known[0] > self._most or depth + known[1] > _DEEPEST:
            raise _Refused("shared data far larger than the file")
        return known


def _children(value: Any) -> list[Any] | None:
    """What a collection holds; None for anything else."""
    if isinstance(value, _Array):
        value = value.array
    if isinstance(value, np.ndarray):
        return list(value.flat) if value.dtype == np.dtype(object) else None
    if type(value) is dict:
        return [part for item in value.items() for part in item]
    return list(value) if type(value) in (list, tuple, set, frozenset) else None


def _own_size(value: Any) -> int:
    array = value.array if isinstance(value, _Array) else value
    return int(array.size) if isinstance(array, np.ndarray) else 1


class _Plain:
    """Puts the finished arrays in place of the stand-ins, everywhere in what was unpickled."""

    def __init__(self) -> None:
        # A stream can refer to one list a million times: each object is converted once. The
        # originals are kept too, so that no identity is used twice.
        self._done: dict[int, tuple[Any, Any]] = {}

    def convert(self, value: Any) -> Any:
        if type(value) in (int, float, complex, bool, str, bytes, bytearray, type(None)):
            return value
        if id(value) not in self._done:
            # A collection that holds itself finds this, and only lists, dicts and arrays can.
            self._done[id(value)] = (value, self._before(value))
            self._done[id(value)] = (value, self._converted(value))
        converted = self._done[id(value)][1]
        if converted is _UNFINISHED:
            raise _Refused("a collection that holds itself")
        return converted

    def _before(self, value: Any) -> Any:
        if isinstance(value, _Array):
            return value.array
        return value if type(value) in (list, dict) else _UNFINISHED

    def _converted(self, value: Any) -> Any:
        if isinstance(value, _Array):
            array = value.array
            if array.dtype == np.dtype(object):
                for i, item in enumerate(array.flat):
                    array.flat[i] = self.convert(item)
            return array
        if isinstance(value, np.ndarray):
            return value
        if isinstance(value, _Dtype):
            return value.dtype.str
        if isinstance(value, _Zone):
            return str(value)
        if type(value) is list:
            value[:] = [self.convert(item) for item in value]
            return value
        if type(value) is dict:
            items = [(self.convert(key), self.convert(item)) for key, item in value.items()]
            value.clear()
            value.update(items)
            return value
        if type(value) in (tuple, set, frozenset):
            return type(value)(self.convert(item) for item in value)
        raise _Refused("a function or class in place of data")
