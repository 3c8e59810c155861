"""Outlines that can hardly be cells are marked in the list, and doubles merged by hand, undoably."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.session.cell_doubts import doubts_of
from deepcinac.gui.session.double_cells import better_of, merge_double
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from helpers import window_tools as tools

Open = Callable[..., Any]


def box(y: int, x: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray, None]:
    rows, columns = np.mgrid[y : y + height, x : x + width]
    return rows.ravel(), columns.ravel(), None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Cells 0 and 1 are one cell (1 is the larger outline), 2 is another, 3 a line."""
    boxes = [box(5, 5, 6, 6), box(5, 5, 6, 7), box(20, 20, 7, 7), box(35, 5, 1, 9)]
    cells = make_cells(boxes, 40, 60, "drawn")
    np.save(tmp_path / "movie.npy", np.random.default_rng(0).normal(100, 5, (30, 40, 60)))
    Session.create(
        tmp_path / "s.deepcinac", tmp_path / "movie.npy", (30, 40, 60), cells, 10, 2
    ).close()
    return tmp_path / "s.deepcinac"


def test_labels_of_both_are_kept_once(path: Path) -> None:
    with Session.open(path) as session:
        layer = session.add_layer("expert", "Ana").id
        for cell, onset, peak in ((0, 3, 6), (0, 20, 22), (1, 4, 7), (1, 10, 12)):
            session.add_transient(layer, cell, onset, peak)
        session.add_span(layer, 1, "labelled", 0, 15)
        (pair,) = doubts_of(session.cells(), 2.0).pairs
        assert better_of(session, pair) == (1, 0)  # as many labels: the larger outline
        assert merge_double(session, 0, 1) == 1
        assert session.transients(layer, 0).tolist() == [[3, 6], [10, 12], [20, 22]]
        assert session.spans(layer, 0, "labelled").tolist() == [[0, 15]]
        assert session.cells().valid.tolist() == [True, False, True, True]
        assert session.undo() == "merge cell 1 into 0"
        assert session.transients(layer, 0).tolist() == [[3, 6], [20, 22]]
        assert session.cells().valid.all()


@pytest.mark.window
def test_doubles_are_marked_and_merged_by_hand(open_app: Open, path: Path) -> None:
    app = open_app()
    app.open_path(path)
    tools.settle(app.root)
    table = app.main.cells
    odd = [table.tree.set(row, "odd") for row in table.tree.get_children()]
    assert odd == ["same as 1", "same as 0", "", "a line of 9 pixels"]
    tools.click_row(table.tree, "0")
    tools.choose_from_menu(app, "Cell", "Merge with its double...")
    dialog = app.handlers.cells.dialog
    assert tools.faults_of_layout(dialog) == []
    tools.press_in(dialog, "Return")
    tools.settle(app.root)
    assert app.work.cell == 1  # the larger outline stays
    assert app.work.session.cells().valid.tolist() == [False, True, True, True]
    assert not app.conditions.test("has_double")
    tools.press(app, "Control-z")
    app.presenter.slices.finish()
    assert app.work.session.cells().valid.all()
    assert table.tree.set("0", "odd") == "same as 1"


@pytest.mark.window
def test_a_key_goes_to_the_next_cell_that_is_not_judged(open_app: Open, path: Path) -> None:
    app = open_app()
    app.open_path(path)
    tools.settle(app.root)
    app.labeller.add(3, 6)
    layer = app.work.layer_id
    for cell in (0, 1):
        app.work.session.add_span(layer, cell, "labelled", 0, 29)
    app.work.session.set_valid(2, False)
    tools.press(app, "Control-Down")
    assert app.work.cell == 3
    app.work.session.add_span(layer, 3, "labelled", 0, 29)
    tools.press(app, "Control-Down")
    assert app.work.cell == 3
    assert app.talk.notice.text == "Every cell of the table has judged frames in this layer"
