"""The class that each of eight cultures was taken for, as a result of its recording."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.results.files import read_results
from deepcinac.tasks.dynamics.answers import class_results
from deepcinac.tasks.dynamics.classifying import classify, make_plan
from deepcinac.tasks.dynamics.settings import RECORDINGS
from helpers.rasters import FEW, cultures


def test_every_recording_gets_its_shares_and_the_table_of_the_run(tmp_path):
    found = classify(make_plan(cultures(), replace(FEW, trees=10), (), looks=1), tmp_path)
    answers = class_results(found)
    assert [path.name for path in answers] == [one.name for one in cultures()]
    for path, results in answers.items():
        said = results["recording_class"]
        assert (said.dims, said.labels["class"]) == (("class",), ("burst", "even"))
        assert said.array.sum() == pytest.approx(1)
        assert ("burst", "even")[int(said.array.argmax())] == path.name[:-1]
        row = next(x for x in results.info[RECORDINGS] if x["name"] == path.name)
        assert (row["class"], row["told"]) == (path.name[:-1],) * 2
        assert "random forest on statistics, left out" in said.maker.name
    identities = {results.maker.identity for results in answers.values()}
    assert len(identities) == 1


def sessions(folder):
    """Four sessions of 40 s at 10 Hz: three cells active together every 2 s, or each for itself."""
    np.save(folder / "movie.npy", np.zeros((400, 8, 8), np.uint16))
    cells = make_cells([([y], [y + 1], None) for y in (1, 3, 5)], 8, 8, "drawn")
    for number in range(4):
        path, label = folder / f"m{number}.deepcinac", ("together", "apart")[number % 2]
        rng = np.random.default_rng(number)
        with Session.create(path, folder / "movie.npy", (400, 8, 8), cells, 10.0, 1.0) as session:
            layer = session.add_layer("expert", "me")
            for start in range(0, 400, 20):
                for cell in range(3):
                    onset = start + (5 if label == "together" else int(rng.integers(0, 18)))
                    session.add_transient(layer.id, cell, onset, onset + 1)
            session.set_provenance(Provenance(f"M{number}", condition=label))
        yield path


def test_the_command_puts_the_class_into_sessions(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))

    def save(figure, path):  # drawing takes seconds
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG" + bytes(20))

    monkeypatch.setattr("deepcinac.evaluation.html_page.save_figure", save)
    paths = list(map(str, sessions(tmp_path)))
    out = tmp_path / "report"
    command = ["dynamics", *paths, "--backbone", "none", "--window-s", "10", "--stride-s", "10"]
    assert main([*command, "--trees", "5", "--write", "--out", str(out), "--progress", "none"]) == 0
    assert "m0.deepcinac: layer apart, together (random forest" in capsys.readouterr().out
    told = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    assert told["classes"] == ["apart", "together"]
    with Session.open(paths[0], read_only=True) as session:
        layer = next(one for one in session.layers() if one.kind == "method")
        held = session.results(layer.id)
    said = read_results(out / "answers" / "m0.npz")
    assert held["recording_class"].array.tolist() == said["recording_class"].array.tolist()
    assert [row["name"] for row in held.info[RECORDINGS]] == ["m0", "m1", "m2", "m3"]
