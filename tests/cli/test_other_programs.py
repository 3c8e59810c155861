"""create and import with files of the published program, CaImAn and NWB: 40 frames of 12 x 16 pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from deepcinac.cli import create, import_labels, info, main
from deepcinac.cli.cell_options import parsed_options
from deepcinac.formats import CellOptions
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session

N_FRAMES, HEIGHT, WIDTH = 40, 12, 16
SQUARE = np.array([[2, 5, 5, 2], [3, 3, 6, 6]])
RATES = ["--frame-rate", "10", "--pixel-size", "2", "--accept", "unlikely-cells"]

Runner = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Runner:
    """Runs a command in this process, in a folder with movie.npy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(main, "COMMANDS", (create, import_labels, info))
    np.save("movie.npy", np.zeros((N_FRAMES, HEIGHT, WIDTH), np.uint16))

    def runner(*arguments: str) -> tuple[int, str, str]:
        status = main.main(list(arguments))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return runner


def write_cinac(name: str, movie: str = "/data/movie.npy", active: slice = slice(5, 9)) -> None:
    with h5py.File(name, "w") as file:
        full = file.create_group("full_data")
        full.attrs["n_frames"], full.attrs["n_cells"] = N_FRAMES, 1
        full.attrs["ci_movie_file_name"] = movie
        contours = full.create_dataset("cells_contour", (1, 2), h5py.vlen_dtype(np.int16))
        for axis in range(2):
            contours[0, axis] = SQUARE[axis]
        raster = np.zeros(N_FRAMES, "int8")
        raster[active] = 1
        file.create_group("cell_0_0_39")["raster_dur"] = raster


def write_mat(name: str) -> None:
    array = np.empty((1, 1), object)
    array[0, 0] = SQUARE + 1
    pixels = scipy.sparse.csc_matrix(([1.0, 2.0], ([0, 13], [0, 0])), (HEIGHT * WIDTH, 1))
    scipy.io.savemat(name, {"Coor": array, "A": pixels})


def test_create_from_a_cinac(run: Runner) -> None:
    write_cinac("old.cinac")  # the movie lies beside it
    status, out, _ = run("create", "s.deepcinac", "--from", "old.cinac", *RATES)
    assert status == 0
    first, second, *rest = out.splitlines()
    assert first == "s.deepcinac: 1 cells, 40 frames of 12 x 16 pixels, 10 Hz, 2 um a pixel"
    assert second.startswith("s.deepcinac: layer old (expert), 1 transient in 1 judged stretch")
    assert "without a gap are one here" in rest[-1]
    with Session.open("s.deepcinac", read_only=True) as session:
        assert read_labels(session, "old").transients.tolist() == [[0, 5, 8]]
        assert session.movie_path() == Path("movie.npy").absolute()
        assert session.meta()["cells_source"] == ".cinac"


def test_a_cinac_without_its_movie(run: Runner) -> None:
    write_cinac("old.cinac", "/data/gone.tif")
    status, _, err = run("create", "s.deepcinac", "--from", "old.cinac", *RATES)
    assert status == 2
    assert "found nothing at /data/gone.tif in old.cinac. Name the movie (--movie)" in err
    arguments = ["--from", "old.cinac", "--movie", "movie.npy", *RATES]
    assert run("create", "s.deepcinac", *arguments)[0] == 0


def test_labels_that_do_not_fit_leave_no_session(run: Runner) -> None:
    write_cinac("old.cinac")
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[10:, 12:] = 1
    np.save("labels.npy", labels)
    arguments = ["--from", "old.cinac", "--cells", "labels.npy", *RATES]
    status, _, err = run("create", "s.deepcinac", *arguments)
    assert status == 2
    assert "1 cell whose outlines lie elsewhere (0) in old.cinac" in err
    assert not Path("s.deepcinac").exists()


def test_import_a_cinac(run: Runner) -> None:
    write_cinac("old.cinac")
    arguments = ["--movie", "movie.npy", "--cells", "old.cinac", *RATES]
    assert run("create", "s.deepcinac", *arguments)[0] == 0
    status, out, _ = run(
        "import", "s.deepcinac", "old.cinac", "--layer", "anna", "--author", "Anna"
    )
    assert status == 0
    assert out.startswith("s.deepcinac: layer anna (expert), 1 transient in 1 judged stretch")
    with Session.open("s.deepcinac", read_only=True) as session:
        assert session.layer("anna").author == "Anna"
        assert read_labels(session, "anna").spans["labelled"].tolist() == [[0, 0, 39]]
    status, _, err = run("import", "s.deepcinac", "old.cinac", "--all-judged", "--layer", "b")
    assert (status, "which says what was judged" in err) == (2, True)
    assert run("import", "s.deepcinac", "gone.cinac")[0] == 2


