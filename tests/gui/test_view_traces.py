"""The traces in a real window with real events: three transients in 200 frames at 10 Hz."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from deepcinac.gui.drawing.look import rgb
from deepcinac.gui.views.traces import TraceView
from deepcinac.gui.widgets.theme import Theme

pytestmark = pytest.mark.window

N_FRAMES = 200
TRANSIENTS = np.array([[20, 24], [60, 66], [150, 158]])


class Heard:
    """Callbacks that write down what they were told, by name."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def on(self, name: str) -> Callable[..., None]:
        return lambda *values: self.calls.append((name, *values))

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]


NAMES = [
    "range",
    "seek",
    "hover",
    "select",
    "add",
    "add_transient",
    "move",
    "span",
    "threshold",
    "context",
]


def texts_shown(view: TraceView) -> list[int]:
    """Items of the canvas that are texts and not hidden."""
    canvas = view.canvas
    return [item for item in canvas.find_all()
            if canvas.type(item) == "text" and canvas.itemcget(item, "state") != "hidden"]  # fmt: skip


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def view(window: tk.Toplevel, root: tk.Tk, heard: Heard) -> TraceView:
    look = Theme(root).look()
    view = TraceView(window, look, **{f"on_{name}": heard.on(name) for name in NAMES})
    view.pack(fill="both", expand=True)
    view.set_recording(N_FRAMES, 10.0)
    trace = np.zeros(N_FRAMES)
    for onset, peak in TRANSIENTS:
        trace[onset : peak + 1] = np.linspace(0, 1, peak - onset + 1)
        trace[peak : peak + 20] = np.linspace(1, 0, 20)
    view.set_traces({"raw": trace + 0.01 * np.sin(np.arange(N_FRAMES)), "smoothed": trace})
    view.set_transients(TRANSIENTS)
    window.update()
    heard.calls.clear()
    return view


def x_of(view: TraceView, frame: float) -> int:
    return round(view.axis.x(frame))


def drag(view: TraceView, start: tuple[int, int], *stops: tuple[int, int], button: int = 1) -> None:
    canvas = view.canvas
    canvas.event_generate("<Motion>", x=start[0], y=start[1])
    canvas.event_generate(f"<ButtonPress-{button}>", x=start[0], y=start[1])
    for x, y in stops:
        canvas.event_generate(f"<B{button}-Motion>", x=x, y=y)
        view.update()
    x, y = (stops or (start,))[-1]
    canvas.event_generate(f"<ButtonRelease-{button}>", x=x, y=y)
    view.update()


def test_a_click_with_the_onset_tool_adds_at_that_frame(view: TraceView, heard: Heard) -> None:
    view.set_tool("onset")
    drag(view, (x_of(view, 100), 200))
    assert heard.of("add") == [("onset", 100)]
    assert heard.of("seek") == []


def test_a_drag_makes_a_transient_and_its_preview_goes(view: TraceView, heard: Heard) -> None:
    view.set_tool("transient")
    view.canvas.event_generate("<ButtonPress-1>", x=x_of(view, 100), y=200)
    view.canvas.event_generate("<B1-Motion>", x=x_of(view, 110), y=200)
    assert view.canvas.find_withtag("ghost")
    view.canvas.event_generate("<ButtonRelease-1>", x=x_of(view, 110), y=200)
    assert heard.of("add_transient") == [(100, 110)]
    assert not view.canvas.find_withtag("ghost")


def test_escape_takes_a_drag_back(view: TraceView, heard: Heard) -> None:
    view.set_tool("doubtful")
    view.canvas.focus_force()
    view.canvas.event_generate("<ButtonPress-1>", x=x_of(view, 100), y=200)
    view.canvas.event_generate("<B1-Motion>", x=x_of(view, 110), y=200)
    view.canvas.event_generate("<Escape>")
    view.canvas.event_generate("<ButtonRelease-1>", x=x_of(view, 110), y=200)
    assert heard.of("span") == []
    assert not view.canvas.find_withtag("ghost")


