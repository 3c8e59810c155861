"""Importance over the field, and classes of recordings: what decoding and dynamics said, in the window."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.gui.drawing.map_colours import MapLayer
from deepcinac.gui.drawing.viewport import ImageAxes
from deepcinac.gui.session.field_maps import over_cells, stretched
from deepcinac.gui.session.told_classes import ToldRow
from deepcinac.recording.cells import make_cells
from deepcinac.results import Maker, Result, Results
from deepcinac.results.files import write_results
from deepcinac.results.kinds import IMPORTANCE, IMPORTANCE_MAP, KINDS, RECORDING_CLASS
from deepcinac.results.result import footprint_keys
from deepcinac.tasks.behaviour.settings import ALONE, CHANCE_FACT, LOST, LOST_WITH_PARTNER
from deepcinac.tasks.dynamics.settings import RECORDINGS
from helpers import window_tools as tools

window = pytest.mark.window


def importance(app: Any) -> Results:
    """Without cell 6 the score falls by .2, by 0 without the others; cell 6 alone decodes .9, others .5."""
    cells, n = app.work.cells, app.work.n_cells
    values = np.zeros((n, 3), np.float32)
    values[:, 2] = 0.5
    values[6] = 0.2, 0.3, 0.9
    numbers = np.arange(n)
    fields = {"field": (LOST, LOST_WITH_PARTNER, ALONE)}
    item = Result(
        IMPORTANCE, values, KINDS[IMPORTANCE].dims, "AUC", Maker("behaviour", "speed > 0.5 (gru)"),
        numbers, footprint_keys(cells, numbers), labels=fields,
    )  # fmt: skip
    return Results((item,), info={CHANCE_FACT: 0.5})


def classes(name: str = "demo") -> Results:
    """The open recording is taken for P5, which it is; another one for what it is not."""
    rows = [
        {"name": name, "class": "P5", "told": "P5", "share": 0.8},
        {"name": "mouse2", "class": "P10", "told": "P5", "share": 0.55},
    ]
    item = Result(
        RECORDING_CLASS, np.array([0.8, 0.2]), ("class",), "1", Maker("dynamics", "P5, P10 (forest)"),
        labels={"class": ("P5", "P10")},
    )  # fmt: skip
    return Results(
        (item,), info={RECORDINGS: rows, "held_out": "2 animals, each left out whole in turn"}
    )


def test_where_cells_overlap_the_larger_value_is_seen() -> None:
    cells = make_cells(
        [([0, 0], [0, 1], None), ([0, 0], [1, 2], None), ([2], [2], None)], 3, 3, "test"
    )
    field = over_cells(np.array([0.3, 0.1, np.nan]), np.arange(3), cells)
    np.testing.assert_array_equal(field[0], [0.3, 0.3, 0.1])
    assert np.isnan(field[1:]).all()


def test_a_picture_of_areas_covers_the_whole_field() -> None:
    values = np.arange(9.0).reshape(3, 3)
    field = stretched(values, 7, 8)
    assert field.shape == (7, 8)
    assert (field[0, 0], field[-1, -1], field[3, 4]) == (0, 8, 4)


def test_colours_are_mixed_where_there_are_values_alone() -> None:
    values = np.array([[np.nan, 0.0], [1.0, 5.0]])
    layer = MapLayer(FieldMap("m", "loss (AUC)", values, 0.0, 1.0))
    pixels = layer.over(np.full((2, 2), 100, np.uint8), ImageAxes(1.0, 0.0, 0.0))
    assert pixels[0, 0].tolist() == [100, 100, 100, 255]
    dark, bright, beyond = pixels[0, 1], pixels[1, 0], pixels[1, 1]
    assert bright.astype(int).sum() > dark.astype(int).sum()
    assert bright.tolist() == beyond.tolist()


def colour_at(app: Any, cell: int) -> list[int]:
    """What the screen shows in the middle of a cell of the field."""
    view = app.main.field
    y, x = app.work.cells.centres()[cell]
    at = view.axes.to_screen(x, y)
    shades = view.images.shades()
    height, width = view.canvas.winfo_height(), view.canvas.winfo_width()
    from deepcinac.gui.drawing.image_canvas import visible_part

    shown = visible_part(shades, view.axes, width, height, 0)
    pixels = view._overlay.over(shown, shades.shape, view.axes)
    return pixels[round(at[1]), round(at[0])].tolist() if pixels.ndim == 3 else []


@window
def test_importance_lies_over_the_field_with_a_bar(open_app: Callable[..., Any]) -> None:
    app = tools.demo(open_app())
    assert not app.conditions.test("has_field_maps")
    assert not app.main.field_panel.map_box.winfo_viewable()
    app.work.session.write_results(importance(app))
    app.work.edited()
    tools.settle(app.root)
    tools.choose_from_menu(app, "Analyse", "Importance over the field")
    tools.settle(app.root)
    panel, canvas = app.main.field_panel, app.main.field.canvas
    assert panel.map_box.winfo_viewable()
    texts = [
        canvas.itemcget(i, "text") for i in canvas.find_withtag("map") if canvas.type(i) == "text"
    ]
    assert {"0.2", "0", f"{LOST} (AUC)"} == set(texts)
    needed, other = colour_at(app, 6), colour_at(app, 2)
    assert needed[1] > needed[2]  # yellow
    assert other[2] > other[1]  # dark purple
    panel.map_box.set(f"{ALONE}: speed > 0.5 (gru)")
    panel.map_box.event_generate("<<ComboboxSelected>>")
    tools.settle(app.root)
    texts = [
        canvas.itemcget(i, "text") for i in canvas.find_withtag("map") if canvas.type(i) == "text"
    ]
    assert {"0.9", "0.5", f"{ALONE} (AUC)"} == set(texts)
    assert app.conditions.test("shows_field_map")
    app.run_command("importance")  # off
    app.run_command("importance")  # what was seen last
    tools.settle(app.root)
    assert app.work.field_map.name.startswith(ALONE)
    app.run_command("blind")
    tools.settle(app.root)
    assert not canvas.find_withtag("map")
    assert not panel.map_box.winfo_viewable()


@window
def test_a_map_of_the_movie_lies_over_the_field(open_app: Callable[..., Any]) -> None:
    app = tools.demo(open_app())
    values = np.zeros((2, 8, 8), np.float32)
    values[0, :4] = 0.4  # the upper half is needed
    item = Result(
        IMPORTANCE_MAP, values, KINDS[IMPORTANCE_MAP].dims, "AUC", Maker("behaviour", "speed (cnn)"),
        labels={"field": (LOST, ALONE)},
    )  # fmt: skip
    app.work.session.write_results(Results((item,)))
    app.work.edited()
    app.run_command("importance")
    tools.settle(app.root)
    shown = app.work.field_map.values
    height = app.work.cells.height
    assert shown.shape == (height, app.work.cells.width)
    assert shown[: height // 2 - 1].min() == pytest.approx(0.4)
    assert shown[height // 2 + 1 :].max() == 0


@window
def test_the_classes_of_recordings_are_listed(open_app: Callable[..., Any]) -> None:
    app = tools.demo(open_app())
    assert not app.conditions.test("has_told_classes")
    stem = app.work.session.path.stem
    app.work.session.write_results(classes(stem))
    app.work.edited()
    tools.choose_from_menu(app, "Analyse", "Classes of recordings...")
    tools.settle(app.root)
    shown = app.handlers.analysis.classes
    assert tools.faults_of_layout(shown) == []
    assert shown.run.rows[1] == ToldRow("mouse2", "P10", "P5", 0.55)
    text = str(shown.said.cget("text"))
    assert text.startswith("This recording is taken for P5, with a share of 0.80 (P10 0.20).")
    assert "left out whole" in text
    lines = [shown.tree.item(row, "values") for row in shown.tree.get_children()]
    assert lines == [(stem, "P5", "P5", "yes", "0.80"), ("mouse2", "P10", "P5", "no", "0.55")]
    assert shown.tree.item(shown.tree.selection()[0], "values")[0] == stem
    app.run_command("blind")
    tools.settle(app.root)
    assert shown.tree.get_children() == ()
    tools.press_in(shown.tree, "Escape")
    tools.settle(app.root)
    assert not shown.winfo_exists()


WRITES_CLASSES = """
import pathlib, shutil, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
(out / "answers").mkdir(parents=True)
(out / "report.html").write_text("<html>")
shutil.copy(r"{answers}", out / "answers" / "{stem}.npz")
"""


@window
def test_classifying_in_the_window_leaves_the_class_in_the_session(
    open_app: Callable[..., Any], folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tools.demo(open_app())
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    stem = app.work.session.path.stem
    write_results(folders / "told.npz", classes(stem))
    script = WRITES_CLASSES.format(answers=folders / "told.npz", stem=stem)
    monkeypatch.setattr(
        "deepcinac.gui.jobs.board.command_line",
        lambda arguments: [sys.executable, "-c", script, *arguments],
    )
    tools.choose_from_menu(app, "Analyse", "Classify recordings...")
    tools.fill_in(
        app.handlers.analysis.dialog, Other_sessions="b.deepcinac", Report=str(folders / "r")
    )
    tools.wait_for(app.root, lambda: bool(opened))
    tools.settle(app.root)
    assert [one.layer for one in app.work.told_classes()] == ["P5, P10 (forest)"]
