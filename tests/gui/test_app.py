"""The real window with real events: open the demo, label, undo, play, predict, close, find it again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]


demo, press, prediction_file = tools.demo, tools.press, tools.prediction_file


def test_the_start_screen_shows_what_there_is(open_app: Open) -> None:
    app = open_app()
    texts = [str(w.cget("text")) for w in tools.widgets_below(app.host.start)
             if w.winfo_class() in ("TLabel", "TButton")]  # fmt: skip
    assert {"DeepCINAC", "New session...", "Open session...", "Try the demo recording",
            "The first quarter of an hour", "What is new", "What the signs mean"} <= set(texts)  # fmt: skip


def test_label_three_transients_by_keys_and_mouse(open_app: Open) -> None:
    app = demo(open_app())
    work = app.work
    app.work.snap = False
    work.go_to_cell(6)
    work.go_to_frame(50)
    press(app, "i", "Return")  # an onset with its automatic peak at the playhead
    assert len(work.transients()) == 1
    assert work.transients()[0, 0] == 50
    work.go_to_frame(100)
    press(app, "o", "Return")
    work.go_to_frame(108)
    press(app, "p", "Return")
    assert work.transients()[1].tolist() == [100, 108]

    press(app, "i")
    canvas = app.main.traces.canvas
    x, y = canvas.winfo_width() // 2, canvas.winfo_height() // 4
    canvas.event_generate("<Motion>", x=x, y=y)
    canvas.event_generate("<ButtonPress-1>", x=x, y=y)
    canvas.event_generate("<ButtonRelease-1>", x=x, y=y)
    tools.settle(app.root)
    assert len(work.transients()) == 3
    assert app.status.texts["disk"] == "saved"
    assert app.conditions.undo_text().startswith("Undo add transient, cell 6, frame")

    press(app, "Control-z")
    assert len(work.transients()) == 2
    press(app, "Control-z", "Control-z", "Control-y", "Control-y", "Control-y")
    assert len(work.transients()) == 3
    app.menus.refresh("Edit")
    assert app.menus.by_name["Edit"].entrycget(1, "label") == "Redo"


def test_a_letter_of_each_entry_is_underlined(open_app: Open) -> None:
    app = demo(open_app())
    bar = app.root.nametowidget(app.root.cget("menu"))
    assert [(bar.entrycget(i, "label"), bar.entrycget(i, "underline")) for i in (2, 6)] == [
        ("Label", 0),
        ("Classifier", 2),  # L is taken
    ]
    app.menus.refresh("Edit")
    edit = app.menus.by_name["Edit"]
    assert (edit.entrycget(0, "label"), edit.entrycget(0, "underline")) == ("Undo", 0)


def test_everything_is_found_again(open_app: Open) -> None:
    app = demo(open_app())
    app.work.go_to_cell(6)
    app.labeller.add(300, 309)
    app.work.show_range(200, 400)
    app.work.go_to_frame(311)
    app.main.panes["centre"]._shares["raster"] = 0.31
    app.main.cells._sort_by("snr")
    path = app.work.session.path
    app.host.close_session()
    assert not app.work.is_open

    app = open_app()
    app.open_path(path)
    tools.settle(app.root)
    assert (app.work.cell, app.work.frame, app.work.visible) == (6, 311, (200, 400))
    assert app.work.transients().tolist() == [[300, 309]]
    assert app.main.panes["centre"].shares()["raster"] == 0.31
    assert app.main.cells.order == ("snr", True)
    assert app.conditions.undo_text() == "Undo add transient, cell 6, frames 300 to 309"
    assert app.presenter.movie is not None  # nothing has to be made a second time


def test_a_file_that_was_double_clicked_on_macos(open_app: Open) -> None:
    app = demo(open_app())
    path = app.work.session.path
    app.host.close_session()
    app.root.tk.call("::tk::mac::OpenDocument", str(path))
    tools.settle(app.root)
    assert app.work.session.path == path


def test_cells_and_stretches_by_keys(open_app: Open) -> None:
    app = demo(open_app())
    press(app, "Control-Right", "Control-Right", "Control-Left")
    assert app.work.cell == 1
    assert str(app.main.toolbar.cell_label.cget("text")) == "Cell 1 of 46"
    first = app.work.visible[0]
    press(app, "a")
    assert app.work.visible[0] == first + 360  # 400 frames are visible, a tenth stays
    press(app, "q")
    assert app.work.visible[0] == first


def test_keys_do_nothing_while_typing(open_app: Open) -> None:
    app = demo(open_app())
    entry = app.main.cells._filter
    tools.focus_on(entry)
    tool, range_before = app.work.tool, app.work.visible
    for key in ("o", "i", "r", "q", "space", "Right"):
        tools.focus_on(entry)
        entry.event_generate(f"<KeyPress-{key}>")
    tools.settle(app.root)
    assert (app.work.tool, app.work.visible) == (tool, range_before)
    assert not app.main.movie.playing
    tools.focus_on(entry)
    entry.event_generate("<KeyPress-Escape>")
    tools.settle(app.root)
    press(app, "o")
    assert app.work.tool == "onset"


def test_play_and_pause(open_app: Open) -> None:
    app = demo(open_app())
    press(app, "space")
    tools.wait_for(app.root, lambda: app.work.frame > 3)
    press(app, "space")
    stopped = app.work.frame
    tools.settle(app.root)
    assert not app.main.movie.playing
    assert app.work.frame == stopped
    press(app, "period", "period", "comma")
    assert app.work.frame == stopped + 1


def test_predict_from_the_menu_draws_a_layer_at_once(
    open_app: Open, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is a stand-in that writes what `deepcinac predict` would."""
    app = demo(open_app())
    app.work.go_to_cell(6)
    source = prediction_file(folders / "known.npz", app.work.n_cells, app.work.n_frames)
    script = (
        "import sys, shutil, json; out = sys.argv[sys.argv.index('--out') + 1];"
        "print(json.dumps({'stage': 'predicting', 'done': 1, 'total': 2}), flush=True);"
        f"shutil.copy({str(source)!r}, out)"
    )
    monkeypatch.setattr(
        "deepcinac.gui.jobs.board.command_line",
        lambda arguments: [sys.executable, "-c", script, *arguments],
    )
    app.run_command("predict_cell")
    assert "Prediction" in app.status.texts["job"]
    tools.wait_for(app.root, lambda: app.work.prediction_id is not None)
    app.presenter.slices.finish()
    assert [layer.name for layer in app.work.result_layers()] == ["tiny"]
    assert app.presenter.rows[6].n_predicted == 2
    app.main.events.threshold_dragged(0.7, True)
    app.presenter.slices.finish()
    assert app.presenter.rows[6].n_predicted == 1
    app.run_command("blind")
    app.presenter.slices.finish()
    assert app.work.prediction() is None
    assert app.presenter.rows[6].n_predicted is None
    assert app.work.result_layers() == []


