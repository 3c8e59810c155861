"""The window of classifiers, predictions of some cells and of several sessions, cells without a mask."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.panels.classifiers_window import Chosen
from deepcinac.inputs.missing_cells import ProposedCell
from deepcinac.learning.zoo import list_classifiers, own_classifiers, remember
from helpers import window_tools as tools
from helpers.jobs_here import run_jobs_here

pytestmark = pytest.mark.window
Open = Callable[..., Any]


@pytest.fixture
def own(folders: Path) -> Path:
    """One of the user's own, as a training leaves it."""
    if not list_classifiers():
        pytest.skip("no classifier ships with this checkout")
    folder = Path(shutil.copytree(list_classifiers()[0].path, folders / "mine"))
    remember(folder)
    return folder


def test_classifiers_are_listed_copied_set_aside_and_brought_back(
    open_app: Open, own: Path, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tools.demo(open_app())
    tools.choose_from_menu(app, "Classifier", "Manage classifiers...")
    window = app.handlers.zoo.window
    rows = {
        window.tree.set(row, "name"): window.tree.set(row) for row in window.tree.get_children()
    }
    assert list(rows) == ["general", "interneuron", "mine"]
    assert [row["origin"] for row in rows.values()] == ["shipped", "shipped", "own"]
    assert {row["suits"] for row in rows.values()} == {"yes"}
    assert "Suits this recording  10 Hz and 2 um suit it as they are" in window.card_text
    assert window.buttons["Remove"].instate(["disabled"])
    assert tools.faults_of_layout(window) == []

    tools.click_row(window.tree, str(own))
    window.ask = Chosen(save_file=lambda **_: str(folders / "copy.zip"))
    tools.click(window.buttons["Export..."])
    window.ask = Chosen(open_file=lambda **_: str(folders / "copy.zip"))
    tools.click(window.buttons["Import .zip..."])
    assert [one.name for one in own_classifiers()] == ["copy", "mine"]
    assert window.chosen.name == "copy"
    tools.click(window.buttons["Import .zip..."])
    assert "a name that none of your classifiers has" in app.talk.notice.text
    tools.click(window.buttons["Remove"])
    assert "Press Remove again" in window.said.cget("text")
    tools.click(window.buttons["Remove"])
    assert [one.name for one in own_classifiers()] == ["mine"]
    window.restore("copy")
    assert [one.name for one in own_classifiers()] == ["copy", "mine"]

    run_jobs_here(monkeypatch)
    tools.click(window.buttons["Look at the signal"])
    tools.wait_for(app.root, lambda: "SD above their noise" in window.card_text)
    tools.click(window.buttons["Predict..."])
    assert app.handlers.classifier.dialog.filled_in["Classifier"].endswith("copy")
    app.handlers.classifier.dialog.destroy()
    window.destroy()


def test_words_for_cells_and_other_sessions_become_commands(
    open_app: Open, own: Path, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tools.demo(open_app())
    asked: list[list[str]] = []

    def start(name: str, arguments: list[str], on_end: Any, task: Any, **_: Any) -> Job:
        asked.append(list(arguments))
        return Job(name, arguments, task=task)

    monkeypatch.setattr(app.jobs, "start", start)
    app.work.session.set_valid(3, False)
    app.work.edited()
    other = folders / "other.deepcinac"
    shutil.copy(app.work.session.path, other)
    app.work.go_to_cell(5)
    app.main.field.zoom(4.0)
    tools.settle(app.root)
    seen = app.main.field.cells_in_view()
    assert 0 < len(seen) < 46
    for word in ("valid", "selected", "in view", "all"):
        app.run_command("predict_all")
        dialog = app.handlers.classifier.dialog
        dialog.fill({"Cells": word, "Other sessions": str(other) if word == "valid" else ""})
        tools.settle(app.root)
        if word == "valid":
            assert "Predicts: 45 of 46 cells" in dialog.plan_text
            assert "Then: 1 other session, the valid cells of each" in dialog.plan_text
        tools.fill_in(dialog)
    chosen = [arguments[arguments.index("--select") + 1] for arguments in asked]
    assert chosen == ["valid", "5", ",".join(map(str, seen)), "all"]
    job = Job("Prediction", ["predict"], state=DONE, folder=new_folder())
    job.task = {"kind": "prediction", "then": {"sessions": [str(other)], "cells": "valid",
                                               "classifier": "general"}}  # fmt: skip
    app.handlers.classifier._predict_others(job)
    assert asked[-1][:4] == ["predict", str(other), "--select", "valid"]
    app.handlers.classifier._predict_others(job)  # a restart does not ask for them again
    assert len(asked) == 5


def test_a_place_without_a_mask_becomes_a_cell_and_undo_takes_it_back(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tools.demo(open_app())
    y, x = (part.ravel() for part in np.mgrid[40:46, 20:26])
    events = np.array([[100, 106], [400, 404]])
    proposals = [ProposedCell(y + 9 * k, x, np.ones(36), events, 9.5 - k) for k in range(2)]
    app.handlers.missing.show(proposals)
    window = app.handlers.missing.window
    tools.settle(app.root)
    assert app.work.frame == 100
    assert len(app.main.field.canvas.find_withtag("proposal")) == 2
    tools.click(window.buttons["Next time it is lit"])
    assert app.work.frame == 400
    assert tools.faults_of_layout(window) == []

    run_jobs_here(monkeypatch)
    tools.click(window.buttons["Accept as a cell"])
    tools.wait_for(app.root, lambda: app.presenter.movie is not None and app.work.data is not None)
    assert app.work.n_cells == app.work.session.n_cells == 47
    assert window.open_places == [1]
    app.work.go_to_cell(46)
    assert len(app.work.data.trace("raw", 46)) == app.work.n_frames
    app.labeller.add(100, 104)
    assert app.work.transients(46).tolist() == [[100, 104]]
    tools.click(window.buttons["Dismiss"])
    assert window.open_places == []
    window.destroy()
    assert not app.main.field.canvas.find_withtag("proposal")
    for _ in range(3):  # the transient, the layer it went into, the cell
        tools.press(app, *["Control-z"] * (app.work.session.n_cells > 46))
    tools.wait_for(app.root, lambda: app.presenter.movie is not None and app.work.data is not None)
    assert (app.work.n_cells, app.work.cell) == (46, 45)
    tools.press(app, "Control-y")
    tools.wait_for(app.root, lambda: app.work.data is not None)
    assert app.work.n_cells == 47
