"""Predict and Train from the menu: what is asked, how far it is, cancel, closing the window meanwhile.

Processes are stand-ins that write what ``deepcinac train`` and ``predict`` would, but for the last test.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import window_tools as tools
from helpers.predictions import write_predictions

pytestmark = pytest.mark.window

Open = Callable[..., Any]

TRAINS = """
import json, pathlib, sys, time
arguments = sys.argv[1:]
out = pathlib.Path(arguments[arguments.index("--out") + 1])
n_epochs = int(arguments[arguments.index("--epochs") + 1])
state = out / "state.json"
first = json.loads(state.read_text())["epoch"] if "--resume" in arguments else 0
def say(stage, done, total, **values):
    print(json.dumps(dict(values, stage=stage, done=done, total=total)), flush=True)
def wait(name):
    while not (out.parent / name).exists():
        time.sleep(0.01)
(out / "prepared").mkdir(parents=True)
(out / "prepared" / "0000.npy").write_bytes(b"frames")
for epoch in range(first + 1, n_epochs + 1):
    (out / ".part-model.weights.h5").write_bytes(b"half of the weights")
    say(f"training epoch {epoch}", 1, 2, epoch=epoch, loss=0.5)
    wait(f"go-{epoch}")
    (out / ".part-model.weights.h5").replace(out / "model.weights.h5")
    state.write_text(json.dumps({"epoch": epoch}))
    say("validated", epoch, n_epochs, epoch=epoch, f1=0.625)
(out / "prepared" / "0000.npy").unlink()
(out / "prepared").rmdir()
(out / "card.json").write_text("{}")
say("done", 0, 0)
if (out.parent / "finished").is_dir():  # only a real classifier is offered afterwards
    import shutil
    shutil.copytree(out.parent / "finished", out, dirs_exist_ok=True)
"""
PREDICTS = """
import pathlib, shutil, sys, time
out = sys.argv[sys.argv.index("--out") + 1]
folder = pathlib.Path({folder!r})
print('{{"stage": "predicting", "done": 1, "total": 2}}', flush=True)
while not (folder / "go").exists():
    time.sleep(0.01)
