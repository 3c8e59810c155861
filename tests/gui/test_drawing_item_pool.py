"""Texts and lines that are drawn again: what stays the same costs nothing, what went is hidden."""

from __future__ import annotations

import tkinter as tk

import pytest

from deepcinac.gui.drawing.item_pool import ItemPool
from deepcinac.gui.drawing.text import write
from deepcinac.gui.widgets.theme import Theme

pytestmark = pytest.mark.window


@pytest.fixture
def canvas(window: tk.Toplevel) -> tk.Canvas:
    canvas = tk.Canvas(window, width=300, height=100)
    canvas.pack()
    return canvas


def shown(canvas: tk.Canvas) -> list[str]:
    return [canvas.itemcget(item, "text") for item in canvas.find_all()
            if canvas.itemcget(item, "state") != "hidden" and canvas.type(item) == "text"]  # fmt: skip


def test_items_are_used_again_and_the_rest_is_hidden(canvas: tk.Canvas, root: tk.Tk) -> None:
    pool, look = ItemPool(canvas), Theme(root).look()

    def draw(*texts: str) -> None:
        pool.begin(look)
        for i, text in enumerate(texts):
            write(pool, 10 * i, 5, text, look)
        pool.create_line(0, 0, len(texts), 10, fill="#ff0000")
        pool.end()

    draw("0 s", "1 s", "2 s")
    items = canvas.find_all()
    draw("1 s", "2 s")
    assert shown(canvas) == ["1 s", "2 s"]
    draw("7 s", "8 s", "9 s")
    assert shown(canvas) == ["7 s", "8 s", "9 s"]
    assert canvas.find_all() == items
    line = next(item for item in items if canvas.type(item) == "line")
    assert canvas.coords(line) == [0, 0, 3, 10]


def test_another_look_gives_texts_its_size_and_colour(canvas: tk.Canvas, root: tk.Tk) -> None:
    pool = ItemPool(canvas)

    def draw(look: object) -> tuple[int, str]:
        pool.begin(look)  # type: ignore[arg-type]
        item = write(pool, 100, 50, "frame 1200", look)  # type: ignore[arg-type]
        pool.end()
        left, _, right, _ = canvas.bbox(item)
        return right - left, str(canvas.itemcget(item, "fill"))

    light, dark = Theme(root, "light").look(), Theme(root, "dark").look()
    width, colour = draw(light)
    root.tk.call("tk", "scaling", 2 * 96 / 72)
    try:
        wide, other = draw(dark)
    finally:
        root.tk.call("tk", "scaling", 96 / 72)
    assert wide > 1.7 * width
    assert other != colour
    assert len(canvas.find_all()) == 1
