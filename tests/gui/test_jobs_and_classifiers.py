"""What was trained is at hand after a restart, results of jobs stay to be read, fields behave."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.gui.jobs import folders as job_folders
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import after_cancel
from deepcinac.gui.session.known_classifiers import KnownClassifiers
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.learning.zoo import list_classifiers
from helpers import window_tools as tools

Open = Callable[..., Any]


@pytest.fixture
def own(folders: Path) -> Path:
    """A classifier in a folder beside a session, as a training leaves it."""
    if not list_classifiers():
        pytest.skip("no classifier ships with this checkout")
    return Path(shutil.copytree(list_classifiers()[0].path, folders / "mine-classifier"))


def test_what_was_used_is_there_after_a_restart_and_a_mistyped_name_is_not(own: Path) -> None:
    known = KnownClassifiers(SettingsStore())
    known.used(str(own))
    known.used("genral")
    again = KnownClassifiers(SettingsStore())
    assert again.last == str(own)
    assert again.names()[0] == str(own)
    assert "genral" not in again.names()
    shutil.rmtree(own)
    assert str(own) not in again.names()


def test_classifiers_beside_the_session_are_in_the_list(own: Path) -> None:
    known = KnownClassifiers(SettingsStore())
    assert str(own) not in known.names()
    assert str(own) in known.names(own.parent / "mouse7.deepcinac")


def test_a_cancelled_job_says_so_in_one_sentence() -> None:
    assert after_cancel("cancelled") == after_cancel("Stopped by Ctrl-C.") == ""
    assert after_cancel("after epoch 2: go on") == " after epoch 2: go on"


@pytest.mark.window
def test_results_of_jobs_stay_to_be_read(open_app: Open) -> None:
    app = open_app()
    job = Job("Training", ["train"], state=DONE)
    job.result, job.log = "The classifier is in mine", "epoch 1\nepoch 2"
    app.jobs.jobs.append(job)
    app.run_command("jobs")
    tools.settle(app.root)
    window = app.handlers.classifier.jobs_window
    assert window.tree.item(window.tree.get_children()[0], "values") == (
        "Training",
        "done",
        "The classifier is in mine",
    )
    assert window.said.cget("text") == "The classifier is in mine"
    assert window.log_button.instate(["!disabled"])
    assert window.stop_button.instate(["disabled"])


@pytest.mark.window
def test_control_a_selects_all_of_a_field(open_app: Open) -> None:
    app = tools.demo(open_app())
    entry = app.main.cells._filter
    tools.focus_on(entry)
    entry.insert(0, "labelled")
    entry.event_generate("<Control-a>")
    tools.settle(app.root)
    assert entry.selection_get() == "labelled"


@pytest.mark.window
def test_a_mistake_goes_when_it_was_mended_and_a_warning_stays(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.open_path("nowhere.deepcinac")
    assert "nowhere" in app.talk.notice.text
    app.run_command("next_cell")
    assert app.talk.notice.text == ""
    app.talk.warn("Prediction: no memory")
    app.run_command("next_cell")
    assert app.talk.notice.text == "Prediction: no memory"


def test_only_the_folder_of_a_job_is_ever_removed(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that never got a folder has the present one: that stays."""
    theirs = folders / "thesis"
    theirs.mkdir()
    monkeypatch.chdir(theirs)
    for folder in (Path(), theirs):
        job_folders.forget(folder)
    assert theirs.is_dir()
    made = job_folders.new_folder()
    job_folders.forget(made)
    assert not made.exists()


@pytest.mark.window
def test_jobs_and_their_curves_are_there_after_a_restart(open_app: Open) -> None:
    app = open_app()
    job = Job("Training", ["train"], folder=job_folders.new_folder())
    for step in (1, 2):
        job.take(
            {"stage": "training epoch 1", "done": step, "total": 2, "epoch": 1, "loss": 1 / step}
        )
    job.take({"stage": "validated", "done": 1, "total": 1, "epoch": 1, "score": 0.75, "loss": 0.5})
    job.state, job.result = DONE, "The classifier is in mine (F1 0.75 in the last epoch)"
    app.jobs.jobs.append(job)
    app.jobs._end(job)
    app = open_app()  # another window
    assert app.jobs.jobs == []
    app.run_command("jobs")
    tools.settle(app.root)
    window = app.handlers.classifier.jobs_window
    (row,) = window.tree.get_children()
    name, state, result = window.tree.item(row, "values")
    assert (name, state) == ("Training", "done")
    assert result.endswith("The classifier is in mine (F1 0.75 in the last epoch)")
    assert window.curve.winfo_manager()
    assert window.curve.losses == [(0.5, 1.0), (1.0, 0.5)]
    assert window.curve.scores == [(1.0, 0.75)]
    assert tools.faults_of_layout(window) == []
    window.destroy()


@pytest.mark.window
def test_down_moves_among_cells_after_a_box_was_used(open_app: Open) -> None:
    app = tools.demo(open_app())
    for name in ("Ana", "Ben"):
        app.work.session.add_layer("expert", name, name)
    app.work.edited()
    app.work.choose_layer(app.work.session.layer("Ana").id)
    for box in (app.main.toolbar.layer_box, app.main.field_panel.image_box):
        before = box.get()
        app.work.go_to_cell(3)
        tools.press_in(box, "Down")
        assert (app.work.cell, box.get()) == (4, before)
    assert app.work.session.layer(app.work.layer_id).name == "Ana"
