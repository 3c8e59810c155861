"""Settings: remembered, and never a reason not to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.settings_store import MOST_RECENT, SettingsStore


def test_what_is_set_is_there_the_next_time(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "window.json")
    store.set("window", "800x600")
    store.update({"dark": True, "keys": {"play": ["F2"]}})
    again = SettingsStore(tmp_path / "window.json")
    assert again.get("window", "") == "800x600"
    assert again.get("keys", {}) == {"play": ["F2"]}
    assert again.get("window", {}) == {}  # of another type than expected


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe\x00", b"null"])
def test_a_broken_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(content)
    store = SettingsStore(path)
    assert "set aside" in store.notice
    assert (tmp_path / "window.json.corrupt").read_bytes() == content
    store.set("a", 1)
    assert SettingsStore(path).get("a", 0) == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = SettingsStore(tmp_path / "file" / "window.json")
    store.set("a", 1)
    assert store.get("a", 0) == 1
    assert "could not be saved" in store.notice


def test_recent_sessions(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "window.json")
    for number in range(MOST_RECENT + 3):
        store.add_recent(tmp_path / f"{number}.deepcinac")
    store.add_recent(tmp_path / "5.deepcinac")
    recent = store.recent_sessions()
    assert recent[0] == tmp_path / "5.deepcinac"
    assert len(recent) == MOST_RECENT == len(set(recent))


def test_view_options_of_another_version_do_no_harm() -> None:
    options = ViewOptions({"dark": "yes", "speed": 2.0, "gone": 1})
    assert options["dark"] is False
    assert options["speed"] == 2.0
    options.toggle_trace("raw")
    options.toggle_trace("smoothed")  # the last one stays
    assert options["traces"] == ["smoothed"]
    heard: list[str] = []
    options.observe(heard.append)
    options.set("dark", False)
    options.toggle("dark")
    assert heard == ["dark"]
