"""Lists of ours that were changed after they were written are told, whoever changed them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.formats.label_files import save_labels
from deepcinac.formats.labels_csv import read_labels
from deepcinac.labelling.layer_labels import make_labels
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.files import read_results, write_results

TOLD = "changed after DeepCINAC wrote"


@pytest.fixture
def labels_csv(tmp_path: Path) -> Path:
    transients = np.array([[0, 1, 3], [0, 6, 8], [1, 2, 5]])
    made = make_labels(2, 12, transients, {}, name="anna", author="anna")
    save_labels(tmp_path / "l.csv", [made], 10.0, "m.tif")
    return tmp_path / "l.csv"


@pytest.fixture
def results_csv(tmp_path: Path) -> Path:
    probability = np.zeros((2, 12), np.float32)
    probability[0, 2:5] = probability[1, 7:9] = 0.9
    maker = Maker("activity", "general", "3", "ab" * 32, {}, "", "2", "2026-11-27T10:00")
    item = Result(
        "probability",
        probability,
        ("cell", "frame"),
        "1",
        maker,
        np.arange(2),
        None,
        TimeBase(10.0),
    )
    write_results(tmp_path / "r.csv", Results((item,), 0.5, (), {"frame_rate_hz": 10.0}))
    return tmp_path / "r.csv"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",0,6,8,", ",0,7,8,"),
        ("frames: 12", "frames: 13"),
        ('"kind": "expert"', '"kind": "ehpert"'),
    ],
)
def test_labels(labels_csv: Path, old: str, new: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_labels(labels_csv)
    replace(labels_csv, old, new)
    with pytest.warns(UserWarning, match=TOLD):
        read_labels(labels_csv)


def test_a_spreadsheet_that_sorts_and_prefers_semicolons_changes_nothing(labels_csv: Path) -> None:
    lines = labels_csv.read_text().splitlines()
    table = [line for line in lines if line[:1] != "#"]
    head = [f"{line};;;" for line in lines if line[:1] == "#"]
    rows = [line.replace(",", ";") for line in (table[0], *reversed(table[1:]))]
    labels_csv.write_text("\r\n".join((*head, *rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (layer,) = read_labels(labels_csv)
    assert layer.transients.tolist() == [[0, 1, 3], [0, 6, 8], [1, 2, 5]]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("0,2,4,", "0,3,4,", TOLD),
        ('"threshold": 0.5', '"threshold": 0.6', TOLD),
        ("# deepcinac", "# de%pcinac", "first line is damaged or missing"),
    ],
)
def test_results(results_csv: Path, old: str, new: str, told: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_results(results_csv)
    replace(results_csv, old, new)
    with pytest.warns(UserWarning, match=told):
        read_results(results_csv, (2, 12))


@pytest.mark.parametrize("n_bytes", [0, 5, 40])
def test_a_list_without_columns_is_not_a_list_of_nothing(results_csv: Path, n_bytes: int) -> None:
    results_csv.write_bytes(results_csv.read_bytes()[:n_bytes])
    with pytest.raises(InputError):
        read_results(results_csv, (2, 12))
