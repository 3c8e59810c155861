"""Eye, playhead, profiles, foot and queue are about one place, and only what is seen is edited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.labelling.review import ReviewItem
from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]


def item(cell: int, first: int, last: int) -> ReviewItem:
    return ReviewItem(cell, first, last, ("classifier",), "the classifier sees a transient", 0.5)


def point(app: Any, frame: int, *events: str) -> None:
    """The mouse at a frame of the traces: it rests there, or does what the events say."""
    traces = app.main.traces
    main = traces.layout.main
    x, y = round(traces.axis.x(frame)), main.top + main.height // 3
    for event in ("<Motion>", *events):
        traces.canvas.event_generate(event, x=x, y=y)
    tools.settle(app.root)


def click(app: Any, frame: int) -> None:
    point(app, frame, "<ButtonPress-1>", "<ButtonRelease-1>")


@pytest.fixture
def app(open_app: Open) -> Any:
    made = tools.demo(open_app())
    made.work.snap = False
    made.work.go_to_cell(6)
    tools.settle(made.root)
    return made


def test_a_verdict_is_given_to_what_is_on_the_screen_and_to_nothing_else(app: Any) -> None:
    app.queue.load([item(6, 40, 49), item(7, 60, 64)])
    tools.press(app, "f")
    assert app.queue.is_in_view
    app.work.go_to_cell(9)
    tools.press(app, "y")  # nothing is added to the unseen cell 6: it is shown
    assert len(app.work.transients(6)) == 0
    assert app.queue.decided == {}
    assert app.work.cell == 6
    assert "was not in view" in app.talk.notice.text
    app.work.show_range(800, 1000)  # the same cell, far away
    tools.settle(app.root)
    assert app.main.review._reason.cget("text").startswith("Not in view")
    tools.press(app, "e")
    assert app.queue.decided == {}
    assert app.work.is_visible(40, 49)
    tools.press(app, "y")
    assert app.work.transients(6).tolist() == [[40, 49]]
    assert app.queue.decided == {0: "accepted"}


def test_undo_takes_the_verdict_and_the_count_back_with_the_label(app: Any) -> None:
    app.queue.load([item(6, 40, 49), item(7, 60, 64)])
    tools.press(app, "f", "y")
    tools.settle(app.root)
    assert app.main.review.title.cget("text") == "Review queue  1"
    assert app.main.review.tree.set("0", "score") == "yes"
    tools.press(app, "Control-z")
    assert app.queue.decided == {}
    assert len(app.work.transients(6)) == 0
    assert (app.queue.index, app.work.cell) == (0, 6)  # the question is on the screen again
    assert app.main.review.title.cget("text") == "Review queue  2"
    assert app.main.review.tree.set("0", "score") == "0.50"
    tools.press(app, "Control-y")
    assert app.queue.decided == {0: "accepted"}
    assert app.work.transients(6).tolist() == [[40, 49]]


def test_profiles_are_about_what_is_asked_wherever_the_mouse_rests(app: Any) -> None:
    app.labeller.add(300, 309)
    app.queue.load([item(6, 40, 49)])
    tools.press(app, "f")
    point(app, 305)
    app.presenter.slices.finish()
    assert app.presenter._profiles._shown == (40, 49)


def test_a_click_of_a_tool_takes_the_playhead_along_and_space_plays_from_there(app: Any) -> None:
    tools.press(app, "i")
    click(app, 155)
    assert app.work.transients()[:, 0].tolist() == [155]
    assert app.work.frame == 155
    before = app.work.visible
    tools.press(app, "space", "space")
    assert app.work.visible == before  # nothing jumps
    assert 155 <= app.work.frame < 200
    tools.press(app, "d")
    click(app, 250)
    assert app.work.frame == 250


def test_space_plays_what_is_seen(app: Any) -> None:
    app.work.go_to_frame(10)
    app.work.show_range(600, 900)
    tools.press(app, "space", "space")
    assert 600 <= app.work.frame < 640


def test_n_and_enter_label_as_the_guide_says(app: Any) -> None:
    app.work.go_to_cell(int(app.work.data.snr.argmax()))
    app.work.go_to_frame(0)
    assert app.work.tool == "select"
    tools.press(app, "n", "Return")
    assert app.work.transients()[:, 0].tolist() == [app.work.frame]
    tools.press(app, "Return")
    assert "n goes to the next rise" in app.talk.notice.text
    tools.press(app, "n", "Return")
    assert len(app.work.transients()) == 2


def test_nothing_is_edited_out_of_view(app: Any) -> None:
    app.labeller.add(40, 49)
    app.work.go_to_frame(45)
    app.work.show_range(600, 900)
    tools.press(app, "Delete")
    assert len(app.work.transients()) == 1
    assert app.work.is_visible(40)
    tools.press(app, "Delete")
    assert len(app.work.transients()) == 0
    app.work.show_range(600, 900)
    tools.press(app, "Return")
    assert len(app.work.transients()) == 0


def test_the_foot_tells_the_playhead_when_keys_move_it(app: Any) -> None:
    point(app, 100)
    assert app.status.texts["place"].startswith("mouse: frame 100 ")
    app.work.go_to_frame(20)
    tools.press(app, "period")
    assert app.status.texts["place"].startswith("frame 21 ")
    tools.press(app, "Control-Right")
    assert app.status.texts["place"].startswith("frame 21 ")


def test_answers_of_before_count_in_the_next_queue(app: Any, folders: Path) -> None:
    app.queue.load([item(6, 40, 49), item(7, 60, 64)])
    tools.press(app, "f", "s")
    path = app.work.session.path
    app.host.close_session()
    app.open_path(path)
    tools.settle(app.root)
    assert len(app.queue.items) == 2
    assert app.queue.decided == {0: "done"}
    assert app.main.review.title.cget("text") == "Review queue  1"
