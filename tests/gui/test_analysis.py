"""The menu Analyse: signals come in as curves, behaviour is decoded, and its answers are drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.cli.main import build_parser
from deepcinac.results.files import write_results
from deepcinac.results.kinds import BEHAVIOUR, BEHAVIOUR_CLASSES, KINDS
from deepcinac.results.result import Maker, Result, Results, TimeBase
from helpers import window_tools as tools

pytestmark = pytest.mark.window

WRITES_A_PAGE = """
import pathlib, shutil, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
(out / "answers").mkdir(parents=True)
(out / "report.html").write_text("<html>")
shutil.copy(r"{answers}", out / "answers" / "demo.npz")
print('{{"stage": "done"}}')
"""


def behaviour(values: np.ndarray, classes: tuple[str, ...] = ()) -> Results:
    kind = BEHAVIOUR_CLASSES if classes else BEHAVIOUR
    maker = Maker("behaviour", "stimulus" if classes else "speed > 0.5 (gru)")
    labels = {"class": classes} if classes else {}
    time = TimeBase(10.0)
    return Results((Result(kind, values, KINDS[kind].dims, "1", maker, time=time, labels=labels),))


@pytest.fixture
def app(open_app: Callable[..., Any]) -> Any:
    return tools.demo(open_app())


def wheel(app: Any, folder: Path) -> Path:
    """A signal with one sample a frame, 0 to 99 again and again."""
    file = folder / "wheel.npy"
    np.save(file, np.arange(app.work.n_frames) % 100.0)
    return file


def lanes(app: Any) -> dict[str, np.ndarray]:
    content = app.main.traces.content
    return {
        name: content.lane_curves[i].values
        for i, (name, _) in enumerate(content.lanes)
        if i in content.lane_curves
    }


def test_a_signal_is_a_curve_below_the_traces(
    app: Any, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.run_command("decode")
    assert "Import a signal" in app.talk.notice.text  # what to do first
    file = folders / "wheel.csv"  # one sample a frame: at rest, then 20 cm/s from frame 600 on
    rows = [f"{frame / 10},{0 if frame < 600 else 20}" for frame in range(app.work.n_frames)]
    file.write_text("time (s),speed (cm/s)\n" + "\n".join(rows))
    monkeypatch.setattr(
        "deepcinac.gui.handlers.analysis.filedialog.askopenfilename", lambda **_: str(file)
    )
    tools.choose_from_menu(app, "Analyse", "Import a signal...")
    tools.settle(app.root)
    curve = lanes(app)["speed"]
    assert curve[[0, 599, 600, 1199]].tolist() == [0, 0, 1, 1]
    app.run_command("undo")
    tools.settle(app.root)
    assert lanes(app) == {}


def test_behaviour_is_decoded_and_drawn(
    app: Any, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    app.handlers.analysis.read_signals(wheel(app, folders))
    said = np.linspace(0, 1, app.work.n_frames, dtype=np.float32)
    write_results(folders / "said.npz", behaviour(said))
    script = WRITES_A_PAGE.format(answers=folders / "said.npz")
    monkeypatch.setattr(
        "deepcinac.gui.jobs.board.command_line",
        lambda arguments: [sys.executable, "-c", script, *arguments],
    )
    tools.choose_from_menu(app, "Analyse", "Decode behaviour...")
    out = folders / "report"
    dialog = app.handlers.analysis.dialog
    tools.fill_in(
        dialog, Signal="wheel > 50", From="raw", Report=str(out), Other_sessions="b.deepcinac"
    )
    job = app.jobs.jobs[-1]
    given = build_parser().parse_args(job.arguments)  # our command line understands it
    assert (given.command, given.signal, given.source) == ("decode", "wheel > 50", "raw")
    assert (given.network, given.out) == (["none"], out)
    assert given.sessions == [app.work.session.path, Path("b.deepcinac")]
    tools.wait_for(app.root, lambda: job.state == "done" and opened)
    assert opened == [(out / "report.html").as_uri()]
    tools.settle(app.root)
    np.testing.assert_array_equal(lanes(app)["speed > 0.5 (gru)"], said)


def test_behaviour_is_decoded_from_the_pictures_of_the_movie(
    app: Any, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.handlers.analysis.read_signals(wheel(app, folders))
    monkeypatch.setattr(
        "deepcinac.gui.jobs.board.command_line", lambda arguments: [sys.executable, "-c", ""]
    )
    tools.choose_from_menu(app, "Analyse", "Decode behaviour...")
    tools.fill_in(
        app.handlers.analysis.dialog,
        From="the pictures of the movie",
        How="a network, trained briefly",
        Report=str(folders / "report"),
    )
    given = build_parser().parse_args(app.jobs.jobs[-1].arguments)
    assert (given.movie, given.source, given.network, given.preset) == (True, None, None, "small")


ASKED = {
    "Around events...": ("evaluate", {"Events": "wheel > 50", "Point": "40,120"}),
    "Ensembles...": ("track", {"From": "raw", "Signal": "wheel"}),
    "Cells across days...": ("track", {"Other days": "b.deepcinac"}),
    "Activity between samples...": ("latents", {"From": "raw", "Bins in a frame": "4"}),
    "Demix the movie...": ("demix", {}),
    "Classify recordings...": ("dynamics", {"Class": "age", "Other sessions": "b.deepcinac"}),
}


@pytest.mark.parametrize("entry", ASKED)
def test_every_analysis_of_the_menu_is_a_command(
    app: Any, folders: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    command, given = ASKED[entry]
    asked: list[list[str]] = []
    app.jobs.start = lambda name, arguments, *_, **__: asked.append(arguments)
    app.handlers.analysis.read_signals(wheel(app, folders))
    tools.choose_from_menu(app, "Analyse", entry)
    dialog = app.handlers.analysis.dialog
    tools.settle(app.root)
    assert tools.faults_of_layout(dialog) == []
    dialog.fill({**given, "Report": str(folders / "report")})
    dialog.accept()
    options = vars(build_parser().parse_args(asked[0]))
    assert options["command"] == command
    assert options["out"] == folders / "report"


def test_classes_step_from_one_to_the_next(app: Any) -> None:
    n_frames = app.work.n_frames
    values = np.full((n_frames, 3), 0.1, np.float32)
    values[:400, 0] = values[400:800, 1] = values[800:, 2] = 0.8
    app.work.session.write_results(behaviour(values, ("left", "none", "right")))
    app.work.edited()
    tools.settle(app.root)
    curve = lanes(app)["stimulus"]
    assert curve[[0, 399, 400, 799, 800]].tolist() == [0, 0, 0.5, 0.5, 1]
