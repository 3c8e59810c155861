"""Which result is the prediction, its own threshold, the height of the trace, and a menu bar that stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.panels.layers_window import card_of
from helpers import window_tools as tools
from helpers.predictions import write_predictions

pytestmark = pytest.mark.window

Open = Callable[..., Any]


def with_two_predictions(app: Any, folder: Path) -> Any:
    """Cell 6 active in frames 40 to 49 for the first, in 60 to 64 for the second, which is shown."""
    for name, active in (("first", slice(40, 50)), ("second", slice(60, 65))):
        probability = np.zeros((app.work.n_cells, app.work.n_frames), np.float32)
        probability[6, active] = 0.7
        path = write_predictions(folder / f"{name}.npz", probability, classifier=name, weights=name)
        app.handlers.classifier.take_over(path)
    app.work.go_to_cell(6)
    tools.settle(app.root)
    app.presenter.slices.finish()
    return app


def choose(app: Any, name: str) -> None:
    box = app.main.toolbar.prediction_box
    box.set(name)
    box.event_generate("<<ComboboxSelected>>")
    tools.settle(app.root)
    app.presenter.slices.finish()


def test_the_prediction_is_chosen_named_and_keeps_its_threshold(
    open_app: Open, folders: Path
) -> None:
    app = with_two_predictions(tools.demo(open_app()), folders)
    traces = app.main.traces
    assert traces.content.prediction_name == "second"
    assert app.presenter.rows[6].n_predicted == 1
    app.main.events.threshold_dragged(0.84, True)
    app.presenter.slices.finish()
    assert app.presenter.rows[6].n_predicted == 0
    choose(app, "first")
    assert traces.content.prediction_name == "first"
    assert app.work.threshold == 0.5
    assert np.flatnonzero(app.work.prediction() >= 0.5).tolist() == list(range(40, 50))
    lanes = {lane[0]: np.asarray(lane[1]).tolist() for lane in traces.content.lanes}
    assert lanes["second"] == []  # the lane is cut at 0.84, not at 0.50
    choose(app, "second")
    assert app.work.threshold == 0.84
    tools.press(app, "Control-z")
    assert app.work.threshold == 0.5
    path = app.work.session.path
    choose(app, "first")
    app.main.events.threshold_dragged(0.6, True)
    app.host.close_session()
    app.open_path(path)
    assert app.work.prediction_layer.name == "first"
    assert app.work.threshold == 0.6


def test_layers_are_hidden_ordered_compared_and_removed(open_app: Open, folders: Path) -> None:
    app = with_two_predictions(tools.demo(open_app()), folders)
    session, traces = app.work.session, app.main.traces
    first = session.layer("first")
    tools.press(app, "Control-l")
    window = app.handlers.layers.window

    def do(*texts: str) -> None:
        window.tree.selection_set(str(first.id))
        tools.settle(app.root)
        for text in texts:
            window.buttons[text].invoke()
        tools.settle(app.root)

    def lanes() -> list[str]:
        return [name for name, _ in traces.content.lanes]

    assert lanes() == ["first"]
    before = traces.content.lane_colours
    do("Colour")
    assert traces.content.lane_colours != before
    do("Compare")
    assert lanes() == ["differs", "first"]
    assert traces.content.lanes[0][1].tolist() == [[40, 49], [60, 64]]
    app.work.go_to_frame(45)
    tools.press(app, "Shift-N")
    assert app.work.frame == 60
    do("Compare", "Show, dim or hide")
    assert (lanes(), traces.content.lane_dimmed) == (["first"], [True])
    assert window.tree.item(str(first.id), "values")[3] == "dimmed"
    do("Show, dim or hide")
    assert lanes() == []
    assert not session.layer("first").visible
    do("Show, dim or hide")
    assert (lanes(), traces.content.lane_dimmed) == (["first"], [False])
    do("Up")
    assert [x.name for x in window.layers()] == ["first", "second"]
    do("Use")
    assert app.work.prediction_layer.name == "first"
    assert "weights    " in card_of(first)
    app.handlers.layers.write(first.id, folders / "first-again.npz")
    assert (folders / "first-again.npz").is_file()
    kept = session.prediction(first.id, 6).copy()
    do("Delete")
    assert [x.name for x in session.layers("classifier")] == ["second"]
    assert app.work.prediction_layer.name == "second"
    assert window.said.cget("text") == "first is deleted; Ctrl+Z brings it back as it was."
    tools.press_in(window, "Control-z")
    assert [x.name for x in session.layers("classifier")] == ["first", "second"]
    assert session.prediction(first.id, 6).tobytes() == kept.tobytes()
    do("Delete")
    window.destroy()
    path = session.path
    app.host.close_session()
    app.open_path(path)
    tools.settle(app.root)
    tools.press(app, "Control-z")
    assert app.work.session.prediction(first.id, 6).tobytes() == kept.tobytes()


def test_the_movie_has_a_contrast_of_its_own(open_app: Open) -> None:
    app = tools.demo(open_app())
    movie, field = app.main.movie, app.main.field
    low, high = movie.shown_limits
    before = field.contrast()
    tools.press(app, "Shift-Up")
    assert movie.shown_limits[0] == low
    assert movie.shown_limits[1] < high
    tools.press(app, "Shift-Down")
    assert movie.shown_limits[1] == high
    assert field.contrast() == before
    tools.press(app, "Control-Right")  # another cell: from its own pixels
    assert movie.shown_limits != (low, high)
    tools.press(app, "Shift-Up", "Shift-H")
    kept = movie.shown_limits
    tools.press(app, "Control-Right")
    assert movie.shown_limits == kept
    path = app.work.session.path
    app.host.close_session()
    assert app.settings.get("view")["movie_contrast"] is False
    assert app.settings.get("view")["movie_brightness"] == 1
    app.open_path(path)
    tools.wait_for(app.root, lambda: app.presenter.movie is not None)
    tools.press(app, "Shift-H")
    assert movie.shown_limits != kept


def test_the_contrast_of_the_movie_shows_the_pixels_of_the_cell(open_app: Open) -> None:
    """Half a percent of what is shown is black, and as much is white."""
    app = tools.demo(open_app())
    movie = app.main.movie
    app.work.go_to_cell(6)
    tools.settle(app.root)
    tools.press(app, "Shift-K")
    low, high = movie.shown_limits
    frames = np.stack([movie._store.frame(index) for index in range(32)])
    assert 0.002 < np.mean(frames <= low) < 0.02
    assert 0.002 < np.mean(frames >= high) < 0.02


def test_the_height_is_fitted_to_what_is_seen(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.work.go_to_cell(6)
    app.work.show_range(0, 100)
    tools.settle(app.root)
    traces = app.main.traces
    whole = traces.values["raw"]
    tools.press(app, "8")
    fitted = traces.values["raw"]
    assert fitted.high - fitted.low < whole.high - whole.low
    tools.press(app, "8")
    assert traces.values["raw"].high == whole.high
    tools.press(app, "Shift-W")
    assert traces.values["raw"].high == fitted.high
    app.work.show_range(300, 700)
    tools.settle(app.root)
    assert traces.values["raw"].high != fitted.high
    assert app.options["fit_height"]


@pytest.mark.parametrize(
    ("dpi", "screen", "height"),
    [
        (96, (1366, 768), 150),
        (96, (1600, 1000), 250),
        (192, (2732, 1536), 300),
        (192, (1366, 768), 150),
    ],
)
def test_the_traces_are_the_largest_view(
    open_app: Open, folders: Path, dpi: int, screen: tuple[int, int], height: int
) -> None:
    """With a prediction, a lane and the first steps; at least an eighth of the whole window."""
    app = open_app(dpi, (screen[0], screen[1] - 28 * screen[0] // 1366), screen)
    with_two_predictions(tools.demo(app), folders)
    window, main = app.main, app.main.traces.layout.main
    for view in (window.field, window.movie, window.profiles, window.overview, window.raster):
        assert main.width * main.height > view.canvas.winfo_width() * view.canvas.winfo_height()
    assert main.height >= height
    assert main.width * main.height >= screen[0] * screen[1] / 8
    assert tools.faults_of_layout(app.window.holder) == []


def test_the_menu_bar_stays_when_colours_and_keys_change(open_app: Open) -> None:
    app = open_app()
    bar = str(app.root.cget("menu"))
    app.options.set("dark", True)
    app.keymap.change("tool_onset", ["F9"])
    app._keys_changed()
    tools.settle(app.root)
    assert str(app.root.cget("menu")) == bar
    assert app.menus.by_name["Label"].entrycget(1, "accelerator") == "F9"
    assert str(app.menus.by_name["File"].cget("background")) == app.theme.palette.panel
    app.options.set("dark", False)
