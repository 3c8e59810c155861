"""suite2p's results as its versions write them."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from deepcinac.cli.create import parts_of
from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.formats import load_cells
from deepcinac.opening import open_recording

ROI_0 = {"ypix": np.array([0, 0]), "xpix": np.array([1, 2]), "lam": np.array([0.25, 0.75])}
ROI_1 = {"ypix": np.array([3]), "xpix": np.array([4]), "lam": np.array([1.0])}


TINY = ["--accept", "unlikely-cells"]
"""Cells of one or two pixels, as no microscope shows them."""


def write_plane(folder, rois=(ROI_0, ROI_1), **files):
    """A plane folder with ``stat.npy`` and other files by their names without the ending."""
    folder.mkdir(parents=True, exist_ok=True)
    stat = np.empty(len(rois), dtype=object)
    stat[:] = rois
    np.save(folder / "stat.npy", stat)
    for name, content in files.items():
        np.save(folder / f"{name}.npy", content)
    return folder


def test_footprints_and_weights(tmp_path):
    cells = load_cells(write_plane(tmp_path) / "stat.npy", (5, 6))
    assert (cells.height, cells.width, cells.source) == (5, 6, "suite2p")
    assert cells[0].ypix.tolist() == [0, 0]
    assert cells[0].xpix.tolist() == [1, 2]
    assert cells[0].weight.tolist() == [0.25, 0.75]
    assert cells.valid.tolist() == [True, True]


@pytest.mark.parametrize(
    "iscell",
    [np.array([[1, 0.9], [0, 0.2]]), np.array([1.0, 0.0]), np.array([True, False])],
    ids=["two columns", "one column", "flags"],
)
def test_rejected_rois_are_kept_but_not_valid(iscell, tmp_path):
    cells = load_cells(write_plane(tmp_path, iscell=iscell), (5, 6))
    assert len(cells) == 2
    assert cells.valid.tolist() == [True, False]


def test_iscell_of_another_run_is_a_sentence(tmp_path):
    write_plane(tmp_path, iscell=np.ones((3, 2)))
    with pytest.raises(InputError, match=r"each of the 2 cells.*\(3, 2\).*iscell\.npy.*same run"):
        load_cells(tmp_path, (5, 6))


def test_old_file_without_weights(tmp_path):
    bare = {"ypix": [0, 1], "xpix": [2, 2]}
    cells = load_cells(write_plane(tmp_path, [bare]), (5, 6))
    assert cells[0].weight.tolist() == [1, 1]


def test_roi_without_pixels_named(tmp_path):
    write_plane(tmp_path, [ROI_0, {"ypix": [0]}])
    with pytest.raises(InputError, match=r"cell 1 \(no xpix\).*stat\.npy"):
        load_cells(tmp_path, (5, 6))


@pytest.mark.parametrize("options", ["ops", "db"])
def test_field_from_the_options(options, tmp_path):
    write_plane(tmp_path, **{options: np.array({"Ly": 50, "Lx": 60}, dtype=object)})
    cells = load_cells(tmp_path)
    assert (cells.height, cells.width) == (50, 60)


def test_smallest_field_without_options(tmp_path):
    cells = load_cells(write_plane(tmp_path))
    assert (cells.height, cells.width) == (4, 5)


def test_options_of_another_movie_are_a_sentence(tmp_path):
    write_plane(tmp_path, ops=np.array({"Ly": 50, "Lx": 60}, dtype=object))
    with pytest.raises(InputError, match="another movie"):
        load_cells(tmp_path, (64, 64))


class _Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_options_with_a_payload_are_passed_over(tmp_path):
    payload = {"Ly": 50, "Lx": 60, "more": _Runs(str(tmp_path / "executed"))}
    write_plane(tmp_path, ops=np.array(payload, dtype=object))
    assert load_cells(tmp_path, (5, 6)).height == 5
    assert not (tmp_path / "executed").exists()


def test_cells_with_a_payload_are_refused(tmp_path):
    write_plane(tmp_path, [{**ROI_0, "more": _Runs(str(tmp_path / "executed"))}])
    with pytest.raises(InputError, match="not data"):
        load_cells(tmp_path, (5, 6))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("where", ["plane0", "suite2p/plane0"])
def test_folder_above_the_plane(where, tmp_path):
    write_plane(tmp_path / where)
    assert len(load_cells(tmp_path, (5, 6))) == 2


def test_iscell_chosen_in_place_of_stat(tmp_path):
    write_plane(tmp_path, iscell=np.ones((2, 2)))
    assert len(load_cells(tmp_path / "iscell.npy", (5, 6))) == 2


def test_several_planes_are_a_question(tmp_path):
    write_plane(tmp_path / "plane0")
    write_plane(tmp_path / "plane1")
    with pytest.raises(InputError, match="2 \\(plane0, plane1\\)"):
        load_cells(tmp_path)


def test_cells_of_another_movie_are_named(tmp_path):
    with pytest.raises(InputError, match=r"cell 1 \(at y 3 to 3, x 4 to 4.*stat\.npy"):
        load_cells(write_plane(tmp_path), (3, 3))


@pytest.mark.parametrize(
    "content", [np.array({"Ly": 3}, dtype=object), np.array([1, "a"], dtype=object)]
)
def test_another_pickled_file_is_a_sentence(content, tmp_path):
    np.save(tmp_path / "other.npy", content)
    with pytest.raises(InputError, match="list of cells"):
        load_cells(tmp_path / "other.npy")


def test_list_of_no_cells_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="at least one cell"):
        load_cells(write_plane(tmp_path, []))


# A plane folder as a whole, and Fall.mat


def _write_plane(folder: Path) -> None:
    """Two ROIs, the second rejected, on 6 x 8 pixels; 5 frames at 12 Hz, dated as suite2p 1.1 does."""
    folder.mkdir()
    np.save(folder / "stat.npy", np.array(_two_rois(), dtype=object), allow_pickle=True)
    np.save(folder / "iscell.npy", np.array([[1, 0.9], [0, 0.1]]))
    berlin = datetime(2025, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1), "CET"))
    options = {"Ly": 6, "Lx": 8, "nframes": 5, "fs": 12.0, "date_proc": berlin}
    np.save(folder / "ops.npy", np.array(options, dtype=object), allow_pickle=True)
    np.arange(5 * 48, dtype="<i2").tofile(folder / "data.bin")
    np.save(folder / "spks.npy", np.array([[0, 3.0, 0, 6.0, 0], [1.0, 0, 0, 0, 2.0]], np.float32))


def _two_rois() -> list[dict[str, Any]]:
    first = {"ypix": np.array([1, 1, 2]), "xpix": np.array([2, 3, 2]), "lam": np.ones(3, "f4")}
    second = {"ypix": np.array([4]), "xpix": np.array([7]), "lam": np.ones(1, "f4")}
    return [first, second]


def test_a_plane_folder_alone_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    _write_plane(tmp_path / "plane0")
    out = tmp_path / "a.deepcinac"
    status = main(
        ["create", str(out), "--from", str(tmp_path / "plane0"), "--pixel-size", "2", *TINY]
    )
    assert status == 0
    assert "2 cells, 5 frames of 6 x 8 pixels, 12 Hz, 2 um" in capsys.readouterr().out
    with open_recording(out) as recording:
        assert recording.cells.valid.tolist() == [True, False]
        assert recording.frame_rate_hz == 12.0
        assert recording.movie.frames(4, 5)[0, 0, 0] == 4 * 48
        assert [(layer.name, layer.kind) for layer in recording.layers] == [
            ("suite2p spks", "method")
        ]
        curve = recording.session.prediction(recording.layers[0].id, 0)
        assert np.argmax(curve) == 3


def test_spikes_of_another_recording_leave_nothing_behind(tmp_path: Path) -> None:
    _write_plane(tmp_path / "plane0")
    np.save(tmp_path / "plane0" / "spks.npy", np.zeros((3, 5)))
    out = tmp_path / "a.deepcinac"
    status = main(
        ["create", str(out), "--from", str(tmp_path / "plane0"), "--pixel-size", "2", *TINY]
    )
    assert status == 2
    assert not out.exists()


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"suite2p's stat\.npy"):
        parts_of(tmp_path, None, None)


def _write_fall(path: Path) -> None:
    """As suite2p does: scipy's savemat of its lists."""
    stat = np.array(_two_rois(), dtype=object)
    content = {"stat": stat, "F": np.zeros((2, 5)), "Fneu": np.zeros((2, 5))}
    more = {"iscell": np.array([[1, 0.9], [0, 0.1]]), "ops": {"Ly": 6, "Lx": 8}}
    scipy.io.savemat(path, {**content, **more})


