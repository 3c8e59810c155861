"""Whether the window's memory stays flat: an hour of playback, or thousands of random actions.

    python benchmarks/window_soak.py --play-minutes 60
    python benchmarks/window_soak.py --actions 10000 [--seed 0]

opens a copy of the demo session with a prediction and prints, as it goes, the memory of the process
(MB), the pictures and timers that Tk holds, the items of the canvases and the objects of Python.
Needs a screen; Xvfb will do.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
import tempfile
import time
import tkinter as tk
from pathlib import Path
from typing import Any

import numpy as np
import psutil

TESTS = Path(__file__).parents[1] / "tests"
N_REPORTS = 20


def demo_session(folder: Path) -> Any:
    """The window with the demo session, traces, movie and a prediction of every cell."""
    os.environ["DEEPCINAC_CACHE"] = os.environ["DEEPCINAC_SETTINGS"] = str(folder)
    from deepcinac.gui.shell.app import App

    app = App()
    app.run_command("demo")
    until = time.monotonic() + 120
    while app.presenter.movie is None and time.monotonic() < until:
        app.root.update()
        time.sleep(0.005)
    session = app.work.session
    assert session is not None
    layer = session.add_layer("classifier", "random")
    probability = np.random.default_rng(0).random((46, 1200), dtype=np.float32) ** 6
    session.write_prediction(layer.id, np.arange(46), probability, {"threshold": 0.5})
    app.work.choose_prediction(layer.id)
    app.work.edited()
    return app


def held(app: Any) -> dict[str, float]:
    """What the process and Tk hold at this moment."""
    gc.collect()
    canvases = [w for w in _below(app.root) if isinstance(w, tk.Canvas)]
    return {
        "MB": round(psutil.Process().memory_info().rss / 2**20, 1),
        "pictures": len(app.root.image_names()),
        "timers": len(app.root.tk.splitlist(app.root.tk.call("after", "info"))),
        "items": sum(len(canvas.find_all()) for canvas in canvases),
        "tcl commands": len(app.root.tk.splitlist(app.root.tk.call("info", "commands"))),
        "objects": len(gc.get_objects()),
    }


def _below(widget: Any) -> list[Any]:
    return [widget, *(found for child in widget.winfo_children() for found in _below(child))]


def report(label: str, app: Any) -> float:
    """Print a line; returns the memory in MB."""
    found = held(app)
    print(label, *(f"{name} {value:g}" for name, value in found.items()), sep="   ", flush=True)
    return found["MB"]


def play(app: Any, minutes: float) -> None:
    """Play at ten times the speed of the recording, and say how many frames were shown."""
    shown = [0]

    def count(topics: frozenset[str]) -> None:
        shown[0] += "frame" in topics

    app.work.observe(count)
    app.options.set("speed", 10.0)
    app.run_command("play")
    start = time.monotonic()
    minute = 0
    report("start", app)
    while time.monotonic() < start + 60 * minutes:
        app.root.update()
        time.sleep(0.001)
        if time.monotonic() > start + 60 * (minute + 1):
            minute += 1
            load = os.getloadavg()[0]
            report(f"minute {minute}: {shown[0]} frames, load {load:.1f}", app)
    report(f"end: {shown[0]} frames", app)


def act(app: Any, n_actions: int, seed: int) -> None:
    """Do random things."""
    sys.path.insert(0, str(TESTS))
    monkey = importlib.import_module("helpers.window_monkey")
    hand = monkey.Monkey(app, seed)
    for number in range(n_actions):
        if number % max(1, n_actions // N_REPORTS) == 0:
            report(f"{number} actions", app)
        hand.act()
    report(f"{n_actions} actions", app)
    print("failures:", hand.failures or "none")


def main() -> None:
    """Play or act, as asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--play-minutes", type=float, default=0.0)
    parser.add_argument("--actions", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        app = demo_session(Path(name))
        if args.play_minutes:
            play(app, args.play_minutes)
        if args.actions:
            act(app, args.actions, args.seed)
        app.leave()


if __name__ == "__main__":
    main()
