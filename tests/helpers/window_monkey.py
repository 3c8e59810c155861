"""Somebody who presses, clicks and chooses at random, and can say afterwards what he did."""

from __future__ import annotations

import contextlib
import random
import time
import tkinter as tk
from typing import Any

LEFT_OUT = {
    "create", "close", "quit", "demo", "predict_cell", "predict_all", "train", "suggest_types",
    "make_queue", "log", "settings_keys", "queue_limits",
}  # fmt: skip
"""Commands that start a process or leave the session, and dialogs that wait for an answer."""

KEYS = (
    *"oiprgGaqAPRdvltxnbmwckhjuzeysf1234567",
    "space", "Return", "Right", "Left", "Up", "Down", "plus", "minus", "Escape", "Delete", "Tab",
    "period", "comma", "bracketleft", "bracketright", "question", "ssharp", "F1", "F5", "F6", "F7",
    "F8", "Control-z", "Control-y", "Control-Right", "Control-Left", "Shift-Right", "Shift-Left",
)  # fmt: skip

MOUSE_SHARE, TYPE_SHARE = 0.35, 0.1
TEXTS = ("", "3", "0", "-1", "12.5", "x" * 40, "général", "0-3")


class Monkey:
    """``app`` is the window, with a session; the same ``seed`` does the same things."""

    def __init__(self, app: Any, seed: int) -> None:
        self._app, self._random = app, random.Random(seed)
        self.done: list[str] = []
        self.failures: list[str] = []
        from deepcinac.gui.commands.table import COMMANDS

        self._commands = [command.id for command in COMMANDS if command.id not in LEFT_OUT]

    def act(self) -> None:
        """One thing at random, and a moment for the window to answer it."""
        dice = self._random.random()
        if self._app.talk.prompt.is_open and dice < 0.6:
            self._answer()
        elif dice < MOUSE_SHARE:
            self._mouse()
        elif dice < MOUSE_SHARE + TYPE_SHARE:
            self._type()
        else:
            command = self._random.choice(self._commands)
            self.done.append(command)
            self._app.run_command(command)
        for _ in range(self._random.randint(1, 3)):
            self._app.root.update()
        self._look()

    def _look(self) -> None:
        """Note what the window calls a mistake of its own."""
        text = self._app.talk.notice.text
        if text.startswith("A mistake of the program"):
            self.failures.append(f"{text} after {self.done[-5:]}")
            self._app.talk.notice.hide()

    def _answer(self) -> None:
        prompt = self._app.talk.prompt
        self.done.append("answer")
        if prompt.entries and self._random.random() < 0.7:
            prompt.fill(*(self._random.choice(TEXTS) for _ in prompt.entries))
            prompt.give()
        else:
            prompt.hide()

    def _type(self) -> None:
        """A key that some command has, on whatever view has the focus."""
        widget = self._random.choice([view.canvas for view in self._app.main.views])
        key = self._random.choice(KEYS)
        self.done.append(f"key {key}")
        with contextlib.suppress(tk.TclError):
            widget.focus_force()
            widget.event_generate(f"<{key}>" if "-" in key else f"<KeyPress-{key}>")

    def _mouse(self) -> None:
        """Move, wheel, click or drag on one of the views."""
        canvas = self._random.choice([view.canvas for view in self._app.main.views])
        width, height = max(2, canvas.winfo_width()), max(2, canvas.winfo_height())
        x, y = self._random.randrange(width), self._random.randrange(height)
        what = self._random.choice(["move", "click", "drag", "wheel", "double"])
        self.done.append(f"{what} {x} {y} on {canvas}")
        state = self._random.choice([0, 0, 0, 1, 4])
        if what == "move":
            canvas.event_generate("<Motion>", x=x, y=y)
        elif what == "wheel":
            button = self._random.choice([4, 5])
            canvas.event_generate(f"<ButtonPress-{button}>", x=x, y=y, state=state)
            canvas.event_generate(f"<ButtonRelease-{button}>", x=x, y=y, state=state)
        else:
            button = self._random.choice([1, 1, 1, 2])
            canvas.event_generate(f"<ButtonPress-{button}>", x=x, y=y)
            if what == "drag":
                for _ in range(self._random.randint(1, 6)):
                    x, y = self._random.randrange(-20, width + 20), self._random.randrange(height)
                    canvas.event_generate(f"<B{button}-Motion>", x=x, y=y)
                    self._app.root.update()
            canvas.event_generate(f"<ButtonRelease-{button}>", x=x, y=y)
            if what == "double":
                canvas.event_generate(f"<ButtonPress-{button}>", x=x, y=y)
                canvas.event_generate(f"<ButtonRelease-{button}>", x=x, y=y)

    def rest(self, seconds: float = 0.3) -> None:
        """Let the window come to rest."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._app.root.update()
            time.sleep(0.005)
