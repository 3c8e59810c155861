"""Cells of CaImAn: its HDF5 results, its matrix A, and lists of coordinates.

The field is 4 x 6 pixels (height x width), so that a mix-up of rows and columns cannot hide.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.formats import CellOptions, load_cells
from deepcinac.formats.coordinate_lists import is_pixel_list, pixels_within
from deepcinac.formats.footprint_matrix import strongest

HEIGHT, WIDTH = 4, 6
ALL = CellOptions(energy=1.0)
SQUARE = np.array([[1, 3, 3, 1], [1, 1, 2, 2]])  # x and y: 3 x 2 pixels with the outline
SQUARE_PIXELS = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]


def footprints() -> np.ndarray:
    """(2 cells, height, width): a bright pixel with a dim one beside it, and a column."""
    images = np.zeros((2, HEIGHT, WIDTH))
    images[0, 1, 4], images[0, 1, 5] = 3.0, 0.5
    images[1, 0:3, 2] = [1.0, 2.0, 2.0]
    return images


def matrix() -> scipy.sparse.csc_matrix:
    """Pixels x cells in CaImAn's order: down the columns of the image first."""
    columns = [image.ravel(order="F") for image in footprints()]
    return scipy.sparse.csc_matrix(np.column_stack(columns))


def write_results(path: Path, **estimates: object) -> Path:
    """The parts of ``cnm.save`` that matter here; None is written as the text NoneType."""
    a = matrix()
    with h5py.File(path, "w") as file:
        for name in ("data", "indices", "indptr"):
            file[f"estimates/A/{name}"] = getattr(a, name)
        file["estimates/A/shape"] = a.shape
        file["estimates/dims"] = np.array([HEIGHT, WIDTH])
        file["estimates/C"] = np.zeros((2, 50))
        file["params/data/fr"] = 30
        for name, value in estimates.items():
            file[f"estimates/{name}"] = "NoneType" if value is None else value
    return path


def pixels(cells, cell: int) -> list[tuple[int, int]]:
    return list(zip(cells[cell].ypix.tolist(), cells[cell].xpix.tolist(), strict=True))


# HDF5 results


def test_results_in_columns_first_with_weights(tmp_path: Path) -> None:
    cells = load_cells(write_results(tmp_path / "a.hdf5"), (HEIGHT, WIDTH), ALL)
    assert (cells.height, cells.width, cells.source) == (HEIGHT, WIDTH, "CaImAn")
    assert pixels(cells, 0) == [(1, 4), (1, 5)]
    assert cells[0].weight.tolist() == [3.0, 0.5]
    assert pixels(cells, 1) == [(0, 2), (1, 2), (2, 2)]
    assert cells.valid.tolist() == [True, True]


def test_a_footprint_ends_where_it_holds_nine_tenths_of_its_energy(tmp_path: Path) -> None:
    """9 of 9.25 is more than 90 %: one pixel. 4 + 4 of 9 is less: all three."""
    cells = load_cells(write_results(tmp_path / "a.hdf5"))
    assert pixels(cells, 0) == [(1, 4)]
    assert pixels(cells, 1) == [(0, 2), (1, 2), (2, 2)]
    assert pixels(load_cells(tmp_path / "a.hdf5", None, CellOptions(energy=0.8)), 1) == [
        (1, 2),
        (2, 2),
    ]


@pytest.mark.parametrize(
    ("verdicts", "valid"),
    [
        ({"idx_components": np.array([1]), "idx_components_bad": np.array([0])}, [False, True]),
        ({"idx_components": None, "idx_components_bad": None}, [True, True]),
        ({"idx_components": np.array([], int)}, [False, False]),
        ({"idx_components_bad": np.array([1])}, [True, False]),
        ({"idx_components": np.array([False, True])}, [False, True]),
    ],
)
def test_rejected_components_are_invalid_cells(
    tmp_path: Path, verdicts: dict[str, object], valid: list[bool]
) -> None:
    assert load_cells(write_results(tmp_path / "a.hdf5", **verdicts)).valid.tolist() == valid


