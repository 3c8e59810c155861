"""Suggested types in the window: the rows of the table, the job, and accepting by hand."""

from __future__ import annotations

import json
import tkinter as tk
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.gui.panels.cells_rows import COLUMNS, CellRow, columns_of, filtered, in_order
from deepcinac.labelling.type_predictions import TypePrediction
from helpers import window_tools as tools


def rows() -> list[CellRow]:
    """Four cells: given as suggested, given otherwise, only suggested, unlike all; one without."""

    def said(share: float, unlike: str = "") -> TypePrediction:
        return TypePrediction({"interneuron": share, "pyramidal": 1 - share}, unlike)

    return [
        CellRow(0, "interneuron", suggestion=said(0.9)),
        CellRow(1, "interneuron", suggestion=said(0.2)),
        CellRow(2, "", suggestion=said(0.6)),
        CellRow(3, "", suggestion=said(0.05, "area 512 um2, learned from 90 to 210")),
        CellRow(4),
    ]


def shown(found: list[CellRow], n_columns: int = 99) -> list[str]:
    """The columns of a table with room for so many."""
    return [column.key for column in columns_of(found, lambda wanted: len(wanted) <= n_columns)]


def cells_of(found: list[CellRow]) -> list[int]:
    return [row.cell for row in found]


@pytest.mark.parametrize(
    ("words", "cells"),
    [
        ("interneuron", [0, 1, 2]),  # the word of the expert counts before the suggestion
        ("pyr", [3]),
        ("untyped", [2, 3, 4]),
        ("untyped interneuron", [2]),
        ("typed", [0, 1]),
        ("differing", [1]),
        ("unlike", [3]),
    ],
)
def test_filter(words: str, cells: list[int]) -> None:
    assert cells_of(filtered(rows(), words)) == cells


def test_sorted_by_the_suggestion_the_surest_first() -> None:
    assert cells_of(in_order(rows(), "suggested", descending=False)) == [0, 2, 3, 1, 4]
    assert cells_of(in_order(rows(), "suggested", descending=True)) == [1, 3, 2, 0, 4]


def test_the_column_says_share_and_type() -> None:
    column = next(column for column in COLUMNS if column.key == "suggested")
    assert [column.text(row) for row in rows()] == [
        "90 % interneuron",
        "80 % pyramidal",
        "60 % interneuron",
        "95 % ? pyramidal",
        "",
    ]


def test_columns_without_anything_in_them_take_no_room() -> None:
    always = ["cell", "type", "n_labelled", "snr", "overlap", "reviewed"]
    assert shown([CellRow(0)]) == always
    assert shown(rows()) == [*always[:2], "suggested", *always[2:]]
    assert "n_predicted" in shown([CellRow(0, n_predicted=0, uncertainty=0.0), CellRow(1)])


def test_where_there_is_no_room_some_columns_give_way() -> None:
    predicted = [CellRow(0, n_predicted=3, uncertainty=0.0, f1=0.5)]
    assert "uncertainty" in shown(predicted, 9)
    assert "uncertainty" not in shown(predicted, 8)
    assert "f1" in shown(predicted, 8)
    assert shown(predicted, 0) == ["cell", "type", "n_labelled", "n_predicted", "reviewed"]


