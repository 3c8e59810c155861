"""Pickles of other programs: data comes back as it was, anything else is refused and never run."""

import collections
import contextlib
import datetime
import functools
import io
import operator
import os
import pathlib
import pickle
import struct
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.containers.restricted_pickle import is_pickled_npy, load_npy, safe_loads
from deepcinac.errors import InputError


def _equal(found, expected):
    """Same values and same shapes, arrays included, whatever the nesting."""
    if isinstance(expected, np.ndarray):
        if found.shape != expected.shape or found.dtype != expected.dtype:
            return False
        if expected.dtype == object:
            pairs = zip(found.ravel(), expected.ravel(), strict=True)
            return all(_equal(a, b) for a, b in pairs)
        return np.array_equal(found, expected, equal_nan=expected.dtype.kind in "fc")
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            _equal(found[key], expected[key]) for key in expected
        )
    if isinstance(expected, (list, tuple)):
        same_size = type(found) is type(expected) and len(found) == len(expected)
        return same_size and all(_equal(a, b) for a, b in zip(found, expected, strict=True))
    return found == expected


CELL = {
    "ypix": np.array([3, 3, 4], dtype=np.int32),
    "xpix": np.array([7, 8, 7]),
    "lam": np.array([0.5, 0.25, 0.25], dtype=np.float32),
    "overlap": np.array([True, False, False]),
    "med": [np.int64(3), np.int64(7)],
    "radius": np.float64(1.5),
    "footprint": 2.0,
    "neuropil_mask": np.array([[1, 2], [3, 4]], order="F"),
}


# ---------------------------------------------------------------------------- data comes back


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_cell_of_suite2p_in_every_protocol(protocol):
    expected = {**CELL, "med": [3, 7], "radius": 1.5}
    assert _equal(safe_loads(pickle.dumps(CELL, protocol)), expected)


def test_stat_file(tmp_path):
    stat = np.array([CELL, {"ypix": np.arange(2), "xpix": np.arange(2)}], dtype=object)
    np.save(tmp_path / "stat.npy", stat)

    found = load_npy(tmp_path / "stat.npy")

    assert found.shape == (2,)
    assert found[1]["ypix"].tolist() == [0, 1]
    assert is_pickled_npy(tmp_path / "stat.npy")


def test_file_written_by_numpy_1():
    """numpy 1 calls its modules numpy.core, numpy 2 numpy._core."""
    of_2 = pickle.dumps([np.arange(3), np.float32(2)], 2).replace(b"numpy.core", b"numpy._core")
    of_1 = of_2.replace(b"numpy._core", b"numpy.core")
    assert of_1 != of_2

    assert _equal(safe_loads(of_1), [np.arange(3), 2.0])
    assert _equal(safe_loads(of_2), [np.arange(3), 2.0])


def test_options_of_suite2p(tmp_path):
    ops = {
        "Ly": 512,
        "fs": np.float32(30),
        "save_path": pathlib.PurePosixPath("/data/mouse 1"),
        "fast_disk": pathlib.PureWindowsPath("C:/scratch"),
        "date_proc": datetime.datetime(2023, 4, 5, 6, 7, 8),
        "aspect": collections.OrderedDict(a=1),
        "channels": {1, 2},
        "meanImg": np.ones((2, 3), np.float32),
    }
    np.save(tmp_path / "ops.npy", np.array(ops, dtype=object))

    assert _equal(
        load_npy(tmp_path / "ops.npy").item(),
        {
            "Ly": 512,
            "fs": 30.0,
            "save_path": "/data/mouse 1",
            "fast_disk": "C:\\scratch",
            "date_proc": "2023-04-05T06:07:08",
            "aspect": {"a": 1},
            "channels": {1, 2},
            "meanImg": np.ones((2, 3), np.float32),
        },
    )


@pytest.mark.parametrize("kind", ["PosixPath", "WindowsPath"])
@pytest.mark.parametrize("module", ["pathlib", "pathlib._local"])
def test_path_of_any_system_and_python(kind, module):
    parts = b"(X\x01\x00\x00\x00aX\x01\x00\x00\x00bt"
    stream = b"\x80\x02c" + f"{module}\n{kind}\n".encode() + parts + b"R."
    assert safe_loads(stream) == ("a/b" if kind == "PosixPath" else "a\\b")


def test_plain_npy(tmp_path):
    np.save(tmp_path / "iscell.npy", np.eye(2))
    assert np.array_equal(load_npy(tmp_path / "iscell.npy"), np.eye(2))
    assert not is_pickled_npy(tmp_path / "iscell.npy")


def test_one_list_used_twice_stays_one():
    shared = [np.arange(2)]
    found = safe_loads(pickle.dumps([shared, shared]))
    assert found[0] is found[1]


