"""The form for a new session, with files that hold several things and files of the published program."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import tifffile

from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]
N_FRAMES, HEIGHT, WIDTH = 30, 24, 32
SQUARE = np.array([[4, 9, 9, 4], [3, 3, 7, 7]])  # x and y: 5 rows, 6 columns


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A movie of 30 frames of 24 x 32 pixels, and settings of this test alone."""
    monkeypatch.setenv("DEEPCINAC_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    frames = rng.integers(80, 120, (N_FRAMES, HEIGHT, WIDTH)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "movie.tif", frames)
    (tmp_path / "frames").mkdir()
    for number, frame in enumerate(frames):
        tifffile.imwrite(tmp_path / f"frames/img{number:03}.tif", frame)
    return tmp_path


@pytest.fixture
def open_app(root: tk.Tk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Makes windows in the root of all tests, one after the other."""
    from deepcinac.gui.shell.app import App

    made: list[Any] = []

    def make(dpi: int = 96, size: tuple[int, int] = (1366, 740)) -> Any:
        root.tk.call("tk", "scaling", dpi / 72)
        screen = (size[0], size[1] + 28 * dpi // 96)
        monkeypatch.setattr("deepcinac.gui.widgets.theme.screen_size", lambda _root: screen)
        app = App(root)
        root.minsize(1, 1)
        root.geometry(f"{size[0]}x{size[1]}+0+0")
        root.deiconify()
        tools.settle(root)
        made.append(app)
        return app

    yield make
    while made:
        made.pop().leave()
    root.tk.call("tk", "scaling", 96 / 72)
    errors: list[BaseException] = root.callback_errors  # type: ignore[attr-defined]
    assert not errors


def form_of(app: Any) -> Any:
    if app.host.start.form is None:
        app.run_command("create")
    return app.host.start.form


def shown(app: Any, form: Any) -> None:
    """Wait until the preview is there."""
    tools.wait_for(app.root, lambda: form.preview is not None)
    tools.settle(app.root)


def outlines(*shifts: tuple[int, int]) -> np.ndarray:
    """A MATLAB cell array (1, n) of squares, counted from 1."""
    array = np.empty((1, len(shifts)), object)
    for place, (x, y) in enumerate(shifts):
        array[0, place] = SQUARE + 1 + [[x], [y]]
    return array


def write_cinac(path: Path, movie: str) -> Path:
    """Two cells, one labelled stretch."""
    with h5py.File(path, "w") as file:
        full = file.create_group("full_data")
        full.attrs["n_frames"], full.attrs["n_cells"] = N_FRAMES, 2
        full.attrs["ci_movie_file_name"] = movie
        contours = full.create_dataset("cells_contour", (2, 2), h5py.vlen_dtype(np.int16))
        for cell, shift in enumerate(([0, 0], [14, 8])):
            for axis in range(2):
                contours[cell, axis] = SQUARE[axis] + shift[axis]
        full["invalid_cells"] = np.array([0, 1], "int8")
        segment = file.create_group("cell_0_0_29")
        segment.attrs["cell_type"] = "interneuron"
        active = np.zeros(N_FRAMES, "int8")
        active[4:9] = 1
        segment["raster_dur"] = active
    return path


def test_a_variable_of_a_file_is_picked(open_app: Open, folder: Path) -> None:
    scipy.io.savemat(
        folder / "cells.mat",
        {"first": outlines((0, 0)), "second": outlines((0, 0), (12, 9)), "rate": 10.0},
    )
    app = open_app()
    form = form_of(app)
    form.fill(movie=str(folder / "movie.tif"))
    assert not form.cell_choice.box.winfo_viewable()
    form.fill(cells=str(folder / "cells.mat"))
    shown(app, form)
    assert form.cell_choice.box.winfo_viewable()
    assert form.cell_choice.box.cget("values") == (
        "first: outlines, 1 x 1",
        "second: outlines, 1 x 2",
    )
    assert form.values["cells"].get() == f"{folder / 'cells.mat'}#first"
    assert form.preview.sentence == "1 cell on 30 frames of 32 x 24 px"
    assert "the first is shown" in form.note.cget("text")
    form.cell_choice.box.current(1)
    form.cell_choice.box.event_generate("<<ComboboxSelected>>")
    shown(app, form)
    assert form.preview.sentence.startswith("2 cells on 30 frames of 32 x 24 px")
    assert form.cell_choice.box.winfo_viewable()
    # the outlines count from 1: their first corner is at x 4, y 3
    assert form.ticks.values["one"].get()
    assert form.preview.outlines[0][0].min(axis=0).tolist() == [3.5, 2.5]
    form.ticks.widgets["one"].invoke()
    shown(app, form)
    assert form.preview.outlines[0][0].min(axis=0).tolist() == [4.5, 3.5]
    form.ticks.widgets["one"].invoke()
    form.ticks.widgets["swap"].invoke()
    shown(app, form)
    assert form.preview.outlines[0][0].min(axis=0).tolist() == [2.5, 3.5]
    form.fill(rate="10", size="2", out=str(folder / "new"))
    shown(app, form)
    form.accept.invoke()
    tools.wait_for(app.root, lambda: app.work.is_open)
    assert app.work.session.path == folder / "new.deepcinac"
    assert app.work.session.cells()[0].ypix.min() == 4  # exchanged, counted from 1


def test_a_folder_of_tiffs_is_chosen(
    open_app: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(folder / "labels.npy", np.pad(np.ones((4, 4), int), ((2, 18), (2, 26))))
    monkeypatch.setattr(
        "deepcinac.gui.forms.session_files.filedialog.askdirectory",
        lambda **_: str(folder / "frames"),
    )
    app = open_app()
    form = form_of(app)
    button = next(w for w in form.winfo_children()
                  if w.winfo_class() == "TButton" and w.cget("text") == "Folder...")  # fmt: skip
    button.invoke()
    form.fill(cells=str(folder / "labels.npy"))
    shown(app, form)
    assert form.preview.n_frames == N_FRAMES
    assert form.values["out"].get() == str(folder / "frames.deepcinac")


def test_a_cinac_file_is_opened_with_its_labels(open_app: Open, folder: Path) -> None:
    path = write_cinac(folder / "old.cinac", "C:\\data\\movie.tif")  # the movie lies beside it
    app = open_app()
    app.open_path(path)
    form = app.host.start.form
    assert form.values["movie"].get() == str(folder / "movie.tif")
    shown(app, form)
    assert form.preview.sentence == "2 cells (1 rejected) on 30 frames of 32 x 24 px"
    assert "do not say the frame rate and the pixel size" in form.note.cget("text")
    assert form.ticks.widgets["labels"].winfo_viewable()
    form.accept.invoke()
    tools.settle(app.root)
    assert "the frame rate as a number" in app.talk.notice.text
    form.fill(rate="10", size="2")
    form.accept.invoke()
    tools.wait_for(app.root, lambda: app.work.is_open)
    session = app.work.session
    assert session.path == folder / "old.deepcinac"
    assert session.all_transients(session.layer("old").id).tolist() == [[0, 4, 8]]
    assert session.cell_state(0).type == "interneuron"
    assert not session.cell_state(1).valid
    assert "without a gap are one here" in app.talk.notice.text


def test_a_cinac_file_whose_movie_is_gone(open_app: Open, folder: Path) -> None:
    path = write_cinac(folder / "old.cinac", "/data/gone.tif")
    app = open_app()
    app.open_path(path)
    form = app.host.start.form
    said = form.note.cget("text")
    assert "does not lead to its movie: choose. It was made on /data/gone.tif" in said
    assert "holds no part of the movie that could be shown instead" in said
    assert not form.segments.row.box.winfo_viewable()
    form.ticks.widgets["labels"].invoke()
    form.fill(movie=str(folder / "movie.tif"), rate="10", size="2")
    shown(app, form)
    form.accept.invoke()
    tools.wait_for(app.root, lambda: app.work.is_open)
    assert app.work.session.layers("method") == []
    assert [x.name for x in app.work.session.layers() if x.name == "old"] == []


def with_crops(path: Path) -> Path:
    """The same with the movie around the labelled cell: 10 x 12 pixels of which 5 x 6 are the cell."""
    with h5py.File(path, "a") as file:
        segment = file["cell_0_0_29"]
        segment["ci_movie"] = np.random.default_rng(0).normal(0, 1, (N_FRAMES, 10, 12))
        contours = segment.create_dataset("cells_contour", (1, 2), h5py.vlen_dtype(np.int32))
        for axis, shift in enumerate((-1, -1)):
            contours[0, axis] = SQUARE[axis] + shift
        segment["invalid_cells"] = np.zeros(1, "int8")
    return path


def test_a_segment_of_a_cinac_file_whose_movie_is_gone(open_app: Open, folder: Path) -> None:
    path = with_crops(write_cinac(folder / "old.cinac", "/data/gone.tif"))
    app = open_app()
    app.open_path(path)
    form = app.host.start.form
    tools.settle(app.root)
    box = form.segments.row.box
    assert box.winfo_viewable()
    assert box.cget("values") == ("0: cell 0, frames 0-29",)
    assert "Or look at one labelled segment, as it is stored in the file." in form.note.cget("text")
    box.current(0)
    box.event_generate("<<ComboboxSelected>>")
    shown(app, form)
    assert form.preview.sentence == "1 cell on 30 frames of 12 x 10 px"
    assert "Frames count from the first of the segment" in form.note.cget("text")
    assert not form.ticks.widgets["labels"].winfo_viewable()
    assert form.values["out"].get() == str(folder / "old-segment-0.deepcinac")
    # another movie takes the cells of the whole recording again
    form.preview = None
    form.fill(movie=str(folder / "movie.tif"))
    assert form.values["cells"].get() == str(path)
    assert box.get() == ""
    shown(app, form)
    assert form.ticks.widgets["labels"].winfo_viewable()
    box.current(0)
    box.event_generate("<<ComboboxSelected>>")
    form.fill(rate="10", size="2")
    shown(app, form)
    form.accept.invoke()
    tools.wait_for(app.root, lambda: app.work.is_open)
    session = app.work.session
    assert session.path == folder / "old-segment-0.deepcinac"
    assert Path(session.movie_address()) == folder / "old-segment-0.tif"
    assert session.all_transients(session.layer("old").id).tolist() == [[0, 4, 8]]
    assert session.cell_state(0).type == "interneuron"
    assert "frame 0 here is frame 0 of the recording" in app.talk.notice.text


def test_labels_of_a_cinac_file_into_an_open_session(open_app: Open, folder: Path) -> None:
    from deepcinac.formats import load_cells
    from deepcinac.labelling.session import Session

    path = write_cinac(folder / "old.cinac", "")
    cells = load_cells(path, (HEIGHT, WIDTH))
    shape = (N_FRAMES, HEIGHT, WIDTH)
    Session.create(folder / "s.deepcinac", folder / "movie.tif", shape, cells, 10, 2).close()
    app = open_app()
    app.open_path(folder / "s.deepcinac")
    session = app.work.session
    for n_layers in (1, 2):
        app.handlers.files.read_labels(path)
        assert app.jobs.running  # nothing is read in the window's own process
        tools.wait_for(app.root, lambda n=n_layers: len(session.layers("expert")) == n)
    assert [layer.name for layer in session.layers("expert")] == ["old", "old 2"]
    assert "judged stretch" in app.talk.notice.text
    assert session.all_transients(session.layer("old").id).tolist() == [[0, 4, 8]]
    assert session.layer("old").meta["imported_from"] == "old.cinac"
    assert session.cell_state(0).type == "interneuron"
    assert session.undo() == "import old.cinac"
    assert session.undo() == "import old.cinac"
    assert session.layers("expert") == []
    assert session.cell_state(0).type is None


def test_a_damaged_file_of_labels_is_a_sentence(open_app: Open, folder: Path) -> None:
    from deepcinac.formats import load_cells
    from deepcinac.labelling.session import Session

    path = write_cinac(folder / "old.cinac", "")
    cells = load_cells(path, (HEIGHT, WIDTH))
    shape = (N_FRAMES, HEIGHT, WIDTH)
    Session.create(folder / "s.deepcinac", folder / "movie.tif", shape, cells, 10, 2).close()
    path.write_bytes(path.read_bytes()[:2000])
    app = open_app()
    app.open_path(folder / "s.deepcinac")
    app.handlers.files.read_labels(path)
    tools.wait_for(app.root, lambda: "a readable .cinac file" in app.talk.notice.text)
    assert app.work.session.layers("expert") == []


def test_series_of_an_nwb_are_read_beside_the_window(open_app: Open, folder: Path) -> None:
    from deepcinac.labelling.session import Session
    from deepcinac.recording.cells import make_cells

    y, x = np.mgrid[2:6, 2:7]
    cells = make_cells([(y.ravel(), x.ravel() + 9 * k, None) for k in range(2)], HEIGHT, WIDTH)
    shape = (N_FRAMES, HEIGHT, WIDTH)
    Session.create(folder / "s.deepcinac", folder / "movie.tif", shape, cells, 10, 2).close()
    active = np.zeros((N_FRAMES, 2))
    active[5:8, 1] = 1
    with h5py.File(folder / "a.nwb", "w") as file:
        for name, values in (("events", active), ("dff", active * 0.5)):
            group = file.create_group(f"processing/ophys/{name}")
            group.attrs["neurodata_type"] = "RoiResponseSeries"
            group["data"] = values
    app = open_app()
    app.open_path(folder / "s.deepcinac")
    session = app.work.session
    app.handlers.files.read_labels(folder / "a.nwb")
    tools.wait_for(app.root, lambda: len(session.layers("method")) == 2)
    assert session.all_transients(session.layer("events").id).tolist() == [[1, 5, 7]]
    assert session.prediction(session.layer("dff").id, 1)[[4, 5]].tolist() == [0, 0.5]
    assert "layer dff (method), a curve of 2 cells" in app.talk.notice.text


def test_a_curve_of_another_method_is_asked_for_and_drawn(open_app: Open, folder: Path) -> None:
    from deepcinac.formats import load_cells
    from deepcinac.labelling.session import Session

    cells = load_cells(write_cinac(folder / "old.cinac", ""), (HEIGHT, WIDTH))
    shape = (N_FRAMES, HEIGHT, WIDTH)
    Session.create(folder / "s.deepcinac", folder / "movie.tif", shape, cells, 10, 2).close()
    spikes = np.zeros((2, N_FRAMES))
    spikes[0, 5] = 7.0
    with h5py.File(folder / "results.hdf5", "w") as file:
        file["estimates/C"], file["estimates/S"] = spikes + 1, spikes
    app = open_app()
    app.open_path(folder / "s.deepcinac")
    app.handlers.files.read_labels(folder / "results.hdf5")
    tools.settle(app.root)
    assert app.talk.prompt.is_open
    app.handlers.files.read_curve(folder / "results.hdf5", "/estimates/S")
    layer = app.work.session.layer("results S")
    assert layer.kind == "method"
    assert layer.id in [found.id for found in app.work.result_layers()]
    content = app.main.traces.content
    assert [name for name, _ in content.lanes] == ["results S"]
    assert np.flatnonzero(content.lane_curves[0].values).tolist() == [5]
    assert content.lane_curves[0].values[5] == 1.0  # of its own largest value


@pytest.mark.parametrize(
    ("movie", "name"),
    [
        ("/data/movie.tif", "/data/movie.deepcinac"),
        ("/data/frames", "/data/frames.deepcinac"),
        ("/data/x.nwb:/acquisition/A", "/data/x.deepcinac"),
    ],
)
def test_the_session_is_named_after_its_movie(movie: str, name: str) -> None:
    from deepcinac.gui.forms.session_files import suggested_name

    assert Path(suggested_name(movie)) == Path(name)


def test_a_file_that_is_not_there(open_app: Open, folder: Path) -> None:
    app = open_app()
    app.open_path(folder / "no.cinac")
    assert "a .cinac file, found nothing" in app.talk.notice.text


@pytest.mark.parametrize(("dpi", "size"), [(96, (1366, 740)), (192, (2732, 1480))])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_of_the_form_is_clipped(
    open_app: Open, folder: Path, dpi: int, size: tuple[int, int], dark: bool
) -> None:
    """With every row on show: two choices, all ticks."""
    app = open_app(dpi, size)
    app.options.set("dark", dark)
    form = form_of(app)
    form._labels = folder / "old.cinac"
    form._show_ticks("coordinates, counted from 1")
    for row in (form.movie_choice, form.segments.row, form.cell_choice):
        row.offer({"a": "one of them: 3 x 4", "b": "another"}, "a")
    tools.settle(app.root)
    assert tools.faults_of_layout(app.root) == []


def test_new_session_leaves_the_open_one_and_cancel_leads_back(open_app: Any) -> None:
    app = tools.demo(open_app())
    app.work.go_to_cell(6)
    app.run_command("create")
    tools.settle(app.root)
    assert app.work.is_open
    form = app.host.form
    cancel = next(w for w in tools.widgets_below(form)
                  if w.winfo_class() == "TButton" and str(w.cget("text")) == "Cancel")  # fmt: skip
    cancel.invoke()
    tools.settle(app.root)
    assert app.host.form is None
    assert (app.work.is_open, app.work.cell) == (True, 6)


def test_a_movie_alone_is_shown(open_app: Any) -> None:
    from deepcinac.data import shipped

    app = open_app()
    app.run_command("create")
    form = app.host.form
    form.fill(movie=str(shipped("demo") / "movie.tif"))
    tools.wait_for(app.root, lambda: form.preview is not None)
    assert form.preview.sentence == "1,200 frames of 80 x 80 px"
    assert "Choose the cells" in form.note.cget("text")
    assert form.accept.instate(["disabled"])
    form.fill(cells=str(shipped("demo") / "cells.npz"))
    tools.wait_for(app.root, lambda: form.preview is not None)
    assert form.preview.sentence == "46 cells on 1,200 frames of 80 x 80 px"
    assert form.accept.instate(["!disabled"])
