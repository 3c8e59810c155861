"""create, import, export, merge and agreement, on a movie of 100 frames with three cells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli import agreement, create, export, gui, import_labels, info, main, merge, train
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells, save_cells
from deepcinac.results.files import read_results
from helpers.predictions import write_predictions

N_FRAMES = 100
HEAD = "cell,onset_frame,peak_frame\n"
ANNA = HEAD + "0,10,14\n0,30,34\n1,50,59\n"
BEN = HEAD + "0,11,15\n1,50,57\n1,80,84\n"

Runner = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Runner:
    """Runs a command in this process, in a folder with movie.npy and cells.npz."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    commands = (gui, create, import_labels, export, merge, agreement)
    monkeypatch.setattr(main, "COMMANDS", commands)
    np.save("movie.npy", np.zeros((N_FRAMES, 12, 16), np.uint16))
    squares = [([1, 1, 2, 2], [x, x + 1, x, x + 1], None) for x in (1, 6, 11)]
    save_cells("cells.npz", make_cells(squares, 12, 16, "drawn"))
    save_cells("others.npz", make_cells(squares[::-1], 12, 16, "drawn"))

    def runner(*arguments: str) -> tuple[int, str, str]:
        status = main.main(list(arguments))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return runner


@pytest.fixture
def session(run: Runner) -> Runner:
    """The same with a session s.deepcinac and two files of labels."""
    assert run(*created("s.deepcinac"))[0] == 0
    Path("anna.csv").write_text(ANNA)
    Path("ben.csv").write_text(BEN)
    return run


def created(name: str, cells: str = "cells.npz") -> list[str]:
    rates = [
        "--frame-rate",
        "10",
        "--pixel-size",
        "2",
        "--accept",
        "unlikely-cells",
        "duplicate-cells",
    ]
    return ["create", name, "--movie", "movie.npy", "--cells", cells, *rates]


def labels(session: str, layer: str) -> list[list[int]]:
    with Session.open(session, read_only=True) as opened:
        return read_labels(opened, layer).transients.tolist()


def layers(session: str) -> list[tuple[str, str]]:
    with Session.open(session, read_only=True) as opened:
        return [(layer.name, layer.kind) for layer in opened.layers()]


def test_create(run: Runner) -> None:
    status, out, _ = run(*created("s.deepcinac"))
    assert status == 0
    assert out == "s.deepcinac: 3 cells, 100 frames of 12 x 16 pixels, 10 Hz, 2 um a pixel\n"
    with Session.open("s.deepcinac") as opened:
        assert (opened.n_cells, opened.recording.n_frames) == (3, 100)
        assert opened.movie_path() == Path("movie.npy").absolute()


def test_create_asks_for_what_the_file_does_not_say(run: Runner) -> None:
    status, _, err = run(*created("s.deepcinac")[:6])
    assert status == 2
    assert (
        "Expected the frame rate of the movie, found none in its file. Add --frame-rate HZ" in err
    )
    assert not Path("s.deepcinac").exists()


def test_create_replaces_nothing(session: Runner) -> None:
    before = Path("s.deepcinac").read_bytes()
    status, _, err = session(*created("s.deepcinac"))
    assert status == 2
    assert "not used yet" in err
    assert Path("s.deepcinac").read_bytes() == before
    assert session(*created("s.txt"))[0] == 2


def test_labels_in_and_out(session: Runner) -> None:
    status, out, _ = session("import", "s.deepcinac", "anna.csv", "--author", "Anna")
    assert (status, out) == (0, "s.deepcinac: layer anna (expert), 3 transients\n")
    assert labels("s.deepcinac", "anna") == [[0, 10, 14], [0, 30, 34], [1, 50, 59]]
    for ending in (".csv", ".npz", ".mat"):
        status, out, _ = session("export", "s.deepcinac", "--layer", "anna", "--out", f"a{ending}")
        assert (status, out) == (0, f"a{ending}: 3 transients (anna)\n")
        name = f"again{ending[1:]}"
        assert session("import", "s.deepcinac", f"a{ending}", "--layer", name)[0] == 0
        assert labels("s.deepcinac", name) == labels("s.deepcinac", "anna")
    with Session.open("s.deepcinac") as opened:
        assert {layer.author for layer in opened.layers()} == {"Anna"}
        assert opened.layer("anna").meta == {"imported_from": "anna.csv"}
        assert opened.undo() == "import a.mat"


