"""Files with a cell that cannot be used: all named at once, left out on request, numbers kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
import tifffile
from roifile import ROI_OPTIONS, ImagejRoi

from deepcinac.errors import InputError
from deepcinac.formats import CellOptions, load_cells
from deepcinac.questions import NeedsAnswer

FIELD = (20, 24)
ACCEPTED = CellOptions(accepted=("bad-cells",))
MASKS = np.zeros((4, *FIELD), bool)
MASKS[0, 2:6, 2:6] = MASKS[1, 8:12, 2:6] = MASKS[3, 2:6, 12:16] = True  # the third is empty
SQUARES = [(2, 2), (2, 8), None, (12, 2)]  # x, y of the same


def _stat(folder: Path) -> Path:
    entries = [dict(zip(("ypix", "xpix"), np.nonzero(mask), strict=True)) for mask in MASKS]
    np.save(folder / "stat.npy", np.array(entries, dtype=object), allow_pickle=True)
    return folder / "stat.npy"


def _stack(folder: Path) -> Path:
    np.save(folder / "masks.npy", MASKS)
    return folder / "masks.npy"


def _coordinates(folder: Path) -> Path:
    listed = np.empty((1, 4), object)
    for cell, corner in enumerate(SQUARES):
        x, y = corner or (0, 0)
        square = np.array([[x, x + 3, x + 3, x], [y, y, y + 3, y + 3]], float) + 1
        listed[0, cell] = np.empty((2, 0)) if corner is None else square
    scipy.io.savemat(folder / "Coor.mat", {"Coor": listed})
    return folder / "Coor.mat"


def _caiman(folder: Path, accepted: object = None) -> Path:
    columns = [mask.ravel(order="F").astype(float) for mask in MASKS]
    matrix = scipy.sparse.csc_matrix(np.array(columns).T)
    with h5py.File(folder / "r.hdf5", "w") as file:
        for part in ("data", "indices", "indptr"):
            file[f"estimates/A/{part}"] = getattr(matrix, part)
        file["estimates/A/shape"] = matrix.shape
        file["estimates/dims"] = FIELD
        if accepted is not None:
            file["estimates/idx_components"] = accepted
    return folder / "r.hdf5"


def _rois(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "rois.zip", "w") as archive:
        for cell, corner in enumerate(SQUARES):
            x, y = corner or (5, 5)
            side = 0.2 if corner is None else 4
            points = [(x + 0.1, y + 0.1), (x + side, y + 0.1), (x + side, y + side)]
            roi = ImagejRoi.frompoints(points if corner is None else [*points, (x, y + side)])
            archive.writestr(f"000{cell}.roi", roi.tobytes())
    return folder / "rois.zip"


@pytest.mark.parametrize("write", [_stat, _stack, _coordinates, _caiman, _rois])
def test_one_bad_cell_of_four(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(NeedsAnswer, match=r"1 of 4 that cannot be used: cell 2 \(.*bad-cells"):
        load_cells(path, FIELD)
    with pytest.warns(UserWarning, match="1 cell was left out"):
        cells = load_cells(path, FIELD, ACCEPTED)
    assert len(cells) == 3
    assert [(y.round(), x.round()) for y, x in cells.centres()] == [(4, 4), (10, 4), (4, 14)]
    if write is not _rois:  # which have names of their own
        assert cells.names == ("0", "1", "3")


def test_all_bad_cells_are_named_at_once(tmp_path: Path) -> None:
    entries = [{"ypix": [1], "xpix": [1]}, {"xpix": [1]}, {"ypix": [], "xpix": []}, "no dict"]
    entries += [{"ypix": [1, 2], "xpix": [1]}, {"ypix": [90], "xpix": [3]}]
    np.save(tmp_path / "stat.npy", np.array(entries, dtype=object), allow_pickle=True)
    with pytest.raises(NeedsAnswer) as asked:
        load_cells(tmp_path / "stat.npy", FIELD)
    for said in ("5 of 6", "cell 1 (no ypix)", "cell 2 (no pixels)", "cell 3 (no ypix)",
                 "cell 4 (2 y and 1 x coordinates)", "cell 5 (at y 90"):  # fmt: skip
        assert said in str(asked.value)


def test_cells_that_are_all_bad_are_no_question(tmp_path: Path) -> None:
    np.save(tmp_path / "masks.npy", MASKS[2:3])
    with pytest.raises(InputError, match="1 of 1") as refused:
        load_cells(tmp_path / "masks.npy", FIELD, ACCEPTED)
    assert not isinstance(refused.value, NeedsAnswer)


@pytest.mark.parametrize(
    "accepted",
    [
        np.array([True, True, False, False]),
        np.array([1, 1, 0, 0], np.uint8),
        np.array([1.0, 1.0, 0.0, 0.0]),
        np.array([[True], [True], [False], [False]]),
        np.array([0, 1]),
        np.array([1.0, 0.0]),
    ],
)
def test_verdicts_of_any_type_read_alike(accepted: np.ndarray, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="left out"):
        cells = load_cells(_caiman(tmp_path, accepted), FIELD, ACCEPTED)
    assert cells.valid.tolist() == [True, True, False]


def test_verdicts_beside_a_matrix_in_an_npz_or_mat(tmp_path: Path) -> None:
    content = {"A": MASKS[[0, 1, 3]].reshape(3, -1).T.astype(float), "idx_components": [0, 2]}
    np.savez(tmp_path / "a.npz", **content)
    scipy.io.savemat(tmp_path / "a.mat", content)
    for name in ("a.npz", "a.mat"):
        assert load_cells(f"{tmp_path / name}#A", FIELD).valid.tolist() == [True, False, True]


def test_a_movie_or_a_picture_is_never_taken_for_cells(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).normal(100, 10, (6, *FIELD))
    tifffile.imwrite(tmp_path / "movie.tif", grey)
    tifffile.imwrite(tmp_path / "dff.tif", grey - 100)
    tifffile.imwrite(tmp_path / "mean.tif", grey[0].astype(np.uint16))
    tifffile.imwrite(tmp_path / "rgb.tif", grey[:, None].repeat(3, 1).astype(np.uint16))
    for name in ("movie.tif", "dff.tif"):
        with pytest.raises(InputError, match="looks like a movie"):
            load_cells(tmp_path / name, FIELD)
    with pytest.raises(NeedsAnswer, match="grey levels.*grey-picture"):
        load_cells(tmp_path / "mean.tif", FIELD)
    with pytest.raises(InputError, match="colours or channels"):
        load_cells(tmp_path / "rgb.tif", FIELD)
    np.save(tmp_path / "4d.npy", grey.reshape(2, 3, *FIELD).astype(np.uint16))
    with pytest.raises(InputError, match="4-D array of shape 2 x 3 x 20 x 24.*a movie"):
        load_cells(tmp_path / "4d.npy", FIELD)


@pytest.mark.parametrize("n", [3, 4])
def test_three_or_four_masks_are_no_colours(n: int, tmp_path: Path) -> None:
    stack = np.repeat(MASKS[[0, 1, 3, 0]][:n].astype(np.uint8), 1, 0) * 255
    tifffile.imwrite(tmp_path / "m.tif", stack, photometric="rgb", planarconfig="separate")
    assert load_cells(tmp_path / "m.tif", FIELD).n_pixels.tolist() == [16] * n


def test_a_spline_is_followed(tmp_path: Path) -> None:
    """Four corners of a square of 10: straight edges hold 100 pixels, a circle through them 157."""
    corners = [(5.0, 5.0), (15.0, 5.0), (15.0, 15.0), (5.0, 15.0)]
    roi = ImagejRoi.frompoints(corners)
    roi.tofile(tmp_path / "square.roi")
    roi.options = ROI_OPTIONS(int(roi.options) | ROI_OPTIONS.SPLINE_FIT)
    roi.tofile(tmp_path / "spline.roi")
    assert load_cells(tmp_path / "square.roi", FIELD).n_pixels.tolist() == [100]
    assert load_cells(tmp_path / "spline.roi", FIELD).n_pixels.tolist() == [148]


def test_a_list_that_lost_an_entry_to_one_changed_byte(tmp_path: Path) -> None:
    content = bytearray(_rois(tmp_path).read_bytes())
    first = content.index(b"PK\x01\x02")
    content[first + 32] = 46 + len("0001.roi")  # the length of a remark, which swallows an entry
    (tmp_path / "damaged.zip").write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(archive.infolist()) < 4
    with pytest.raises(
        InputError, match="a list of 4 entries, as the file says, found another list of 3"
    ):
        load_cells(tmp_path / "damaged.zip", FIELD)
