"""``deepcinac evaluate`` from files to tables, figures and exit by sentence."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.evaluate import add_parser
from deepcinac.errors import InputError
from deepcinac.evaluation.study_reading import method_names
from deepcinac.evaluation.tables import transient_rows, write_csv
from deepcinac.progress import silent
from helpers.predictions import write_predictions


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Six cells of 300 frames at 10 Hz, each with a rise of 5 frames every 50; one leak."""
    frame = np.arange(300)
    trace = np.tile(np.interp(frame % 50, [20, 25, 45], [0, 1, 0]), (6, 1))
    active = np.tile((frame % 50 >= 20) & (frame % 50 <= 25), (6, 1))
    active[0, :100] = False  # light of cell 1
    transients = [(c, f, f + 5) for c in range(6) for f in range(20, 300, 50) if c or f > 100]
    np.savez(
        tmp_path / "truth.npz",
        active=active,
        doubtful=np.zeros_like(active),
        trace=trace,
        fr=10.0,
        transients=np.array(transients),
        transient_z=np.linspace(1, 12, len(transients)),
        crosstalk=np.array([[0, 1, 20, 25], [0, -1, 70, 75]]),
        crosstalk_z=np.array([6.0, 2.0]),
        crosstalk_overlap=np.array([0.4, 0.0]),
        kind=np.array(["pyramidal"] * 5 + ["interneuron"]),
    )
    generator = np.random.default_rng(0)
    good = np.clip(0.8 * active + 0.2 * generator.random(active.shape), 0, 1)
    write_predictions(tmp_path / "good.npz", good, classifier="good")
    np.save(tmp_path / "poor.npy", generator.random(active.shape))
    np.savez(tmp_path / "three.npz", probability=good[[1, 3, 5]], cells=np.array([1, 3, 5]))
    return tmp_path


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["evaluate", *map(str, arguments)])
    return args.run(args, silent)


def test_the_table_names_both_scores(recording: Path, capsys) -> None:
    assert run("--truth", recording / "truth.npz", "--predictions", recording / "good.npz") == 0
    shown = capsys.readouterr().out
    pooled = shown.split("Cell by cell")[0]
    rows = {line[:20].strip(): line.split() for line in pooled.splitlines()}
    # 34 real transients; the smoothed trace rises in each of them and in the two leaks.
    assert rows["as in the paper"][-2:] == ["34/34", "34/34"]
    assert rows["strict"][-2:] == ["34/34", "34/34"]
    assert "1.000 of 2" in shown
    assert "6 cells, 300 frames at 10 Hz" in shown


def test_several_files_stand_beside_each_other(recording: Path, capsys) -> None:
    files = [recording / name for name in ("good.npz", "poor.npy", "three.npz")]
    run("--truth", recording, "--predictions", *files)
    shown = capsys.readouterr().out
    for name in ("good, as in the paper", "poor, strict", "three, by predicted run"):
        assert name in shown
    assert "Predictions  three, 3 cells" in shown
    assert "good - poor" in shown


def test_json_is_json(recording: Path, capsys) -> None:
    run("--truth", recording, "--predictions", recording / "poor.npy", "--json")
    content = json.loads(capsys.readouterr().out)
    (method,) = content["methods"]
    assert set(method["transients"]) == {"paper", "strict", "runs"}
    pooled = {rule: part["pooled"] for rule, part in method["transients"].items()}
    assert pooled["strict"]["precision"] <= pooled["paper"]["precision"]
    assert len(method["cells"]) == 6
    assert method["recall_by_kind"]["interneuron"]["n"] == 6


