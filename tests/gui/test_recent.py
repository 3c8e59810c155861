"""What the start screen says of the sessions that were open last."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from deepcinac.gui.session import recent
from deepcinac.gui.session.settings_store import SettingsStore

MONDAY = datetime.datetime(2026, 11, 23, 9, 0)
FACTS = {
    "when": "2026-11-20T17:40:00",
    "movie": "mouse7.tif",
    "n_cells": 46,
    "n_frames": 1200,
    "frame_rate_hz": 10.0,
    "cell": 23,
    "frame": 878,
    "n_reviewed": 4,
    "n_transients": 1,
    "n_judged": 12,
}


@pytest.fixture
def settings(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "window.json")


def test_a_session_is_told_in_words(settings: SettingsStore, tmp_path: Path) -> None:
    path = tmp_path / "mouse7.deepcinac"
    path.touch()
    settings.add_recent(path)
    recent.note(settings, path, FACTS)
    (found,) = recent.recent_sessions(SettingsStore(settings.path), MONDAY)
    assert found.there
    assert found.when == "Friday, 17:40"
    assert found.movie == "mouse7.tif, 46 cells, 2:00 min"
    assert found.progress == "1 transient, 12 cells judged, 4 of 46 reviewed"
    assert found.place == "Left at cell 23, 1:28"


def test_a_session_that_was_never_noted_or_is_gone_is_listed_all_the_same(
    settings: SettingsStore, tmp_path: Path
) -> None:
    settings.add_recent(tmp_path / "gone.deepcinac")
    settings.set("recent_facts", {str(tmp_path / "gone.deepcinac"): {"when": "long ago"}})
    (found,) = recent.recent_sessions(settings)
    assert not found.there
    assert (found.when, found.progress) == ("", "")
    assert found.folder.startswith("not found in ")


def test_facts_of_sessions_that_left_the_list_are_forgotten(
    settings: SettingsStore, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        settings.add_recent(tmp_path / name)
        recent.note(settings, tmp_path / name, FACTS)
    settings.forget_recent(tmp_path / "a")
    recent.note(settings, tmp_path / "b", FACTS)
    assert list(settings.get("recent_facts", {})) == [str(tmp_path / "b")]


def test_a_long_path_keeps_both_ends_and_home_is_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/anna"))
    assert recent.short_path(Path("/home/anna/recordings")) == "~/recordings"
    assert recent.short_path(Path("/home/annabel/x")) == "/home/annabel/x"
    long = recent.short_path(Path("/data/" + "m" * 80 + "/last"), 30)
    assert len(long) == 30
    assert long.startswith("/data/mmm")
    assert long.endswith("/last")


def test_the_thumbnail_is_a_square_of_the_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path))
    image = np.zeros((40, 80), np.float32)
    image[10:30, 30:50] = 100  # a bright square in the middle
    recent.write_thumbnail(tmp_path / "s.deepcinac", image)
    with Image.open(recent.thumbnail_of(tmp_path / "s.deepcinac")) as opened:
        pixels = np.asarray(opened)
    assert pixels.shape == (recent.THUMBNAIL_PX, recent.THUMBNAIL_PX)
    assert pixels[96, 96] > 200
    assert pixels[5, 5] < 50
