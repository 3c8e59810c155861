"""The movie in a real window: 100 frames of 12 x 12 pixels whose values are their frame."""

from __future__ import annotations

import time
import tkinter as tk

import numpy as np
import pytest

from deepcinac.gui.views.movie import MovieView
from deepcinac.gui.widgets.theme import Theme

pytestmark = pytest.mark.window

MOVIE = np.repeat(np.arange(100, dtype=np.uint16), 144).reshape(100, 12, 12)
SQUARE = np.array([(2, 2), (6, 2), (6, 6), (2, 6), (2, 2)], dtype=float)


def read(start: int, stop: int) -> np.ndarray:
    return MOVIE[start:stop]


@pytest.fixture
def told() -> list[tuple]:
    return []


@pytest.fixture
def view(window: tk.Toplevel, root: tk.Tk, told: list[tuple]) -> MovieView:
    view = MovieView(
        window,
        Theme(root).look(),
        on_frame=lambda frame: told.append(("frame", frame)),
        on_playing=lambda on: told.append(("playing", on)),
    )
    view.pack(fill="both", expand=True)
    view.set_movie(100, 20.0)
    view.set_patch(read, 0, 0, 12, 12, [SQUARE], [[SQUARE + 3]])
    window.update()
    told.clear()
    return view


def wait(view: MovieView, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        view.update()
        time.sleep(0.002)


class Clock:
    """A clock that stands still until it is told."""

    now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("deepcinac.gui.views.movie.time", clock)
    return clock


def wait_for(view: MovieView, frame: int) -> None:
    until = time.perf_counter() + 300
    while view.frame != frame and time.perf_counter() < until:
        view.update()
        time.sleep(0.002)
    assert view.frame == frame


def test_frames_follow_the_clock(view: MovieView, told: list[tuple], clock: Clock) -> None:
    view.play()
    clock.now += 0.5  # ten frames at 20 Hz, however late the drawing is
    wait_for(view, 10)
    clock.now += 0.05
    wait_for(view, 11)
    view.set_speed(0.1)
    clock.now += 1.0
    wait_for(view, 13)
    view.pause()
    clock.now += 5
    wait(view, 0.1)
    assert view.frame == 13
    assert told == [
        ("playing", True), ("frame", 10), ("frame", 11), ("frame", 13), ("playing", False),
    ]  # fmt: skip


def test_a_loop_at_ten_times_the_speed(view: MovieView, told: list[tuple]) -> None:
    view.go(30)
    view.set_loop(30, 39)
    view.set_speed(50)  # ten is the fastest
    assert view.speed == 10
    view.play()
    wait(view, 0.3)
    view.pause()
    assert {frame for what, frame in told if what == "frame"} <= set(range(30, 40))


def test_stepping_stops_and_stays_inside_the_movie(view: MovieView) -> None:
    view.play()
    view.step(1)
    assert not view.playing
    view.go(1000)
    assert view.frame == 99
    view.step(-200)
    assert view.frame == 0


def test_the_wheel_steps(view: MovieView) -> None:
    view.go(50)
    view.canvas.event_generate("<Button-5>", x=50, y=50)
    view.update()
    assert view.frame == 51


def test_contrast_is_kept_between_cells(view: MovieView) -> None:
    view.set_contrast(5, 50)
    view.set_patch(lambda start, stop: MOVIE[start:stop] * 100, 0, 0, 12, 12)
    view.update()
    assert view.limits == (5, 50)


def test_the_three_inputs_beside_the_patch(view: MovieView) -> None:
    masks = np.zeros((3, 12, 12), dtype=bool)
    masks[0, 2:6, 2:6] = True
    masks[2] = ~masks[0]
    view.set_masks(masks)
    view.update()
    assert len(view.axes) == 1
    view.show_inputs(True)
    view.update()
    assert len(view.axes) == 4
    texts = {view.canvas.itemcget(item, "text") for item in view.canvas.find_withtag("over")
             if view.canvas.type(item) == "text"}  # fmt: skip
    assert texts == {"cell", "neighbours", "the rest"}


def test_smoothing_shows_the_mean_of_five(view: MovieView) -> None:
    view.go(50)
    view.set_smoothing(True)
    view.update()
    assert view._store is not None
    assert view._store.smoothed(50)[0, 0] == 50
    assert view._store.smoothed(99)[0, 0] == 98


def test_closing_while_playing_leaves_no_clock(window: tk.Toplevel, root: tk.Tk) -> None:
    view = MovieView(window, Theme(root).look())
    view.pack()
    view.set_movie(100, 20.0)
    view.set_patch(read, 0, 0, 12, 12)
    view.play()
    assert view.playing
    view.destroy()
    wait_until = time.perf_counter() + 0.1
    while time.perf_counter() < wait_until:
        root.update()
    assert root.callback_errors == []  # type: ignore[attr-defined]


def test_a_cleared_view_says_why(view: MovieView) -> None:
    view.clear("The movie moved")
    view.update()
    texts = [view.canvas.itemcget(item, "text") for item in view.canvas.find_withtag("over")]
    assert texts == ["The movie moved"]
    view.play()
    assert not view.playing
