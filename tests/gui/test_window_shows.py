"""What the window shows and offers: start screen, verdicts at peaks, menus of a right click, the queue."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import window_tools as tools
from helpers.predictions import write_predictions

pytestmark = pytest.mark.window

Open = Callable[..., Any]


demo, press = tools.demo, tools.press


def test_the_start_screen_goes_on_where_one_was(open_app: Open) -> None:
    app = demo(open_app())
    app.work.go_to_cell(6)
    app.labeller.add(300, 309)
    app.labeller.label_view()
    app.host.close_session()
    tools.settle(app.root)
    texts = [str(w.cget("text")) for w in tools.widgets_below(app.host.start)
             if w.winfo_class() in ("TLabel", "TButton")]  # fmt: skip
    assert "Go on where you were" in texts
    assert "1 transient, 1 cell judged, 0 of 46 reviewed.  Left at cell 6, 0:00" in texts
    assert "movie.tif, 46 cells, 2:00 min" in texts
    card = next(w for w in tools.widgets_below(app.host.start)
                if w.winfo_class() == "TLabel" and str(w.cget("text")).startswith("movie.tif"))  # fmt: skip
    card.event_generate("<Button-1>")
    tools.settle(app.root)
    assert app.work.is_open
    assert app.work.cell == 6


def test_a_long_list_of_sessions_fits_and_lost_ones_can_be_taken_off(
    open_app: Open, folders: Path
) -> None:
    from deepcinac.gui.session.settings_store import SettingsStore

    settings = SettingsStore()
    for number in range(9):
        path = folders / ("a very long name of a folder " * 3) / f"mouse{number}.deepcinac"
        path.parent.mkdir(exist_ok=True)
        if number != 7:
            path.touch()
        settings.add_recent(path)
    app = open_app(96, (1366, 740))
    assert tools.faults_of_layout(app.host.start) == []
    buttons = {str(w.cget("text")): w for w in tools.widgets_below(app.host.start)
               if w.winfo_class() == "TButton"}  # fmt: skip
    assert str(buttons["mouse7"].cget("state")) == "disabled"
    buttons["Take off the list"].invoke()
    tools.settle(app.root)
    assert "mouse7" not in [path.stem for path in app.settings.recent_sessions()]


def texts_on(canvas: tk.Canvas) -> list[str]:
    """Every text of a canvas that is not hidden."""
    return [canvas.itemcget(item, "text") for item in canvas.find_all()
            if canvas.type(item) == "text" and canvas.itemcget(item, "state") != "hidden"]  # fmt: skip


def test_every_peak_in_view_tells_whose_light_it_is(open_app: Open) -> None:
    app = demo(open_app())
    app.work.go_to_cell(6)
    app.work.show_range(0, 399)
    app.run_command("add_candidates")
    app.presenter.slices.finish()
    traces = app.main.traces
    assert traces.content.verdicts is None
    press(app, "7")
    app.presenter.slices.finish()
    known = app.work.transients()
    assert set(traces.content.verdicts) == {tuple(pair) for pair in known.tolist()}
    tools.settle(app.root)
    texts = texts_on(traces.canvas)
    assert "light of a neighbour" in texts
    first = traces.content.verdicts[tuple(known[0].tolist())]
    assert first.text in texts
    assert "10 s" in texts  # nothing broke off the drawing
    app.work.go_to_frame(int(known[0, 0]))
    app.labeller.erase_selected()
    app.presenter.slices.finish()
    assert len(traces.content.verdicts) == len(known) - 1
    app.work.go_to_cell(7)
    app.presenter.slices.finish()
    assert traces.content.verdicts == {}
    press(app, "7")
    assert traces.content.verdicts is None


def test_the_field_has_a_scale_bar_of_the_recordings_pixel_size(open_app: Open) -> None:
    app = demo(open_app())
    canvas = app.main.field.canvas
    text = [canvas.itemcget(item, "text") for item in canvas.find_withtag("bar")
            if canvas.type(item) == "text"][-1]  # fmt: skip
    bar = [canvas.coords(item) for item in canvas.find_withtag("bar")
           if canvas.type(item) == "rectangle"][-1]  # fmt: skip
    micrometres = float(text.split()[0])
    pixels_of_the_movie = (bar[2] - bar[0]) / app.main.field.axes.scale
    assert pixels_of_the_movie * 2.0 == pytest.approx(micrometres, rel=0.03)  # 2 um a pixel


def entries(menu: tk.Menu) -> dict[str, str]:
    """Labels of a menu and whether they can be chosen."""
    return {menu.entrycget(place, "label"): str(menu.entrycget(place, "state"))
            for place in range(menu.index("end") + 1) if menu.type(place) != "separator"}  # fmt: skip


def test_the_right_button_offers_what_can_be_done_here(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = demo(open_app())
    app.work.go_to_cell(6)
    app.labeller.add_span("doubtful", 100, 120)
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(
        app.main.events,
        "_pop_up",
        lambda ids, _x, _y: shown.append(entries(app.menus.context(ids))),
    )
    canvas = app.main.traces.canvas
    tools.settle(app.root)
    x = round(app.main.traces.axis.x(110))
    canvas.event_generate("<ButtonPress-3>", x=x, y=canvas.winfo_height() // 3)
    assert shown[-1]["Remove doubt, frames 100 to 120"] == "normal"
    assert shown[-1]["Remove the selected transient"] == "disabled"  # there is none
    app.run_command("erase_span")
    assert app.work.spans("doubtful").tolist() == []
    assert app.conditions.undo_text().startswith("Undo remove doubtful span, cell 6")
    app.main.movie.canvas.event_generate("<ButtonPress-3>", x=20, y=20)
    assert "Loop the view" in shown[-1]
    tree = app.main.cells.tree
    left, top, _, height = tree.bbox("7")
    tree.event_generate("<ButtonPress-3>", x=left + 5, y=top + height // 2)
    assert "Valid cell" in shown[-1]
    assert app.work.cell == 7


def test_the_limits_of_what_is_unsure_can_be_chosen(open_app: Open, folders: Path) -> None:
    app = demo(open_app())
    probability = np.zeros((app.work.n_cells, app.work.n_frames), np.float32)
    probability[3, 100:106] = 0.2  # below the usual limits
    write_predictions(folders / "p.npz", probability)
    app.handlers.classifier.take_over(folders / "p.npz")
    app.run_command("queue_limits")
    dialog = app.handlers.review.dialog
    tools.fill_in(dialog, Uncertain_from="0.8", Uncertain_to="0.1")
    assert "the lower probability first" in dialog.mistakes[""]
    tools.fill_in(dialog, Uncertain_from="0.1", Uncertain_to="0.3")
    tools.wait_for(app.root, lambda: app.queue.items)
    assert [(item.cell, item.first, item.kinds) for item in app.queue.items] == [
        (3, 100, ("uncertain",))
    ]


def test_the_review_shows_its_place_and_blind_mode_hides_it(open_app: Open, folders: Path) -> None:
    from deepcinac.labelling.review import ReviewItem

    app = demo(open_app())
    app.queue.load(
        [ReviewItem(6, 40, 49, ("classifier", "source"), "the classifier finds it", 0.9)]
    )
    press(app, "f")
    assert app.main.traces.focus_frames == (40, 49)
    assert app.main.review.tree.item("0", "values")[2] == "classifier +1"
    app.presenter.slices.finish()
    assert app.presenter.rows[6].due
    press(app, "Shift-B")
    assert app.work.blind
    assert app.main.traces.focus_frames is None
    assert app.main.review.tree.get_children() == ()
    assert not app.presenter.rows[6].due
    assert not app.run_command("accept")
    press(app, "Shift-B")
    assert app.main.review.tree.get_children() == ("0",)
    app.work.go_to_cell(7)
    assert app.main.traces.focus_frames is None  # the question is about another cell


def test_images_layers_and_contrast_by_keys(open_app: Open) -> None:
    app = demo(open_app())
    press(app, "F5", "F5")
    assert app.main.field_panel.image_box.get() == "correlation"
    app.main.movie.set_contrast(0, 1)
    press(app, "Shift-K")
    assert app.main.movie.limits[1] > 50
    app.labeller.label_view()
    session = app.work.session
    other = session.add_layer("expert", "Ana", author="Ana")
    app.work.edited()
    press(app, "Shift-L")
    assert app.work.layer_id == other.id
    assert app.status.texts["layer"].startswith("expert Ana   layer Ana")


def test_a_press_beside_the_knob_of_a_slider_takes_it_there(open_app: Open) -> None:
    app = demo(open_app())
    slider = app.main.field_panel.high
    before = app.main.field.contrast()
    y = slider.winfo_height() // 2
    slider.event_generate("<ButtonPress-1>", x=slider.winfo_width() // 2, y=y)
    slider.event_generate("<ButtonRelease-1>", x=slider.winfo_width() // 2, y=y)
    assert slider.get() == pytest.approx(0.5, abs=0.05)
    assert app.main.field.contrast() != before
    app.main.field_panel.auto_contrast()
    assert app.main.field.contrast() == before


def test_cells_and_counts_in_words(open_app: Open) -> None:
    app = demo(open_app())
    app.work.go_to_cell(5)
    tools.settle(app.root)
    assert app.main.toolbar.cell_label.cget("text") == "Cell 5 of 46"
    app.labeller.add(40, 49)
    tools.settle(app.root)
    said = app.main.stages.parts[0]._whole()
    assert said == ("0 of 46 cells judged. 1 transient in this layer; 0 cells marked as reviewed")


def test_the_trace_without_overlap_and_neuropil(open_app: Open) -> None:
    app = demo(open_app())
    press(app, "6")
    held = app.main.traces.content.traces["without overlap, minus neuropil"].values
    data, cell = app.work.data, app.work.cell
    ring = data.neuropil[cell]
    expected = data.without_overlap[cell] - ring + np.median(ring)
    np.testing.assert_allclose(held, expected, rtol=1e-5)
    assert "without overlap, minus neuropil" in app.main.traces.content.drawn()
    app.main.traces.draw_now()
    canvas = app.main.traces.canvas
    texts = texts_on(canvas)
    assert not {"raw", "smoothed"} & set(texts)  # the legend is on the buttons, over no peak


def test_an_invalid_cell_has_a_grey_ground_and_says_so(open_app: Open) -> None:
    app = demo(open_app())
    traces = app.main.traces
    corner = traces.layout.main.right - 3, traces.layout.main.bottom - 3
    white = traces.pixels[corner[1], corner[0], :3].tolist()
    press(app, "x")
    tools.settle(app.root)
    assert traces.pixels[corner[1], corner[0], :3].tolist() < white
    assert "Invalid cell: left out" in texts_on(traces.canvas)
    app.work.go_to_cell(app.work.cell + 1)
    tools.settle(app.root)
    assert "Invalid cell: left out" not in texts_on(traces.canvas)


def test_the_order_of_the_table_is_there_after_a_restart(open_app: Open) -> None:
    app = demo(open_app())
    app.main.cells._sorter("snr")()
    first = app.main.cells.shown_cells()[0]
    path = app.work.session.path
    assert first == int(app.work.data.snr.argmax())
    app = open_app()
    app.open_path(path)
    tools.wait_for(app.root, lambda: app.presenter.movie is not None)
    app.presenter.slices.finish()
    assert app.main.cells.order == ("snr", True)
    assert app.main.cells.shown_cells()[0] == first


def test_sorting_shows_what_comes_first(open_app: Open) -> None:
    app = demo(open_app())
    table = app.main.cells
    app.work.go_to_cell(0)  # its SNR is among the lowest
    table._sort_by("snr")
    tools.settle(app.root)
    snr = [app.presenter.rows[cell].snr for cell in table.shown_cells()]
    assert snr == sorted(snr, reverse=True)
    assert table.tree.bbox(str(table.shown_cells()[0]))  # on the screen
