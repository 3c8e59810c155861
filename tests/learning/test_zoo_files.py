"""Classifiers copied, imported, set aside and brought back; nothing unchecked becomes one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from deepcinac.errors import InputError
from deepcinac.learning import zoo
from deepcinac.learning.card import CARD_FILE, WEIGHTS_FILE, write_card
from deepcinac.learning.card_words import card_in_words, quality_in_words
from deepcinac.learning.zoo import find_classifier, own_classifiers, remember
from deepcinac.learning.zoo_files import (
    export_classifier,
    import_classifier,
    remove_classifier,
    removed_classifiers,
    restore_classifier,
)
from deepcinac.tasks import check_card
from deepcinac.tasks.activity.model import activity_card


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEEPCINAC_CLASSIFIERS", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """What a training leaves: a card, weights, and records of its own."""
    folder = tmp_path / "mouse7-classifier"
    folder.mkdir()
    (folder / WEIGHTS_FILE).write_bytes(b"weights")
    (folder / "history.jsonl").write_text("{}")
    training = {"recordings": 1, "started_from": "general", "best_epoch": 2, "epochs_run": 3,
                "held_out": {"words": "3 cells held out"}}  # fmt: skip
    scores = {"score": 0.75, "score_name": "F1 of transients"}
    write_card(folder, activity_card("mine", training=training, scores=scores))
    return folder


@pytest.mark.parametrize("form", ["copy", "copy.zip"])
def test_what_was_exported_is_the_same_classifier_after_an_import(
    trained: Path, tmp_path: Path, form: str
) -> None:
    export_classifier(find_classifier(trained), tmp_path / form)
    found = import_classifier(tmp_path / form, check_card, "lab2")
    assert found.card == find_classifier(trained).card
    assert {path.name for path in found.path.iterdir()} == {CARD_FILE, WEIGHTS_FILE}
    assert find_classifier("lab2").path == found.path
    assert [one.name for one in own_classifiers()] == ["lab2"]


def test_the_last_trained_is_the_first_of_ones_own_and_found_by_name(trained: Path) -> None:
    assert own_classifiers() == []
    remember(trained)
    assert [(one.name, one.origin) for one in own_classifiers()] == [("mouse7-classifier", zoo.OWN)]
    assert find_classifier("mouse7-classifier").path == trained


def test_what_is_damaged_foreign_or_too_large_is_no_classifier(
    trained: Path, tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_classifier(find_classifier(trained), tmp_path / "good.zip")
    with zipfile.ZipFile(tmp_path / "good.zip") as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    card = json.loads(parts[f"{trained.name}/{CARD_FILE}"])
    spoilt = {
        "weights": {**parts, f"{trained.name}/{WEIGHTS_FILE}": b"other"},
        "no card": {"readme.txt": b"hello"},
        "two": {**parts, f"second/{CARD_FILE}": b"{}"},
        "task": {**parts, f"{trained.name}/{CARD_FILE}": json.dumps({**card, "task": "x"}).encode()},
        "network": {**parts, f"{trained.name}/{CARD_FILE}":
                    json.dumps({**card, "architecture": {"layers": 9}}).encode()},
    }  # fmt: skip
    for name, content in spoilt.items():
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for entry, data in content.items():
                archive.writestr(entry, data)
        with pytest.raises(InputError):
            import_classifier(tmp_path / f"{name}.zip", check_card)
    monkeypatch.setitem(
        __import__("deepcinac.learning.zoo_files", fromlist=["FILES"]).FILES, WEIGHTS_FILE, 3
    )
    with pytest.raises(InputError, match="at most 3 bytes"):
        import_classifier(tmp_path / "good.zip", check_card)
    assert own_classifiers() == []
    assert not any(own.glob("*"))


@pytest.mark.parametrize("name", ["../up", ".hidden", "general"])
def test_names_that_lead_elsewhere_or_hide_a_shipped_one_are_refused(
    trained: Path, name: str
) -> None:
    if name == "general" and not zoo.list_classifiers():
        pytest.skip("no classifier ships with this checkout")
    with pytest.raises(InputError):
        import_classifier(trained, check_card, name)


def test_an_entry_of_an_archive_never_lands_outside(
    trained: Path, tmp_path: Path, own: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for name in (CARD_FILE, WEIGHTS_FILE):
            archive.write(trained / name, f"../../{name}")
    import_classifier(tmp_path / "evil.zip", check_card)
    assert not (tmp_path / CARD_FILE).exists()
    assert {path.name for path in (own / "evil").iterdir()} == {CARD_FILE, WEIGHTS_FILE}


def test_one_that_was_removed_comes_back_to_where_it_was(trained: Path) -> None:
    with pytest.raises(InputError, match="your own"):
        remove_classifier(find_classifier(trained))
    remember(trained)
    before = find_classifier(trained).card
    removed = remove_classifier(find_classifier(trained))
    assert own_classifiers() == []
    assert [path.name for path in trained.iterdir()] == ["history.jsonl"]
    assert [one.name for one in removed_classifiers()] == [removed.name] == ["mouse7-classifier"]
    assert restore_classifier(removed.name).card == before
    assert [one.path for one in own_classifiers()] == [trained]
    assert removed_classifiers() == []


def test_the_card_in_words_says_what_the_score_was_measured_on(trained: Path) -> None:
    card = find_classifier(trained).card
    lines = dict(card_in_words(card))
    assert lines["Chosen by"] == "F1 of transients 0.75; 3 cells held out"
    assert lines["Frame rate"] == "6.5 to 15 Hz, and multiples"
    assert lines["Taught by"] == "1 recording; started from general; epoch 2 of 3 was kept"
    assert quality_in_words(card) == "F1 of transients 0.75 on 3 cells held out"
