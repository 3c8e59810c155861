"""What was trained is at hand after a restart, results of jobs stay to be read, fields behave."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
