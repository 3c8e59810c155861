"""Segments of a .cinac whose movie is gone: a crop of 20 x 25 pixels with the cell and two others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepcinac.cli import create, gui, main
from deepcinac.errors import InputError
from deepcinac.formats import load_cells
from deepcinac.formats.cinac import described, movie_of, read_cinac
from deepcinac.formats.cinac_segments import (
    cells_address,
    crop_address,
    open_crop,
    segment_numbered,
)
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.movie_readers import open_movie

Writer = Callable[..., Path]
Runner = Callable[..., tuple[int, str, str]]
N_FRAMES, HEIGHT, WIDTH = 30, 20, 25
CROP = np.random.default_rng(0).normal(0, 1, (N_FRAMES, HEIGHT, WIDTH))
CELL = np.array([[8, 12, 12, 8], [6, 6, 9, 9]])  # x and y: 4 rows, 5 columns
NEIGHBOUR = CELL + [[14], [0]]  # x 22 to 26: two of its columns lie beyond the crop
FAR = CELL + [[40], [0]]
OUTLINES = [CELL, CELL]
RATES = ("--frame-rate", "10", "--pixel-size", "2", "--accept", "unlikely-cells")


@pytest.fixture
def old(tmp_path: Path, write_cinac: Writer) -> Path:
    """Cell 3 from frame 40 to 69, active at its edge, and a segment without a crop."""
    segments = [
        {"cell": 1, "first": 0, "last": 9, "active": [(2, 4)], "has_crop": False},
        {"cell": 3, "first": 40, "last": 69, "active": [(40, 44), (50, 53)],
         "doubtful": [(60, 61)], "cell_type": "interneuron", "crop": CROP,
         "outlines": [CELL, NEIGHBOUR, FAR], "invalid": [1]},
    ]  # fmt: skip
    whole = [CELL + [[5 * shift], [0]] for shift in range(4)]
    return write_cinac(tmp_path / "old.cinac", segments, whole, movie="/data/gone.tif", invalid=[2])


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Runner:
    """Runs a command in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(main, "COMMANDS", (gui, create))

    def runner(*arguments: str) -> tuple[int, str, str]:
        status = main.main(list(arguments))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return runner


def test_the_way_out_is_named_where_the_movie_is_gone(run: Runner, old: Path) -> None:
    status, _, err = run("create", "new.deepcinac", "--from", "old.cinac", *RATES)
    assert status == 2
    assert "found nothing at /data/gone.tif in old.cinac. Name the movie (--movie)" in err
    assert "deepcinac create --from old.cinac --segment N OUT.deepcinac, N being one of" in err
    assert "1: cell 3, frames 40-69" in err
    assert "0: cell 1" not in err  # it has no crop
    assert not Path("new.deepcinac").exists()


def test_a_session_of_a_segment(run: Runner, old: Path) -> None:
    status, out, err = run(
        "create", "new.deepcinac", "--from", "old.cinac", "--segment", "1", *RATES
    )
    assert (status, err) == (0, "")
    assert out.splitlines()[:3] == [
        "new.deepcinac: 2 cells, 30 frames of 20 x 25 pixels in new-segment-1.tif, 10 Hz, 2 um a pixel",
        "new.deepcinac: segment 1 of old.cinac: cell 0 here is cell 3 and frame 0 here is frame 40 of "
        "the recording",
        "new.deepcinac: layer old (expert), 2 transients in 1 judged stretch (30 frames of 1 cell), "
        "1 doubtful",
    ]
    assert "1 transient at the edge of a judged stretch may be cut" in out
    with Session.open("new.deepcinac") as session, open_movie(session.movie_address()) as movie:
        assert movie.shape == (N_FRAMES, HEIGHT, WIDTH)
        np.testing.assert_allclose(movie.frames(0, N_FRAMES), CROP, atol=1e-6)
        assert Path(session.movie_address()).name == "new-segment-1.tif"
        cells = session.cells()
        assert (cells.cells[0].ypix.min(), cells.cells[0].xpix.min()) == (6, 8)
        assert [len(cell.xpix) for cell in cells.cells] == [4 * 5, 4 * 3]
        assert session.cell_state(0).valid
        assert not session.cell_state(1).valid
        assert session.cell_state(0).type == "interneuron"
        labels = read_labels(session, "old")
        assert labels.transients.tolist() == [[0, 0, 4], [0, 10, 13]]
        assert labels.spans["labelled"].tolist() == [[0, 0, 29]]
        assert labels.spans["doubtful"].tolist() == [[0, 20, 21]]
        assert session.layer("old").meta == {
            "imported_from": "old.cinac", "segment": 1, "cell": 3, "first_frame": 40,
        }  # fmt: skip


