"""How quickly the window responds to keys and mouse, as times and as ratios to a bare canvas in the same run.

    python benchmarks/window.py [--cells 1000] [--frames 12500]

makes a recording of that size (a sparse file: nothing is written for most of its pixels) with a
prediction of every cell, opens it and times what a user does: keys and drags are events of the
window system, and the time ends when the server has drawn what they asked for. CPU is that of the
process alone. Needs a screen; Xvfb will do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 512
REPEATS = 25
REST_S = 0.15
PLAYED_S = 4.0


def make_recording(folder: Path, n_cells: int, n_frames: int) -> Path:
    """A session with movie, traces in the cache and a prediction."""
    from deepcinac.files import write_json, write_npz
    from deepcinac.labelling.session import Session
    from deepcinac.opening import trace_key
    from deepcinac.recording import trace_cache
    from deepcinac.recording.cells import make_cells

    rng = np.random.default_rng(0)
    shape = (n_frames, SIDE, SIDE)
    movie = np.lib.format.open_memmap(folder / "movie.npy", "w+", np.uint16, shape)
    movie[::100, ::4, ::4] = rng.integers(0, 1000, movie[::100, ::4, ::4].shape)
    del movie
    yy, xx = np.mgrid[-7:8, -7:8]
    disc = yy**2 + xx**2 <= 49
    centres = rng.integers(8, SIDE - 8, (n_cells, 2)).tolist()
    cells = make_cells([(yy[disc] + y, xx[disc] + x, None) for y, x in centres], SIDE, SIDE)
    path = folder / "large.deepcinac"
    with Session.create(path, folder / "movie.npy", shape, cells, 10.0, 1.0) as session:
        cache = trace_key(session).folder
        cache.mkdir(parents=True)
        for name in trace_cache.TRACES:
            np.save(cache / f"{name}.npy", rng.random((n_cells, n_frames), dtype=np.float32))
        np.save(cache / "snr.npy", np.ones(n_cells))
        write_npz(cache / "images.npz", **{x: rng.random((SIDE, SIDE)) for x in trace_cache.IMAGES})
        write_json(cache / trace_cache.COMPLETE, {})
        layer = session.add_layer("classifier", "random")
        probability = rng.random((n_cells, n_frames), dtype=np.float32) ** 6
        session.write_prediction(layer.id, np.arange(n_cells), probability, {"threshold": 0.5})
    return path


def rest(root: Any, seconds: float = REST_S) -> None:
    """Let the window do what it does when it is idle."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        root.update()
        time.sleep(0.002)


def timed(root: Any, action: Callable[[int], object]) -> tuple[np.ndarray, float]:
    """Milliseconds from the call until everything is drawn (REPEATS,), and the median of its CPU."""
    taken, worked = [], []
    for number in range(REPEATS):
        start, cpu = time.perf_counter(), time.process_time()
        action(number)
        root.update_idletasks()  # what is drawn; what is worked out later in slices is not waited for
        root.winfo_pointerx()  # answered by the server after all drawing that came before
        taken.append(1000 * (time.perf_counter() - start))
        worked.append(1000 * (time.process_time() - cpu))
        rest(root)
    return np.array(taken), float(np.median(worked))


def start_of_the_program(folder: str) -> tuple[float, float, list[str]]:
    """Seconds until a window without a session is up, wall and CPU, best of five; heavy imports."""
    script = (
        "import json, sys, time, deepcinac.gui; deepcinac.gui.main();"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'h5py'} & set(sys.modules);"
        "print(json.dumps([time.process_time(), sorted(heavy)]))"
    )
    found = []
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "DEEPCINAC_START_ONLY": "1", "DEEPCINAC_SETTINGS": folder},
            capture_output=True,
            check=True,
        )
        found.append((time.perf_counter() - began, *json.loads(done.stdout)))
    walls, cpus, heavy = zip(*found, strict=True)
    return min(walls), min(cpus), heavy[0]


def press(app: Any, key: str) -> None:
    """A key on the traces."""
    app.main.traces.canvas.event_generate(f"<{key}>")