def test_several_layers_in_one_table(session: Runner) -> None:
    for name in ("anna", "ben"):
        session("import", "s.deepcinac", f"{name}.csv")
    assert session("export", "s.deepcinac", "--out", "both.csv")[0] == 0
    assert session(*created("t.deepcinac"))[0] == 0
    status, _, err = session("import", "t.deepcinac", "both.csv", "--layer", "x")
    assert status == 2
    assert "found anna, ben in both.csv. Leave --layer out" in err
    assert session("import", "t.deepcinac", "both.csv")[0] == 0
    assert layers("t.deepcinac") == [("anna", "expert"), ("ben", "expert")]
    status, _, err = session("export", "s.deepcinac", "--out", "both.npz")
    assert status == 2
    assert "one layer for a file ending in .npz, found 2" in err


def test_a_layer_is_never_replaced(session: Runner) -> None:
    assert session("import", "s.deepcinac", "anna.csv", "--layer", "a")[0] == 0
    status, _, err = session("import", "s.deepcinac", "ben.csv", "--layer", "a")
    assert status == 2
    assert "not used yet" in err
    assert labels("s.deepcinac", "a")[0] == [0, 10, 14]


def test_all_judged(session: Runner) -> None:
    session("import", "s.deepcinac", "anna.csv", "--all-judged")
    with Session.open("s.deepcinac") as opened:
        spans = opened.all_spans(opened.layer("anna").id, "labelled")
    assert spans.tolist() == [[0, 0, 99], [1, 0, 99]]


def test_labels_of_another_recording(session: Runner) -> None:
    Path("x.csv").write_text(HEAD + "0,10,14\n3,1,2\n")
    status, _, err = session("import", "s.deepcinac", "x.csv")
    assert status == 2
    assert "Expected a cell from 0 to 2, found cell 3 in x.csv, line 3." in err
    assert layers("s.deepcinac") == []


def test_transients_of_another_method(session: Runner) -> None:
    assert session("import", "s.deepcinac", "anna.csv", "--kind", "method")[0] == 0
    assert layers("s.deepcinac") == [("anna", "method")]
    status, _, err = session("export", "s.deepcinac", "--out", "a.csv")
    assert status == 2
    assert "a layer of an expert, found anna (method)" in err


def test_predictions_in_and_out(session: Runner) -> None:
    probability = np.zeros((2, N_FRAMES), np.float32)
    probability[0, 10:15] = 0.9
    write_predictions(Path("p.npz"), probability, [2, 0], classifier="general", threshold=0.4)
    status, out, _ = session("import", "s.deepcinac", "p.npz")
    assert (status, out.splitlines()) == (
        0,
        [
            "s.deepcinac: layer general (classifier), 2 cells predicted",
            "s.deepcinac: no footprints are known, so cells were taken by their numbers",
        ],
    )
    with Session.open("s.deepcinac") as opened:
        assert opened.layer("general").meta["threshold"] == 0.4
        predicted = opened.prediction(opened.layer("general").id, 2)
        np.testing.assert_array_equal(predicted, probability[0])
    status, out, _ = session("export", "s.deepcinac", "--layer", "general", "--out", "q.npz")
    assert (status, out) == (0, "q.npz: 2 cells, 100 frames (general)\n")
    with np.load("q.npz") as arrays:
        assert arrays["cells"].tolist() == [0, 2]
        np.testing.assert_array_equal(arrays["probability"], probability[::-1])
        assert json.loads(str(arrays["meta"]))["threshold"] == 0.4
    assert session("export", "s.deepcinac", "--layer", "general", "--out", "q.csv")[0] == 0
    assert "2,10,14,1.000,1.400,0.9000,0.9000" in Path("q.csv").read_text()