def test_nothing_is_replaced_and_nothing_left_behind(run: Runner, old: Path) -> None:
    arguments = ("create", "new.deepcinac", "--from", "old.cinac", "--segment", "1", *RATES)
    assert run(*arguments)[0] == 0
    before = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    status, _, err = run(*arguments)
    assert status == 2
    assert "not used yet" in err
    Path("new-segment-1.tif").rename("kept.tif")
    assert run(*arguments)[0] == 2  # the session is there
    assert not Path("new-segment-1.tif").exists()
    Path("kept.tif").rename("new-segment-1.tif")
    assert {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "old.cinac", "--segment", "0", *RATES], "1: cell 3, frames 40-69"),
        (["--from", "old.cinac", "--segment", "-1", *RATES], "1: cell 3, frames 40-69"),
        (["--segment", "1", *RATES], "--from FILE.cinac beside --segment"),
        (["--from", "old.cinac", "--segment", "1", "--movie", "m.tif", *RATES], "--segment alone"),
        (["--from", "old.cinac", "--segment", "1"], "Add --frame-rate HZ"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    run: Runner, old: Path, arguments: list[str], said: str
) -> None:
    status, _, err = run("create", "new.deepcinac", *arguments)
    assert status == 2
    assert said in err
    assert list(Path().glob("new*")) == []


def test_a_file_without_crops_says_so(tmp_path: Path, write_cinac: Writer) -> None:
    one = {"cell": 1, "first": 0, "last": 9, "has_crop": False}
    path = write_cinac(tmp_path / "a.cinac", [one], OUTLINES, movie="/data/gone.tif")
    content = read_cinac(path)
    assert described(content) == {}
    with pytest.raises(InputError, match="holds no part of it that could be shown instead"):
        movie_of(content)
    with pytest.raises(InputError, match="segments with their part of the movie, found none"):
        segment_numbered(content, 0)


def test_crop_and_cells_are_read_where_they_lie(old: Path) -> None:
    content = read_cinac(old)
    segment = segment_numbered(content, 1)
    movie = open_crop(crop_address(content, segment))
    assert movie is not None
    assert movie.shape == (N_FRAMES, HEIGHT, WIDTH)
    np.testing.assert_array_equal(
        movie.patch(3, 5, 2, 6, 1, 9), CROP[3:5, 2:6, 1:9].astype(np.float32)
    )
    assert open_crop("movie.tif") is None
    assert open_crop("old.cinac:/full_data/ci_movie") is None
    for field in (None, (HEIGHT, WIDTH)):
        assert len(load_cells(cells_address(content, segment), field)) == 2
    with pytest.raises(InputError, match="a labelled segment called cell_9_0_1"):
        load_cells(f"{old}#cell_9_0_1")


@pytest.mark.parametrize("shape", [(7, 20, 25), (30, 500), (30, 0, 25), (30, 2, 2000)])
def test_a_crop_of_another_length_is_none(old: Path, shape: tuple[int, ...]) -> None:
    with h5py.File(old, "a") as file:
        del file["cell_3_40_69/ci_movie"]
        file["cell_3_40_69/ci_movie"] = np.zeros(shape)
    assert described(read_cinac(old)) == {}


def test_a_cell_outside_its_own_crop_is_refused(
    run: Runner, tmp_path: Path, write_cinac: Writer
) -> None:
    one = {"cell": 0, "first": 0, "last": 29, "crop": CROP, "outlines": [FAR]}
    write_cinac(tmp_path / "a.cinac", [one])
    status, _, err = run("create", "a.deepcinac", "--from", "a.cinac", "--segment", "0", *RATES)
    assert status == 2
    assert "cell 0 at y 6 to 9, x 48 to 52" in err
    assert list(tmp_path.glob("a*.tif")) == []
