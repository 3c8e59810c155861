"""How quick the window is under the hand, as times and as ratios to a bare canvas in the same run.

    python benchmarks/window.py [--cells 1000] [--frames 12500]

makes a recording of that size (a sparse file: nothing is written for most of its pixels) with a
prediction of every cell, opens it and times what a hand does. Needs a screen; Xvfb will do.
"""

from __future__ import annotations

import argparse
import os
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
    from deepcinac.gui import data
    from deepcinac.labelling.session import Session
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
        cache = data.data_folder(session)
        cache.mkdir(parents=True)
        for name in data.TRACES:
            np.save(cache / f"{name}.npy", rng.random((n_cells, n_frames), dtype=np.float32))
        np.save(cache / "snr.npy", np.ones(n_cells))
        write_npz(cache / "images.npz", **{x: rng.random((SIDE, SIDE)) for x in data.IMAGES})
        write_json(cache / data.COMPLETE, {})
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


def timed(root: Any, action: Callable[[int], object]) -> np.ndarray:
    """Milliseconds from the call until everything is drawn, (REPEATS,)."""
    taken = []
    for number in range(REPEATS):
        start = time.perf_counter()
        action(number)
        root.update()
        taken.append(1000 * (time.perf_counter() - start))
        rest(root)
    return np.array(taken)


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

    found = float(np.median(timed(root, step)))
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


def main() -> None:
    """Time everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=12_500)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["DEEPCINAC_CACHE"] = os.environ["DEEPCINAC_SETTINGS"] = name
        path = make_recording(Path(name), args.cells, args.frames)
        from deepcinac.gui.app import App

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
        work, hand = app.work, app.labeller
        actions: dict[str, Callable[[int], object]] = {
            "next cell": lambda i: work.step_cell(1),
            "add a transient": lambda i: hand.add(50 + 20 * i, 55 + 20 * i),
            "next stretch": lambda i: work.page(1 if i % 2 else -1),
            "zoom": lambda i: work.zoom(0.8 if i % 2 else 1.25),
            "next frame": lambda i: work.go_to_frame(work.frame + 1),
            "threshold": lambda i: work.set_threshold(0.5 + i / 100),
            "undo": lambda i: app.run_command("undo"),
        }
        print(f"{'':18}median ms  95 % ms  x bare canvas ({bare:.2f} ms)")
        for what, action in actions.items():
            taken = timed(app.root, action)
            middle, high = np.percentile(taken, [50, 95])
            print(f"{what:18}{middle:9.1f}{high:9.1f}{middle / bare:9.1f}")
        print(f"playing shows {frames_per_second(app):.0f} frames per second (of 100 asked for)")
        app.leave()


if __name__ == "__main__":
    main()
