"""One sitting from the start screen to the session found again, with menus, keys and the mouse alone."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]


def button(app: Any, text: str) -> tk.Misc:
    """The button with this text that is on the screen."""
    return next(w for w in tools.widgets_below(app.root)
                if w.winfo_class() == "TButton" and str(w.cget("text")) == text)  # fmt: skip


def click(widget: tk.Misc, x: int | None = None, y: int | None = None) -> None:
    """Move there, press and release the left button."""
    x = widget.winfo_width() // 2 if x is None else x
    y = widget.winfo_height() // 2 if y is None else y
    widget.event_generate("<Enter>", x=x, y=y)
    widget.event_generate("<Motion>", x=x, y=y)
    widget.event_generate("<ButtonPress-1>", x=x, y=y)
    widget.event_generate("<ButtonRelease-1>", x=x, y=y)
    tools.settle(widget)


def drag(widget: tk.Misc, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press the left button at ``start`` and release it at ``end``."""
    widget.event_generate("<Motion>", x=start[0], y=start[1])
    widget.event_generate("<ButtonPress-1>", x=start[0], y=start[1])
    for share in (0.25, 0.5, 0.75, 1.0):
        x, y = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
        widget.event_generate("<B1-Motion>", x=x, y=y)
        widget.update()
    widget.event_generate("<ButtonRelease-1>", x=end[0], y=end[1])
    tools.settle(widget)


def open_the_demo(app: Any) -> None:
    click(button(app, "Try the demo recording"))
    tools.wait_for(app.root, lambda: app.work.is_open and app.presenter.movie is not None)
    app.presenter.slices.finish()
    tools.settle(app.root)


def label_three_transients(app: Any) -> None:
    """By keys, by a drag of the mouse, and by two clicks of the mouse."""
    traces, canvas = app.main.traces, app.main.traces.canvas
    y = traces.layout.main.top + traces.layout.main.height // 3

    def at(frame: int) -> tuple[int, int]:
        return round(traces.axis.x(frame)), y

    tools.press(app, "S")  # exactly the frames that are meant
    tools.press(app, "Shift-Right", "Shift-Right", "Shift-Right", "i", "Return")
    assert app.work.transients()[:, 0].tolist() == [3]
    drag(canvas, at(100), at(110))
    tools.press(app, "o")
    click(canvas, *at(200))
    assert app.work.pending_onset == 200
    tools.press(app, "p")
    click(canvas, *at(207))
    assert app.work.transients()[1:].tolist() == [[100, 110], [200, 207]]


def drag_the_threshold(app: Any) -> float:
    traces = app.main.traces
    rect, canvas = traces.layout.prediction, traces.canvas
    x = (rect.left + rect.right) // 2
    places = []
    for y in range(rect.top, rect.bottom):  # where the pointer says that the line is
        canvas.event_generate("<Motion>", x=x, y=y)
        if str(canvas.cget("cursor")) == "sb_v_double_arrow":
            places.append(y)
    before = app.work.threshold
    middle = places[len(places) // 2]
    drag(canvas, (x, middle), (x, middle - 6))
    assert app.work.threshold > before
    return float(app.work.threshold)


def test_a_whole_sitting(open_app: Open) -> None:
    from deepcinac.learning.zoo import list_classifiers

    if not list_classifiers():
        pytest.skip("no classifier ships with this checkout")
    app = open_app()
    open_the_demo(app)
    tools.press(app, "Control-Right", "Control-Right", "Control-Left")
    assert app.work.cell == 1
    label_three_transients(app)
    tools.press(app, "Control-z", "Control-z")
    assert len(app.work.transients()) == 1
    tools.press(app, "Control-y", "Control-y")
    labels = app.work.transients().tolist()
    assert len(labels) == 3
    tools.press(app, "Escape", "space")
    tools.wait_for(app.root, lambda: app.work.frame > 6)
    tools.press(app, "space")
    assert not app.main.movie.playing

    tools.choose_from_menu(app, "Classifier", "Predict cells...")
    tools.fill_in(app.handlers.classifier.dialog, Cells="1,6-7", Classifier="general")
    assert app.status.texts["job"].startswith("Prediction: ")
    tools.press(app, "Control-Right", "Control-Left")  # the window is free meanwhile
    tools.wait_for(app.root, lambda: app.talk.notice.text or app.work.prediction_id)
    session = app.work.session
    assert session.predicted_cells(app.work.prediction_id).tolist() == [1, 6, 7], (
        app.talk.notice.text
    )
    tools.settle(app.root)
    assert app.main.traces.layout.prediction is not None  # it is drawn at once
    threshold = drag_the_threshold(app)
    probability = app.work.prediction()

    place = app.work.frame, app.work.visible
    tools.press(app, "Control-w")
    assert not app.work.is_open
    app = open_app()  # a new window
    card = next(w for w in tools.widgets_below(app.host.start)
                if w.winfo_class() == "TLabel" and str(w.cget("text")).startswith("movie.tif"))  # fmt: skip
    click(card)
    assert app.work.is_open
    assert (app.work.frame, app.work.visible) == place
    assert app.work.cell == 1
    assert app.work.transients().tolist() == labels
    assert app.work.threshold == threshold
    assert np.array_equal(app.work.prediction(), probability)
    assert app.conditions.undo_text().startswith("Undo set threshold of general")
