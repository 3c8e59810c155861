"""``deepcinac predict`` from a movie and from a session, and what it says when something is missing."""

import json

import numpy as np
import pytest

from deepcinac.batch.commands import Commands, Rules
from deepcinac.batch.table import read_table
from deepcinac.cli.main import build_parser, main
from deepcinac.cli.predict_parts import splitter
from deepcinac.files import read_npz
from deepcinac.labelling.session import Session
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.recording.cells import read_cells
from deepcinac.results.files import read_results
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.activity import model, prediction
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
    given = [*_options(toy), "--out", "p.npz"]
    if change[0] in given:  # in its place: an option is refused the second time
        place = given.index(change[0])
        given[place : place + 2] = []
    try:
        status = main(["predict", *given, *change])
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


# Into sessions


@pytest.fixture
def sessions(toy, tmp_path):
    """Two copies of the session."""
    folder = toy / "movie"
    cells = read_cells(folder / "cells.npz")
    paths = [tmp_path / f"{name}.deepcinac" for name in "ab"]
    for path in paths:
        Session.create(path, folder / "movie.tif", (120, 32, 32), cells, 10.0, 2.0).close()
    return paths


def _into(toy, paths, *more):
    return ["predict", *map(str, paths), "--classifier", str(toy / "fresh"), *QUIET, *more]


def test_several_sessions_get_a_layer_each_and_the_network_is_loaded_once(
    toy, sessions, capsys, monkeypatch
):
    loaded = []
    load = model.load_network
    monkeypatch.setattr(model, "load_network", lambda c: loaded.append(c) or load(c))
    select = ["--select", "0", "--select", "2"]
    assert main(_into(toy, sessions, *select, "--threshold", "0.4")) == 0
    assert len(loaded) == 1
    assert "a.deepcinac: layer fresh, 2 cells, 120 frames" in capsys.readouterr().out
    for path in sessions:
        with Session.open(path) as session:
            (layer,) = session.layers()
            assert (layer.kind, layer.name, layer.threshold) == ("classifier", "fresh", 0.4)
            assert session.predicted_cells(layer.id).tolist() == [0, 2]
            assert layer.maker.weights_sha256
            assert layer.maker.input_fingerprint
        assert [x.name for x in path.parent.glob(".*")] == []


def test_the_same_again_joins_the_layer_and_a_new_threshold_counts(toy, sessions):
    path = sessions[0]
    assert main(_into(toy, [path], "--select", "0")) == 0
    assert main(_into(toy, [path], "--select", "1", "--threshold", "0.3")) == 0
    with Session.open(path) as session:
        (layer,) = session.layers()
        assert session.predicted_cells(layer.id).tolist() == [0, 1]
        assert layer.threshold == 0.3
        session.undo()
        assert session.layer(layer.id).threshold == 0.5


def test_the_layer_is_that_of_the_file(toy, sessions, tmp_path):
    path, out = sessions[0], tmp_path / "p.npz"
    assert main(_into(toy, [path])) == 0
    assert main(_into(toy, [path], "-o", str(out))) == 0
    with Session.open(path) as session:
        found = session.results("fresh")
        written = read_results(out)
        np.testing.assert_array_equal(found["probability"].array, written["probability"].array)
        assert found.maker.identity == written.maker.identity
        assert found["probability"].footprints == written["probability"].footprints
    assert main(["import", str(path), str(out)]) == 0  # joins the layer of the same maker
    with Session.open(path) as session:
        assert len(session.layers()) == 1


def test_a_session_that_somebody_holds_is_refused_before_anything_is_computed(
    toy, sessions, capsys, monkeypatch
):
    monkeypatch.setattr(prediction, "predict", None)  # not reached
    with Session.open(sessions[1]):
        assert main(_into(toy, sessions)) == 2
    said = capsys.readouterr().err
    assert "one that is opened by" in said
    assert "b.deepcinac" in said
    assert "--out" in said