@pytest.mark.usefixtures("blank_figures")
def test_a_folder_of_results(recording: Path) -> None:
    out = recording / "scores"
    files = [recording / "good.npz", recording / "poor.npy"]
    run("--truth", recording, "--predictions", *files, "--out", out)
    assert sorted(path.name for path in out.iterdir()) == [
        "figures",
        "per_cell.csv",
        "report.html",
        "scores.json",
        "transients.csv",
    ]
    with open(out / "per_cell.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["method"], row["cell"]) for row in rows[:2]] == [("good", "0"), ("good", "1")]
    assert (rows[0]["n_real"], rows[1]["f1_paper"]) == ("4", "1")
    with open(out / "transients.csv", newline="", encoding="utf-8") as stream:
        listed = [row for row in csv.DictReader(stream) if row["method"] == "good"]
    assert {row["outcome"] for row in listed} == {"detected"}
    json.loads((out / "scores.json").read_text(encoding="utf-8"))


def test_the_frame_rate_comes_from_where_it_is_known(
    tmp_path: Path, recording: Path, capsys
) -> None:
    with np.load(recording / "truth.npz") as full:
        arrays = {name: full[name] for name in ("active", "trace")}
        probability = full["active"].astype(float)
    np.savez(tmp_path / "bare.npz", **arrays)
    np.save(tmp_path / "silent.npy", probability)
    write_predictions(tmp_path / "knows.npz", probability)
    asked = ("--truth", tmp_path / "bare.npz", "--predictions")
    with pytest.raises(InputError, match="--frame-rate"):
        run(*asked, tmp_path / "silent.npy")
    assert run(*asked, tmp_path / "silent.npy", "--frame-rate", 10) == 0
    assert run(*asked, tmp_path / "knows.npz") == 0


def test_without_traces_the_report_says_so(tmp_path: Path, recording: Path, capsys) -> None:
    with np.load(recording / "truth.npz") as full:
        np.savez(tmp_path / "bare.npz", active=full["active"])
    run("--truth", tmp_path / "bare.npz", "--predictions", recording / "good.npz")
    shown = capsys.readouterr().out
    assert "no score as in the paper" in shown
    assert "by predicted run" in shown


def test_traces_are_made_from_a_movie_and_its_cells(tmp_path: Path, capsys) -> None:
    frame = np.arange(120)
    light = np.interp(frame % 40, [10, 15, 35], [0, 50, 0])
    movie = np.full((120, 12, 12), 100.0)
    movie[:, 2:5, 2:5] += light[:, None, None]
    np.save(tmp_path / "movie.npy", movie.astype(np.uint16))
    masks = np.zeros((2, 12, 12), bool)
    masks[0, 2:5, 2:5] = masks[1, 7:10, 7:10] = True
    np.savez(tmp_path / "masks.npz", masks=masks)
    active = np.array([(frame % 40 >= 10) & (frame % 40 <= 15), np.zeros(120, bool)])
    np.savez(tmp_path / "truth.npz", active=active)
    np.save(tmp_path / "p.npy", active.astype(float))
    asked = ["--truth", tmp_path, "--predictions", tmp_path / "p.npy", "--frame-rate", 10]
    with pytest.raises(InputError, match="--cells"):
        run(*asked, "--movie", tmp_path / "movie.npy")
    run(*asked, "--movie", tmp_path / "movie.npy", "--cells", tmp_path / "masks.npz")
    assert "as in the paper" in capsys.readouterr().out


@pytest.mark.usefixtures("blank_figures")
def test_undefined_numbers_are_dashes(tmp_path: Path, capsys) -> None:
    active = np.zeros((2, 50), bool)
    np.savez(tmp_path / "truth.npz", active=active, trace=np.zeros((2, 50)), fr=10.0)
    np.save(tmp_path / "p.npy", np.zeros((2, 50)))
    run("--truth", tmp_path, "--predictions", tmp_path / "p.npy", "--out", tmp_path / "out")
    (row,) = [x for x in capsys.readouterr().out.splitlines() if "paper  " in x and "0/0" in x]
    assert row.split()[4:] == ["–", "–", "–", "–", "0/0", "0/0"]


def test_methods_get_names_that_differ(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "p.npz", tmp_path / "b" / "p.npz"]
    assert method_names(paths[:1]) == ["p"]
    assert method_names(paths) == ["a/p", "b/p"]
    with pytest.raises(InputError, match="twice"):
        method_names([paths[0], paths[0]])


def test_a_file_in_the_place_of_the_folder_is_refused_first(recording: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        run(
            *("--truth", recording, "--predictions", recording / "good.npz"),
            *("--out", recording / "truth.npz"),
        )


def test_an_empty_table_has_a_header(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", transient_rows([]))
    assert (tmp_path / "t.csv").read_text() == "method\n"
