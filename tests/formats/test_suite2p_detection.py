"""From a movie to a session through suite2p's process, with a stand-in for suite2p itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.formats.suite2p_detection import Scaling, detect, folder_of, scaling_of
from deepcinac.formats.suite2p_runner import merged, with_fitting_blocks
from deepcinac.labelling.session import Session
from deepcinac.progress import ProgressEvent
from deepcinac.recording.movie_readers import open_movie
from helpers import standin_suite2p as standin

HELPERS = Path(__file__).parents[1] / "helpers"


@pytest.fixture(autouse=True)
def suite2p(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package called suite2p on the path of this interpreter's children."""
    folder = tmp_path_factory.mktemp("path")
    shutil.copy(HELPERS / "standin_suite2p.py", folder / "suite2p.py")
    monkeypatch.setenv("PYTHONPATH", str(folder))


def frames(n_frames: int = 60) -> np.ndarray:
    """Two bright squares on 16 x 20 pixels; the first flashes in frame 10."""
    movie = np.full((n_frames, 16, 20), 100, np.uint16)
    movie[:, 2:5, 3:6] = 1000
    movie[10, 2:5, 3:6] = 3000
    movie[:, 9:12, 12:16] = 800
    return movie


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Compressed, which suite2p 1.1 reads as noise."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, frames(), compression="zlib")
    return path


def run(movie: Path, *more: str) -> int:
    out = str(movie.with_name("s.deepcinac"))
    return main(
        ["detect", str(movie), "--out", out, "--frame-rate", "10", "--pixel-size", "2", *more]
    )