def test_a_prediction_goes_through_zarr_and_stays_one(session: Runner) -> None:
    pytest.importorskip("zarr", "3")
    probability = np.zeros((2, N_FRAMES), np.float32)
    probability[0, 10:15] = 0.9
    write_predictions(Path("p.npz"), probability, [2, 0], classifier="general", threshold=0.4)
    session("import", "s.deepcinac", "p.npz")
    wanted = ("export", "s.deepcinac", "--layer", "general", "--out", "q.zarr")
    assert session(*wanted)[:2] == (0, "q.zarr: 2 cells, 100 frames (general)\n")
    assert "found a folder in q.zarr" in session(*wanted)[2]
    assert session(*wanted, "--force")[0] == 0
    assert session(*created("t.deepcinac"))[0] == 0
    assert session("import", "t.deepcinac", "q.zarr")[0] == 0
    status, _, err = session("import", "t.deepcinac", "q.zarr", "--kind", "expert")
    assert (status, "found a prediction in q.zarr" in err) == (2, True)
    with Session.open("t.deepcinac", read_only=True) as opened:
        assert [(layer.name, layer.kind) for layer in opened.layers()] == [
            ("general", "classifier")
        ]
        np.testing.assert_array_equal(opened.prediction(opened.layers()[0].id, 2), probability[0])
    told = dict(info.describe("q.zarr")[0][1])
    assert (told["maker"], told["cells"]) == ("general 1 (activity)", "2, numbered 0, 2")


@pytest.mark.parametrize("ending", [".npz", ".mat", ".nwb", ".zarr"])
def test_an_array_of_which_nothing_is_known_goes_out_in_every_form(
    session: Runner, ending: str
) -> None:
    """No classifier, no hash, no threshold."""
    if ending == ".nwb":
        pytest.importorskip("pynwb")
    if ending == ".zarr":
        pytest.importorskip("zarr", "3")
    probability = np.zeros((3, N_FRAMES), np.float32)
    probability[1, 10:15] = 0.75
    np.save("p.npy", probability)
    assert session("import", "s.deepcinac", "p.npy")[0] == 0
    about = ("--session-start", "2026-11-27T10:30+01:00", "--accept", "unknown-wavelengths")
    wanted = ("export", "s.deepcinac", "--layer", "p", "--out", f"x{ending}")
    status, _, err = session(*wanted, *(about if ending == ".nwb" else ()))
    assert (status, err) == (0, "")
    back = read_results(Path(f"x{ending}"))
    assert (back.maker.task, back.maker.name, back.maker.weights_sha256) == ("method", "p", "")


def test_a_list_of_predicted_transients_stays_a_prediction(session: Runner) -> None:
    probability = np.zeros((2, N_FRAMES), np.float32)
    probability[0, 10:15] = 0.9
    write_predictions(Path("p.csv"), probability, [2, 0], classifier="general", threshold=0.4)
    status, out, _ = session("import", "s.deepcinac", "p.csv")
    assert (status, out.splitlines()[0]) == (
        0,
        "s.deepcinac: layer general (classifier), 2 cells predicted",
    )
    with Session.open("s.deepcinac") as opened:
        layer = opened.layer("general")
        assert opened.results(layer.id).maker.name == "general"
        assert np.flatnonzero(opened.prediction(layer.id, 2)).tolist() == [10, 11, 12, 13, 14]


def test_a_list_does_not_replace_the_probabilities_it_came_from(session: Runner) -> None:
    probability = np.full((2, N_FRAMES), 0.3, np.float32)
    for name in ("p.npz", "p.csv"):
        write_predictions(Path(name), probability, [2, 0], classifier="general", threshold=0.2)
    assert session("import", "s.deepcinac", "p.npz")[0] == 0
    status, _, err = session("import", "s.deepcinac", "p.csv")
    assert (status, "transients of its layer general" in err) == (2, True)
    with Session.open("s.deepcinac") as opened:
        assert opened.prediction(opened.layer("general").id, 2)[0] == np.float32(0.3)