def test_a_job_that_fails_says_why(open_app: Open) -> None:
    app = demo(open_app())
    app.handlers.classifier.predict("0", "no-such-classifier")
    tools.wait_for(app.root, lambda: "no-such-classifier" in app.talk.notice.text)
    assert app.talk.notice.text.startswith("Prediction: ")


def test_review_accept_and_reject_by_keys(open_app: Open, folders: Path) -> None:
    app = demo(open_app())
    file = prediction_file(folders / "p.npz", app.work.n_cells, app.work.n_frames)
    app.handlers.classifier.take_over(file)
    app.work.go_to_cell(6)
    app.labeller.add_span("labelled", 0, 200)
    app.run_command("make_queue")
    tools.wait_for(app.root, lambda: app.queue.items)
    press(app, "f")
    item = app.queue.current
    assert (item.cell, item.first, item.last) == (6, 40, 49)
    press(app, "y")
    assert app.work.transients(6).tolist() == [[40, 49]]
    assert app.queue.decided == {0: "accepted"}
    press(app, "Control-z")
    assert len(app.work.transients(6)) == 0


def test_failures_are_sentences(open_app: Open) -> None:
    app = demo(open_app())

    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    app.talk.attempt(broken)
    assert app.talk.notice.text.startswith("A mistake of the program, not yours (ZeroDivisionError")
    app.talk.notice._copy_report()
    assert "division by zero" in app.root.clipboard_get()
    app.open_path("nowhere.deepcinac")
    assert "nowhere.deepcinac" in app.talk.notice.text