shutil.copy(folder / "known.npz", out)
print('{{"stage": "done"}}', flush=True)
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Run a script in the place of our command line."""

    def use(script: str) -> None:
        monkeypatch.setattr(
            "deepcinac.gui.jobs.board.command_line",
            lambda arguments: [sys.executable, "-c", script, *arguments],
        )

    return use


def job_text(app: Any) -> str:
    return str(app.status.texts["job"])


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def begin_training(app: Any, out: Path, epochs: str = "2") -> Any:
    """Classifier, Train... with real menus and keys; the job."""
    tools.choose_from_menu(app, "Classifier", "Fine-tune on this session...")
    dialog = app.handlers.classifier.dialog
    tools.fill_in(dialog, New_classifier=str(out), Epochs=epochs)
    return app.jobs.jobs[-1]


def test_training_from_the_menu(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    import shutil

    from deepcinac.cli.main import build_parser
    from deepcinac.learning.zoo import find_classifier

    app = tools.demo(open_app())
    app.work.require_layer()
    stand_in(TRAINS)
    shutil.copytree(find_classifier("general").path, folders / "finished")
    tools.choose_from_menu(app, "Classifier", "Fine-tune on this session...")
    dialog, path = app.handlers.classifier.dialog, app.work.session.path
    asked = list(dialog.filled_in.values())[:5]
    assert asked == [str(path), str(path.with_name("demo-classifier")), "general", "4", "640"]
    tools.fill_in(dialog, New_classifier=str(folders / "mine"), Epochs="2", Windows_per_epoch="320")
    assert not dialog.winfo_exists()

    job = app.jobs.jobs[-1]
    given = build_parser().parse_args(job.arguments)  # our command line understands it
    assert (given.command, given.epochs, given.windows_per_epoch) == ("train", 2, 320)
    assert (given.name, given.start_from, given.resume) == ("mine", "general", False)
    assert given.layer == app.work.session.layer(app.work.layer_id).name

    tools.wait_for(app.root, lambda: job_text(app) == "Training: epoch 1 of 2")
    assert app.status._bar.winfo_manager()
    tools.press(app, "a")  # the window is free meanwhile
    (folders / "go-1").touch()
    tools.wait_for(app.root, lambda: job_text(app).startswith("Training: epoch 2 of 2"))
    (folders / "go-2").touch()
    tools.wait_for(app.root, lambda: job.state == "done")
    assert app.talk.notice.text == (
        f"The classifier is in {folders / 'mine'} (F1 0.62 in the last epoch); "
        "Predict uses it from now on"
    )
    tools.choose_from_menu(app, "Classifier", "Predict cells...")
    dialog = app.handlers.classifier.dialog
    assert dialog.filled_in["Classifier"] == str(folders / "mine")
    dialog.destroy()


@pytest.mark.parametrize(
    ("dpi", "screen"), [(96, (1366, 768)), (192, (2732, 1536)), (192, (1366, 768))]
)
def test_questions_and_progress_fit_into_the_window(
    open_app: Open,
    folders: Path,
    stand_in: Callable[[str], None],
    dpi: int,
    screen: tuple[int, int],
) -> None:
    app = tools.demo(open_app(dpi, (screen[0], screen[1] - 28 * screen[0] // 1366), screen))
    job = begin_prediction(app, folders, stand_in)
    job.name, job.stage = "Reading the movie", "extracting traces of all the cells"
    job.remaining_s = lambda: 3599.0
    app.main.events.trace_hovered(1199, 12345.678)
    app.status.show_jobs()
    for label in ("Fine-tune on this session...", "Predict cells..."):
        tools.choose_from_menu(app, "Classifier", label)
        tools.settle(app.root)
        dialog = app.handlers.classifier.dialog
        if label == "Fine-tune on this session...":
            dialog.reveal(dialog._sheets[0])
            tools.settle(app.root)
        assert tools.faults_of_layout(dialog) == []
        assert dialog.winfo_width() <= screen[0]
        assert dialog.winfo_height() <= screen[1]
        dialog.destroy()
    app.talk.notice.warn("A sentence. " * 40)
    tools.settle(app.root)
    assert tools.faults_of_layout(app.status) == []
    assert tools.faults_of_layout(app.talk.notice) == []
    box, window = tools.rectangle(app.talk.notice), tools.rectangle(app.root)
    assert box[0] >= window[0]
    assert box[2] <= window[2]


def test_a_cancelled_training_leaves_nothing_half_written(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    app = tools.demo(open_app())
    stand_in(TRAINS)
    job = begin_training(app, folders / "mine")
    tools.wait_for(app.root, lambda: job.stage == "training epoch 1")
    assert (folders / "mine").is_dir()
    app.status._cancel.invoke()
    tools.wait_for(app.root, lambda: "cancelled" in app.talk.notice.text)
    assert app.talk.notice.text == "Training was cancelled"
    assert not (folders / "mine").exists()
    assert not app.status._cancel.winfo_manager()


def test_a_training_cancelled_later_goes_on_from_its_last_epoch(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    app = tools.demo(open_app())
    stand_in(TRAINS)
    out = folders / "mine"
    job = begin_training(app, out)
    (folders / "go-1").touch()
    tools.wait_for(app.root, lambda: job.stage == "training epoch 2")
    tools.choose_from_menu(app, "Classifier", "Cancel running jobs")
    tools.wait_for(app.root, lambda: "cancelled" in app.talk.notice.text)
    assert app.talk.notice.text == (
        "Training was cancelled after epoch 1: train into the same folder to go on from there"
    )
    assert files_in(out) == ["model.weights.h5", "state.json"]
    job = begin_training(app, out)
    assert "--resume" in job.arguments
    (folders / "go-2").touch()
    tools.wait_for(app.root, lambda: job.state == "done")
    assert (out / "card.json").exists()


def test_files_that_are_not_ours_stay(open_app: Open, folders: Path) -> None:
    """The real command line refuses the folder; the window must not tidy it up."""
    app = tools.demo(open_app())
    app.labeller.add(300, 309)
    app.labeller.add_span("labelled", 0, 400)
    theirs = folders / "theirs" / "prepared"
    theirs.mkdir(parents=True)
    (theirs / "thesis.doc").write_text("years of work")
    job = begin_training(app, theirs.parent)
    tools.wait_for(app.root, lambda: job.state == "failed")
    assert "new or empty folder" in app.talk.notice.text
    assert (theirs / "thesis.doc").exists()


def test_numbers_that_are_none_are_told(open_app: Open, folders: Path) -> None:
    app = tools.demo(open_app())
    tools.choose_from_menu(app, "Classifier", "Fine-tune on this session...")
    dialog = app.handlers.classifier.dialog
    tools.fill_in(dialog, Epochs="many", Learning_rate="5")
    assert dialog.mistakes == {
        "Epochs": "Expected a whole number, found 'many'",
        "Learning rate": "Expected at most 1, found 5",
    }
    tools.fill_in(dialog, Epochs="2", Learning_rate="0,001", New_classifier="")
    assert dialog.mistakes == {"": "! Expected a folder for the classifier, found nothing."}
    dialog.destroy()
    assert all(job.name != "Training" for job in app.jobs.jobs)


def test_a_dialog_goes_with_its_session(open_app: Open) -> None:
    app = tools.demo(open_app())
    dialogs = []
    for command, handlers in (
        *(("predict_all", app.handlers.classifier), ("train", app.handlers.classifier)),
        ("queue_limits", app.handlers.review),
    ):
        app.run_command(command)
        dialogs.append(handlers.dialog)
    there = [bool(dialog.winfo_exists()) for dialog in dialogs]
    assert there == [False, True, True]  # a second question takes the place of the first
    app.host.close_session()
    assert not any(dialog.winfo_exists() for dialog in dialogs)


def test_the_start_of_a_training_brings_its_own_settings(open_app: Open) -> None:
    from deepcinac.gui.forms.classifier_dialogs import first_settings
    from deepcinac.gui.forms.settings_form import label_of

    app = tools.demo(open_app())
    app.run_command("train")
    dialog = app.handlers.classifier.dialog
    assert (dialog.filled_in["Epochs"], dialog.filled_in["Learning rate"]) == ("4", "0.0003")
    every_setting = {
        label_of(field.name)
        for record in first_settings(None).values()
        for field in dataclasses.fields(record)
    }
    assert every_setting - {"Name"} <= set(dialog.filled_in)  # the name is that of the folder
    dialog.fill({"Epochs": "6", "Start from": "nothing (new weights)"})
    assert (dialog.filled_in["Epochs"], dialog.filled_in["Learning rate"]) == ("6", "0.001")
    dialog.destroy()


def begin_prediction(app: Any, folders: Path, stand_in: Callable[[str], None]) -> Any:
    tools.prediction_file(folders / "known.npz", app.work.n_cells, app.work.n_frames)
    stand_in(PREDICTS.format(folder=str(folders)))
    app.work.go_to_cell(6)
    app.run_command("predict_cell")
    job = app.jobs.jobs[-1]
    tools.wait_for(app.root, lambda: job.stage == "predicting")
    return job


def test_closing_asks_what_to_do_and_the_prediction_is_there_next_time(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    app = tools.demo(open_app())
    path = app.work.session.path
    begin_prediction(app, folders, stand_in)
    app.quit()
    tools.settle(app.root)
    prompt = app.talk.prompt
    assert prompt.text == "Prediction is still running."
    assert set(prompt.buttons) == {"Go on without the window", "Stop and close", "Stay"}
    assert tools.faults_of_layout(prompt.window) == []
    tools.press(app, "a")  # the question does not hold up the work
    prompt.buttons["Go on without the window"].invoke()

    app = open_app()  # another window: the job goes on
    assert job_text(app) == "Prediction: predicting" or app.jobs.running
    (folders / "go").touch()
    tools.wait_for(app.root, lambda: "demo.deepcinac" in app.talk.notice.text)
    assert (
        app.talk.notice.text == "A prediction of demo.deepcinac is ready: it waits for that session"
    )
    app.open_path(path)
    tools.wait_for(app.root, lambda: app.work.prediction_id is not None)
    assert [layer.name for layer in app.work.result_layers()] == ["tiny"]
    app.work.go_to_cell(6)
    assert app.work.prediction().max() == np.float32(0.9)
    assert list((folders / "cache" / "jobs").glob("job-*")) == []


def test_closing_may_stop_the_jobs_or_be_thought_over(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    app = tools.demo(open_app())
    job = begin_prediction(app, folders, stand_in)
    app.quit()
    app.talk.prompt.buttons["Stay"].invoke()
    assert not app.talk.prompt.is_open
    assert job.state == "running"
    app.quit()
    app.leave()  # what "Stop and close" does
    assert job.process.wait(300) is not None
    assert list((folders / "cache" / "jobs").glob("job-*")) == []


def test_the_question_goes_when_the_job_has_ended(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    app = tools.demo(open_app())
    begin_prediction(app, folders, stand_in)
    app.quit()
    (folders / "go").touch()
    tools.wait_for(app.root, lambda: app.work.prediction_id is not None)
    assert not app.talk.prompt.is_open


def test_a_prediction_of_a_session_that_was_closed_waits_for_it(
    open_app: Open, folders: Path, stand_in: Callable[[str], None]
) -> None:
    app = tools.demo(open_app())
    path = app.work.session.path
    begin_prediction(app, folders, stand_in)
    app.host.close_session()
    (folders / "go").touch()
    tools.wait_for(app.root, lambda: "waits for that session" in app.talk.notice.text)
    app = open_app()  # closed again before the session was opened
    tools.wait_for(app.root, lambda: "waits for that session" in app.talk.notice.text)
    app.open_path(path)
    tools.wait_for(app.root, lambda: app.work.prediction_id is not None)
    assert app.main.traces.content.prediction is not None


@pytest.mark.soak
def test_a_real_training_and_its_prediction(open_app: Open, folders: Path) -> None:
    """Label eight cells by keys, train, cancel once, train again, predict with what came of it."""
    from deepcinac.data import shipped

    app = tools.demo(open_app())
    with np.load(shipped("demo") / "truth.npz") as truth:
        active = truth["active"].astype(np.float32)
    known = write_predictions(folders / "truth.npz", active, classifier="truth")
    app.handlers.classifier.take_over(known)
    tools.press(app, "w")
    for _ in range(8):
        tools.press(app, "P", "g", "Control-Right")
    out = folders / "mine"

    def train() -> Any:
        tools.choose_from_menu(app, "Classifier", "Fine-tune on this session...")
        dialog = app.handlers.classifier.dialog
        tools.fill_in(dialog, New_classifier=str(out), Epochs="2")
        return app.jobs.jobs[-1]

    job = train()
    tools.wait_for(app.root, lambda: job.said == "epoch 1 of 2")
    tools.wait_for(app.root, lambda: "left" in job_text(app))
    app.status._cancel.invoke()
    tools.wait_for(app.root, lambda: "cancelled" in app.talk.notice.text)
    assert not out.exists() or files_in(out) == sorted(
        ["last.average.npz", "last.weights.h5", "model.weights.h5", "state.json", "training.jsonl"]
    )
    job = train()
    tools.wait_for(app.root, lambda: job.state != "running", 900)
    assert job.state == "done", job.message
    assert not (out / "prepared").exists()
    assert "F1" in app.talk.notice.text

    app.work.go_to_cell(20)
    app.talk.notice.hide()
    tools.choose_from_menu(app, "Classifier", "Predict this cell")
    tools.wait_for(app.root, lambda: app.talk.notice.text)
    assert "predicted into the layer mine" in app.talk.notice.text
    assert app.work.session.layer(app.work.prediction_id).name == "mine"
    tools.settle(app.root)
    assert app.main.traces.content.prediction is not None
    assert app.main.traces.layout.prediction is not None  # it is drawn
