"""What must not creep in: work on all cells in one go, items made anew, drawings that were not asked for.

Nothing is timed here: a busy machine is no fault. `benchmarks/window_drawing.py` measures times.
"""

from __future__ import annotations

import tkinter as tk
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.views.raster import RasterView
from deepcinac.gui.views.traces import TraceView
from deepcinac.gui.widgets.theme import Theme
from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]


def bytes_of(action: Callable[[int], object]) -> int:
    """The most memory that one of some runs took at once: the same on every machine."""
    action(0)
    peaks = []
    tracemalloc.start()
    for number in range(1, 6):
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        action(number)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return max(peaks)


def test_a_pan_of_a_long_recording_copies_no_trace(window: tk.Toplevel, root: tk.Tk) -> None:
    n_frames, random = 400_000, np.random.default_rng(0)
    window.geometry("1200x420+0+0")
    view = TraceView(window, Theme(root).look())
    view.pack(fill="both", expand=True)
    view.set_recording(n_frames, 30.0)
    for name in ("raw", "smoothed", "without overlap", "neuropil", "dF/F"):
        view.show_trace(name)
    traces = {name: random.normal(size=n_frames).astype(np.float32) for name in view.shown()}
    view.set_traces(traces)
    view.set_prediction(random.random(n_frames, dtype=np.float32))
    onsets = np.arange(50, n_frames - 50, 150)
    view.set_transients(np.column_stack([onsets, onsets + 8]))
    view.set_spans([("labelled", 0, 200_000), ("doubtful", 20_000, 21_000)])
    view.set_range(0, 240_000)
    root.update()
    n_items = len(view.canvas.find_all())

    def pan(number: int) -> None:
        view.pan(0.01 if number % 2 else -0.01)
        root.update()

    in_range = 240_000 * 4 * (len(traces) + 1)  # bytes of the frames on the screen
    assert bytes_of(pan) < in_range / 2
    assert len(view.canvas.find_all()) <= n_items + 2


def test_a_pan_of_a_raster_of_a_thousand_cells_reads_no_more_than_the_screen(
    window: tk.Toplevel, root: tk.Tk
) -> None:
    n_frames = 12_500
    view = RasterView(window, Theme(root).look())
    view.pack(fill="both", expand=True)
    view.set_recording(n_frames, 10.0)

    def pan(number: int) -> None:
        view.set_range(number, 8000 + number)
        view.draw_now()

    taken = []
    for n_cells in (1000, 2000):
        view.set_activity(np.random.default_rng(0).random((n_cells, n_frames)) < 0.05)
        root.update()
        taken.append(bytes_of(pan))
    assert taken[1] < 1.1 * taken[0]
    assert taken[0] < 1000 * n_frames / 2


def test_several_changes_are_one_drawing(window: tk.Toplevel, root: tk.Tk) -> None:
    view = TraceView(window, Theme(root).look())
    view.pack(fill="both", expand=True)
    view.set_recording(1000, 10.0)
    root.update()
    drawn = []
    draw = view.draw
    view.draw = lambda *size: (drawn.append(size), draw(*size))  # type: ignore[method-assign]
    for number in range(20):
        view.set_range(number, 300 + number)
        view.set_transients(np.array([[number, number + 3]]))
    root.update()
    assert len(drawn) == 1


def test_rows_of_the_table_that_stay_the_same_are_not_written(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.labeller.add(100, 109)
    app.presenter.slices.finish()
    table = app.main.cells
    written: list[str] = []
    item = table.tree.item
    table.tree.item = lambda iid, **values: (written.append(iid), item(iid, **values))
    try:
        table.refresh(app.presenter.rows)
        assert written == []
        app.labeller.add(200, 209)
        app.presenter.slices.finish()
        assert set(written) == {str(app.work.cell)}
    finally:
        del table.tree.item


def test_playing_leaves_nothing_behind(open_app: Open) -> None:
    """Pictures, timers and items are as many after two seconds of playing as after a quarter."""
    app = tools.demo(open_app())
    app.options.set("speed", 10.0)

    def held() -> tuple[int, int, int]:
        timers = app.root.tk.splitlist(app.root.tk.call("after", "info"))
        items = sum(len(view.canvas.find_all()) for view in app.main.views)
        return len(app.root.image_names()), len(timers), items

    app.run_command("play")
    tools.wait_for(app.root, lambda: app.work.frame > 20)
    pictures, timers, items = held()
    tools.wait_for(app.root, lambda: app.work.frame > 150)
    later = held()
    app.run_command("play")
    assert later[0] == pictures
    assert later[1] <= timers + 4
    assert later[2] <= items + 5


def test_switching_things_on_and_off_leaves_no_items(open_app: Open) -> None:
    """An item that is drawn over by its like is not seen, and makes the canvas slower for ever."""
    app = tools.demo(open_app())
    app.work.go_to_cell(6)
    app.run_command("add_candidates")
    commands = ("judge_peaks", "magnifier", "inputs", "outlines", "dark", "blind", "trace_dff")

    def items() -> int:
        app.presenter.slices.finish()
        tools.settle(app.root)
        return sum(len(view.canvas.find_all()) for view in app.main.views)

    counted = []
    for _ in range(4):
        for command in (*commands, *reversed(commands)):
            app.run_command(command)
            items()  # also what is worked out in idle moments is drawn each time
        counted.append(items())
    assert counted[-1] <= counted[1] + 4, counted  # a number or two comes and goes