def test_create_asks_which_variable(run: Runner) -> None:
    write_mat("cells.mat")
    arguments = ["create", "s.deepcinac", "--movie", "movie.npy", *RATES]
    status, _, err = run(*arguments, "--cells", "cells.mat")
    assert status == 2
    assert "found 2 (Coor: outlines, 1 x 1; A: sparse matrix, 192 x 1) in cells.mat" in err
    assert "for instance cells.mat#Coor" in err
    assert run(*arguments, "--cells", "cells.mat", "--variable", "A", "--mask-energy", "1")[0] == 0
    with Session.open("s.deepcinac", read_only=True) as session:
        cell = session.cells()[0]  # pixel 13 of columns of 12 is at y 1, x 1
    assert list(zip(cell.ypix.tolist(), cell.xpix.tolist(), strict=True)) == [(0, 0), (1, 1)]
    arguments[1] = "t.deepcinac"
    more = ["--cells", "cells.mat#Coor", "--no-matlab-indexing", "--swap-xy"]
    assert run(*arguments, *more)[0] == 0
    with Session.open("t.deepcinac", read_only=True) as session:
        cell = session.cells()[0]
    assert (cell.ypix.min(), cell.xpix.min()) == (3, 4)


def test_create_needs_movie_and_cells(run: Runner) -> None:
    for given, missing in (("--movie", "--cells"), ("--cells", "--movie")):
        status, _, err = run("create", "s.deepcinac", given, "movie.npy", *RATES)
        assert status == 2
        assert f"found no {missing}. Add {missing}" in err
    status, _, err = run("create", "s.deepcinac", "--from", "movie.npy", *RATES)
    assert (status, "a file ending in .cinac or .nwb, found movie.npy" in err) == (2, True)


def test_info_of_files_of_other_programs(run: Runner) -> None:
    write_cinac("old.cinac")
    write_mat("cells.mat")
    status, out, _ = run("info", "old.cinac")
    assert status == 0
    assert "Cells old.cinac" in out
    status, out, _ = run("info", "cells.mat#Coor")
    assert status == 0
    assert "coordinates, counted from 1" in out


@pytest.mark.parametrize(
    "options",
    [
        CellOptions(),
        CellOptions("A", True, True, 0.5),
        CellOptions(None, False, False, 1.0),
    ],
)
def test_options_as_a_command_line(options: CellOptions) -> None:
    assert parsed_options(options.as_arguments()) == options


@pytest.mark.parametrize("ending", ["npy", "npz", "mat", "hdf5"])
def test_what_does_not_say_that_a_classifier_made_it_is_a_methods(run: Runner, ending: str) -> None:
    write_mat("cells.mat")
    arguments = ["create", "s.deepcinac", "--movie", "movie.npy", *RATES]
    assert run(*arguments, "--cells", "cells.mat#Coor")[0] == 0
    values = np.zeros((1, N_FRAMES))
    values[0, 4:8] = 0.7  # as a probability would be, with edges that have no value
    values[0, :2] = np.nan
    name = f"cascade_pred.{ending}"
    if ending == "npy":
        np.save(name, values)
    elif ending == "npz":
        np.savez(name, spike_prob=values)
    elif ending == "mat":
        scipy.io.savemat(name, {"spike_prob": values})
    else:
        with h5py.File(name, "w") as file:
            file["estimates/S"] = values
    status, out, _ = run("import", "s.deepcinac", name)
    assert status == 0
    assert "(method), a curve of 1 cell, 5.0% of the frames without a value" in out
    with Session.open("s.deepcinac", read_only=True) as session:
        (layer,) = session.layers()
        assert layer.kind == "method"
        assert session.results(layer.id)["curve"].array[0, 2:9].tolist() == pytest.approx(
            [0, 0, 0.7, 0.7, 0.7, 0.7, 0]
        )


def test_another_methods_curve_and_raster(run: Runner) -> None:
    write_mat("cells.mat")
    arguments = ["create", "s.deepcinac", "--movie", "movie.npy", *RATES]
    assert run(*arguments, "--cells", "cells.mat#Coor")[0] == 0
    values = np.zeros((1, N_FRAMES))
    values[0, 4:8] = 1
    np.save("spks.npy", 3 * values)
    np.savez("r.npz", raster=values)
    with h5py.File("results.hdf5", "w") as file:
        file["estimates/S"] = values
    status, out, _ = run("import", "s.deepcinac", "spks.npy", "--kind", "method")
    assert status == 0
    assert out.splitlines()[0] == "s.deepcinac: layer spks (method), a curve of 1 cell"
    status, out, _ = run("import", "s.deepcinac", "r.npz", "--kind", "method", "--layer", "mine")
    assert (status, out) == (0, "s.deepcinac: layer mine (method), 1 transient\n")
    status, out, _ = run("import", "s.deepcinac", "results.hdf5")
    assert (status, out) == (0, "s.deepcinac: layer results S (method), 1 transient\n")
    with Session.open("s.deepcinac", read_only=True) as session:
        assert read_labels(session, "mine").transients.tolist() == [[0, 4, 7]]
    status, _, err = run("import", "s.deepcinac", "results.hdf5", "--all-judged")
    assert (status, "an array of another method" in err) == (2, True)
