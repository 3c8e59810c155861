"""What the window says and asks, and the one way in which an action may fail: as a sentence."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

from deepcinac.gui.widgets.notices import NoticeBar
from deepcinac.gui.widgets.questions import Field, Prompt
from deepcinac.gui.widgets.report import sentence_of
from deepcinac.gui.widgets.theme import Theme


class Talk:
    """The notice and the question at the foot of a window.

    Every action of the user passes :meth:`attempt`, so that a failure becomes a sentence and never
    the end of the program. ``on_change()`` is called after a failure and after every answer: what is
    offered, and whether all is on disk, may have changed.
    """

    def __init__(self, root: tk.Misc, theme: Theme, on_change: Callable[[], None]) -> None:
        self.notice = NoticeBar(root, theme)
        self.prompt = Prompt(root, theme)
        self._on_change = on_change
        self._mistake = ""

    def say(self, text: str) -> None:
        """Show something for a few seconds."""
        self.notice.inform(text)

    def warn(self, text: str, action: tuple[str, Callable[[], object]] | None = None) -> None:
        """Show something until it is closed; ``action``: text and handler of what mends it."""
        self.notice.warn(text, action)

    def tell(self, error: BaseException) -> None:
        """Show a failure as a sentence."""
        self.notice.warn(sentence_of(error))
        self._on_change()

    def attempt(self, action: Callable[..., object], *values: Any) -> bool:
        """Do something that the user asked for; a failure becomes a sentence. True when it worked.

        What failed before is then mended or given up: its sentence goes.
        """
        before = self.notice.text
        done = self.watch(action, *values)
        if not done:
            self._mistake = self.notice.text
        elif self._mistake and self.notice.text == before == self._mistake:
            self.notice.hide()
        return done

    def watch(self, action: Callable[..., object], *values: Any) -> bool:
        """Do something that nobody asked for at this moment; a failure becomes a sentence."""
        try:
            action(*values)
        except Exception as error:
            self.tell(error)
            return False
        return True

    def ask(self, action: str, fields: Sequence[Field], answer: Callable[..., object]) -> None:
        """Ask for one text per field; ``answer(*texts)`` is called when they are given."""
        self.prompt.ask(action, fields, lambda *texts: self._answered(answer, *texts))

    def choose(self, text: str, choices: dict[str, Callable[[], object]]) -> None:
        """Ask which of some things to do; the first is marked."""
        self.prompt.choose(text, choices)

    def _answered(self, answer: Callable[..., object], *texts: str) -> None:
        self.attempt(answer, *texts)
        self._on_change()

    def escape(self) -> bool:
        """What Esc closes: a question, or else a notice. True when that is all it means."""
        if self.prompt.is_open:
            self.prompt.hide()
            return True
        if self.notice.text:
            self.notice.hide()
        return False
