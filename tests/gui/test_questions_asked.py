"""What the command line answers with ``--accept NAME`` is a dialog, with a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from deepcinac.cli.common import accepted_from
from deepcinac.gui.forms.classifier_dialogs import PredictionOrder
from deepcinac.labelling.session import Session
from deepcinac.questions import ask
from deepcinac.recording.cells import make_cells, save_cells
from helpers import window_tools as tools
from helpers.jobs_here import run_jobs_here
from helpers.predictions import write_predictions

pytestmark = [pytest.mark.window, pytest.mark.filterwarnings("ignore::UserWarning")]

Open = Callable[..., Any]
N_FRAMES, HEIGHT, WIDTH = 30, 40, 60


@pytest.fixture(autouse=True)
def jobs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)


def box(y: int, x: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray, None]:
    rows, columns = np.mgrid[y : y + height, x : x + width]
    return rows.ravel(), columns.ravel(), None


def write_movie(path: Path) -> Path:
    frames = np.random.default_rng(0).integers(80, 120, (N_FRAMES, HEIGHT, WIDTH))
    tifffile.imwrite(path, frames.astype(np.uint16))
    return path


def write_cells(path: Path, *boxes: tuple[Any, Any, None]) -> Path:
    save_cells(path, make_cells(boxes, HEIGHT, WIDTH, "drawn"))
    return path


def filled(app: Any, movie: Path, cells: Path, **values: str) -> Any:
    """The form for a new session with the preview of these files; 10 Hz and 2 um unless told."""
    app.run_command("create")
    form = app.host.start.form
    form.fill(**{"rate": "10", "size": "2", "out": str(movie.parent / "s.deepcinac"), **values})
    form.fill(movie=str(movie), cells=str(cells))
    tools.wait_for(app.root, lambda: form.preview is not None)
    tools.settle(app.root)
    return form


def asked(app: Any, asking: Any, name: str) -> Any:
    """The dialog of the question of this name."""
    tools.wait_for(app.root, lambda: asking() is not None and asking().winfo_exists())
    dialog = asking()
    tools.settle(app.root)
    assert dialog.question.accept == name
    assert tools.faults_of_layout(dialog) == []
    return dialog


def answer(app: Any, dialog: Any, key: str) -> None:
    tools.click(dialog.buttons[key])
    tools.settle(app.root)
    assert not dialog.winfo_exists()


def test_missing_frames_and_bad_cells_are_asked_at_the_preview(
    open_app: Open, folders: Path
) -> None:
    frames = folders / "frames"
    frames.mkdir()
    for number in range(40):
        if number not in (3, 4, 5, 20):
            tifffile.imwrite(frames / f"img_{number:04d}.tif", np.full((40, 60), number, np.uint8))
    stat = [
        {"ypix": box(5, 5, 6, 6)[0], "xpix": box(5, 5, 6, 6)[1], "lam": np.ones(36)},
        {"ypix": np.array([99]), "xpix": np.array([99]), "lam": np.ones(1)},
    ]
    np.save(folders / "stat.npy", np.array(stat, object), allow_pickle=True)
    app = open_app()
    form = filled(app, frames, folders / "stat.npy")
    dialog = asked(app, lambda: form.asking.dialog, "missing-frames")
    assert form.accept.instate(["disabled"])
    tools.press_in(dialog, "Escape")
    assert form.note.cget("text").startswith("Frames are missing. Choose other files")
    tools.click(form.accept)  # asks again
    answer(app, asked(app, lambda: form.asking.dialog, "missing-frames"), "yes")
    dialog = asked(app, lambda: form.asking.dialog, "bad-cells")
    assert dialog.field is not None
    answer(app, dialog, "yes")
    assert form.asking.arguments() == ["--accept", "missing-frames", "--accept", "bad-cells"]
    tools.wait_for(app.root, lambda: app.work.is_open)
    assert (app.work.n_cells, app.work.n_frames) == (1, 36)


def test_a_rate_that_cannot_be(open_app: Open, folders: Path) -> None:
    cells = write_cells(folders / "cells.npz", box(5, 5, 6, 6))
    app = open_app()
    form = filled(app, write_movie(folders / "movie.tif"), cells, rate="5000")
    tools.click(form.accept)
    dialog = asked(app, lambda: form.asking.dialog, "frame-rate")
    tools.press_in(dialog, "Return")  # the safe answer: back to the form
    assert not dialog.winfo_exists()
    assert not app.work.is_open
    tools.click(form.accept)
    answer(app, asked(app, lambda: form.asking.dialog, "frame-rate"), "yes")
    tools.wait_for(app.root, lambda: app.work.is_open)
    assert app.work.frame_rate_hz == 5000


def test_cells_that_cannot_be_are_shown_and_doubles_merged(open_app: Open, folders: Path) -> None:
    """0 and 1 are one cell; 2 is a cell; 3 is half of the field, 4 a point, 5 a line of nine pixels."""
    cells = write_cells(
        folders / "cells.npz",
        *(box(5, 5, 6, 6), box(5, 6, 6, 6), box(20, 20, 7, 7)),
        *(box(0, 0, 30, 40), box(36, 50, 1, 1), box(33, 45, 1, 9)),
    )
    app = open_app()
    form = filled(app, write_movie(folders / "movie.tif"), cells)
    assert "5 outlines marked ? will be asked about" in form.note.cget("text")
    tools.click(form.accept)
    dialog = asked(app, lambda: form.asking.dialog, "unlikely-cells")
    rows = [dialog.list.item(row, "values") for row in dialog.list.get_children()]
    assert rows == [("3", "50% of the field"), ("4", "1 pixel"), ("5", "a line of 9 pixels")]
    tools.click_row(dialog.list, "5")
    assert dialog.field.selected == 5
    answer(app, dialog, "invalid")
    dialog = asked(app, lambda: form.asking.dialog, "duplicate-cells")
    assert dialog.list.item("0", "values") == ("0", "same as 1")
    tools.press_in(dialog, "Return")  # the safe answer: one of each pair
    tools.wait_for(app.root, lambda: app.work.is_open)
    assert app.work.n_cells == 5
    assert app.work.session.cells().valid.tolist() == [True, True, False, False, False]


def test_raw_fluorescence_is_asked_before_it_is_imported(open_app: Open, folders: Path) -> None:
    cells = make_cells([box(5, 5, 6, 6), box(20, 20, 7, 7)], HEIGHT, WIDTH, "drawn")
    movie = write_movie(folders / "movie.tif")
    shape = (N_FRAMES, HEIGHT, WIDTH)
    Session.create(folders / "s.deepcinac", movie, shape, cells, 10, 2).close()
    raw = np.full((2, N_FRAMES), 300.0)
    raw[:, 5] = 310
    np.save(folders / "F.npy", raw)
    with h5py.File(folders / "a.nwb", "w") as file:
        for name, values in (("F", raw.T), ("events", (raw.T > 300).astype(float))):
            group = file.create_group(f"processing/ophys/{name}")
            group.attrs["neurodata_type"] = "RoiResponseSeries"
            group["data"] = values
    app = open_app()
    app.open_path(folders / "s.deepcinac")
    files, session = app.handlers.files, app.work.session
    files.read_labels(folders / "F.npy")
    answer(app, asked(app, lambda: files.question, "raw-curve"), "no")
    assert session.layers() == []
    files.read_labels(folders / "F.npy")
    answer(app, asked(app, lambda: files.question, "raw-curve"), "yes")
    assert [layer.name for layer in session.layers()] == ["F"]
    files.read_labels(folders / "a.nwb")
    answer(app, asked(app, lambda: files.question, "raw-curve"), "leave out")
    tools.wait_for(app.root, lambda: len(session.layers()) == 2)
    assert [layer.name for layer in session.layers()] == ["F", "events"]


def test_what_is_asked_about_the_movie_of_a_session_stays_answered(
    open_app: Open, folders: Path
) -> None:
    """A session of a version that did not ask: the answer is kept in it."""
    frames = folders / "frames"
    frames.mkdir()
    for number in (*range(3), *range(6, 40)):
        tifffile.imwrite(frames / f"img_{number:04d}.tif", np.full((40, 60), number, np.uint8))
    cells = make_cells([box(5, 5, 6, 6)], HEIGHT, WIDTH, "drawn")
    Session.create(folders / "s.deepcinac", frames, (37, 40, 60), cells, 10, 2).close()
    app = open_app()
    app.open_path(folders / "s.deepcinac")
    answer(app, asked(app, lambda: app.host.question, "missing-frames"), "yes")
    tools.wait_for(app.root, lambda: app.work.data is not None)
    assert "accept=missing-frames" in app.work.session.movie_address()


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What ``predict`` was given; in place of a prediction it asks, and with yes writes a known one."""
    given: list[Any] = []

    def run(args: Any, _progress: Any) -> int:
        given.append(args)
        ask(
            "missing-frames",
            "a movie without holes",
            "4 of 40",
            "m",
            "copy it",
            accepted_from(args),
        )
        if args.out is not None:  # the other sessions get layers
            write_predictions(args.out, np.full((1, N_FRAMES), 0.75, np.float32), [1])
        return 0

    monkeypatch.setattr("deepcinac.cli.predict.run", run)
    return given