def test_results_of_another_movie_or_a_volume(tmp_path: Path) -> None:
    path = write_results(tmp_path / "a.hdf5")
    with pytest.raises(InputError, match="Y and x are swapped"):
        load_cells(path, (WIDTH, HEIGHT))
    with h5py.File(path, "r+") as file:
        del file["estimates/dims"]
    with pytest.raises(InputError, match="height and width of the image beside a matrix"):
        load_cells(path)
    with pytest.raises(InputError, match="5 x 6 = 30 pixels, found 24"):
        load_cells(path, (5, 6))
    assert len(load_cells(path, (HEIGHT, WIDTH))) == 2
    with h5py.File(path, "r+") as file:
        file["dims"] = [2, 2, 6]
    with pytest.raises(InputError, match="cells of one plane, found cells of a volume"):
        load_cells(path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("indices", [7, 24, 8, 9, 10], "an entry outside it"),
        ("indices", [7, -1, 8, 9, 10], "negative positions"),
        ("indptr", [0, 4, 2], "columns do not add up"),
        ("indptr", [0, 2, 900], "5 of 900 entries"),
        ("data", [1, np.nan, 1, 1, 1], "finite numbers"),
        ("shape", [24, 9], "columns do not add up"),
    ],
)
def test_damaged_results_are_sentences(tmp_path: Path, name: str, value: list, said: str) -> None:
    path = write_results(tmp_path / "a.hdf5")
    with h5py.File(path, "r+") as file:
        del file[f"estimates/A/{name}"]
        file[f"estimates/A/{name}"] = np.array(value)
    with pytest.raises(InputError, match=said):
        load_cells(path)


def test_other_hdf5_files(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["movie"] = np.zeros((3, 4, 5))
    with pytest.raises(InputError, match=r"matrix of cells of CaImAn \(estimates/A\), found none"):
        load_cells(tmp_path / "a.h5")
    (tmp_path / "b.hdf5").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="readable HDF5"):
        load_cells(tmp_path / "b.hdf5")


# The matrix in .npz and .mat


@pytest.mark.parametrize("layout", ["csc", "csr", "coo"])
def test_a_saved_sparse_matrix(tmp_path: Path, layout: str) -> None:
    scipy.sparse.save_npz(tmp_path / "A.npz", matrix().asformat(layout))
    cells = load_cells(tmp_path / "A.npz", (HEIGHT, WIDTH), ALL)
    assert pixels(cells, 0) == [(1, 4), (1, 5)]
    assert pixels(cells, 1) == [(0, 2), (1, 2), (2, 2)]
    with pytest.raises(InputError, match="Name the movie"):
        load_cells(tmp_path / "A.npz")


def test_a_matrix_of_matlab_knows_its_field(tmp_path: Path) -> None:
    content = {"A_or": matrix(), "d1": HEIGHT, "d2": WIDTH, "C_or": np.zeros((2, 7))}
    scipy.io.savemat(tmp_path / "a.mat", content)
    cells = load_cells(tmp_path / "a.mat", None, ALL)
    assert (cells.height, cells.width) == (HEIGHT, WIDTH)
    assert pixels(cells, 1) == [(0, 2), (1, 2), (2, 2)]


def test_several_variables_are_listed_and_chosen(tmp_path: Path) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[0, 0] = 7
    outlines = np.empty((1, 1), object)
    outlines[0, 0] = SQUARE + 1
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"A": matrix(), "Coor": outlines, "L": labels, "notes": "text"})
    with pytest.raises(SeveralChoices, match="Expected one variable with cells, found 3") as found:
        load_cells(path, (HEIGHT, WIDTH))
    assert found.value.choices == {
        f"{path}#A": "A: sparse matrix, 24 x 2",
        f"{path}#Coor": "Coor: outlines, 1 x 1",
        f"{path}#L": "L: label image, 4 x 6",
    }
    for address in found.value.choices:
        assert len(load_cells(address, (HEIGHT, WIDTH))) in (1, 2)
    assert pixels(load_cells(path, (HEIGHT, WIDTH), CellOptions("L")), 0) == [(0, 0)]
    with pytest.raises(InputError, match="a variable with cells called notes, found A: sparse"):
        load_cells(f"{path}#notes", (HEIGHT, WIDTH))
    np.save(tmp_path / "l.npy", labels)
    with pytest.raises(InputError, match="which has none"):
        load_cells(f"{tmp_path / 'l.npy'}#x")