def test_list_that_holds_itself():
    """Whoever walks through it never ends."""
    circle = [1]
    circle.append(circle)
    with pytest.raises(InputError, match="a collection that holds itself"):
        safe_loads(pickle.dumps(circle))


_arrays = numpy_strategies.arrays(
    st.one_of(
        numpy_strategies.boolean_dtypes(),
        numpy_strategies.integer_dtypes(endianness="?"),
        numpy_strategies.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
        numpy_strategies.complex_number_dtypes(sizes=(64, 128)),
        numpy_strategies.unicode_string_dtypes(max_len=4),
        numpy_strategies.byte_string_dtypes(max_len=4),
    ),
    numpy_strategies.array_shapes(min_dims=0, min_side=0, max_side=3),
)
_data = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.complex_numbers(allow_nan=False),
        st.text(),
        st.binary(),
        _arrays,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=4), inner, max_size=4),
        st.sets(st.integers(), max_size=4),
        st.frozensets(st.integers(), max_size=4),
    ),
    max_leaves=8,
)


@given(_data, st.sampled_from([0, 1, 2, 3, 4, 5]))
def test_any_data_comes_back(data, protocol):
    assert _equal(safe_loads(pickle.dumps(data, protocol)), data)


@settings(max_examples=50)
@given(st.lists(st.lists(_data, min_size=2, max_size=2), min_size=1, max_size=3))
def test_any_array_of_objects_comes_back(rows):
    objects = np.empty((len(rows), 2), dtype=object)
    for i, row in enumerate(rows):
        objects[i, 0], objects[i, 1] = row
    for array in (objects, np.asfortranarray(objects)):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, array)
        assert _equal(safe_loads(pickle.dumps(array)), objects)


# ---------------------------------------------------------------------------- nothing runs


class Calls:
    """An object whose pickle calls ``function(*arguments)`` when it is opened."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced

    def __call__(self):
        """Pickle wants something callable where a payload stands for a function."""


def _named(module, name, *arguments):
    """The pickle of a call by name, for functions that need not exist here."""
    call = f"\x80\x02c{module}\n{name}\n(".encode("latin1")
    for argument in arguments:
        text = argument.encode()
        call += b"X" + struct.pack("<I", len(text)) + text
    return call + b"tR."


def _statement(path):
    return f"open({str(path)!r}, 'w').close()"


ALIVE = {
    "os.system": lambda path: Calls(os.system, f"touch '{path}'"),
    "os.mkdir": lambda path: Calls(os.mkdir, str(path)),
    "os.popen": lambda path: Calls(os.popen, f"touch '{path}'"),
    "builtins.open": lambda path: Calls(open, str(path), "w"),
    "builtins.eval": lambda path: Calls(eval, _statement(path)),
    "builtins.exec": lambda path: Calls(exec, _statement(path)),
    "pathlib.Path.touch": lambda path: Calls(pathlib.Path.touch, pathlib.Path(path)),
    "functools.partial": lambda path: Calls(functools.partial(os.mkdir, str(path))),
    "map": lambda path: Calls(list, map(os.mkdir, [str(path)])),
    "getattr": lambda path: Calls(Calls(getattr, pathlib.Path(path), "mkdir")),
    "numpy.save": lambda path: Calls(np.save, f"{path}", np.arange(2)),
    "numpy.memmap": lambda path: Calls(np.memmap, str(path), "u1", "w+", 0, (4,)),
    "numpy.ndarray.tofile": lambda path: Calls(np.ndarray.tofile, np.arange(2), str(path)),
    "operator.methodcaller": lambda path: Calls(operator.methodcaller("touch"), pathlib.Path(path)),
}
"""Payloads that do make a file when Python's own unpickler opens them."""

BY_NAME = {
    "posix.mkdir": ("posix", "mkdir", "{path}"),
    "nt.system": ("nt", "system", "{path}"),
    "subprocess.Popen": ("subprocess", "Popen", "touch {path}"),
    "subprocess.check_output": ("subprocess", "check_output", "touch {path}"),
    "builtins.__import__": ("builtins", "__import__", "antigravity"),
    "__builtin__.eval": ("__builtin__", "eval", "open('{path}', 'w')"),
    "__builtin__.file": ("__builtin__", "file", "{path}", "w"),
    "runpy.run_path": ("runpy", "run_path", "{path}"),
    "timeit.timeit": ("timeit", "timeit", "open('{path}', 'w')"),
    "importlib.import_module": ("importlib", "import_module", "antigravity"),
    "operator.attrgetter": ("operator", "attrgetter", "system"),
    "shutil.rmtree": ("shutil", "rmtree", "{path}"),
    "pickle.loads": ("pickle", "loads", "cos\nsystem\n."),
    "numpy.load": ("numpy", "load", "{path}"),
    "numpy.fromfile": ("numpy", "fromfile", "{path}"),
    "numpy.testing runstring": ("numpy.testing._private.utils", "runstring", "1", "{path}"),
    "a name with dots": ("numpy", "ndarray.tofile", "{path}"),
    "a dtype's class": ("numpy", "dtype.__class__", "x", "y"),
    "copyreg._reconstructor": ("copyreg", "_reconstructor", "x"),
    "codecs.encode as something else": ("_codecs", "encode", "x", "rot13"),
    "a module of ours": ("deepcinac.containers.restricted_pickle", "load_npy", "{path}"),
}


