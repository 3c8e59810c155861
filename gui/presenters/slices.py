"""Work in small slices while the window is idle, so that nobody waits for it."""

from __future__ import annotations

import contextlib
import time
import tkinter as tk
from collections.abc import Callable, Iterator

SLICE_S = 0.008
"""Half a frame of the screen: what is left of it is for the movie."""
IDLE_MS = 15


class Slices:
    """Named generators that are worked through a few milliseconds at a time.

    ``widget`` lends its ``after``; ``tell(error)`` hears of failures.
    """

    def __init__(self, widget: tk.Misc, tell: Callable[[BaseException], None]) -> None:
        self._widget, self._tell = widget, tell
        self._works: dict[str, Iterator[None]] = {}
        self._timer: str | None = None

    def later(self, name: str, work: Iterator[None]) -> None:
        """Do this, in the place of what was under way by the same name."""
        self._works[name] = work
        if self._timer is None:
            self._timer = self._widget.after(IDLE_MS, self._slice)

    def finish(self) -> None:
        """Do at once what waits, for tests and screenshots."""
        while self._works:
            self._advance(next(iter(self._works)))

    def stop(self) -> None:
        """Forget everything."""
        self._works.clear()
        if self._timer is not None:
            with contextlib.suppress(Exception):
                self._widget.after_cancel(self._timer)
            self._timer = None

    def _slice(self) -> None:
        self._timer = None
        until = time.perf_counter() + SLICE_S
        while self._works and time.perf_counter() < until:
            self._advance(next(iter(self._works)))
        if self._works:
            self._timer = self._widget.after(IDLE_MS, self._slice)

    def _advance(self, name: str) -> None:
        work = self._works[name]
        try:
            next(work)
        except StopIteration:
            self._drop(name, work)
        except Exception as error:
            self._drop(name, work)
            self._tell(error)

    def _drop(self, name: str, work: Iterator[None]) -> None:
        if self._works.get(name) is work:
            del self._works[name]