def test_fall_mat_alone(tmp_path: Path) -> None:
    _write_fall(tmp_path / "Fall.mat")
    cells = load_cells(tmp_path / "Fall.mat")
    assert (cells.height, cells.width) == (6, 8)
    assert cells.valid.tolist() == [True, False]
    assert cells[0].ypix.tolist() == [1, 1, 2]
    assert cells[0].xpix.tolist() == [2, 3, 2]
    with pytest.raises(InputError, match="6 x 8"):
        load_cells(tmp_path / "Fall.mat", (7, 8))


def test_fall_mat_beside_stat_is_that(tmp_path: Path) -> None:
    _write_plane(tmp_path / "plane0")
    _write_fall(tmp_path / "plane0" / "Fall.mat")
    np.save(tmp_path / "plane0" / "iscell.npy", np.array([[1, 0.9], [1, 0.8]]))  # edited since
    assert load_cells(tmp_path / "plane0" / "Fall.mat").valid.tolist() == [True, True]


def test_a_fall_mat_of_other_things(tmp_path: Path) -> None:
    content = {"stat": np.zeros(2), "F": 0, "Fneu": 0, "iscell": np.ones((2, 2))}
    scipy.io.savemat(tmp_path / "Fall.mat", content)
    with pytest.raises(InputError, match=r"cell 0 \(no ypix\)"):
        load_cells(tmp_path / "Fall.mat")
