"""Predictions and classifiers that older programs wrote are read, and made again the same.

Tolerance: 1e-4 of probability and, for spike rates, 1e-3 Hz: processors add in different orders.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.labelling.session import Session

DATA = Path(__file__).with_name("data")
TINY = DATA / "tiny"
DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
RATES = ["--frame-rate", "10", "--pixel-size", "2", "--accept", "unlikely-cells"]
QUIET = ["--progress", "none"]
NEAR_THRESHOLD = 2e-4

_spec = importlib.util.spec_from_file_location("contents", Path(__file__).with_name("contents.py"))
assert _spec is not None
assert _spec.loader is not None
contents = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(contents)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def predict(folder: Path, out: Path, *options: str) -> dict[str, np.ndarray]:
    given = ["--movie", str(folder / "movie.tif"), "--cells", str(folder / "cells.npz"), *RATES]
    assert main(["predict", *given, *QUIET, *options, "--out", str(out)]) == 0
    return arrays(out)


def n_transients(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Runs of frames at or above the threshold, for each cell."""
    above = np.pad(probability >= threshold, ((0, 0), (1, 0)))
    return (np.diff(above.astype(np.int8), axis=1) == 1).sum(1)


def test_the_golden_prediction_of_the_demo_recording(tmp_path: Path) -> None:
    golden = arrays(DATA / "demo.npz")
    found = predict(DEMO, tmp_path / "demo.npz", "--classifier", "general")
    some = golden["cells"]
    assert found["cells"].tolist() == list(range(46))
    assert np.allclose(found["probability"][some], golden["probability"], rtol=0, atol=1e-4)
    assert np.allclose(found["spike_rate_hz"][some], golden["spike_rate_hz"], rtol=0, atol=1e-3)
    mean = found["probability"].mean(1)
    assert np.allclose(mean, golden["mean_probability"], rtol=0, atol=1e-4)
    assert golden["n_transients"].sum() == 338
    # Only a frame that lies on the threshold may make or break a transient.
    close = (np.abs(found["probability"] - 0.5) < NEAR_THRESHOLD).sum(1)
    difference = np.abs(n_transients(found["probability"], 0.5) - golden["n_transients"])
    assert (difference <= close).all(), np.flatnonzero(difference > close)
    assert close.sum() <= 5
    meta = json.loads(str(found["meta"]))
    assert meta["weights_sha256"] == str(golden["weights_sha256"])


