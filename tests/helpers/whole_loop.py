"""The whole loop in a window of its own, by real keys and the real mouse (xdotool), under a window manager.

    python -m helpers.whole_loop FOLDER [--seconds N] [--processes]

Create, label, predict, correct, fine-tune, predict again, compare, evaluate, close and reopen; maximise,
restore, change of theme. Repeated for N seconds, with the memory after each round on stdout as JSON.
``--processes``: jobs in processes of their own, as for a user; else in this one, which is faster.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from deepcinac.files import read_json
from deepcinac.gui.commands.mnemonics import OF_COMMANDS, OF_MENUS
from deepcinac.gui.commands.table import BY_ID
from helpers import window_tools as tools

PATIENCE_S = 600.0
SETTLE_S = 0.05


class Hand:
    """Keys and clicks of the X server, as those of a keyboard and a mouse."""

    def __init__(self, root: tk.Misc) -> None:
        self.root = root

    def wait(self, condition: Callable[[], Any]) -> None:
        """Let the window work until something is true."""
        tools.wait_for(self.root, condition, PATIENCE_S)

    def rest(self) -> None:
        """Let what was pressed arrive."""
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            self.root.update()
            time.sleep(0.005)

    def _do(self, *words: str) -> None:
        process = subprocess.Popen(["xdotool", *words])
        while process.poll() is None:
            self.root.update()
            time.sleep(0.002)
        assert process.returncode == 0, words
        self.rest()

    def keys(self, *names: str) -> None:
        """Press keys one after the other, such as "ctrl+n"."""
        for name in names:
            self._do("key", name)

    def choose(self, command_id: str) -> None:
        """An entry of the menu bar, by the underlined letters of both."""
        self.keys(f"alt+{OF_MENUS[BY_ID[command_id].menu]}")
        self.wait(self._menu_is_open)  # a letter without a menu would be a key of the window
        self.keys(OF_COMMANDS[command_id])

    def _menu_is_open(self) -> bool:
        shown = self.root.tk
        bar = str(self.root.cget("menu"))
        menus = shown.splitlist(shown.call("winfo", "children", f".#{bar.lstrip('.')}"))
        return any(shown.getboolean(shown.call("winfo", "ismapped", menu)) for menu in menus)

    def type(self, text: str) -> None:
        """Type a text."""
        self._do("type", "--delay", "4", text)

    def click(self, widget: tk.Misc, x: int | None = None, y: int | None = None) -> None:
        """Click into the middle of a widget, or at a place of it."""
        self.rest()
        x = widget.winfo_width() // 2 if x is None else x
        y = widget.winfo_height() // 2 if y is None else y
        place = widget.winfo_rootx() + x, widget.winfo_rooty() + y
        self._do("mousemove", *map(str, place), "click", "1")

    def enter(self, entry: tk.Misc, text: str) -> None:
        """Replace what stands in a field."""
        self.click(entry)
        self.wait(lambda: str(self.root.focus_get()) == str(entry))
        self.keys("ctrl+a")
        self.type(text)


def entry_of(form: tk.Misc, variable: tk.Variable) -> tk.Misc:
    """The field of a form that shows a variable."""
    return next(w for w in tools.widgets_below(form)
                if w.winfo_class() == "TEntry" and str(w.cget("textvariable")) == str(variable))  # fmt: skip


def button(parent: tk.Misc, text: str) -> tk.Misc:
    """The button with this text."""
    return next(w for w in tools.widgets_below(parent)
                if w.winfo_class() == "TButton" and str(w.cget("text")) == text)  # fmt: skip


def create(app: Any, hand: Hand, folder: Path) -> None:
    """A session of the shipped movie, through the form."""
    from deepcinac.data import shipped

    for name in ("movie.tif", "cells.npz"):
        shutil.copy(shipped("demo") / name, folder / name)
    hand.keys("ctrl+n")
    hand.wait(lambda: app.host.form is not None)
    form = app.host.form
    for name, text in (("movie", folder / "movie.tif"), ("cells", folder / "cells.npz")):
        hand.enter(entry_of(form, form.values[name]), str(text))
        hand.keys("Return")
    hand.wait(lambda: form.preview is not None)
    for name, text in (("rate", "10"), ("size", "2"), ("out", folder / "mouse.deepcinac")):
        hand.enter(entry_of(form, form.values[name]), str(text))
    hand.wait(lambda: form.accept.instate(["!disabled"]))
    hand.click(form.accept)
    hand.wait(lambda: app.work.is_open and app.presenter.movie is not None)


def label(app: Any, hand: Hand) -> None:
    """Two cells: a rise by hand, then all of them, and everything is judged."""
    hand.click(app.main.traces.canvas)
    hand.keys("n", "Return")
    assert len(app.work.transients()) == 1
    for _ in range(2):
        hand.keys("w", "A", "g")
        assert len(app.work.transients()) > 1
        hand.keys("ctrl+Right")


def predict(app: Any, hand: Hand, n_layers: int) -> None:
    """The cell that is shown, with what was used last."""
    hand.keys("E")
    hand.wait(lambda: app.talk.notice.text.startswith("Prediction:")
              or len(app.work.session.layers("classifier")) == n_layers)  # fmt: skip
    assert len(app.work.session.layers("classifier")) == n_layers, app.talk.notice.text
    hand.wait(lambda: not app.jobs.running)


def predict_again(app: Any, hand: Hand, trained: Path) -> None:
    """With what was trained; where that kept the weights of its start, with another classifier."""
    (first,) = app.work.session.layers("classifier")
    if read_json(trained / "card.json")["weights_sha256"] == first.maker.weights_sha256:
        app.settings.set("last_classifier", "interneuron")
    predict(app, hand, 2)


def correct(app: Any, hand: Hand) -> None:
    """Make the queue and answer its first two questions."""
    hand.keys("Q")
    hand.wait(lambda: app.queue.items and not app.jobs.running)
    hand.keys("f", "y", "e")
    assert len(app.queue.decided) >= 1


def fine_tune(app: Any, hand: Hand, out: Path) -> None:
    """A training of a few seconds, through its dialog; the list of jobs shows it."""
    hand.choose("train")
    hand.wait(lambda: app.handlers.classifier.dialog is not None)
    dialog = app.handlers.classifier.dialog
    assert "Learns from: The layer" in dialog.plan_text
    rows = {row.label: row.widgets[1] for row in dialog.grid_of_rows.rows}
    hand.enter(rows["New classifier"], str(out))
    hand.enter(rows["Epochs"], "2")
    hand.enter(rows["Windows per epoch"], "32")
    hand.keys("Return")
    hand.wait(lambda: not dialog.winfo_exists())
    job = app.jobs.jobs[-1]
    hand.wait(lambda: job.state != "running")
    assert job.state == "done", job.message
    hand.keys("ctrl+j")
    window = app.handlers.classifier.jobs_window
    hand.wait(lambda: window.winfo_viewable() and str(out) in window.said.cget("text"))
    window.destroy()


def compare(app: Any, hand: Hand) -> None:
    """Both runs side by side, and the next place in which they differ."""
    hand.keys("ctrl+l")
    window = app.handlers.layers.window
    hand.wait(window.winfo_viewable)
    other = next(x for x in app.work.session.layers("classifier") if x.id != app.work.prediction_id)
    x, y, width, height = window.tree.bbox(str(other.id), "name")
    hand.click(window.tree, x + width // 2, y + height // 2)
    hand.click(window.buttons["Compare"])
    assert app.work.compared_id == other.id
    window.destroy()
    hand.click(app.main.traces.canvas)
    hand.keys("N")


def evaluate(app: Any, hand: Hand, opened: list[str]) -> None:
    """The report, which opens in the browser."""
    tools.choose_from_menu(app, "Evaluate", "Evaluate...")
    dialog = app.handlers.evaluation.dialog
    dialog.fill({"Look for cross-talk": "0"})
    tools.focus_on(dialog)
    hand.keys("Return")
    hand.wait(lambda: opened or app.talk.notice.text.startswith("Evaluation:"))
    assert opened, app.talk.notice.text
    assert opened.pop().endswith("report.html")


def maximise_and_change_theme(app: Any, hand: Hand) -> None:
    """The menu bar stays, also dark and maximised; restored, the window is as before."""
    root, before = app.root, (app.root.winfo_width(), app.root.winfo_height())
    root.attributes("-zoomed", True)
    hand.wait(lambda: root.winfo_width() > before[0])
    menu = root.winfo_rooty()
    hand.click(app.main.traces.canvas)
    hand.keys("F8")
    assert app.options["dark"]
    hand.rest()
    assert root.winfo_rooty() == menu, "the menu bar is gone"
    assert tools.faults_of_layout(app.main) == []
    hand.keys("F8")
    root.attributes("-zoomed", False)
    hand.wait(lambda: root.winfo_width() == before[0])


def close_and_reopen(app: Any, hand: Hand) -> None:
    """Everything is there again."""
    cell, labels = app.work.cell, app.work.transients().tolist()
    hand.click(app.main.traces.canvas)
    hand.keys("ctrl+w")
    hand.wait(lambda: not app.work.is_open)
    card = next(w for w in tools.widgets_below(app.host.start)
                if w.winfo_class() == "TLabel" and str(w.cget("text")).startswith("movie.tif"))  # fmt: skip
    hand.click(card)
    hand.wait(lambda: app.work.is_open and app.presenter.movie is not None)
    assert (app.work.cell, app.work.transients().tolist()) == (cell, labels)
    assert len(app.work.session.layers("classifier")) == 2


def one_round(app: Any, hand: Hand, folder: Path, opened: list[str]) -> dict[str, float]:
    """The loop once; how many seconds each step took."""
    folder.mkdir(parents=True)
    seconds: dict[str, float] = {}
    for step in (
        lambda: create(app, hand, folder),
        lambda: label(app, hand),
        lambda: predict(app, hand, 1),
        lambda: correct(app, hand),
        lambda: fine_tune(app, hand, folder / "mine"),
        lambda: predict_again(app, hand, folder / "mine"),
        lambda: compare(app, hand),
        lambda: evaluate(app, hand, opened),
        lambda: maximise_and_change_theme(app, hand),
        lambda: close_and_reopen(app, hand),
    ):
        began = time.monotonic()
        step()
        name = f"{len(seconds)} {step.__code__.co_names[0]}"
        seconds[name] = round(time.monotonic() - began, 1)
    hand.keys("ctrl+w")
    hand.wait(lambda: not app.work.is_open)
    return seconds


def main() -> None:
    """Rounds until the time is over; a line of JSON for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--processes", action="store_true")
    given = parser.parse_args()
    for name in ("settings", "cache", "classifiers"):
        os.environ[f"DEEPCINAC_{name.upper()}"] = str(given.folder / name)
    opened: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webbrowser.open", opened.append)
        if not given.processes:
            from helpers.jobs_here import run_jobs_here

            run_jobs_here(patch)
        from deepcinac.gui.shell.app import App

        app = App()
        app.root.geometry("1180x640+20+20")
        hand = Hand(app.root)
        hand.wait(app.root.winfo_viewable)
        app.root.focus_force()
        until, number = time.monotonic() + given.seconds, 0
        while number == 0 or time.monotonic() < until:
            number += 1
            steps = one_round(app, hand, given.folder / f"round-{number}", opened)
            app.settings.set("last_classifier", "general")
            gc.collect()
            memory = psutil.Process().memory_info().rss
            said = {"round": number, "bytes": memory, "seconds": steps}
            print(json.dumps(said), flush=True)
            shutil.rmtree(given.folder / f"round-{number}")
        app.leave()


if __name__ == "__main__":
    main()
