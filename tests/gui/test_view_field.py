"""The field in a real window: three cells on an image of 40 x 30 pixels."""

from __future__ import annotations

import tkinter as tk

import numpy as np
import pytest

from deepcinac.gui.views.field import FieldView
from deepcinac.gui.widgets.theme import Theme

pytestmark = pytest.mark.window

CORNERS = [(5, 5), (20, 5), (23, 8)]  # x, y of squares of 6 px; the last two overlap


def outline(x: float, y: float) -> list[np.ndarray]:
    points = np.array([(0, 0), (6, 0), (6, 6), (0, 6), (0, 0)], dtype=float)
    return [points + (x - 0.5, y - 0.5)]


@pytest.fixture
def told() -> list[tuple]:
    return []


@pytest.fixture
def view(window: tk.Toplevel, root: tk.Tk, told: list[tuple]) -> FieldView:
    view = FieldView(
        window,
        Theme(root).look(),
        on_select=lambda cell: told.append(("select", cell)),
        on_hover=lambda *what: told.append(("hover", *what)),
        on_context=lambda cell, *_: told.append(("context", cell)),
    )
    view.pack(fill="both", expand=True)
    mean = np.arange(1200, dtype=np.float32).reshape(30, 40)
    view.set_images({"mean": mean, "max": mean * 2})
    view.set_cells([outline(*corner) for corner in CORNERS], ["plain", "labelled", "review"])
    window.update()
    told.clear()
    return view


def click(view: FieldView, x: float, y: float, button: int = 1) -> None:
    at = {"x": round(x), "y": round(y)}
    view.canvas.event_generate(f"<ButtonPress-{button}>", **at)
    view.canvas.event_generate(f"<ButtonRelease-{button}>", **at)
    view.update()


def test_a_click_selects_the_cell_under_the_pointer(view: FieldView, told: list[tuple]) -> None:
    assert view.axes is not None
    click(view, *view.axes.to_screen(7, 7))
    click(view, *view.axes.to_screen(25, 10))
    click(view, *view.axes.to_screen(1, 1))
    assert [call for call in told if call[0] == "select"] == [("select", 0), ("select", 2)]


def test_a_drag_pans_and_selects_nothing(view: FieldView, told: list[tuple]) -> None:
    view.zoom(4)
    view.update()
    assert view.axes is not None
    before = view.axes
    view.canvas.event_generate("<ButtonPress-1>", x=300, y=300)
    for step in range(1, 11):
        view.canvas.event_generate("<B1-Motion>", x=300 + 5 * step, y=300)
        view.update()
    view.canvas.event_generate("<ButtonRelease-1>", x=350, y=300)
    assert view.axes.left == pytest.approx(before.left + 50)
    assert not [call for call in told if call[0] == "select"]


def test_the_wheel_zooms_about_the_pointer_and_outlines_follow(view: FieldView) -> None:
    assert view.axes is not None
    point = view.axes.to_screen(7, 7)
    at = {"x": round(point[0]), "y": round(point[1])}
    before = view.axes.to_image(at["x"], at["y"])
    for _ in range(3):
        view.canvas.event_generate("<Button-4>", **at)
        view.update()
    assert view.axes.to_image(at["x"], at["y"]) == pytest.approx(before)
    drawn = view.canvas.coords(view.canvas.find_withtag("cell0")[0])
    assert drawn[:2] == pytest.approx(view.axes.to_screen(4.5, 4.5), abs=0.01)
    click(view, at["x"], at["y"])


def test_a_fitted_field_stays_fitted_when_the_window_grows(view: FieldView) -> None:
    view.winfo_toplevel().geometry("500x400")
    view.update()
    view.update()
    assert view.axes is not None
    assert 40 * view.axes.scale <= view.canvas.winfo_width()
    assert view.axes.top >= 0


def test_the_pointer_tells_pixel_and_value(view: FieldView, told: list[tuple]) -> None:
    assert view.axes is not None
    x, y = view.axes.to_screen(11, 2)
    view.canvas.event_generate("<Motion>", x=round(x), y=round(y))
    view.update()
    assert told[-1] == ("hover", 11, 2, 91.0)


def test_states_are_told_by_shape(view: FieldView) -> None:
    def style(cell: int) -> tuple[str, str]:
        item = view.canvas.find_withtag(f"cell{cell}")[0]
        return view.canvas.itemcget(item, "dash"), view.canvas.itemcget(item, "width")

    plain, labelled, review = (style(cell) for cell in range(3))
    assert len({plain, labelled, review}) == 3
    view.select(0, [1])
    assert float(style(0)[1]) > float(labelled[1])
    assert view.canvas.itemcget("cell1", "fill") == "#e69f00"
    view.select(None)
    assert style(0) == plain
    view.set_states(["invalid", "labelled", "review"])
    assert view.canvas.itemcget("marked0", "text") == "×"
    assert view.canvas.itemcget("marked2", "text") == "!"


def test_a_cell_out_of_view_is_revealed(view: FieldView) -> None:
    assert view.axes is not None
    view.zoom(12, view.axes.to_screen(38, 28))
    view.update()
    view.reveal(0)
    view.update()
    x, y = view.axes.to_screen(7.5, 7.5)
    assert 0 < x < view.canvas.winfo_width()
    assert 0 < y < view.canvas.winfo_height()


def test_each_image_keeps_its_contrast(view: FieldView) -> None:
    view.set_contrast(10, 20)
    view.show_image("max")
    assert view.contrast() != (10, 20)
    assert view.data_range() == (0, 2398)
    view.show_image("mean")
    assert view.contrast() == (10, 20)
    assert view.auto_contrast() != (10, 20)


def test_the_live_frame(view: FieldView) -> None:
    view.show_image("live")
    view.set_live_frame(np.full((30, 40), 500, dtype=np.uint16))
    view.update()
    assert view.data_range() == (500, 500)


def test_without_images_it_says_why(window: tk.Toplevel, root: tk.Tk) -> None:
    view = FieldView(window, Theme(root).look())
    view.pack(fill="both", expand=True)
    view.set_note("No movie yet")
    window.update()
    texts = [view.canvas.itemcget(item, "text") for item in view.canvas.find_withtag("note")]
    assert texts == ["No movie yet"]


def test_the_scale_bar_is_as_long_as_it_says(view: FieldView) -> None:
    view.set_pixel_size(2.0)
    view.update()
    assert view.axes is not None
    bar, text = view.canvas.find_withtag("bar")[2:]
    left, _, right, _ = view.canvas.coords(bar)
    micrometres = float(view.canvas.itemcget(text, "text").split()[0])
    assert right - left == pytest.approx(micrometres / 2.0 * view.axes.scale, abs=0.5)
    view.set_pixel_size(None)
    assert not view.canvas.find_withtag("bar")


def test_revealing_a_cell_leaves_the_whole_field_alone(view: FieldView) -> None:
    before = view.axes
    view.select(0, [1])
    view.reveal(0)
    view.update()
    assert view.axes == before
    numbers = {view.canvas.itemcget(item, "text") for item in view.canvas.find_withtag("number")}
    assert {"0", "1"} <= numbers
