"""Damaged files of every format; the long form is ``make soak``, the driver ``benchmarks/mutants.py``."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"

# Mutants that once read as something else, or took for ever, by what they must be now.
FOUND = {
    ("ImageJ RoiSet.zip", 1090): "refused",
    ("ImageJ RoiSet.zip", 1122): "refused",
    ("results .npz", 1042): "refused",
    ("HDF5 movie, gzip", 1286): "refused",
    ("HDF5 movie, shuffle and checksum", 1106): "refused",
    ("results .csv", 1046): "refused",
}
ENDLESS = {("NWB masks", 1406): "refused", (".cinac", 1098): "refused"}


@pytest.fixture(scope="module")
def mutants() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("mutants", BENCHMARKS / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["mutants"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(BENCHMARKS))
    del sys.modules["mutants"]


@pytest.mark.parametrize(("target", "fate"), FOUND.items())
def test_what_was_found(
    mutants: ModuleType, tmp_path: Path, target: tuple[str, int], fate: str
) -> None:
    assert mutants.outcome(*target, tmp_path, {})[0] == fate


@pytest.mark.soak
@pytest.mark.parametrize(("target", "fate"), ENDLESS.items())
def test_what_had_no_end(
    mutants: ModuleType, tmp_path: Path, target: tuple[str, int], fate: str
) -> None:
    """The helper computes for a second before it is given up."""
    assert mutants.outcome(*target, tmp_path, {})[0] in (fate, "slow")


@pytest.mark.soak
def test_twenty_thousand(mutants: ModuleType, tmp_path: Path) -> None:
    names = list(mutants.TARGETS)
    tasks = [(name, 5000 + number) for number in range(409) for name in names]
    done = mutants.run(tasks, 2, tmp_path)
    print(mutants.table(done))
    faults = [item for item in done if item[2] in mutants.FAULTS]
    assert not faults
    movies = {name for name in names if mutants.TARGETS[name].of == "movie"}
    movies -= {"suite2p ops.npy"}  # which holds the frame rate, and no pixels
    shorter = [item for item in done if item[2] == "other form" and item[0] in movies]
    assert not shorter
    assert Counter(item[2] for item in done)["refused"] > len(done) // 2
    shutil.rmtree(tmp_path, ignore_errors=True)