def test_matlab_files_of_version_7_3(tmp_path: Path) -> None:
    """HDF5 with the columns first: a cell array of references, a sparse matrix as a group."""
    path, a = tmp_path / "a.mat", matrix()
    with h5py.File(path, "w", userblock_size=512) as file:
        sparse = file.create_group("A_or")
        sparse.attrs["MATLAB_sparse"] = np.uint64(HEIGHT * WIDTH)
        sparse["data"], sparse["ir"], sparse["jc"] = a.data, a.indices, a.indptr
        entry = file.create_dataset("#refs#/a", data=(SQUARE + 1.0).T)
        entry.attrs["MATLAB_class"] = np.bytes_("double")
        listed = file.create_dataset("Coor", (1, 1), h5py.ref_dtype)
        listed[0, 0] = entry.ref
        listed.attrs["MATLAB_class"] = np.bytes_("cell")
    cells = load_cells(f"{path}#A_or", (HEIGHT, WIDTH), ALL)
    assert pixels(cells, 1) == [(0, 2), (1, 2), (2, 2)]
    assert pixels(load_cells(f"{path}#Coor", (HEIGHT, WIDTH)), 0) == SQUARE_PIXELS


def test_the_pickled_matrix_of_old_versions_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "results_analysis.npz", A=np.array(matrix(), dtype=object), d1=4, d2=6)
    with pytest.raises(InputError, match="scipy.sparse.save_npz"):
        load_cells(tmp_path / "results_analysis.npz", (HEIGHT, WIDTH))


# Coordinates


def listed(*entries: object) -> np.ndarray:
    array = np.empty(len(entries), object)
    array[:] = entries
    return array


def test_outlines_in_an_npy_count_from_0(tmp_path: Path) -> None:
    np.save(tmp_path / "coord.npy", listed(SQUARE, SQUARE[:, [0, 1, 2]]))
    cells = load_cells(tmp_path / "coord.npy", (HEIGHT, WIDTH))
    assert cells.source == "coordinates, counted from 0"
    assert pixels(cells, 0) == SQUARE_PIXELS
    assert pixels(cells, 1) == [(1, 1), (1, 2), (1, 3), (2, 3)]  # a triangle: (1,1) (3,1) (3,2)


def test_outlines_of_one_length_are_a_plain_array(tmp_path: Path) -> None:
    np.save(tmp_path / "coord.npy", np.stack([SQUARE, SQUARE + [[2], [1]]]))
    assert pixels(load_cells(tmp_path / "coord.npy", (HEIGHT, WIDTH)), 1)[0] == (2, 3)


def test_outlines_of_matlab_count_from_1(tmp_path: Path) -> None:
    array = np.empty((1, 2), object)
    array[0, 0], array[0, 1] = SQUARE + 1, SQUARE + 2
    scipy.io.savemat(tmp_path / "a.mat", {"coord": array})
    field = (5, 7)
    cells = load_cells(tmp_path / "a.mat", field)
    assert cells.source == "coordinates, counted from 1"
    assert pixels(cells, 0) == SQUARE_PIXELS
    other = load_cells(tmp_path / "a.mat", field, CellOptions(counted_from_one=False))
    assert pixels(other, 0)[0] == (2, 2)
    array[0, 1] = SQUARE - 1  # there is an x of 0: they cannot count from 1
    scipy.io.savemat(tmp_path / "b.mat", {"coord": array})
    assert load_cells(tmp_path / "b.mat", field).source == "coordinates, counted from 0"


def test_the_last_column_tells_that_an_npz_counts_from_1(tmp_path: Path) -> None:
    at_the_edge = SQUARE + [[WIDTH - 3], [1]]  # x up to 6, in a field of 6 columns
    np.savez(tmp_path / "a.npz", coord=listed(at_the_edge))
    cells = load_cells(tmp_path / "a.npz", (HEIGHT, WIDTH))
    assert cells.source == "coordinates, counted from 1"
    assert pixels(cells, 0)[-1] == (2, 5)


