"""The command table: every row can be carried out, every key means one thing."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.gui.commands.conditions import Conditions
from deepcinac.gui.commands.keymap import Keymap, checked_key, key_name, tooltip_of
from deepcinac.gui.commands.mnemonics import OF_COMMANDS, OF_MENUS, letters, place
from deepcinac.gui.commands.table import COMMANDS, MENUS
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import TOOLS, Workspace


def conditions() -> Conditions:
    work = Workspace()
    return Conditions(work, ViewOptions(), JobBoard(), ReviewQueue(work))


def test_ids_and_keys_are_unique() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(set(keys)) == len(keys)
    assert all(checked_key(key) == key for key in keys)
    assert {command.menu for command in COMMANDS} == set(MENUS)


def test_menus_and_their_entries_have_a_letter_of_their_own() -> None:
    assert letters(["Cell", "Classifier", "Close all", "Call"]) == ["c", "l", "a", ""]
    assert [place(letter, "Close all") for letter in "acz"] == [6, 0, -1]
    assert len(set(OF_MENUS.values())) == len(MENUS)
    for menu in MENUS:
        given = [OF_COMMANDS[command.id] for command in COMMANDS if command.menu == menu]
        of_their_own = [letter for letter in given if letter]
        assert len(set(of_their_own)) == len(of_their_own) >= len(given) - 2, menu
    assert (OF_MENUS["Classifier"], OF_COMMANDS["predict_all"]) == ("a", "c")


def test_every_handler_is_there() -> None:
    pytest.importorskip("tkinter")
    from deepcinac.gui.handlers import Handlers

    groups = typing.get_type_hints(Handlers)
    for command in COMMANDS:
        group, method = command.handler.split(".")
        handler = getattr(groups[group], method)
        assert list(inspect.signature(handler).parameters) == ["self"], command.id


def test_every_test_is_there_and_nothing_but_the_start_is_offered_without_a_session() -> None:
    known = conditions()
    offered = {command.id for command in COMMANDS if known.test(command.enabled)}
    assert offered == {
        *("open", "create", "demo", "quit", "settings_keys", "dark"),
        *("guide", "keys", "log", "report", "licences", "about", "jobs", "classifiers", "detect"),
        "first_steps",
    }
    for command in COMMANDS:
        known.test(command.checked)
        if command.text:
            assert known.text(command.text) == command.label


def test_there_is_a_tool_for_each_kind_of_click() -> None:
    tools = {c.checked.removeprefix("tool_is_") for c in COMMANDS if c.id.startswith("tool_")}
    assert tools == set(TOOLS) - {"transient"}  # dragging makes one whatever the tool of a mark


@pytest.mark.parametrize(
    ("keysym", "state", "windowing", "name"),
    [
        ("o", 0, "x11", "o"),
        ("O", 2, "x11", "o"),  # Caps Lock
        ("O", 1, "x11", "Shift+O"),
        ("z", 4, "x11", "Ctrl+Z"),
        ("Z", 5, "x11", "Ctrl+Shift+Z"),
        ("z", 8, "aqua", "Ctrl+Z"),  # the Command key
        ("question", 1, "x11", "?"),
        ("plus", 0, "x11", "+"),
        ("plus", 1, "x11", "+"),
        ("Right", 1, "x11", "Shift+Right"),
        ("space", 0, "x11", "Space"),
        ("o", 0x10, "x11", "o"),  # Num Lock
        ("Shift_L", 0, "x11", ""),
    ],
)
def test_names_of_keys(keysym: str, state: int, windowing: str, name: str) -> None:
    assert key_name(keysym, state, windowing) == name


@pytest.mark.parametrize("text", ["", "Ctrl+", "Hyper+z", "oo", "Ctrl+Ctrl+z"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(InputError):
        checked_key(text)


def test_a_users_key_replaces_the_tables() -> None:
    keymap = Keymap({"tool_onset": ["F9"], "no such command": ["x"], "play": "nonsense"})
    found = keymap.find("F9")
    assert found is not None
    assert found.id == "tool_onset"
    assert keymap.find("o") is None
    assert keymap.keys("play") == ("Space",)
    assert keymap.own() == {"tool_onset": ["F9"]}


def test_a_key_in_use_is_refused() -> None:
    keymap = Keymap()
    with pytest.raises(InputError, match="Tool: onset"):
        keymap.change("tool_peak", ["o"])
    keymap.change("tool_peak", ["ctrl+p", "F2"])
    assert keymap.keys("tool_peak") == ("Ctrl+P", "F2")
    keymap.change("tool_peak", ["p"])
    assert keymap.own() == {}


@given(st.lists(st.sampled_from([c.id for c in COMMANDS]), max_size=6), st.data())
def test_own_keys_survive_the_settings_file(ids: list[str], data: Any) -> None:
    keys = st.sampled_from([f"F{n}" for n in range(1, 13)] + ["Alt+A", "Ctrl+Shift+X"])
    keymap = Keymap()
    for name in ids:
        try:
            keymap.change(name, data.draw(st.lists(keys, max_size=2)))
        except InputError:
            continue
    again = Keymap(keymap.own())
    assert [again.keys(c.id) for c in COMMANDS] == [keymap.keys(c.id) for c in COMMANDS]


def test_the_tooltip_names_the_key() -> None:
    play = next(c for c in COMMANDS if c.id == "play")
    assert tooltip_of(play, Keymap()) == "Play or pause  (Space)"