def test_a_new_session_from_the_form(open_app: Open, folders: Path) -> None:
    from deepcinac.data import shipped

    app = open_app()
    app.run_command("create")
    form = app.host.start.form
    out = folders / "mine.deepcinac"
    form.fill(movie=str(shipped("demo") / "movie.tif"), cells=str(shipped("demo") / "cells.npz"))
    form.fill(rate="10", size="2", out=str(out))
    tools.wait_for(app.root, lambda: form.preview is not None)
    assert form.preview.sentence == "46 cells on 1,200 frames of 80 x 80 px"
    form.accept.invoke()
    tools.wait_for(app.root, lambda: app.work.is_open)
    assert app.work.session.path == out
    assert app.work.n_cells == 46


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("dpi", "screen"),
    [(96, (1366, 768)), (144, (2048, 1152)), (192, (2732, 1536)), (192, (1366, 768))],
)
def test_nothing_is_clipped_or_overlaps(
    open_app: Open, dpi: int, screen: tuple[int, int], dark: bool
) -> None:
    app = open_app(dpi, (screen[0], screen[1] - 28 * screen[0] // 1366), screen)
    app.options.set("dark", dark)
    tools.settle(app.root)
    assert tools.faults_of_layout(app.host.start) == []
    demo(app)
    app.host.close_session()
    tools.settle(app.root)
    assert tools.faults_of_layout(app.host.start) == []  # with a recent session
    demo(app)
    assert tools.faults_of_layout(app.window.holder) == []
    assert tools.faults_of_layout(app.status) == []
    app.run_command("keys")
    tools.settle(app.root)
    overlay = app.handlers.help.overlay
    box, window = tools.rectangle(overlay), tools.rectangle(app.root)
    assert box[0] >= window[0]
    assert box[1] >= window[1]
    assert box[2] <= window[2]
    assert box[3] <= window[3]


def test_predict_two_cells_with_the_shipped_classifier(open_app: Open) -> None:
    from deepcinac.learning.zoo import list_classifiers

    if not list_classifiers():
        pytest.skip("no classifier ships with this checkout")
    app = demo(open_app())
    app.run_command("predict_all")
    tools.fill_in(app.handlers.classifier.dialog, Cells="6-7", Classifier="general")
    tools.wait_for(app.root, lambda: app.talk.notice.text or app.work.prediction_id)
    assert app.work.session.predicted_cells(app.work.prediction_id).tolist() == [6, 7]
    app.work.go_to_cell(7)
    probability = app.work.prediction()
    assert probability.shape == (1200,)
    assert probability.max() > 0.5


def test_the_threshold_line_is_dragged_with_the_mouse(open_app: Open, folders: Path) -> None:
    app = demo(open_app())
    file = prediction_file(folders / "p.npz", app.work.n_cells, app.work.n_frames)
    app.handlers.classifier.take_over(file)
    app.work.go_to_cell(6)
    tools.settle(app.root)
    canvas = app.main.traces.canvas
    x = canvas.winfo_width() // 2
    start = end = None
    for y in range(canvas.winfo_height()):  # where the pointer says that the line is
        canvas.event_generate("<Motion>", x=x, y=y)
        if str(canvas.cget("cursor")) == "sb_v_double_arrow":
            start = y if start is None else start
            end = y
    assert start is not None
    assert end is not None
    middle = (start + end) // 2
    canvas.event_generate("<ButtonPress-1>", x=x, y=middle)
    for step in range(1, 9):
        canvas.event_generate("<B1-Motion>", x=x, y=middle - step)
    canvas.event_generate("<ButtonRelease-1>", x=x, y=middle - 8)
    tools.settle(app.root)
    assert 0.55 < app.work.threshold < 0.95
    app.presenter.slices.finish()
    remembered = app.work.threshold
    path = app.work.session.path
    app.host.close_session()
    app.open_path(path)
    assert app.work.threshold == remembered


def test_labels_go_out_and_come_in_again(open_app: Open, folders: Path) -> None:
    app = demo(open_app())
    app.work.go_to_cell(6)
    app.labeller.add(300, 309)
    app.labeller.add_span("labelled", 200, 400)
    app.handlers.files.write_layer(folders / "labels.csv")
    app.handlers.files.read_labels(folders / "labels.csv")
    first, second = app.work.label_layers()
    session = app.work.session
    assert second.name == f"{first.name} 2"
    assert session.transients(second.id, 6).tolist() == [[300, 309]]
    app.run_command("consensus")
    consensus = session.layers("consensus")[0]
    assert session.transients(consensus.id, 6).tolist() == [[300, 309]]
    assert app.presenter.rows[6].f1 == 1.0

    app.handlers.files.write_cell(folders / "cell.csv")
    lines = (folders / "cell.csv").read_text().splitlines()
    assert len(lines) == 1201
    assert lines[0].startswith(
        "frame,seconds,raw,smoothed,without_overlap,neuropil,dff,minus_neuropil,active"
    )
    job = app.handlers.files.draw_view(folders / "view.svg")
    tools.wait_for(app.root, lambda: job.state != "running")
    tools.settle(app.root)
    assert (folders / "view.svg").read_text().lstrip().startswith("<?xml"), job.message


def test_a_session_open_elsewhere_is_read_only_and_can_be_taken_over(open_app: Open) -> None:
    from deepcinac.labelling.session import Session

    app = demo(open_app())
    path = app.work.session.path
    app.host.close_session()
    with Session.open(path) as other:
        layer = other.add_layer("expert", "Ana")
        app.open_path(path)
        assert app.status.texts["disk"] == "read only"
        assert not app.run_command("label_view")
        app.work.go_to_cell(6)
        other.add_transient(layer.id, 6, 10, 19)
        app._others.look()
        tools.settle(app.root)
        app.work.choose_layer(layer.id)
        assert app.work.transients().tolist() == [[10, 19]]
        app.run_command("take_over")
        assert app.status.texts["disk"] == "saved"


def test_keys_can_be_changed_and_are_remembered(open_app: Open) -> None:
    from deepcinac.gui.commands.keys_window import KeyEditor

    app = demo(open_app())
    editor = KeyEditor(app.root, app.theme, app.keymap, app._keys_changed)
    editor.tree.selection_set("tool_onset")
    editor.entry.delete(0, "end")
    editor.entry.insert(0, "F9")
    editor.change()
    editor.destroy()
    press(app, "F9")
    assert app.work.tool == "onset"
    press(app, "Escape", "o")
    assert app.work.tool == "select"
    app = open_app()
    assert app.keymap.keys("tool_onset") == ("F9",)
    texts = [app.menus.by_name["Label"].entrycget(i, "accelerator") for i in range(3)]
    assert texts == ["Esc", "F9", "i"]


def test_a_movie_that_moved_is_found_again(
    open_app: Open, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from deepcinac.data import shipped
    from deepcinac.labelling.session import Session
    from deepcinac.recording.cells import read_cells

    movie = folders / "here" / "movie.tif"
    movie.parent.mkdir()
    shutil.copy(shipped("demo") / "movie.tif", movie)
    path = folders / "mine.deepcinac"
    cells = read_cells(shipped("demo") / "cells.npz")
    Session.create(path, movie, (1200, 80, 80), cells, 10.0, 2.0).close()
    moved = folders / "there.tif"
    movie.rename(moved)
    app = open_app()
    app.open_path(path)
    tools.wait_for(app.root, lambda: "find the movie" in app.talk.notice.text.lower())
    assert "relink" not in app.talk.notice.text  # the notice and its button say what the menu says
    asked: list[bool] = []
    monkeypatch.setattr(
        "deepcinac.gui.handlers.files.filedialog.askopenfilename",
        lambda **_: asked.append(True) or "",
    )
    tools.settle(app.root)
    assert app.talk.notice._action.cget("text") == "Find the movie again..."
    tools.click(app.talk.notice._action)
    assert asked == [True]
    app.labeller.add(10, 12)  # labelling goes on without the movie
    app.handlers.files.relink_to(moved)
    tools.wait_for(app.root, lambda: app.presenter.movie is not None)
    assert app.work.transients().tolist() == [[10, 12]]
