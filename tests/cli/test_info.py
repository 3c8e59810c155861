"""``deepcinac info`` on small files whose numbers can be checked by eye."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from deepcinac.cli.info import describe, flattened
from deepcinac.cli.main import main
from deepcinac.cli.movie_info import duration
from deepcinac.errors import InputError
from deepcinac.recording.cells import make_cells, save_cells
from deepcinac.results.files import write_results
from helpers.predictions import results_of, write_predictions


@pytest.fixture
def movie_tif(tmp_path: Path) -> Path:
    """40 frames of 4 x 6 px at 10 Hz, all 7 but one pixel of the first frame, which is 255."""
    frames = np.full((40, 4, 6), 7, np.uint16)
    frames[0, 0, 0] = 255
    path = tmp_path / "movie.tif"
    metadata = {"axes": "TYX", "finterval": 0.1}
    tifffile.imwrite(path, frames, imagej=True, metadata=metadata)
    return path


@pytest.fixture
def cells_npz(tmp_path: Path) -> Path:
    """Three cells: two of 4 px that share one, and one of 6 px by itself."""
    first = ([0, 0, 1, 1], [0, 1, 0, 1], None)
    second = ([1, 1, 2, 2], [1, 2, 1, 2], None)
    third = ([6] * 6, [2, 3, 4, 5, 6, 7], None)
    path = tmp_path / "cells.npz"
    save_cells(path, make_cells([first, second, third], 8, 8, source="by hand"))
    return path


@pytest.fixture
def truth_npz(tmp_path: Path) -> Path:
    """Two cells, ten frames, three of twenty active."""
    active = np.zeros((2, 10), bool)
    active[0, 2:5] = True
    path = tmp_path / "truth.npz"
    np.savez(path, active=active, fr=np.array(10.0), transients=np.array([[0, 2, 4]]))
    return path


def rows_of(path: Path) -> dict[str, str]:
    ((_, rows),) = describe(path)
    return dict(rows)


def test_movie(movie_tif: Path) -> None:
    rows = rows_of(movie_tif)
    assert rows["frames"] == "40"
    assert rows["height x width"].startswith("4 x 6 px")
    assert rows["pixel type"] == "uint16"
    assert rows["frame rate"] == "10 Hz"
    assert rows["duration"] == "4 s"
    assert rows["grey levels"] == "7 to 255, mean 7.5167 (of 20 frames)"
    assert rows["in memory"] == "1.9 KiB"


def test_movie_with_missing_pixels(tmp_path: Path) -> None:
    frames = np.ones((2, 5, 5), np.float32)
    frames[1, 0, 0] = np.nan
    path = tmp_path / "movie.npy"
    np.save(path, frames)
    rows = rows_of(path)
    assert rows["not a number"] == "2.00% of the pixels of 2 frames"
    assert rows["frame rate"] == "not in the file"


def test_cells(cells_npz: Path) -> None:
    rows = rows_of(cells_npz)
    assert rows["cells"] == "3"
    assert rows["valid"] == "3"
    assert rows["area"] == "median 4 px (4 to 6)"
    assert rows["overlapping pairs"] == "1, of 2 cells"


def test_label_image(tmp_path: Path) -> None:
    labels = np.zeros((8, 8), np.uint16)
    labels[1:3, 1:3] = 1
    labels[5:7, 5:7] = 2
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    assert rows_of(tmp_path / "labels.tif")["cells"] == "2"


def test_truth(truth_npz: Path) -> None:
    rows = rows_of(truth_npz)
    assert rows["active"] == "15.00% of the frames of all cells"
    assert rows["frame rate"] == "10 Hz"
    assert rows["transients"] == "1"


def test_prediction(tmp_path: Path) -> None:
    probability = np.zeros((2, 10), np.float32)
    probability[0, :5] = 0.8
    path = tmp_path / "prediction.npz"
    rows = rows_of(write_predictions(path, probability, classifier="general", threshold=0.75))
    assert rows["active"] == "25.00% of the frames of all cells, at 0.75"
    assert rows["mean probability"] == "0.2000"
    assert rows["maker"] == "general 1 (activity)"
    assert rows["threshold"] == "0.75"
    assert rows["cells"] == "2"


@pytest.mark.parametrize("ending", [".npz", ".npy", ".mat", ".csv", ".nwb"])
def test_a_prediction_in_every_form(tmp_path: Path, ending: str) -> None:
    if ending == ".nwb":
        pytest.importorskip("pynwb")
    probability = np.zeros((2, 10), np.float32)
    probability[0, :5] = 0.8
    path = tmp_path / f"prediction{ending}"
    cells = make_cells([(np.array([n]), np.array([n]), np.ones(1)) for n in range(4)], 8, 8, "test")
    write_results(path, results_of(probability, [3, 1], "general", threshold=0.75), cells)
    ((title, rows),) = describe(path)
    shown = dict(rows)
    assert title == f"Prediction {path}"
    assert shown["frames"] == "10"
    if ending == ".npy":  # an array alone
        assert (shown["cells"], shown["threshold"]) == ("2", "0.5 (not stated)")
        return
    assert shown["maker"] == "general 1 (activity)"
    assert shown["cells"] in ("2, numbered 3, 1", "2, numbered 1, 3")
    assert shown["threshold"] == "0.75"


def test_info_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_predictions(tmp_path / "p.npz", np.zeros((2, 10), np.float32), threshold=0.75)
    assert main(["info", str(path), "--json"]) == 0
    ((section),) = json.loads(capsys.readouterr().out)
    assert ["threshold", "0.75"] in section["rows"]


def test_folder_of_a_recording(
    movie_tif: Path,
    cells_npz: Path,
    truth_npz: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["info", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for word in ("Movie", "Cells", "Truth"):
        assert f"{word} {tmp_path}" in out
    assert "  frames          40\n" in out


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.zeros(3)}, r"found x \(numbers 3\) in .*odd.npz"),
        ({"active": np.zeros(3)}, "Expected an array of cells x frames, found 3"),
        ({"probability": np.zeros((2, 0))}, "found 2 x 0"),
        ({"probability": np.zeros((1, 2)), "meta": np.array("{")}, "Expected JSON text"),
        ({"probability": np.zeros((1, 2)), "meta": np.zeros(2)}, "Expected JSON text"),
    ],
)
def test_odd_npz(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(InputError, match=said):
        describe(tmp_path / "odd.npz")


@pytest.mark.parametrize("name", ["missing.tif", "missing.npz", "missing", "missing.roi"])
def test_nothing_there(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(tmp_path / name)]) == 2
    assert name in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a.tif", "a.npy", "a.npz", "a.txt", "a.roi", "a.h5", "card.json"])
def test_a_file_of_rubbish(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is no such file at all")
    with pytest.raises(InputError):
        describe(tmp_path / name)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Expected a movie or cells, found neither"):
        describe(tmp_path)


def test_flattened() -> None:
    values = {"a": {"b": 0.123456789, "c": ""}, "d": list(range(10)), "e": "two\nlines", "f": None}
    assert flattened(values) == [
        ("a.b", "0.123457"),
        ("d", "0, 1, 2, 3, 4, 5, 6, 7, … (10 in all)"),
        ("e", "two lines"),
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "0.5 s"), (59.94, "59.9 s"), (250, "4 min 10 s"), (7380, "2 h 3 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_a_suite2p_folder_lacks_is_told_beside_what_it_has(tmp_path: Path) -> None:
    """A .bin without its options cannot be opened, the cells can."""
    cell = {"ypix": np.array([1, 2]), "xpix": np.array([3, 3])}
    np.save(tmp_path / "stat.npy", np.array([cell], dtype=object), allow_pickle=True)
    (tmp_path / "data.bin").write_bytes(bytes(100))
    (cells, rows), (movie, refused) = describe(tmp_path)
    assert cells.startswith("Cells")
    assert dict(rows)["cells"] == "1"
    assert movie.startswith("Movie")
    assert "ops.npy" in dict(refused)["cannot be read"]


def test_a_movie_is_not_read_again_as_masks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A movie of decimal numbers could be a stack of masks; trying would read all of it."""
    np.save(tmp_path / "movie.npy", np.ones((5, 4, 4), np.float32))

    def read_all(*_given: object) -> None:
        raise AssertionError("all of the movie was read")

    monkeypatch.setattr("deepcinac.formats.load_cells", read_all)
    assert rows_of(tmp_path / "movie.npy")["frames"] == "5"