def test_a_classifier_folder_of_card_format_1_predicts_what_it_did(tmp_path: Path) -> None:
    """Few filters, taught for one epoch by ``train``; the folder is not written to."""
    folder = tmp_path / "few-filters"
    shutil.copytree(DATA / "few-filters", folder)
    assert json.loads((folder / "card.json").read_text("utf-8"))["card_format"] == 1
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    wanted = arrays(DATA / "few-filters.npz")
    found = predict(TINY, tmp_path / "out.npz", "--classifier", str(folder))
    assert np.ptp(wanted["probability"]) > 0.02
    assert np.allclose(found["probability"], wanted["probability"], rtol=0, atol=1e-4)
    assert np.ptp(wanted["spike_rate_hz"]) > 1
    assert np.allclose(found["spike_rate_hz"], wanted["spike_rate_hz"], rtol=0, atol=1e-3)
    assert found["cells"].tolist() == wanted["cells"].tolist()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_classifier_of_cell_types_says_what_it_did(tmp_path: Path) -> None:
    for name in ("movie.tif", "session-2.deepcinac"):
        shutil.copy(TINY / name, tmp_path)
    shutil.copy(DATA / "types.json", tmp_path)
    command = ["types", str(tmp_path / "session-2.deepcinac"), *QUIET]
    apply = ["--apply", str(tmp_path / "types.json"), "--out", str(tmp_path / "types.csv")]
    assert main([*command, *apply]) == 0
    found, wanted = (_rows(folder / "types.csv") for folder in (tmp_path, DATA))
    assert [row["suggested"] for row in wanted].count("interneuron") == 6
    for here, there in zip(found, wanted, strict=True):
        for name in ("cell", "type", "suggested"):
            assert here[name] == there[name]
        for name in ("interneuron", "pyramidal"):
            assert float(here[name]) == pytest.approx(float(there[name]), abs=5e-4)


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("ending", ["npz", "npy", "mat", "csv"])
def test_old_predictions_have_the_scores_they_had(
    ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = json.loads((DATA / "scores.json").read_text("utf-8"))[ending]
    given = ["--predictions", str(TINY / f"general.{ending}"), "--frame-rate", "10"]
    truth = ["--truth", str(TINY / "truth.npz")]
    assert main(["evaluate", *truth, *given, "--json", *QUIET]) == 0
    (method,) = json.loads(capsys.readouterr().out)["methods"]
    found = contents.kept_scores(method)
    assert wanted["paper"]["n_real"] == 19
    for part, value in wanted.items():
        if isinstance(value, dict):
            kept = {name: found[part][name] for name in value}
            assert kept == pytest.approx(value, abs=1e-9), part
        else:
            assert found[part] == value, part


@pytest.fixture
def new_session(tmp_path: Path) -> Path:
    """A session of the tiny movie without layers."""
    path = tmp_path / "new.deepcinac"
    shutil.copy(TINY / "movie.tif", tmp_path)
    given = ["--movie", str(tmp_path / "movie.tif"), "--cells", str(TINY / "cells.npz"), *RATES]
    assert main(["create", str(path), *given, *QUIET]) == 0
    return path


def imported(session: Path, name: str, *options: str) -> dict[str, Any]:
    """The one layer that an old file became, and its name."""
    assert main(["import", str(session), str(TINY / name), *options]) == 0
    ((layer_name, layer),) = contents.open_content(session)["layers"].items()
    return {"name": layer_name, **layer}


@pytest.mark.parametrize("name", ["general.npz", "general.mat", "three-cells.npz"])
def test_old_predictions_become_a_layer(name: str, new_session: Path) -> None:
    wanted = arrays(TINY / ("three-cells.npz" if "three" in name else "general.npz"))
    layer = imported(new_session, name)
    assert (layer["name"], layer["kind"]) == ("general", "classifier")
    assert list(layer["probability"]) == [str(cell) for cell in wanted["cells"]]
    found = np.array(list(layer["probability"].values()))
    assert np.allclose(found, wanted["probability"], rtol=0, atol=1e-4)
    meta = json.loads(str(wanted["meta"]))
    assert layer["weights_sha256"] == meta["weights_sha256"]
    assert layer["threshold"] == meta["threshold"] == (0.4 if "three" in name else 0.5)


def test_an_old_array_that_does_not_say_what_made_it_becomes_a_curve(new_session: Path) -> None:
    layer = imported(new_session, "general.npy")
    assert (layer["name"], layer["kind"]) == ("general", "method")
    with Session.open(new_session, read_only=True) as session:
        (results,) = (session.results(one.id) for one in session.layers())
    wanted = np.load(TINY / "general.npy")
    assert np.allclose(results["curve"].array, wanted, rtol=0, atol=1e-4)


def test_an_old_table_of_transients_becomes_a_layer(new_session: Path) -> None:
    layer = imported(new_session, "general.csv", "--kind", "method", "--layer", "old")
    assert (layer["name"], layer["kind"], len(layer["transients"])) == ("old", "method", 21)
    assert layer["transients"][:2] == [[0, 24, 27], [0, 55, 58]]
    assert layer["transients"][-1] == [11, 73, 79]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tiny/general.npz", ["12", "80", "general", "d6af749eacf1"]),
        ("few-filters", ["few-filters", "7624eb3b9097", "2026-11-27"]),
        ("types.json", ["interneuron", "pyramidal", "session-2"]),
    ],
)
def test_info_tells_of_old_files(
    name: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(DATA / name)]) == 0
    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []


def test_info_tells_of_an_old_nwb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That of 2.0.0.dev0, as its writer with pynwb left it: two cells of ten frames."""
    stored = Path(__file__).parents[1] / "results" / "data" / "version-2.0.0.dev0.nwb.gz"
    path = tmp_path / "old.nwb"
    path.write_bytes(gzip.decompress(stored.read_bytes()))
    assert main(["info", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Prediction {path}")
    words = ["general 1", "numbered 2, 0", "2.0.0.dev0", "a dim movie", "m.tif"]
    assert [word for word in words if word not in said] == []