@pytest.fixture
def app(root: tk.Tk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The window with the demo recording: the smallest cells typed as small, the largest as big."""
    from deepcinac.gui.shell.app import App

    monkeypatch.setenv("DEEPCINAC_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    made = App(root)
    root.geometry("1366x740+0+0")
    root.deiconify()
    made.run_command("demo")
    tools.wait_for(root, lambda: made.talk.notice.text or made.presenter.movie is not None)
    yield made
    made.leave()
    errors: list[BaseException] = root.callback_errors  # type: ignore[attr-defined]
    assert not errors


def order_of_size(app: Any) -> list[int]:
    return list(np.argsort(app.work.cells.n_pixels, kind="stable").tolist())


def give_types(app: Any, n_each: int) -> None:
    order, session = order_of_size(app), app.work.session
    with session.group("types"):
        for name in ("big", "small"):
            session.add_cell_type(name)
        for cells, name in ((order[:n_each], "small"), (order[len(order) - n_each :], "big")):
            for cell in cells:
                session.set_cell_type(cell, name)
    app.work.edited("cells")
    finish(app)


def finish(app: Any) -> None:
    tools.wait_for(app.root, lambda: not app.jobs.running)
    tools.settle(app.root)
    app.presenter.slices.finish()
    tools.settle(app.root)


@pytest.mark.window
def test_suggest_look_and_accept(app: Any) -> None:
    assert not app.run_command("suggest_types")
    assert "at least 5 typed cells of each of two types, found none" in app.talk.notice.text
    assert not app.jobs.running
    give_types(app, 9)
    table = app.main.cells
    assert "suggested" not in app.root.splitlist(table.tree.cget("displaycolumns"))

    assert app.run_command("suggest_types")
    assert [job.name for job in app.jobs.running] == ["Cell types"]
    finish(app)
    assert app.talk.notice.text.startswith("Types of 46 cells suggested, 28 of them without a type")
    assert "of 18 typed cells right when held out" in app.talk.notice.text
    assert "suggested" in app.root.splitlist(table.tree.cget("displaycolumns"))

    app.run_command("set_type")  # the question stands above the notice, both can be read
    tools.settle(app.root)
    assert tools.rectangle(app.talk.prompt.window)[3] <= tools.rectangle(app.talk.notice)[1]
    app.talk.prompt.hide()

    found = app.work.type_predictions()
    session, order = app.work.session, order_of_size(app)
    assert [row.suggestion for row in app.presenter.rows] == [found[cell] for cell in range(46)]
    cell = next(c for c in order if session.cell_state(c).type is None)
    app.work.go_to_cell(cell)
    assert session.cell_state(cell).type is None
    assert app.run_command("accept_type")
    finish(app)
    assert session.cell_state(cell).type == found[cell].type
    assert app.presenter.rows[cell].suggestion == found[cell]
    assert app.conditions.undo_text() == (
        f"Undo set cell {cell}: type {found[cell].type}, as suggested"
    )
    assert not app.run_command("accept_type")  # it is accepted already
    app.run_command("undo")
    assert session.cell_state(cell).type is None
    assert app.work.type_predictions() == found


@pytest.mark.window
def test_t_goes_to_the_next_cell_of_the_same_type_given_or_suggested(app: Any) -> None:
    session = app.work.session
    session.set_cell_type(3, "noise")
    session.set_cell_type(20, "noise")
    noise, other = TypePrediction({"noise": 0.9}), TypePrediction({"glia": 0.9})
    session.renew_type_layer("suggested types", {3: other, 11: noise, 15: other, 20: other})
    app.work.edited("layer")
    finish(app)
    app.work.go_to_cell(3)
    seen = []
    for _ in range(3):
        app.run_command("next_same_type")
        seen.append(app.work.cell)
    assert seen == [11, 20, 3]

    app.work.set_blind(True)  # suggestions are hidden: only what the expert said counts
    tools.settle(app.root)
    assert app.presenter.rows[11].suggestion is None
    app.run_command("next_same_type")
    assert app.work.cell == 20
    app.work.go_to_cell(15)
    assert not app.run_command("accept_type")


@pytest.mark.window
def test_a_suggestion_with_a_new_word(app: Any) -> None:
    session, table = app.work.session, app.main.cells.tree
    prediction = TypePrediction({"glia": 0.7, "noise": 0.2}, "area 512 um2")
    session.renew_type_layer("from elsewhere", {0: prediction})
    app.work.edited("layer")
    app.work.go_to_cell(0)
    finish(app)
    left, top, width, height = table.bbox("0", "suggested")
    table.event_generate("<Motion>", x=left + width // 2, y=top + height // 2)
    assert app.main.cells.hovered_text == (
        "glia 70 %, noise 20 %; unlike all that was learned from: area 512 um2"
    )
    assert app.run_command("accept_type")
    assert session.cell_state(0).type == "glia"
    assert "glia" in session.cell_types()
    app.run_command("undo")
    assert "glia" not in session.cell_types()
    app.run_command("set_type")
    tools.settle(app.root)
    texts = [
        str(w.cget("text"))
        for w in tools.widgets_below(app.talk.prompt.window)
        if w.winfo_class() == "TLabel"
    ]
    assert texts == ["Type of cell 0 (suggested: glia 70 %, noise 20 %)"]


@pytest.mark.window
def test_a_classifier_of_another_recording(app: Any, tmp_path: Path) -> None:
    from deepcinac.gui.session.marks import other_layers
    from deepcinac.tasks.cell_types.features import FEATURES
    from deepcinac.tasks.cell_types.model import fitted, save_classifier

    path = tmp_path / "types.json"
    path.write_text(json.dumps({"kind": "something else"}))
    with pytest.raises(InputError, match="a cell type classifier"):
        app.handlers.types.suggest_with(path)
    generator = np.random.default_rng(0)
    save_classifier(path, fitted(generator.normal(size=(8, len(FEATURES))) ** 2, ["a", "b"] * 4))
    app.handlers.types.suggest_with(path)
    finish(app)
    layer = app.work.session.type_layers()[-1]
    assert layer.meta["classifier"] == "types.json"
    assert len(app.work.type_predictions()) == 46
    assert other_layers(app.work) == []  # it is no lane of transients
    assert app.talk.notice.text.startswith("Types of 46 cells suggested, 46 of them without a type")
