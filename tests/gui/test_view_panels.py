"""Overview, raster and profiles in a real window."""

from __future__ import annotations

import tkinter as tk

import numpy as np
import pytest

from deepcinac.gui.views.overview import OverviewStrip
from deepcinac.gui.views.profiles import ProfilePanel, ProfilesView
from deepcinac.gui.views.raster import RasterView
from deepcinac.gui.widgets.theme import Theme

pytestmark = pytest.mark.window


def click(view: tk.Misc, canvas: tk.Canvas, x: float, y: float) -> None:
    canvas.event_generate("<ButtonPress-1>", x=round(x), y=round(y))
    canvas.event_generate("<ButtonRelease-1>", x=round(x), y=round(y))
    view.update()


@pytest.fixture
def strip(window: tk.Toplevel, root: tk.Tk) -> OverviewStrip:
    ranges: list[tuple[int, int]] = []
    strip = OverviewStrip(window, Theme(root).look(), on_range=lambda *r: ranges.append(r))
    strip.told = ranges  # type: ignore[attr-defined]
    strip.pack(fill="x")
    strip.set_recording(1000, 10.0)
    strip.set_trace(np.sin(np.arange(1000) / 20))
    strip.set_spans([("labelled", 0, 499), ("doubtful", 100, 150)])
    strip.set_transients(np.array([[40, 50]]))
    strip.set_prediction(None)
    strip.set_range(200, 299)
    strip.set_playhead(250)
    window.update()
    return strip


def test_the_handle_is_dragged(strip: OverviewStrip) -> None:
    x = round(strip.axis.x(250))
    strip.canvas.event_generate("<ButtonPress-1>", x=x, y=20)
    strip.canvas.event_generate("<B1-Motion>", x=round(strip.axis.x(350)), y=20)
    strip.update()
    assert strip.told[-1] == pytest.approx((300, 399), abs=1)  # type: ignore[attr-defined]


def test_an_end_of_the_handle_is_dragged(strip: OverviewStrip) -> None:
    strip.canvas.event_generate("<ButtonPress-1>", x=round(strip.axis.x(299.5)), y=20)
    strip.canvas.event_generate("<B1-Motion>", x=round(strip.axis.x(499.5)), y=20)
    strip.update()
    assert strip.told[-1] == pytest.approx((200, 499), abs=1)  # type: ignore[attr-defined]


def test_a_click_beside_the_handle_brings_it_there(strip: OverviewStrip) -> None:
    click(strip, strip.canvas, strip.axis.x(700), 20)
    assert strip.told[-1] == pytest.approx((651, 750), abs=2)  # type: ignore[attr-defined]


@pytest.fixture
def raster(window: tk.Toplevel, root: tk.Tk) -> RasterView:
    told: list[tuple] = []
    raster = RasterView(
        window,
        Theme(root).look(),
        on_jump=lambda *what: told.append(("jump", *what)),
        on_range=lambda *what: told.append(("range", *what)),
    )
    raster.told = told  # type: ignore[attr-defined]
    raster.pack(fill="both", expand=True)
    raster.set_recording(500, 10.0)
    activity = np.zeros((10, 500), dtype=bool)
    activity[3, 100:110] = True
    raster.set_activity(activity, order=[9, 3, 0])
    raster.select(3)
    raster.set_playhead(20)
    window.update()
    return raster


def test_a_click_jumps_to_cell_and_frame(raster: RasterView) -> None:
    rows = raster.rows
    click(raster, raster.canvas, raster.axis.x(105), rows.top + rows.height / 2)
    assert raster.told == [("jump", 3, 105)]  # type: ignore[attr-defined]
    click(raster, raster.canvas, raster.axis.x(7), rows.top + 5)
    assert raster.told[-1] == ("jump", 9, 7)  # type: ignore[attr-defined]


def test_the_wheel_over_the_raster_zooms_in_time(raster: RasterView) -> None:
    raster.canvas.event_generate("<Button-4>", x=400, y=50)
    raster.update()
    what, first, last = raster.told[-1]  # type: ignore[attr-defined]
    assert what == "range"
    assert last - first == pytest.approx(400, abs=2)


def test_a_raster_without_activity_says_why(raster: RasterView) -> None:
    raster.set_note("Nothing labelled or predicted yet")
    raster.set_activity(None)
    raster.update()
    texts = [raster.canvas.itemcget(item, "text") for item in raster.canvas.find_withtag("text")]
    assert texts == ["Nothing labelled or predicted yet"]


def test_profiles_with_a_missing_transient_and_a_neighbour_to_click(
    window: tk.Toplevel, root: tk.Tk
) -> None:
    chosen: list[int] = []
    view = ProfilesView(window, Theme(root).look(), on_select=chosen.append)
    view.pack(fill="both", expand=True)
    image = np.random.default_rng(0).normal(size=(9, 11))
    outline = [np.array([(1, 1), (6, 1), (6, 6), (1, 1)], dtype=float)]
    view.set_profiles(
        [
            ProfilePanel(4, image, image, 0.83, outline, own=True),
            ProfilePanel(7, image[:5], None, float("nan"), outline),
            ProfilePanel(8, None, image, None),
        ],
        "the cell's own",
        "Cell 4, frames 340 to 348",
    )
    window.update()
    texts = [
        view.canvas.itemcget(item, "text")
        for item in view.canvas.find_withtag("over")
        if view.canvas.type(item) == "text"
    ]
    assert {"cell 4", "cell 7", "r = 0.83", "the cell's own", "none"} <= set(texts)
    assert not any("nan" in text for text in texts)
    grid = view.grid_shown
    assert grid is not None
    for i in (0, 1):
        left, top = grid.sources[i]
        click(view, view.canvas, left + 5, top + 5)
    assert chosen == [7]
    view.clear("Choose a transient")
    window.update()
    assert view.canvas.itemcget(view.canvas.find_withtag("over")[0], "text") == "Choose a transient"
