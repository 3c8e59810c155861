"""Labels as a .cinac file: what the published program finds in it, and what comes back to us.

Twenty frames of 30 x 40 pixels. Cell 0 is a square, cell 1 an L that overlaps it, cell 2 a line at the
edge of the field, cell 3 a single pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.formats.cinac import cell_types_in, labels_in, movie_of, read_cinac
from deepcinac.formats.cinac_import import import_cinac
from deepcinac.formats.cinac_writing import write_cinac
from deepcinac.labelling.layer_labels import add_labels, make_labels, read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie_readers import open_movie

N_FRAMES, HEIGHT, WIDTH = 20, 30, 40
TRANSIENTS = [(0, 2, 4), (0, 5, 6), (0, 12, 15), (1, 3, 3), (2, 10, 12)]
LABELLED = [(0, 0, 9), (0, 12, 19), (1, 0, 19), (2, 10, 19)]


def pixels(mask: list[str], top: int, left: int) -> tuple[np.ndarray, np.ndarray, None]:
    ypix, xpix = np.nonzero([[sign == "#" for sign in row] for row in mask])
    return ypix + top, xpix + left, None


def four_cells() -> Cells:
    drawn = [
        pixels(["####"] * 4, 10, 10),
        pixels(["###", "#..", "#.."], 13, 13),
        pixels(["#"] * 5, 2, 39),
        pixels(["#"], 25, 20),
    ]
    return make_cells(drawn, HEIGHT, WIDTH, "drawn", valid=[True, True, True, False])


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    frames = np.random.default_rng(1).integers(0, 1000, (N_FRAMES, HEIGHT, WIDTH), np.uint16)
    tifffile.imwrite(tmp_path / "movie.tif", frames, photometric="minisblack")
    path, shape = tmp_path / "s.deepcinac", (N_FRAMES, HEIGHT, WIDTH)
    with Session.create(path, tmp_path / "movie.tif", shape, four_cells(), 10, 2) as made:
        spans = {"labelled": LABELLED, "doubtful": [(1, 8, 9)]}
        labels = make_labels(4, N_FRAMES, TRANSIENTS, spans, name="anna", author="Anna")
        add_labels(made, labels)
        made.set_cell_type(1, "interneuron")
        yield made


@pytest.fixture
def written(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "anna.cinac"
    session.close()
    assert main(["export", str(session.path), "--layer", "anna", "--out", str(path)]) == 0
    assert capsys.readouterr().out.replace(f"{path}: ", "").splitlines() == [
        "5 transients in 4 segments of 3 cells (anna)",
        "a .cinac holds active frames: 1 transient became one with the one before",
        "outlines are convex, as DeepCINAC 1 has them: 1 cell gained pixels",
    ]
    return path


def test_it_comes_back_as_it_was_but_for_what_it_cannot_hold(
    written: Path, session: Session
) -> None:
    content = read_cinac(written)
    labels = labels_in(content, 4, N_FRAMES)
    assert labels.transients.tolist() == [[0, 2, 6], [0, 12, 15], [1, 3, 3], [2, 10, 12]]
    assert labels.spans["labelled"].tolist() == [list(row) for row in LABELLED]
    assert labels.spans["doubtful"].tolist() == [[1, 8, 9]]
    assert cell_types_in(content) == {1: "interneuron"}
    assert content.invalid is not None
    assert content.invalid.tolist() == [False, False, False, True]
    assert Path(movie_of(content)).name == "movie.tif"
    with Session.open(session.path) as opened:
        said = import_cinac(opened, written, name="again")
        assert said[0].startswith("layer again (expert), 4 transients in 4 judged stretches")
        assert not any("another number" in line for line in said)
        assert read_labels(opened, "again").same_content(labels)


def test_a_session_can_be_made_of_it(written: Path, tmp_path: Path) -> None:
    made = str(tmp_path / "t.deepcinac")
    rates = ("--frame-rate", "10", "--pixel-size", "2", "--accept", "unlikely-cells")
    assert main(["create", made, "--from", str(written), *rates]) == 0
    with Session.open(made, read_only=True) as opened:
        assert [len(cell) for cell in opened.cells().cells] == [16, 6, 5, 1]  # the hull of the L


def test_the_structure_is_that_of_the_published_program(written: Path, tmp_path: Path) -> None:
    """Names, shapes and types as DeepCINAC 1.1.10 writes them."""
    frames = tifffile.imread(tmp_path / "movie.tif").astype(float)
    with h5py.File(written) as file:
        full = file["full_data"]
        assert sorted(full) == ["cells_contour", "invalid_cells", "raw_traces", "smooth_traces"]
        assert (int(full.attrs["n_frames"]), int(full.attrs["n_cells"])) == (N_FRAMES, 4)
        assert full["cells_contour"].shape == (4, 2)
        assert h5py.check_vlen_dtype(full["cells_contour"].dtype) == np.int16
        assert full["raw_traces"].shape == full["smooth_traces"].shape == (4, N_FRAMES)
        np.testing.assert_allclose(full["raw_traces"][:].mean(axis=1), 0, atol=1e-6)
        np.testing.assert_allclose(full["smooth_traces"][:].mean(axis=1), -2, atol=1e-6)
        assert sorted(set(file) - {"full_data"}) == [
            "cell_0_0_9", "cell_0_12_19", "cell_1_0_19", "cell_2_10_19",
        ]  # fmt: skip
        group = file["cell_0_12_19"]
        assert sorted(group) == [
            "cells_contour", "ci_movie", "doubtful_frames", "invalid_cells", "raster_dur",
            "raw_traces", "smooth_traces",
        ]  # fmt: skip
        assert dict(group.attrs) == {"pixels_around": 0, "buffer": 1}
        assert file["cell_1_0_19"].attrs["cell_type"] == "interneuron"
        assert group["raster_dur"].dtype == np.int8
        assert group["raster_dur"][:].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
        assert (group["ci_movie"].shape, group["ci_movie"].dtype) == ((8, 25, 25), np.float64)
        assert h5py.check_vlen_dtype(group["cells_contour"].dtype) == np.int32
        # The crop of cell 0 begins at row 0, column 0: its outline is where it is in the movie.
        z_scores = (frames - frames.mean()) / frames.std()
        np.testing.assert_allclose(group["ci_movie"][:], z_scores[12:, :25, :25], atol=1e-9)
        np.testing.assert_array_equal(np.sort(np.unique(group["cells_contour"][0, 0])), [10, 13])
        assert len(group["cells_contour"]) == 2  # the L overlaps it
        # Cell 2 lies at the right edge: the crop ends there, and its column is the last one.
        edge = file["cell_2_10_19"]
        np.testing.assert_allclose(edge["ci_movie"][:], z_scores[10:, :25, 15:], atol=1e-9)
        assert set(edge["cells_contour"][0, 0]) == {24}


def test_a_field_smaller_than_the_crop_is_framed_by_zeros(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.arange(2 * 9 * 40, dtype=np.uint16).reshape(2, 9, 40))
    cells = make_cells([([4, 5], [20, 20], None)], 9, 40, "x")
    labels = make_labels(1, 2, [(0, 0, 1)], {"labelled": [(0, 0, 1)]}, name="a")
    with open_movie(tmp_path / "m.npy") as movie:
        said = write_cinac(tmp_path / "a.cinac", labels, cells, movie)
    assert "DeepCINAC 1 reads TIFF without compression only, which m.npy is not" in said[-1]
    with h5py.File(tmp_path / "a.cinac") as file:
        crop = file["cell_0_0_1"]["ci_movie"][:]
        assert set(file["cell_0_0_1"]["cells_contour"][0, 1]) == {12, 13}
    assert not crop[:, :8].any()
    assert not crop[:, 17:].any()
    assert crop[:, 8:17].any(axis=(0, 2)).all()


def test_what_a_program_found_never_becomes_an_experts(session: Session, tmp_path: Path) -> None:
    labels = make_labels(4, N_FRAMES, TRANSIENTS, name="general", kind="classifier")
    with (
        open_movie(tmp_path / "movie.tif") as movie,
        pytest.raises(InputError, match="one of a classifier"),
    ):
        write_cinac(tmp_path / "x.cinac", labels, four_cells(), movie)
    assert not (tmp_path / "x.cinac").exists()
