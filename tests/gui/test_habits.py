"""What a user leans on all day: the left hand alone, files dropped, questions, panels that say what to do."""

from __future__ import annotations

import importlib
import sys
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.gui.commands.keymap import Keymap
from deepcinac.gui.commands.left_hand import LEFT_HAND
from deepcinac.gui.commands.table import COMMANDS
from deepcinac.gui.widgets.dropping import accept_drops
from deepcinac.labelling.review import ReviewItem
from helpers import window_tools as tools

Open = Callable[..., Any]

LEFT_HALF = {*"qwertasdfgzxcv12345", "Space", "Tab", "Esc"}


def test_one_left_hand_labels_reviews_plays_and_goes_on() -> None:
    keymap = Keymap()
    keymap.use(LEFT_HAND)
    needed = ("next_place", "previous_place", "apply", "doubt", "accept", "reject", "skip", "play",
              "next_review", "next_cell", "label_view", "next_page", "previous_page")  # fmt: skip
    for command in needed:
        (key,) = (key for key in keymap.keys(command) if key in LEFT_HALF)
        found = keymap.find(key)
        assert found is not None
        assert found.id == command
    keys = [key for command in COMMANDS for key in keymap.keys(command.id)]
    assert len(keys) == len(set(keys))
    kept = [command.id for command in COMMANDS if command.keys and not keymap.keys(command.id)]
    assert kept == []  # nothing lost its key