def _refused(stream, sentinel, where="stat.npy"):
    with pytest.raises(InputError) as refusal:
        safe_loads(stream, where)
    assert not sentinel.exists()
    assert where in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("name", ALIVE)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_live_payload_is_refused(name, protocol, tmp_path):
    sentinel = tmp_path / "executed"
    stream = pickle.dumps([{"ypix": ALIVE[name](sentinel)}], protocol)

    assert "not data" in _refused(stream, sentinel)


@pytest.mark.parametrize("name", ALIVE)
def test_live_payload_is_alive(name, tmp_path):
    """Otherwise the refusals above would prove nothing."""
    if name in ("os.system", "os.popen"):
        pytest.importorskip("posix")
    sentinel = tmp_path / "executed"
    made = pickle.loads(pickle.dumps(ALIVE[name](sentinel)))
    if hasattr(made, "close"):
        made.close()
    assert sentinel.exists() or sentinel.with_suffix(".npy").exists()


@pytest.mark.parametrize("name", BY_NAME)
def test_payload_by_name_is_refused(name, tmp_path):
    sentinel = tmp_path / "executed"
    module, function, *arguments = BY_NAME[name]
    stream = _named(module, function, *(a.format(path=sentinel) for a in arguments))

    assert "not data" in _refused(stream, sentinel)


def test_payload_in_a_stat_file(tmp_path):
    sentinel = tmp_path / "executed"
    stat = np.array([{"ypix": Calls(os.mkdir, str(sentinel))}], dtype=object)
    np.save(tmp_path / "stat.npy", stat)

    with pytest.raises(InputError, match=r"mkdir.*stat\.npy"):
        load_npy(tmp_path / "stat.npy")
    assert not sentinel.exists()


OPCODES = {
    "INST": b"(S'id'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'id'\no.",
    "NEWOBJ": b"\x80\x02cnumpy\nndarray\n(K\x04\x85t\x81.",
    "EXT1": b"\x80\x02\x82\x01.",
    "persistent id": b"Pabc\n.",
    "a list that is called": b"\x80\x02](tR.",
    "an array class of its own": (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmatrix\nK\x00\x85C\x01b\x87R."
    ),
    "a function as an array class": (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85C\x01b\x87R."
    ),
    "numpy.ndarray called": b"\x80\x02cnumpy\nndarray\nK\x04\x85R.",
    "a function as the result": b"\x80\x02cnumpy\ndtype\n.",
    "a class as the result": b"\x80\x02]cnumpy\nndarray\na.",
    "a function with new attributes": (
        b"\x80\x02cnumpy\ndtype\nN}X\x09\x00\x00\x00_functionK\x01s\x86b."
    ),
    "a function with a dict": b"\x80\x02cnumpy\ndtype\n}X\x01\x00\x00\x00aK\x01sb.",
    "a class with new attributes": b"\x80\x02cnumpy\nndarray\nN}X\x01\x00\x00\x00aK\x01s\x86b.",
    "huge memo number": b"\x80\x02K\x01r\xff\xff\xff\x7f.",
    "huge frame": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "huge string": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "nothing": b"",
    "noise": b"\x93\x01\x02\x03",
}


@pytest.mark.parametrize("name", OPCODES)
def test_stream_written_by_hand_is_refused(name, tmp_path):
    _refused(OPCODES[name], tmp_path / "executed")


def _reconstructed(shape, code, content):
    """The pickle of an array with this shape, type code and content, true or not."""
    arguments = pickle.dumps((shape, code, content), 2)
    rebuilt = pickle.dumps(np.zeros(0), 2)
    shape_, code_, content_ = pickle.loads(arguments)
    dtype = pickle.dumps(np.dtype("f8"), 2)[2:-1].replace(b"f8", code_.encode())
    head = rebuilt[: rebuilt.index(b"(K\x01")]
    body = pickle.dumps(shape_, 2)[2:-1] + dtype + b"\x89" + pickle.dumps(content_, 3)[2:-1]
    return head + b"(K\x01" + body + b"tb."