def test_a_movie_that_is_gone_is_told_before_the_other_session_is_predicted(
    toy, sessions, tmp_path, capsys
):
    frames = tmp_path / "gone.npy"
    np.save(frames, np.zeros((5, 32, 32), np.uint16))
    with Session.open(sessions[0]) as session:
        cells = session.cells()
    path = tmp_path / "c.deepcinac"
    Session.create(path, frames, (5, 32, 32), cells, 10.0, 2.0).close()
    frames.unlink()
    assert main(_into(toy, [sessions[0], path])) == 2
    assert "gone.npy" in capsys.readouterr().err
    with Session.open(sessions[0]) as session:
        assert session.layers() == []


def test_a_file_is_not_overwritten(toy, sessions, tmp_path, capsys):
    out = tmp_path / "p.npz"
    out.write_bytes(b"mine")
    assert main(_into(toy, sessions[:1], "-o", str(out))) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_bytes() == b"mine"
    assert main(_into(toy, sessions[:1], "-o", str(out), "--force", "-q")) == 0
    assert capsys.readouterr().out == ""
    assert read_results(out)["probability"].array.shape == (3, 120)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--layer", "x", "-o", "p.npz"], "--layer without --out"),
        (["SECOND", "-o", "p.npz"], "one session with --out"),
        (["FIRST"], "every session once"),
        (["--movie", "m.tif", "--cells", "c.npz"], "both"),
        (["--cells", "c.npz"], "the session's own cells"),
    ],
)
def test_sessions_and_options_that_do_not_go_together(toy, sessions, capsys, change, message):
    names = {"FIRST": str(sessions[0]), "SECOND": str(sessions[1])}
    more = [names.get(word, word) for word in change]
    given = ["predict", str(sessions[0]), *more, "--classifier", str(toy / "fresh")]
    assert main(given) == 2
    assert message in capsys.readouterr().err


def test_a_movie_needs_a_file_to_write(toy, capsys):
    assert main(["predict", *_options(toy)]) == 2
    assert "--out FILE with --movie" in capsys.readouterr().err


# In parts, as a batch does it


@pytest.mark.parametrize("where", ["session", "file", "nwb"])
def test_parts_make_what_one_run_makes(toy, sessions, tmp_path, where):
    """Blocks of two cells, each predicted by itself, then written by one writer."""
    if where == "nwb":
        pytest.importorskip("pynwb")
    header, row = "command,session,classifier", f"predict,{sessions[0]},{toy / 'fresh'}"
    if where != "session":
        ending = {"file": "npz", "nwb": "nwb"}[where]
        header, row = f"{header},out", f"{row},joined.{ending}"
    if where == "nwb":
        header += ",session-start,excitation-nm,emission-nm,indicator,location"
        row += ",2020-01-01T12:00:00+00:00,920,510,GCaMP6s,CA1"
    (tmp_path / "table.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    commands = Commands(build_parser(), Rules())
    (row,) = read_table(tmp_path / "table.csv", commands)
    split = splitter(2)(row, tmp_path / "parts")
    assert [words[2] for words, _ in split.parts] == ["--select=0-1", "--select=2"]
    for words, file in split.parts:
        assert main([*words[:1], *QUIET, *words[1:]]) == 0
        assert file.exists()
    assert "3 cells, 120 frames" in split.keep()
    whole = ["predict", str(sessions[1]), "--classifier", str(toy / "fresh"), *QUIET]
    assert main([*whole, "--out", str(tmp_path / "whole.npz")]) == 0
    expected = read_results(tmp_path / "whole.npz")
    if where == "session":
        with Session.open(sessions[0], read_only=True) as session:
            found = session.results("fresh")
    else:
        found = read_results(row.args.out)
    assert np.abs(found["probability"].array - expected["probability"].array).max() < 1e-5
    assert found["probability"].cells.tolist() == [0, 1, 2]
    assert found.maker.identity == expected.maker.identity


def test_a_row_of_predict_that_is_not_split(toy, sessions, tmp_path):
    (tmp_path / "table.csv").write_text(
        f"command,session,out,live\npredict,{sessions[0]},p.npz,\n"
        f"predict,{sessions[0]},q.npz,live.npy\n",
        encoding="utf-8",
    )
    first, live = read_table(
        tmp_path / "table.csv", Commands(build_parser(), Rules(written=("out", "live")))
    )
    assert splitter(None)(first, tmp_path) is None
    assert splitter(3)(first, tmp_path) is None, "three cells are one block"
    assert splitter(2)(live, tmp_path) is None, "one process writes a live file"