def test_an_onset_is_dragged_with_the_span_tool_in_the_hand(view: TraceView, heard: Heard) -> None:
    view.set_tool("doubtful")
    drag(view, (x_of(view, 60), 250), (x_of(view, 55), 250))
    assert heard.of("move") == [(1, 55, 66)]
    assert heard.of("span") == []


def test_a_peak_is_dragged_from_its_dot(view: TraceView, heard: Heard) -> None:
    y = round(view.hit(0, 0) and view._targets.peak_ys[2])
    drag(view, (x_of(view, 158), y), (x_of(view, 161), y + 30))
    assert heard.of("move") == [(2, 150, 161)]


def test_a_drag_makes_a_span(view: TraceView, heard: Heard) -> None:
    view.set_tool("labelled")
    drag(view, (x_of(view, 80), 250), (x_of(view, 110), 250), (x_of(view, 120), 250))
    assert heard.of("span") == [("labelled", 80, 120)]


def test_a_click_selects_the_transient_and_goes_to_the_frame(view: TraceView, heard: Heard) -> None:
    drag(view, (x_of(view, 154), 500))
    assert heard.of("select") == [(2,)]
    assert heard.of("seek") == [(154,)]


def test_the_wheel_zooms_about_the_pointer(view: TraceView, heard: Heard) -> None:
    x = x_of(view, 150)
    before = view.axis.position(x)
    for _ in range(4):
        view.canvas.event_generate("<Button-4>", x=x, y=200)
    view.update()
    assert view.axis.position(x) == pytest.approx(before)
    first, last = view.range
    assert last - first == pytest.approx(N_FRAMES / 1.25**4, abs=2)
    assert heard.of("range")[-1] == (first, last)


def test_a_slow_drag_pans_although_the_range_is_told_back(view: TraceView, heard: Heard) -> None:
    view._on["range"] = view.set_range  # as the window does
    view.set_range(50, 89)
    view.update()
    per_frame = 1 / view.axis.frames_per_px
    assert per_frame > 10
    x = x_of(view, 70)
    drag(view, (x, 500), *[(x - step, 500) for step in range(4, 4 + round(3 * per_frame))])
    assert view.range[0] == pytest.approx(53, abs=1)


def test_the_middle_button_pans_with_every_tool(view: TraceView, heard: Heard) -> None:
    view.set_tool("transient")
    view.set_range(50, 149)
    view.update()
    x = x_of(view, 100)
    drag(view, (x, 200), (x_of(view, 80), 200), button=2)
    assert view.range == (70, 169)
    assert heard.of("add_transient") == []