def test_x_and_y_exchanged(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", listed(SQUARE[::-1]))
    cells = load_cells(tmp_path / "a.npy", (HEIGHT, WIDTH), CellOptions(swap_xy=True))
    assert pixels(cells, 0) == SQUARE_PIXELS


def test_contours_as_caiman_records_them(tmp_path: Path) -> None:
    """``get_contours``: (k, 2) x, y in pieces between rows of NaN."""
    gap = np.full((1, 2), np.nan)
    one = np.array([[0.5, 0.5], [2.5, 0.5], [2.5, 1.5], [0.5, 1.5], [0.5, 0.5]])
    two = one + [3, 1]
    record = {"coordinates": np.vstack([gap, one, gap, two, gap]), "CoM": [1, 1], "neuron_id": 1}
    np.save(tmp_path / "coordinates.npy", listed(record))
    cells = load_cells(tmp_path / "coordinates.npy", (HEIGHT, WIDTH))
    assert pixels(cells, 0) == [(1, 1), (1, 2), (2, 4), (2, 5)]


def test_contours_as_matlab_draws_them(tmp_path: Path) -> None:
    """``contourc``: a column with the level and the number of points before each piece."""
    head = np.array([[0.2], [4.0]])
    array = np.empty((2, 1), object)
    array[0, 0] = np.hstack([head, SQUARE + 1.0])
    array[1, 0] = np.hstack([head, SQUARE + 1.0, head, SQUARE + 2.0])
    scipy.io.savemat(tmp_path / "a.mat", {"Coor": array})
    cells = load_cells(tmp_path / "a.mat", (HEIGHT, WIDTH))
    assert pixels(cells, 0) == SQUARE_PIXELS
    assert len(cells[1]) == 6 + 6 - 2


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=40))
def test_lists_of_pixels_come_back_as_they_are(chosen: set[tuple[int, int]]) -> None:
    rows = np.array(sorted(chosen), float)
    if not is_pixel_list(rows[:, ::-1]):
        return  # hardly any pixel beside another: an outline may look like this
    ypix, xpix = pixels_within([rows[:, ::-1]])
    assert set(zip(ypix.tolist(), xpix.tolist(), strict=True)) == chosen


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (np.zeros((3, 5)), r"two rows, x and y, found cell 0"),
        (np.full((2, 4), np.nan), r"cell 0 \(no coordinates\)"),
        (np.full((2, 4), np.inf), "an infinite coordinate"),
        (np.array([[1e9, 2, 3], [1, 1e9, 4]]), "an outline of .* pixels"),
        (np.array([[1, 9000, 3], [1, 4, 9000]]), "an outline of 9000 x 9000 pixels"),
        ({"coordinates": 1}, "two rows, x and y"),
    ],
)
def test_odd_coordinates_are_sentences(tmp_path: Path, entry: object, said: str) -> None:
    np.save(tmp_path / "a.npy", listed(entry))
    with pytest.raises(InputError, match=said):
        load_cells(tmp_path / "a.npy", (HEIGHT, WIDTH))


class Payload:
    """A pickle that would write a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_nothing_inside_is_run(tmp_path: Path, ending: str) -> None:
    trap = tmp_path / "sprung"
    array = listed(SQUARE, Payload(trap))
    path = tmp_path / f"a{ending}"
    if ending == ".npy":
        np.save(path, array, allow_pickle=True)
    else:
        np.savez(path, coord=array)
    with pytest.raises(InputError, match="which is not data"):
        load_cells(path, (HEIGHT, WIDTH))
    assert not trap.exists()


@pytest.mark.parametrize("ending", [".npz", ".mat", ".hdf5", ".npy"])
def test_files_that_were_cut_short(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    if ending == ".npz":
        np.savez(path, coord=listed(SQUARE))
    elif ending == ".mat":
        scipy.io.savemat(path, {"A": matrix()})
    elif ending == ".npy":
        np.save(path, listed(SQUARE))
    else:
        write_results(path)
    content = path.read_bytes()
    for part in (0.0, 0.1, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(InputError):
            load_cells(path, (HEIGHT, WIDTH))


@settings(max_examples=80)
@given(
    st.lists(st.floats(0, 100, width=32), min_size=1, max_size=30),
    st.floats(0.05, 1.0),
)
def test_strongest_is_the_fewest_that_hold_the_energy(weights: list[float], energy: float) -> None:
    values = np.array(weights, float)
    kept = strongest(values, energy)
    total = (values**2).sum()
    if total == 0:
        assert not kept.any()
        return
    assert (values[kept] ** 2).sum() >= energy * total * (1 - 1e-9)
    if energy < 1 and kept.sum() > 1:
        dimmest = values[kept].min()
        assert (values[kept] ** 2).sum() - dimmest**2 < energy * total * (1 + 1e-9)
        assert (values[~kept] <= dimmest).all()
