"""Our reader of MATLAB files against scipy's writer, and on damage that ends scipy's reader."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deepcinac.containers import matlab, matlab5
from deepcinac.containers.variable import Variable
from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.formats import load_cells

KINDS = ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"]
SETTINGS = settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@SETTINGS
@given(
    arrays.arrays(
        st.sampled_from(KINDS), arrays.array_shapes(min_dims=2, max_dims=3, max_side=5),
        elements=st.integers(0, 1),
    ),
    st.booleans(),
)  # fmt: skip
def test_arrays_come_back(tmp_path: Path, array: np.ndarray, compressed: bool) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"before": "text", "x": array}, do_compression=compressed)
    found = matlab5.read(path, "x")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert [head.name for head in matlab5.list_heads(path)] == ["before", "x"]


@pytest.mark.parametrize("compressed", [False, True])
def test_lists_text_and_sparse_matrices(tmp_path: Path, compressed: bool) -> None:
    listed = np.empty((1, 3), object)
    listed[0] = [np.arange(6.0).reshape(2, 3), np.empty((0, 0)), np.array([[7]], np.uint8)]
    sparse = scipy.sparse.csc_matrix(np.array([[0, 2.0], [3.0, 0], [0, 4.0]]))
    path = tmp_path / "a.mat"
    content = {"l": listed, "s": sparse, "t": "caf\u00e9", "r": {"a": 1}}
    scipy.io.savemat(path, content, do_compression=compressed)
    assert list_variables(path) == [
        Variable("l", (1, 3), "list"),
        Variable("s", (3, 2), "sparse matrix"),
        Variable("t", (1, 4), "other"),
        Variable("r", (1, 1), "other"),
    ]
    found = read_variable(path, "l")
    assert found.shape == (1, 3)
    np.testing.assert_array_equal(found[0, 0], listed[0, 0])
    assert found[0, 1].size == 0
    assert found[0, 2].tolist() == [[7]]
    matrix = read_variable(path, "s")
    entries = zip(matrix.row, matrix.column, matrix.value, strict=True)
    assert sorted(map(tuple, entries)) == [(0, 1, 2.0), (1, 0, 3.0), (2, 1, 4.0)]
    assert matlab5.read(path, "t") == "caf\u00e9"
    assert matlab5.read(path, "r").tolist() == [[{"a": [[1]]}]]


def test_structures_and_tables_of_letters(tmp_path: Path) -> None:
    records = np.empty((1, 2), object)
    records[0] = [{"time": np.arange(3.0), "name": "one"}, {"time": np.zeros(1), "name": "two"}]
    path = tmp_path / "a.mat"
    content = {"records": records, "types": ["pyramidal", "star"], "z": 1j, "x": np.eye(2)}
    scipy.io.savemat(path, content)
    found = matlab5.read(path, "records")
    assert [record[0, 0]["name"] for record in found[0]] == ["one", "two"]
    assert found[0, 0][0, 0]["time"].tolist() == [[0, 1, 2]]
    arrays_found = matlab.read_arrays(path)
    assert sorted(arrays_found) == ["records", "types", "x"]  # complex numbers are left out
    assert [text.strip() for text in arrays_found["types"]] == ["pyramidal", "star"]
    assert arrays_found["x"].tolist() == [[1, 0], [0, 1]]


def test_a_zeroed_sector_that_ends_scipys_reader(tmp_path: Path) -> None:
    """A type of 0 in a sparse matrix makes scipy.io.loadmat read through a null pointer."""
    path = tmp_path / "a.mat"
    matrix = scipy.sparse.csc_matrix(([3, 0.5, 1, 2, 2.0], [17, 21, 8, 9, 10], [0, 2, 5]), (24, 2))
    scipy.io.savemat(path, {"A": matrix})
    content = bytearray(path.read_bytes())
    content[0xB8:] = bytes(len(content) - 0xB8)
    path.write_bytes(content)
    with pytest.raises(InputError, match="readable MATLAB file"):
        load_cells(path, (4, 6))


def test_a_variable_that_claims_to_be_huge(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"x": np.zeros((4, 6))})
    content = bytearray(path.read_bytes())
    place = content.index(np.array([4, 6], "<i4").tobytes())
    content[place : place + 8] = np.array([2**30, 2**30], "<i4").tobytes()
    path.write_bytes(content)
    with pytest.raises(InputError, match="less than 1.1 GB of data, found 9.22e"):
        matlab5.read(path, "x")


@pytest.mark.filterwarnings("ignore:.*cross the border")
@SETTINGS
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=12))
@pytest.mark.parametrize("compressed", [False, True])
def test_any_damage_is_a_sentence_or_numbers(
    tmp_path: Path, compressed: bool, changes: list[tuple[int, int]]
) -> None:
    path = tmp_path / "a.mat"
    listed = np.empty((1, 1), object)
    listed[0, 0] = np.array([[1, 3, 3, 1], [1, 1, 2, 2]])
    matrix = scipy.sparse.csc_matrix(np.eye(24)[:, :2])
    record = {"types": ["ab", "c"], "more": {"t": "text"}}
    content = {"A": matrix, "Coor": listed, "L": np.eye(4, 6, dtype=np.uint8), "R": record}
    scipy.io.savemat(path, content, do_compression=compressed)
    damaged = bytearray(path.read_bytes())
    for place, value in changes:
        damaged[place % len(damaged)] = value
    path.write_bytes(damaged)
    for name in ("A", "Coor", "L"):
        try:
            load_cells(f"{path}#{name}", (4, 6))
        except InputError as error:
            assert "a.mat" in str(error)  # noqa: PT017
    with contextlib.suppress(InputError):
        matlab.read_arrays(path)
    with contextlib.suppress(ValueError, struct.error, zlib.error):
        matlab5.read(path, "R")
