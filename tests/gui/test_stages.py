"""How far the work is in words, with what comes next; and the first steps, which tick themselves off."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.gui.commands.first_steps import STEPS, how_to
from deepcinac.gui.commands.keymap import Keymap
from deepcinac.gui.commands.table import BY_ID
from deepcinac.labelling.review import ReviewItem
from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]


def states(app: Any) -> list[str]:
    tools.settle(app.root, 2)
    return [part._stage.state for part in app.main.stages.parts]


def names_shown(app: Any) -> list[str]:
    tools.settle(app.root, 2)
    return [label.cget("text") for label in app.main.steps.labels]


def test_every_step_tells_a_key_or_an_entry_of_the_menu() -> None:
    keymap = Keymap({"tool_both": ["F9"], "predict_cell": []})
    texts = [how_to(step, keymap) for step in STEPS]
    assert texts[1] == "press F9 and click where a rise begins"
    assert texts[3] == "'Predict this cell' asks the classifier about this cell"


def test_the_loop_in_words_and_the_steps_that_tick_themselves_off(
    open_app: Open, folders: Path
) -> None:
    app = tools.demo(open_app())
    assert states(app) == [
        "0 of 46 cells judged",
        "nothing predicted yet",
        "no queue yet",
        "no training yet",
    ]
    assert app.steps.next == 0
    assert app.main.steps._how == "Choose a cell: click one in Field or in Cells"
    tools.press(app, "Control-Right")
    assert names_shown(app)[:2] == ["\u2713 Choose a cell", "Mark a transient"]
    tools.press(app, "n", "Return", "g")
    assert app.steps.done == [True, True, True, False, False, False]
    assert states(app)[0] == "1 of 46 cells judged"
    assert "1 transient in this layer" in app.main.stages.parts[0]._whole()
    file = tools.prediction_file(folders / "p.npz", app.work.n_cells, app.work.n_frames)
    app.handlers.classifier.take_over(file)
    assert states(app)[1] == "tiny, just now"
    reason = ("classifier",), "the classifier sees a transient", 0.5
    app.queue.load([ReviewItem(6, 40, 49, *reason), ReviewItem(7, 60, 64, *reason)])
    assert states(app)[2] == "2 to review"
    tools.click(app.main.stages.parts[2].button.widget)  # goes to the first of them
    assert app.work.cell == 6
    tools.press(app, "y", "e")
    assert states(app)[2] == "all 2 answered"
    assert app.main.stages.parts[2].button.command_id == "make_queue"
    tools.press(app, "Shift-B")
    assert states(app)[1:3] == ["hidden in blind mode"] * 2
    tools.press(app, "Shift-B")
    card = app.work.session.path.parent / f"{app.work.session.path.stem}-classifier" / "card.json"
    card.parent.mkdir()
    card.write_text("{}")
    app.stages.look()
    app.steps.follow(frozenset())
    assert app.steps.next is None
    app._heartbeat()
    assert states(app)[3] == f"{card.parent.name}, just now"
    assert "whole loop" in app.main.steps._how


def test_the_first_steps_can_be_hidden_and_come_back_from_the_menu_help(open_app: Open) -> None:
    app = tools.demo(open_app())
    hide = next(w for w in app.main.steps.winfo_children() if w.winfo_class() == "TButton")
    assert app.main.steps.winfo_viewable()
    tools.click(hide)
    assert not app.main.steps.winfo_viewable()
    path = app.work.session.path
    app.host.close_session()
    app.open_path(path)
    tools.settle(app.root)
    assert not app.main.steps.winfo_viewable()  # remembered
    tools.choose_from_menu(app, "Help", "First steps")
    tools.settle(app.root)
    assert app.main.steps.winfo_viewable()


def test_the_first_steps_come_back_on_the_start_screen(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.host.close_session()

    def headings() -> list[str]:
        tools.settle(app.root)
        return [str(w.cget("text")) for w in tools.widgets_below(app.host.start)
                if w.winfo_class() == "TLabel"]  # fmt: skip

    assert "Go on where you were" in headings()
    tools.choose_from_menu(app, "Help", "First steps")
    assert "The first quarter of an hour" in headings()
    assert tools.faults_of_layout(app.host.start) == []
    form = app.host.start.show_form()
    form.values["rate"].set("10")
    tools.choose_from_menu(app, "Help", "First steps")
    assert app.host.start.form is form  # what was filled in is not thrown away
    app.host.start.hide_form()
    tools.choose_from_menu(app, "Help", "First steps")
    assert "Go on where you were" in headings()
    assert app.options["first_steps"]  # those of a session are another matter


def test_the_button_of_a_stage_is_offered_as_its_command_is(open_app: Open) -> None:
    app = tools.demo(open_app())
    for part in app.main.stages.parts:
        command = BY_ID[part.button.command_id]
        offered = app.conditions.test(command.enabled)
        assert part.button.widget.instate(["!disabled"]) == offered
    app.run_command("blind")
    tools.settle(app.root)
    assert app.main.stages.parts[2].button.widget.instate(["disabled"])


def test_a_state_too_long_for_its_place_is_shortened_and_whole_in_the_tooltip(
    open_app: Open,
) -> None:
    app = tools.demo(open_app())
    now = datetime.datetime.now(datetime.timezone.utc)
    app.stages.trained = ("a-classifier-with-a-name-that-nobody-could-say-in-one-breath", now)
    app._heartbeat()
    tools.settle(app.root)
    part = app.main.stages.parts[3]
    assert part.said.cget("text").endswith("\u2026")
    assert part._whole().startswith(app.stages.trained[0])
    assert tools.faults_of_layout(app.main.stages) == []