def test_a_damaged_file_is_damaged_as_either(tmp_path: Path) -> None:
    """The reason is said once."""
    path = tmp_path / "x.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(InputError, match="neither"):
        describe(path)


def test_a_curve_of_another_method(tmp_path: Path) -> None:
    values = np.zeros((2, 10), np.float32)
    values[:, 3:5] = 0.5
    values[:, 0] = np.nan
    np.save(tmp_path / "cascade.npy", values)
    rows = rows_of(tmp_path / "cascade.npy")
    assert rows["maker"] == "cascade (method)"
    assert rows["without a value"] == "10.0% of the frames"
    assert rows["mean probability"] == "0.1111"
    np.save(tmp_path / "F.npy", 300 + values)
    assert "looks like raw fluorescence" in rows_of(tmp_path / "F.npy")["asked"]


@pytest.mark.parametrize("place", ["suite2p", "plane0"])
@pytest.mark.parametrize("spoiled", ["iscell.npy", "ops.npy"])
def test_a_refused_part_of_a_suite2p_folder_is_told(
    tmp_path: Path, place: str, spoiled: str
) -> None:
    plane = tmp_path / "suite2p" / "plane0"
    plane.mkdir(parents=True)
    stat = [{"ypix": np.arange(4), "xpix": np.arange(4), "lam": np.ones(4)}]
    np.save(plane / "stat.npy", np.array(stat, dtype=object))
    np.save(plane / "iscell.npy", np.ones((1, 2)))
    ops = {"Ly": 8, "Lx": 9, "nframes": 3, "fs": 10.0}
    np.save(plane / "ops.npy", np.array(ops, dtype=object))
    np.zeros((3, 8, 9), "<i2").tofile(plane / "data.bin")
    (plane / spoiled).write_bytes(b"damaged")
    folder = plane if place == "plane0" else plane.parent
    said = {title.split()[0]: dict(rows) for title, rows in describe(folder)}
    if spoiled == "iscell.npy":
        assert said["Movie"]["frames"] == "3"
        assert "iscell.npy" in said["Cells"]["cannot be read"]
    else:
        assert "ops.npy" in said["Movie"]["cannot be read"]
        assert said["Cells"]["cells"] == "1"
        assert "ops.npy" in said["Cells"]["warning"]


def test_a_movie_that_is_shorter_than_its_options_say_is_told_beside_the_cells(
    tmp_path: Path,
) -> None:
    stat = [{"ypix": np.arange(4), "xpix": np.arange(4), "lam": np.ones(4)}]
    np.save(tmp_path / "stat.npy", np.array(stat, dtype=object))
    ops = {"Ly": 8, "Lx": 9, "nframes": 3, "fs": 10.0}
    np.save(tmp_path / "ops.npy", np.array(ops, dtype=object))
    np.zeros((2, 8, 9), "<i2").tofile(tmp_path / "data.bin")  # one frame is missing
    said = {title.split()[0]: dict(rows) for title, rows in describe(tmp_path)}
    assert said["Cells"]["cells"] == "1"
    assert "data.bin" in said["Movie"]["cannot be read"]
    assert "432 bytes" in said["Movie"]["cannot be read"]
