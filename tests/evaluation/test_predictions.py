"""Files of predictions: ours, those of DeepCINAC 1, arrays and lists of other methods."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from deepcinac.errors import InputError
from deepcinac.evaluation.predictions import load_predictions
from deepcinac.recording.cells import make_cells
from deepcinac.results import Maker, Result, Results
from deepcinac.results.files import write_results
from deepcinac.results.result import footprint_keys

SHAPE = (3, 6)
PROBABILITY = np.linspace(0, 1, 18, dtype=np.float32).reshape(SHAPE)
META = '{"frame_rate_hz": 10.0, "threshold": 0.5, "classifier": "general", "version": "2"}'


def test_all_forms_of_predict_come_back(tmp_path: Path) -> None:
    cells = np.array([4, 0, 2])
    content = {"probability": PROBABILITY, "cells": cells, "meta": np.array(META)}
    np.savez(tmp_path / "p.npz", **content)
    np.save(tmp_path / "p.npy", PROBABILITY)
    savemat(tmp_path / "p.mat", content | {"meta": META})
    for name in ("p.npz", "p.mat"):
        read = load_predictions(tmp_path / name, (5, 6))
        assert (read.probability == PROBABILITY).all()
        assert read.cells.tolist() == [4, 0, 2]
        assert read.meta["frame_rate_hz"] == 10
    plain = load_predictions(tmp_path / "p.npy", SHAPE)
    assert plain.cells.tolist() == [0, 1, 2]
    assert plain.meta["threshold"] is None


def test_a_list_of_transients_becomes_a_raster(tmp_path: Path) -> None:
    path = tmp_path / "expert.csv"
    path.write_text("# by hand\ncell,onset_frame,peak_frame\n0,1,2\n0,3,3\n2,5,5\n")
    read = load_predictions(path, SHAPE)
    assert read.probability.tolist() == [
        [0, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 1],
    ]


def test_a_curve_is_divided_by_the_largest_value_of_each_cell(tmp_path: Path) -> None:
    np.save(tmp_path / "spks.npy", np.array([[0.0, 2.0, 8.0], [0.0, 1.0, -1.0]]))
    read = load_predictions(tmp_path / "spks.npy", (2, 3))
    assert read.probability.tolist() == [[0, 0.25, 1], [0, 1, 0]]
    assert read.is_curve


def test_cells_are_found_by_their_footprints_where_the_truth_has_them(tmp_path: Path) -> None:
    """In the file the cell is number 0; in the recording it is number 1."""
    cells = make_cells([([1], [1], None), ([2], [2], None)], 4, 4, "drawn")
    keys = footprint_keys(cells, [1])
    item = Result("probability", PROBABILITY[:1], ("cell", "frame"), "1",
                  Maker("activity", "m"), np.array([0]), keys)  # fmt: skip
    write_results(tmp_path / "p.npz", Results((item,)))
    read = load_predictions(tmp_path / "p.npz", (2, 6), cells)
    assert read.cells.tolist() == [1]
    assert "found by footprint (0 is 1)" in read.notes[0]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"a": PROBABILITY, "b": PROBABILITY}, "array named probability"),
        ({"cells": np.arange(3)}, "array named probability"),
        ({"probability": PROBABILITY[0]}, r"\(n_cells, n_frames\)"),
        ({"probability": PROBABILITY.astype(complex)}, "numbers"),
        ({"probability": PROBABILITY, "cells": np.arange(4)}, "each of 3 rows"),
        ({"probability": PROBABILITY, "cells": np.array([0.5, 1, 2])}, "whole cell numbers"),
        ({"probability": PROBABILITY, "meta": np.array("{")}, "JSON"),
    ],
)
def test_what_is_wrong_with_arrays_is_said(tmp_path: Path, arrays: dict, sentence: str) -> None:
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(InputError, match=sentence):
        load_predictions(tmp_path / "p.npz", SHAPE)


@pytest.mark.parametrize(
    "text",
    [
        "cell,onset\n0,1\n",
        "cell,onset_frame,peak_frame\n0,1,x\n",
        "cell,onset_frame,peak_frame\n0,1\n",
        "cell,onset_frame,peak_frame\n3,1,2\n",
        "cell,onset_frame,peak_frame\n0,3,2\n",
        "cell,onset_frame,peak_frame\n0,3,6\n",
    ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=str(path)):
        load_predictions(path, SHAPE)


def test_a_zeroed_sector_of_a_mat_file_is_a_sentence(tmp_path: Path) -> None:
    """scipy.io.loadmat ends the whole process on this file."""
    path = tmp_path / "p.mat"
    savemat(path, {"probability": csc_matrix(np.eye(24)[:, :2])})
    content = bytearray(path.read_bytes())
    content[0xB8:] = bytes(len(content) - 0xB8)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"p\.mat"):
        load_predictions(path, SHAPE)


def test_a_mat_file_of_version_7_3_is_read(tmp_path: Path) -> None:
    """MATLAB's columns are HDF5's rows."""
    probability = np.linspace(0, 1, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    with h5py.File(tmp_path / "p.mat", "w", userblock_size=512) as file:
        file["probability"] = probability.T
        file["probability"].attrs["MATLAB_class"] = np.bytes_("double")
    found = load_predictions(tmp_path / "p.mat", SHAPE)
    assert np.allclose(found.probability, probability)


def test_other_and_damaged_files_are_refused(tmp_path: Path) -> None:
    for name in ("p.xlsx", "p"):
        with pytest.raises(InputError, match=r"\.npz"):
            load_predictions(tmp_path / name, SHAPE)
    (tmp_path / "p.mat").write_bytes(b"nonsense" * 40)
    (tmp_path / "p.npz").write_bytes(b"nonsense" * 40)
    for name in ("p.mat", "p.npz", "missing.npy"):
        with pytest.raises(InputError, match=name):
            load_predictions(tmp_path / name, SHAPE)