@pytest.mark.parametrize("shape", [(3, 99), (4, 100)])
def test_a_prediction_of_another_recording(session: Runner, shape: tuple[int, int]) -> None:
    np.savez("p.npz", probability=np.zeros(shape, np.float32))
    status, _, err = session("import", "s.deepcinac", "p.npz")
    assert status == 2
    if shape[0] == 3:
        assert "100 frames, as s.deepcinac has, found probability of 99" in err
        assert "of another recording" in err
    else:
        assert "found 4 rows that do not say" in err
    np.savez("p.npz", probability=np.full((3, 100), 7.0))
    status, _, err = session("import", "s.deepcinac", "p.npz")
    assert (status, "from 0 to 1" in err) == (2, True)
    assert layers("s.deepcinac") == []


def test_merge(session: Runner) -> None:
    session("import", "s.deepcinac", "anna.csv")
    assert session(*created("t.deepcinac", "others.npz"))[0] == 0
    Path("carl.csv").write_text(HEAD + "2,10,15\n")  # cell 2 there is cell 0 here
    session("import", "t.deepcinac", "carl.csv")
    before = [Path(name).read_bytes() for name in ("s.deepcinac", "t.deepcinac")]
    status, out, _ = session("merge", "t.deepcinac", "s.deepcinac", "--out", "all.deepcinac")
    assert status == 0
    assert out.splitlines()[0] == "all.deepcinac: 3 cells, 2 layers"
    assert labels("all.deepcinac", "carl") == [[0, 10, 15]]
    assert before == [Path(name).read_bytes() for name in ("s.deepcinac", "t.deepcinac")]
    assert session("merge", "s.deepcinac", "t.deepcinac", "--out", "all.deepcinac")[0] == 2
    assert session("merge", "s.deepcinac", "--out", "one.deepcinac")[0] == 2


def test_agreement(session: Runner) -> None:
    for name in ("anna", "ben"):
        session("import", "s.deepcinac", f"{name}.csv")
    status, out, _ = session("agreement", "s.deepcinac", "--out", "report")
    assert status == 0
    title, heads, row, *rest = out.splitlines()
    assert heads.split()[:5] == ["cells", "frames", "transients", "matched", "F1"]
    # two pairs of 3 + 3 transients: onsets 1 and 0 apart, peaks 1 and 2
    assert row.split()[:8] == ["anna,", "ben", "2", "200", "3,", "3", "2", "0.667"]
    assert "0.5 (0.25 to 0.75) 0.05 s   1.5 (1.25 to 1.75) 0.15 s" in row
    assert rest[-1].startswith("2 disagreements to look at")
    content = json.loads(Path("report/agreement.json").read_text())
    assert content["pairs"][0]["total"]["n_matched"] == 2
    assert content["pairs"][0]["cells"]["1"]["peak_median_frames"] == 2
    table = Path("report/agreement.csv").read_text().splitlines()
    assert [line.split(",")[:3] for line in table[1:]] == [
        ["anna", "ben", "0"],
        ["anna", "ben", "1"],
        ["anna", "ben", "all"],
    ]
    found = Path("report/disagreements.csv").read_text().splitlines()
    assert found[1].startswith("0,30,34,missed,anna,ben,0,")
    status, out, _ = session("agreement", "s.deepcinac", "--json")
    assert json.loads(out)["n_disagreements"] == 2


def test_agreement_of_two_files_and_with_a_classifier(session: Runner) -> None:
    session("import", "s.deepcinac", "anna.csv", "--layer", "me")
    session(*created("t.deepcinac", "others.npz"))
    Path("x.csv").write_text(HEAD + "2,10,14\n")
    session("import", "t.deepcinac", "x.csv", "--layer", "me")
    status, out, _ = session("agreement", "t.deepcinac", "s.deepcinac")
    assert status == 0
    assert out.splitlines()[2].split()[:6] == ["t:", "me,", "s:", "me", "1", "100"]
    probability = np.zeros((3, N_FRAMES), np.float32)
    probability[0, 10:15] = 0.9
    np.savez("p.npz", probability=probability)
    session("import", "s.deepcinac", "p.npz", "--layer", "net")
    status, out, _ = session("agreement", "s.deepcinac", "--layers", "me", "net")
    assert out.splitlines()[2].split()[:7] == ["me,", "net", "2", "200", "3,", "1", "1"]


