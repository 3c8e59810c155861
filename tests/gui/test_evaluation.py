"""The menu Evaluate with real menus: the report, the agreement of two experts, two sessions into one."""

from __future__ import annotations

import json
import sys
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.cli.main import build_parser
from deepcinac.labelling.session import Session
from helpers import window_tools as tools

pytestmark = pytest.mark.window

WRITES_A_PAGE = """
import pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(parents=True)
(out / "report.html").write_text("<html>")
print('{"stage": "done"}')
"""


@pytest.fixture
def app(open_app: Callable[..., Any]) -> Any:
    """The demo, with labels of Anna and Ben on cell 0: they share one of two transients each."""
    found = tools.demo(open_app())
    session = found.work.session
    for name, second in (("anna", 30), ("ben", 60)):
        layer = session.add_layer("expert", name)
        session.add_span(layer.id, 0, "labelled", 0, 99)
        session.add_transient(layer.id, 0, 10, 14)
        session.add_transient(layer.id, 0, second, second + 4)
    found.work.edited()
    return found


def test_a_report_from_the_menu(app: Any, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(
        "deepcinac.gui.jobs.board.command_line",
        lambda arguments: [sys.executable, "-c", WRITES_A_PAGE, *arguments],
    )
    tools.choose_from_menu(app, "Evaluate", "Evaluate...")
    dialog = app.handlers.evaluation.dialog
    tools.fill_in(dialog, Truth="anna", Report=str(folders / "report"))
    job = app.jobs.jobs[-1]
    given = build_parser().parse_args(job.arguments)  # our command line understands it
    assert (given.command, given.layer, given.out) == ("evaluate", "anna", folders / "report")
    assert (given.truth, given.predictions) == ([app.work.session.path], None)
    tools.wait_for(app.root, lambda: job.state == "done" and opened)
    assert opened == [(folders / "report" / "report.html").as_uri()]
    app.handlers.evaluation.evaluate()
    dialog = app.handlers.evaluation.dialog
    tools.fill_in(dialog, Report=str(folders / "report"))
    assert "without a report" in dialog.mistakes[""]  # the one before is not overwritten
    dialog.destroy()


def test_several_sessions_are_scored_together(app: Any, folders: Path) -> None:
    here = app.work.session.path
    other, without = folders / "other.deepcinac", folders / "without.deepcinac"
    for copy in (other, without):
        copy.write_bytes(here.read_bytes())
    with Session.open(without, take_over=True) as session:
        session.rename_layer(next(x.id for x in session.layers() if x.name == "anna"), "carla")
    app.handlers.evaluation.evaluate()
    dialog = app.handlers.evaluation.dialog
    given = {"Truth": "anna", "Report": str(folders / "report")}
    tools.fill_in(dialog, **given, Other_sessions=f"{other} ; {without}")
    assert "'anna'" in dialog.mistakes[""]  # at once, not when the first session has been scored
    dialog.fill({"Look for cross-talk": False})
    tools.fill_in(dialog, **given, Other_sessions=str(other))
    job = app.jobs.jobs[-1]
    tools.wait_for(app.root, lambda: job.state in ("done", "failed"))
    assert job.state == "done", job.log
    scores = json.loads((folders / "report" / "scores.json").read_text())
    assert {x["recording"] for x in scores["methods"]} == {here.stem, "other"}


def test_the_agreement_of_two_experts(app: Any) -> None:
    tools.choose_from_menu(app, "Evaluate", "Agreement of experts...")
    dialog = app.handlers.evaluation.dialog
    dialog.fill({"First": "anna", "Second": "anna"})
    dialog.accept()
    assert "two different layers" in dialog.mistakes[""]
    dialog.destroy()
    window = app.handlers.evaluation.show_agreement(["anna", "ben"])
    (box,) = [child for child in window.winfo_children() if isinstance(child, tk.Text)]
    text = box.get("1.0", "end")
    assert "0.500" in text  # one of two transients each
    assert "0.444" in text  # kappa: 5 frames both, 5 either, 85 neither
    window.destroy()


def test_two_sessions_become_one(app: Any, folders: Path) -> None:
    tools.choose_from_menu(app, "Evaluate", "Merge with another session...")
    app.handlers.evaluation.dialog.destroy()
    path = app.work.session.path
    with Session.open(path, read_only=True) as session:
        shape = (session.recording.n_frames, session.recording.height, session.recording.width)
        rates = (session.recording.frame_rate_hz, session.recording.pixel_size_um)
        movie, cells = session.movie_address(), session.cells()
    with Session.create(folders / "other.deepcinac", movie, shape, cells, *rates) as other:
        carl = other.add_layer("expert", "carl")
        other.add_transient(carl.id, 1, 5, 7)
    job = app.handlers.evaluation.start_merge(
        folders / "other.deepcinac", folders / "both.deepcinac"
    )
    tools.wait_for(app.root, lambda: job.state != "running")
    assert job.state == "done", job.log
    with Session.open(folders / "both.deepcinac", read_only=True) as both:
        assert {"anna", "ben", "carl"} <= {layer.name for layer in both.layers()}
