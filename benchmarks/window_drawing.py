"""How fast the views of the window draw, as ratios to a bare canvas update in the same run.

    xvfb-run -a python benchmarks/window_drawing.py [--json FILE]

A bare update moves one line of a canvas of 640 x 260 px and waits for the screen. Times are the
best, medians and 95th percentiles in ms, and the median CPU time of the process without the server;
ratios compare machines and busy moments fairly, the times show where the limits are (pan or zoom
16 ms, cell switch 100 ms, key to pixel 50 ms, 60 frames a second).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.gui.views.field import FieldView
from deepcinac.gui.views.movie import MovieView
from deepcinac.gui.views.overview import OverviewStrip
from deepcinac.gui.views.raster import RasterView
from deepcinac.gui.views.traces import TraceView
from deepcinac.gui.widgets.theme import Theme

LIMITS_MS = {
    "pan 100,000 frames": 16,
    "zoom 100,000 frames": 16,
    "pan 100,000 frames, five traces": 16,
    "cell switch, 12,500 frames": 100,
    "mark to pixel": 50,
    "movie frame 400 x 400 px with playhead": 1000 / 60,
}


def timed(root: tk.Tk, action: Callable[[int], object], n: int) -> dict[str, float]:
    """Times (ms) of ``action(i)`` followed by everything it has asked for; "cpu" is ours alone."""
    times, cpu = [], []
    for i in range(n):
        start, worked = time.perf_counter(), time.process_time()
        action(i)
        root.update()
        root.winfo_pointerx()  # answered by the server after all drawing that came before
        times.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return {
        "best_ms": min(times),
        "median_ms": float(np.median(times)),
        "p95_ms": float(np.percentile(times, 95)),
        "cpu_ms": float(np.median(cpu)),
    }


def look_of(root: tk.Tk) -> Any:
    """Colours and fonts, as the window hands them to its views."""
    return Theme(root).look()


def bare_update(root: tk.Tk, n: int) -> dict[str, float]:
    """The least that any view must do: move one line."""
    top = tk.Toplevel(root)
    canvas = tk.Canvas(top, width=640, height=260)
    canvas.pack()
    line = canvas.create_line(0, 0, 0, 260)
    root.update()
    found = timed(root, lambda i: canvas.coords(line, i % 640, 0, i % 640, 260), n)
    top.destroy()
    root.update()
    return found


def trace_cases(root: tk.Tk, n: int) -> dict[str, dict[str, float]]:
    """Pans, zooms and edits of a view of traces."""
    random = np.random.default_rng(0)
    top = tk.Toplevel(root)
    top.geometry("1200x420+0+0")
    view = TraceView(top, look_of(root))
    view.pack(fill="both", expand=True)
    n_frames = 100_000
    view.set_recording(n_frames, 30.0)
    names = ("raw", "smoothed", "without overlap", "neuropil", "dF/F")
    traces = {name: random.normal(size=n_frames).astype(np.float32) for name in names}
    view.set_traces(traces)
    view.set_prediction(random.random(n_frames, dtype=np.float32))
    onsets = np.arange(50, n_frames - 50, 150)
    view.set_transients(np.column_stack([onsets, onsets + 8]))
    root.update()
    found = {}
    view.set_range(0, 60_000)
    found["pan 100,000 frames"] = timed(root, lambda i: view.pan(0.01 if i % 80 < 40 else -0.01), n)
    found["zoom 100,000 frames"] = timed(
        root, lambda i: view.zoom(1.25 if i % 40 < 20 else 0.8, 30_000), n
    )
    view.set_range(20_000, 21_000)
    found["mark to pixel"] = timed(
        root, lambda i: view.set_transients(np.array([[20_100, 20_110 + i % 50]])), n
    )
    for name in names:
        view.show_trace(name)
    view.set_transients(np.column_stack([onsets, onsets + 8]))
    view.set_range(0, 60_000)
    found["pan 100,000 frames, five traces"] = timed(
        root, lambda i: view.pan(0.01 if i % 80 < 40 else -0.01), n
    )
    found["playhead alone"] = timed(root, lambda i: view.set_playhead(1000 + 10 * i), n)
    view.set_recording(1_200_000, 30.0)
    view.set_traces({"raw": random.normal(size=1_200_000).astype(np.float32)})
    root.update()
    found["pan 1,200,000 frames"] = timed(root, lambda i: view.set_range(i, 1_000_000 + i), n)
    top.destroy()
    root.update()
    return found


def cell_switch(root: tk.Tk, n: int) -> dict[str, float]:
    """All views of one cell of 1,000 in a recording of 12,500 frames."""
    random = np.random.default_rng(0)
    top = tk.Toplevel(root)
    top.geometry("1366x768+0+0")
    look = look_of(root)
    field = FieldView(top, look)
    field.pack(side="left", fill="both", expand=True)
    right = tk.Frame(top)
    right.pack(side="left", fill="both", expand=True)
    movie, overview, traces = (
        MovieView(right, look),
        OverviewStrip(right, look),
        TraceView(right, look),
    )
    raster = RasterView(right, look)
    for view in (movie, overview, traces, raster):
        view.pack(fill="both", expand=True)
    n_frames, n_cells = 12_500, 1000
    raw = random.normal(size=(50, n_frames)).astype(np.float32)
    field.set_images({"mean": random.normal(size=(512, 512)).astype(np.float32)})
    angle = np.linspace(0, 2 * np.pi, 25)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]) * 6
    centres = random.uniform(8, 504, (n_cells, 2))
    field.set_cells([[circle + centre] for centre in centres], ["plain"] * n_cells)
    for view in (overview, traces, raster):
        view.set_recording(n_frames, 10.0)
    raster.set_activity(random.random((n_cells, n_frames)) > 0.97)
    movie.set_movie(n_frames, 10.0)
    frames = random.integers(0, 4000, (64, 61, 61), dtype=np.uint16)
    root.update()

    def switch(i: int) -> None:
        cell = i % 50
        field.select(cell, [cell + 1, cell + 2])
        movie.set_patch(lambda start, stop: frames[: stop - start], 0, 0, 61, 61, [circle + 30])
        traces.set_traces({"raw": raw[cell], "smoothed": raw[(cell + 1) % 50]})
        traces.set_transients(np.array([[100 * i, 100 * i + 6]]))
        traces.set_prediction(raw[cell])
        overview.set_trace(raw[cell])
        raster.select(cell)

    found = timed(root, switch, n)
    top.destroy()
    root.update()
    return found


def playback(root: tk.Tk, n: int) -> dict[str, dict[str, float]]:
    """Movie and traces played together."""
    top = tk.Toplevel(root)
    top.geometry("400x800+0+0")
    look = look_of(root)
    traces = TraceView(top, look)
    movie = MovieView(top, look, on_frame=traces.set_playhead)
    movie.canvas.configure(width=400, height=400)
    movie.pack()
    traces.pack(fill="both", expand=True)
    random = np.random.default_rng(0)
    n_frames = 2000
    frames = random.integers(0, 4000, (n_frames, 61, 61), dtype=np.uint16)
    traces.set_recording(n_frames, 60.0)
    traces.set_traces(
        {"raw": random.normal(size=n_frames), "smoothed": random.normal(size=n_frames)}
    )
    movie.set_movie(n_frames, 60.0)
    movie.set_patch(lambda start, stop: frames[start:stop], 0, 0, 61, 61)
    root.update()
    found = {
        "movie frame 400 x 400 px with playhead": timed(root, lambda i: movie.go(i + 1), n),
    }
    shown: list[float] = []

    def show(frame: int) -> None:
        traces.set_playhead(frame)
        shown.append(time.perf_counter())

    movie._on_frame = show
    movie.go(0)
    movie.play()
    until = time.perf_counter() + 3
    while time.perf_counter() < until:
        root.update()
        time.sleep(0.0005)
    movie.pause()
    gaps = np.diff(shown) * 1000
    found["gaps of playback at 60 frames a second"] = {
        "best_ms": float(gaps.min()),
        "median_ms": float(np.median(gaps)),
        "p95_ms": float(np.percentile(gaps, 95)),
        "cpu_ms": float("nan"),
        "frames_per_s": len(gaps) / 3,
    }
    top.destroy()
    root.update()
    return found


def field_cases(root: tk.Tk, n: int) -> dict[str, dict[str, float]]:
    """Pans, zooms and choices in the field of view."""
    random = np.random.default_rng(0)
    top = tk.Toplevel(root)
    top.geometry("500x500+0+0")
    field = FieldView(top, look_of(root))
    field.pack(fill="both", expand=True)
    field.set_images({"mean": random.normal(size=(512, 512)).astype(np.float32)})
    angle = np.linspace(0, 2 * np.pi, 25)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]) * 6
    centres = random.uniform(8, 504, (1000, 2))
    states = ["plain", "labelled", "predicted", "invalid", "review"] * 200
    field.set_cells([[circle + centre] for centre in centres], states)
    root.update()
    found = {}
    found["field of 1,000 cells: zoom"] = timed(
        root, lambda i: field.zoom(1.25 if i % 12 < 6 else 0.8, (250, 250)), n
    )
    found["field of 1,000 cells: contrast"] = timed(
        root, lambda i: field.set_contrast(-1, 1 + i / 100), n
    )
    top.destroy()
    root.update()
    return found


def memory_flat(root: tk.Tk, n: int) -> dict[str, float]:
    """Growth of the process (MB) over ``n`` redraws of the traces with another cell each time."""
    random = np.random.default_rng(0)
    top = tk.Toplevel(root)
    view = TraceView(top, look_of(root))
    view.pack(fill="both", expand=True)
    view.set_recording(12_500, 10.0)
    raw = random.normal(size=(20, 12_500)).astype(np.float32)
    sizes = []
    for i in range(n):
        view.set_traces({"raw": raw[i % 20], "smoothed": raw[(i + 1) % 20]})
        root.update()
        if i == n // 5:
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    top.destroy()
    return {"growth_mb": sizes[1] - sizes[0], "peak_mb": sizes[1]}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--repeats", type=int, default=80)
    options = parser.parse_args()
    root = tk.Tk()
    root.tk.call("tk", "scaling", 96 / 72)
    n = options.repeats
    before = bare_update(root, n)
    cases = trace_cases(root, n)
    cases["cell switch, 12,500 frames"] = cell_switch(root, n // 2)
    cases.update(playback(root, n))
    cases.update(field_cases(root, n))
    after = bare_update(root, n)
    bare = (before["median_ms"] + after["median_ms"]) / 2
    print(f"bare canvas update: {bare:.3f} ms; load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':45}{'best':>8}{'median':>9}{'p95':>9}{'CPU':>8}{'ratio':>8}{'limit':>8}")
    for name, case in cases.items():
        case["ratio"] = case["median_ms"] / bare
        limit = f"{LIMITS_MS[name]:8.0f}" if name in LIMITS_MS else ""
        print(
            f"{name:45}{case['best_ms']:8.2f}{case['median_ms']:9.2f}{case['p95_ms']:9.2f}"
            f"{case['cpu_ms']:8.2f}{case['ratio']:8.1f}{limit}"
        )
    played = cases["gaps of playback at 60 frames a second"]["frames_per_s"]
    print(f"\n{played:.1f} of 60 frames a second were shown")
    memory = memory_flat(root, 10 * n)
    print(f"memory over {10 * n} redraws: {memory}")
    if options.json:
        figures = {"bare_ms": bare, "cases": cases, "memory": memory}
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    root.destroy()
    return 0


if __name__ == "__main__":
    sys.exit(main())