def test_handmade_array_is_right_when_it_is_true():
    """The builder of the false ones below makes a true one too."""
    stream = _reconstructed((2,), "f8", np.array([1.0, 2.0]).tobytes())
    assert safe_loads(stream).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("shape", "code", "content"),
    [
        ((10**12,), "f8", b""),
        ((3,), "f8", b"12345678"),
        ((-1,), "f8", b""),
        ((2.0,), "f8", bytes(16)),
        ([2], "f8", bytes(16)),
        ((2,), "O8", [1]),
        ((1,), "O8", bytes(8)),
        ((1,), "V8", bytes(8)),
        ((10**9,), "S0", b""),
        ((1,), "M8", bytes(8)),
    ],
)
def test_array_that_lies_about_itself_is_refused(shape, code, content, tmp_path):
    _refused(_reconstructed(shape, code, content), tmp_path / "executed")


def test_bomb_of_references_is_refused(tmp_path):
    """One block of bytes that a thousand arrays claim for themselves."""
    one = _reconstructed((1 << 20,), "u1", bytes(1 << 20))[2:-1]
    start = one.index(b"B\x00\x00\x10\x00")
    head, data = one[:start], one[start : start + 5 + (1 << 20)]
    first = head + data + b"r\x00\x00\x01\x00tb"
    again = head + b"j\x00\x00\x01\x00tb"
    stream = b"\x80\x02](" + first + again * 1000 + b"e."

    assert "larger than the file" in _refused(stream, tmp_path / "executed")


def test_deep_nesting_is_a_sentence(tmp_path):
    _refused(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".", tmp_path / "executed")


@given(st.data())
def test_damaged_file_is_an_input_error_or_data(data):
    stream = bytearray(pickle.dumps([CELL] * 2, data.draw(st.sampled_from([2, 4]))))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(stream)))
    for damaged in (bytes(stream), bytes(stream[:cut])):
        with contextlib.suppress(InputError):
            safe_loads(damaged, "stat.npy")


def test_structured_array_with_objects_is_refused(tmp_path):
    array = np.zeros(1, dtype=[("a", "O")])
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match="objects"):
        load_npy(tmp_path / "a.npy")


def test_cut_stat_file_is_a_sentence(tmp_path):
    np.save(tmp_path / "stat.npy", np.array([CELL], dtype=object))
    whole = (tmp_path / "stat.npy").read_bytes()
    for cut in range(0, len(whole) - 1, 7):
        (tmp_path / "stat.npy").write_bytes(whole[:cut])
        with pytest.raises(InputError, match=r"stat\.npy"):
            load_npy(tmp_path / "stat.npy")


def test_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="nothing"):
        load_npy(tmp_path / "stat.npy")


# suite2p 1.1 notes when it ran, with the time zone


NEWFOUNDLAND = datetime.timezone(datetime.timedelta(hours=-3, minutes=-30), "NST")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            datetime.datetime(2025, 3, 1, 9, 30, tzinfo=datetime.timezone.utc),
            "2025-03-01T09:30:00+00:00",
        ),
        (
            datetime.datetime(
                2025,
                3,
                1,
                9,
                30,
                tzinfo=NEWFOUNDLAND,
            ),
            "2025-03-01T09:30:00-03:30",
        ),
        (
            datetime.datetime(2025, 3, 1, 9, 30, tzinfo=ZoneInfo("Europe/Paris")),
            "2025-03-01T09:30:00[Europe/Paris]",
        ),
        (datetime.timedelta(days=1, seconds=2, microseconds=500_000), 86402.5),
        (datetime.timezone(datetime.timedelta(hours=2)), "+02:00"),
    ],
)
@pytest.mark.parametrize("protocol", [4, 5])
def test_dates_with_a_time_zone_are_text(value: Any, text: Any, protocol: int) -> None:
    found = safe_loads(pickle.dumps({"date_proc": value}, protocol))
    assert found == {"date_proc": text}
    assert type(found["date_proc"]) is type(text)


def nested(levels: int, width: int) -> list[Any]:
    """A list of ``width`` references to one list of as many to the next: width ** levels items."""
    inner: list[Any] = [0] * width
    for _ in range(levels):
        inner = [inner] * width
    return inner


def test_lists_that_are_shared_again_and_again_are_refused() -> None:
    """362 bytes that a program would walk through for years."""
    bomb = pickle.dumps(nested(9, 10))
    assert len(bomb) < 1000
    with pytest.raises(InputError, match="shared data far larger than the file"):
        safe_loads(bomb)


def test_what_is_shared_a_few_times_is_read() -> None:
    row = [1, 2, 3]
    array = np.arange(4)
    found = safe_loads(pickle.dumps({"a": [row] * 5, "b": array, "c": array}))
    assert found["a"] == [row] * 5
    assert np.array_equal(found["c"], array)


def test_collections_far_too_deep() -> None:
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InputError, match="far too deep"):
        safe_loads(pickle.dumps(deep))
