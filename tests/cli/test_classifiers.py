"""``deepcinac classifiers`` with a folder of two classifiers, one of them damaged later."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcinac.cli import doctor
from deepcinac.cli.main import main
from deepcinac.learning import zoo
from deepcinac.learning.card import write_card
from deepcinac.tasks.activity.model import activity_card


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("general", "interneurons"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "model.weights.h5").write_bytes(name.encode())
        write_card(
            folder, activity_card(name, description=f"for {name}", version="3", scores={"f1": 0.5})
        )
    monkeypatch.setattr(zoo, "shipped_folder", lambda: tmp_path / "models")
    return tmp_path / "models"


def test_list(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classifiers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["name", "frame", "rate"]
    assert lines[1].startswith("general       6.5 to 15 Hz")
    assert lines[2].endswith("for interneurons")


def test_one_card(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classifiers", "general"]) == 0
    by_name = capsys.readouterr().out
    assert main(["info", str(shipped / "general")]) == 0
    assert capsys.readouterr().out == by_name
    assert "scores.f1" in by_name


def test_an_unknown_name(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classifiers", "genral"]) == 2
    assert "general, interneurons" in capsys.readouterr().err


def test_none_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(zoo, "shipped_folder", lambda: tmp_path)
    assert main(["classifiers"]) == 0
    assert "No classifier ships" in capsys.readouterr().out
    assert doctor.classifiers() == ([], ["No classifier ships with this installation."])


def test_doctor_finds_changed_weights(shipped: Path) -> None:
    (shipped / "general" / "model.weights.h5").write_bytes(b"other")
    rows, problems = doctor.classifiers()
    assert rows == [
        ("classifier", "general, damaged"),
        ("classifier", "interneurons 3, intact"),
    ]
    assert len(problems) == 1
    assert "SHA-256" in problems[0]


def test_export_import_remove_and_restore(
    shipped: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEEPCINAC_CLASSIFIERS", str(tmp_path / "own"))
    copy = str(tmp_path / "copy.zip")
    assert main(["classifiers", "general", "--out", copy]) == 0
    assert main(["classifiers", "general", "--out", copy]) == 2  # it is there already
    assert main(["classifiers", "mine", "--import", copy]) == 0
    assert main(["classifiers", "general", "--remove"]) == 2  # it ships
    capsys.readouterr()
    assert main(["classifiers"]) == 0
    assert capsys.readouterr().out.splitlines()[3].split()[0] == "mine"
    assert main(["classifiers", "mine", "--remove"]) == 0
    assert "--restore mine" in capsys.readouterr().out
    assert main(["classifiers", "mine"]) == 2
    assert main(["classifiers", "--restore", "mine"]) == 0
    assert main(["classifiers", "mine"]) == 0


def test_one_thing_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classifiers", "--import", "a.zip", "--restore", "b"]) == 2
    assert "--import and --restore" in capsys.readouterr().err
    assert main(["classifiers", "--remove"]) == 2


def test_a_folder_of_published_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(__file__).parents[1] / "formats" / "data" / "published"
    files = [str(data / name) for name in ("published.json", "published_weights_01.h5")]
    out = str(tmp_path / "old")
    assert main(["classifiers", "--from-published", *files]) == 2
    assert "--out" in capsys.readouterr().err
    assert main(["classifiers", "--from-published", *files, "--out", out]) == 0
    assert f"{out}: network of DeepCINAC 1" in capsys.readouterr().out
    assert main(["classifiers", "--from-published", *files, "--out", out]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["classifiers", "--from-published", *files, "--out", out, "--force"]) == 0
    capsys.readouterr()
    assert main(["info", out]) == 0
    assert "DeepCINAC 1" in capsys.readouterr().out
    swapped = [files[1], files[0]]
    assert main(["classifiers", "--from-published", *swapped, "--out", str(tmp_path / "x")]) == 2
    assert not (tmp_path / "x").exists()
