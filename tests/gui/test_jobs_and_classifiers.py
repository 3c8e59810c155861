"""What was trained is at hand after a restart, results of jobs stay to be read, fields behave."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.jobs import folders as job_folders
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import after_cancel
from deepcinac.gui.session.known_classifiers import KnownClassifiers
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.learning.zoo import list_classifiers
from helpers import window_tools as tools
from helpers.predictions import write_predictions

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


@pytest.mark.window
def test_mistakes_of_a_training_lead_to_their_place_and_it_can_be_ended_or_gone_on_with(
    open_app: Open, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tools.demo(open_app())
    out = folders / "mine"
    out.mkdir()
    (out / "state.json").write_text('{"epoch": 1}')
    path = str(app.work.session.path.absolute())
    job = Job("Training", ["train", path], folder=job_folders.new_folder())
    job.task = {"kind": "training", "out": str(out), "rounds": 3}
    mistakes = [{"path": path, "cell": 7, "first": 900, "last": 905, "kind": "missed",
                 "probability": 0.1}]  # fmt: skip
    job.take({"stage": "validated", "done": 1, "total": 3, "epoch": 1, "score": 0.5,
              "score_interval": [0.4, 0.6], "mistakes": mistakes})  # fmt: skip
    app.jobs.jobs.append(job)
    app.run_command("jobs")
    tools.settle(app.root)
    window = app.handlers.classifier.jobs_window
    assert "Score after epoch 1: 0.50 (95 % interval 0.40 to 0.60)" in window.said.cget("text")
    tools.click_row(window.places, "0")
    assert (app.work.cell, app.work.frame) == (7, 900)
    assert tools.faults_of_layout(window) == []
    tools.click(window.keep_button)
    assert (out / "stop").exists()
    assert window.resume_button.instate(["disabled"])
    job.state = DONE
    app.jobs._end(job)
    app = open_app()  # the next window can go on with it
    app.run_command("jobs")
    tools.settle(app.root)
    window = app.handlers.classifier.jobs_window
    assert window.chosen.mistakes == mistakes
    started: list[list[str]] = []
    monkeypatch.setattr(
        app.jobs, "start", lambda name, given, *_, **__: started.append(given) or Job(name, given)
    )
    tools.click(window.resume_button)
    assert started == [["train", path, "--resume"]]
    window.destroy()


@pytest.mark.window
def test_a_training_that_kept_its_start_says_where_its_prediction_is(
    open_app: Open, folders: Path
) -> None:
    app = tools.demo(open_app())
    probability = np.full((1, app.work.n_frames), 0.1)
    for name in ("general", "mine"):  # the training won nothing, so the weights are the same
        write_predictions(folders / f"{name}.npz", probability, classifier=name)
        said = app.handlers.classifier.take_over(folders / f"{name}.npz")
    assert [layer.name for layer in app.work.result_layers()] == ["general"]
    assert said == (
        "1 cell predicted into the layer general. "
        "mine has the same weights as general, so it has no other"
    )


@pytest.mark.window
def test_a_prediction_layer_is_exported_as_nwb(open_app: Open, folders: Path) -> None:
    app = tools.demo(open_app())
    app.handlers.classifier.take_over(
        tools.prediction_file(folders / "p.npz", app.work.n_cells, app.work.n_frames)
    )
    asked: list[list[str]] = []
    app.jobs.start = lambda name, given, *_, **__: asked.append(given)
    layer = app.work.prediction_id
    app.handlers.layers.write(layer, folders / "p.csv")
    assert (folders / "p.csv").is_file()
    app.handlers.layers.write(layer, folders / "p.nwb")
    dialog = app.handlers.layers.dialog
    tools.settle(app.root)
    assert tools.faults_of_layout(dialog) == []
    tools.fill_in(dialog, Session_start="2026-11-27T10:30:00+01:00", Wavelengths_unknown="1")
    from deepcinac.cli.main import build_parser

    given = build_parser().parse_args(asked[0])
    assert (given.layer, given.out) == (["tiny"], folders / "p.nwb")
    assert given.accept == ["unknown-wavelengths"]


def test_corrections_are_exported_under_a_licence_that_the_user_names(
    open_app: Open, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepcinac.cli.main import build_parser

    app = tools.demo(open_app())
    app.labeller.add(300, 309)
    out = folders / "answers.h5"
    monkeypatch.setattr(
        "deepcinac.gui.handlers.files.filedialog.asksaveasfilename", lambda **_: str(out)
    )
    asked: list[list[str]] = []
    app.jobs.start = lambda name, given, *_, **__: asked.append(given)
    tools.choose_from_menu(app, "File", "Export my corrections...")
    app.talk.prompt.give()
    assert not asked  # there is no licence by default
    assert "a licence, such as CC-BY-4.0" in app.talk.notice.text
    tools.choose_from_menu(app, "File", "Export my corrections...")
    app.talk.prompt.fill("CC-BY-4.0")
    app.talk.prompt.give()
    given = build_parser().parse_args(asked[0])
    layer = app.work.session.layer(app.work.layer_id)
    assert (given.corrections, given.layer, given.out) == (True, [layer.name], out)
    assert given.licence == "CC-BY-4.0"


def test_the_remaining_time_runs_down_between_two_messages() -> None:
    job = Job("Training", [], rounds=1)
    job.stage_started = 0.0
    for now, done in ((0.0, 0), (10.0, 20)):
        job.take({"stage": "training epoch 1", "done": done, "total": 100, "epoch": 1}, now)
    assert job.remaining_s(10.0) == 40
    assert job.remaining_s(15.0) == 35
