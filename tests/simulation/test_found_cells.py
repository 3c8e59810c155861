"""The same movie with the cells that a program found: whose truth they get."""

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.files import read_npz
from deepcinac.recording.cells import make_cells, read_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.overlaps import iou, matched
from deepcinac.simulation.found_cells import LEAST_OVERLAP, truth_of_found, with_found_cells
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.activity.sources import LabelledFolder


def _square(top, left, size=2):
    rows, columns = np.mgrid[top : top + size, left : left + size].reshape(2, -1)
    return rows, columns, np.ones(size * size)


def _cells(*places):
    return make_cells([_square(*place) for place in places], 8, 8, source="test")


def test_found_cells_are_matched_with_the_true_ones_that_they_cover_most():
    true = _cells((0, 0), (4, 4))
    found = _cells((6, 0), (4, 5), (0, 0))  # nothing there; two of four pixels; the first cell
    shared = iou(found.masks(), true.masks())
    assert shared[[1, 2], [1, 0]].tolist() == pytest.approx([2 / 6, 1.0])
    rows, columns = matched(shared, LEAST_OVERLAP)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(1, 1), (2, 0)]


def _truth():
    """Two cells, five frames: the first is active in frames 1 and 2, and its light leaks in frame 4."""
    return {
        "active": np.array([[0, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool),
        "doubtful": np.zeros((2, 5), bool),
        "spikes": np.array([[0, 2, 0, 0, 0], [0, 0, 0, 0, 0]]),
        "dff": np.array([[0, 0.5, 1, 0.5, 0], [0, 0, 0, 0, 0]]),
        "trace": np.zeros((2, 5)),
        "kind": np.array(["pyramidal", "pyramidal"]),
        "indicator": np.array(["GCaMP6s", "GCaMP6f"]),
        "snr": np.array([5.0, np.nan], np.float32),
        "transients": np.array([[0, 1, 2]]),
        "transient_z": np.array([5.0]),
        "false_rises": np.array([[1, 3, 4]]),
        "false_rise_z": np.array([3.0]),
        "crosstalk": np.array([[1, 0, 3, 4], [1, -1, 0, 1]]),
        "crosstalk_z": np.array([3.0, 6.0]),
        "crosstalk_overlap": np.array([0.5, 0.0]),
    }


MASKS = np.array([[[1, 1, 0, 0]], [[0, 1, 1, 0]], [[0, 0, 0, 1]]], bool)


def test_found_cells_get_the_truth_of_the_cells_that_they_cover():
    # the first found cell is the second true one, the second the first, the third nobody's
    made = truth_of_found(_truth(), np.array([1, 0, -1]), MASKS, np.ones((3, 5)))
    assert made["active"].astype(int).tolist() == [[0] * 5, [0, 1, 1, 0, 0], [0] * 5]
    assert made["doubtful"].all(axis=1).tolist() == [False, False, True]
    assert made["spikes"].sum(axis=1).tolist() == [0, 2, 0]
    assert made["transients"].tolist() == [[1, 1, 2]]
    assert made["false_rises"].tolist() == [[0, 3, 4]]
    assert made["crosstalk"].tolist() == [[0, 1, 3, 4], [0, -1, 0, 1]]
    assert made["crosstalk_overlap"].tolist() == [0.5, 0.0]
    assert made["indicator"].tolist() == ["GCaMP6f", "GCaMP6s", ""]
    assert made["trace"].tolist() == np.ones((3, 5)).tolist()


def test_what_happened_in_a_cell_that_was_not_found_is_left_out_and_its_light_is_nobodys():
    made = truth_of_found(_truth(), np.array([1]), MASKS[:1], np.ones((1, 5)))
    assert len(made["transients"]) == len(made["transient_z"]) == 0
    assert made["false_rise_z"].tolist() == [3.0]
    assert made["crosstalk"].tolist() == [[0, -1, 3, 4], [0, -1, 0, 1]]
    assert made["crosstalk_z"].tolist() == [3.0, 6.0]


def test_a_folder_with_found_cells_trains_on_those_that_are_known(tmp_path):
    folder = simulate(preset_settings("small", n_frames=60, seed=2), tmp_path / "simulated")
    true = read_cells(folder / "cells.npz")
    one = true.cells[3]
    found = make_cells(
        [_square(0, 0), (one.ypix, one.xpix, np.ones(len(one.ypix)))], 48, 48, source="test"
    )
    assert with_found_cells(folder, found, "found", tmp_path / "found").tolist() == [-1, 3]
    read = LabelledFolder(tmp_path / "found").read()
    before = LabelledFolder(folder).read()
    assert read.kind == "found"
    assert read.judged.tolist() == [1]
    assert read.active[1].tolist() == before.active[3].tolist()
    truth = read_npz(tmp_path / "found" / "truth.npz", ("trace",))
    with open_movie(str(tmp_path / "found" / "movie.tif"), axes_known=True) as movie:
        frames = movie.frames(0, 60).astype(float)
    assert truth["trace"][0] == pytest.approx(frames[:, :2, :2].mean((1, 2)), rel=1e-5)


def test_cells_of_another_field_are_refused(tmp_path):
    folder = simulate(preset_settings("small", n_frames=30), tmp_path / "simulated")
    with pytest.raises(InputError, match="48 x 48 pixels .*, found cells on 8 x 8"):
        with_found_cells(folder, _cells((0, 0)), "found", tmp_path / "found")
    assert not (tmp_path / "found").exists()