def test_all_rois_become_cells_and_the_movie_is_the_registered_one(
    movie: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(movie, "--progress", "none") == 0
    assert "2 cells found, 1 accepted by suite2p" in capsys.readouterr().out
    with Session.open(movie.with_name("s.deepcinac"), read_only=True) as session:
        cells = session.cells()
        assert [len(cell.ypix) for cell in cells.cells] == [9, 12]
        assert [state.valid for state in session.cell_states()] == [True, False]
        address = session.movie_address()
        assert Path(address) == folder_of(session.path) / "suite2p" / "plane0" / "data.bin"
        with open_movie(address) as registered:
            np.testing.assert_array_equal(registered.frames(0, 60), frames())
        (layer,) = session.layers()
        assert (layer.name, layer.kind) == ("suite2p spks", "method")
        results = session.results(layer.id)
        assert results["curve"].array[:, 10].tolist() == [2000, 0]
        maker = results.maker
        assert (maker.task, maker.version) == ("method", "1.1.0 (stand-in)")
        assert maker.settings["suite2p"]["registration"] == {"block_size": [8, 10]}
        assert maker.settings["input"] == {"offset": 0.0, "factor": 1.0}
    assert not (folder_of(movie.with_name("s.deepcinac")) / "unfinished").exists()


def test_the_session_still_finds_its_movie_when_both_are_moved(movie: Path) -> None:
    assert run(movie, "--progress", "none") == 0
    there = movie.parent / "elsewhere"
    there.mkdir()
    for name in ("s.deepcinac", "s-suite2p"):
        shutil.move(str(movie.with_name(name)), str(there / name))
    with Session.open(there / "s.deepcinac", read_only=True) as session:
        assert Path(session.movie_address()).is_relative_to(there)


def test_settings_come_from_a_file(movie: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = movie.with_name("s.toml")
    file.write_text("tau = 0.7\n[detection]\nthreshold_scaling = 1.8\n", encoding="utf-8")
    assert run(movie, "--settings", str(file), "--progress", "none") == 0  # 900: one square less
    assert "1 cells found" in capsys.readouterr().out
    with Session.open(movie.with_name("s.deepcinac"), read_only=True) as session:
        used = session.results("suite2p spks").maker.settings["suite2p"]
    assert (used["tau"], used["fs"], used["detection"]["threshold_scaling"]) == (0.7, 10, 1.8)


@pytest.fixture
def without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in in this process, for what does not depend on suite2p's own."""

    def run_here(plane: Path, shape: Any, settings: Any, *_: Any) -> tuple[dict[str, Any], str]:
        used = with_fitting_blocks(merged(standin.default_settings(), settings), *shape[1:])
        sizes = dict(zip(("nframes", "Ly", "Lx"), shape, strict=True))
        standin.run_s2p({"save_path": plane, "reg_file": plane / "data.bin", **sizes}, used)
        np.save(plane / "ops.npy", np.array({**sizes, "fs": used["fs"]}, dtype=object))
        return used, standin.version

    monkeypatch.setattr("deepcinac.formats.suite2p_detection._run", run_here)


@pytest.mark.usefixtures("without_a_process")
def test_series_borders_and_questions_of_a_movie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Two channels, a border that is NaN, a pixel size that no recording has, another rate than typed."""
    green = frames().astype(np.float32)
    green[:, 0] = np.nan
    both = np.stack([green, green / 10], axis=1)
    metadata = {"axes": "TCYX", "finterval": 0.05}
    tifffile.imwrite(tmp_path / "rec.tif", both, imagej=True, metadata=metadata)
    out = tmp_path / "s.deepcinac"
    command = ["detect", str(tmp_path / "rec.tif"), "--out", str(out), "--frame-rate", "10"]
    command += ["--pixel-size", "0.05", "--progress", "none"]
    assert main(command) == 2
    assert "--series channel1" in capsys.readouterr().err
    command += ["--series", "channel1", "--mask-nan"]
    assert main(command) == 2
    assert "add --accept pixel-size" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["rec.tif"]
    assert main([*command, "--accept", "pixel-size"]) == 0
    assert "2 cells found" in capsys.readouterr().out
    assert "is 20 Hz, you say 10 Hz" in caplog.text
    with Session.open(out, read_only=True) as session:
        assert session.opening().overruled == {
            "accepted": ["pixel-size"],
            "frame_rate_hz": {"file": 20.0, "given": 10.0},
        }
        assert session.results("suite2p spks").info["series"] == "channel1"
        with open_movie(session.movie_address()) as registered:
            shown = registered.frames(0, 60)
        np.testing.assert_array_equal(shown[:, 1:], frames()[:, 1:])
        assert shown[:, 0].min() == 100  # filled, not the lowest number of 16 bits


def test_progress_tells_the_stages(movie: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(movie, "--progress", "jsonl") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    stages = list(dict.fromkeys(event["stage"] for event in events))
    assert stages == ["looking at the grey levels", "copying the movie", "starting suite2p",
                      "registering", "finding cells", "done"]  # fmt: skip
    assert {"stage": "registering", "done": 40, "total": 100, "message": ""} in events


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[detection]\nthreshold_scalling = 2\n",
            "found 'detection.threshold_scalling' in the settings",
        ),
        ("detection = 3\n", "found 'detection'"),
        ("fs = 30.0\n", "the frame rate of the movie"),
        ("[io]\ndelete_bin = true\n", "io.delete_bin = false"),
        ("tau = \n", "a TOML file"),
        ("[detection]\nthreshold_scaling = 99\n", "Expected cells in the movie, found none"),
    ],
)
def test_settings_that_cannot_be(
    movie: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = movie.with_name("s.toml")
    file.write_text(text, encoding="utf-8")
    assert run(movie, "--settings", str(file), "--progress", "none") == 2
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in movie.parent.iterdir()) == ["movie.tif", "s.toml"]


@pytest.mark.parametrize(
    ("python", "standin", "said"),
    [
        ("no/such/python", "", "Expected a Python that has suite2p"),
        ("", "torchvision", "Expected torch and torchvision of one kind"),
        ("", "die", "'Segmentation fault'"),
    ],
)
def test_a_suite2p_that_does_not_run(
    movie: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    python: str,
    standin: str,
    said: str,
) -> None:
    monkeypatch.setenv("STANDIN", standin)
    more = ("--suite2p-python", python) if python else ()
    assert run(movie, "--progress", "none", *more) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in movie.parent.iterdir()] == ["movie.tif"]


def test_without_suite2p_the_sentence_says_how_to_install_it(
    movie: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PYTHONPATH")
    assert run(movie, "--progress", "none") == 2
    message = capsys.readouterr().err
    assert "Expected suite2p 1.1, found none" in message
    assert "pip install suite2p" in message


def test_a_run_can_be_cancelled_and_leaves_nothing(
    movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANDIN", "hang")

    def cancel(event: ProgressEvent) -> None:
        if event.stage == "registering":
            raise KeyboardInterrupt

    with open_movie(movie) as opened, pytest.raises(KeyboardInterrupt):
        detect(opened, movie.with_name("s.deepcinac"), 10.0, 2.0, progress=cancel)
    assert [path.name for path in movie.parent.iterdir()] == ["movie.tif"]


def test_what_a_killed_run_left_is_replaced_and_nothing_else(movie: Path) -> None:
    folder = movie.with_name("s-suite2p")
    folder.mkdir()
    (folder / "mine.txt").touch()
    assert run(movie, "--progress", "none") == 2
    assert (folder / "mine.txt").exists()
    (folder / "unfinished").touch()
    assert run(movie, "--progress", "none") == 0
    assert not (folder / "mine.txt").exists()


def test_a_short_movie_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    np.save(tmp_path / "short.npy", frames(49))
    with open_movie(tmp_path / "short.npy") as opened, pytest.raises(InputError, match="50 frames"):
        detect(opened, tmp_path / "s.deepcinac", 10.0, 2.0)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "scaling"),
    [
        ("u2", 0, 32_767, Scaling()),
        ("u2", 0, 65_535, Scaling(0.0, 0.5)),
        ("f4", 0.0, 2000.0, Scaling()),
        ("f4", -1.0, 4.0, Scaling(-1.0, 6000.0)),
        ("f4", 2.0, 2.0, Scaling(2.0, 1.0)),
    ],
)
def test_grey_levels_keep_to_16_bits(dtype: str, low: float, high: float, scaling: Scaling) -> None:
    assert scaling_of(np.dtype(dtype), low, high) == scaling
    ends = scaling.apply(np.array([low, high, np.nan] if dtype == "f4" else [low, high], dtype))
    assert ends.dtype == np.dtype("<i2")
    expected = (np.array([low, high]) - scaling.offset) * scaling.factor
    assert np.abs(ends[:2] - expected).max() <= 0.5  # rounded, or halved as suite2p halves


def test_a_block_is_always_smaller_than_the_field() -> None:
    given = {"registration": {"block_size": [128, 128], "nonrigid": True}}
    assert with_fitting_blocks(given, 96, 512)["registration"]["block_size"] == [48, 128]
    assert with_fitting_blocks(given, 128, 129)["registration"]["block_size"] == [64, 128]
    assert merged({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}}) == {"a": 1, "b": {"c": 3}}
