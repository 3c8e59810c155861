"""Helpers of the window's tests: the demo session, waiting, and a walk over the widgets."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.gui.handlers.files import DEMO_NAME
from helpers.predictions import write_predictions

SMALL = 3  # a widget that was folded away may keep a pixel or two


def wait_for(root: tk.Misc, condition: Callable[[], Any], seconds: float = 600.0) -> None:
    """Let the window work until something is true; the limit is for machines with much else to do."""
    until = time.monotonic() + seconds
    while not condition():
        root.update()
        time.sleep(0.005)
        if time.monotonic() > until:
            raise AssertionError("it did not happen in time")


def settle(root: tk.Misc, rounds: int = 6) -> None:
    """Let everything that waits for an idle moment happen."""
    for _ in range(rounds):
        root.update()
        root.update_idletasks()


def widgets_below(widget: tk.Misc) -> Iterator[tk.Misc]:
    """The widget and everything in it that is on the screen and not placed over the rest."""
    yield widget
    for child in widget.winfo_children():
        if child.winfo_manager() in ("", "place", "wm") or not child.winfo_viewable():
            continue
        yield from widgets_below(child)


def rectangle(widget: tk.Misc) -> tuple[int, int, int, int]:
    """Left, top, right and bottom on the screen."""
    left, top = widget.winfo_rootx(), widget.winfo_rooty()
    return left, top, left + widget.winfo_width(), top + widget.winfo_height()


def faults_of_layout(root: tk.Misc) -> list[str]:
    """Widgets that stick out of their parent, overlap a sibling, or have less room than their text."""
    found = []
    for widget in widgets_below(root):
        inside = rectangle(widget)
        children = [c for c in widget.winfo_children()
                    if c.winfo_viewable() and c.winfo_manager() not in ("", "place", "wm")]  # fmt: skip
        found += [
            f"{_name(c)} has no room in {_name(widget)}"
            for c in widget.winfo_children()
            if c.winfo_manager() in ("pack", "grid") and not c.winfo_viewable()
        ]
        for place, child in enumerate(children):
            box = rectangle(child)
            if box[0] < inside[0] or box[1] < inside[1] or box[2] > inside[2] or box[3] > inside[3]:
                found.append(f"{_name(child)} {box} sticks out of {_name(widget)} {inside}")
            for other in children[place + 1 :]:
                other_box = rectangle(other)
                wide = min(box[2], other_box[2]) - max(box[0], other_box[0])
                high = min(box[3], other_box[3]) - max(box[1], other_box[1])
                if wide > 0 and high > 0:
                    found.append(f"{_name(child)} overlaps {_name(other)}")
        found += _too_small(widget)
    return found


def _too_small(widget: tk.Misc) -> list[str]:
    if widget.winfo_class() not in ("TLabel", "TButton", "TCheckbutton", "TCombobox", "TEntry"):
        return []
    wanted, given = widget.winfo_reqwidth(), widget.winfo_width()
    stretched = widget.winfo_class() == "TLabel" and int(str(widget.cget("wraplength") or 0)) > 0
    if given + 1 < wanted and not stretched:
        return [f"{_name(widget)} has {given} of {wanted} px in width"]
    if widget.winfo_height() + 1 < widget.winfo_reqheight():
        return [f"{_name(widget)} has {widget.winfo_height()} of {widget.winfo_reqheight()} px"]
    return []


def _name(widget: tk.Misc) -> str:
    text = ""
    with contextlib.suppress(tk.TclError):
        text = str(widget.cget("text"))  # type: ignore[call-arg]
    return f"{widget.winfo_class()} {text!r} ({widget})"


def focus_on(widget: tk.Misc) -> None:
    """Give the keyboard to a widget; another test on the same screen may just have taken it."""
    widget.focus_force()
    wait_for(widget, lambda: _has_focus(widget) or widget.focus_force())


def _has_focus(widget: tk.Misc) -> bool:
    return str(widget.tk.call("focus", "-displayof", str(widget))) == str(widget)


@functools.cache
def _prepared() -> Path:
    """A folder for the demo session and its traces: one test of a process makes them for all."""
    folder = Path(tempfile.mkdtemp(prefix="deepcinac-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def demo(app: Any) -> Any:
    """The demo session, with traces and movie."""
    cache = Path(os.environ["DEEPCINAC_CACHE"])
    session = Path(os.environ["DEEPCINAC_SETTINGS"]) / DEMO_NAME
    kept = _prepared() / DEMO_NAME
    is_new = not session.exists()
    if is_new and kept.exists():
        shutil.copytree(_prepared() / "cache", cache, dirs_exist_ok=True)
        session.parent.mkdir(exist_ok=True)
        shutil.copyfile(kept, session)
    _open_demo(app)
    if is_new and not kept.exists():
        for name in ("movies", "sessions"):
            shutil.copytree(cache / name, _prepared() / "cache" / name)
        shutil.copyfile(session, kept)
    return app


def _open_demo(app: Any) -> None:
    app.run_command("demo")
    wait_for(app.root, lambda: app.talk.notice.text or app.presenter.movie is not None)
    assert app.presenter.movie is not None, app.talk.notice.text
    settle(app.root)
    app.presenter.slices.finish()
    settle(app.root)


def press(app: Any, *keys: str) -> None:
    """Type on the traces, as somebody at the keyboard would."""
    canvas = app.main.traces.canvas
    for key in keys:
        focus_on(canvas)
        canvas.event_generate(f"<KeyPress-{key}>" if "-" not in key else f"<{key}>")
        settle(app.root, 2)


def choose_from_menu(app: Any, menu: str, label: str) -> None:
    """Open a menu and choose an entry, which must be offered."""
    app.menus.refresh(menu)
    held = app.menus.by_name[menu]
    places = [i for i in range(held.index("end") + 1)
              if held.type(i) != "separator" and held.entrycget(i, "label") == label]  # fmt: skip
    assert held.entrycget(places[0], "state") == "normal", label
    held.invoke(places[0])
    settle(app.root, 2)


def answer(app: Any, *texts: str) -> None:
    """Type an answer into the dialog that asks and press Enter."""
    assert app.talk.prompt.is_open
    app.talk.prompt.fill(*texts)
    last = app.talk.prompt.entries[-1]
    focus_on(last)
    last.event_generate("<KeyPress-Return>")
    settle(app.root, 2)


def fill_in(dialog: Any, **fields: str) -> None:
    """Fill a dialog in, field by field (blanks of a label as underscores), and press Enter."""
    dialog.fill({label.replace("_", " "): text for label, text in fields.items()})
    focus_on(dialog)
    dialog.event_generate("<KeyPress-Return>")
    settle(dialog.master, 2)


def prediction_file(path: Path, n_cells: int, n_frames: int) -> Path:
    """Cell 6 active with 0.9 in frames 40 to 49 and with 0.6 in frames 60 to 64."""
    probability = np.zeros((n_cells, n_frames), np.float32)
    probability[6, 40:50], probability[6, 60:65] = 0.9, 0.6
    return write_predictions(path, probability)


def click(widget: Any, x: int | None = None, y: int | None = None) -> None:
    """Press and release the left button on a widget, in its middle unless a place is given."""
    settle(widget, 2)
    x = widget.winfo_width() // 2 if x is None else x
    y = widget.winfo_height() // 2 if y is None else y
    root = widget.winfo_toplevel().master or widget.winfo_toplevel()
    for event in ("<Enter>", "<Motion>", "<ButtonPress-1>", "<ButtonRelease-1>"):
        widget.event_generate(event, x=x, y=y)
    settle(root, 2)


def click_row(tree: Any, row: str, column: str = "#1") -> None:
    """Click on a row of a table."""
    settle(tree, 2)
    x, y, width, height = tree.bbox(row, column)
    click(tree, x + width // 2, y + height // 2)


def press_in(widget: Any, key: str) -> None:
    """Press a key where a widget has the keyboard."""
    root = widget.winfo_toplevel().master or widget.winfo_toplevel()
    focus_on(widget)
    widget.event_generate(f"<KeyPress-{key}>" if "-" not in key else f"<{key}>")
    settle(root, 2)