def test_consensus(session: Runner) -> None:
    for name in ("anna", "ben"):
        session("import", "s.deepcinac", f"{name}.csv")
    status, out, _ = session("agreement", "s.deepcinac", "--consensus", "both")
    assert status == 0
    assert out.splitlines()[-1] == (
        "s.deepcinac: layer both, 2 transients agreed, 0 rejected, 2 undecided (doubtful)"
    )
    assert labels("s.deepcinac", "both") == [[0, 10, 15], [1, 50, 58]]
    with Session.open("s.deepcinac") as opened:
        layer = opened.layer("both")
        assert layer.kind == "consensus"
        assert opened.transient_info(layer.id, 0)[0]["agreed"] == {
            "anna": [10, 14],
            "ben": [11, 15],
        }
        assert opened.spans(layer.id, 1, "doubtful").tolist() == [[80, 84]]
    arguments = ["agreement", "s.deepcinac", "--consensus", "any", "--minimum-votes", "1"]
    assert session(*arguments)[0] == 0
    assert len(labels("s.deepcinac", "any")) == 4


def test_nothing_to_compare(session: Runner) -> None:
    session("import", "s.deepcinac", "anna.csv")
    status, _, err = session("agreement", "s.deepcinac")
    assert status == 2
    assert "at least two layers to compare, found anna" in err
    status, _, err = session("agreement", "s.deepcinac", "--layers", "anna", "zoe")
    assert (status, "the layer zoe" in err) == (2, True)
    arguments = ["s.deepcinac", "s.deepcinac", "--consensus", "x"]
    assert session("agreement", *arguments)[0] == 2


def test_a_session_that_somebody_else_writes_into(session: Runner) -> None:
    with Session.open("s.deepcinac"):
        status, _, err = session("import", "s.deepcinac", "anna.csv")
        assert status == 2
        assert "read only: opened by" in err
        assert session("export", "s.deepcinac", "--out", "a.csv")[0] == 2  # no layer, but readable


@pytest.mark.parametrize("ending", [".cinac", ".nwb"])
def test_training_on_a_file_that_is_no_session_yet(
    run: Runner, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(main, "COMMANDS", (gui, train))
    status, _, err = run("train", f"old{ending}", "--out", "classifier")
    assert status == 2
    assert (
        f"found a {ending} file in old{ending}. Make a session of it first: deepcinac create" in err
    )
    assert f"--from old{ending} OUT.deepcinac" in err
    assert not Path("classifier").exists()


def test_what_is_accepted_at_an_import_stays_in_the_session(session: Runner) -> None:
    with Session.open("s.deepcinac") as opened:
        before = opened.opening().overruled.get("accepted", [])
    assert "raw-curve" not in before
    raw = np.full((3, N_FRAMES), 300.0)
    raw[:, 5] = 310
    np.save("F.npy", raw)
    status, _, error = session("import", "s.deepcinac", "F.npy")
    assert (status, "--accept raw-curve" in error) == (2, True)
    assert 'in Python: accepted={"raw-curve"}' in error
    status, out, _ = session("import", "s.deepcinac", "F.npy", "--accept", "raw-curve")
    assert (status, "layer F" in out) == (0, True)
    with Session.open("s.deepcinac") as opened:
        assert opened.opening().overruled["accepted"] == sorted([*before, "raw-curve"])


def test_a_signal_is_imported_and_taken_back(session: Runner) -> None:
    rows = "".join(f"{frame},{frame % 3}\n" for frame in range(N_FRAMES))
    Path("wheel.csv").write_text("frame,speed (cm/s)\n" + rows)
    status, out, _ = session("import", "s.deepcinac", "wheel.csv", "--kind", "signal")
    assert status == 0
    assert "signal speed, 100 samples of 0 to 2 cm/s; frames 0 to 99 (100%), 1 sample a" in out
    with Session.open("s.deepcinac") as opened:
        assert opened.signal("speed").values[:4].tolist() == [0, 1, 2, 0]
        assert opened.undo() == "import wheel.csv"
        assert opened.signal_names() == []
