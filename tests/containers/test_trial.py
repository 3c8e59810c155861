"""HDF5 files that crash or hang the library do so in a process that may die."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest

from deepcinac.containers import trial
from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError


@pytest.fixture
def with_texts(tmp_path: Path) -> Path:
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file["words"] = ["a", "of varying length"]
        file["words"].attrs["told"] = "something"
    return path


@pytest.fixture
def another_helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next question starts a helper of its own, and it is ended with the test."""
    monkeypatch.setattr(trial, "_helper", None)
    yield
    if trial._helper is not None:
        trial._end(trial._helper[1])


def dies_of(statement: str) -> str:
    return trial._HELPER.replace("limited(1)", statement)


@pytest.mark.usefixtures("another_helper")
@pytest.mark.parametrize(
    "fate",
    ["import os; os.kill(os.getpid(), 11)", "import time; time.sleep(60)"],
    ids=["crash", "no end"],
)
def test_a_file_that_the_helper_does_not_come_back_from(
    with_texts: Path, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    helper = trial._HELPER
    monkeypatch.setattr(trial, "WAIT_S", 0.2)
    monkeypatch.setattr(trial, "_HELPER", dies_of(fate))
    with pytest.raises(InputError, match="that its library cannot read or that has no end"):
        open_hdf5_file(with_texts)
    monkeypatch.setattr(trial, "WAIT_S", 60.0)
    monkeypatch.setattr(trial, "_HELPER", helper)
    with open_hdf5_file(with_texts) as file:  # by another helper, and then by this process
        assert whole_array(file["words"]).tolist() == [b"a", b"of varying length"]
    first = trial._helper
    trial.read_apart(str(with_texts), "words")
    assert trial._helper is first


@pytest.mark.usefixtures("another_helper")
def test_numbers_alone_need_no_helper(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["mov"] = [[[1, 2]]]
        file["mov"].attrs["fr"] = 10.0
    with open_hdf5_file(tmp_path / "m.h5") as file:
        assert whole_array(file["mov"]).shape == (1, 1, 2)
    assert trial._helper is None