@pytest.mark.window
def test_the_left_hand_in_the_window(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.run_command("settings_keys")
    tools.settle(app.root)
    editor = next(w for w in app.root.winfo_children() if w.winfo_class() == "Toplevel")
    button = next(w for w in tools.widgets_below(editor)
                  if w.winfo_class() == "TButton" and w.cget("text") == "For the left hand")  # fmt: skip
    button.invoke()
    tools.settle(app.root)
    assert tools.faults_of_layout(editor) == []
    editor.destroy()
    assert app.settings.get("keys")["accept"] == ["e", "y"]
    app.work.go_to_cell(int(app.work.data.snr.argmax()))
    cell = app.work.cell
    tools.press(app, "d", "f", "d", "f")  # two rises, each labelled
    assert len(app.work.transients()) == 2
    tools.press(app, "d", "c")
    ((first, last),) = app.work.spans("doubtful").tolist()
    assert first <= app.work.frame <= last
    tools.press(app, "c")
    assert len(app.work.spans("doubtful")) == 0
    app.queue.load([ReviewItem(6, 40, 49, ("classifier",), "why", 0.5),
                    ReviewItem(7, 60, 64, ("classifier",), "why", 0.5),
                    ReviewItem(8, 70, 74, ("classifier",), "why", 0.5)])  # fmt: skip
    tools.press(app, "t", "e", "r", "c")
    assert app.queue.decided == {0: "accepted", 1: "rejected", 2: "done"}
    assert app.work.transients(6).tolist() == [[40, 49]]
    assert app.work.spans("doubtful").tolist() == [[70, 74]]
    tools.press(app, "Control-z")  # the doubt and the answer are one step
    assert app.queue.decided == {0: "accepted", 1: "rejected"}
    assert len(app.work.spans("doubtful")) == 0
    app.work.go_to_cell(cell)
    tools.press(app, "v")
    assert app.work.cell != cell


def drop(root: tk.Tk, widget: Any, *paths: Path) -> None:
    """What the extension does when another program lets files go over a widget."""
    call, over = root.tk.call, str(widget)
    types = "text/uri-list"
    call("tkdnd::generic::SetDroppedData", " ".join(f"{{{path}}}" for path in paths))
    call("tkdnd::generic::HandleEnter", over, "source", types, types, "copy", "")
    assert call("tkdnd::generic::HandlePosition", over, "source", "", 10, 10) == "copy"
    call("tkdnd::generic::HandleDrop", over, "source", "", 10, 10, 0)
    tools.settle(root)


@pytest.mark.window
def test_a_dropped_session_opens_and_a_dropped_movie_fills_the_form(
    open_app: Open, tmp_path: Path
) -> None:
    app = open_app()
    if not accept_drops(app.root, app.host.open_paths):
        pytest.skip("tkdnd is not installed")
    movie, cells = tmp_path / "a mouse.tif", tmp_path / "cells.zip"
    for path in (movie, cells):
        path.write_bytes(b"")
    drop(app.root, app.host.start, movie)
    form = app.host.start.form
    assert form.values["movie"].get() == str(movie)
    assert form.values["out"].get() == str(tmp_path / "a mouse.deepcinac")
    drop(app.root, form, cells)
    assert (form.values["movie"].get(), form.values["cells"].get()) == (str(movie), str(cells))
    app.host.start.hide_form()
    tools.demo(app)
    session = app.work.session.path
    app.host.close_session()
    drop(app.root, app.host.start, session)
    assert app.work.session.path == session
    drop(app.root, app.main.traces.canvas, tmp_path / "notes.txt")
    assert "session" in app.talk.notice.text  # the sentence that Open gives


@pytest.mark.window
def test_without_the_extension_the_window_opens_as_ever(
    root: tk.Tk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    interpreter = tk.Tcl()  # into which nothing was loaded
    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setitem(sys.modules, "tkinterdnd2", None)
    assert accept_drops(interpreter, lambda paths: None) is False


@pytest.mark.window
def test_a_question_is_a_dialog_over_the_window(open_app: Open) -> None:
    app = tools.demo(open_app())
    tools.press(app, "c")
    dialog = app.talk.prompt.window
    tools.settle(app.root)
    assert dialog.title() == "Go"
    box, window = tools.rectangle(dialog), tools.rectangle(app.root)
    assert window[0] < box[0] < box[2] < window[2]
    assert abs((box[0] + box[2]) - (window[0] + window[2])) < 10  # in the middle
    tools.answer(app, "no number")
    assert "the number of a cell" in app.talk.notice.text
    tools.press(app, "c")
    tools.answer(app, "12")
    assert (app.work.cell, app.talk.prompt.is_open) == (12, False)
    tools.press(app, "c")
    tools.press_in(app.talk.prompt.entries[0], "Escape")
    assert not app.talk.prompt.is_open


@pytest.mark.window
def test_empty_panels_say_what_comes_next(open_app: Open) -> None:
    app = tools.demo(open_app())
    window = app.main
    assert window.raster.note.startswith("No activity yet: label")
    assert window.raster.activity is None
    assert not window.review.winfo_viewable()  # an empty queue takes no room
    tools.press(app, "F7")
    assert "'Make queue' lists" in app.talk.notice.text
    assert not window.review.winfo_viewable()
    app.options.set("review", True)
    app.queue.load([ReviewItem(6, 40, 49, ("classifier",), "why", 0.5)])
    tools.settle(app.root)
    assert window.review.winfo_viewable()
    app.queue.clear()
    tools.settle(app.root)
    assert not window.review.winfo_viewable()
    window.cells._filter.insert(0, "nonsense")
    tools.focus_on(window.cells._filter)
    window.cells._filter.event_generate("<KeyRelease-s>")
    tools.settle(app.root)
    assert window.cells._nothing.winfo_viewable()
    assert window.cells._nothing.cget("text").startswith("No cell passes 'nonsense")
    tools.press_in(window.cells._filter, "Escape")
    assert not window.cells._nothing.winfo_viewable()
    tools.press(app, "Control-l")
    layers = app.handlers.layers.window
    tools.settle(app.root)
    assert "The first label makes one" in layers.said.cget("text")
    layers.destroy()


@pytest.mark.window
def test_profiles_never_show_the_cell_before(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.presenter.slices.finish()
    assert app.main.profiles.panels
    app.work.go_to_cell(9)
    assert app.main.profiles.panels == []
    assert app.main.profiles.note == "Cell 9"
    app.presenter.slices.finish()
    assert "9" in app.main.profiles.title