def test_what_a_prediction_asks(open_app: Open, folders: Path, predicted: list[Any]) -> None:
    """No ends it; with yes it is started again, and what comes after it knows the answer too."""
    cells = make_cells([box(5, 5, 6, 6), box(20, 20, 7, 7)], HEIGHT, WIDTH, "drawn")
    movie, shape = write_movie(folders / "movie.tif"), (N_FRAMES, HEIGHT, WIDTH)
    for name in ("s", "other"):
        Session.create(folders / f"{name}.deepcinac", movie, shape, cells, 10, 2).close()
    order = PredictionOrder("1", "general", (folders / "other.deepcinac",))
    app = open_app()
    app.open_path(folders / "s.deepcinac")
    handlers, session = app.handlers.classifier, app.work.session
    handlers.start(order)
    dialog = asked(app, lambda: handlers.question, "missing-frames")
    tools.press_in(dialog, "Return")  # the safe answer: to go back
    assert not dialog.winfo_exists()
    assert len(predicted) == 1
    assert session.layers() == []

    handlers.start(order)
    answer(app, asked(app, lambda: handlers.question, "missing-frames"), "yes")
    tools.wait_for(app.root, lambda: len(predicted) == 4)
    _, first, again, others = predicted
    assert (
        (again.select, again.classifier) == (first.select, first.classifier) == (["1"], "general")
    )
    assert again.out != first.out  # a folder of its own
    assert (first.accept, again.accept, others.accept) == ([], *[["missing-frames"]] * 2)
    assert others.sessions == [folders / "other.deepcinac"]
    (layer,) = session.layers()
    assert session.prediction(layer.id, 1)[0] == 0.75
    assert session.opening().overruled == {"accepted": ["missing-frames"]}

    before = handlers.question
    handlers.start(order)
    app.host.close_session()  # nothing is asked about a session that is gone
    tools.wait_for(app.root, lambda: app.jobs.jobs[-1].state == "failed")
    tools.settle(app.root)
    assert handlers.question is before
