"""What a prediction or a training will do is said before; a prediction is drawn while it arrives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import Job
from deepcinac.gui.session.plans import PREDICTING, Speeds
from deepcinac.gui.session.settings_store import SettingsStore
from helpers import window_tools as tools

Open = Callable[..., Any]


def test_times_follow_from_the_last_run(folders: Path) -> None:
    speeds = Speeds(SettingsStore())
    assert "roughly" in speeds.time_for(PREDICTING, 1000)
    speeds.note(PREDICTING, 100.0)
    assert Speeds(SettingsStore()).time_for(PREDICTING, 28_500) == "about 5 min (by the last run)"


@pytest.mark.window
def test_the_plan_of_a_prediction_follows_what_is_filled_in(open_app: Open) -> None:
    app = tools.demo(open_app())
    tools.choose_from_menu(app, "Classifier", "Predict cells...")
    dialog = app.handlers.classifier.dialog
    assert "Predicts: 46 of 46 cells, 1,200 frames (2.0 min)" in dialog.plan_text
    assert "Result: A new layer, general; no label is touched" in dialog.plan_text
    assert "Suits it: 10 Hz and 2 um suit it as they are" in dialog.plan_text
    entry = dialog.cells.widgets[1]
    tools.focus_on(entry)
    entry.selection_range(0, "end")
    for key in ("BackSpace", "3", "minus", "5"):
        entry.event_generate(f"<KeyPress-{key}>")
    tools.settle(app.root)
    assert "Predicts: 3 of 46 cells" in dialog.plan_text
    dialog.fill({"Cells": "50"})
    tools.settle(app.root)
    assert dialog.plan_text.startswith("Not possible: ! Expected cells from 0 to 45, found cell 50")
    assert tools.faults_of_layout(dialog) == []
    dialog.destroy()


@pytest.mark.window
def test_the_plan_of_a_training_says_what_is_held_out(open_app: Open) -> None:
    app = tools.demo(open_app())

    def plan() -> str:
        app.run_command("train")
        text = str(app.handlers.classifier.dialog.plan_text)
        app.handlers.classifier.dialog.destroy()
        return text

    assert "there is no layer with labels yet" in plan().lower()
    app.labeller.add(300, 309)
    assert "no frame of the layer" in plan().lower()
    app.labeller.add_span("labelled", 290, 350)
    assert "Judged by: ! Nothing: fewer than 5 judged cells" in plan()
    for cell in range(6):
        app.work.session.add_span(app.work.layer_id, cell, "labelled", 0, 399)
    said = plan()
    assert "1 transient of 6 judged cells, 4.0 min of judged frames" in said
    assert "Judged by: 1 cell of 6, drawn at random and held out whole" in said
    assert "Few labels: ! 20 transients or more" in said


@pytest.mark.window
def test_the_plan_of_an_open_dialog_follows_the_labelling(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.run_command("train")
    dialog = app.handlers.classifier.dialog
    assert "there is no layer with labels yet" in dialog.plan_text.lower()
    app.labeller.add(300, 309)
    app.labeller.add_span("labelled", 290, 350)
    tools.wait_for(app.root, lambda: "1 transient of 1 judged cell" in dialog.plan_text)
    app.labeller.add(330, 335)
    dialog.destroy()  # what was asked for is of no use any more
    app.labeller.add(340, 345)
    tools.settle(app.root)


@pytest.mark.window
def test_a_prediction_is_drawn_block_by_block(open_app: Open, folders: Path) -> None:
    app = tools.demo(open_app())
    app.work.go_to_cell(6)
    job = Job("Prediction", ["predict"], folder=new_folder())
    job.task = {"kind": "prediction", "session": str(app.work.session.path.absolute()),
                "cells": [6, 7], "classifier": "mine"}  # fmt: skip
    app.jobs.jobs.append(job)
    array = np.lib.format.open_memmap(
        job.folder / "live.npy", mode="w+", dtype=np.float32, shape=(2, app.work.n_frames)
    )
    array[:] = np.nan
    app._jobs_changed()
    assert app.work.prediction() is None
    for done, active in ((100, (40, 50)), (200, (140, 150))):
        array[:, done - 100 : done] = 0
        array[0, slice(*active)] = 0.9
        array.flush()
        job.take({"stage": "predicting", "done": done, "total": 1200})
        app._jobs_changed()
        tools.settle(app.root)
    shown = app.main.traces.content.prediction.values
    assert np.isfinite(shown).sum() == 200
    assert np.flatnonzero(shown > 0.5).tolist() == [*range(40, 50), *range(140, 150)]
    app.presenter.slices.finish()
    assert app.presenter.rows[6].n_predicted == 2
    assert app.presenter.rows[7].n_predicted == 0
    assert app.presenter.rows[8].n_predicted is None
    app.work.set_blind(True)
    assert app.work.prediction() is None
    app.work.set_blind(False)
    job.state = "failed"
    app._jobs_changed()
    assert app.work.prediction() is None
    app.jobs.jobs.remove(job)
