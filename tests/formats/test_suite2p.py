"""suite2p's results as its versions write them."""

import os

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.formats import load_cells

ROI_0 = {"ypix": np.array([0, 0]), "xpix": np.array([1, 2]), "lam": np.array([0.25, 0.75])}
ROI_1 = {"ypix": np.array([3]), "xpix": np.array([4]), "lam": np.array([1.0])}


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
    with pytest.raises(InputError, match=r"no xpix in cell 1.*stat\.npy"):
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
    with pytest.raises(InputError, match=r"cell 1 at y 3 to 3, x 4 to 4.*stat\.npy"):
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