def test_the_threshold_is_dragged(view: TraceView, heard: Heard) -> None:
    probability = np.zeros(N_FRAMES)
    probability[20:30] = 0.8
    view.set_prediction(probability)
    view.set_threshold(0.5)
    view.update()
    rect = view.layout.prediction
    assert rect is not None
    middle = (rect.top + rect.bottom) // 2
    drag(view, (300, middle), (300, middle - rect.height // 4))
    last = heard.of("threshold")[-1]
    assert last[1] is True
    assert last[0] == pytest.approx(0.78, abs=0.04)
    assert view.content.threshold == last[0]


def test_scrubbing_on_the_time_axis(view: TraceView, heard: Heard) -> None:
    y = view.layout.time.top + 5
    drag(view, (x_of(view, 40), y), (x_of(view, 41), y), (x_of(view, 45), y))
    assert heard.of("seek") == [(40,), (41,), (45,)]


def test_the_pointer_tells_frame_and_value(view: TraceView, heard: Heard) -> None:
    view.canvas.event_generate("<Motion>", x=x_of(view, 66), y=200)
    view.update()
    assert heard.of("hover")[-1] == (66, 1.0)
    view.canvas.event_generate("<Leave>")
    view.update()
    assert heard.of("hover")[-1] == (None, None)


def test_the_right_button_asks_what_can_be_done_here(view: TraceView, heard: Heard) -> None:
    view.canvas.event_generate("<Button-3>", x=x_of(view, 62), y=500)
    view.update()
    hit = heard.of("context")[0][0]
    assert (hit.kind, hit.index, hit.frame) == ("transient", 1, 62)


def test_marks_are_painted_where_the_frames_are(view: TraceView) -> None:
    onset = np.array([int(view.look.series[3][i : i + 2], 16) for i in (1, 3, 5)])
    main = view.layout.main
    rows = view.pixels[main.top : main.bottom, :, :3]
    marked = np.flatnonzero((rows == onset).all(axis=-1).sum(axis=0) > 0.35 * main.height)
    for frame in TRANSIENTS[:, 0]:
        assert np.abs(marked - view.axis.x(frame)).min() <= 1
    assert len(marked) <= 2 * len(TRANSIENTS)


def test_the_magnifier_shows_and_goes(view: TraceView) -> None:
    view.set_magnifier(True)
    view.canvas.event_generate("<Motion>", x=x_of(view, 60), y=100)
    view.update()
    lens = view._items._lens_frame
    assert view.canvas.itemcget(lens, "state") == "normal"
    assert view.canvas.coords(lens)[0] > x_of(view, 100)  # away from the pointer
    view.canvas.event_generate("<Leave>")
    view.update()
    assert view.canvas.itemcget(lens, "state") == "hidden"


def test_the_curve_of_a_lane_is_filled_from_its_base(view: TraceView) -> None:
    curve = np.zeros(N_FRAMES)
    curve[40:60] = 1.0
    curve[100:120] = 0.3
    view.set_lanes([("spks", np.empty((0, 2)))], [1], [False], {0: curve})
    view.update()
    lane = view.layout.lanes[0]
    ground = rgb(view.look.panel)

    def is_filled(frame: int, share: float) -> bool:
        y = round(lane.bottom - 1 - share * (lane.height - 1))
        return tuple(view.pixels[y, x_of(view, frame), :3].tolist()) != ground

    assert [is_filled(frame, 0.8) for frame in (20, 50, 80, 110)] == [False, True, False, False]
    assert [is_filled(frame, 0.1) for frame in (20, 50, 80, 110)] == [False, True, False, True]


@pytest.mark.parametrize("n_frames", [1, 2, 5])
def test_the_shortest_recordings(view: TraceView, n_frames: int) -> None:
    view.set_recording(n_frames, 10.0)
    view.set_traces({"raw": np.ones(n_frames), "dF/F": np.full(n_frames, np.nan)})
    view.show_trace("dF/F")
    view.set_prediction(np.ones(n_frames))
    view.set_lanes([("other", np.array([[0, n_frames - 1]]))])
    view.set_transients(np.array([[0, n_frames - 1]]))
    view.zoom(10)
    view.update()
    assert view.range == (0, n_frames - 1)


def test_an_empty_view_says_why(view: TraceView) -> None:
    view.set_recording(N_FRAMES, 10.0)
    view.set_note("Reading the movie")
    view.update()
    texts = [view.canvas.itemcget(item, "text") for item in texts_shown(view)]
    assert "Reading the movie" in texts
    view.set_traces({"raw": np.zeros(N_FRAMES)})
    view.update()
    texts = [view.canvas.itemcget(item, "text") for item in texts_shown(view)]
    assert "Reading the movie" not in texts


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_no_text_is_clipped(view: TraceView, root: tk.Tk, scale: float) -> None:
    root.tk.call("tk", "scaling", scale * 96 / 72)
    try:
        view.set_theme(Theme(root, "dark").look())
        for name in ("neuropil", "dF/F"):
            view.content.traces[name] = view.content.traces["raw"]
            view.show_trace(name)
        view.set_prediction(np.linspace(0, 1, N_FRAMES))
        view.set_lanes([("an expert with a long name", TRANSIENTS)])
        view.update()
        width, height = view.canvas.winfo_width(), view.canvas.winfo_height()
        shown = texts_shown(view)
        assert len(shown) > 10
        for item in shown:
            left, top, right, bottom = view.canvas.bbox(item)
            assert left >= -1, view.canvas.itemcget(item, "text")
            assert top >= -1, view.canvas.itemcget(item, "text")
            assert right <= width + 1, view.canvas.itemcget(item, "text")
            assert bottom <= height + 1, view.canvas.itemcget(item, "text")
    finally:
        root.tk.call("tk", "scaling", 96 / 72)
