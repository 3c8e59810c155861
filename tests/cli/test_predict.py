"""``deepcinac predict`` from a movie and from a session, and what it says when something is missing."""

import json

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.files import read_npz
from deepcinac.labelling.session import Session
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.recording.cells import read_cells
from deepcinac.simulation.movie import simulate
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.activity.model import COMPACT, activity_card, build_network

QUIET = ["--progress", "none"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """120 frames of 32 x 32 px with 3 cells, its session, and a classifier that has learnt nothing."""
    root = tmp_path_factory.mktemp("toy")
    settings = preset_settings("small", seed=3, n_frames=120, height=32, width=32, n_cells=3)
    folder = simulate(settings, root / "movie")
    cells = read_cells(folder / "cells.npz")
    Session.create(
        root / "toy.deepcinac", folder / "movie.tif", (120, 32, 32), cells, 10.0, 2.0
    ).close()
    (root / "fresh").mkdir()
    build_network(COMPACT, seed=0).whole.save_weights(root / "fresh" / WEIGHTS_FILE)
    write_card(root / "fresh", activity_card("fresh"))
    return root


def _options(toy):
    folder = toy / "movie"
    return [
        *("--movie", str(folder / "movie.tif"), "--cells", str(folder / "cells.npz")),
        *("--frame-rate", "10", "--pixel-size", "2", "--classifier", str(toy / "fresh"), *QUIET),
    ]


def test_a_session_and_its_movie_give_the_same_prediction(toy, tmp_path, capsys):
    assert main(["predict", *_options(toy), "--out", str(tmp_path / "a.npz")]) == 0
    session = ["predict", str(toy / "toy.deepcinac"), "--classifier", str(toy / "fresh"), *QUIET]
    assert main([*session, "--out", str(tmp_path / "b.npz")]) == 0
    first, second = (read_npz(tmp_path / f"{name}.npz") for name in "ab")
    assert np.array_equal(first["probability"], second["probability"])
    assert first["probability"].shape == (3, 120)
    assert json.loads(str(first["meta"]))["threshold"] == 0.5
    assert "3 cells, 120 frames" in capsys.readouterr().out


def test_the_rates_in_the_file_are_used_when_none_are_given(toy, tmp_path):
    folder = toy / "movie"
    command = ["predict", "--movie", str(folder / "movie.tif"), "--cells"]
    command += [str(folder / "cells.npz"), "--classifier", str(toy / "fresh"), *QUIET]
    assert main([*command, "--select", "0,2", "--out", str(tmp_path / "p.npz")]) == 0
    found = read_npz(tmp_path / "p.npz")
    assert found["cells"].tolist() == [0, 2]
    assert json.loads(str(found["meta"]))["frame_rate_hz"] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--out", "p.xlsx"], ".npz"),
        (["--select", "0-9"], "cells from 0 to 2"),
        (["--classifier", "nobody"], "nobody"),
        (["--movie", "nothing.tif"], "nothing.tif"),
        (["--cells", "nothing.npy"], "nothing.npy"),
        (["--frame-rate", "0"], "above 0"),
        (["--pixel-size", "nan"], "above 0"),
        (["another.deepcinac"], "both"),
    ],
)
def test_mistakes_are_sentences_and_leave_no_file(
    toy, tmp_path, monkeypatch, capsys, change, message
):
    monkeypatch.chdir(tmp_path)
    command = ["predict", *_options(toy), "--out", "p.npz", *change]
    try:
        status = main(command)
    except SystemExit as stopped:  # argparse
        status = stopped.code
    assert status == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_neither_session_nor_movie(capsys):
    assert main(["predict", "--out", "p.npz"]) == 2
    assert "neither" in capsys.readouterr().err


def test_info_tells_what_a_session_holds(toy, capsys):
    assert main(["info", str(toy / "toy.deepcinac")]) == 0
    said = capsys.readouterr().out
    assert "120" in said
    assert "3, 3 valid" in said
    assert "nobody has labelled" in said