def drag_on(canvas: Any, number: int) -> None:
    """One move of the mouse of a drag that pans; it goes to and fro."""
    if number == 0:
        canvas.event_generate("<ButtonPress-2>", x=400, y=60)
    canvas.event_generate("<B2-Motion>", x=400 + 9 * (number % 2), y=60)


def bare_canvas(root: Any) -> float:
    """Median milliseconds of the least that any view must do: move a line and paste a picture."""
    import tkinter as tk

    from PIL import Image, ImageTk

    top = tk.Toplevel(root)
    canvas = tk.Canvas(top, width=400, height=400)
    canvas.pack()
    photo = ImageTk.PhotoImage("L", (400, 400), master=top)
    canvas.create_image(0, 0, image=photo, anchor="nw")
    line = canvas.create_line(0, 0, 0, 400)
    pixels = np.zeros((400, 400), np.uint8)

    def step(number: int) -> None:
        photo.paste(Image.fromarray(pixels))
        canvas.coords(line, number, 0, number, 400)

    found = float(np.median(timed(root, step)[0]))
    top.destroy()
    return found


def frames_per_second(app: Any) -> float:
    """Frames shown in a second while the movie plays at ten times its speed (100 asked for)."""
    shown: list[int] = []
    app.work.observe(lambda topics: shown.append(app.work.frame) if "frame" in topics else None)
    app.options.set("speed", 10.0)
    app.run_command("play")
    start = time.perf_counter()
    rest(app.root, PLAYED_S)
    app.run_command("play")
    return len(shown) / (time.perf_counter() - start)


def add_by_key(app: Any, number: int) -> None:
    """Enter at another frame, with the tool that makes whole transients."""
    app.work.frame = 20 + 20 * number
    press(app, "Return")


def wheel(canvas: Any, number: int) -> None:
    """One step of the wheel, in and out in turns."""
    canvas.event_generate(f"<ButtonPress-{4 + number % 2}>", x=400, y=60)


def main() -> None:
    """Time everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=12_500)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["DEEPCINAC_CACHE"] = os.environ["DEEPCINAC_SETTINGS"] = name
        path = make_recording(Path(name), args.cells, args.frames)
        wall, cpu, heavy = start_of_the_program(name)
        print(f"start: {wall:.2f} s, {cpu:.2f} s of CPU; heavy imports: {heavy or 'none'}")
        from deepcinac.gui.shell.app import App

        app = App()
        app.root.update()
        start = time.perf_counter()
        app.open_path(path)
        app.root.update()
        print(
            f"open {args.cells} cells x {args.frames} frames: {time.perf_counter() - start:.2f} s"
        )
        rest(app.root, 8)
        bare = bare_canvas(app.root)
        work, traces = app.work, app.main.traces
        traces.canvas.focus_force()
        app.root.update()
        work.snap = False
        actions: dict[str, Callable[[int], object]] = {
            "key: next cell": lambda i: press(app, "Control-Right"),
            "key: next frame": lambda i: press(app, "period"),
            "key: add a transient": lambda i: add_by_key(app, i),
            "key: undo": lambda i: press(app, "Control-z"),
            "key: next stretch": lambda i: press(app, "a" if i % 2 else "q"),
            "wheel: zoom": lambda i: wheel(traces.canvas, i),
            "threshold": lambda i: work.set_threshold(0.5 + i / 100),
            "pan whole window": lambda i: drag_on(traces.canvas, i),
        }
        print(f"{'':22}median ms  95 % ms   CPU ms  x bare canvas ({bare:.2f} ms)")
        for what, action in actions.items():
            if what.startswith("pan"):
                work.show_range(0, round(0.6 * work.n_frames))
                rest(app.root, 1)
            elif what.startswith("key: add"):
                work.show_range(0, 600)
                press(app, "i")
                rest(app.root, 1)
            taken, cpu = timed(app.root, action)
            middle, high = np.percentile(taken, [50, 95])
            print(f"{what:22}{middle:9.1f}{high:9.1f}{cpu:9.1f}{middle / bare:9.1f}")
        print(f"playing shows {frames_per_second(app):.0f} frames per second (of 100 asked for)")
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        app.leave()


if __name__ == "__main__":
    main()
